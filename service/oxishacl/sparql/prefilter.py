"""The prefilter of SPARQL constraints: focus nodes for which a query cannot have a solution are left out of its evaluation.

Parsing and planning a query costs Oxigraph some 0.2 ms whatever the data, and most constraints find nothing in most documents. Before a
query is evaluated, the triples that its outermost group requires, and those that its NOT EXISTS excludes, are looked up in the index.
The prefilter is no evaluator: a part of the query that is not understood is taken to match, all solutions come from Oxigraph, and so does
the value of every FILTER condition.

A group is matched in one of two ways. A *loose* match may succeed where SPARQL has no solution: parts that are not understood are left
out, and two literals that are no strings may be equal. A *strict* match succeeds only where SPARQL has a solution. NOT EXISTS turns
one into the other.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from operator import itemgetter
from pathlib import Path
from types import EllipsisType
from typing import Final

import pyoxigraph as ox
from msgspec import Struct, field

from oxishacl.data_graph import Index
from oxishacl.paths import PathFunction, single_predicate
from oxishacl.sparql.graph_patterns import (
    DistinctCount,
    FilterCondition,
    GraphPattern,
    PatternTerm,
    TriplePattern,
    UndecidableError,
    UnsupportedQueryError,
    distinct_counts,
    is_value,
    outermost_group,
)
from oxishacl.sparql.tokenizer import Token
from oxishacl.terms import Term, is_resource

Prefilter = Callable[[Index, Term], bool]
"""Whether a query may have a solution for a focus node."""

_AGGREGATES: Final = frozenset({"HAVING", "COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"})
_MAX_LOOKUPS: Final = 2_000

DistinctValues = dict[tuple[Term | None, ...], tuple[set[Term], ...]]
"""For each group of GROUP BY, by its keys: the values of each variable that is counted."""


class _Match(Struct):
    """The state of matching a query's group for one focus node."""

    data: Index
    bindings: dict[str, Term]
    remaining_lookups: int = _MAX_LOOKUPS
    path_values: dict[tuple[int, Term], Sequence[Term]] = field(default_factory=dict)
    """The values of a pattern's path from a node, where both ends are bound: the same node is looked up again and again."""
    distinct_values: DistinctValues = field(default_factory=dict)


_Goal = Callable[[_Match], bool]
"""Whether the rest of a group matches, given the bindings so far."""

_Step = Callable[[_Goal], _Goal]
"""A look-up or a test, as a function of the goal that comes after it."""


def build_prefilter(tokens: Sequence[Token], *, prefixes: Mapping[str, str], pre_bound: Collection[str] = ("this",)) -> Prefilter | None:
    """The prefilter of a query; None when nothing is known about it.

    `pre_bound` are the pre-bound variables; the prefilter knows the value of `$this` only.
    """
    keywords = [token.keyword for token in tokens]
    if "PREFIX" in keywords or "BASE" in keywords:
        return None
    if _AGGREGATES.intersection(keywords) and (keywords.count("SELECT") > 1 or "GROUP" not in keywords):
        return None
    try:
        group = outermost_group(tokens, prefixes=prefixes)
    except UnsupportedQueryError:
        return None
    planner = _Planner(prefixes, frozenset(pre_bound) - {"this"})
    goal = planner.goal(group, bound=frozenset({"this"}), loose=True, last=partial(_having, distinct_counts(tokens)))

    def may_match(data: Index, node: Term) -> bool:
        try:
            return goal(_Match(data, {"this": node}))
        except UndecidableError:
            return True

    return may_match


class _Test(Struct, frozen=True):
    """A condition or an (NOT) EXISTS: the variables that must be bound before it, and how to compile it given those that are."""

    variables: frozenset[str]
    compile: Callable[[frozenset[str]], _Goal]


