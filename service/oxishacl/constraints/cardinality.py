"""Cardinality constraints (SHACL 1.0, section 4.2)."""

import sys
from collections.abc import Iterator, Sequence
from typing import Final

from oxishacl.report import ValidationResult
from oxishacl.shape import ValidationContext, ValueCheck
from oxishacl.shapes_graph import ShapeDeclaration
from oxishacl.terms import Term, sh


def _min_count(declaration: ShapeDeclaration) -> Iterator[ValueCheck]:
    """4.2.1: « If the number of value nodes is less than $minCount, there is a validation result »."""
    path, min_count = declaration.required_path("minCount"), declaration.count("minCount")
    source = declaration.result_source("MinCount", [(sh("minCount"), declaration.values("minCount")[0])])
    assert min_count is not None

    def check(_: ValidationContext, focus_node: Term, values: Sequence[Term], results: list[ValidationResult]) -> None:
        if len(values) < min_count:
            results.append(ValidationResult(focus_node, path, None, source, count=len(values)))

    if min_count:
        yield check


def _max_count(declaration: ShapeDeclaration) -> Iterator[ValueCheck]:
    """4.2.2: « If the number of value nodes is greater than $maxCount, there is a validation result »."""
    path, max_count = declaration.required_path("maxCount"), declaration.count("maxCount")
    source = declaration.result_source("MaxCount", [(sh("maxCount"), declaration.values("maxCount")[0])])
    assert max_count is not None

    def check(_: ValidationContext, focus_node: Term, values: Sequence[Term], results: list[ValidationResult]) -> None:
        if len(values) > max_count:
            results.append(ValidationResult(focus_node, path, None, source, count=len(values)))

    yield check


def cardinality_of(declaration: ShapeDeclaration) -> tuple[int, int]:
    """The range of the number of value nodes for which `minCount` and `maxCount` have no result, both ends included."""
    min_count, max_count = declaration.count("minCount"), declaration.count("maxCount")
    return min_count or 0, sys.maxsize if max_count is None else max_count


BUILDERS: Final = {"minCount": _min_count, "maxCount": _max_count}
