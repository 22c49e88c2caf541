"""The prefilter of SPARQL constraints: what the index can say of a query's solutions before Oxigraph evaluates it.

Parsing and planning a query costs Oxigraph some 0.2 ms whatever the data, and most constraints find nothing in most documents. The syntax
tree of the query is matched against the index with three outcomes: NONE (Oxigraph would find no solution), CERTAIN (it would find one), and
POSSIBLE. What is not understood is POSSIBLE. All solutions come from Oxigraph: only what has none is left out.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial, reduce
from typing import Any, Final

import pyoxigraph as ox
from msgspec import Struct, field, structs

from oxishacl import paths
from oxishacl.data_graph import Index
from oxishacl.paths import PathFunction, single_predicate
from oxishacl.sparql.conditions import (
    UNDECIDED,
    UNKNOWN,
    Condition,
    Value,
    condition_of,
    conjunction,
    disjunction,
    effective_boolean,
    is_value,
    negated,
    truth,
    value_of,
    value_of_term,
)
from oxishacl.sparql.scope import all_variables, element_variables, exists_groups, expression_variables, group_variables
from oxishacl.sparql.syntax import (
    Bind,
    Element,
    Exists,
    Expression,
    Filter,
    Group,
    Operation,
    OptionalGroup,
    Path,
    PathOperation,
    Query,
    TriplePattern,
    Union,
    Variable,
)
from oxishacl.terms import Term

NONE, POSSIBLE, CERTAIN = 0, 1, 2

Prefilter = Callable[[Index, dict[str, Any]], int]
"""Whether a query has a solution in the data, with these values of its pre-bound variables."""

_MAX_LOOKUPS: Final = 2_000


class _UndecidableError(Exception):
    """The index cannot say, or too much would have to be looked up."""


class _Match(Struct):
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
            raise _UndecidableError
        return values


_Goal = Callable[[_Match], int]
"""The outcome of the rest of a query, given the bindings so far."""

_Step = Callable[[_Goal], _Goal]
"""A look-up or a test, as a function of the goal that comes after it."""


class _State(Struct, frozen=True):
    """What is known, while a query is compiled, of its variables at one place in it."""

    bound: frozenset[str]
    """The variables that have a term."""
    unsure: frozenset[str] = frozenset()
    """Those that have a term, none, or an unknown one."""
    foreign: frozenset[str] = frozenset()
    """Those that got their value outside of the group: the group's expressions do not see it, its patterns may only agree with it."""

    @property
    def assigned(self) -> frozenset[str]:
        return self.bound | self.unsure

    def with_bound(self, names: Iterable[str]) -> "_State":
        names = frozenset(names)
        return structs.replace(self, bound=self.bound | names, unsure=self.unsure - names, foreign=self.foreign - names)

    def with_unsure(self, names: Iterable[str]) -> "_State":
        return structs.replace(self, unsure=self.unsure | (frozenset(names) - self.bound))


def build_prefilter(query: Query, *, pre_bound: Collection[str] = ("this",)) -> Prefilter | None:
    """The prefilter of a query; None when nothing is known about it.

    NONE is certain for every query; CERTAIN is only told of ASK, where it saves the evaluation too.
    """
    is_ask = query.form == "ASK"
    if query.values is not None or (query.aggregates and (is_ask or not query.group_keys)):
        return None
    if is_ask and (query.having or query.limit is not None or query.offset_of_solutions is not None):
        return None
    planner = _Planner(frozenset(pre_bound), is_loose=not is_ask)
    steps, state = planner.steps(query.where, state=_State(frozenset(pre_bound)))
    goal = _folded(steps, _having(query, bound=state.bound))

    def outcome(data: Index, bindings: dict[str, Any]) -> int:
        try:
            return goal(_Match(data, bindings))
        except _UndecidableError:
            return POSSIBLE

    return outcome


def _certain(_match: _Match) -> int:
    return CERTAIN


