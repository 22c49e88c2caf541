"""The inputs of an assessment that do not depend on its date or reading: the register's statements and the compiled rules."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import cached_property
from itertools import chain
from sys import intern
from typing import Final

import pyoxigraph as ox
from cachetools import LRUCache
from msgspec import Struct
from msgspec.structs import replace

from observance.assessment.derivation import Derivation, RegisterFacts, derive, register_facts
from observance.assessment.duties import DutyNorm, duty_norms
from observance.assessment.explanation.names import NodeNames
from observance.assessment.model import Assessment, Duty, Labels, Reading
from observance.assessment.readings import load_readings
from observance.assessment.rules.compiler import GraphIndex, RuleSet, compile_rules
from observance.core import ELI, LANGUAGES, OBS, RDF, calendar, translate
from observance.knowledge import Knowledge
from observance.rdf import Triple, iri_of
from observance.register import Audience, Disclosure, Moment, Register, RegisterRecords, Snapshot, index_records, resolve_moment
from observance.submissions import Verdicts

_PART_OF: Final = ELI + "is_part_of"
# Each holds all facts.
_MAX_DERIVATIONS: Final = 3
_MAX_ASSESSMENTS: Final = 12
_INDEPENDENT_OF_AUDIENCE: Final = (
    "opened_verdicts", "warning", "records", "norms", "norms_without_rules", "earliest", "_derivations", "_assessments", "_last_facts",
    "_last_part",
)  # fmt: skip


class RuleBase(Struct, frozen=True, dict=True):
    """The knowledge with its compiled rules and readings, independent of any register; `custom_reading` is a reading of a user's file."""

    knowledge: Knowledge
    custom_reading: tuple[ox.Quad, ...] = ()

    @cached_property
    def graph(self) -> GraphIndex:
        """The index of the statements of the knowledge, without the custom reading."""
        return GraphIndex(self.knowledge.statements)

    @cached_property
    def rule_set(self) -> RuleSet:
        """The compiled rules; raises InconsistentDataError for a rule that cannot be evaluated."""
        return compile_rules(self.knowledge, graph=self.graph)

    @cached_property
    def readings(self) -> Mapping[str, Reading]:
        """The readings by name, the default one first; raises InconsistentDataError for an inconsistent reading."""
        return load_readings(self.knowledge, rule_set=self.rule_set, graph=self.graph, custom_reading=self.custom_reading)

    def with_reading(self, quads: Iterable[ox.Quad]) -> "RuleBase":
        """Return the rule base with this custom reading; what does not depend on it is shared."""
        rule_base = replace(self, custom_reading=tuple(quads))
        rule_base.__dict__.update(graph=self.graph, rule_set=self.rule_set, background=self.background)
        return rule_base

    @cached_property
    def background(self) -> tuple[Triple, ...]:
        """The triples of the knowledge that rules can match: no literals, and classes only as far as a rule names them."""
        vocabulary = self.rule_set.vocabulary
        links = (q for q in self.knowledge.statements if isinstance(q.subject, ox.NamedNode) and isinstance(q.object, ox.NamedNode))
        return tuple(
            dict.fromkeys(
                (intern(str(q.subject)), intern(str(q.predicate)), intern(str(q.object))) for q in links
                if q.predicate.value in vocabulary
                and (q.predicate.value != RDF + "type" or q.object.value in vocabulary)
            )
        )  # fmt: skip


