"""The meetings that a register knows, in the order of their days, and the attendance of each."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from itertools import groupby
from typing import Final

from msgspec import Struct

from observance.core import NotFoundError, calendar, compact, local_name
from observance.datasets import RegisterQuestions, groups_on, membership_periods, row_day, term_text

ATTENDANCE_STATES: Final = ("attended", "excused", "absent", "conflicting", "no-record", "unknown")


class Meeting(Struct, frozen=True):
    """A meeting: `key` names it in URLs; `stage` is planned, held, postponed or cancelled, None if it is not recorded."""

    iri: str
    key: str
    stage: str | None
    planned: date | None
    held: date | None
    replacement: str | None
    places: Mapping[str, str]

    @property
    def day(self) -> date | None:
        """The day on which it was held, else the day planned."""
        return self.held or self.planned

    @property
    def was_held(self) -> bool:
        """Whether it was held on a known day; only such a meeting has attendance and closes a cycle."""
        return self.stage == "held" and self.held is not None


def read_meetings(questions: RegisterQuestions) -> tuple[Meeting, ...]:
    """The meetings of the register as it stood, by day; a meeting without a day comes last."""
    places: dict[str, dict[str, str]] = {}
    for row in questions.term_rows("places"):
        places.setdefault(term_text(row["meeting"]), {})[getattr(row["place"], "language", None) or ""] = term_text(row["place"])
    groups = [(iri, list(rows)) for iri, rows in groupby(questions.rows("meetings"), key=lambda row: row["meeting"])]
    names = [local_name(iri) for iri, _ in groups]
    meetings = (_meeting(iri, rows, places=places.get(iri, {}), unique=names.count(local_name(iri)) == 1) for iri, rows in groups)
    return tuple(sorted(meetings, key=lambda meeting: (meeting.day or calendar.LATEST, meeting.iri)))


def _meeting(iri: str, rows: Sequence[Mapping[str, str]], *, places: Mapping[str, str], unique: bool) -> Meeting:
    key = local_name(iri) if unique else f"{local_name(iri)}-{hashlib.sha256(iri.encode()).hexdigest()[:6]}"
    return Meeting(
        iri, key,
        stage=next((row["stage"] for row in rows if "stage" in row), None),
        planned=_earliest_day(rows, "planned"),
        held=_earliest_day(rows, "held"),
        replacement=next((row["replacement"] for row in rows if "replacement" in row), None),
        places=places,
    )  # fmt: skip


def _earliest_day(rows: Iterable[Mapping[str, str]], name: str) -> date | None:
    return min((day for row in rows if (day := row_day(row, name))), default=None)


def find_meeting(name: str, *, meetings: Sequence[Meeting]) -> Meeting:
    """The meeting with this IRI, compact IRI or key; raises NotFoundError, which names those that the register knows."""
    meeting = next((meeting for meeting in meetings if name in (meeting.iri, compact(meeting.iri), meeting.key)), None)
    if meeting is None:
        keys = [known.key for known in meetings]
        known = ", ".join(get_close_matches(name, keys, n=1) or keys) or "–"
        raise NotFoundError("review.no-meeting", name=name, known=known)
    return meeting


def previous_meeting(meeting: Meeting, *, meetings: Sequence[Meeting]) -> Meeting | None:
    """The last meeting held before the day of this one; None for the first meeting and for one without a day."""
    limit = meeting.day
    if limit is None:
        return None
    return max(
        (other for other in meetings if other.was_held and other.iri != meeting.iri and (other.held or limit) < limit),
        key=lambda other: (other.held or limit, other.iri),
        default=None,
    )


class Attendance(Struct, frozen=True):
    """One party at one meeting: one of ATTENDANCE_STATES, its records, and the completeness statement that licenses their absence."""

    party: str
    group: str
    state: str
    records: tuple[str, ...]
    licence: str | None


class AttendanceRecords:
    """The attendance records of all meetings."""

    def __init__(self, questions: RegisterQuestions) -> None:
        """Read the records, the memberships and the completeness statements."""
        self._memberships = membership_periods(questions)
        self._records: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        for row in questions.rows("attendance"):
            self._records[row["meeting"], row["party"]].append((row["attendance"], row["record"]))
        self._completeness: dict[str, list[tuple[date, str]]] = defaultdict(list)
        for row in questions.rows("complete"):
            until = row_day(row, "until")
            if row["subject"] == "attendance" and until:
                self._completeness[row["party"]].append((until, row["statement"]))

    def attendances(self, meeting: Meeting) -> tuple[Attendance, ...]:
        """The attendance of every party that is a Member or a Union on the day of the meeting; empty for a meeting not held."""
        if not meeting.was_held or meeting.held is None:
            return ()
        groups = groups_on(meeting.held, periods=self._memberships)
        return tuple(self._attendance(party, group, meeting=meeting.iri, held=meeting.held) for party, group in groups.items())

    def _attendance(self, party: str, group: str, *, meeting: str, held: date) -> Attendance:
        records = self._records.get((meeting, party), [])
        states = {state for state, _ in records}
        if states:
            state = states.pop() if len(states) == 1 else "conflicting"
            return Attendance(party, group, state, tuple(sorted({record for _, record in records})), None)
        licence = next((statement for until, statement in sorted(self._completeness.get(party, [])) if until >= held), None)
        return Attendance(party, group, "no-record" if licence else "unknown", (), licence)
