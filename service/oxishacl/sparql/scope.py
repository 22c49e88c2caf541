"""Where the variables of a query are in scope (SPARQL 1.1, sections 18.2.1 and 19.8, notes 12 and 13), and the rules that rest on it."""

from collections.abc import Callable, Iterator
from typing import NoReturn

from oxishacl.sparql.syntax import (
    Bind,
    Element,
    Exists,
    Expression,
    Filter,
    Group,
    InlineData,
    Minus,
    NamedGraph,
    Operation,
    OptionalGroup,
    Path,
    Query,
    Service,
    SubSelect,
    TriplePattern,
    Union,
    Variable,
    is_aggregate,
    subexpressions,
)

Error = Callable[..., NoReturn]
"""Raises the error of a code, for the place at an offset, with values."""


def group_variables(group: Group) -> frozenset[str]:
    """The names of the variables that are in scope at the end of the group: those that its solutions may bind."""
    return frozenset(name for element in group.elements for name in element_variables(element))


def element_variables(element: Element) -> frozenset[str]:
    """The names of the variables that the element may bind."""
    match element:
        case TriplePattern(subject, path, target):
            return _names(subject, path, target)
        case Bind(_, variable):
            return frozenset({variable.name})
        case OptionalGroup(group):
            return group_variables(group)
        case NamedGraph(name, group) | Service(name, group):
            return group_variables(group) | _names(name)
        case Union(groups):
            return frozenset[str]().union(*map(group_variables, groups))
        case InlineData(variables):
            return _names(*variables)
        case SubSelect(query):
            return query_variables(query)
        case Filter() | Minus():
            return frozenset()


def query_variables(query: Query) -> frozenset[str]:
    """The names of the variables that a SELECT returns."""
    if query.projection is not None:
        return frozenset(projection.variable.name for projection in query.projection)
    return group_variables(query.where) | (frozenset() if query.values is None else _names(*query.values.variables))


def expression_variables(expression: Expression) -> frozenset[str]:
    """The names of the variables that the expression mentions, without those inside EXISTS."""
    return frozenset(part.name for part in subexpressions(expression) if isinstance(part, Variable))


def all_variables(group: Group) -> frozenset[str]:
    """The names of all variables between the braces of the group, at every depth."""
    names: set[str] = set()
    for element in group.elements:
        names |= element_variables(element)
        for expression in element_expressions(element):
            names |= expression_variables(expression)
        names = names.union(*map(all_variables, inner_groups(element)))
        if isinstance(element, SubSelect):
            names |= all_variables(element.query.where)
    return frozenset(names)


def query_expressions(query: Query) -> tuple[Expression, ...]:
    """The expressions of SELECT, GROUP BY, HAVING and ORDER BY."""
    selected = (projection.expression for projection in query.projection or () if projection.expression is not None)
    return (*selected, *(key.expression for key in (*query.group_keys, *query.order)), *query.having)


def element_expressions(element: Element) -> tuple[Expression, ...]:
    """The expression of FILTER or BIND; none for other elements."""
    match element:
        case Filter(expression) | Bind(expression):
            return (expression,)
        case _:
            return ()


def inner_groups(element: Element) -> Iterator[Group]:
    """The groups directly within the element, those of EXISTS in its expressions too, but not the group of a sub-select."""
    match element:
        case OptionalGroup(group) | Minus(group) | NamedGraph(_, group) | Service(_, group):
            yield group
        case Union(groups):
            yield from groups
        case Filter(expression) | Bind(expression):
            yield from exists_groups(expression)
        case _:
            return


def query_groups(query: Query) -> Iterator[Group]:
    """The groups of the query at every depth, without those of its sub-selects."""
    groups = [query.where, *(group for expression in query_expressions(query) for group in exists_groups(expression))]
    for group in groups:
        yield group
        groups += (inner for element in group.elements for inner in inner_groups(element))


def subqueries(query: Query) -> Iterator[Query]:
    """The query and its sub-selects at every depth."""
    yield query
    for group in query_groups(query):
        for element in group.elements:
            if isinstance(element, SubSelect):
                yield from subqueries(element.query)


