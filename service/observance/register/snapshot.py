"""The register as it stood: as of a day of the world, as known at a time, disclosed to an audience.

What came later or was learnt later is not in it. Everything that is concluded, asked or shown rests on one value, `Snapshot`.

Nothing is ever deleted from a register, so every past answer can be given again.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import Final, Protocol, TypeVar

import pyoxigraph as ox
from msgspec import Struct
from msgspec.structs import replace

from observance.core import OBS, PREFIXES, RDFS, XSD, InconsistentDataError, UsageError, calendar, compact
from observance.knowledge import Knowledge
from observance.rdf import TYPE, Row, Triple, index_keys, iri_of, parse_term

_TIME: Final = PREFIXES["time"]
_BEGINS, _ENDS = f"<{_TIME}hasBeginning>", f"<{_TIME}hasEnd>"
_PRECISIONS: Final = tuple(f"<{_TIME}{name}>" for name in ("inXSDDate", "inXSDgYearMonth", "inXSDgYear"))
_RECORDED: Final = f"<{OBS}recordedAt>"
_DATE: Final = f'"^^<{XSD}date>'
T = TypeVar("T", date, datetime)

DISCLOSURE: Final = OBS + "disclosure"
RESTRICTED: Final = OBS + "Restricted"


class RuleVocabulary(Protocol):
    """The IRIs that rules use: those that they ask for, and those that they alone conclude."""

    @property
    def vocabulary(self) -> Iterable[str]:
        """The IRIs that occur in the premises of rules."""

    @property
    def concluded(self) -> Iterable[str]:
        """The IRIs that only rules may state."""


class Moment(Struct, frozen=True):
    """The day of the world that is looked at and the time as of which the register is read."""

    as_of: date
    known_at: datetime


class RegisterRecords(Struct, frozen=True, dict=True):
    """A register, indexed once for all its snapshots: each statement once, whatever documents it came in and in what order.

    `statements` are all that a register may say; `triples` are those of them that rules can ask for.
    """

    statements: tuple[ox.Triple, ...]
    triples: tuple[Triple, ...]
    happened: frozenset[str]
    parts: frozenset[str]

    @cached_property
    def by_subject(self) -> dict[str, list[Triple]]:
        """The statements about each node."""
        found: dict[str, list[Triple]] = defaultdict(list)
        for triple in self.triples:
            found[triple[0]].append(triple)
        return found

    @cached_property
    def first_known(self) -> dict[str, datetime]:
        """When each record was first known; raises InconsistentDataError for a time that is none."""
        return _earliest(((s, o) for s, p, o in self.triples if p == _RECORDED), read=calendar.parse_time)

    @cached_property
    def came_about(self) -> dict[str, date]:
        """The day on which each record came about; raises InconsistentDataError for a day that is none."""
        return _earliest(((s, o) for s, p, o in self.triples if p in self.happened), read=calendar.first_day)

    @cached_property
    def referrers(self) -> dict[str, set[str]]:
        """The nodes that lead to each part of a record."""
        found: dict[str, set[str]] = defaultdict(set)
        for subject, _, target in self.triples:
            if target in self.part_nodes:
                found[target].add(subject)
        return found

    @cached_property
    def part_nodes(self) -> set[str]:
        """The nodes that are parts: blank ones, and those of a class of parts."""
        typed = {s for s, p, o in self.triples if p == TYPE and o in self.parts}
        return typed | {node for node in self.by_subject if node.startswith("_:")}

    @cached_property
    def calendar(self) -> dict[str, tuple[Triple, ...]]:
        """The first and last day of each interval, whatever its precision."""
        ends: dict[str, dict[str, list[str]]] = defaultdict(lambda: {_BEGINS: [], _ENDS: []})
        for subject, predicate, target in self.triples:
            if predicate in (_BEGINS, _ENDS):
                ends[subject][predicate].append(target)
        return {node: tuple(self._spanned(node, found[_BEGINS], found[_ENDS])) for node, found in ends.items()}

    def _spanned(self, node: str, begins: Sequence[str], ends: Sequence[str]) -> Iterator[Triple]:
        first = min((day for at in begins for day in self._days(at, read=calendar.first_day)), default=calendar.EARLIEST)
        last = max((day for at in ends for day in self._days(at, read=calendar.last_day)), default=calendar.LATEST)
        for name, day in (("firstDay", first), ("lastDay", last)):
            yield node, f"<{OBS}{name}>", f'"{day.isoformat()}{_DATE}'

    def _days(self, node: str, *, read: Callable[[str], date]) -> Iterator[date]:
        return (_read(node, o, read=read) for _, p, o in self.by_subject.get(node, ()) if p in _PRECISIONS)

    def plus(self, triples: Iterable[Triple]) -> "RegisterRecords":
        """The register with these facts too; its statements stay as they are."""
        return replace(self, triples=tuple(dict.fromkeys((*self.triples, *triples))))

    def only(self, triples: Iterable[Triple]) -> "RegisterRecords":
        """The register with these facts instead; its statements stay as they are."""
        return replace(self, triples=tuple(triples))

    @cached_property
    def restricted(self) -> frozenset[str]:
        """The restricted documents and their parts; a document that says both that it is and that it is not is."""
        mark = (f"<{DISCLOSURE}>", f"<{RESTRICTED}>")
        marked = {subject for subject, *said in self.triples if tuple(said) == mark}
        return frozenset(iri_of(node) for node in self.include_parts(marked))

    def include_parts(self, nodes: set[str]) -> set[str]:
        """The nodes with the parts that nothing else leads to."""
        included, todo = set(nodes), list(nodes)
        while todo:
            for _, _, part in self.by_subject.get(todo.pop(), ()):
                if part in self.part_nodes and part not in included and self.referrers[part] <= included:
                    included.add(part)
                    todo.append(part)
        return included


def index_records(quads: Iterable[ox.Quad], *, knowledge: Knowledge, rules: RuleVocabulary) -> RegisterRecords:
    """The register of these statements, as far as rules can ask for them.

    What only rules conclude is not believed when a register says it, nor is what a register says of things that the knowledge
    describes, other than the parties.
    """
    below = [s for s in knowledge.subjects if OBS + "happenedOn" in knowledge.objects(s, RDFS + "subPropertyOf")]
    happened = frozenset(f"<{iri}>" for iri in below)
    parts = frozenset(f"<{iri}>" for iri in knowledge.subclasses(OBS + "SubmissionPart"))
    literal = {f"<{iri}>" for iri in rules.vocabulary} | happened | {_RECORDED, *_PRECISIONS}
    statements = dict(_admissible(quads, knowledge=knowledge, rules=rules))
    triples = tuple(triple for triple in statements if triple[2][0] != '"' or triple[1] in literal)
    return RegisterRecords(tuple(statements.values()), triples, happened, parts)


def _admissible(quads: Iterable[ox.Quad], *, knowledge: Knowledge, rules: RuleVocabulary) -> Iterator[tuple[Triple, ox.Triple]]:
    """What a register may say, as facts and as statements; dates without their zone."""
    reserved = {f"<{iri}>" for iri in rules.concluded}
    settled = {f"<{iri}>" for iri in knowledge.subjects - frozenset(knowledge.instances(OBS + "ListedParty"))}
    for quad in quads:
        written = str(quad.object)
        triple = (str(quad.subject), str(quad.predicate), _day(written))
        if triple[0] not in settled and not reserved.intersection(index_keys(triple)):
            same = triple[2] == written
            yield triple, quad.triple if same else ox.Triple(quad.subject, quad.predicate, parse_term(triple[2]))


def _day(text: str) -> str:
    """A date without its zone: engines disagree about dates of two zones, and a day of receipt is a day."""
    if not text.endswith(_DATE) or len(text) == len(_DATE) + 11:
        return text
    try:
        return f'"{calendar.first_day(text[1 : -len(_DATE)]).isoformat()}{_DATE}'
    except ValueError:
        return text


def resolve_moment(register: RegisterRecords, *, as_of: date | None, known_at: datetime | None, earliest: date | None) -> Moment:
    """The moment asked for; what is not named is the last day and time recorded in the register.

    Raises UsageError when the register records no time, and for a day before the instrument.
    """
    if known_at is not None:
        _within(known_at.date(), earliest=earliest)
    last = max((when for when in register.first_known.values() if known_at is None or when <= known_at), default=None)
    if known_at is None:
        known_at = last
    if as_of is None and last is not None:
        as_of = last.date()
    if as_of is None or known_at is None:
        raise UsageError("assessment.no-moment")
    _within(min(as_of, known_at.date()), earliest=earliest)
    return Moment(as_of, known_at)


def _within(day: date, *, earliest: date | None) -> None:
    if earliest is not None and day < earliest:
        raise UsageError("assessment.before-instrument", day=day, earliest=earliest)


class Audience(Struct, frozen=True):
    """Those to whom a register is disclosed."""

    name: str
    reads_restricted: bool


PUBLIC: Final = Audience("public", reads_restricted=False)
SECRETARIAT: Final = Audience("secretariat", reads_restricted=True)


class Snapshot(Struct, frozen=True, dict=True):
    """The register as it stood at a moment, disclosed to an audience.

    A restricted document counts for everybody: without it, what is concluded would be false. An audience that may not read it is told
    that it is there, and nothing else; `withheld` names the nodes that this is about.
    """

    records: RegisterRecords
    moment: Moment
    audience: Audience = PUBLIC

    @cached_property
    def hidden(self) -> frozenset[str]:
        """The nodes of which the register said nothing yet, parts included."""
        records, at = self.records, self.moment
        late = {node for node, when in records.first_known.items() if when > at.known_at}
        late |= {node for node, day in records.came_about.items() if day > at.as_of}
        # What says nothing of when it was recorded was known from the day on which it came about.
        late |= {node for node, day in records.came_about.items() if node not in records.first_known and day > at.known_at.date()}
        return frozenset(records.include_parts(late))

    @cached_property
    def facts(self) -> tuple[Triple, ...]:
        """What rules can ask for, with the first and last day of every interval."""
        hidden, records = self.hidden, self.records
        days = (triple for node, pair in records.calendar.items() if node not in hidden for triple in pair)
        kept = records.triples if not hidden else (triple for triple in records.triples if triple[0] not in hidden)
        return (*kept, *days)

    @cached_property
    def statements(self) -> tuple[ox.Triple, ...]:
        """All that the register said, also what no rule asks for."""
        hidden = self.hidden
        return self.records.statements if not hidden else tuple(t for t in self.records.statements if str(t.subject) not in hidden)

    @property
    def withheld(self) -> frozenset[str]:
        """The nodes of which this audience is told only that they are there."""
        return frozenset() if self.audience.reads_restricted else self.records.restricted


def _earliest(values: Iterable[tuple[str, str]], *, read: Callable[[str], T]) -> dict[str, T]:
    found: dict[str, T] = {}
    for node, text in values:
        when = _read(node, text, read=read)
        found[node] = min(when, found.get(node, when))
    return found


def _read(node: str, text: str, *, read: Callable[[str], T]) -> T:
    said = iri_of(text)
    try:
        return read(said)
    except ValueError:
        raise InconsistentDataError("assessment.bad-day", node=compact(iri_of(node)), value=said) from None


def disclosed_rows(rows: Iterable[Row], *, withheld: frozenset[str]) -> tuple[Row, ...]:
    """The rows that name nothing withheld."""
    return tuple(row for row in rows if not any(not isinstance(t, ox.Literal) and iri_of(str(t)) in withheld for t in row.values()))
