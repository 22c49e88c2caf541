"""The register as it stood: as of a day of the world, as known at a time. What came later or was learnt later is not in it.

Nothing is ever deleted from a register, so every past answer can be given again.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Final, TypeVar

import pyoxigraph as ox

from observance.assessment import reckon
from observance.assessment.values import Moment
from observance.errors import Inconsistent, Misused
from observance.graph.knowledge import Knowledge
from observance.namespaces import OBS, PREFIXES, RDF, RDFS, XSD, compact

_TIME: Final = PREFIXES["time"]
_PRECISIONS: Final = tuple(_TIME + name for name in ("inXSDDate", "inXSDgYearMonth", "inXSDgYear"))
_TYPE: Final = RDF + "type"
T = TypeVar("T", date, datetime)
_RECORDED: Final = OBS + "recordedAt"


@dataclass(frozen=True)
class Records:
    """A register, indexed once for every cut: each statement once, whatever documents it came in and in what order."""

    triples: tuple[ox.Triple, ...]
    happened: frozenset[str]
    parts: frozenset[str]

    @cached_property
    def by_subject(self) -> dict[object, list[ox.Triple]]:
        """The statements about each node."""
        found: dict[object, list[ox.Triple]] = defaultdict(list)
        for triple in self.triples:
            found[triple.subject].append(triple)
        return found

    @cached_property
    def known(self) -> dict[object, datetime]:
        """When each record was first known; raises Inconsistent for a time that is none."""
        return _earliest(self._values(frozenset({_RECORDED})), read=reckon.moment)

    @cached_property
    def came(self) -> dict[object, date]:
        """The day on which each record came about; raises Inconsistent for a day that is none."""
        return _earliest(self._values(self.happened), read=reckon.first_day)

    @cached_property
    def referrers(self) -> dict[object, set[object]]:
        """The nodes that lead to each part of a record."""
        found: dict[object, set[object]] = defaultdict(set)
        for triple in self.triples:
            if triple.object in self.inner:
                found[triple.object].add(triple.subject)
        return found

    @cached_property
    def inner(self) -> set[object]:
        """The nodes that are parts: blank ones, and those of a class of parts."""
        typed = {t.subject for t in self.triples if t.predicate.value == _TYPE and getattr(t.object, "value", "") in self.parts}
        return typed | {node for node in self.by_subject if isinstance(node, ox.BlankNode)}

    @cached_property
    def calendar(self) -> dict[object, tuple[ox.Triple, ...]]:
        """The first and last day of each interval, whatever its precision."""
        found: dict[object, tuple[ox.Triple, ...]] = {}
        for node, triples in self.by_subject.items():
            begins = [t.object for t in triples if t.predicate.value == _TIME + "hasBeginning"]
            ends = [t.object for t in triples if t.predicate.value == _TIME + "hasEnd"]
            if begins or ends:
                first = min((d for b in begins for d in self._days(b, read=reckon.first_day)), default=reckon.EARLIEST)
                last = max((d for e in ends for d in self._days(e, read=reckon.last_day)), default=reckon.LATEST)
                found[node] = (_dated(node, "firstDay", first), _dated(node, "lastDay", last))
        return found

    @cached_property
    def last_known(self) -> datetime | None:
        """The last time at which anything was recorded."""
        return max(self.known.values(), default=None)

    def _values(self, predicates: frozenset[str]) -> Iterable[tuple[object, str]]:
        return ((t.subject, t.object.value) for t in self.triples if t.predicate.value in predicates and isinstance(t.object, ox.Literal))

    def _days(self, node: object, *, read: Callable[[str], date]) -> Iterable[date]:
        for triple in self.by_subject.get(node, ()):
            if triple.predicate.value in _PRECISIONS and isinstance(triple.object, ox.Literal):
                yield _read(triple.subject, triple.object.value, read=read)


def records(quads: Iterable[ox.Quad], *, knowledge: Knowledge) -> Records:
    """The register of these statements."""
    below = [s for s in knowledge.subjects if OBS + "happenedOn" in knowledge.objects(s, RDFS + "subPropertyOf")]
    return Records(tuple(dict.fromkeys(quad.triple for quad in quads)), frozenset(below), knowledge.subclasses(OBS + "SubmissionPart"))


def moment(register: Records, *, as_of: date | None, known_at: datetime | None, earliest: date | None) -> Moment:
    """The moment asked for; what is not named is the last day and time recorded in the register.

    Raises Misused when the register records no time, and for a day before the instrument.
    """
    until = [when for when in register.known.values() if known_at is None or when <= known_at]
    last = max(until, default=None)
    if known_at is None:
        known_at = last
    if as_of is None and last is not None:
        as_of = last.date()
    if as_of is None or known_at is None:
        raise Misused("assessment.no-moment")
    if earliest is not None and min(as_of, known_at.date()) < earliest:
        raise Misused("assessment.before-instrument", day=min(as_of, known_at.date()), earliest=earliest)
    return Moment(as_of, known_at)


def cut(register: Records, *, at: Moment) -> Sequence[ox.Triple]:
    """What the register held, with the first and last day of every interval."""
    late = {node for node, when in register.known.items() if when > at.known_at}
    late |= {node for node, day in register.came.items() if day > at.as_of}
    # What says nothing of when it was recorded was known from the day on which it came about.
    late |= {node for node, day in register.came.items() if node not in register.known and day > at.known_at.date()}
    hidden = _with_parts(late, register=register)
    days = (triple for node, pair in register.calendar.items() if node not in hidden for triple in pair)
    kept = register.triples if not hidden else [triple for triple in register.triples if triple.subject not in hidden]
    return [*kept, *days]


def _with_parts(late: set[object], *, register: Records) -> set[object]:
    """What is hidden takes its parts with it, unless something else leads to them."""
    hidden, todo = set(late), list(late)
    while todo:
        for triple in register.by_subject.get(todo.pop(), ()):
            part = triple.object
            if part in register.inner and part not in hidden and register.referrers[part] <= hidden:
                hidden.add(part)
                todo.append(part)
    return hidden


def _earliest(values: Iterable[tuple[object, str]], *, read: Callable[[str], T]) -> dict[object, T]:
    found: dict[object, T] = {}
    for node, text in values:
        when = _read(node, text, read=read)
        found[node] = min(when, found.get(node, when))
    return found


def _read(node: object, text: str, *, read: Callable[[str], T]) -> T:
    try:
        return read(text)
    except ValueError:
        name = compact(node.value) if isinstance(node, ox.NamedNode) else str(node)
        raise Inconsistent("assessment.bad-day", node=name, value=text) from None


def _dated(node: object, name: str, day: date) -> ox.Triple:
    return ox.Triple(node, ox.NamedNode(OBS + name), ox.Literal(day.isoformat(), datatype=ox.NamedNode(XSD + "date")))  # type: ignore[arg-type]