class _Planner(Struct, frozen=True):
    """Compiles groups to goals; the order of look-ups and tests is settled here."""

    prefixes: Mapping[str, str]
    unknown: frozenset[str]
    """Pre-bound variables whose values are not known here."""

    def goal(
        self, group: GraphPattern, *, bound: frozenset[str], loose: bool, last: Callable[[frozenset[str]], _Goal] | None = None
    ) -> _Goal:
        """Whether the group matches; raises UnsupportedQueryError when it cannot be matched strictly.

        `last` gives, from the variables that are bound in the end, what must hold of a match.
        """
        if not loose and (not group.is_complete or group.variables & self.unknown or (group.variables & group.outer_variables) - bound):
            raise UnsupportedQueryError
        steps, bound = self._steps(group, bound=bound, loose=loose)
        goal: _Goal = _always if last is None else last(bound)
        for step in reversed(steps):
            goal = step(goal)
        return goal

    def _steps(self, group: GraphPattern, *, bound: frozenset[str], loose: bool) -> tuple[list[_Step], frozenset[str]]:
        """The look-ups and tests in order, each test as soon as its variables are bound; and the variables bound in the end."""
        patterns, steps = list(group.triple_patterns), list[_Step]()
        tests = [*self._condition_tests(group, loose=loose), *self._exists_tests(group, bound=bound, loose=loose)]
        while True:
            for test in [test for test in tests if test.variables <= bound]:
                tests.remove(test)
                steps.append(partial(_and, test.compile(bound)))
            pattern = min(patterns, key=partial(_cost, bound=bound), default=None)
            if pattern is None or _cost(pattern, bound=bound) == _UNREACHABLE:
                break
            patterns.remove(pattern)
            steps.append(_lookup(pattern, bound=bound, loose=loose))
            bound |= pattern.variables
        if not loose and (patterns or tests):
            raise UnsupportedQueryError
        return steps, bound

    def _condition_tests(self, group: GraphPattern, *, loose: bool) -> Iterator[_Test]:
        for condition in group.filters:
            yield _Test(frozenset(condition.variables), partial(self._condition_goal, condition, loose=loose))

    def _exists_tests(self, group: GraphPattern, *, bound: frozenset[str], loose: bool) -> Iterator[_Test]:
        bindable = bound.union(*(pattern.variables for pattern in group.triple_patterns))
        for negated, groups in ((False, group.exists), (True, group.not_exists)):
            for inner in groups:
                yield _Test(inner.variables & bindable, partial(self._exists_goal, inner, negated=negated, loose=loose))

    def _exists_goal(self, inner: GraphPattern, bound: frozenset[str], *, negated: bool, loose: bool) -> _Goal:
        try:
            goal = self.goal(inner, bound=bound, loose=loose != negated)
        except UnsupportedQueryError:
            if not loose:
                raise
            return _always
        return (lambda match: not goal(match)) if negated else goal

    def _condition_goal(self, condition: FilterCondition, _bound: frozenset[str], *, loose: bool) -> _Goal:
        evaluator = _ConditionEvaluator(condition, self.prefixes)
        evaluate, names = _fast_condition(condition, evaluator=evaluator) or evaluator, condition.variables

        def goal(match: _Match) -> bool:
            bindings = match.bindings
            holds = evaluate(*[bindings[name] for name in names])
            return loose if holds is None else holds

        return goal


def _always(_match: _Match) -> bool:
    return True


def _and(test: _Goal, goal: _Goal) -> _Goal:
    return lambda match: test(match) and goal(match)


_UNREACHABLE: Final = 5


def _cost(pattern: TriplePattern, *, bound: frozenset[str]) -> int:
    """The cost of a look-up: lowest where both ends are known, higher where the known end is a term of the query's text."""
    subject_known, object_known = (_is_known(end, bound=bound) for end in (pattern.subject, pattern.object))
    if pattern.forward is None:
        return 3 if subject_known else _UNREACHABLE
    if subject_known and object_known:
        return 0
    if not subject_known and not object_known:
        return _UNREACHABLE
    return 1 if isinstance(pattern.subject if subject_known else pattern.object, str) else 4


