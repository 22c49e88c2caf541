"""The snapshot of a register: as of a day, as known at a time.

A snapshot excludes what happened after the day or was recorded after the time, and records that a newer one revises. Statuses,
questions and pages are all computed from this one value. Nothing is ever deleted from a register, so that every past answer can be
computed again.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cached_property
from sys import intern
from typing import Final, Protocol, TypeVar

import pyoxigraph as ox
from msgspec import Struct
from msgspec.structs import replace

from observance.core import OBS, PREFIXES, PROV, RDFS, XSD, UsageError, calendar
from observance.knowledge import Knowledge
from observance.rdf import TYPE, Row, Triple, index_keys, iri_of, parse_term, quad_as_meant
from observance.register.disclosure import DISCLOSURE, RESTRICTED
from observance.register.faults import last_credible_time

_TIME: Final = PREFIXES["time"]
_BEGINS, _ENDS = f"<{_TIME}hasBeginning>", f"<{_TIME}hasEnd>"
_PRECISIONS: Final = tuple(f"<{_TIME}{name}>" for name in ("inXSDDate", "inXSDgYearMonth", "inXSDgYear"))
_RECORDED: Final = f"<{OBS}recordedAt>"
_REVISES: Final = f"<{PROV}wasRevisionOf>"
_DATE: Final = f'"^^<{XSD}date>'
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
T = TypeVar("T", date, datetime)

TO_CLARIFY: Final = OBS + "SubmissionToClarify"
RECORD_TO_CLARIFY: Final = OBS + "RecordToClarify"
INCOMPLETE: Final = OBS + "IncompleteSubmission"
HAS_FINDING: Final = OBS + "hasFinding"


class RuleVocabulary(Protocol):
    """The IRIs in rules: those in premises, and those that only rules may state."""

    @property
    def vocabulary(self) -> Iterable[str]:
        """The IRIs in the premises of rules."""

    @property
    def concluded(self) -> Iterable[str]:
        """The IRIs that only rules may state."""


class VerdictSource(Protocol):
    """The verdicts on the documents of a register: which submissions count, as validation says."""

    def facts(self, excluded: frozenset[str]) -> tuple[Triple, ...]:
        """The facts about the submissions of the register without the excluded nodes, which are in N-Triples syntax."""

    def facts_by_document(self, excluded: frozenset[str], numbers: Collection[int] | None = None) -> Mapping[int, tuple[Triple, ...]]:
        """The same facts, for each of the documents with these numbers (None: for all)."""

    def documents_reaching(self, nodes: Collection[str]) -> Collection[int]:
        """The numbers of the documents on which the verdict may change if it changes whether these nodes are excluded."""

    def findings_of(self, submissions: Collection[str]) -> frozenset[str]:
        """The findings about submissions; all are in N-Triples syntax."""


class Moment(Struct, frozen=True):
    """The day that a snapshot is as of, and the time up to which the register is read."""

    as_of: date
    known_at: datetime


class RegisterRecords(Struct, frozen=True, dict=True):
    """The indexed statements of a register, shared by all its snapshots; duplicates across documents are removed.

    `statements` are all that a register may state; `triples` are those that premises can match. `event_predicates` are the subproperties of
    obs:happenedOn, `part_classes` the classes of parts of submissions and `submission_classes` those of submissions, all in N-Triples
    syntax. Without `verdicts`, every submission counts; `removed` are the facts of verdicts that are disregarded, `disregarded` the nodes
    that no snapshot has.
    """

    statements: tuple[ox.Quad, ...]
    triples: tuple[Triple, ...]
    event_predicates: frozenset[str]
    part_classes: frozenset[str]
    submission_classes: frozenset[str]
    verdicts: VerdictSource | None = None
    removed: frozenset[Triple] = frozenset()
    disregarded: frozenset[str] = frozenset()
    is_part: bool = False
    """Whether the triples are a part of the register's, so that verdicts on what is not among them are left out."""

    @cached_property
    def by_subject(self) -> dict[str, list[Triple]]:
        """The triples by subject."""
        triples: dict[str, list[Triple]] = defaultdict(list)
        for triple in self.triples:
            triples[triple[0]].append(triple)
        return triples

    @cached_property
    def recorded_at(self) -> dict[str, datetime]:
        """The earliest time at which each record was recorded."""
        return _earliest(((s, o) for s, p, o in self.triples if p == _RECORDED), read=calendar.parse_time)

    @cached_property
    def event_days(self) -> dict[str, date]:
        """The earliest day on which the event of each record happened."""
        return _earliest(((s, o) for s, p, o in self.triples if p in self.event_predicates), read=calendar.first_day)

    @cached_property
    def revisions(self) -> tuple[tuple[str, str], ...]:
        """The records that revise another, with the one revised; the revisions of submissions are left to the rules."""
        submissions = {s for s, p, o in self.triples if p == TYPE and o in self.submission_classes}
        return tuple((s, o) for s, p, o in self.triples if p == _REVISES and not {s, o} & submissions)

    @cached_property
    def referrers(self) -> dict[str, set[str]]:
        """The subjects that refer to each part of a record."""
        referrers: dict[str, set[str]] = defaultdict(set)
        for subject, _, object_ in self.triples:
            if object_ in self.part_nodes:
                referrers[object_].add(subject)
        return referrers

    @cached_property
    def part_nodes(self) -> set[str]:
        """The nodes that are parts of records: blank nodes, and instances of a class of parts."""
        typed = {s for s, p, o in self.triples if p == TYPE and o in self.part_classes}
        return typed | {node for node in self.by_subject if node.startswith("_:")}

    @cached_property
    def interval_days(self) -> dict[str, tuple[Triple, ...]]:
        """The first and last day of each interval as triples, whatever its precision."""
        bounds: dict[str, dict[str, list[str]]] = defaultdict(lambda: {_BEGINS: [], _ENDS: []})
        for subject, predicate, object_ in self.triples:
            if predicate in (_BEGINS, _ENDS):
                bounds[subject][predicate].append(object_)
        return {node: tuple(self._first_and_last_day(node, bound[_BEGINS], bound[_ENDS])) for node, bound in bounds.items()}

    def _first_and_last_day(self, node: str, begins: Sequence[str], ends: Sequence[str]) -> Iterator[Triple]:
        first = min((day for bound in begins for day in self._days(bound, read=calendar.first_day)), default=calendar.EARLIEST)
        last = max((day for bound in ends for day in self._days(bound, read=calendar.last_day)), default=calendar.LATEST)
        for name, day in (("firstDay", first), ("lastDay", last)):
            yield node, f"<{OBS}{name}>", f'"{day.isoformat()}{_DATE}'

    def _days(self, node: str, *, read: Callable[[str], date]) -> Iterator[date]:
        return (read(iri_of(o)) for _, p, o in self.by_subject.get(node, ()) if p in _PRECISIONS)

    def with_facts_added(self, triples: Iterable[Triple]) -> "RegisterRecords":
        """Return the register with these triples in addition; its statements stay the same."""
        return replace(self, triples=tuple(dict.fromkeys((*self.triples, *triples))))

    def with_facts_replaced(self, triples: Iterable[Triple]) -> "RegisterRecords":
        """Return the register with these triples in place of its own; its statements stay the same."""
        return replace(self, triples=tuple(triples), is_part=True)

    @cached_property
    def restricted(self) -> frozenset[str]:
        """The restricted documents and their parts, and the findings about them; of contradictory disclosures the narrowest applies."""
        predicate, restricted = f"<{DISCLOSURE}>", f"<{RESTRICTED}>"
        return self.with_findings(self.include_parts({s for s, p, o in self.triples if p == predicate and o == restricted}))

    def with_findings(self, nodes: Collection[str]) -> frozenset[str]:
        """Return the IRIs of the nodes, which are in N-Triples syntax, and of the findings about them."""
        findings = self.verdicts.findings_of(nodes) if self.verdicts is not None and nodes else frozenset[str]()
        return frozenset(map(iri_of, (*nodes, *findings)))

    def include_parts(self, nodes: Collection[str], *, beside: Collection[str] = ()) -> set[str]:
        """Return the nodes, those `beside` them, and those parts of the nodes to which nothing else refers."""
        included, todo = {*beside, *nodes}, list(nodes)
        while todo:
            for _, _, part in self.by_subject.get(todo.pop(), ()):
                if part in self.part_nodes and part not in included and self.referrers[part] <= included:
                    included.add(part)
                    todo.append(part)
        return included


