"""Value range constraints (SHACL 1.0, section 4.3)."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import pyoxigraph as ox

from oxishacl.data_graph import Index
from oxishacl.literals import is_less
from oxishacl.shape import Test
from oxishacl.shapes_graph import ShapeDeclaration
from oxishacl.terms import Term, sh


def _bound(declared: ShapeDeclaration, *, name: str, holds: Callable[[Term, Index, Term], bool]) -> Iterator[Test]:
    limit = declared.one(name)
    if not isinstance(limit, ox.Literal):
        raise declared.fault("not-a-literal", name)
    yield Test(declared.source(name[0].upper() + name[1:], [(sh(name), limit)]), partial(holds, limit))


def _above(limit: Term, _: Index, value: Term) -> bool:
    """4.3.1: « each value node v where the SPARQL expression $minExclusive < v does not return true »."""
    return is_less(limit, value)


def _at_least(limit: Term, _: Index, value: Term) -> bool:
    """4.3.2: « each value node v where the SPARQL expression $minInclusive <= v does not return true »."""
    return is_less(limit, value, or_equal=True)


def _below(limit: Term, _: Index, value: Term) -> bool:
    """4.3.3: « each value node v where the SPARQL expression $maxExclusive > v does not return true »."""
    return is_less(value, limit)


def _at_most(limit: Term, _: Index, value: Term) -> bool:
    """4.3.4: « each value node v where the SPARQL expression $maxInclusive >= v does not return true »."""
    return is_less(value, limit, or_equal=True)


BUILDERS: Final = {
    name: partial(_bound, name=name, holds=holds)
    for name, holds in (("minExclusive", _above), ("minInclusive", _at_least), ("maxExclusive", _below), ("maxInclusive", _at_most))
}