def _having(query: Query, *, bound: frozenset[str]) -> _Goal:
    """That the group of this match has enough distinct values, where HAVING says « COUNT(DISTINCT ?x) > n »; the matches before count too.

    Keys that may have no value are left out: groups may be too large here, never too small.
    """
    minimums = dict(_minimum(part) for expression in query.having for part in _conjuncts(expression) if _minimum(part)[0] in bound)
    keys = [key.expression.name for key in query.group_keys if isinstance(key.expression, Variable) and key.expression.name in bound]
    return partial(_count, keys, minimums) if minimums else _certain


def _minimum(condition: Expression) -> tuple[str, int]:
    """The variable and the number of « COUNT(DISTINCT ?variable) > number »; no variable for other conditions."""
    match condition:
        case Operation(">", (Operation("COUNT", (Variable(name),), _, True), ox.Literal() as number)) if number.value.isdigit():
            return name, int(number.value)
        case _:
            return "", 0


def _count(keys: Sequence[str], minimums: Mapping[str, int], match: _Match) -> int:
    # Two forms of a literal may be one value to Oxigraph.
    group = tuple([None if is_value(term := match.bindings[key]) else term for key in keys])
    distinct = match.distinct.setdefault(group, tuple(set() for _ in minimums))
    for values, name in zip(distinct, minimums, strict=True):
        values.add(match.bindings[name])
    return CERTAIN if all(len(values) > least for values, least in zip(distinct, minimums.values(), strict=True)) else NONE


def _folded(steps: Sequence[_Step], goal: _Goal) -> _Goal:
    return reduce(lambda rest, step: step(rest), reversed(steps), goal)


class _Planner(Struct, frozen=True):
    """Compiles groups to steps; the order of look-ups and tests is settled here."""

    pre_bound: frozenset[str]
    is_loose: bool
    """Whether POSSIBLE is as good as CERTAIN, so that the first match ends the search."""

    def steps(self, group: Group, *, state: _State) -> tuple[list[_Step], _State]:
        """The look-ups and tests of the group in their order, and the state after it."""
        compiler = _GroupCompiler(self, group, state)
        for element in group.elements:
            compiler.add(element)
        return compiler.finished()

    def uncertain(self, goal: _Goal) -> _Goal:
        """The goal, which can no longer be certain."""
        return goal if self.is_loose else lambda match: POSSIBLE if goal(match) else NONE

    def exists(self, group: Group, *, state: _State) -> Condition:
        """Whether the group has a solution: TRUE, FALSE or UNDECIDED."""
        if all_variables(group) & state.foreign:
            return _undecided
        steps, _ = _Planner(self.pre_bound, is_loose=False).steps(group, state=state)
        return _folded(steps, _certain)

    def condition(self, expression: Expression, *, state: _State) -> Condition:
        """The expression as a condition."""
        match expression:
            case Exists(group, is_negated):
                exists = self.exists(group, state=state)
                return (lambda match: negated(exists(match))) if is_negated else exists
            case Operation("&&" | "||", operands):
                left, right = (self.condition(operand, state=state) for operand in operands)
                combined = conjunction if expression.name == "&&" else disjunction
                return lambda match: combined((left(match), right(match)))
            case Operation("!", (operand,)):
                inner = self.condition(operand, state=state)
                return lambda match: negated(inner(match))
            case Operation("BOUND", (Variable(name),)):
                value = self._variable(name, state=state)
                return lambda match: UNDECIDED if (term := value(match)) is UNKNOWN else truth(term is not None)
            case Operation(_, operands):
                decided = condition_of(expression, values=[self.value(operand, state=state) for operand in operands])
                if decided is not None:
                    return decided
        value = self.value(expression, state=state)
        return lambda match: effective_boolean(value(match))

    def value(self, expression: Expression, *, state: _State) -> Value:
        """The value of the expression."""
        return value_of(expression, variable=partial(self._variable, state=state), condition=partial(self.condition, state=state))

    def _variable(self, name: str, *, state: _State) -> Value:
        if name in state.foreign:
            return lambda _: UNKNOWN
        return (lambda match: value_of_term(match.bindings[name])) if name in state.assigned else lambda _: None


