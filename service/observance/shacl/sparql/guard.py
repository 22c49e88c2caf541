"""Which focus nodes a query can say nothing of, so that it need not be asked about them.

Reading and planning a query costs Oxigraph some 0.2 ms, whatever the data, and most constraints find nothing in most documents. Before one
is asked, the triples that its outermost group needs are looked for in the index, and those that its NOT EXISTS must not find. This only
ever refutes: what is not understood is taken to be there, every solution comes from Oxigraph, and so does the value of every expression.

A group is matched in one of two ways. *Loosely*, it may match where SPARQL finds nothing: what is not understood is left out, and two
literals that are no strings may be equal. *Strictly*, it matches only where SPARQL does too. NOT EXISTS changes from the one to the other.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from observance.shacl.index import Index
from observance.shacl.sparql.pattern import Edge, Filter, Group, outermost
from observance.shacl.sparql.steps import End, Enough, Unclear, is_value
from observance.shacl.sparql.tokens import Token
from observance.shacl.terms import Term, is_resource

Needs = Callable[[Index, Term], bool]

_CONDITION: Final = Path(__file__).with_name("condition.rq").read_text(encoding="utf-8")
_FOUND: Final = re.compile(r"(!?)\s*(isIRI|isURI|isBlank)\s*\(\s*[?$](\w+)\s*\)", re.IGNORECASE)
_EQUAL: Final = re.compile(r"[?$](\w+)\s*(!?)=\s*[?$](\w+)")
_KINDS: Final = {"isiri": ox.NamedNode, "isuri": ox.NamedNode, "isblank": ox.BlankNode}
_AGGREGATES: Final = frozenset({"HAVING", "COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"})
_EMPTY: Final = ox.Store()
_MOST: Final = 2_000
_LONGEST: Final = 1_000


@dataclass(slots=True)
class _State:
    """What is known while one focus node is looked at."""

    data: Index
    bound: dict[str, Term]
    left: int = _MOST


Goal = Callable[[_State], bool]
"""Whether what is wanted is there, given what is bound so far."""


def needs(text: str, parts: Sequence[Token], *, prefixes: Mapping[str, str], given: Collection[str] = ("this",)) -> Needs | None:
    """Whether the query may have a solution for a focus node, as a function; None when nothing is known of it.

    `given` are the variables that are bound beforehand, of which only `$this` is looked at.
    """
    words = [part.text for part in parts if part.kind == "word"]
    if "PREFIX" in words or "BASE" in words or (_AGGREGATES.intersection(words) and (words.count("SELECT") > 1 or "GROUP" not in words)):
        return None
    try:
        group = outermost(text, parts, prefixes=prefixes)
    except Unclear:
        return None
    goal = _Planner(prefixes, frozenset(given) - {"this"}).goal(group, bound=frozenset({"this"}), loose=True)

    def may_have(data: Index, node: Term) -> bool:
        try:
            return goal(_State(data, {"this": node}))
        except Enough:
            return True

    return may_have


@dataclass(frozen=True)
class _Planner:
    """Makes of a group a function that matches it: the order of the look-ups is settled once."""

    prefixes: Mapping[str, str]
    hidden: frozenset[str]
    """Variables that have a value which is not known here."""

    def goal(self, group: Group, *, bound: frozenset[str], loose: bool) -> Goal:
        """Whether the group matches; raises Unclear when it cannot be matched strictly."""
        if not loose and (not group.clear or group.names & self.hidden or (group.names & group.elsewhere) - bound):
            raise Unclear
        ways = list(self._ways(group, bound=bound, loose=loose))
        goal: Goal = _there
        for way in reversed(ways):
            goal = way(goal)
        return goal

    def _ways(self, group: Group, *, bound: frozenset[str], loose: bool) -> Iterator[Callable[[Goal], Goal]]:
        edges = list(group.edges)
        tests = [*self._conditions(group, loose=loose), *self._groups(group, bound=bound, loose=loose)]
        while True:
            for test in [test for test in tests if test.names <= bound]:
                tests.remove(test)
                yield partial(_tested, test.made(bound))
            edge = min(edges, key=partial(_cost, bound=bound), default=None)
            if edge is None or _cost(edge, bound=bound) == _NEVER:
                break
            edges.remove(edge)
            yield _way(edge, bound=bound, loose=loose)
            bound |= edge.names
        if not loose and (edges or tests):
            raise Unclear

    def _conditions(self, group: Group, *, loose: bool) -> Iterator["_Test"]:
        for each in group.filters:
            yield _Test(frozenset(each.names), partial(self._condition, each, loose=loose))

    def _groups(self, group: Group, *, bound: frozenset[str], loose: bool) -> Iterator["_Test"]:
        reachable = bound.union(*(edge.names for edge in group.edges))
        for negated, groups in ((False, group.present), (True, group.absent)):
            for inner in groups:
                yield _Test(inner.names & reachable, partial(self._inner, inner, negated=negated, loose=loose))

    def _inner(self, inner: Group, bound: frozenset[str], *, negated: bool, loose: bool) -> Goal:
        try:
            goal = self.goal(inner, bound=bound, loose=loose != negated)
        except Unclear:
            if not loose:
                raise
            return _there
        return (lambda state: not goal(state)) if negated else goal

    def _condition(self, condition: Filter, _bound: frozenset[str], *, loose: bool) -> Goal:
        asked = _Asked(condition, self.prefixes)
        ask, names = _quick(condition, asked=asked) or asked, condition.names

        def goal(state: _State) -> bool:
            found = ask(*(state.bound[name] for name in names))
            return loose if found is None else found

        return goal


@dataclass(frozen=True)
class _Test:
    """A condition or a group of (NOT) EXISTS: which variables must be bound for it, and what makes its goal of those that are."""

    names: frozenset[str]
    made: Callable[[frozenset[str]], Goal]


def _there(_state: _State) -> bool:
    return True


def _tested(test: Goal, goal: Goal) -> Goal:
    return lambda state: test(state) and goal(state)


_NEVER: Final = 5


def _cost(edge: Edge, *, bound: frozenset[str]) -> int:
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


def _way(edge: Edge, *, bound: frozenset[str], loose: bool) -> Callable[[Goal], Goal]:
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

    def run(state: _State) -> bool:
        node = state.bound[start] if isinstance(start, str) else start
        for found in _spent(state, step(state.data, node)):
            state.bound[name] = found
            if goal(state):
                return True
        return False

    return run


def _linked(edge: Edge, loose: bool, goal: Goal) -> Goal:
    """The step leads from the one to the other, and the rest is there."""

    def run(state: _State) -> bool:
        subject, target = (state.bound[end] if isinstance(end, str) else end for end in (edge.subject, edge.target))
        assert edge.forward is not None
        others = _spent(state, edge.forward(state.data, subject))
        return _among(target, others, loose=loose) and goal(state)

    return run


def _any_predicate(edge: Edge, bound: frozenset[str], loose: bool, goal: Goal) -> Goal:
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
        raise Enough
    return found


def _among(term: Term, others: Sequence[Term], *, loose: bool) -> bool:
    return term in others or (loose and is_value(term) and any(is_value(other) for other in others))


def _quick(condition: Filter, *, asked: "_Asked") -> Callable[..., bool | None] | None:
    """Conditions that only ask what kind of term something is, or whether two resources are the same."""
    if kind := _FOUND.fullmatch(condition.text):
        wanted, negated = _KINDS[kind[2].lower()], bool(kind[1])
        return lambda term: isinstance(term, wanted) != negated
    if (same := _EQUAL.fullmatch(condition.text)) and same[1] != same[3]:
        negated = bool(same[2])
        return lambda one, other: (one == other) != negated if is_resource(one) and is_resource(other) else asked(one, other)
    return None


@dataclass(frozen=True)
class _Asked:
    """A condition, whose value Oxigraph gives and which is remembered; None where it is not asked."""

    condition: Filter
    prefixes: Mapping[str, str]
    _remembered: Callable[..., bool | None] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_remembered", lru_cache(maxsize=4_096)(self._ask))

    def __call__(self, *terms: Term) -> bool | None:
        """Whether the condition holds for the values of its variables."""
        for term in terms:
            if isinstance(term, ox.BlankNode) or (isinstance(term, ox.Literal) and len(term.value) > _LONGEST):
                return None
        return self._remembered(*terms)

    def _ask(self, *terms: Term) -> bool | None:
        names = " ".join(f"?{name}" for name in self.condition.names)
        text = _CONDITION.replace("NAMES", names, 1).replace("CONDITION", self.condition.text, 1)
        values: dict[ox.Variable, Term | ox.Triple] = {
            ox.Variable(name): term for name, term in zip(self.condition.names, terms, strict=True)
        }
        try:
            solutions = _EMPTY.query(text, prefixes=dict(self.prefixes), substitutions=values)
        except SyntaxError:
            return None
        assert isinstance(solutions, ox.QuerySolutions)
        found = next(iter(solutions))["found"]
        return isinstance(found, ox.Literal) and found.value == "true"
