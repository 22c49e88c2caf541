"""Property pair constraints (SHACL 1.0, section 4.5)."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

import pyoxigraph as ox

from oxishacl.literals import is_less
from oxishacl.paths import PathFunction, read_path
from oxishacl.report import ResultSource, ValidationResult
from oxishacl.shape import ValidationContext, ValueCheck
from oxishacl.shapes_graph import ShapeDeclaration
from oxishacl.terms import Term, sh

Comparison = Callable[[Sequence[Term], Sequence[Term]], Sequence[Term]]
"""The terms in error, from the value nodes and the values of the other property."""


def _pair_constraints(declaration: ShapeDeclaration, *, name: str, compare: Comparison) -> Iterator[ValueCheck]:
    """The other property is an IRI; in SHACL 1.2 it may be any path."""
    for value in declaration.values(name):
        if isinstance(value, ox.Literal):
            raise declaration.error("not-an-iri", name)
        other = read_path(value, graph=declaration.graph, shape=declaration.node).values
        yield _check(declaration, declaration.result_source(name[0].upper() + name[1:], [(sh(name), value)]), other=other, compare=compare)


def _check(declaration: ShapeDeclaration, source: ResultSource, *, other: PathFunction, compare: Comparison) -> ValueCheck:
    path = declaration.path

    def check(context: ValidationContext, focus_node: Term, values: Sequence[Term], results: list[ValidationResult]) -> None:
        results += (ValidationResult(focus_node, path, value, source) for value in compare(values, other(context.data, focus_node)))

    return check


def _not_equal(values: Sequence[Term], others: Sequence[Term]) -> Sequence[Term]:
    """4.5.1: « each value node that does not exist as a value of the property $equals », and vice versa."""
    value_set, other_set = dict.fromkeys(values), dict.fromkeys(others)
    return [value for value in value_set if value not in other_set] + [value for value in other_set if value not in value_set]


def _not_disjoint(values: Sequence[Term], others: Sequence[Term]) -> Sequence[Term]:
    """4.5.2: « each value node that also exists as a value of the property $disjoint »."""
    other_set = set(others)
    return [value for value in values if value in other_set]


def _not_contained(values: Sequence[Term], others: Sequence[Term]) -> Sequence[Term]:
    """SHACL 1.2, sh:subsetOf: each value node that is no value of the other path."""
    other_set = set(others)
    return [value for value in values if value not in other_set]


def _not_less(values: Sequence[Term], others: Sequence[Term]) -> Sequence[Term]:
    """4.5.3: « each pair of value nodes and the values of the property $lessThan … where the first value is not less than the second »."""
    return [value for value in values for other in others if not is_less(value, other)]


def _not_less_or_equal(values: Sequence[Term], others: Sequence[Term]) -> Sequence[Term]:
    """4.5.4: as 4.5.3, « not less than or equal to the second »."""
    return [value for value in values for other in others if not is_less(value, other, or_equal=True)]


def _ordered_constraints(declaration: ShapeDeclaration, *, name: str, compare: Comparison) -> Iterator[ValueCheck]:
    declaration.required_path(name)
    return _pair_constraints(declaration, name=name, compare=compare)


BUILDERS: Final = {
    "equals": partial(_pair_constraints, name="equals", compare=_not_equal),
    "disjoint": partial(_pair_constraints, name="disjoint", compare=_not_disjoint),
    "subsetOf": partial(_pair_constraints, name="subsetOf", compare=_not_contained),
    "lessThan": partial(_ordered_constraints, name="lessThan", compare=_not_less),
    "lessThanOrEquals": partial(_ordered_constraints, name="lessThanOrEquals", compare=_not_less_or_equal),
}
