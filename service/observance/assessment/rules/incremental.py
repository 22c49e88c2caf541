"""Statuses kept true while documents arrive: after each, only what it can touch is derived again.

What a document touches is found, not guessed: the rules of facts tell what changed, and the premises of the rules are asked which
instances a changed statement can belong to. The answers are those that deriving everything anew would give.
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
from observance.assessment.rules.forward_chaining import ForwardChaining, RuleIndex
from observance.core import OBS, PREFIXES
from observance.rdf import FactBase, Triple, index_keys, iri_of
from observance.register import Moment, RegisterRecords, Snapshot, index_records

_OPENING: Final = frozenset(
    f"<{iri}>" for iri in (
        *(OBS + name for name in ("triggerOf", "occurredOn", "occurredFor", "standsAs")),
        *(PREFIXES["org"] + name for name in ("member", "memberDuring")),
    )
)  # fmt: skip
"""What instances and their windows are read from (`instantiate.World`)."""


class StatusChange(Struct, frozen=True):
    """One instance whose answer is another one now; None where there is no instance before or after."""

    before: Assessment | None
    after: Assessment | None


class IncrementalAssessment:
    """The statuses of all instances of a case, at a moment that stays, under a reading."""

    def __init__(self, case: AssessmentInputs, *, reading: Reading, at: Moment) -> None:
        """Everything is derived once; raises what deriving raises."""
        self.case, self.reading, self.at = case, reading, at
        self._begin(case.records)

    def _begin(self, register: RegisterRecords) -> None:
        book = self.case.book
        self._parts = [register]
        self._nodes, self._inner = set(register.by_subject), set(register.part_nodes)
        self._facts = FactBase((*self.case.rule_base.background, *Snapshot(register, self.at).facts))
        self._first = ForwardChaining([rule for rule in book.facts if not rule.of_duties], self._facts)
        self._first.everything()
        self._duties = {duty.iri: duty for duty in self._instances()}
        for triple in reading_facts(self._duties.values(), reading=self.reading, at=self.at):
            self._facts.add(triple)
        self._second = ForwardChaining([rule for rule in book.facts if rule.of_duties], self._facts)
        self._second.everything()
        self._watches: dict[str, list[RuleIndex]] = defaultdict(list)
        for pattern in dict.fromkeys(pattern for found in book.patterns.values() for pattern in found):
            watch = RuleIndex(pattern, self._facts)
            for spoken in watch.keys:
                self._watches[spoken].append(watch)
        self._probe = PatternCache(self._facts)
        self._answers = {duty.iri: self._derivation((duty,)).assessed(duty) for duty in self._duties.values()}

    @property
    def assessments(self) -> tuple[Assessment, ...]:
        """One for each instance, in the order that `derive` gives."""
        return tuple(sorted(self._answers.values(), key=lambda found: duty_sort_key(found.duty)))

    @property
    def derivation(self) -> Derivation:
        """What explanations are made from; it is of now, and not to be kept."""
        found = self._derivation(tuple(sorted(self._duties.values(), key=duty_sort_key)))
        found.__dict__["assessments"] = self.assessments
        return found

    def receive(self, quads: Iterable[ox.Quad]) -> tuple[StatusChange, ...]:
        """The answers with these documents too; those that changed, in order.

        A document that says something more of what is already in the register has everything derived again.
        """
        known = index_records(quads, knowledge=self.case.knowledge, rules=self.case.book)
        new = known.with_facts_replaced(triple for triple in known.triples if not self._has(triple))
        if any(s in self._nodes or o in self._inner for s, _, o in new.triples):
            before = dict(self._answers)
            self._begin(self._parts[0].with_facts_added(triple for part in (*self._parts[1:], new) for triple in part.triples))
            return _turns(before, self._answers, among={*before, *self._answers})
        self._parts.append(new)
        self._nodes.update(new.by_subject)
        self._inner.update(new.part_nodes)
        return self._settled(self._first.update(added=Snapshot(new, self.at).facts))

    def _has(self, triple: Triple) -> bool:
        return triple[0] in self._nodes and any(triple in part.by_subject.get(triple[0], ()) for part in self._parts)

    def _settled(self, changed: Mapping[Triple, bool]) -> tuple[StatusChange, ...]:
        """What follows from a change of the facts about the register."""
        removed, added = self._reopened() if any(spoken in _OPENING for t in changed for spoken in index_keys(t)) else ({}, {})
        told = {triple: duty for duty in added.values() for triple in duty_facts(duty, reading=self.reading, at=self.at)}
        lost = {triple for duty in removed.values() for triple in duty_facts(duty, reading=self.reading, at=self.at)}
        changed = self._second.update(added=[t for t in told if t not in lost], removed=lost - set(told), changed=changed)
        touched = {duty for duty in self._touched(changed) if duty in self._duties} | set(added)
        self._facts.commit()
        before = {name: self._answers.pop(name, None) for name in (*touched, *removed)}
        self._probe.forget(touched | set(removed))
        for name in touched:
            duty = self._duties[name]
            self._answers[name] = self._derivation((duty,)).assessed(duty)
        return _turns(before, self._answers, among=before)

    def _reopened(self) -> tuple[dict[str, Duty], dict[str, Duty]]:
        """The instances that are no longer what they were, and those that are new or other ones."""
        now = {duty.iri: duty for duty in self._instances()}
        removed = {name: duty for name, duty in self._duties.items() if now.get(name) != duty}
        added = {name: duty for name, duty in now.items() if self._duties.get(name) != duty}
        self._duties = now
        return removed, added

    def _instances(self) -> tuple[Duty, ...]:
        return duty_instances(self.case.norms, reading=self.reading, world=RegisterEvents(self._facts), at=self.at)

    def _touched(self, changed: Iterable[Triple]) -> set[str]:
        """The instances about which a premise may find something else."""
        found = set[str]()
        for triple in changed:
            for spoken in index_keys(triple):
                for watch in self._watches.get(spoken, ()):
                    place = watch.names.index(DUTY)
                    found.update(iri_of(row[place]) for row in watch.touched(triple))
        return found

    def _derivation(self, duties: tuple[Duty, ...]) -> Derivation:
        return Derivation(self.case.book, self.reading, Snapshot(self._parts[0], self.at), duties, self._facts, self._probe)


def _turns(before: Mapping[str, Assessment | None], after: Mapping[str, Assessment], *, among: Iterable[str]) -> tuple[StatusChange, ...]:
    pairs = ((before.get(name), after.get(name)) for name in among)
    turns = [StatusChange(one, other) for one, other in pairs if _seen(one) != _seen(other)]
    return tuple(sorted(turns, key=lambda turn: duty_sort_key((turn.after or turn.before).duty)))  # type: ignore[union-attr]  # one of them is there


def _seen(found: Assessment | None) -> tuple[object, ...] | None:
    return None if found is None else (found.duty, found.status.iri, found.rule.iri)