def index_records(
    quads: Iterable[ox.Quad], *, knowledge: Knowledge, rules: RuleVocabulary, verdicts: VerdictSource | None = None
) -> RegisterRecords:
    """Index the statements of a register, as far as premises of rules can match them, with the verdicts on its documents.

    Statements that only rules or verdicts may conclude are dropped, and so are statements about nodes that the knowledge describes, except
    parties.
    """
    below = [s for s in knowledge.subjects if OBS + "happenedOn" in knowledge.objects(s, RDFS + "subPropertyOf")]
    event_predicates = frozenset(f"<{iri}>" for iri in below)
    part_classes = frozenset(f"<{iri}>" for iri in knowledge.subclasses(OBS + "SubmissionPart"))
    submission_classes = frozenset(f"<{iri}>" for iri in knowledge.subclasses(OBS + "Submission"))
    literal_predicates = {f"<{iri}>" for iri in rules.vocabulary} | event_predicates | {_RECORDED, *_PRECISIONS}
    readers = dict.fromkeys((*event_predicates, *_PRECISIONS), calendar.first_day) | {_RECORDED: calendar.parse_time}
    statements = dict(_admissible(quads, knowledge=knowledge, rules=rules, readers=readers))
    triples = tuple(triple for triple in statements if triple[2][0] != '"' or triple[1] in literal_predicates)
    return RegisterRecords(tuple(statements.values()), triples, event_predicates, part_classes, submission_classes, verdicts)


