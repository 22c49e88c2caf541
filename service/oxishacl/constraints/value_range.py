"""Value range constraints (SHACL 1.0, section 4.3)."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import pyoxigraph as ox

from oxishacl.data_graph import Index
from oxishacl.literals import is_less
from oxishacl.shape import ValueTest
from oxishacl.shapes_graph import ShapeDeclaration
from oxishacl.terms import Term, sh


def _limit_constraint(declaration: ShapeDeclaration, *, name: str, holds: Callable[[Term, Index, Term], bool]) -> Iterator[ValueTest]:
    limit = declaration.single_value(name)
    if not isinstance(limit, ox.Literal):
        raise declaration.error("not-a-literal", name)
    yield ValueTest(declaration.result_source(name[0].upper() + name[1:], [(sh(name), limit)]), partial(holds, limit))


def _min_exclusive(limit: Term, _: Index, value: Term) -> bool:
    """4.3.1: « each value node v where the SPARQL expression $minExclusive < v does not return true »."""
    return is_less(limit, value)


def _min_inclusive(limit: Term, _: Index, value: Term) -> bool:
    """4.3.2: « each value node v where the SPARQL expression $minInclusive <= v does not return true »."""
    return is_less(limit, value, or_equal=True)


def _max_exclusive(limit: Term, _: Index, value: Term) -> bool:
    """4.3.3: « each value node v where the SPARQL expression $maxExclusive > v does not return true »."""
    return is_less(value, limit)


def _max_inclusive(limit: Term, _: Index, value: Term) -> bool:
    """4.3.4: « each value node v where the SPARQL expression $maxInclusive >= v does not return true »."""
    return is_less(value, limit, or_equal=True)


BUILDERS: Final = {
    name: partial(_limit_constraint, name=name, holds=holds)
    for name, holds in (
        ("minExclusive", _min_exclusive),
        ("minInclusive", _min_inclusive),
        ("maxExclusive", _max_exclusive),
        ("maxInclusive", _max_inclusive),
    )
}
