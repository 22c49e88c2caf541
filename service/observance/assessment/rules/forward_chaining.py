"""Forward chaining of fact rules, stratum by stratum: from scratch, or incrementally after a change of the facts.

Each rule stores its derivations, that is, the rows for which it holds. After a change, the rows that a changed statement can affect
are looked up in the old and new facts and re-evaluated; nothing is inferred from the change itself. A fact holds as long as it is
asserted or some derivation supports it (counting, with stratified negation: Gupta, Mumick and Subrahmanian, “Maintaining views
incrementally”, 1993). Counting cannot see through recursion, so a recursive stratum that loses a statement is recomputed.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property, partial
from itertools import chain, groupby

from observance.assessment.model import FactRule
from observance.assessment.rules.matcher import Matcher, MatchRow, Pattern
from observance.core import InconsistentDataError
from observance.rdf import FactBase, Triple, index_key, index_keys

Values = tuple[str, ...]
"""A row of the pattern `when` of a rule, as a key."""
RowFinder = Callable[[Triple], Iterable[MatchRow]]
"""Finds the rows of a rule that a statement can affect."""
Keys = AbstractSet[str]


class PatternIndex:
    """A pattern over a fact base, searched from any of its variables or from any statement."""

    def __init__(self, pattern: Pattern, facts: FactBase) -> None:
        """Matchers are compiled on first use, one for each set of bound variables."""
        self.pattern = pattern
        self._facts = facts
        self._matchers: dict[Values, Matcher] = {}

    @property
    def can_match(self) -> bool:
        """Whether there is a statement for each triple pattern by itself: most rules have nothing to find in a small register."""
        return all(self._has_statement(*triple) for triple in self.pattern.triples)

    def _has_statement(self, subject: str, predicate: str, target: str) -> bool:
        by_subject = self._facts.objects_by_subject(predicate)
        if not subject.startswith("?"):
            return subject in by_subject
        return bool(by_subject) if target.startswith("?") else target in self._facts.subjects_by_object(predicate)

    def rows(self, bindings: dict[str, str]) -> list[MatchRow]:
        """The rows with these bindings, including rows that depend on retracted statements."""
        names = tuple(bindings)
        matcher = self._matchers.get(names)
        if matcher is None:
            matcher = self._matchers[names] = Matcher(self.pattern, self._facts, bound=names)
        return matcher.rows(*bindings.values())

    def current_rows(self, bindings: dict[str, str]) -> Iterator[MatchRow]:
        """The rows with these bindings that depend on no retracted statement."""
        rows = self.rows(bindings)
        matcher = self._matchers[tuple(bindings)]
        return filter(matcher.is_current, rows) if self._facts.retracted else iter(rows)

    def rows_using(self, atom: Triple, triple: Triple) -> Sequence[MatchRow]:
        """The rows that use the statement for this triple pattern."""
        bindings = unify(atom, triple)
        return self.rows(bindings) if bindings is not None else ()

    def triggers(self, atoms: Iterable[Triple]) -> Iterator[tuple[str, RowFinder]]:
        """By index key of a statement, the functions that find the rows which use it for one of these triple patterns."""
        return ((index_key(atom), partial(self.rows_using, atom)) for atom in atoms)


def unify(atom: Triple, triple: Triple) -> dict[str, str] | None:
    """The bindings under which the triple pattern is the statement; None if there are none."""
    bindings: dict[str, str] = {}
    for term, text in zip(atom, triple, strict=True):
        if term.startswith("?"):
            if bindings.setdefault(term[1:], text) != text:
                return None
        elif term != text:
            return None
    return bindings


class NegatedPattern:
    """A pattern `unless` of a rule: rows for which it matches are excluded."""

    def __init__(self, pattern: Pattern, when: Pattern, facts: FactBase) -> None:
        """The pattern is compiled for the variables that it shares with `when`, on first use."""
        self.index = PatternIndex(pattern, facts)
        self._when = when
        names = when.variables
        self.shared = tuple(name for name in names if name in pattern.variables)
        self._columns = [names.index(name) for name in self.shared]
        self._facts = facts

    @cached_property
    def _matcher(self) -> Matcher:
        # It asks another matcher, because one that held itself would keep all facts until the next garbage collection.
        current = Matcher(self.index.pattern, self._facts, bound=self.shared).is_current
        return Matcher(self.index.pattern, self._facts, bound=self.shared, sink=current)

    def matches(self, row: Sequence[str]) -> bool:
        """Whether the pattern matches for a row of `when`."""
        return self._matcher.run(*[row[column] for column in self._columns])

    @property
    def triggers(self) -> Iterator[tuple[str, RowFinder]]:
        """By index key of a statement, the functions that find the rows of `when`, each with more after it, which it can affect."""
        return self._join.triggers(self.index.pattern.triples)

    @cached_property
    def _join(self) -> PatternIndex:
        """Both patterns as one, so that a statement about one thing is not matched with everything that the pattern is about."""
        pattern = self.index.pattern
        joined = Pattern((*self._when.triples, *pattern.triples), (*self._when.filters, *pattern.filters))
        return PatternIndex(joined, self._facts)


class CompiledFactRule:
    """A fact rule over a fact base, with its derivations: `rows` holds the rows of `when` for which the rule holds."""

    def __init__(self, rule: FactRule, facts: FactBase) -> None:
        """Compile the rule; it has no derivations yet."""
        self.rule = rule
        self.rows: dict[Values, None] = {}
        self._facts = facts
        self._when = PatternIndex(rule.when, facts)
        self._unless = [NegatedPattern(pattern, rule.when, facts) for pattern in rule.unless]
        names = [f"?{name}" for name in rule.when.variables]
        self.width = len(names)
        self._then = [tuple(names.index(term) if term in names else term for term in triple) for triple in rule.then.triples]

    def heads(self, row: Sequence[str]) -> Iterator[Triple]:
        """The statements that the rule concludes from the row."""
        for triple in self._then:
            subject, predicate, target = (row[term] if isinstance(term, int) else term for term in triple)
            yield subject, predicate, target

    def matching_rows(self, bindings: dict[str, str] | None = None) -> list[Values]:
        """The rows with these bindings for which the rule holds in the present facts, computed from scratch."""
        if not self._when.can_match:
            return []
        rows = self._when.current_rows(bindings or {})
        return [tuple(row) for row in rows if not any(negated.matches(row) for negated in self._unless)]

    @property
    def triggers(self) -> Iterator[tuple[str, RowFinder]]:
        """By index key of a statement, the functions that find the rows which it can affect.

        The rows are of `when`, and may be longer.
        """
        yield from self._when.triggers(self.rule.when.triples)
        for negated in self._unless:
            yield from negated.triggers

    def holds(self, row: Values) -> bool:
        """Whether the rule holds for the row in the present facts; the row must match if retracted statements are included."""
        bindings = dict(zip(self.rule.when.variables, row, strict=True))
        return any(True for _ in self._when.current_rows(bindings)) and not any(negated.matches(row) for negated in self._unless)


Triggers = dict[str, list[tuple[CompiledFactRule, RowFinder]]]


class ForwardChaining:
    """A fact base that is kept closed under fact rules while its asserted facts change."""

    def __init__(self, rules: Iterable[FactRule], facts: FactBase) -> None:
        """Compile the rules; nothing is concluded before `materialise` is called."""
        self._facts = facts
        self._support: dict[Triple, int] = defaultdict(int)
        self._asserted: set[Triple] = set()
        """Of the facts that derivations support, those that are asserted too."""
        self._changed: dict[Triple, bool] = {}
        """The net changes of the current update: true for an added fact, false for a removed one."""
        self._log: list[Triple] = []
        """Everything that has changed in the current update, also what was changed back."""
        ordered = sorted(rules, key=lambda rule: (rule.order, rule.iri))
        self._strata = [[CompiledFactRule(rule, facts) for rule in group] for _, group in groupby(ordered, key=lambda rule: rule.order)]
        self._known_triggers: dict[int, Triggers] = {}

    def _triggers(self, number: int) -> Triggers:
        """By index key of a statement, the rules of the stratum with the functions that find the rows which it can affect."""
        triggers = self._known_triggers.get(number)
        if triggers is None:
            triggers = self._known_triggers[number] = defaultdict(list)
            for rule in self._strata[number]:
                for key, find_rows in rule.triggers:
                    triggers[key].append((rule, find_rows))
        return triggers

    def materialise(self) -> None:
        """Add every fact that the rules conclude."""
        for number in range(len(self._strata)):
            self._evaluate_stratum(number)
        self._changed, self._log = {}, []

    def update(
        self, *, added: Iterable[Triple] = (), removed: Iterable[Triple] = (), changed: Mapping[Triple, bool] | None = None
    ) -> dict[Triple, bool]:
        """Assert and withdraw facts, propagate the consequences, and return all changes: true for an added fact, false for a removed one.

        `changed` are changes already made to the fact base, which are propagated and returned as well. Removed facts are retracted, not
        deleted, so that other users of the fact base can find what they affect; `FactBase.commit` deletes them.
        """
        self._changed, self._log = {}, []
        changed_by_key: dict[str, list[Triple]] = defaultdict(list)
        for triple, is_added in (changed or {}).items():
            self._record_change(triple, added=is_added)
        for triple in removed:
            self._withdraw(triple)
        for triple in added:
            self._assert(triple)
        for number, stratum in enumerate(self._strata):
            for triple in self._log:
                for key in index_keys(triple):
                    changed_by_key[key].append(triple)
            self._log = []
            found = [changed_by_key[key] for key in changed_by_key.keys() & self._triggers(number).keys()]
            pending = [triple for triple in dict.fromkeys(chain.from_iterable(found)) if triple in self._changed]
            if pending:
                self._propagate(number, pending, recursive=any(rule.rule.recursive for rule in stratum))
        return self._changed

    def _propagate(self, number: int, pending: Collection[Triple], *, recursive: bool) -> None:
        """Apply the rules of the stratum to what has changed: `pending` is the part of it that they can use."""
        if recursive and not all(self._changed[triple] for triple in pending):
            self._recompute_stratum(number)
            return
        while pending:
            before = dict(self._changed)
            self._reevaluate(self._affected_derivations(number, pending))
            pending = self._relevant(number, [triple for triple in self._changed if triple not in before]) if recursive else []

    def _relevant(self, number: int, triples: Iterable[Triple]) -> list[Triple]:
        """The statements that a rule of the stratum can use."""
        triggers = self._triggers(number)
        return [triple for triple in triples if any(key in triggers for key in index_keys(triple))]

    def _affected_derivations(self, number: int, triples: Iterable[Triple]) -> dict[tuple[int, Values], CompiledFactRule]:
        """The rules of the stratum by the rows, with the rule's identity, that the statements can affect."""
        triggers = self._triggers(number)
        return {
            (id(rule), tuple(row[: rule.width])): rule
            for triple in triples for key in index_keys(triple) for rule, find_rows in triggers.get(key, ()) for row in find_rows(triple)
        }  # fmt: skip

    def _reevaluate(self, derivations: dict[tuple[int, Values], CompiledFactRule]) -> None:
        """Add the derivations that hold now, and remove those that hold no longer."""
        # The result must not depend on the order: evaluate every row before the first conclusion.
        changed = [(rule, row) for (_, row), rule in derivations.items() if rule.holds(row) != (row in rule.rows)]
        for rule, row in changed:
            (self._remove_derivation if row in rule.rows else self._add_derivation)(rule, row)

    def _evaluate_stratum(self, number: int) -> None:
        """Compute all derivations of a stratum that has none."""
        stratum = self._strata[number]
        for rule in stratum:
            for row in rule.matching_rows():
                self._add_derivation(rule, row)
        if any(rule.rule.recursive for rule in stratum):
            pending = self._relevant(number, self._changed)
            while pending:
                self._changed = {}
                self._reevaluate(self._affected_derivations(number, pending))
                pending = self._relevant(number, self._changed)

    def _recompute_stratum(self, number: int) -> None:
        """Remove all derivations of a recursive stratum and compute them again; record only the net changes."""
        changed, earlier = self._changed, set[Triple]()
        self._changed = {}  # each removal and conclusion is recorded for itself here; below, the net changes
        for rule in self._strata[number]:
            for row in list(rule.rows):
                earlier.update(rule.heads(row))
                self._remove_derivation(rule, row)
        self._changed = {}
        self._evaluate_stratum(number)
        later = {head for rule in self._strata[number] for row in rule.rows for head in rule.heads(row)}
        self._changed = changed
        for triple in earlier ^ later:
            if triple not in self._asserted:
                self._record_change(triple, added=triple in later)

    def _add_derivation(self, rule: CompiledFactRule, row: Values) -> None:
        rule.rows[row] = None
        for triple in rule.heads(row):
            if self._support[triple] == 0:
                if self._facts.add(triple):
                    self._record_change(triple, added=True)
                else:
                    self._asserted.add(triple)
            self._support[triple] += 1

    def _remove_derivation(self, rule: CompiledFactRule, row: Values) -> None:
        del rule.rows[row]
        for triple in rule.heads(row):
            self._support[triple] -= 1
            if self._support[triple] == 0:
                del self._support[triple]
                if triple not in self._asserted:
                    self._facts.retract(triple)
                    self._record_change(triple, added=False)

    def _assert(self, triple: Triple) -> None:
        if self._support.get(triple, 0):
            self._asserted.add(triple)
        elif self._facts.add(triple):
            self._record_change(triple, added=True)

    def _withdraw(self, triple: Triple) -> None:
        if self._support.get(triple, 0):
            self._asserted.discard(triple)
        elif self._facts.retract(triple):
            self._asserted.discard(triple)
            self._record_change(triple, added=False)

    def _record_change(self, triple: Triple, *, added: bool) -> None:
        """Record a change; two opposite changes cancel out."""
        if self._changed.get(triple, added) != added:
            del self._changed[triple]
        else:
            self._changed[triple] = added
            self._log.append(triple)


