"""Looking up the triple patterns of a query in the index, as steps of a search that ends at the first certain match.

A goal says what comes of the rest of a query, given the bindings so far: NONE, POSSIBLE or CERTAIN. A step puts a look-up or a test before
a goal. Literals that are no strings are compared by their terms here and by their values in Oxigraph: there a match is only possible.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final

import pyoxigraph as ox
from msgspec import Struct, field, structs

from oxishacl import paths
from oxishacl.data_graph import Index
from oxishacl.paths import PathFunction, single_predicate
from oxishacl.sparql.conditions import is_value
from oxishacl.sparql.scope import element_variables
from oxishacl.sparql.syntax import Path, PathOperation, TriplePattern, Variable
from oxishacl.terms import Term

NONE, POSSIBLE, CERTAIN = 0, 1, 2

_MAX_LOOKUPS: Final = 2_000


class UndecidableError(Exception):
    """The index cannot say, or too much would have to be looked up."""


class Match(Struct):
    """The state of matching a query: the bindings so far, and what may still be looked up."""

    data: Index
    bindings: dict[str, Any]
    remaining: int = _MAX_LOOKUPS
    path_values: dict[tuple[int, Term], Sequence[Term]] = field(default_factory=dict)
    """The values of a pattern's path from a node, where both ends are bound: the same node is looked up again and again."""
    distinct: dict[tuple[Term | None, ...], tuple[set[Term], ...]] = field(default_factory=dict)
    """For each group of GROUP BY, by its keys: the values of each variable that HAVING counts."""

    def count(self, values: Sequence[Term]) -> Sequence[Term]:
        """The values, counted as looked up."""
        self.remaining -= 1 + len(values)
        if self.remaining < 0:
            raise UndecidableError
        return values


Goal = Callable[[Match], int]
"""The outcome of the rest of a query, given the bindings so far."""

Step = Callable[[Goal], Goal]
"""A look-up or a test, as a function of the goal that comes after it."""


class State(Struct, frozen=True):
    """What is known, while a query is compiled, of its variables at one place in it."""

    bound: frozenset[str]
    """The variables that have a term."""
    unsure: frozenset[str] = frozenset()
    """Those that have a term, none, or an unknown one."""
    foreign: frozenset[str] = frozenset()
    """Those that got their value outside of the group: the group's expressions do not see it, its patterns may only agree with it."""

    @property
    def assigned(self) -> frozenset[str]:
        """The variables that have a value of some kind."""
        return self.bound | self.unsure

    def with_bound(self, names: Iterable[str]) -> "State":
        """The state after these variables have got a term."""
        names = frozenset(names)
        return structs.replace(self, bound=self.bound | names, unsure=self.unsure - names, foreign=self.foreign - names)

    def with_unsure(self, names: Iterable[str]) -> "State":
        """The state after these variables may have got a value."""
        return structs.replace(self, unsure=self.unsure | (frozenset(names) - self.bound))


_UNREACHABLE: Final = 6


def lookup_cost(pattern: TriplePattern, *, state: State) -> int:
    """The cost of a look-up: lowest where both ends are known, higher where the known end is a term of the query's text."""
    if element_variables(pattern) & state.unsure:
        return _UNREACHABLE
    subject_known, object_known = (is_known(end, state=state) for end in (pattern.subject, pattern.object))
    if isinstance(pattern.path, Variable):
        return 3 if subject_known or object_known else _UNREACHABLE
    if subject_known and object_known:
        return 0
    if not subject_known and not object_known:
        return 5
    return 1 if isinstance(pattern.subject if subject_known else pattern.object, Variable) else 4


def is_known(term: object, *, state: State) -> bool:
    """Whether the term, or the value of the variable, is known."""
    return term.name in state.bound if isinstance(term, Variable) else True


def look_up(pattern: TriplePattern, *, state: State) -> Step | None:
    """The look-up of a triple pattern; None where the index cannot look it up."""
    subject_known, object_known = (is_known(end, state=state) for end in (pattern.subject, pattern.object))
    if isinstance(pattern.path, Variable):
        if not subject_known and not object_known:
            return None
        if len(element_variables(pattern)) < sum(isinstance(part, Variable) for part in (pattern.subject, pattern.path, pattern.object)):
            return None
        return partial(_match_any_predicate, pattern, state, subject_known)
    directions = _directions(pattern.path)
    if directions is None:
        return None
    forward, backward = directions
    if subject_known and object_known:
        return partial(_match_both_ends, pattern, forward)
    if subject_known:
        assert isinstance(pattern.object, Variable)
        return partial(_bind_values, pattern.subject, forward, pattern.object.name)
    assert isinstance(pattern.subject, Variable)
    if object_known:
        return partial(_bind_values, pattern.object, backward, pattern.subject.name)
    first = _first_predicate(pattern.path)
    if first is None:
        return None
    same_end = pattern.object == pattern.subject
    assert isinstance(pattern.object, Variable)
    rest = partial(_match_both_ends, pattern, forward) if same_end else partial(_bind_values, pattern.subject, forward, pattern.object.name)
    return lambda goal: partial(_bind_subjects, first, pattern.subject.name, rest(goal))  # type: ignore[union-attr]


def is_nullable(path: Path | Variable) -> bool:
    """Whether the path leads from a node to itself without a triple."""
    if not isinstance(path, PathOperation):
        return False
    if path.operator in {"*", "?"}:
        return True
    return path.operator != "!" and (any if path.operator == "|" else all)(map(is_nullable, path.operands))


