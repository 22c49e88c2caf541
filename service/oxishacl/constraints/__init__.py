"""The constraint components of SHACL Core (SHACL 1.0, section 4), one module a family.

Each module holds a table `BUILDERS`: the parameter that makes a shape have the constraint, and the function that compiles it.
"""

from collections.abc import Callable, Iterator
from types import MappingProxyType
from typing import Final

from oxishacl.constraints import cardinality, logical, other, property_pair, shape_based, string_based, value_range, value_type
from oxishacl.shape import Check, Test
from oxishacl.shapes_graph import ShapeDeclaration
from oxishacl.terms import sh

Builder = Callable[[ShapeDeclaration], Iterator[Check | Test]]

BUILDERS: Final = MappingProxyType(
    {
        sh(name): builder
        for family in (value_type, cardinality, value_range, string_based, property_pair, logical, shape_based, other)
        for name, builder in family.BUILDERS.items()
    }
)
"""The parameter of each component to the function that compiles a shape's constraints of that kind."""

COUNTING: Final = frozenset(map(sh, cardinality.BUILDERS))
"""The parameters of the components that only look at how many value nodes there are."""

OF_NONE: Final = frozenset(sh(name) for name in ("hasValue", "equals", "qualifiedValueShape"))
"""The parameters of those other components that may find something where there are no value nodes; the rest look at each value node."""
