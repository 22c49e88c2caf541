"""Derivation of statuses: fact rules by forward chaining, then the rules of each duty in order of precedence until one matches.

Statuses and their reasons come from the same findings, so an explanation cannot differ from the assessment.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

import pyoxigraph as ox
from msgspec import Struct
from msgspec.structs import replace

from observance.assessment.duties import DutyNorm, RegisterEvents, duty_instances, reading_facts
from observance.assessment.model import Assessment, Duty, Premise, PremiseFinding, Reading, Rule
from observance.assessment.rules.compiler import COMPLETENESS, COVERING, DUTY, RuleSet
from observance.assessment.rules.forward_chaining import CompiledFactRule, ForwardChaining
from observance.assessment.rules.matcher import Matcher, MatchRow, Pattern
from observance.core import HOME, OBS, InconsistentDataError, compact
from observance.rdf import FactBase, Row, Triple, iri_of, parse_term
from observance.register import Moment, Snapshot

_READING: Final = frozenset({f"?{DUTY}", "?reading", "?parameter"})


class PatternCache:
    """The matches of patterns for duties, each computed once; `clear` it after a change of the facts."""

    def __init__(self, facts: FactBase) -> None:
        """Patterns are compiled and matched on first use."""
        self._facts = facts
        self._rows: dict[tuple[Pattern, str], tuple[Row, ...]] = {}
        self._matches: dict[tuple[Pattern, str], bool] = {}
        self._matchers: dict[Pattern, Matcher] = {}
        self._row_matchers: dict[Pattern, Matcher] = {}

    def matches(self, pattern: Pattern, duty: str) -> bool:
        """Whether the pattern matches for the duty."""
        result = self._matches.get((pattern, duty))
        if result is None:
            matcher = self._matchers.get(pattern)
            if matcher is None:
                matcher = self._matchers[pattern] = Matcher(pattern, self._facts, bound=(DUTY,), sink=_stop_at_first)
            result = self._matches[pattern, duty] = matcher.run(f"<{duty}>")
        return result

    def rows(self, pattern: Pattern, duty: str) -> tuple[Row, ...]:
        """The distinct rows of the pattern for the duty, without the duty itself, sorted by their texts."""
        if (pattern, duty) not in self._rows:
            names = pattern.variables
            matcher = self._row_matchers.get(pattern)
            if matcher is None:
                matcher = self._row_matchers[pattern] = Matcher(pattern, self._facts, bound=(DUTY,))
            distinct = {tuple(row) for row in matcher.rows(f"<{duty}>")}
            bindings = (dict(zip(names, row, strict=True)) for row in sorted(distinct))
            self._rows[pattern, duty] = tuple({name: parse_term(text) for name, text in row.items() if name != DUTY} for row in bindings)
        return self._rows[pattern, duty]

    def clear(self) -> None:
        """Drop all matches; patterns stay compiled."""
        self._rows.clear()
        self._matches.clear()


def _stop_at_first(_: MatchRow) -> bool:
    return True


def _reading_patterns(rule: Rule) -> Iterator[Pattern]:
    """The patterns of the rule's premises by which it reads parameters; of what is not found, the part about the reading."""
    for premise in rule.premises:
        if premise.present:
            yield premise.pattern
        elif OBS + "inEffect" in premise.pattern.terms:
            yield premise.pattern.about(_READING)


def _parameters(rule: CompiledFactRule, duty: str) -> Iterator[str]:
    """The IRIs that `?parameter` stands for where the rule holds for the duty."""
    column = rule.rule.when.variables.index("parameter")
    return (iri_of(row[column]) for row in rule.matching_rows({DUTY: f"<{duty}>"}))


