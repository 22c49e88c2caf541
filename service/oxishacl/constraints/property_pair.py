"""Property pair constraints (SHACL 1.0, section 4.5)."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

import pyoxigraph as ox

from oxishacl.literals import is_less
from oxishacl.report import ValidationResult
from oxishacl.shape import Check, ValidationRun
from oxishacl.shapes_graph import ShapeDeclaration
from oxishacl.terms import Term, sh


def _pair(declared: ShapeDeclaration, *, name: str, wrong: Callable[[Sequence[Term], Sequence[Term]], Sequence[Term]]) -> Iterator[Check]:
    for other in declared.iris(name):
        yield _check(declared, name=name, other=other, wrong=wrong)


def _check(
    declared: ShapeDeclaration, *, name: str, other: ox.NamedNode, wrong: Callable[[Sequence[Term], Sequence[Term]], Sequence[Term]]
) -> Check:
    path, source = declared.path, declared.source(name[0].upper() + name[1:], [(sh(name), other)])

    def check(run: ValidationRun, focus: Term, values: Sequence[Term], found: list[ValidationResult]) -> None:
        found += (ValidationResult(focus, path, value, source) for value in wrong(values, run.data.objects(focus, other)))

    return check


def _unequal(values: Sequence[Term], others: Sequence[Term]) -> Sequence[Term]:
    """4.5.1: « each value node that does not exist as a value of the property $equals », and the other way round."""
    left, right = dict.fromkeys(values), dict.fromkeys(others)
    return [value for value in left if value not in right] + [value for value in right if value not in left]


def _shared(values: Sequence[Term], others: Sequence[Term]) -> Sequence[Term]:
    """4.5.2: « each value node that also exists as a value of the property $disjoint »."""
    right = set(others)
    return [value for value in values if value in right]


def _not_less(values: Sequence[Term], others: Sequence[Term]) -> Sequence[Term]:
    """4.5.3: « each pair of value nodes and the values of the property $lessThan … where the first value is not less than the second »."""
    return [value for value in values for other in others if not is_less(value, other)]


def _greater(values: Sequence[Term], others: Sequence[Term]) -> Sequence[Term]:
    """4.5.4: as 4.5.3, « not less than or equal to the second »."""
    return [value for value in values for other in others if not is_less(value, other, or_equal=True)]


def _ordered(
    declared: ShapeDeclaration, *, name: str, wrong: Callable[[Sequence[Term], Sequence[Term]], Sequence[Term]]
) -> Iterator[Check]:
    declared.only_property(name)
    return _pair(declared, name=name, wrong=wrong)


BUILDERS: Final = {
    "equals": partial(_pair, name="equals", wrong=_unequal),
    "disjoint": partial(_pair, name="disjoint", wrong=_shared),
    "lessThan": partial(_ordered, name="lessThan", wrong=_not_less),
    "lessThanOrEquals": partial(_ordered, name="lessThanOrEquals", wrong=_greater),
}
