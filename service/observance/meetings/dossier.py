"""The dossier of a review meeting, and the JSON form of meetings, dossiers and status changes."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from msgspec import Struct

from observance.assessment import Assessment, AssessmentInputs, AssessmentSet, Verbaliser, assessment_to_json
from observance.core import NotFoundError, local_name
from observance.datasets import RegisterQuestions, open_register_questions
from observance.meetings.meetings import (
    Attendance,
    AttendanceRecords,
    Meeting,
    ReceivedDocument,
    ReceivedReport,
    find_meeting,
    previous_meeting,
    read_meetings,
    received_documents,
    received_reports,
    undiscussed_reports,
)
from observance.meetings.status_changes import DutyStatusChange, assessments_on, list_status_changes
from observance.presentation import moment_to_json
from observance.rdf import Row, Store


class DataFault(Struct, frozen=True):
    """A fault in the records of meetings and reports: the name and summary of the question that detects it, and the result row."""

    name: str
    summary: Mapping[str, str]
    row: Row
    inputs: AssessmentInputs

    def message(self, lang: str) -> str:
        """The sentence that names the fault, its place and the remedy."""
        return self.summary[lang].format(**{name: self.inputs.term(term, lang) for name, term in self.row.items()})


class MeetingRegister(Struct, frozen=True):
    """The meetings of a register as known at a moment, the attendance of each that was held, and the faults in the records."""

    questions: RegisterQuestions
    meetings: tuple[Meeting, ...]
    attendances: tuple[tuple[Meeting, tuple[Attendance, ...]], ...]
    data_faults: tuple[DataFault, ...]

    @property
    def assessment_set(self) -> AssessmentSet:
        """The assessments that the register of meetings was read from."""
        return self.questions.assessment_set


class Dossier(Struct, frozen=True):
    """The documentation of one meeting, before or after it is held.

    `since` is the day of the previous meeting, None if there is none; `until` is the day of this meeting or the day assessed,
    whichever comes first. `duties` are the assessments whose occasion, under the reading, is this meeting; a duty without a bearer is an
    event that the text announces. `undiscussed_reports` are reports with the meetings held since their receipt; `records_complete` tells
    whether the records of meetings are declared complete, so that absence from them counts.
    """

    register: MeetingRegister
    meeting: Meeting
    previous: Meeting | None
    since: date | None
    until: date
    attendances: tuple[Attendance, ...]
    duties: tuple[Assessment, ...]
    reports: tuple[ReceivedReport, ...]
    documents: tuple[ReceivedDocument, ...]
    status_changes: tuple[DutyStatusChange, ...]
    undiscussed_reports: tuple[tuple[ReceivedReport, tuple[Meeting, ...]], ...]
    records_complete: bool


def meeting_register(assessment_set: AssessmentSet, *, store: Store | None = None) -> MeetingRegister:
    """The meetings known at the moment of the assessments."""
    questions = open_register_questions(assessment_set, store=store)
    meetings, records = read_meetings(questions), AttendanceRecords(questions)
    attendances = tuple((meeting, records.attendances(meeting)) for meeting in meetings if meeting.was_held)
    return MeetingRegister(questions, meetings, attendances, _data_faults(questions))


def _data_faults(questions: RegisterQuestions) -> tuple[DataFault, ...]:
    """A fault for each result row of the questions that detect faults, in the order of question names."""
    return tuple(
        DataFault(name, question.summary, row, questions.assessment_set.inputs)
        for name, question in questions.fault_questions.items()
        for row in questions.solutions(question)
    )


def build_dossier(name: str, *, register: MeetingRegister) -> Dossier:
    """The dossier of the meeting with this name; raises NotFoundError for a meeting that is not in the register at the moment."""
    assessment_set = register.assessment_set
    meeting = find_meeting(name, meetings=register.meetings)
    previous = previous_meeting(meeting, meetings=register.meetings)
    as_of = assessment_set.moment.as_of
    since, until = previous.held if previous else None, min(meeting.day or as_of, as_of)
    documents = received_documents(register.questions)
    reports = received_reports(register.questions, documents=documents, meetings=register.meetings)
    duties = tuple(a for a in assessment_set.assessments if a.duty.occasion == meeting.iri)
    return Dossier(
        register, meeting, previous, since, until,
        attendances=next((attendances for m, attendances in register.attendances if m.iri == meeting.iri), ()),
        duties=duties,
        reports=tuple(r for r in reports if meeting.iri in r.discussed_at or _is_within(r.document.received, since=since, until=until)),
        documents=tuple(document for document in documents if _is_within(document.received, since=since, until=until)),
        status_changes=_changes_since(since, until=until, meeting=meeting, assessment_set=assessment_set),
        undiscussed_reports=undiscussed_reports(reports, meetings=register.meetings, until=as_of if meeting.was_held else until),
        # Announcements have no bearer; whether they came true is established from the records of meetings.
        records_complete=any(assessment_set.derivation.completeness_statements(a.duty) for a in duties if a.duty.bearer is None),
    )  # fmt: skip


def _is_within(day: date, *, since: date | None, until: date) -> bool:
    return (since is None or since < day) and day <= until


def _changes_since(
    since: date | None, *, until: date, meeting: Meeting, assessment_set: AssessmentSet
) -> tuple[DutyStatusChange, ...]:  # fmt: skip
    if since is None:
        return ()
    earlier, later = (assessments_on(day, assessment_set=assessment_set) for day in (since, until))
    return list_status_changes(earlier, later, excluded_occasion=meeting.iri)


def changes_between_meetings(earlier: str, later: str, *, register: MeetingRegister) -> tuple[date, date, tuple[DutyStatusChange, ...]]:
    """The days of two meetings, or the day assessed where that comes first, and the status changes between the two days.

    Raises NotFoundError for a meeting that is not in the register at the moment, or that has no day.
    """
    first, last = (_effective_day(find_meeting(name, meetings=register.meetings), register=register) for name in (earlier, later))
    before, after = (assessments_on(day, assessment_set=register.assessment_set) for day in (first, last))
    return first, last, list_status_changes(before, after)


def _effective_day(meeting: Meeting, *, register: MeetingRegister) -> date:
    if meeting.day is None:
        raise NotFoundError("review.no-meeting-day", name=meeting.key)
    return min(meeting.day, register.assessment_set.moment.as_of)


def meetings_to_json(register: MeetingRegister) -> dict[str, Any]:
    """All meetings as a JSON object, each with its attendance; and the faults in the records."""
    attendances = {meeting.iri: of_meeting for meeting, of_meeting in register.attendances}
    meetings = [
        {**_meeting_to_json(m), "attendance": [_attendance_to_json(a) for a in attendances.get(m.iri, ())]} for m in register.meetings
    ]
    faults = [_data_fault_to_json(fault) for fault in register.data_faults]
    return {**moment_to_json(register.assessment_set), "meetings": meetings, "troubles": faults}


def dossier_to_json(dossier: Dossier, *, verbaliser: Verbaliser) -> dict[str, Any]:
    """The dossier as a JSON object; withheld documents are counted, never listed."""
    return {
        **moment_to_json(dossier.register.assessment_set),
        "meeting": _meeting_to_json(dossier.meeting),
        "previous": dossier.previous.iri if dossier.previous else None,
        "since": _day_to_json(dossier.since),
        "until": _day_to_json(dossier.until),
        "attendance": [_attendance_to_json(attendance) for attendance in dossier.attendances],
        "duties": [assessment_to_json(a, verbaliser=verbaliser) for a in dossier.duties],
        "reports": [_report_to_json(r) for r in dossier.reports if not r.document.withheld],
        "documents": [_document_to_json(document) for document in dossier.documents if not document.withheld],
        "withheld": sum(document.withheld for document in dossier.documents),
        "moved": [status_change_to_json(change, verbaliser=verbaliser) for change in dossier.status_changes],
        "neverTakenUp": [
            {**_report_to_json(report), "meetingsSince": [m.iri for m in meetings]}
            for report, meetings in dossier.undiscussed_reports
            if not report.document.withheld
        ],
        "recordsOfMeetingsComplete": dossier.records_complete,
        "troubles": [_data_fault_to_json(fault) for fault in dossier.register.data_faults],
    }


def status_change_to_json(change: DutyStatusChange, *, verbaliser: Verbaliser) -> dict[str, Any]:
    """A duty with its status before and after as a JSON object; `before` is null if the duty did not exist."""
    return {
        "duty": change.after.duty.iri,
        "bearer": change.after.duty.bearer,
        "paragraph": verbaliser.paragraph(change.after.duty.norm),
        "before": local_name(change.before.status.iri) if change.before else None,
        "after": local_name(change.after.status.iri),
    }


def _data_fault_to_json(fault: DataFault) -> dict[str, Any]:
    return {"trouble": fault.name, **{f"sentence_{lang}": fault.message(lang) for lang in sorted(fault.summary)}}


def _meeting_to_json(meeting: Meeting) -> dict[str, Any]:
    return {
        "meeting": meeting.iri, "key": meeting.key, "state": meeting.stage, "planned": _day_to_json(meeting.planned),
        "held": _day_to_json(meeting.held),
        "replacement": meeting.replacement, "places": dict(sorted(meeting.places.items())),
    }  # fmt: skip


def _attendance_to_json(attendance: Attendance) -> dict[str, Any]:
    return {
        "party": attendance.party,
        "group": attendance.group,
        "attendance": attendance.state,
        "records": list(attendance.records),
        "licensedBy": attendance.licence,
    }


def _document_to_json(document: ReceivedDocument) -> dict[str, Any]:
    return {
        "document": document.iri, "kind": local_name(document.kind), "party": document.party, "received": document.received.isoformat(),
        "state": document.status, "change": document.change, "about": document.about, "disclosure": document.disclosure,
    }  # fmt: skip


def _report_to_json(report: ReceivedReport) -> dict[str, Any]:
    period = {"first": _day_to_json(report.first), "last": _day_to_json(report.last)}
    return {**_document_to_json(report.document), "period": period, "discussedAt": list(report.discussed_at)}


def _day_to_json(day: date | None) -> str | None:
    return day.isoformat() if day else None
