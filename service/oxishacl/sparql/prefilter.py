"""Which focus nodes a query can say nothing of, so that it need not be asked about them.

Reading and planning a query costs Oxigraph some 0.2 ms, whatever the data, and most constraints find nothing in most documents. Before one
is asked, the triples that its outermost group needs are looked for in the index, and those that its NOT EXISTS must not find. This only
ever refutes: what is not understood is taken to be there, every solution comes from Oxigraph, and so does the value of every expression.

A group is matched in one of two ways. *Loosely*, it may match where SPARQL finds nothing: what is not understood is left out, and two
literals that are no strings may be equal. *Strictly*, it matches only where SPARQL does too. NOT EXISTS changes from the one to the other.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from operator import itemgetter
from typing import Final

import pyoxigraph as ox
from msgspec import Struct, field

from oxishacl import paths
from oxishacl.data_graph import Index
from oxishacl.sparql.filters import ConditionEvaluator, DistinctCount, Groups, distinct_counts, fast_condition
from oxishacl.sparql.graph_patterns import (
    End,
    GraphPattern,
    PatternEdge,
    PatternFilter,
    UndecidableError,
    UnsupportedQueryError,
    is_value,
    outermost_groups,
)
from oxishacl.sparql.tokenizer import Token
from oxishacl.terms import Term

Needs = Callable[[Index, Term], bool]

_AGGREGATES: Final = frozenset({"HAVING", "COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"})
_MOST: Final = 2_000


class _State(Struct):
    """What is known while one focus node is looked at."""

    data: Index
    bound: dict[str, Term]
    left: int = _MOST
    reached: dict[tuple[int, Term], Sequence[Term]] = field(default_factory=dict)
    """What the path of an edge between two known ends reaches from a node: it is asked of the same node again and again."""
    groups: Groups = field(default_factory=dict)
    """What was counted, where the query counts."""


Goal = Callable[[_State], bool]
"""Whether what is wanted is there, given what is bound so far."""


def build_prefilter(text: str, parts: Sequence[Token], *, prefixes: Mapping[str, str], given: Collection[str] = ("this",)) -> Needs | None:
    """Whether the query may have a solution for a focus node, as a function; None when nothing is known of it.

    `given` are the variables that are bound beforehand, of which only `$this` is looked at.
    """
    words = [part.text for part in parts if part.kind == "word"]
    if "PREFIX" in words or "BASE" in words or (_AGGREGATES.intersection(words) and (words.count("SELECT") > 1 or "GROUP" not in words)):
        return None
    try:
        group = outermost_groups(text, parts, prefixes=prefixes)
    except UnsupportedQueryError:
        return None
    planner = _Planner(prefixes, frozenset(given) - {"this"})
    goal = planner.goal(group, bound=frozenset({"this"}), loose=True, last=partial(_enough, distinct_counts(parts)))

    def may_have(data: Index, node: Term) -> bool:
        try:
            return goal(_State(data, {"this": node}))
        except UndecidableError:
            return True

    return may_have


class _Planner(Struct, frozen=True):
    """Makes of a group a function that matches it: the order of the look-ups is settled once."""

    prefixes: Mapping[str, str]
    hidden: frozenset[str]
    """Variables that have a value which is not known here."""

    def goal(
        self, group: GraphPattern, *, bound: frozenset[str], loose: bool, last: Callable[[frozenset[str]], Goal] | None = None
    ) -> Goal:
        """Whether the group matches; raises Unclear when it cannot be matched strictly.

        `last` makes, of the variables that are bound in the end, what must hold of one match or of all up to it.
        """
        if not loose and (not group.clear or group.names & self.hidden or (group.names & group.elsewhere) - bound):
            raise UnsupportedQueryError
        ways, known = self._ways(group, bound=bound, loose=loose)
        goal: Goal = _there if last is None else last(known)
        for way in reversed(ways):
            goal = way(goal)
        return goal

    def _ways(self, group: GraphPattern, *, bound: frozenset[str], loose: bool) -> tuple[list[Callable[[Goal], Goal]], frozenset[str]]:
        """What makes the goal of what comes after, for each look-up and test in their order; and the variables that are bound by them."""
        edges, ways = list(group.edges), list[Callable[[Goal], Goal]]()
        tests = [*self._conditions(group, loose=loose), *self._groups(group, bound=bound, loose=loose)]
        while True:
            for test in [test for test in tests if test.names <= bound]:
                tests.remove(test)
                ways.append(partial(_tested, test.made(bound)))
            edge = min(edges, key=partial(_cost, bound=bound), default=None)
            if edge is None or _cost(edge, bound=bound) == _NEVER:
                break
            edges.remove(edge)
            ways.append(_way(edge, bound=bound, loose=loose))
            bound |= edge.names
        if not loose and (edges or tests):
            raise UnsupportedQueryError
        return ways, bound

    def _conditions(self, group: GraphPattern, *, loose: bool) -> Iterator["_Test"]:
        for each in group.filters:
            yield _Test(frozenset(each.names), partial(self._condition, each, loose=loose))

    def _groups(self, group: GraphPattern, *, bound: frozenset[str], loose: bool) -> Iterator["_Test"]:
        reachable = bound.union(*(edge.names for edge in group.edges))
        for negated, groups in ((False, group.present), (True, group.absent)):
            for inner in groups:
                yield _Test(inner.names & reachable, partial(self._inner, inner, negated=negated, loose=loose))

    def _inner(self, inner: GraphPattern, bound: frozenset[str], *, negated: bool, loose: bool) -> Goal:
        try:
            goal = self.goal(inner, bound=bound, loose=loose != negated)
        except UnsupportedQueryError:
            if not loose:
                raise
            return _there
        return (lambda state: not goal(state)) if negated else goal

    def _condition(self, condition: PatternFilter, _bound: frozenset[str], *, loose: bool) -> Goal:
        asked = ConditionEvaluator(condition, self.prefixes)
        ask, names = fast_condition(condition, asked=asked) or asked, condition.names

        def goal(state: _State) -> bool:
            bound = state.bound
            found = ask(*[bound[name] for name in names])
            return loose if found is None else found

        return goal


class _Test(Struct, frozen=True):
    """A condition or a group of (NOT) EXISTS: which variables must be bound for it, and what makes its goal of those that are."""

    names: frozenset[str]
    made: Callable[[frozenset[str]], Goal]


def _there(_state: _State) -> bool:
    return True


def _enough(wanted: DistinctCount | None, known: frozenset[str]) -> Goal:
    """That enough is counted with this match; the matches before it are remembered."""
    asked = None if wanted is None else wanted.among(known)
    if asked is None or not asked.exceeded:
        return _there
    return lambda state: asked.is_met(state.bound, state.groups)


def _tested(test: Goal, goal: Goal) -> Goal:
    return lambda state: test(state) and goal(state)


_NEVER: Final = 5


def _cost(edge: PatternEdge, *, bound: frozenset[str]) -> int:
    """How much a look-up of the pattern costs: least where both ends are known, more where only a term of the query's text is."""
    subject, target = (_known(end, bound=bound) for end in (edge.subject, edge.target))
    if edge.forward is None:
        return 3 if subject else _NEVER
    if subject and target:
        return 0
    if not subject and not target:
        return _NEVER
    return 1 if isinstance(edge.subject if subject else edge.target, str) else 4