class AssessmentInputs(Struct, frozen=True, dict=True):
    """The rule base and a register, with the verdicts on its documents; without `verdicts` every submission counts.

    `selected_records` and `selected_norms` replace what the register and the knowledge give, in inputs that are derived from others.
    `disclosure` says what may be told: without one, all but restricted documents. What is concluded is the same for everybody.
    """

    rule_base: RuleBase
    register: Register
    verdicts: Callable[[Register], Verdicts] | None = None
    selected_records: RegisterRecords | None = None
    selected_norms: tuple[DutyNorm, ...] | None = None
    disclosure: Disclosure | None = None

    @property
    def quads(self) -> tuple[ox.Quad, ...]:
        """The statements of the register."""
        return self.register.quads

    @property
    def declared(self) -> tuple[str, ...]:
        """The parties that the register declares as bearers."""
        return self.register.declared

    @cached_property
    def opened_verdicts(self) -> Verdicts | None:
        """The verdicts on the documents of the register."""
        return self.verdicts(self.register) if self.verdicts is not None else None

    @cached_property
    def warning(self) -> Labels:
        """The sentence that says, by language, that the register has faults on which an answer may rest; empty if it has none."""
        verdicts = self.opened_verdicts
        sentences = {lang: verdicts.warning(lang) for lang in LANGUAGES} if verdicts is not None else {}
        return {lang: sentence for lang, sentence in sentences.items() if sentence}

    @property
    def knowledge(self) -> Knowledge:
        """The knowledge of the rule base."""
        return self.rule_base.knowledge

    @property
    def rule_set(self) -> RuleSet:
        """The compiled rules."""
        return self.rule_base.rule_set

    @property
    def readings(self) -> Mapping[str, Reading]:
        """The readings by name, the default one first."""
        return self.rule_base.readings

    @cached_property
    def records(self) -> RegisterRecords:
        """The statements of the register, indexed."""
        if self.selected_records is not None:
            return self.selected_records
        return index_records(self.quads, knowledge=self.knowledge, rules=self.rule_set, verdicts=self.opened_verdicts)

    @cached_property
    def norms(self) -> tuple[DutyNorm, ...]:
        """The norms that impose duties and have rules, so that each duty has a status."""
        if self.selected_norms is not None:
            return self.selected_norms
        return tuple(norm for norm in duty_norms(self.knowledge, declared=self.declared) if norm.iri in self.rule_set.rules)

    @cached_property
    def norms_without_rules(self) -> tuple[str, ...]:
        """The norms that impose duties and have no rule yet, or declare that their status is a judgement."""
        norms = (norm.iri for norm in duty_norms(self.knowledge, declared=self.declared))
        return tuple(norm for norm in norms if norm not in self.rule_set.rules)

    @cached_property
    def names(self) -> NodeNames:
        """The display names of nodes in the knowledge and the register, regardless of the audience."""
        labels = self.opened_verdicts.labels if self.opened_verdicts is not None else ()
        return NodeNames(self.knowledge.statements, self.disclosed_quads, labels)

    @cached_property
    def disclosed_quads(self) -> tuple[ox.Quad, ...]:
        """The statements that may be told; those of a supposed document are its sender's."""
        if self.disclosure is None:
            return self.quads
        supposed = self.register.document_quads[len(self.disclosure.documents) :]
        return (*self.disclosure.quads, *chain.from_iterable(supposed))

    @cached_property
    def disclosed_records(self) -> RegisterRecords:
        """The statements that may be told, indexed, with the verdicts on what they are about."""
        if self.disclosure is None:
            return self.records
        records = index_records(self.disclosed_quads, knowledge=self.knowledge, rules=self.rule_set, verdicts=self.opened_verdicts)
        return replace(records, is_part=True)

    @cached_property
    def withheld(self) -> frozenset[str]:
        """The IRIs of the nodes of which it may only be told that they exist."""
        if self.disclosure is None:
            return self.records.restricted
        return self.records.with_findings(self.disclosure.withheld)

    @property
    def withholds_restricted_alone(self) -> bool:
        """Whether all that is withheld is restricted to the Organization."""
        return self.disclosure is None or self.disclosure.audience.reads_members_only

    def may_tell(self, triple: ox.Triple) -> bool:
        """Whether the triple may be told to the audience: it names no withheld node. Where no audience is given, it may."""
        nodes = (iri_of(str(term)) for term in (triple.subject, triple.object) if not isinstance(term, ox.Literal))
        return self.disclosure is None or self.withheld.isdisjoint(nodes)

    def disclosed_occasion(self, duty: Duty) -> str | None:
        """The occasion of the duty, unless it is withheld from the audience."""
        return None if self.disclosure is not None and duty.occasion in self.withheld else duty.occasion

    def disclosed_to(self, audience: Audience) -> "AssessmentInputs":
        """Return the inputs with what the audience may be told; everything that is concluded from them is shared."""
        disclosure = Disclosure(self.register.document_quads, audience, self.knowledge)
        inputs = replace(self, disclosure=disclosure)
        inputs.__dict__.update({name: getattr(self, name) for name in _INDEPENDENT_OF_AUDIENCE})
        return inputs

    def name(self, iri: str, lang: str) -> str:
        """The display name of a node; for a withheld one, a general term."""
        return self._withheld_name(lang) if iri in self.withheld else self.names.name(iri, lang)

    def term(self, term: object, lang: str) -> str:
        """The text of a term within a sentence; for a withheld node, a general term."""
        is_withheld = isinstance(term, ox.NamedNode) and term.value in self.withheld
        return self._withheld_name(lang) if is_withheld else self.names.term(term, lang)

    def _withheld_name(self, lang: str) -> str:
        return translate("assessment.withheld" if self.withholds_restricted_alone else "assessment.not-public", lang)

    @cached_property
    def earliest(self) -> date | None:
        """The earliest date of an instrument that expresses a norm; None if no instrument is dated."""
        dates = {text for norm in self.norms for text in self._instrument_dates(norm.iri)}
        return min((calendar.first_day(text) for text in dates), default=None)

    def _instrument_dates(self, norm: str) -> Iterable[str]:
        """The dates of the paragraph that expresses the norm and of everything that contains it."""
        node = next(iter(self.knowledge.objects(norm, OBS + "expressedBy")), None)
        visited = set[str]()
        while node and node not in visited:
            visited.add(node)
            yield from self.knowledge.objects(node, ELI + "date_document")
            node = next(iter(self.knowledge.objects(node, _PART_OF)), None)

    def moment(self, *, as_of: date | None, known_at: datetime | None) -> Moment:
        """The moment, by default the last on record; raises UsageError for a day or time before the instrument."""
        return resolve_moment(self.records, as_of=as_of, known_at=known_at, earliest=self.earliest)

    def derive(self, *, reading: Reading, at: Moment) -> Derivation:
        """Return the statuses of all duties; those derived last are kept."""
        key = at, reading
        if key not in self._derivations:
            self._derivations[key] = self._derived(reading=reading, at=at)
        return self._derivations[key]

    def _derived(self, *, reading: Reading, at: Moment) -> Derivation:
        return derive(self.register_facts(at), rule_set=self.rule_set, norms=self.norms, reading=reading)

    def assessments(self, *, reading: Reading, at: Moment) -> tuple[Assessment, ...]:
        """Return the assessments of all duties; they are kept longer than what they were derived from."""
        if (at, reading) not in self._assessments:
            self._assessments[at, reading] = self.derive(reading=reading, at=at).assessments
        return self._assessments[at, reading]

    def prepare_assessments(self, *, reading: Reading, at: Moment) -> None:
        """Keep the assessments of all duties, but not what they are derived from."""
        if (at, reading) not in self._assessments:
            derivation = self._derivations.get((at, reading)) or self._derived(reading=reading, at=at)
            self._assessments[at, reading] = derivation.assessments

    def register_facts(self, at: Moment) -> RegisterFacts:
        """Return the facts about the register at the moment, which all readings share; those of the last moment are kept."""
        if at not in self._last_facts:
            self._last_facts[at] = register_facts(self.snapshot(at), background=self.rule_base.background, rule_set=self.rule_set)
        return self._last_facts[at]

    @cached_property
    def _derivations(self) -> LRUCache[tuple[Moment, Reading], Derivation]:
        return LRUCache(_MAX_DERIVATIONS)

    @cached_property
    def _assessments(self) -> LRUCache[tuple[Moment, Reading], tuple[Assessment, ...]]:
        return LRUCache(_MAX_ASSESSMENTS)

    @cached_property
    def _last_part(self) -> LRUCache[frozenset[str | None], RegisterRecords]:
        return LRUCache(1)

    @cached_property
    def _last_facts(self) -> LRUCache[Moment, RegisterFacts]:
        return LRUCache(1)

    def snapshot(self, at: Moment) -> Snapshot:
        """The snapshot of the register at the moment."""
        return Snapshot(self.records, at)

    def narrowed_to(self, duty: Duty, *, occasion_alone: bool = False) -> "AssessmentInputs":
        """Return the part of the inputs that determines the duty's status.

        It has the bearer's duties, and the records, except those that only name other bearers. Where a duty under the norm rests on no
        other duty, it has those under this norm and the norms that it depends on and, with `occasion_alone`, for no other occasion.
        """
        norms = tuple(replace(norm, bearers=(duty.bearer,)) for norm in self.norms if duty.bearer in norm.bearers)
        if not self.rule_set.joins_duties(duty.norm):
            required = self._dependencies(duty.norm)
            norms = tuple(norm for norm in norms if norm.iri in required)
            if occasion_alone and len(norms) == 1:
                norms = (replace(norms[0], occasion=duty.occasion),)
        return replace(self, selected_records=self._records_of(frozenset({duty.bearer})), selected_norms=norms)

    def narrowed_to_bearers(self, bearers: frozenset[str]) -> "AssessmentInputs":
        """Return the part of the inputs that determines the statuses of all duties of these bearers."""
        chosen = [(norm, tuple(bearer for bearer in norm.bearers if bearer in bearers)) for norm in self.norms]
        norms = tuple(replace(norm, bearers=borne) for norm, borne in chosen if borne)
        return replace(self, selected_records=self._records_of(bearers), selected_norms=norms)

    def _records_of(self, bearers: Collection[str | None]) -> RegisterRecords:
        """The records without those that only name other bearers; all, for bearers that the register does not declare."""
        if not set(bearers) <= set(self.declared):
            return self.records
        key = frozenset(bearers)
        if key not in self._last_part:
            concerning = _statements_concerning(bearers, self.records, declared=self.declared)
            self._last_part[key] = self.records.with_facts_replaced(concerning)
        return self._last_part[key]

    def _dependencies(self, norm: str) -> set[str]:
        """The norm and those that it depends on, transitively."""
        dependencies, pending = set[str](), [norm]
        while pending:
            current = pending.pop()
            if current not in dependencies:
                dependencies.add(current)
                pending += self.knowledge.objects(current, OBS + "dependsOn")
        return dependencies

    def without(self, nodes: Iterable[str]) -> "AssessmentInputs":
        """Return the inputs without these nodes of the register, which are in N-Triples syntax, and without their parts."""
        return replace(self, selected_records=replace(self.records, disregarded=frozenset(nodes)), selected_norms=self.norms)

    def with_facts(self, triples: Iterable[Triple], *, removed: Iterable[Triple] = ()) -> "AssessmentInputs":
        """Return the inputs with these facts added to the register, and others of the verdicts on its documents removed."""
        records = replace(self.records.with_facts_added(triples), removed=frozenset(removed))
        return replace(self, selected_records=records, selected_norms=self.norms)


def _statements_concerning(parties: Collection[str | None], records: RegisterRecords, *, declared: Iterable[str]) -> Iterator[Triple]:
    """The statements without those of records that name other bearers and none of the parties, unless a record that stays leads to them."""
    party_nodes, other_bearers = {f"<{party}>" for party in parties}, {f"<{bearer}>" for bearer in declared if bearer not in parties}
    excluded = {part for part in records.part_nodes if records.referrers.get(part)}
    for node in {*records.recorded_at, *records.event_days}:
        objects = {target for _, _, target in records.by_subject[node]}
        if objects & other_bearers and not objects & party_nodes:
            excluded.add(node)
        else:
            excluded.discard(node)
    pending = [node for node in records.by_subject if node not in excluded]
    kept = set(pending)
    while pending:
        for _, _, target in records.by_subject[pending.pop()]:
            if target not in kept and target in records.by_subject:
                kept.add(target)
                pending.append(target)
    return (triple for triple in records.triples if triple[0] in kept)
