"""Incremental derivation: as the day advances, only the facts that change are derived.

The result is the same as that of a new derivation.
"""

from collections.abc import Mapping
from datetime import date

from observance.assessment.derivation import Derivation, PatternCache
from observance.assessment.duties import RegisterEvents, duty_instances, reading_facts
from observance.assessment.inputs import AssessmentInputs
from observance.assessment.model import Duty, Reading
from observance.assessment.rules.forward_chaining import ForwardChaining
from observance.rdf import FactBase, Triple, index_keys, node_text
from observance.register import AdvancingSnapshot, Moment


class IncrementalDerivation:
    """The derivation under one reading, from the register as known at one time, while the day advances.

    It holds the facts on which statuses rest, and none that explanations alone would name.
    """

    def __init__(self, inputs: AssessmentInputs, *, reading: Reading, at: Moment) -> None:
        """Derive everything once, for the day of the moment."""
        self._inputs, self._reading = inputs, reading
        self._snapshot = AdvancingSnapshot(inputs.snapshot(at))
        rules, keys = inputs.rule_set.relevant_to((norm.iri for norm in inputs.norms), beside=RegisterEvents.PREDICATES)
        self._keys = frozenset(map(node_text, keys))
        self._facts = FactBase(filter(self.is_relevant, (*inputs.rule_base.background, *self._snapshot.snapshot.facts)))
        self._register_rules = ForwardChaining([rule for rule in rules if not rule.of_duties], self._facts)
        self._register_rules.materialise()
        self._events = RegisterEvents(self._facts)
        self._duties = self._current_duties()
        self._duty_facts = self._current_duty_facts()
        for triple in self._duty_facts:
            self._facts.add(triple)
        self._duty_rules = ForwardChaining([rule for rule in rules if rule.of_duties], self._facts)
        self._duty_rules.materialise()
        self._cache = PatternCache(self._facts)

    def advance(self, day: date) -> Derivation:
        """Advance to a day that is not earlier, and return the derivation for it; it becomes invalid with the next day."""
        changes = self._snapshot.advance(day)
        changed = self._register_rules.update(
            added=filter(self.is_relevant, changes.added), removed=filter(self.is_relevant, changes.removed)
        )
        if any(predicate[1:-1] in RegisterEvents.PREDICATES for _, predicate, _ in changed):
            self._events = RegisterEvents(self._facts)
        earlier_facts = self._duty_facts
        self._duties = self._current_duties()
        self._duty_facts = self._current_duty_facts()
        self._duty_rules.update(
            added=[triple for triple in self._duty_facts if triple not in earlier_facts],
            removed=[triple for triple in earlier_facts if triple not in self._duty_facts],
            changed=changed,
        )
        self._facts.commit()
        self._cache.clear()
        return Derivation(self._inputs.rule_set, self._reading, self._snapshot.snapshot, self._duties, self._facts, self._cache)

    def is_relevant(self, triple: Triple) -> bool:
        """Whether a status may rest on the fact."""
        return any(key in self._keys for key in index_keys(triple))

    def _current_duties(self) -> tuple[Duty, ...]:
        return duty_instances(self._inputs.norms, reading=self._reading, register_events=self._events, at=self._snapshot.snapshot.moment)

    def _current_duty_facts(self) -> Mapping[Triple, None]:
        return dict.fromkeys(reading_facts(self._duties, reading=self._reading, at=self._snapshot.snapshot.moment))
