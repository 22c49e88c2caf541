"""The dossier of a review meeting, and as JSON."""

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
    reports_never_taken_up,
)
from observance.meetings.status_changes import DutyStatusChange, assessments_on, list_status_changes
from observance.presentation import moment_to_json
from observance.rdf import Row


class DataFault(Struct, frozen=True):
    """One fault in the records of meetings and reports: the name and summary of the question that found it, and the row found."""

    name: str
    summary: Mapping[str, str]
    row: Row
    inputs: AssessmentInputs

    def message(self, lang: str) -> str:
        """What is wrong, where, and what to do."""
        return self.summary[lang].format(**{name: self.inputs.term(term, lang) for name, term in self.row.items()})


class MeetingRegister(Struct, frozen=True):
    """The meetings of a register as known at a moment, the attendance of each that was held, and the faults in the records."""

    questions: RegisterQuestions
    meetings: tuple[Meeting, ...]
    attendances: tuple[tuple[Meeting, tuple[Attendance, ...]], ...]
    data_faults: tuple[DataFault, ...]

    @property
    def assessment_set(self) -> AssessmentSet:
        """The assessments at that moment."""
        return self.questions.answers


class Dossier(Struct, frozen=True):
    """What prepares a meeting, or documents it once it was held.

    `since` is the day of the previous meeting, None if there is none; `until` is the day of this meeting or the day assessed,
    whichever comes first. `duties` are those that the reading ties to this meeting; what the text announces of nobody has no bearer.
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
    never_taken_up: tuple[tuple[ReceivedReport, tuple[Meeting, ...]], ...]
    records_complete: bool


def meeting_register(assessment_set: AssessmentSet) -> MeetingRegister:
    """The meetings known at the moment of the assessments."""
    questions = open_register_questions(assessment_set)
    meetings, records = read_meetings(questions), AttendanceRecords(questions)
    attendances = tuple((meeting, records.attendances(meeting)) for meeting in meetings if meeting.was_held)
    return MeetingRegister(questions, meetings, attendances, _data_faults(questions))


def _data_faults(questions: RegisterQuestions) -> tuple[DataFault, ...]:
    """What the questions about faults find, in the order of their names."""
    return tuple(
        DataFault(name, question.summary, row, questions.answers.inputs)
        for name, question in questions.troubles.items()
        for row in questions.terms(question)
    )


def build_dossier(name: str, *, register: MeetingRegister) -> Dossier:
    """The dossier of the meeting with this name; raises NotFoundError for one that the register does not know at the moment."""
    assessment_set = register.assessment_set
    meeting = find_meeting(name, meetings=register.meetings)
    previous = previous_meeting(meeting, meetings=register.meetings)
    as_of = assessment_set.derivation.moment.as_of
    since, until = previous.held if previous else None, min(meeting.day or as_of, as_of)
    documents = received_documents(register.questions)
    reports = received_reports(register.questions, documents=documents, meetings=register.meetings)
    duties = tuple(a for a in assessment_set.assessments if a.duty.occasion == meeting.iri)
    return Dossier(
        register, meeting, previous, since, until,
        attendances=next((attendances for held, attendances in register.attendances if held.iri == meeting.iri), ()),
        duties=duties,
        reports=tuple(r for r in reports if meeting.iri in r.discussed_at or _is_within(r.document.received, since=since, until=until)),
        documents=tuple(document for document in documents if _is_within(document.received, since=since, until=until)),
        status_changes=_changes_since(since, until=until, meeting=meeting, assessment_set=assessment_set),
        never_taken_up=reports_never_taken_up(reports, meetings=register.meetings, until=as_of if meeting.was_held else until),
        # What is announced of nobody is looked for in the records of meetings.
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

    Raises NotFoundError for a meeting that the register does not know at the moment, or that has no day.
    """
    first, last = (_effective_day(find_meeting(name, meetings=register.meetings), register=register) for name in (earlier, later))
    before, after = (assessments_on(day, assessment_set=register.assessment_set) for day in (first, last))
    return first, last, list_status_changes(before, after)


def _effective_day(meeting: Meeting, *, register: MeetingRegister) -> date:
    if meeting.day is None:
        raise NotFoundError("review.no-meeting-day", name=meeting.key)
    return min(meeting.day, register.assessment_set.derivation.moment.as_of)


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
