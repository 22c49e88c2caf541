"""The meetings that a register knows, in the order of their days."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from itertools import groupby

from observance.core import calendar
from observance.core.errors import NotFoundError
from observance.core.namespaces import compact, local_name
from observance.datasets.memberships import in_role, roles
from observance.datasets.register_questions import RegisterQuestions, row_day, term_text


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting: `key` names it in an address; `stage` is planned, held, postponed or cancelled, None if that is not recorded."""

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
        """Whether it was held on a known day; only such a meeting has anyone's presence and closes a cycle."""
        return self.stage == "held" and self.held is not None


def read_meetings(asked: RegisterQuestions) -> tuple[Meeting, ...]:
    """Every meeting of the register as it stood, by day; one without a day comes last."""
    places: dict[str, dict[str, str]] = {}
    for row in asked.term_rows("places"):
        places.setdefault(term_text(row["meeting"]), {})[getattr(row["place"], "language", None) or ""] = term_text(row["place"])
    rows = [(iri, list(found)) for iri, found in groupby(asked.rows("meetings"), key=lambda row: row["meeting"])]
    names = [local_name(iri) for iri, _ in rows]
    found = (_meeting(iri, of, places=places.get(iri, {}), single=names.count(local_name(iri)) == 1) for iri, of in rows)
    return tuple(sorted(found, key=lambda meeting: (meeting.day or calendar.LATEST, meeting.iri)))


def _meeting(iri: str, rows: Sequence[Mapping[str, str]], *, places: Mapping[str, str], single: bool) -> Meeting:
    key = local_name(iri) if single else f"{local_name(iri)}-{hashlib.sha256(iri.encode()).hexdigest()[:6]}"
    return Meeting(
        iri, key,
        stage=next((row["stage"] for row in rows if "stage" in row), None),
        planned=_first(rows, "planned"),
        held=_first(rows, "held"),
        replacement=next((row["replacement"] for row in rows if "replacement" in row), None),
        places=places,
    )  # fmt: skip


def _first(rows: Iterable[Mapping[str, str]], name: str) -> date | None:
    return min((found for row in rows if (found := row_day(row, name))), default=None)


def find_meeting(name: str, *, among: Sequence[Meeting]) -> Meeting:
    """The meeting with this IRI, short IRI or key; NotFoundError names those that the register knows at the moment."""
    found = next((meeting for meeting in among if name in (meeting.iri, compact(meeting.iri), meeting.key)), None)
    if found is None:
        near = get_close_matches(name, [meeting.key for meeting in among], n=1)
        known = ", ".join(near or [meeting.key for meeting in among]) or "–"
        raise NotFoundError("review.no-meeting", name=name, known=known)
    return found


def previous_meeting(meeting: Meeting, *, among: Sequence[Meeting]) -> Meeting | None:
    """The last meeting held before this one's day; None for the first, and for one without a day."""
    limit = meeting.day
    if limit is None:
        return None
    return max(
        (other for other in among if other.was_held and other.iri != meeting.iri and (other.held or limit) < limit),
        key=lambda other: (other.held or limit, other.iri),
        default=None,
    )


STATES = ("attended", "excused", "absent", "conflicting", "no-record", "unknown")


@dataclass(frozen=True, slots=True)
class Participation:
    """One party at one meeting: one of STATES, the records that say so, and the statement that licenses an absence of record."""

    party: str
    group: str
    state: str
    records: tuple[str, ...]
    licence: str | None


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