def from_data(start_of: Callable[[dict[str, Any]], Any], goal: Goal, doubtful: Goal, match: Match) -> int:
    """The goal; only possible where the path begins at a node that is not in the data: there Oxigraph finds no path of length zero."""
    node = start_of(match.bindings)
    return goal(match) if match.data.edges(node) or match.data.back_edges(node) else doubtful(match)


def _first_predicate(path: Path) -> ox.NamedNode | None:
    """The predicate with which every way along the path begins; None where there are several, or none is needed."""
    while isinstance(path, PathOperation):
        if path.operator not in {"/", "+"}:
            return None
        path = path.operands[0]
    return path


def _directions(path: Path) -> tuple[PathFunction, PathFunction] | None:
    """The path from subject to object, and from object to subject; None where the index cannot follow it."""
    if isinstance(path, ox.NamedNode):
        return paths.predicate_function(path), _inverse(path)
    inner = [_directions(operand) for operand in path.operands] if path.operator != "!" else [None]
    known = [directions for directions in inner if directions is not None]
    if len(known) != len(inner):
        return None
    forward, backward = [one for one, _ in known], [other for _, other in known]
    match path.operator:
        case "/":
            return paths.sequence_function(forward), paths.sequence_function(reversed(backward))
        case "|":
            return paths.alternative_function(forward), paths.alternative_function(backward)
        case "^":
            return backward[0], forward[0]
        case quantifier:
            return paths.quantified_function(forward[0], quantifier), paths.quantified_function(backward[0], quantifier)


def _inverse(predicate: ox.NamedNode) -> PathFunction:
    def subjects(data: Index, node: Term) -> Sequence[Term]:
        if is_value(node):
            raise UndecidableError
        return data.back_edges(node).get(predicate, ())

    return subjects


def getter(term: object) -> Callable[[dict[str, Any]], Any]:
    """The term, or the value of the variable, as a function of the bindings."""
    if isinstance(term, Variable):
        name = term.name
        return lambda bindings: bindings[name]
    return lambda _: term


def _bind_values(start: object, path: PathFunction, name: str, goal: Goal) -> Goal:
    """Bind the variable to each value of the path, until the goal is certain."""
    start_of, predicate = getter(start), single_predicate(path)

    def run(match: Match) -> int:
        node = start_of(match.bindings)
        # Most paths are a predicate.
        values = path(match.data, node) if predicate is None else match.data.edges(node).get(predicate, ())
        return _each(match, name, match.count(values), goal)

    return run


def _each(match: Match, name: str, values: Iterable[Term], goal: Goal) -> int:
    best, bindings = NONE, match.bindings
    for value in values:
        bindings[name] = value
        outcome = goal(match)
        if outcome == CERTAIN:
            return CERTAIN
        best = best or outcome
    return best


def _bind_subjects(predicate: ox.NamedNode, name: str, goal: Goal, match: Match) -> int:
    """Bind the variable to each subject of the predicate, until the goal is certain."""
    subjects: dict[Term, None] = {}
    for subject, _ in match.data.pairs(predicate):
        subjects[subject] = None
        if len(subjects) > match.remaining:
            raise UndecidableError
    return _each(match, name, match.count(tuple(subjects)), goal)


def _match_both_ends(pattern: TriplePattern, path: PathFunction, goal: Goal) -> Goal:
    """The path leads from the subject to the object, and the goal holds."""
    key, subject_of, object_of = id(pattern), getter(pattern.subject), getter(pattern.object)

    def run(match: Match) -> int:
        subject = subject_of(match.bindings)
        values = match.path_values.get((key, subject))
        if values is None:
            values = match.path_values[key, subject] = match.count(path(match.data, subject))
        return _agreeing(object_of(match.bindings), values, goal, match)

    return run


def _agreeing(term: Term, values: Sequence[Term], goal: Goal, match: Match) -> int:
    """The goal where the term is among the values; only possible where another form of its value may be."""
    if term in values:
        return goal(match)
    if is_value(term) and any(is_value(value) for value in values):
        return POSSIBLE if goal(match) else NONE
    return NONE


def _match_any_predicate(pattern: TriplePattern, state: State, from_subject: bool, goal: Goal) -> Goal:
    """Bind the predicate variable, and the variable at the other end if it is free, to each predicate and end until the goal is certain."""
    assert isinstance(pattern.path, Variable)
    variable, start, end = pattern.path.name, pattern.subject, pattern.object
    if not from_subject:
        start, end = end, start
    start_of, end_of = getter(start), getter(end) if is_known(end, state=state) else None
    predicate_known = variable in state.bound

    def run(match: Match) -> int:
        node, target = start_of(match.bindings), None if end_of is None else end_of(match.bindings)
        if not from_subject and is_value(node):
            raise UndecidableError
        edges = match.data.edges(node) if from_subject else match.data.back_edges(node)
        best = NONE
        for predicate in [match.bindings[variable]] if predicate_known else list(edges):
            ends = match.count(edges.get(predicate, ()))
            match.bindings[variable] = predicate
            if target is not None:
                outcome = _agreeing(target, ends, goal, match)
            else:
                assert isinstance(end, Variable)
                outcome = _each(match, end.name, ends, goal)
            if outcome == CERTAIN:
                return CERTAIN
            best = best or outcome
        return best

    return run
