"""Meetings and dossiers as JSON objects: full IRIs, days as xsd:date; only documents that are withheld are left out."""

from datetime import date
from typing import Any

from observance.assessment import Verbaliser, assessment_to_json
from observance.core import local_name
from observance.meetings.documents import ReceivedDocument, ReceivedReport
from observance.meetings.dossier import DataFault, Dossier, MeetingRegister
from observance.meetings.meetings import Attendance, Meeting
from observance.meetings.status_changes import DutyStatusChange
from observance.presentation import moment_to_json


def meetings_to_json(register: MeetingRegister) -> dict[str, Any]:
    """All meetings, each with its attendance."""
    attendances = {meeting.iri: found for meeting, found in register.attendances}
    meetings = [{**_meeting(m), "attendance": [_attendance(a) for a in attendances.get(m.iri, ())]} for m in register.meetings]
    faults = [_data_fault(fault) for fault in register.data_faults]
    return {**moment_to_json(register.assessment_set), "meetings": meetings, "troubles": faults}


def dossier_to_json(dossier: Dossier, *, verbaliser: Verbaliser) -> dict[str, Any]:
    """The dossier of one meeting."""
    return {
        **moment_to_json(dossier.register.assessment_set),
        "meeting": _meeting(dossier.meeting),
        "previous": dossier.previous.iri if dossier.previous else None,
        "since": _day(dossier.since),
        "until": _day(dossier.until),
        "attendance": [_attendance(attendance) for attendance in dossier.attendances],
        "duties": [assessment_to_json(a, verbaliser=verbaliser) for a in dossier.duties],
        "reports": [_report(r) for r in dossier.reports if not r.document.withheld],
        "documents": [_document(document) for document in dossier.documents if not document.withheld],
        "withheld": sum(document.withheld for document in dossier.documents),
        "moved": [status_change_to_json(change, verbaliser=verbaliser) for change in dossier.status_changes],
        "neverTakenUp": [
            {**_report(report), "meetingsSince": [m.iri for m in meetings]}
            for report, meetings in dossier.never_taken_up
            if not report.document.withheld
        ],
        "recordsOfMeetingsComplete": dossier.records_complete,
        "troubles": [_data_fault(fault) for fault in dossier.register.data_faults],
    }


def status_change_to_json(change: DutyStatusChange, *, verbaliser: Verbaliser) -> dict[str, Any]:
    """A duty with its status before and after."""
    return {
        "duty": change.after.duty.iri,
        "bearer": change.after.duty.bearer,
        "paragraph": verbaliser.paragraph(change.after.duty.norm),
        "before": local_name(change.before.status.iri) if change.before else None,
        "after": local_name(change.after.status.iri),
    }


def _data_fault(fault: DataFault) -> dict[str, Any]:
    return {"trouble": fault.name, **{f"sentence_{lang}": fault.message(lang) for lang in sorted(fault.summary)}}


def _meeting(meeting: Meeting) -> dict[str, Any]:
    return {
        "meeting": meeting.iri, "key": meeting.key, "state": meeting.stage, "planned": _day(meeting.planned), "held": _day(meeting.held),
        "replacement": meeting.replacement, "places": dict(sorted(meeting.places.items())),
    }  # fmt: skip


def _attendance(attendance: Attendance) -> dict[str, Any]:
    return {
        "party": attendance.party,
        "group": attendance.group,
        "attendance": attendance.state,
        "records": list(attendance.records),
        "licensedBy": attendance.licence,
    }


def _document(document: ReceivedDocument) -> dict[str, Any]:
    return {
        "document": document.iri, "kind": local_name(document.kind), "party": document.party, "received": document.received.isoformat(),
        "state": document.status, "change": document.change, "about": document.about, "disclosure": document.disclosure,
    }  # fmt: skip


def _report(report: ReceivedReport) -> dict[str, Any]:
    period = {"first": _day(report.first), "last": _day(report.last)}
    return {**_document(report.document), "period": period, "discussedAt": list(report.discussed_at)}


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