def _admissible(
    quads: Iterable[ox.Quad], *, knowledge: Knowledge, rules: RuleVocabulary, readers: Mapping[str, Callable[[str], object]]
) -> Iterator[tuple[Triple, ox.Quad]]:
    """Yield the admissible statements as (triple, statement) pairs: the triple as it is meant, the statement as it is written.

    Dates have no zone in either.
    `readers` give, for the predicates of days and times, the function that reads a value; a statement of a day that does not exist is
    dropped, and validation of the register says so.
    """
    reserved = {f"<{iri}>" for iri in (*rules.concluded, TO_CLARIFY, RECORD_TO_CLARIFY, INCOMPLETE, HAS_FINDING)}
    described = {f"<{iri}>" for iri in knowledge.subjects - frozenset(knowledge.instances(OBS + "ListedParty"))}
    for quad in quads:
        object_text = str(quad.object)
        meant = quad_as_meant(quad)
        day = _day(object_text)
        target = day if meant is quad or meant.object == quad.object else str(meant.object)
        triple = (intern(str(meant.subject)), intern(str(meant.predicate)), intern(target))
        reader = readers.get(triple[1])
        if reader is not None and not _is_well_formed(triple[2], read=reader):
            continue
        if triple[0] not in described and not reserved.intersection(index_keys(triple)):
            yield triple, quad if day == object_text else ox.Quad(quad.subject, quad.predicate, parse_term(day))


def _day(text: str) -> str:
    """Return a date without its zone: engines compare dates of different zones differently, and a day of receipt has no zone."""
    if not text.endswith(_DATE) or len(text) == len(_DATE) + 11:
        return text
    try:
        return f'"{calendar.first_day(text[1 : -len(_DATE)]).isoformat()}{_DATE}'
    except ValueError:
        return text


def resolve_moment(register: RegisterRecords, *, as_of: date | None, known_at: datetime | None, earliest: date | None) -> Moment:
    """Return the moment of a request; a missing date or time defaults to the last credible one recorded in the register.

    Raises UsageError if the register records no time, and for a day before the instrument.
    """
    if known_at is not None:
        _check_not_before(known_at.date(), earliest=earliest)
    last_recorded = last_credible_time(when for when in register.recorded_at.values() if known_at is None or when <= known_at)
    if known_at is None:
        known_at = last_recorded
    if as_of is None and last_recorded is not None:
        as_of = last_recorded.date()
    if as_of is None or known_at is None:
        raise UsageError("assessment.no-moment")
    _check_not_before(min(as_of, known_at.date()), earliest=earliest)
    return Moment(as_of, known_at)


def _check_not_before(day: date, *, earliest: date | None) -> None:
    if earliest is not None and day < earliest:
        raise UsageError("assessment.before-instrument", day=day, earliest=earliest)