def stratify(heads: Sequence[Keys], bodies: Sequence[tuple[Keys, Keys]], *, names: Sequence[str]) -> list[tuple[int, bool]]:
    """Return the stratum of each rule and whether the rule is recursive; a body has positive and negative keys.

    Raises InconsistentDataError, naming a rule, if a rule depends on its own negation.
    """
    size = len(heads)
    dependencies = [[other for other in range(size) if heads[other] & (bodies[rule][0] | bodies[rule][1])] for rule in range(size)]
    components = _components(dependencies)
    strata = {rule: number for number, component in enumerate(components) for rule in component}
    recursive = [len(component) > 1 or next(iter(component)) in dependencies[next(iter(component))] for component in components]
    for rule in range(size):
        if any(strata[other] == strata[rule] for other in range(size) if heads[other] & bodies[rule][1]):
            raise InconsistentDataError("assessment.not-stratified", rule=names[rule])
    return [(strata[rule], recursive[strata[rule]]) for rule in range(size)]


def _components(dependencies: Sequence[Sequence[int]]) -> list[set[int]]:
    """The strongly connected components of the dependency graph, dependencies first (Tarjan)."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    components: list[set[int]] = []

    def visit(node: int) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in dependencies[node]:
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            place = stack.index(node)
            components.append(set(stack[place:]))
            del stack[place:]

    for node in range(len(dependencies)):
        if node not in index:
            visit(node)
    return components