def _undecided(_match: _Match) -> int:
    return UNDECIDED


class _GroupCompiler:
    """Compiles the elements of one group in their order; triple patterns are looked up in the order of their cost."""

    def __init__(self, planner: _Planner, group: Group, state: _State) -> None:
        self.planner, self.state = planner, state
        self.scope = group_variables(group) | state.assigned - state.foreign
        self.patterns: list[TriplePattern] = []
        self.filters = [part for element in group.elements if isinstance(element, Filter) for part in _conjuncts(element.condition)]
        self.steps: list[_Step] = []

    def add(self, element: Element) -> None:
        """Add the steps of an element; triple patterns and filters wait until their turn."""
        if isinstance(element, TriplePattern):
            self.patterns.append(element)
            return
        if isinstance(element, Filter):
            return
        self._look_up_patterns()
        match element:
            case Bind(expression, variable):
                self._bind(expression, variable.name)
            case Union(groups):
                self._union(groups)
            case OptionalGroup(group):
                self._optional(group)
            case _:
                self._unknown(element_variables(element))

    def finished(self) -> tuple[list[_Step], _State]:
        """The steps of the group, and the state after it."""
        self._look_up_patterns()
        for condition in self.filters:
            self._test(condition)
        return self.steps, self.state

    def _test_what_can_be(self) -> None:
        """Test each condition as soon as no later element can change the value of its variables."""
        for condition in list(self.filters):
            if _mentioned(condition) & self.scope <= self.state.bound - self.state.foreign:
                self.filters.remove(condition)
                self._test(condition)

    def _test(self, condition: Expression) -> None:
        test, uncertain = self.planner.condition(condition, state=self.state), self.planner.uncertain
        self.steps.append(partial(_tested, test, uncertain))

    def _look_up_patterns(self) -> None:
        while True:
            self._test_what_can_be()
            pattern = min(self.patterns, key=partial(_cost, state=self.state), default=None)
            if pattern is None:
                return
            self.patterns.remove(pattern)
            names = element_variables(pattern)
            step = None if names & self.state.unsure else self._lookup(pattern)
            if step is None:
                self._unknown(names)
            else:
                self.steps.append(step)
                self.state = self.state.with_bound(names)

    def _lookup(self, pattern: TriplePattern) -> _Step | None:
        """The look-up of a pattern; None where the index cannot look it up."""
        step = _lookup(pattern, state=self.state)
        if step is None or self.planner.is_loose or not _is_nullable(pattern.path):
            return step
        start = pattern.subject if _is_known(pattern.subject, state=self.state) else pattern.object
        return lambda goal: partial(_from_data, _getter(start), step(goal), self.planner.uncertain(step(goal)))

    def _unknown(self, names: frozenset[str]) -> None:
        """An element that is not understood: it may match or not, and give its variables any value."""
        new, uncertain = names - self.state.bound, self.planner.uncertain
        self.steps.append(lambda goal: partial(_assigning, dict.fromkeys(new, UNKNOWN), uncertain(goal)))
        self.state = self.state.with_unsure(new)

    def _bind(self, expression: Expression, name: str) -> None:
        if name in self.state.assigned or exists_in(expression):
            self._unknown(frozenset({name}))
            return
        is_bound = isinstance(expression, ox.NamedNode | ox.Literal) or (
            isinstance(expression, Variable) and expression.name in self.state.bound - self.state.foreign
        )
        getter = _getter(expression)
        value = (lambda match: getter(match.bindings)) if is_bound else self.planner.value(expression, state=self.state)
        self.steps.append(lambda goal: partial(_binding, name, value, goal))
        self.state = self.state.with_bound({name}) if is_bound else self.state.with_unsure({name})

    def _inner_state(self) -> _State:
        """The state at the start of a group within this one: it sees the pre-bound variables only."""
        return structs.replace(self.state, foreign=self.state.assigned - self.planner.pre_bound)

    def _union(self, groups: Sequence[Group]) -> None:
        before = self.state
        branches = [self.planner.steps(group, state=self._inner_state()) for group in groups]
        bound = frozenset.intersection(*(state.bound for _, state in branches))
        own = frozenset.intersection(*(state.bound - state.foreign for _, state in branches))
        assigned = frozenset.union(*(state.assigned for _, state in branches))
        alternatives = [(dict.fromkeys(assigned - state.assigned), steps) for steps, state in branches]
        self.steps.append(lambda goal: partial(_any, [partial(_assigning, absent, _folded(steps, goal)) for absent, steps in alternatives]))
        self.state = structs.replace(before, bound=bound, unsure=assigned - bound, foreign=before.foreign - own)

    def _optional(self, group: Group) -> None:
        before = self.state
        if all_variables(group) & (before.foreign | before.unsure):
            self._unknown(group_variables(group))
            return
        steps, after = self.planner.steps(group, state=self._inner_state())
        alone, _ = _Planner(self.planner.pre_bound, is_loose=False).steps(group, state=self._inner_state())
        exists, new = _folded(alone, _certain), after.assigned - before.assigned
        uncertain = self.planner.uncertain
        self.steps.append(
            lambda goal: partial(_left_join, exists, _folded(steps, goal), partial(_assigning, dict.fromkeys(new), goal), uncertain)
        )
        self.state = structs.replace(before, unsure=before.unsure | new)