class Derivation(Struct, frozen=True, dict=True):
    """The statuses of all duties at a moment under a reading, with the facts and matches that they follow from."""

    rule_set: RuleSet
    reading: Reading
    snapshot: Snapshot
    duties: tuple[Duty, ...]
    facts: FactBase
    pattern_cache: PatternCache

    def with_own_cache(self) -> "Derivation":
        """Return the same derivation with another cache of matches, for work after which these are not needed."""
        derivation = replace(self, pattern_cache=PatternCache(self.facts))
        derivation.__dict__["assessments"] = self.assessments
        return derivation

    @property
    def moment(self) -> Moment:
        """The day of the assessment and the time as of which the register is read."""
        return self.snapshot.moment

    @cached_property
    def assessments(self) -> tuple[Assessment, ...]:
        """The assessment of each duty, in the order of `duties`; raises what `assess` raises."""
        return tuple(self.assess(duty) for duty in self.duties)

    def finding(self, premise: Premise, duty: Duty) -> PremiseFinding:
        """The finding about the premise for the duty."""
        rows = self.pattern_cache.rows(premise.pattern, duty.iri)
        statements = self.completeness_statements(duty) if premise.licence == COMPLETENESS else ()
        return PremiseFinding(premise, self._holds(premise, duty.iri), rows, statements)

    def completeness_statements(self, duty: Duty) -> tuple[Row, ...]:
        """The completeness statements that license concluding absence for this duty: rows of `statement` and `until`."""
        return self.pattern_cache.rows(COVERING, duty.iri)

    def parameters_read(self, duty: Duty, rule: Rule) -> frozenset[str]:
        """The IRIs of the parameters on which it rests that the rule decides for the duty.

        Those are the parameters that its premises or the fact rules about the duty have read, also a premise that finds nothing which they
        admit, those without which the duty would not exist, and the choices but for which a rule of higher rank would hold.
        """
        rows = (row for pattern in _reading_patterns(rule) for row in self.pattern_cache.rows(pattern, duty.iri))
        read = {term.value for row in rows for term in row.values() if isinstance(term, ox.NamedNode)}
        items = (duty.iri, *self.facts.objects(duty.iri, OBS + "dependsOnItem"))
        read |= {parameter for fact_rule in self._reading_rules for item in items for parameter in _parameters(fact_rule, item)}
        points = {point for tried in self._tried_before(rule, duty) for point in self._decisive_points(tried, duty)}
        points.update(point for premise in rule.premises for point in premise.points)
        return frozenset(
            p.iri for p in self.reading.parameters
            if p.iri in read or (p.cycle and p.iri == duty.set_by) or (p.point in points and p.norm in (None, duty.norm))
        )  # fmt: skip

    @cached_property
    def _reading_rules(self) -> tuple[CompiledFactRule, ...]:
        return tuple(CompiledFactRule(rule, self.facts) for rule in self.rule_set.reading_rules)

    def _tried_before(self, rule: Rule, duty: Duty) -> Iterator[Rule]:
        return (other for other in self.rule_set.rules[duty.norm] if other.precedence < rule.precedence)

    def _decisive_points(self, rule: Rule, duty: Duty) -> frozenset[str]:
        """The points of the only premise that keeps the rule from holding."""
        failing = [premise for premise in rule.premises if not self._holds(premise, duty.iri)]
        return failing[0].points if len(failing) == 1 else frozenset()

    def _holds(self, premise: Premise, duty: str) -> bool:
        matches = self.pattern_cache.matches(premise.pattern, duty)
        if premise.present:
            return matches
        return not matches and (premise.licence != COMPLETENESS or self.pattern_cache.matches(COVERING, duty))

    def holds(self, rule: Rule, duty: Duty) -> bool:
        """Whether every premise of the rule holds for the duty."""
        return all(self._holds(premise, duty.iri) for premise in rule.premises)

    def assess(self, duty: Duty) -> Assessment:
        """Return the assessment of the duty; raises InconsistentDataError if no rule matches, or two of the same precedence."""
        rules = self.rule_set.rules.get(duty.norm, ())
        deciding = next((rule for rule in rules if self.holds(rule, duty)), None)
        if deciding is None:
            raise InconsistentDataError("assessment.no-rule", duty=compact(duty.iri), reading=self.reading.name)
        for rule in rules:
            if rule.precedence == deciding.precedence and rule != deciding and self.holds(rule, duty):
                raise InconsistentDataError(
                    "assessment.two-rules", duty=compact(duty.iri), one=compact(deciding.iri), other=compact(rule.iri)
                )
        status = self.rule_set.status(deciding.status, norm=duty.norm)
        return Assessment(self._assessment_iri(duty), duty, status, deciding, self.reading.name, self.moment)

    def _assessment_iri(self, duty: Duty) -> str:
        digest = self._digest.copy()
        digest.update(repr(duty).encode())
        return f"{HOME}assessments/{digest.hexdigest()[:16]}"

    @cached_property
    def _digest(self) -> "hashlib._Hash":
        parameters = [(p.iri, p.duration, p.chosen, p.cycle, sorted(p.admits)) for p in self.reading.parameters]
        return hashlib.sha256(repr((self.moment, self.reading.iri, parameters, self.rule_set.version)).encode())


