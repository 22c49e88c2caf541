"""A register opened for assessment: everything that is the same for every day, time and reading, read once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Final

import pyoxigraph as ox

from observance.assessment import reckon
from observance.assessment.compile import Rulebook, rulebook
from observance.assessment.cut import Records, moment, records
from observance.assessment.derive import Derivation, derive
from observance.assessment.instantiate import Norm, norms
from observance.assessment.interpret import readings
from observance.assessment.label import Names
from observance.assessment.values import Duty, Moment, Reading
from observance.graph.knowledge import Knowledge
from observance.namespaces import ELI, OBS, RDF

_PART_OF: Final = ELI + "is_part_of"


@dataclass(frozen=True)
class Case:
    """The knowledge, the statements of a register, the parties that it declares as bearers; `added`: a reading of the user's own."""

    knowledge: Knowledge
    quads: tuple[ox.Quad, ...]
    declared: tuple[str, ...]
    added: tuple[ox.Quad, ...] = field(default=(), kw_only=True)

    @cached_property
    def book(self) -> Rulebook:
        """The rules; raises Inconsistent for one that cannot be evaluated."""
        return rulebook(self.knowledge)

    @cached_property
    def readings(self) -> Mapping[str, Reading]:
        """The readings of the knowledge by name, the default one first."""
        return readings(self.knowledge, book=self.book, added=self.added)

    @cached_property
    def records(self) -> Records:
        """The register, indexed."""
        return records(self.quads, knowledge=self.knowledge)

    @cached_property
    def norms(self) -> tuple[Norm, ...]:
        """The norms that have instances."""
        return norms(self.knowledge, declared=self.declared)

    @cached_property
    def names(self) -> Names:
        """How what is in the knowledge and the register is called."""
        return Names((*self.knowledge.quads, *self.quads))

    @cached_property
    def background(self) -> tuple[ox.Triple, ...]:
        """What rules ask of the knowledge: how things hang together, no text; of types only those that a rule names."""
        told = self.book.vocabulary
        found = (q.triple for q in self.knowledge.quads if isinstance(q.subject, ox.NamedNode) and isinstance(q.object, ox.NamedNode))
        return tuple(t for t in found if t.predicate.value in told and (t.predicate.value != RDF + "type" or _value(t.object) in told))

    @cached_property
    def earliest(self) -> date | None:
        """The first day that the instrument's own date allows; None if it gives none."""
        found = {dated for norm in self.norms for dated in self._dates(norm.iri)}
        return min((reckon.first_day(text) for text in found), default=None)

    def _dates(self, norm: str) -> Iterable[str]:
        node = next(iter(self.knowledge.objects(norm, OBS + "expressedBy")), None)
        seen = set[str]()
        while node and node not in seen:
            seen.add(node)
            yield from self.knowledge.objects(node, ELI + "date_document")
            node = next(iter(self.knowledge.objects(node, _PART_OF)), None)

    def moment(self, *, as_of: date | None, known_at: datetime | None) -> Moment:
        """The moment asked for, or the last that the register records; raises Misused for one before the instrument."""
        return moment(self.records, as_of=as_of, known_at=known_at, earliest=self.earliest)

    def derive(self, *, reading: Reading, at: Moment) -> Derivation:
        """The statuses of all instances."""
        return derive(self.records, background=self.background, book=self.book, norms=self.norms, reading=reading, at=at)

    def about(self, duty: Duty) -> "Case":
        """The case as far as this instance needs it: its bearer's norms, and of the register what does not concern others only."""
        bearers = (duty.bearer,)
        own = tuple(replace(norm, bearers=bearers) for norm in self.norms if duty.bearer in norm.bearers)
        quads = self.quads if duty.bearer not in self.declared else tuple(_concerning(self.records, duty.bearer, declared=self.declared))
        return Narrow(self.knowledge, quads, self.declared, whole=self, own=own)

    def with_facts(self, triples: Sequence[ox.Triple]) -> "Case":
        """The case if these facts were in the register too; nothing is stored."""
        added = tuple(ox.Quad(*triple) for triple in triples)
        return Narrow(self.knowledge, (*self.quads, *added), self.declared, whole=self, own=self.norms)


@dataclass(frozen=True)
class Narrow(Case):
    """A case made from another one, with which it shares what does not depend on the register."""

    whole: Case = field(kw_only=True)
    own: tuple[Norm, ...] = field(kw_only=True)

    @cached_property
    def book(self) -> Rulebook:
        """The same rules."""
        return self.whole.book

    @cached_property
    def readings(self) -> Mapping[str, Reading]:
        """The same readings."""
        return self.whole.readings

    @cached_property
    def norms(self) -> tuple[Norm, ...]:
        """Its own norms."""
        return self.own

    @cached_property
    def background(self) -> tuple[ox.Triple, ...]:
        """The same background."""
        return self.whole.background


def _value(term: object) -> str:
    return term.value if isinstance(term, ox.NamedNode) else ""


def _concerning(register: Records, party: str, *, declared: Sequence[str]) -> Iterable[ox.Quad]:
    """The statements of the register without the records that name other bearers and not this one, unless a kept one leads to them."""
    others = {ox.NamedNode(other) for other in declared if other != party}
    own = ox.NamedNode(party)
    dropped = set[object]()
    for node in {*register.known, *register.came}:
        named = {triple.object for triple in register.by_subject[node]}
        if named & others and own not in named:
            dropped.add(node)
    kept = {triple.object for node, triples in register.by_subject.items() if node not in dropped for triple in triples}
    dropped -= kept
    parts = {part for part, leading in register.referrers.items() if leading and leading <= dropped}
    return (ox.Quad(*triple) for triple in register.triples if triple.subject not in dropped and triple.subject not in parts)