def exists_in(expression: Expression) -> bool:
    """Whether EXISTS occurs in the expression."""
    return any(True for _ in exists_groups(expression))


def _conjuncts(expression: Expression) -> Iterable[Expression]:
    """The operands of « && », each of which a solution must fulfil."""
    if isinstance(expression, Operation) and expression.name == "&&":
        for operand in expression.operands:
            yield from _conjuncts(operand)
    else:
        yield expression


def _mentioned(expression: Expression) -> frozenset[str]:
    return expression_variables(expression).union(*map(all_variables, exists_groups(expression)))


def _tested(test: Condition, uncertain: Callable[[_Goal], _Goal], goal: _Goal) -> _Goal:
    doubtful = uncertain(goal)

    def run(match: _Match) -> int:
        result = test(match)
        return goal(match) if result == CERTAIN else doubtful(match) if result == UNDECIDED else NONE

    return run


def _assigning(values: dict[str, Any], goal: _Goal, match: _Match) -> int:
    match.bindings.update(values)
    return goal(match)


def _binding(name: str, value: Value, goal: _Goal, match: _Match) -> int:
    match.bindings[name] = value(match)
    return goal(match)


def _any(goals: Sequence[_Goal], match: _Match) -> int:
    best = NONE
    for goal in goals:
        best = max(best, goal(match))
        if best == CERTAIN:
            break
    return best


def _left_join(exists: Condition, extended: _Goal, alone: _Goal, uncertain: Callable[[_Goal], _Goal], match: _Match) -> int:
    result = exists(match)
    if result == UNDECIDED:
        return _any((uncertain(extended), uncertain(alone)), match)
    return extended(match) if result else alone(match)


_UNREACHABLE: Final = 6


def _cost(pattern: TriplePattern, *, state: _State) -> int:
    """The cost of a look-up: lowest where both ends are known, higher where the known end is a term of the query's text."""
    if element_variables(pattern) & state.unsure:
        return _UNREACHABLE
    subject_known, object_known = (_is_known(end, state=state) for end in (pattern.subject, pattern.object))
    if isinstance(pattern.path, Variable):
        return 3 if subject_known or object_known else _UNREACHABLE
    if subject_known and object_known:
        return 0
    if not subject_known and not object_known:
        return 5
    return 1 if isinstance(pattern.subject if subject_known else pattern.object, Variable) else 4


def _is_known(term: object, *, state: _State) -> bool:
    return term.name in state.bound if isinstance(term, Variable) else True