def expressions_of(query: Query) -> Iterator[Expression]:
    """Every expression of the query and its parts at every depth, without those of its sub-selects."""
    in_groups = (expression for group in query_groups(query) for element in group.elements for expression in element_expressions(element))
    for expression in (*query_expressions(query), *in_groups):
        yield from subexpressions(expression)


def assigned_variables(query: Query) -> Iterator[str]:
    """The variables to which the query gives values by AS or VALUES, without those of its sub-selects."""
    for group in query_groups(query):
        for element in group.elements:
            if isinstance(element, Bind):
                yield element.variable.name
            elif isinstance(element, InlineData):
                yield from _names(*element.variables)
    yield from (projection.variable.name for projection in query.projection or () if projection.expression is not None)
    yield from (key.variable.name for key in query.group_keys if key.variable is not None)
    yield from () if query.values is None else _names(*query.values.variables)


def exists_groups(expression: Expression) -> Iterator[Group]:
    """The groups of EXISTS in the expression."""
    return (part.group for part in subexpressions(expression) if isinstance(part, Exists))


def _names(*parts: Path | Variable | object) -> frozenset[str]:
    return frozenset(part.name for part in parts if isinstance(part, Variable))


def check_scope(query: Query, *, error: Error) -> None:
    """Check that no variable gets a value twice, and that what is selected beside an aggregate is grouped."""
    _check_group(query.where, error=error)
    visible = set(group_variables(query.where))
    for key in query.group_keys:
        _check_expression(key.expression, error=error, allow_aggregates=False)
        if key.variable is not None:
            _assign(key.variable, key.offset, visible=visible, error=error)
    for projection in query.projection or ():
        if projection.expression is not None and query.form == "SELECT":
            _check_expression(projection.expression, error=error)
            _assign(projection.variable, projection.offset, visible=visible, error=error)
    for expression in (*query.having, *(key.expression for key in query.order)):
        _check_expression(expression, error=error)
    if query.form == "SELECT" and query.aggregates:
        _check_grouping(query, error=error)


def _assign(variable: Variable, offset: int, *, visible: set[str], error: Error) -> None:
    if variable.name in visible:
        error("query-assigned-twice", offset, variable=variable.name)
    visible.add(variable.name)


def _check_grouping(query: Query, *, error: Error) -> None:
    """19.8, note 12: « only expressions consisting of aggregates and constants may be projected », and what is grouped."""
    if query.projection is None:
        error("query-star-grouped", query.offset)
    grouped = {
        variable.name for key in query.group_keys for variable in (key.variable or key.expression,) if isinstance(variable, Variable)
    }
    for projection in query.projection:
        names = {projection.variable.name} if projection.expression is None else _ungrouped(projection.expression)
        for name in sorted(names - grouped):
            error("query-not-grouped", projection.offset, variable=name)
        grouped.add(projection.variable.name)


def _ungrouped(expression: Expression) -> set[str]:
    """The variables that the expression mentions outside of aggregates."""
    if isinstance(expression, Variable):
        return {expression.name}
    if isinstance(expression, Operation) and not is_aggregate(expression):
        return set[str]().union(*map(_ungrouped, expression.operands))
    return set()


def _check_group(group: Group, *, error: Error) -> None:
    visible: set[str] = set()
    for element in group.elements:
        if isinstance(element, Bind):
            _assign(element.variable, element.offset, visible=visible, error=error)
        expressions = element_expressions(element)
        for expression in expressions:
            _check_expression(expression, error=error, allow_aggregates=False)
        for inner in () if expressions else inner_groups(element):
            _check_group(inner, error=error)
        if isinstance(element, SubSelect):
            check_scope(element.query, error=error)
        visible |= element_variables(element)


def _check_expression(expression: Expression, *, error: Error, allow_aggregates: bool = True) -> None:
    for part in subexpressions(expression):
        if isinstance(part, Exists):
            _check_group(part.group, error=error)
        if isinstance(part, Operation) and is_aggregate(part) and not allow_aggregates:
            error("query-aggregate", part.offset, name=part.name)