def _is_known(term: PatternTerm, *, bound: frozenset[str]) -> bool:
    return term in bound if isinstance(term, str) else True


def _lookup(pattern: TriplePattern, *, bound: frozenset[str], loose: bool) -> _Step:
    if pattern.forward is None or pattern.backward is None:
        return partial(_match_any_predicate, pattern, bound, loose)
    if not _is_known(pattern.subject, bound=bound):
        assert isinstance(pattern.subject, str)
        return partial(_bind_values, pattern.object, pattern.backward, pattern.subject)
    if not _is_known(pattern.object, bound=bound):
        assert isinstance(pattern.object, str)
        return partial(_bind_values, pattern.subject, pattern.forward, pattern.object)
    return partial(_match_both_ends, pattern, loose)


def _bind_values(start: PatternTerm, path: PathFunction, name: str, goal: _Goal) -> _Goal:
    """Bind the variable to each value of the path until the goal holds."""
    start_of, predicate = _getter(start), single_predicate(path)

    def run(match: _Match) -> bool:
        node = start_of(match.bindings)
        # Most paths are a predicate.
        values = path(match.data, node) if predicate is None else match.data.edges(node).get(predicate, ())
        match.remaining_lookups -= 1 + len(values)
        if match.remaining_lookups < 0:
            raise UndecidableError
        bindings = match.bindings
        for bindings[name] in values:
            if not goal(match):
                continue
            return True
        return False

    return run


def _match_both_ends(pattern: TriplePattern, loose: bool, goal: _Goal) -> _Goal:
    """The path leads from the subject to the object, and the goal holds."""
    key, path = id(pattern), pattern.forward
    subject_of, object_of = _getter(pattern.subject), _getter(pattern.object)
    assert path is not None

    def run(match: _Match) -> bool:
        subject = subject_of(match.bindings)
        values = match.path_values.get((key, subject))
        if values is None:
            values = match.path_values[key, subject] = _counted(match, path(match.data, subject))
        return _is_among(object_of(match.bindings), values, loose=loose) and goal(match)

    return run


def _getter(term: PatternTerm) -> Callable[[dict[str, Term]], Term]:
    """The term, or the value of the variable, as a function of the bindings."""
    return itemgetter(term) if isinstance(term, str) else lambda _: term


def _match_any_predicate(pattern: TriplePattern, bound: frozenset[str], loose: bool, goal: _Goal) -> _Goal:
    """Bind the predicate variable, and the object variable if it is free, to each predicate and object until the goal holds."""

    def run(match: _Match) -> bool:
        bindings = dict(match.bindings)
        subject = bindings[pattern.subject] if isinstance(pattern.subject, str) else pattern.subject
        # `bindings` may still have values from an earlier attempt; `bound` says which variables are bound here.
        target = (bindings[pattern.object] if pattern.object in bound else None) if isinstance(pattern.object, str) else pattern.object
        variable = pattern.predicate_variable
        predicates = [bindings[variable]] if variable in bound else list(match.data.predicates(subject))
        for predicate in predicates:
            objects = _counted(match, match.data.objects(subject, predicate)) if isinstance(predicate, ox.NamedNode) else ()
            for value in objects:
                if target is None or _is_among(target, (value,), loose=loose):
                    match.bindings[variable] = predicate
                    if target is None and isinstance(pattern.object, str):
                        match.bindings[pattern.object] = value
                    if goal(match):
                        return True
        return False

    return run


def _counted(match: _Match, values: Sequence[Term]) -> Sequence[Term]:
    match.remaining_lookups -= 1 + len(values)
    if match.remaining_lookups < 0:
        raise UndecidableError
    return values


def _is_among(term: Term, values: Sequence[Term], *, loose: bool) -> bool:
    return term in values or (loose and is_value(term) and any(is_value(value) for value in values))