def _known(end: End, *, bound: frozenset[str]) -> bool:
    return end in bound if isinstance(end, str) else True


def _way(edge: PatternEdge, *, bound: frozenset[str], loose: bool) -> Callable[[Goal], Goal]:
    if edge.forward is None or edge.backward is None:
        return partial(_any_predicate, edge, bound, loose)
    if not _known(edge.subject, bound=bound):
        assert isinstance(edge.subject, str)
        return partial(_reached, edge.target, edge.backward, edge.subject)
    if not _known(edge.target, bound=bound):
        assert isinstance(edge.target, str)
        return partial(_reached, edge.subject, edge.forward, edge.target)
    return partial(_linked, edge, loose)


def _reached(start: End, step: Callable[[Index, Term], Sequence[Term]], name: str, goal: Goal) -> Goal:
    """For some node that the step reaches, the rest is there."""
    start_of, predicate = _value(start), paths.only(step)

    def run(state: _State) -> bool:
        node = start_of(state.bound)
        # Most steps go over one predicate.
        reached = step(state.data, node) if predicate is None else state.data.edges(node).get(predicate, ())
        state.left -= 1 + len(reached)
        if state.left < 0:
            raise UndecidableError
        bound = state.bound
        for bound[name] in reached:
            if not goal(state):
                continue
            return True
        return False

    return run


def _linked(edge: PatternEdge, loose: bool, goal: Goal) -> Goal:
    """The step leads from the one to the other, and the rest is there."""
    own, step = id(edge), edge.forward
    subject_of, target_of = _value(edge.subject), _value(edge.target)
    assert step is not None

    def run(state: _State) -> bool:
        subject = subject_of(state.bound)
        others = state.reached.get((own, subject))
        if others is None:
            others = state.reached[own, subject] = _spent(state, step(state.data, subject))
        return _among(target_of(state.bound), others, loose=loose) and goal(state)

    return run


def _value(end: End) -> Callable[[dict[str, Term]], Term]:
    """What stands at the end of a pattern, from what is bound."""
    return itemgetter(end) if isinstance(end, str) else lambda _: end


def _any_predicate(edge: PatternEdge, bound: frozenset[str], loose: bool, goal: Goal) -> Goal:
    """For some predicate of the subject, one of its objects will do."""

    def run(state: _State) -> bool:
        known = dict(state.bound)
        subject = known[edge.subject] if isinstance(edge.subject, str) else edge.subject
        # What an earlier attempt bound is still there.
        target = (known[edge.target] if edge.target in bound else None) if isinstance(edge.target, str) else edge.target
        predicates = [known[edge.via]] if edge.via in bound else list(state.data.predicates(subject))
        for predicate in predicates:
            others = _spent(state, state.data.objects(subject, predicate)) if isinstance(predicate, ox.NamedNode) else ()
            for found in others:
                if target is None or _among(target, (found,), loose=loose):
                    state.bound[edge.via] = predicate
                    if target is None and isinstance(edge.target, str):
                        state.bound[edge.target] = found
                    if goal(state):
                        return True
        return False

    return run


def _spent(state: _State, found: Sequence[Term]) -> Sequence[Term]:
    state.left -= 1 + len(found)
    if state.left < 0:
        raise UndecidableError
    return found


def _among(term: Term, others: Sequence[Term], *, loose: bool) -> bool:
    return term in others or (loose and is_value(term) and any(is_value(other) for other in others))
