"""The constraint components of SHACL Core (SHACL 1.0, section 4), one module per family.

Each module has a table `BUILDERS`: the local name of the parameter that declares a constraint, and the function that compiles it.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

import pyoxigraph as ox

from oxishacl.constraints import cardinality, logical, other, property_pair, shape_based, string_based, value_range, value_type
from oxishacl.shape import ValueCheck, ValueTest
from oxishacl.shapes_graph import ShapeDeclaration
from oxishacl.terms import sh

Builder = Callable[[ShapeDeclaration], Iterator[ValueCheck | ValueTest]]

BUILDERS: Final[Mapping[ox.NamedNode, Builder]] = MappingProxyType(
    {
        sh(name): builder
        for family in (value_type, cardinality, value_range, string_based, property_pair, logical, shape_based, other)
        for name, builder in family.BUILDERS.items()
    }
)
"""Parameter to the function that compiles the constraints which a shape declares with it."""

CARDINALITY: Final = frozenset(map(sh, cardinality.BUILDERS))
"""The parameters of the constraints on the number of value nodes."""

WITHOUT_VALUES: Final = frozenset(sh(name) for name in ("hasValue", "equals", "qualifiedValueShape"))
"""The parameters of the other constraints that can have results for a focus node without value nodes."""