def _having(count: DistinctCount | None, bound: frozenset[str]) -> _Goal:
    """That the group of this match has enough distinct values with this match; the matches before it are remembered."""
    known = None if count is None else count.restricted_to(bound)
    if known is None or not known.minimums:
        return _always
    keys, minimums = known.keys, known.minimums

    def goal(match: _Match) -> bool:
        # Two forms of a literal may be one value to Oxigraph: groups may be too large here, never too small.
        key = tuple([None if is_value(term := match.bindings[name]) else term for name in keys])
        distinct = match.distinct_values.get(key)
        if distinct is None:
            distinct = match.distinct_values[key] = tuple(set() for _ in minimums)
        for values, name in zip(distinct, minimums, strict=True):
            values.add(match.bindings[name])
        return all(len(values) > minimum for values, minimum in zip(distinct, minimums.values(), strict=True))

    return goal


_CONDITION_QUERY: Final = Path(__file__).with_name("filter_condition.rq").read_text(encoding="utf-8")
_TERM_TYPE: Final = re.compile(r"(!?)\s*(isIRI|isURI|isBlank)\s*\(\s*[?$](\w+)\s*\)", re.IGNORECASE)
_EQUALITY: Final = re.compile(r"[?$](\w+)\s*(!?)=\s*[?$](\w+)")
_TERM_TYPES: Final = {"isiri": ox.NamedNode, "isuri": ox.NamedNode, "isblank": ox.BlankNode}
_EMPTY_STORE: Final = ox.Store()
_MAX_LITERAL: Final = 1_000
_CACHE_SIZE: Final = 4_096


def _fast_condition(condition: FilterCondition, *, evaluator: "_ConditionEvaluator") -> Callable[..., bool | None] | None:
    """The condition as a Python function where it tests the type of a term or compares two terms; else None."""
    if test := _TERM_TYPE.fullmatch(condition.text):
        term_type, is_negated = _TERM_TYPES[test[2].lower()], bool(test[1])
        return lambda term: isinstance(term, term_type) != is_negated
    if (equality := _EQUALITY.fullmatch(condition.text)) and equality[1] != equality[3]:
        is_negated = bool(equality[2])
        return lambda left, right: (left == right) != is_negated if is_resource(left) and is_resource(right) else evaluator(left, right)
    return None


class _ConditionEvaluator(Struct, frozen=True):
    """Evaluates a condition with Oxigraph and caches its value: each evaluation costs a query."""

    condition: FilterCondition
    prefixes: Mapping[str, str]
    _cache: dict[tuple[Term, ...], bool | None] = field(default_factory=dict)

    def __call__(self, *terms: Term) -> bool | None:
        """Whether the condition holds for the values of its variables; None for blank nodes and long literals, which are not evaluated."""
        holds = self._cache.get(terms, ...)
        if not isinstance(holds, EllipsisType):
            return holds
        for term in terms:
            if isinstance(term, ox.BlankNode) or (isinstance(term, ox.Literal) and len(term.value) > _MAX_LITERAL):
                return None
        if len(self._cache) >= _CACHE_SIZE:
            self._cache.clear()
        holds = self._cache[terms] = self._evaluate(*terms)
        return holds

    def _evaluate(self, *terms: Term) -> bool | None:
        names = " ".join(f"?{name}" for name in self.condition.variables)
        query = _CONDITION_QUERY.replace("NAMES", names, 1).replace("CONDITION", self.condition.text, 1)
        substitutions: dict[ox.Variable, Term | ox.Triple] = {
            ox.Variable(name): term for name, term in zip(self.condition.variables, terms, strict=True)
        }
        try:
            solutions = _EMPTY_STORE.query(query, prefixes=dict(self.prefixes), substitutions=substitutions)
        except SyntaxError:
            return None
        assert isinstance(solutions, ox.QuerySolutions)
        holds = next(iter(solutions))["holds"]
        return isinstance(holds, ox.Literal) and holds.value == "true"
