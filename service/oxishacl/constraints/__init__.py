"""The constraint components of SHACL Core (SHACL 1.0, section 4), one module per family.

Each module has a table `BUILDERS`: the local name of the parameter that declares a constraint, and the function that compiles it.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

import pyoxigraph as ox

from oxishacl.constraints import cardinality, logical, other, property_pair, shacl12, shape_based, string_based, value_range, value_type
from oxishacl.shape import BatchCheck, ValueCheck, ValueTest
from oxishacl.shapes_graph import ShapeDeclaration
from oxishacl.terms import sh

Builder = Callable[[ShapeDeclaration], Iterator[ValueCheck | ValueTest]]

BUILDERS: Final[Mapping[ox.NamedNode, Builder]] = MappingProxyType(
    {
        sh(name): builder
        for family in (value_type, cardinality, value_range, string_based, property_pair, logical, shape_based, other, shacl12)
        for name, builder in family.BUILDERS.items()
    }
)
"""Parameter to the function that compiles the constraints which a shape declares with it."""

CARDINALITY: Final = frozenset(map(sh, cardinality.BUILDERS))
"""The parameters of the constraints on the number of value nodes."""

WITHOUT_VALUES: Final = frozenset(sh(name) for name in ("hasValue", "equals", "qualifiedValueShape", "someValue"))
"""The parameters of the other constraints that can have results for a focus node without value nodes."""

BATCH_BUILDERS: Final[Mapping[ox.NamedNode, Callable[[ShapeDeclaration], Iterator[BatchCheck]]]] = MappingProxyType(
    {sh(name): builder for name, builder in shacl12.BATCH_BUILDERS.items()}
)
"""Parameter to the function that compiles the constraints on all focus nodes of a shape together."""

EXCUSED_VALUES: Final = frozenset(sh(name) for name in ("node", "not", "and", "or", "xone"))
"""The parameters of property shapes whose constraints do not look at value nodes that are incomplete (SHACL 1.2)."""

EXCUSED_FOCUS_NODES: Final = frozenset(sh(name) for name in ("minCount", "hasValue", "equals", "subsetOf", "someValue"))
"""The parameters of property shapes whose constraints do not look at focus nodes that are incomplete (SHACL 1.2)."""