class Snapshot(Struct, frozen=True, dict=True):
    """The register at a moment. A restricted document counts for every audience, because without it conclusions would be false."""

    records: RegisterRecords
    moment: Moment

    @cached_property
    def excluded(self) -> frozenset[str]:
        """The nodes, with their parts, of records that had not happened, were not recorded or were revised, or are disregarded."""
        return frozenset(self.records.include_parts(self.later | set(self.current_records) | self.records.disregarded))

    @cached_property
    def current_records(self) -> Mapping[str, str]:
        """The record that has taken the place of each revised one at the moment."""
        return current_records(self.records, later=self.later)

    @cached_property
    def later(self) -> frozenset[str]:
        """The nodes of records that had not happened or were not recorded at the moment, without their parts."""
        records = self.records
        happened_later = {node for node, day in records.event_days.items() if day > self.moment.as_of}
        return frozenset(happened_later.union(filter(self.is_unknown, {*records.recorded_at, *records.event_days})))

    def is_unknown(self, node: str) -> bool:
        """Whether the record was recorded after the time of the moment; without such a time, it is known from the day of its event."""
        recorded_at, known_at = self.records.recorded_at.get(node), self.moment.known_at
        return self.records.event_days[node] > known_at.date() if recorded_at is None else recorded_at > known_at

    @cached_property
    def facts(self) -> tuple[Triple, ...]:
        """The triples for rules, with the first and last day of every interval and the verdicts on documents.

        What refers to a revised record refers to the one that has taken its place.
        """
        excluded, records, current = self.excluded, self.records, self.current_records
        days = (triple for node, pair in records.interval_days.items() if node not in excluded for triple in pair)
        known = (triple for triple in records.triples if triple[0] not in excluded) if excluded else records.triples
        if current:
            known = (with_current_object(triple, current=current) for triple in known)
        verdicts = records.verdicts.facts(excluded) if records.verdicts is not None else ()
        if records.is_part:
            verdicts = tuple(triple for triple in verdicts if triple[0] in records.by_subject)
        return (*known, *days, *(triple for triple in verdicts if triple not in records.removed))

    @property
    def statements(self) -> tuple[ox.Triple, ...]:
        """The statements of the register at the moment, including those that no rule uses; made anew from those of the documents."""
        excluded, current = self.excluded, self.current_records
        known: Iterable[ox.Quad] = self.records.statements
        if excluded:
            known = (quad for quad in known if str(quad.subject) not in excluded)
        triples = (quad.triple for quad in known)
        return tuple(_with_current(triple, current=current) for triple in triples) if current else tuple(triples)


def current_records(records: RegisterRecords, *, later: Collection[str]) -> Mapping[str, str]:
    """The record that has taken the place of each revised one, without the `later` records; a chain that is a circle revises nothing."""
    known = sorted(
        ((newer, older) for newer, older in records.revisions if newer not in later),
        key=lambda pair: (records.recorded_at.get(pair[0], _LONG_AGO), pair[0]),
    )
    newer_of = {older: newer for newer, older in known}
    current = {older: _last(older, newer_of=newer_of) for older in newer_of}
    return {older: newest for older, newest in current.items() if newest is not None}


def with_current_object(triple: Triple, *, current: Mapping[str, str]) -> Triple:
    """Return the triple with the current record in place of a revised one to which it refers."""
    subject, predicate, target = triple
    return triple if predicate == _REVISES or target not in current else (subject, predicate, current[target])


def _last(node: str, *, newer_of: Mapping[str, str]) -> str | None:
    """Return the last record of the chain that begins with the node; None if it comes back to one of its records."""
    seen = {node}
    while node in newer_of:
        node = newer_of[node]
        if node in seen:
            return None
        seen.add(node)
    return node


def _with_current(triple: ox.Triple, *, current: Mapping[str, str]) -> ox.Triple:
    """Return the statement with the current record in place of a revised one to which it refers."""
    newer = None if str(triple.predicate) == _REVISES else current.get(str(triple.object))
    return triple if newer is None else ox.Triple(triple.subject, triple.predicate, parse_term(newer))


def _earliest(values: Iterable[tuple[str, str]], *, read: Callable[[str], T]) -> dict[str, T]:
    earliest: dict[str, T] = {}
    for node, text in values:
        when = read(iri_of(text))
        earliest[node] = min(when, earliest.get(node, when))
    return earliest


def _is_well_formed(text: str, *, read: Callable[[str], object]) -> bool:
    """Whether the literal is a day, month, year or time that exists."""
    try:
        read(iri_of(text))
    except ValueError:
        return False
    return True


def disclosed_rows(rows: Iterable[Row], *, withheld: frozenset[str]) -> tuple[Row, ...]:
    """Return the rows that contain no withheld node."""
    return tuple(row for row in rows if not any(not isinstance(t, ox.Literal) and iri_of(str(t)) in withheld for t in row.values()))
