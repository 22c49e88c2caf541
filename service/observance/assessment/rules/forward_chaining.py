"""What rules of facts conclude: all of it, or only what a change of the facts can touch.

Each rule keeps the rows for which it holds. When facts change, the rows that a changed statement can belong to are looked for in what was
and what is, and tried again: whether a row holds is always found out by looking, never reckoned from the change. A statement is there as
long as some row of some rule concludes it, or it was given (counting of derivations, with negation in strata; Gupta, Mumick and
Subrahmanian, « Maintaining views incrementally », 1993). Counting does not see through loops, so a loop that loses a statement is worked
out anew.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from itertools import groupby

from observance.assessment.model import FactRule
from observance.assessment.rules.matcher import Matcher, Pattern, Row
from observance.core import InconsistentDataError
from observance.rdf import FactBase, Triple, index_key, index_keys

Values = tuple[str, ...]
Touched = Callable[[Triple], Iterable[Sequence[str]]]


class RuleIndex:
    """A pattern, and for each of its triples the rows that a statement can belong to."""

    def __init__(self, pattern: Pattern, facts: FactBase) -> None:
        """Nothing is compiled before it is asked."""
        self.pattern = pattern
        self.names = pattern.variables
        self._facts = facts
        self._matchers: dict[Values, Matcher] = {}

    @property
    def keys(self) -> frozenset[str]:
        """What its triples speak of."""
        return frozenset(map(index_key, self.pattern.triples))

    def rows(self, given: dict[str, str]) -> list[Row]:
        """The rows with these values, whether or not they rest on something that is gone."""
        names = tuple(given)
        matcher = self._matchers.get(names)
        if matcher is None:
            matcher = self._matchers[names] = Matcher(self.pattern, self._facts, given=names)
        return matcher.rows(*given.values())

    def standing(self, given: dict[str, str]) -> Iterator[Row]:
        """The rows that rest on nothing that is gone."""
        rows = self.rows(given)
        matcher = self._matchers[tuple(given)]
        return filter(matcher.stands, rows) if self._facts.retracted else iter(rows)

    def touched(self, triple: Triple) -> Iterator[Row]:
        """The rows that the statement can belong to, some more than once."""
        for atom in self.pattern.triples:
            given = unify(atom, triple)
            if given is not None:
                yield from self.rows(given)


def unify(atom: Triple, triple: Triple) -> dict[str, str] | None:
    """The values of the variables with which the triple of a pattern is the statement; None if it cannot be."""
    values: dict[str, str] = {}
    for wanted, found in zip(atom, triple, strict=True):
        if wanted.startswith("?"):
            if values.setdefault(wanted[1:], found) != found:
                return None
        elif wanted != found:
            return None
    return values


class NegatedPattern:
    """What a rule must not find about the same things."""

    def __init__(self, pattern: Pattern, when: Pattern, facts: FactBase) -> None:
        """The shared variables are those of both patterns."""
        self.watch = RuleIndex(pattern, facts)
        names = when.variables
        self.shared = tuple(name for name in names if name in pattern.variables)
        self._places = [names.index(name) for name in self.shared]
        self._matcher = Matcher(pattern, facts, given=self.shared, sink=self._seen)

    def found(self, row: Sequence[str]) -> bool:
        """Whether it is found for a row of the rule."""
        return self._matcher.run(*[row[place] for place in self._places])

    def _seen(self, row: Row) -> bool:
        return self._matcher.stands(row)

    def touched(self, triple: Triple) -> Iterator[dict[str, str]]:
        """The values of the shared variables for which the statement can matter."""
        for row in self.watch.touched(triple):
            named = dict(zip(self.watch.names, row, strict=True))
            yield {name: named[name] for name in self.shared}


class CompiledFactRule:
    """One rule, with the rows for which it holds."""

    def __init__(self, rule: FactRule, facts: FactBase) -> None:
        """It holds for no row before it is tried."""
        self.rule = rule
        self.rows: dict[Values, None] = {}
        self._facts = facts
        self._when = RuleIndex(rule.when, facts)
        self._unless = [NegatedPattern(pattern, rule.when, facts) for pattern in rule.unless]
        names = [f"?{name}" for name in rule.when.variables]
        self._then = [tuple(names.index(term) if term in names else term for term in triple) for triple in rule.then.triples]

    def heads(self, row: Sequence[str]) -> Iterator[Triple]:
        """The statements that the row concludes."""
        for triple in self._then:
            subject, predicate, target = (row[term] if isinstance(term, int) else term for term in triple)
            yield subject, predicate, target

    def every(self) -> list[Values]:
        """The rows for which the rule holds now, found from nothing."""
        return [tuple(row) for row in self._when.standing({}) if not any(own.found(row) for own in self._unless)]

    @property
    def routes(self) -> Iterator[tuple[str, Touched]]:
        """For what each pattern speaks of, how the rows are found that such a statement can touch."""
        for spoken in self._when.keys:
            yield spoken, self._when.touched
        for own in self._unless:
            for spoken in own.watch.keys:
                yield spoken, partial(self._barred, own)

    def _barred(self, own: NegatedPattern, triple: Triple) -> Iterator[Row]:
        for given in own.touched(triple):
            yield from self._when.rows(given)

    def holds(self, row: Values) -> bool:
        """Whether the rule holds for the row now; its statements were found, so only what is gone can be missing."""
        given = dict(zip(self.rule.when.variables, row, strict=True))
        return any(True for _ in self._when.standing(given)) and not any(own.found(row) for own in self._unless)


class ForwardChaining:
    """Facts, and what rules conclude from them: kept true while the facts change."""

    def __init__(self, rules: Iterable[FactRule], facts: FactBase) -> None:
        """The facts are given; nothing is concluded before `everything` is called."""
        self._facts = facts
        self._support: dict[Triple, int] = defaultdict(int)
        self._given: set[Triple] = set()
        self._changed: dict[Triple, bool] = {}
        ordered = sorted(rules, key=lambda rule: (rule.order, rule.iri))
        self._strata = [[CompiledFactRule(rule, facts) for rule in group] for _, group in groupby(ordered, key=lambda rule: rule.order)]
        self._routes = [self._routed(stratum) for stratum in self._strata]

    @staticmethod
    def _routed(stratum: Sequence[CompiledFactRule]) -> dict[str, list[tuple[CompiledFactRule, Touched]]]:
        routes: dict[str, list[tuple[CompiledFactRule, Touched]]] = defaultdict(list)
        for live in stratum:
            for spoken, touched in live.routes:
                routes[spoken].append((live, touched))
        return routes

    def everything(self) -> None:
        """Every fact that the rules conclude is there."""
        for place in range(len(self._strata)):
            self._from_nothing(place)
        self._changed.clear()

    def update(
        self, *, added: Iterable[Triple] = (), removed: Iterable[Triple] = (), changed: Mapping[Triple, bool] | None = None
    ) -> dict[Triple, bool]:
        """The facts with these statements and without those, and all that follows; what changed, true for what is new.

        `changed` is what has changed before. Statements that are gone are found until `Facts.settle` is called, so that others can
        look for what they touched.
        """
        self._changed = dict(changed or {})
        for triple in removed:
            self._take_back(triple)
        for triple in added:
            self._give(triple)
        for place, stratum in enumerate(self._strata):
            self._propagate(place, loop=any(live.rule.recursive for live in stratum))
        return self._changed

    def _propagate(self, place: int, *, loop: bool) -> None:
        todo = self._concerning(place, self._changed)
        if loop and not all(self._changed[triple] for triple in todo):
            self._anew(place)
            return
        while todo:
            before = dict(self._changed)
            self._try(self._candidates(place, todo))
            todo = self._concerning(place, [triple for triple in self._changed if triple not in before]) if loop else []

    def _concerning(self, place: int, triples: Iterable[Triple]) -> list[Triple]:
        """Those of the statements that a rule of the stratum speaks of."""
        return [triple for triple in triples if any(spoken in self._routes[place] for spoken in index_keys(triple))]

    def _candidates(self, place: int, triples: Iterable[Triple]) -> dict[tuple[int, Values], CompiledFactRule]:
        """The rows that the statements can touch, with their rules."""
        routes = self._routes[place]
        return {
            (id(live), tuple(row)): live
            for triple in triples for spoken in index_keys(triple) for live, touched in routes.get(spoken, ()) for row in touched(triple)
        }  # fmt: skip

    def _try(self, tried: dict[tuple[int, Values], CompiledFactRule]) -> None:
        """Each row is kept if its rule holds for it, and dropped if it does not."""
        # What is seen must not depend on the order of trial: look at all rows first, then conclude.
        turned = [(live, row) for (_, row), live in tried.items() if live.holds(row) != (row in live.rows)]
        for live, row in turned:
            (self._drop if row in live.rows else self._keep)(live, row)

    def _from_nothing(self, place: int) -> None:
        """The rules of a stratum, none of which holds for any row yet, hold for all that they can."""
        stratum = self._strata[place]
        for live in stratum:
            for row in live.every():
                self._keep(live, row)
        if any(live.rule.recursive for live in stratum):
            todo = self._concerning(place, self._changed)
            while todo:
                self._changed = {}
                self._try(self._candidates(place, todo))
                todo = self._concerning(place, self._changed)

    def _anew(self, place: int) -> None:
        """A loop worked out again from what is given to it."""
        before, earlier = self._changed, set[Triple]()
        for live in self._strata[place]:
            for row in list(live.rows):
                earlier.update(live.heads(row))
                self._drop(live, row)
        self._changed = {}
        self._from_nothing(place)
        later = {head for live in self._strata[place] for row in live.rows for head in live.heads(row)}
        self._changed = before
        for triple in earlier ^ later:
            if triple not in self._given:
                self._note(triple, new=triple in later)

    def _keep(self, live: CompiledFactRule, row: Values) -> None:
        live.rows[row] = None
        for triple in live.heads(row):
            if self._support[triple] == 0:
                if self._facts.add(triple):
                    self._note(triple, new=True)
                else:
                    self._given.add(triple)
            self._support[triple] += 1

    def _drop(self, live: CompiledFactRule, row: Values) -> None:
        del live.rows[row]
        for triple in live.heads(row):
            self._support[triple] -= 1
            if self._support[triple] == 0:
                del self._support[triple]
                if triple not in self._given:
                    self._facts.retract(triple)
                    self._note(triple, new=False)

    def _give(self, triple: Triple) -> None:
        if self._support.get(triple, 0):
            self._given.add(triple)
        elif self._facts.add(triple):
            self._note(triple, new=True)

    def _take_back(self, triple: Triple) -> None:
        if self._support.get(triple, 0):
            self._given.discard(triple)
        elif self._facts.retract(triple):
            self._given.discard(triple)
            self._note(triple, new=False)

    def _note(self, triple: Triple, *, new: bool) -> None:
        """What came and went again, or went and came again, has not changed."""
        if self._changed.get(triple, new) != new:
            del self._changed[triple]
        else:
            self._changed[triple] = new


Keys = AbstractSet[str]


def stratify(concluded: Sequence[Keys], uses: Sequence[tuple[Keys, Keys]], *, names: Sequence[str]) -> list[tuple[int, bool]]:
    """For each rule its step and whether it is in a loop; `uses` holds what it looks for and what it must not find.

    Raises InconsistentDataError, naming a rule, when a loop goes through something that must not be found.
    """
    size = len(concluded)
    feeds = [[other for other in range(size) if concluded[other] & (uses[rule][0] | uses[rule][1])] for rule in range(size)]
    groups = _components(feeds)
    place = {rule: number for number, group in enumerate(groups) for rule in group}
    loops = [len(group) > 1 or next(iter(group)) in feeds[next(iter(group))] for group in groups]
    for rule in range(size):
        if any(place[other] == place[rule] for other in range(size) if concluded[other] & uses[rule][1]):
            raise InconsistentDataError("assessment.not-stratified", rule=names[rule])
    return [(place[rule], loops[place[rule]]) for rule in range(size)]


def _components(feeds: Sequence[Sequence[int]]) -> list[set[int]]:
    """The groups of rules that feed each other, those that feed others first (Tarjan)."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    groups: list[set[int]] = []

    def visit(node: int) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in feeds[node]:
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            place = stack.index(node)
            groups.append(set(stack[place:]))
            del stack[place:]

    for node in range(len(feeds)):
        if node not in index:
            visit(node)
    return groups