class RegisterFacts(Struct, frozen=True):
    """The background and the snapshot of a register, with what the fact rules about the register conclude from them.

    They are the same under every reading: `events` are those on which duties depend.
    """

    snapshot: Snapshot
    triples: tuple[Triple, ...]
    facts: FactBase
    events: RegisterEvents


class DerivationInput(Struct, frozen=True):
    """The data that every engine starts from, and its state here.

    `triples` are the background, the snapshot of the register and the facts about duties and reading; `facts` hold them together with
    what the fact rules about the register conclude.
    """

    triples: tuple[Triple, ...]
    duties: tuple[Duty, ...]
    facts: FactBase


def register_facts(snapshot: Snapshot, *, background: Sequence[Triple], rule_set: RuleSet) -> RegisterFacts:
    """Return the facts about a register from a snapshot of it and the `background` triples of the knowledge."""
    triples = (*background, *snapshot.facts)
    facts = FactBase(triples)
    ForwardChaining([rule for rule in rule_set.fact_rules if not rule.of_duties], facts).materialise()
    return RegisterFacts(snapshot, triples, facts, RegisterEvents(facts))


def derivation_input(register: RegisterFacts, *, norms: Iterable[DutyNorm], reading: Reading) -> DerivationInput:
    """The input of a derivation. Fact rules about the register are applied first, because duties depend on their conclusions."""
    at = register.snapshot.moment
    duties = duty_instances(norms, reading=reading, register_events=register.events, at=at)
    duty_triples = tuple(reading_facts(duties, reading=reading, at=at))
    facts = register.facts.copy()
    for triple in duty_triples:
        facts.add(triple)
    return DerivationInput((*register.triples, *duty_triples), duties, facts)


def derive(register: RegisterFacts, *, rule_set: RuleSet, norms: Iterable[DutyNorm], reading: Reading) -> Derivation:
    """Return the statuses of the duties under the norms and the reading."""
    start = derivation_input(register, norms=norms, reading=reading)
    ForwardChaining([rule for rule in rule_set.fact_rules if rule.of_duties], start.facts).materialise()
    return Derivation(rule_set, reading, register.snapshot, start.duties, start.facts, PatternCache(start.facts))


def instantiate_facts(template: Pattern, when: Pattern, *, facts: FactBase, values: Mapping[str, str]) -> tuple[Triple, ...]:
    """The distinct triples of the template for every match of `when` with these values.

    `values` hold the text of a term by variable, also for the variables of the template that stand for new nodes.
    """
    shared = {name: values[name] for name in when.variables if name in values}
    rows = sorted(Matcher(when, facts, bound=tuple(shared)).rows(*shared.values()))
    bindings = (dict(zip(when.variables, row, strict=True)) for row in rows)
    triples = (_instantiate(triple, values={**values, **row}) for row in bindings for triple in template.triples)
    return tuple(dict.fromkeys(triples))


def _instantiate(triple: Triple, *, values: Mapping[str, str]) -> Triple:
    subject, predicate, target = (values[term[1:]] if term.startswith("?") else term for term in triple)
    return subject, predicate, target
