"""The constraint components of SHACL Core (SHACL 1.0, section 4), one module a family.

Each module holds a table `BUILDERS`: the parameter that makes a shape have the constraint, and the function that compiles it.
"""

from collections.abc import Callable, Iterator
from types import MappingProxyType
from typing import Final

from observance.shacl.constraints import count, logic, other, pair, shaped, text, value, within
from observance.shacl.declaration import Declaration
from observance.shacl.shape import Check
from observance.shacl.terms import sh

Builder = Callable[[Declaration], Iterator[Check]]

BUILDERS: Final = MappingProxyType(
    {sh(name): builder for family in (value, count, within, text, pair, logic, shaped, other) for name, builder in family.BUILDERS.items()}
)
"""The parameter of each component to the function that compiles a shape's constraints of that kind."""

OF_NONE: Final = frozenset(sh(name) for name in ("minCount", "hasValue", "equals", "qualifiedValueShape"))
"""The parameters of the components that may find something where there are no value nodes; the others look at each value node."""
