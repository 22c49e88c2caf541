"""The prefilter of SPARQL constraints: what the index can say of a query's solutions before Oxigraph evaluates it.

Parsing and planning a query costs Oxigraph some 0.2 ms whatever the data, and most constraints find nothing in most documents. The syntax
tree of the query is matched against the index with three outcomes: NONE (Oxigraph would find no solution), CERTAIN (it would find one), and
POSSIBLE. What is not understood is POSSIBLE. All solutions come from Oxigraph: only what has none is left out.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial, reduce
from typing import Any, Final

import pyoxigraph as ox
from msgspec import Struct, structs

from oxishacl.data_graph import Index
from oxishacl.sparql.conditions import (
    FALSE,
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
from oxishacl.sparql.lookups import (
    CERTAIN,
    NONE,
    POSSIBLE,
    Goal,
    Match,
    State,
    Step,
    UndecidableError,
    from_data,
    getter,
    is_known,
    is_nullable,
    look_up,
    lookup_cost,
)
from oxishacl.sparql.scope import all_variables, element_variables, exists_groups, expression_variables, group_variables, inner_groups
from oxishacl.sparql.syntax import (
    Bind,
    Element,
    Exists,
    Expression,
    Filter,
    Group,
    Operation,
    OptionalGroup,
    Query,
    TriplePattern,
    Union,
    Variable,
)

# The compiled steps call one another: as many as this fit on the stack.
_MAX_SIZE: Final = 100
_NUMBER: Final = re.compile(r"[0-9]{1,15}")

Prefilter = Callable[[Index, dict[str, Any]], int]
"""Whether a query has a solution in the data, with these values of its pre-bound variables."""


def build_prefilter(query: Query, *, pre_bound: Collection[str] = ("this",)) -> Prefilter | None:
    """The prefilter of a query; None when nothing is known about it.

    NONE is certain for every query; CERTAIN is only told of ASK, where it saves the evaluation too.
    """
    is_ask = query.form == "ASK"
    if _size(query.where) > _MAX_SIZE:
        return None
    if query.values is not None or (query.aggregates and (is_ask or not query.group_keys)):
        return None
    if is_ask and (query.having or query.limit is not None or query.offset_of_solutions is not None):
        return None
    planner = _Planner(frozenset(pre_bound), is_loose=not is_ask)
    steps, state = planner.steps(query.where, state=State(frozenset(pre_bound)))
    goal = _folded(steps, _having(query, bound=state.bound))

    def outcome(data: Index, bindings: dict[str, Any]) -> int:
        try:
            return goal(Match(data, bindings))
        except UndecidableError:
            return POSSIBLE

    return outcome


def _size(group: Group) -> int:
    """How much there is to compile; an OPTIONAL group is compiled twice, and so is what is in it."""
    size = 0
    for element in group.elements:
        factor = 2 if isinstance(element, OptionalGroup) else 1
        size += 1 + factor * sum(_size(inner) for inner in inner_groups(element))
    return size


def _certain(_match: Match) -> int:
    return CERTAIN


def _having(query: Query, *, bound: frozenset[str]) -> Goal:
    """That the group of this match has enough distinct values, where HAVING says « COUNT(DISTINCT ?x) > n »; the matches before count too.

    Keys that may have no value are left out: groups may be too large here, never too small.
    """
    minimums = dict(_minimum(part) for expression in query.having for part in _conjuncts(expression) if _minimum(part)[0] in bound)
    keys = [key.expression.name for key in query.group_keys if isinstance(key.expression, Variable) and key.expression.name in bound]
    return partial(_count, keys, minimums) if minimums else _certain


def _minimum(condition: Expression) -> tuple[str, int]:
    """The variable and the number of « COUNT(DISTINCT ?variable) > number »; no variable for other conditions."""
    match condition:
        case Operation(">", (Operation("COUNT", (Variable(name),), _, True), ox.Literal() as number)) if _NUMBER.fullmatch(number.value):
            return name, int(number.value)
        case _:
            return "", 0


def _count(keys: Sequence[str], minimums: Mapping[str, int], match: Match) -> int:
    # Two forms of a literal may be one value to Oxigraph.
    group = tuple([None if is_value(term := match.bindings[key]) else term for key in keys])
    distinct = match.distinct.setdefault(group, tuple(set() for _ in minimums))
    for values, name in zip(distinct, minimums, strict=True):
        values.add(match.bindings[name])
    return CERTAIN if all(len(values) > least for values, least in zip(distinct, minimums.values(), strict=True)) else NONE


def _folded(steps: Sequence[Step], goal: Goal) -> Goal:
    return reduce(lambda rest, step: step(rest), reversed(steps), goal)


class _Planner(Struct, frozen=True):
    """Compiles groups to steps; the order of look-ups and tests is settled here."""

    pre_bound: frozenset[str]
    is_loose: bool
    """Whether POSSIBLE is as good as CERTAIN, so that the first match ends the search."""

    def steps(self, group: Group, *, state: State) -> tuple[list[Step], State]:
        """The look-ups and tests of the group in their order, and the state after it."""
        compiler = _GroupCompiler(self, group, state)
        for element in group.elements:
            compiler.add(element)
        return compiler.finished()

    def uncertain(self, goal: Goal) -> Goal:
        """The goal, which can no longer be certain."""
        return goal if self.is_loose else lambda match: POSSIBLE if goal(match) else NONE

    def exists(self, group: Group, *, state: State) -> Condition:
        """Whether the group has a solution: TRUE, FALSE or UNDECIDED."""
        if all_variables(group) & state.foreign:
            return _undecided
        steps, _ = _Planner(self.pre_bound, is_loose=False).steps(group, state=state)
        return _folded(steps, _certain)

    def condition(self, expression: Expression, *, state: State) -> Condition:
        """The expression as a condition."""
        match expression:
            case Exists(group, is_negated):
                exists = self.exists(group, state=state)
                return (lambda match: negated(exists(match))) if is_negated else exists
            case Operation("&&" | "||", operands):
                conditions = [self.condition(operand, state=state) for operand in operands]
                combined = conjunction if expression.name == "&&" else disjunction
                return lambda match: combined([condition(match) for condition in conditions])
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

    def value(self, expression: Expression, *, state: State) -> Value:
        """The value of the expression."""
        return value_of(expression, variable=partial(self._variable, state=state), condition=partial(self.condition, state=state))

    def _variable(self, name: str, *, state: State) -> Value:
        if name in state.foreign:
            return lambda _: UNKNOWN
        return partial(_value_of_variable, name) if name in state.assigned else lambda _: None


def _value_of_variable(name: str, match: Match) -> Any:
    term = match.bindings[name]
    if term.__class__ is not ox.Literal:
        return term
    value = match.data.values.get(term)
    if value is None:
        value = match.data.values[term] = value_of_term(term)
    return value


def _undecided(_match: Match) -> int:
    return UNDECIDED


class _GroupCompiler:
    """Compiles the elements of one group in their order; triple patterns are looked up in the order of their cost."""

    def __init__(self, planner: _Planner, group: Group, state: State) -> None:
        self.planner, self.state = planner, state
        self.scope = group_variables(group) | state.assigned - state.foreign
        self.patterns: list[TriplePattern] = []
        self.filters = [part for element in group.elements if isinstance(element, Filter) for part in _conjuncts(element.condition)]
        self.steps: list[Step] = []

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

    def finished(self) -> tuple[list[Step], State]:
        """The steps of the group, and the state after it."""
        self._look_up_patterns()
        for condition in sorted(self.filters, key=_has_exists):
            self._test(condition)
        return self.steps, self.state

    def _test_what_can_be(self) -> None:
        """Test each condition as soon as no later element can change the value of its variables."""
        # Those that look nothing up come first: where one of them fails, nothing is looked up.
        for condition in sorted(self.filters, key=_has_exists):
            if _mentioned(condition) & self.scope <= self.state.bound - self.state.foreign:
                self.filters.remove(condition)
                self._test(condition)

    def _test(self, condition: Expression) -> None:
        test = self.planner.condition(condition, state=self.state)
        self.steps.append(partial(_tested_loosely, test) if self.planner.is_loose else partial(_tested, test, self.planner.uncertain))

    def _look_up_patterns(self) -> None:
        while True:
            self._test_what_can_be()
            pattern = min(self.patterns, key=partial(lookup_cost, state=self.state), default=None)
            if pattern is None:
                return
            self.patterns.remove(pattern)
            names = element_variables(pattern)
            step = None if names & self.state.unsure else self._look_up(pattern)
            if step is None:
                self._unknown(names)
            else:
                self.steps.append(step)
                self.state = self.state.with_bound(names)

    def _look_up(self, pattern: TriplePattern) -> Step | None:
        """The look-up of a pattern; None where the index cannot look it up."""
        step = look_up(pattern, state=self.state)
        if step is None or self.planner.is_loose or not is_nullable(pattern.path):
            return step
        start = pattern.subject if is_known(pattern.subject, state=self.state) else pattern.object
        return lambda goal: partial(from_data, getter(start), step(goal), self.planner.uncertain(step(goal)))

    def _unknown(self, names: frozenset[str]) -> None:
        """An element that is not understood: it may match or not, and give its variables any value."""
        new, uncertain = names - self.state.bound, self.planner.uncertain
        self.steps.append(lambda goal: partial(_assigning, dict.fromkeys(new, UNKNOWN), uncertain(goal)))
        self.state = self.state.with_unsure(new)

    def _bind(self, expression: Expression, name: str) -> None:
        if name in self.state.assigned or _has_exists(expression):
            self._unknown(frozenset({name}))
            return
        is_bound = isinstance(expression, ox.NamedNode | ox.Literal) or (
            isinstance(expression, Variable) and expression.name in self.state.bound - self.state.foreign
        )
        read = getter(expression)
        value = (lambda match: read(match.bindings)) if is_bound else self.planner.value(expression, state=self.state)
        self.steps.append(lambda goal: partial(_binding, name, value, goal))
        self.state = self.state.with_bound({name}) if is_bound else self.state.with_unsure({name})

    def _inner_state(self) -> State:
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


def _conjuncts(expression: Expression) -> Iterable[Expression]:
    """The operands of « && », each of which a solution must fulfil."""
    if isinstance(expression, Operation) and expression.name == "&&":
        for operand in expression.operands:
            yield from _conjuncts(operand)
    else:
        yield expression


def _mentioned(expression: Expression) -> frozenset[str]:
    return expression_variables(expression).union(*map(all_variables, exists_groups(expression)))


def _has_exists(expression: Expression) -> bool:
    return any(True for _ in exists_groups(expression))


def _tested_loosely(test: Condition, goal: Goal) -> Goal:
    return lambda match: goal(match) if test(match) > FALSE else NONE


def _tested(test: Condition, uncertain: Callable[[Goal], Goal], goal: Goal) -> Goal:
    doubtful = uncertain(goal)

    def run(match: Match) -> int:
        result = test(match)
        return goal(match) if result == CERTAIN else doubtful(match) if result == UNDECIDED else NONE

    return run


def _assigning(values: dict[str, Any], goal: Goal, match: Match) -> int:
    match.bindings.update(values)
    return goal(match)


def _binding(name: str, value: Value, goal: Goal, match: Match) -> int:
    match.bindings[name] = value(match)
    return goal(match)


def _any(goals: Sequence[Goal], match: Match) -> int:
    best = NONE
    match.count(())
    for goal in goals:
        best = max(best, goal(match))
        if best == CERTAIN:
            break
    return best


def _left_join(exists: Condition, extended: Goal, alone: Goal, uncertain: Callable[[Goal], Goal], match: Match) -> int:
    match.count(())
    result = exists(match)
    if result == UNDECIDED:
        return _any((uncertain(extended), uncertain(alone)), match)
    return extended(match) if result else alone(match)
