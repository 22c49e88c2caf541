"""The rules tried: facts first, step by step, then the premises of the rules of each instance, in their order, until one rule matches.

Statuses and their reasons come from the same findings, so an explanation cannot say something else than the answer.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from msgspec import Struct

from observance.assessment.duties import NormInstances, RegisterEvents, duty_instances, reading_facts
from observance.assessment.model import Assessment, Duty, Premise, PremiseFinding, Reading, Rule
from observance.assessment.rules.compiler import COMPLETENESS, COVERING, DUTY, RuleSet
from observance.assessment.rules.forward_chaining import ForwardChaining
from observance.assessment.rules.matcher import Matcher, Pattern
from observance.assessment.rules.matcher import Row as Places
from observance.core import HOME, InconsistentDataError, compact
from observance.rdf import FactBase, Row, Triple, parse_term
from observance.register import Moment, Snapshot


class PatternCache:
    """What patterns find about instances. Each pattern is compiled once and each answer is kept."""

    def __init__(self, facts: FactBase) -> None:
        """The facts do not change as long as answers are kept."""
        self._facts = facts
        self._rows: dict[tuple[Pattern, str], tuple[Row, ...]] = {}
        self._found: dict[tuple[Pattern, str], bool] = {}
        self._exist: dict[Pattern, Matcher] = {}

    def found(self, pattern: Pattern, duty: str) -> bool:
        """Whether the pattern finds anything about the instance."""
        known = self._found.get((pattern, duty))
        if known is None:
            matcher = self._exist.get(pattern)
            if matcher is None:
                matcher = self._exist[pattern] = Matcher(pattern, self._facts, given=(DUTY,), sink=_enough)
            known = self._found[pattern, duty] = matcher.run(f"<{duty}>")
        return known

    def rows(self, pattern: Pattern, duty: str) -> tuple[Row, ...]:
        """Everything that the pattern finds about the instance, in one order."""
        if (pattern, duty) not in self._rows:
            names = pattern.variables
            every = {tuple(row) for row in Matcher(pattern, self._facts, given=(DUTY,)).rows(f"<{duty}>")}
            named = (dict(zip(names, row, strict=True)) for row in sorted(every))
            self._rows[pattern, duty] = tuple({name: parse_term(text) for name, text in row.items() if name != DUTY} for row in named)
        return self._rows[pattern, duty]

    def forget(self, duties: Iterable[str]) -> None:
        """What was found about these instances is looked for again."""
        gone = set(duties)
        for kept in (self._rows, self._found):
            for known in [known for known in kept if known[1] in gone]:
                del kept[known]


def _enough(_: Places) -> bool:
    return True


class Derivation(Struct, frozen=True, dict=True):
    """The statuses of all instances at a moment under a reading, with what was found for every premise."""

    book: RuleSet
    reading: Reading
    snapshot: Snapshot
    duties: tuple[Duty, ...]
    facts: FactBase
    probe: PatternCache

    @property
    def moment(self) -> Moment:
        """The day of the world and the time as of which the register is read."""
        return self.snapshot.moment

    @cached_property
    def assessments(self) -> tuple[Assessment, ...]:
        """One for each instance, in their order; raises InconsistentDataError when no rule matches, or two of one rank."""
        return tuple(self.assessed(duty) for duty in self.duties)

    def finding(self, premise: Premise, duty: Duty) -> PremiseFinding:
        """What was found for the premise."""
        rows = self.probe.rows(premise.pattern, duty.iri)
        return PremiseFinding(premise, self._holds(premise, duty.iri), rows, self.covering(duty) if premise.licence == COMPLETENESS else ())

    def covering(self, duty: Duty) -> tuple[Row, ...]:
        """The statements of completeness that cover the instance."""
        return self.probe.rows(COVERING, duty.iri)

    def _holds(self, premise: Premise, duty: str) -> bool:
        found = self.probe.found(premise.pattern, duty)
        if premise.present:
            return found
        return not found and (premise.licence != COMPLETENESS or self.probe.found(COVERING, duty))

    def holds(self, rule: Rule, duty: Duty) -> bool:
        """Whether every premise of the rule holds."""
        return all(self._holds(premise, duty.iri) for premise in rule.premises)

    def assessed(self, duty: Duty) -> Assessment:
        """The status of the instance; raises InconsistentDataError when no rule matches, or two of one rank."""
        rules = self.book.rules.get(duty.norm, ())
        first = next((rule for rule in rules if self.holds(rule, duty)), None)
        if first is None:
            raise InconsistentDataError("assessment.no-rule", duty=compact(duty.iri), reading=self.reading.name)
        for other in rules:
            if other.precedence == first.precedence and other != first and self.holds(other, duty):
                raise InconsistentDataError(
                    "assessment.two-rules", duty=compact(duty.iri), one=compact(first.iri), other=compact(other.iri)
                )
        return Assessment(self._name(duty), duty, self.book.statuses[first.status], first, self.reading.name, self.moment)

    def _name(self, duty: Duty) -> str:
        digest = self._digest.copy()
        digest.update(repr(duty).encode())
        return f"{HOME}assessments/{digest.hexdigest()[:16]}"

    @cached_property
    def _digest(self) -> "hashlib._Hash":
        parameters = [(p.iri, p.duration, p.chosen, p.cycle, sorted(p.admits)) for p in self.reading.parameters]
        return hashlib.sha256(repr((self.moment, self.reading.iri, parameters, self.book.version)).encode())


class DerivationInput(Struct, frozen=True):
    """What every engine is given: the register as it stood, the knowledge, and the instances with their windows."""

    triples: tuple[Triple, ...]
    duties: tuple[Duty, ...]
    facts: FactBase


def derivation_input(
    snapshot: Snapshot, *, background: Sequence[Triple], book: RuleSet, norms: Iterable[NormInstances], reading: Reading
) -> DerivationInput:
    """What the rules start from. What opens an instance follows from the register, so rules about the register are tried first."""
    at = snapshot.moment
    triples = (*background, *snapshot.facts)
    facts = FactBase(triples)
    ForwardChaining([rule for rule in book.facts if not rule.of_duties], facts).everything()
    duties = duty_instances(norms, reading=reading, world=RegisterEvents(facts), at=at)
    said = tuple(reading_facts(duties, reading=reading, at=at))
    for triple in said:
        facts.add(triple)
    return DerivationInput((*triples, *said), duties, facts)


def derive(
    snapshot: Snapshot, *, background: Sequence[Triple], book: RuleSet, norms: Iterable[NormInstances], reading: Reading
) -> Derivation:
    """The statuses of the instances of the norms, from the register as it stood and the knowledge in `background`."""
    start = derivation_input(snapshot, background=background, book=book, norms=norms, reading=reading)
    ForwardChaining([rule for rule in book.facts if rule.of_duties], start.facts).everything()
    return Derivation(book, reading, snapshot, start.duties, start.facts, PatternCache(start.facts))


def instantiate_facts(template: Pattern, when: Pattern, *, facts: FactBase, values: Mapping[str, str]) -> tuple[Triple, ...]:
    """The triples that a template gives wherever its pattern is found with these values; `values` also names new nodes."""
    shared = {name: values[name] for name in when.variables if name in values}
    rows = sorted(Matcher(when, facts, given=tuple(shared)).rows(*shared.values()))
    named = (dict(zip(when.variables, row, strict=True)) for row in rows)
    filled = (_filled(triple, row={**values, **row}) for row in named for triple in template.triples)
    return tuple(dict.fromkeys(filled))


def _filled(triple: Triple, *, row: Mapping[str, str]) -> Triple:
    subject, predicate, target = (row[part[1:]] if part.startswith("?") else part for part in triple)
    return subject, predicate, target
