"""Who took part in a meeting, as far as the register says it; what it does not say is unknown, or said not to be on record."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from observance.datasets.register_questions import RegisterQuestions, row_day
from observance.meetings.meetings import Meeting

STATES = ("attended", "excused", "absent", "conflicting", "no-record", "unknown")


@dataclass(frozen=True, slots=True)
class MembershipPeriod:
    """A time during which a declared party was a Member or a Union; days included."""

    party: str
    group: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Participation:
    """One party at one meeting: one of STATES, the records that say so, and the statement that licenses an absence of record."""

    party: str
    group: str
    state: str
    records: tuple[str, ...]
    licence: str | None


def roles(asked: RegisterQuestions) -> tuple[MembershipPeriod, ...]:
    """The roles of the declared parties, as known at the moment."""
    found = []
    for row in asked.rows("roles"):
        first, last = row_day(row, "from"), row_day(row, "until")
        if first and last:
            found.append(MembershipPeriod(row["party"], row["group"], first, last))
    return tuple(found)


def in_role(on: date, *, among: Sequence[MembershipPeriod]) -> Mapping[str, str]:
    """Each party that is in a role on the day, with its group, in the order of their names."""
    return {role.party: role.group for role in sorted(among, key=lambda role: role.party) if role.first <= on <= role.last}


class Attendance:
    """What is on record of presence at every meeting, read once."""

    def __init__(self, asked: RegisterQuestions) -> None:
        """Everything is read now."""
        self._roles = roles(asked)
        self._records: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        for row in asked.rows("attendance"):
            self._records[row["meeting"], row["party"]].append((row["attendance"], row["record"]))
        self._complete: dict[str, list[tuple[date, str]]] = defaultdict(list)
        for row in asked.rows("complete"):
            until = row_day(row, "until")
            if row["subject"] == "attendance" and until:
                self._complete[row["party"]].append((until, row["statement"]))

    def at(self, meeting: Meeting) -> tuple[Participation, ...]:
        """Everyone in a role on the day of a meeting held; nobody for one that was not."""
        if not meeting.was_held or meeting.held is None:
            return ()
        held = meeting.held
        return tuple(self._presence(party, group, meeting=meeting, held=held) for party, group in in_role(held, among=self._roles).items())

    def _presence(self, party: str, group: str, *, meeting: Meeting, held: date) -> Participation:
        found = self._records.get((meeting.iri, party), [])
        said = sorted({state for state, _ in found})
        if said:
            records = tuple(sorted({record for _, record in found}))
            return Participation(party, group, said[0] if len(said) == 1 else "conflicting", records, None)
        licence = next((statement for until, statement in sorted(self._complete.get(party, [])) if until >= held), None)
        return Participation(party, group, "no-record" if licence else "unknown", (), licence)
