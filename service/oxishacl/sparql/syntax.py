"""The abstract syntax of a SPARQL 1.1 query (SPARQL 1.1, sections 18.2 and 19.8), as `parse_query` gives it.

Terms are those of pyoxigraph. A blank node of the query is a variable whose name no query can write. Offsets are those of the query's text.
"""

from collections.abc import Iterator
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

AGGREGATES: Final = frozenset({"COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"})


class Variable(Struct, frozen=True):
    """A variable by its name, without `?` or `$`; that of a blank node begins with `_:`."""

    name: str


PatternTerm = ox.NamedNode | ox.Literal | Variable


class PathOperation(Struct, frozen=True):
    """A property path (section 9.1): `operator` is one of `/ | ^ * + ? !`; the operands of `!` are predicates or inverse predicates."""

    operator: str
    operands: "tuple[Path, ...]"


Path = ox.NamedNode | PathOperation


class Operation(Struct, frozen=True):
    """An operator, function or aggregate with its operands; the name of a function in capitals, or its IRI in angle brackets."""

    name: str
    operands: "tuple[Expression, ...]"
    offset: int
    is_distinct: bool = False


class Exists(Struct, frozen=True):
    """EXISTS or NOT EXISTS."""

    group: "Group"
    is_negated: bool


Expression = Variable | ox.NamedNode | ox.Literal | Operation | Exists


class TriplePattern(Struct, frozen=True):
    """A triple pattern or path pattern."""

    subject: PatternTerm
    path: Path | Variable
    object: PatternTerm


class Filter(Struct, frozen=True):
    """FILTER: a condition on the solutions of its group."""

    condition: Expression


class Bind(Struct, frozen=True):
    """BIND: the value of an expression as a variable."""

    expression: Expression
    variable: Variable
    offset: int
    """The offset of the variable."""


class OptionalGroup(Struct, frozen=True):
    """OPTIONAL."""

    group: "Group"


class Union(Struct, frozen=True):
    """Two or more groups joined by UNION."""

    groups: "tuple[Group, ...]"


class Minus(Struct, frozen=True):
    """MINUS."""

    group: "Group"


class NamedGraph(Struct, frozen=True):
    """GRAPH with an IRI or a variable."""

    name: ox.NamedNode | Variable
    group: "Group"
    offset: int
    """The offset of the name."""


class Service(Struct, frozen=True):
    """SERVICE with an IRI or a variable."""

    name: ox.NamedNode | Variable
    group: "Group"


class InlineData(Struct, frozen=True):
    """VALUES, by its variables."""

    variables: tuple[Variable, ...]


class SubSelect(Struct, frozen=True):
    """A SELECT within a group."""

    query: "Query"


Element = TriplePattern | Filter | Bind | OptionalGroup | Union | Minus | NamedGraph | Service | InlineData | SubSelect
"""An element of a group; a group within a group is a Union of one."""


class Group(Struct, frozen=True):
    """A group: its elements in order, and the offsets after its opening brace and before its closing one."""

    elements: tuple[Element, ...]
    start: int
    end: int


class Projection(Struct, frozen=True):
    """A variable that SELECT returns, its expression where it has one, and the offset of the variable."""

    variable: Variable
    expression: Expression | None
    offset: int


class GroupKey(Struct, frozen=True):
    """A condition of GROUP BY or ORDER BY: an expression, the variable for its value, if any, and the offset of the last of the two."""

    expression: Expression
    variable: Variable | None
    offset: int


class Query(Struct, frozen=True):
    """A query or sub-select."""

    form: str
    """SELECT, ASK, CONSTRUCT or DESCRIBE."""
    offset: int
    """The offset of the word of its form."""
    where: Group
    projection: tuple[Projection, ...] | None = None
    """What SELECT or DESCRIBE names; None for `*` and for the other forms."""
    has_dataset: bool = False
    """Whether it has FROM."""
    group_keys: tuple[GroupKey, ...] = ()
    having: tuple[Expression, ...] = ()
    order: tuple[GroupKey, ...] = ()
    """The conditions of ORDER BY, without variables for their values."""
    limit: int | None = None
    offset_of_solutions: int | None = None
    values: InlineData | None = None

    @property
    def aggregates(self) -> bool:
        """Whether solutions are grouped (section 18.2.4.1): by GROUP BY, or into one group by an aggregate."""
        expressions = [projection.expression for projection in self.projection or ()]
        return bool(self.group_keys) or any(
            is_aggregate(part)
            for expression in (*expressions, *self.having, *(key.expression for key in self.order))
            if expression is not None
            for part in subexpressions(expression)
        )


def is_aggregate(expression: Expression) -> bool:
    """Whether the expression itself is an aggregate."""
    return isinstance(expression, Operation) and expression.name in AGGREGATES


def subexpressions(expression: Expression) -> Iterator[Expression]:
    """The expression and its operands at every depth, without those inside EXISTS."""
    yield expression
    if isinstance(expression, Operation):
        for operand in expression.operands:
            yield from subexpressions(operand)