def _lookup(pattern: TriplePattern, *, state: _State) -> _Step | None:
    """The look-up of a triple pattern; None where the index cannot look it up."""
    subject_known, object_known = (_is_known(end, state=state) for end in (pattern.subject, pattern.object))
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


def _is_nullable(path: Path | Variable) -> bool:
    """Whether the path leads from a node to itself without a triple."""
    if not isinstance(path, PathOperation):
        return False
    if path.operator in {"*", "?"}:
        return True
    return path.operator != "!" and (any if path.operator == "|" else all)(map(_is_nullable, path.operands))


def _from_data(start_of: Callable[[dict[str, Any]], Any], goal: _Goal, doubtful: _Goal, match: _Match) -> int:
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
            raise _UndecidableError
        return data.back_edges(node).get(predicate, ())

    return subjects


def _getter(term: object) -> Callable[[dict[str, Any]], Any]:
    """The term, or the value of the variable, as a function of the bindings."""
    if isinstance(term, Variable):
        name = term.name
        return lambda bindings: bindings[name]
    return lambda _: term


def _bind_values(start: object, path: PathFunction, name: str, goal: _Goal) -> _Goal:
    """Bind the variable to each value of the path, until the goal is certain."""
    start_of, predicate = _getter(start), single_predicate(path)

    def run(match: _Match) -> int:
        node = start_of(match.bindings)
        # Most paths are a predicate.
        values = path(match.data, node) if predicate is None else match.data.edges(node).get(predicate, ())
        return _each(match, name, match.count(values), goal)

    return run


def _each(match: _Match, name: str, values: Iterable[Term], goal: _Goal) -> int:
    best, bindings = NONE, match.bindings
    for value in values:
        bindings[name] = value
        outcome = goal(match)
        if outcome == CERTAIN:
            return CERTAIN
        best = best or outcome
    return best


def _bind_subjects(predicate: ox.NamedNode, name: str, goal: _Goal, match: _Match) -> int:
    """Bind the variable to each subject of the predicate, until the goal is certain."""
    subjects: dict[Term, None] = {}
    for subject, _ in match.data.pairs(predicate):
        subjects[subject] = None
        if len(subjects) > match.remaining:
            raise _UndecidableError
    return _each(match, name, match.count(tuple(subjects)), goal)


def _match_both_ends(pattern: TriplePattern, path: PathFunction, goal: _Goal) -> _Goal:
    """The path leads from the subject to the object, and the goal holds."""
    key, subject_of, object_of = id(pattern), _getter(pattern.subject), _getter(pattern.object)

    def run(match: _Match) -> int:
        subject = subject_of(match.bindings)
        values = match.path_values.get((key, subject))
        if values is None:
            values = match.path_values[key, subject] = match.count(path(match.data, subject))
        return _agreeing(object_of(match.bindings), values, goal, match)

    return run


def _agreeing(term: Term, values: Sequence[Term], goal: _Goal, match: _Match) -> int:
    """The goal where the term is among the values; only possible where another form of its value may be."""
    if term in values:
        return goal(match)
    if is_value(term) and any(is_value(value) for value in values):
        return POSSIBLE if goal(match) else NONE
    return NONE


def _match_any_predicate(pattern: TriplePattern, state: _State, from_subject: bool, goal: _Goal) -> _Goal:
    """Bind the predicate variable, and the variable at the other end if it is free, to each predicate and end until the goal is certain."""
    assert isinstance(pattern.path, Variable)
    variable, start, end = pattern.path.name, pattern.subject, pattern.object
    if not from_subject:
        start, end = end, start
    start_of, end_of = _getter(start), _getter(end) if _is_known(end, state=state) else None
    is_known = variable in state.bound

    def run(match: _Match) -> int:
        node, target = start_of(match.bindings), None if end_of is None else end_of(match.bindings)
        if not from_subject and is_value(node):
            raise _UndecidableError
        edges = match.data.edges(node) if from_subject else match.data.back_edges(node)
        best = NONE
        for predicate in [match.bindings[variable]] if is_known else list(edges):
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
