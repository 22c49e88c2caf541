"""Incremental assessment: after each document that arrives, only the duties that it can affect are assessed again.

Forward chaining reports which facts changed, and the patterns of the premises tell which duties a changed fact can affect. The result
is the same as that of a new derivation.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from observance.assessment.derivation import Derivation, PatternCache
from observance.assessment.duties import RegisterEvents, duty_facts, duty_instances, duty_sort_key, reading_facts
from observance.assessment.inputs import AssessmentInputs
from observance.assessment.model import Assessment, Duty, Reading
from observance.assessment.rules.compiler import DUTY
from observance.assessment.rules.forward_chaining import ForwardChaining, PatternIndex
from observance.core import OBS, PREFIXES
from observance.rdf import FactBase, Triple, index_keys, iri_of
from observance.register import Moment, RegisterRecords, Snapshot, index_records

_EVENT_PREDICATES: Final = frozenset(
    f"<{iri}>" for iri in (
        *(OBS + name for name in ("triggerOf", "occurredOn", "occurredFor", "standsAs")),
        *(PREFIXES["org"] + name for name in ("member", "memberDuring")),
    )
)  # fmt: skip
"""The predicates of the facts that determine duties and their windows (`duties.RegisterEvents`)."""


class StatusChange(Struct, frozen=True):
    """The assessments of one duty before and after a document; None where the duty does not exist."""

    before: Assessment | None
    after: Assessment | None


class IncrementalAssessment:
    """The statuses of all duties at a fixed moment, under a fixed reading, kept up to date while documents arrive."""

    def __init__(self, inputs: AssessmentInputs, *, reading: Reading, at: Moment) -> None:
        """Derive all statuses once; raises what `AssessmentInputs.derive` raises."""
        self.inputs, self.reading, self.at = inputs, reading, at
        self._start(inputs.records)

    def _start(self, records: RegisterRecords) -> None:
        """Derive everything from these records, and build the indexes for later documents."""
        rule_set = self.inputs.rule_set
        self._batches = [records]
        self._nodes, self._part_nodes = set(records.by_subject), set(records.part_nodes)
        self._facts = FactBase((*self.inputs.rule_base.background, *Snapshot(records, self.at).facts))
        self._register_rules = ForwardChaining([rule for rule in rule_set.fact_rules if not rule.of_duties], self._facts)
        self._register_rules.materialise()
        self._duties = {duty.iri: duty for duty in self._current_duties()}
        for triple in reading_facts(self._duties.values(), reading=self.reading, at=self.at):
            self._facts.add(triple)
        self._duty_rules = ForwardChaining([rule for rule in rule_set.fact_rules if rule.of_duties], self._facts)
        self._duty_rules.materialise()
        self._premise_indexes: dict[str, list[PatternIndex]] = defaultdict(list)
        for pattern in dict.fromkeys(pattern for patterns in rule_set.patterns.values() for pattern in patterns):
            index = PatternIndex(pattern, self._facts)
            for key in index.keys:
                self._premise_indexes[key].append(index)
        self._cache = PatternCache(self._facts)
        self._assessments = {duty.iri: self._derivation((duty,)).assess(duty) for duty in self._duties.values()}

    @property
    def assessments(self) -> tuple[Assessment, ...]:
        """The assessment of each duty, in the order of `Derivation.assessments`."""
        return tuple(sorted(self._assessments.values(), key=lambda assessment: duty_sort_key(assessment.duty)))

    @property
    def derivation(self) -> Derivation:
        """The present derivation, for explanations; it becomes invalid with the next document."""
        derivation = self._derivation(tuple(sorted(self._duties.values(), key=duty_sort_key)))
        derivation.__dict__["assessments"] = self.assessments
        return derivation

    def receive(self, quads: Iterable[ox.Quad]) -> tuple[StatusChange, ...]:
        """Add the statements of documents to the register and return the changes of assessments, in the order of duties.

        If a statement is about a record that is already in the register, everything is derived again.
        """
        received = index_records(quads, knowledge=self.inputs.knowledge, rules=self.inputs.rule_set)
        new = received.with_facts_replaced(triple for triple in received.triples if not self._contains(triple))
        if any(s in self._nodes or o in self._part_nodes for s, _, o in new.triples):
            before = dict(self._assessments)
            self._start(self._batches[0].with_facts_added(triple for batch in (*self._batches[1:], new) for triple in batch.triples))
            return _status_changes(before, self._assessments, duties={*before, *self._assessments})
        self._batches.append(new)
        self._nodes.update(new.by_subject)
        self._part_nodes.update(new.part_nodes)
        return self._propagate(self._register_rules.update(added=Snapshot(new, self.at).facts))

    def _contains(self, triple: Triple) -> bool:
        return triple[0] in self._nodes and any(triple in batch.by_subject.get(triple[0], ()) for batch in self._batches)

    def _propagate(self, changed: Mapping[Triple, bool]) -> tuple[StatusChange, ...]:
        """Update duties and assessments after changes of the facts about the register."""
        has_event_change = any(key in _EVENT_PREDICATES for triple in changed for key in index_keys(triple))
        removed, added = self._update_duties() if has_event_change else ({}, {})
        facts_added = {triple: None for duty in added.values() for triple in duty_facts(duty, reading=self.reading, at=self.at)}
        facts_removed = {triple for duty in removed.values() for triple in duty_facts(duty, reading=self.reading, at=self.at)}
        changed = self._duty_rules.update(
            added=[triple for triple in facts_added if triple not in facts_removed],
            removed=facts_removed - set(facts_added),
            changed=changed,
        )
        affected = {duty for duty in self._affected_duties(changed) if duty in self._duties} | set(added)
        self._facts.commit()
        before = {iri: self._assessments.pop(iri, None) for iri in (*affected, *removed)}
        self._cache.invalidate(affected | set(removed))
        for iri in affected:
            duty = self._duties[iri]
            self._assessments[iri] = self._derivation((duty,)).assess(duty)
        return _status_changes(before, self._assessments, duties=before)

    def _update_duties(self) -> tuple[dict[str, Duty], dict[str, Duty]]:
        """Compute the duties again, and return the old versions and the new versions of those that differ, by IRI."""
        current = {duty.iri: duty for duty in self._current_duties()}
        removed = {iri: duty for iri, duty in self._duties.items() if current.get(iri) != duty}
        added = {iri: duty for iri, duty in current.items() if self._duties.get(iri) != duty}
        self._duties = current
        return removed, added

    def _current_duties(self) -> tuple[Duty, ...]:
        return duty_instances(self.inputs.norms, reading=self.reading, register_events=RegisterEvents(self._facts), at=self.at)

    def _affected_duties(self, changed: Iterable[Triple]) -> set[str]:
        """The IRIs of the duties about which a premise can find other rows."""
        affected = set[str]()
        for triple in changed:
            for key in index_keys(triple):
                for index in self._premise_indexes.get(key, ()):
                    column = index.names.index(DUTY)
                    affected.update(iri_of(row[column]) for row in index.affected_rows(triple))
        return affected

    def _derivation(self, duties: tuple[Duty, ...]) -> Derivation:
        return Derivation(self.inputs.rule_set, self.reading, Snapshot(self._batches[0], self.at), duties, self._facts, self._cache)


def _status_changes(
    before: Mapping[str, Assessment | None], after: Mapping[str, Assessment], *, duties: Iterable[str]
) -> tuple[StatusChange, ...]:
    pairs = ((before.get(iri), after.get(iri)) for iri in duties)
    changes = [StatusChange(earlier, later) for earlier, later in pairs if _outcome(earlier) != _outcome(later)]
    return tuple(sorted(changes, key=lambda change: duty_sort_key((change.after or change.before).duty)))  # type: ignore[union-attr]  # one of them exists


def _outcome(assessment: Assessment | None) -> tuple[object, ...] | None:
    return None if assessment is None else (assessment.duty, assessment.status.iri, assessment.rule.iri)
