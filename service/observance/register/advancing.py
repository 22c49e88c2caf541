"""A snapshot whose day advances: each step gives the facts that it adds and removes, in proportion to what happened in between."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from observance.rdf import Triple
from observance.register.snapshot import Snapshot, current_records, with_current_object


class FactChanges(Struct, frozen=True):
    """The facts that a step adds to a snapshot, and those that it removes."""

    added: Collection[Triple]
    removed: Collection[Triple]


class AdvancingSnapshot:
    """A snapshot whose day advances, with the register as known at the same time.

    The changes of a step lead from `Snapshot.facts` on the day before it to those on the day after it. Verdicts are taken again only for
    the documents from which shapes reach a node that has changed.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        """Begin with this snapshot."""
        self.snapshot = snapshot
        self._records = snapshot.records
        self._later, self._current, self._excluded = set(snapshot.later), snapshot.current_records, snapshot.excluded
        self._verdicts: dict[int, tuple[Triple, ...]] = {}
        self._verdict_counts: Counter[Triple] = Counter()
        self._change_verdicts(None)

    def advance(self, day: date) -> FactChanges:
        """Advance to a day that is not earlier, and return what changes."""
        moment = self.snapshot.moment
        happened = set(self._happened(after=moment.as_of, until=day))
        self.snapshot = replace(self.snapshot, moment=replace(moment, as_of=day))
        self._later -= happened
        current, excluded = self._current, self._excluded
        if any(newer in happened for newer, _ in self._records.revisions):
            self._current = current_records(self._records, later=self._later)
        self._excluded = self._exclude(happened | (current.keys() ^ self._current.keys()))
        changed = excluded ^ self._excluded
        redirected = (older for older in {*current, *self._current} if current.get(older) != self._current.get(older))
        nodes = changed.union(*(self._referring.get(older, ()) for older in redirected))
        before = {triple for node in nodes - excluded for triple in self._facts_about(node, current)}
        after = {triple for node in nodes - self._excluded for triple in self._facts_about(node, self._current)}
        verdicts = self._change_verdicts(changed)
        return FactChanges((*(after - before), *verdicts.added), (*(before - after), *verdicts.removed))

    def _happened(self, *, after: date, until: date) -> Iterator[str]:
        """The nodes of records that happened after the one day until the other, as is known."""
        days = (day for day in self._nodes_by_day if after < day <= until)
        return (node for day in days for node in self._nodes_by_day[day] if not self.snapshot.is_unknown(node))

    def _exclude(self, nodes: Collection[str]) -> frozenset[str]:
        """The excluded nodes, where it has changed of these nodes only whether they are excluded by themselves, and not as parts."""
        records = self._records
        dropped, pending = set[str](), [node for node in nodes if not self._is_excluded_itself(node)]
        while pending:
            node = pending.pop()
            if node in self._excluded and node not in dropped and not self._is_excluded_itself(node):
                dropped.add(node)
                pending += (part for _, _, part in records.by_subject.get(node, ()) if part in records.part_nodes)
        again = {node for node in nodes if self._is_excluded_itself(node)}
        excluded = set(self._excluded - dropped)
        while again := again | {part for part in (dropped & records.part_nodes) - excluded if set() < records.referrers[part] <= excluded}:
            excluded, again = records.include_parts(again, beside=excluded), set()
        return frozenset(excluded)

    def _is_excluded_itself(self, node: str) -> bool:
        return node in self._later or node in self._current or node in self._records.disregarded

    def _facts_about(self, node: str, current: Mapping[str, str]) -> Iterator[Triple]:
        yield from (with_current_object(triple, current=current) for triple in self._records.by_subject.get(node, ()))
        yield from self._records.interval_days.get(node, ())

    def _change_verdicts(self, changed: Collection[str] | None) -> FactChanges:
        """Take the verdicts again on documents from which shapes reach a changed node (None: on all), and return what changes."""
        source, counts = self._records.verdicts, self._verdict_counts
        if source is None:
            return FactChanges((), ())
        numbers = source.documents_reaching(changed) if changed is not None else None
        new = {number: tuple(filter(self._is_taken, facts)) for number, facts in source.facts_by_document(self._excluded, numbers).items()}
        old = {number: self._verdicts.get(number, ()) for number in new}
        held = {fact: counts[fact] > 0 for facts in (*old.values(), *new.values()) for fact in facts}
        for facts in old.values():
            counts.subtract(facts)
        for facts in new.values():
            counts.update(facts)
        self._verdicts |= new
        added = [fact for fact, was_held in held.items() if counts[fact] > 0 and not was_held]
        return FactChanges(added, [fact for fact, was_held in held.items() if was_held and not counts[fact]])

    def _is_taken(self, fact: Triple) -> bool:
        return fact not in self._records.removed and (not self._records.is_part or fact[0] in self._records.by_subject)

    @cached_property
    def _nodes_by_day(self) -> Mapping[date, list[str]]:
        nodes: dict[date, list[str]] = defaultdict(list)
        for node, day in self._records.event_days.items():
            nodes[day].append(node)
        return nodes

    @cached_property
    def _referring(self) -> Mapping[str, set[str]]:
        """The subjects that refer to each record that another one revises."""
        revised, subjects = {older for _, older in self._records.revisions}, defaultdict[str, set[str]](set)
        for subject, _, target in self._records.triples:
            if target in revised:
                subjects[target].add(subject)
        return subjects
