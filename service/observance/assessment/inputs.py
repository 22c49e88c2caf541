"""A register opened for assessment, and what it is assessed by: all that is the same for every day, time and reading."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import cached_property
from typing import Final

import pyoxigraph as ox
from msgspec import Struct
from msgspec.structs import replace

from observance.assessment.derivation import Derivation, derive
from observance.assessment.duties import NormInstances, norms
from observance.assessment.explanation.names import NodeNames
from observance.assessment.model import Duty, Reading
from observance.assessment.readings import readings
from observance.assessment.rules.compiler import RuleSet, compile_rules
from observance.core import ELI, OBS, RDF, calendar, translate
from observance.knowledge import Knowledge
from observance.rdf import Triple
from observance.register import PUBLIC, Audience, Moment, RegisterRecords, Snapshot, index_records, resolve_moment

_PART_OF: Final = ELI + "is_part_of"


class RuleBase(Struct, frozen=True, dict=True):
    """The knowledge with its rules and readings, which no register changes; `added`: a reading of the user's own."""

    knowledge: Knowledge
    added: tuple[ox.Quad, ...] = ()

    @cached_property
    def book(self) -> RuleSet:
        """The rules; raises InconsistentDataError for one that cannot be evaluated."""
        return compile_rules(self.knowledge)

    @cached_property
    def readings(self) -> Mapping[str, Reading]:
        """The readings by name, the default one first; raises InconsistentDataError for one that makes no sense."""
        return readings(self.knowledge, book=self.book, added=self.added)

    def with_reading(self, quads: Iterable[ox.Quad]) -> "RuleBase":
        """The same with a reading of the user's own."""
        found = replace(self, added=tuple(quads))
        found.__dict__.update(book=self.book, background=self.background)
        return found

    @cached_property
    def background(self) -> tuple[Triple, ...]:
        """What rules ask of the knowledge: how things hang together, no text; of types only those that a rule names."""
        told = self.book.vocabulary
        named = (q for q in self.knowledge.quads if isinstance(q.subject, ox.NamedNode) and isinstance(q.object, ox.NamedNode))
        return tuple(
            dict.fromkeys(
                (str(q.subject), str(q.predicate), str(q.object)) for q in named
                if q.predicate.value in told and (q.predicate.value != RDF + "type" or q.object.value in told)  # type: ignore[union-attr]
            )
        )  # fmt: skip


class AssessmentInputs(Struct, frozen=True, dict=True):
    """The statements of a register, the parties that it declares as bearers, and what it is assessed by.

    `part` and `own` are set in a case made from another one: the statements and norms that it is narrowed to.
    """

    rule_base: RuleBase
    quads: tuple[ox.Quad, ...]
    declared: tuple[str, ...]
    part: RegisterRecords | None = None
    own: tuple[NormInstances, ...] | None = None
    audience: Audience = PUBLIC

    @property
    def knowledge(self) -> Knowledge:
        """What the case is assessed by."""
        return self.rule_base.knowledge

    @property
    def book(self) -> RuleSet:
        """The rules."""
        return self.rule_base.book

    @property
    def readings(self) -> Mapping[str, Reading]:
        """The readings by name, the default one first."""
        return self.rule_base.readings

    @cached_property
    def records(self) -> RegisterRecords:
        """The register, indexed."""
        return index_records(self.quads, knowledge=self.knowledge, rules=self.book) if self.part is None else self.part

    @cached_property
    def norms(self) -> tuple[NormInstances, ...]:
        """The norms that have instances."""
        return norms(self.knowledge, declared=self.declared) if self.own is None else self.own

    @cached_property
    def names(self) -> NodeNames:
        """How what is in the knowledge and the register is called."""
        return NodeNames((*self.knowledge.quads, *self.quads))

    @cached_property
    def withheld(self) -> frozenset[str]:
        """The nodes of which an answer may say only that they are there."""
        return frozenset() if self.audience.reads_restricted else self.records.restricted

    def name(self, iri: str, lang: str) -> str:
        """What a node is called in an answer: what is withheld has no name there."""
        return translate("assessment.withheld", lang) if iri in self.withheld else self.names.name(iri, lang)

    def term(self, term: object, lang: str) -> str:
        """The term as an answer shows it."""
        return self.name(term.value, lang) if isinstance(term, ox.NamedNode) else self.names.term(term, lang)

    @cached_property
    def earliest(self) -> date | None:
        """The first day that the instrument's own date allows; None if it gives none."""
        found = {dated for norm in self.norms for dated in self._dates(norm.iri)}
        return min((calendar.first_day(text) for text in found), default=None)

    def _dates(self, norm: str) -> Iterable[str]:
        node = next(iter(self.knowledge.objects(norm, OBS + "expressedBy")), None)
        seen = set[str]()
        while node and node not in seen:
            seen.add(node)
            yield from self.knowledge.objects(node, ELI + "date_document")
            node = next(iter(self.knowledge.objects(node, _PART_OF)), None)

    def moment(self, *, as_of: date | None, known_at: datetime | None) -> Moment:
        """The moment asked for, or the last that the register records; raises UsageError for one before the instrument."""
        return resolve_moment(self.records, as_of=as_of, known_at=known_at, earliest=self.earliest)

    def derive(self, *, reading: Reading, at: Moment) -> Derivation:
        """The statuses of all instances."""
        return derive(self.snapshot(at), background=self.rule_base.background, book=self.book, norms=self.norms, reading=reading)

    def snapshot(self, at: Moment) -> Snapshot:
        """The register as it stood at the moment."""
        return Snapshot(self.records, at, self.audience)

    def about(self, duty: Duty) -> "AssessmentInputs":
        """The case as far as this instance needs it: its norm and those that this depends on, and no record about others only."""
        needed = self._depended_on(duty.norm)
        own = tuple(replace(norm, bearers=(duty.bearer,)) for norm in self.norms if duty.bearer in norm.bearers and norm.iri in needed)
        if duty.bearer is None or duty.bearer not in self.declared:
            return replace(self, part=self.records, own=own)
        return replace(self, part=self.records.with_facts_replaced(_concerning(self.records, duty.bearer, declared=self.declared)), own=own)

    def _depended_on(self, norm: str) -> set[str]:
        found, todo = set[str](), [norm]
        while todo:
            current = todo.pop()
            if current not in found:
                found.add(current)
                todo += self.knowledge.objects(current, OBS + "dependsOn")
        return found

    def with_facts(self, triples: Iterable[Triple]) -> "AssessmentInputs":
        """The case if these facts were in the register too; nothing is stored."""
        return replace(self, part=self.records.with_facts_added(triples), own=self.norms)


def _concerning(register: RegisterRecords, party: str, *, declared: Iterable[str]) -> Iterator[Triple]:
    """The statements of the register without the records that name other bearers and not this one, unless a kept one leads to them."""
    others, own = {f"<{other}>" for other in declared if other != party}, f"<{party}>"
    dropped = set[str]()
    for node in {*register.recorded_at, *register.event_days}:
        named = {target for _, _, target in register.by_subject[node]}
        if named & others and own not in named:
            dropped.add(node)
    kept = {target for node, triples in register.by_subject.items() if node not in dropped for _, _, target in triples}
    dropped -= kept
    parts = {part for part, leading in register.referrers.items() if leading and leading <= dropped}
    return (triple for triple in register.triples if triple[0] not in dropped and triple[0] not in parts)
