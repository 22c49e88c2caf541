"""The dossier of a meeting: who came, what had been received, what moved since the last one, what was never taken up."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from observance.assessment.answers import AssessmentSet
from observance.assessment.model import Assessment
from observance.core.errors import NotFoundError
from observance.datasets.register_questions import RegisterQuestions, register_questions
from observance.meetings import meetings as found_meetings
from observance.meetings.documents import (
    DataFault,
    ReceivedDocument,
    ReceivedReport,
    data_faults,
    never_taken_up,
    received_documents,
    received_reports,
)
from observance.meetings.meetings import Attendance, Meeting, Participation


@dataclass(frozen=True, slots=True)
class StatusMove:
    """One duty: where it stood on the earlier day (None if there was no such duty yet) and where it stands on the later one."""

    before: Assessment | None
    after: Assessment


@dataclass(frozen=True)
class MeetingRegister:
    """Every meeting of a register as it stood, with who was at each that was held, and what is wrong in the records."""

    asked: RegisterQuestions
    meetings: tuple[Meeting, ...]
    presences: tuple[tuple[Meeting, tuple[Participation, ...]], ...]
    troubles: tuple[DataFault, ...]

    @property
    def answers(self) -> AssessmentSet:
        """The answers at the moment of the agenda."""
        return self.asked.answers


@dataclass(frozen=True)
class Dossier:
    """What a meeting is prepared with, or what it left behind.

    `since` is the day of the meeting before and `until` the day of this one, or the day looked at if that comes first; both are None
    where they are not known. `duties` are those that the reading ties to this meeting; what is announced of nobody has no bearer.
    """

    agenda: MeetingRegister
    meeting: Meeting
    previous: Meeting | None
    since: date | None
    until: date
    presences: tuple[Participation, ...]
    duties: tuple[Assessment, ...]
    reports: tuple[ReceivedReport, ...]
    papers: tuple[ReceivedDocument, ...]
    moves: tuple[StatusMove, ...]
    never: tuple[tuple[ReceivedReport, tuple[Meeting, ...]], ...]
    records_complete: bool


def meeting_register(answers: AssessmentSet) -> MeetingRegister:
    """The meetings as known at the moment of the answers."""
    put = register_questions(answers)
    known, attendance = found_meetings.read_meetings(put), Attendance(put)
    presences = tuple((meeting, attendance.at(meeting)) for meeting in known if meeting.was_held)
    return MeetingRegister(put, known, presences, data_faults(put))


def build_dossier(name: str, *, of: MeetingRegister) -> Dossier:
    """The dossier of the meeting named; NotFoundError for one that the register does not know at the moment."""
    answers = of.answers
    meeting = found_meetings.find_meeting(name, among=of.meetings)
    previous = found_meetings.previous_meeting(meeting, among=of.meetings)
    as_of = answers.derivation.moment.as_of
    since, until = previous.held if previous else None, min(meeting.day or as_of, as_of)
    received = received_documents(of.asked)
    every = received_reports(of.asked, among=received, held=of.meetings)
    duties = tuple(a for a in answers.assessments if a.duty.occasion == meeting.iri)
    return Dossier(
        of, meeting, previous, since, until,
        presences=next((found for held, found in of.presences if held.iri == meeting.iri), ()),
        duties=duties,
        reports=tuple(r for r in every if meeting.iri in r.discussed or _within(r.paper.received, since=since, until=until)),
        papers=tuple(p for p in received if _within(p.received, since=since, until=until)),
        moves=_moves(answers, meeting=meeting, since=since, until=until),
        never=never_taken_up(every, held=of.meetings, until=as_of if meeting.was_held else until),
        records_complete=_complete(duties, answers=answers),
    )  # fmt: skip


def status_changes(earlier: str, later: str, *, of: MeetingRegister) -> tuple[date, date, tuple[StatusMove, ...]]:
    """The days of two meetings, or the day looked at if that comes first, and the duties that moved between them.

    Raises NotFoundError for a meeting that the register does not know at the moment, or that has no day.
    """
    first, last = (_looked_at(found_meetings.find_meeting(name, among=of.meetings), of=of) for name in (earlier, later))
    return first, last, list_status_changes(assessments_on(of.answers, first), assessments_on(of.answers, last))


def _looked_at(meeting: Meeting, *, of: MeetingRegister) -> date:
    if meeting.day is None:
        raise NotFoundError("review.no-meeting-day", name=meeting.key)
    return min(meeting.day, of.answers.derivation.moment.as_of)


def _within(on: date, *, since: date | None, until: date) -> bool:
    return (since is None or since < on) and on <= until


def _moves(answers: AssessmentSet, *, meeting: Meeting, since: date | None, until: date) -> tuple[StatusMove, ...]:
    return (
        ()
        if since is None
        else list_status_changes(assessments_on(answers, since), assessments_on(answers, until), leaving_out=meeting.iri)
    )


def _complete(duties: tuple[Assessment, ...], *, answers: AssessmentSet) -> bool:
    """Whether the records of meetings are said to be complete: what is announced of nobody is looked for there."""
    return any(answers.derivation.covering(a.duty) for a in duties if a.duty.bearer is None)


def assessments_on(found: AssessmentSet, on: date) -> AssessmentSet:
    """The same register, reading and knowledge, as of another day."""
    derivation = found.derivation
    if on == derivation.moment.as_of:
        return found
    moment = found.case.moment(as_of=on, known_at=derivation.moment.known_at)
    return AssessmentSet(found.case, found.case.derive(reading=derivation.reading, at=moment))


def list_status_changes(earlier: AssessmentSet, later: AssessmentSet, *, leaving_out: str | None = None) -> tuple[StatusMove, ...]:
    """The duties that stand elsewhere on the later day; those that only exist for the occasion `leaving_out` are left out."""
    then = {(a.duty.norm, a.duty.bearer, a.duty.occasion): a for a in earlier.assessments}
    pairs = ((then.get((a.duty.norm, a.duty.bearer, a.duty.occasion)), a) for a in later.assessments)
    found = (StatusMove(before, after) for before, after in pairs if _moved(before, after))
    return tuple(move for move in found if leaving_out is None or move.after.duty.occasion != leaving_out)


def _moved(before: Assessment | None, after: Assessment) -> bool:
    return before is None or before.status.iri != after.status.iri


def changes_between(found: Iterable[StatusMove], *, before: str | None, after: str | None) -> tuple[StatusMove, ...]:
    """The moves from one status, and to another; None stands for any."""
    return tuple(
        m for m in found
        if (before is None or (m.before is not None and m.before.status.iri == before)) and (after is None or m.after.status.iri == after)
    )  # fmt: skip
