"""Cardinality constraints (SHACL 1.0, section 4.2)."""

import sys
from collections.abc import Iterator, Sequence
from typing import Final

from oxishacl.report import ValidationResult
from oxishacl.shape import Check, ValidationRun
from oxishacl.shapes_graph import ShapeDeclaration
from oxishacl.terms import Term, sh


def _min(declared: ShapeDeclaration) -> Iterator[Check]:
    """4.2.1: « If the number of value nodes is less than $minCount, there is a validation result »."""
    path, least = declared.only_property("minCount"), declared.integer("minCount")
    source = declared.source("MinCount", [(sh("minCount"), declared.all("minCount")[0])])
    assert least is not None

    def check(_: ValidationRun, focus: Term, values: Sequence[Term], found: list[ValidationResult]) -> None:
        if len(values) < least:
            found.append(ValidationResult(focus, path, None, source, count=len(values)))

    if least:
        yield check


def _max(declared: ShapeDeclaration) -> Iterator[Check]:
    """4.2.2: « If the number of value nodes is greater than $maxCount, there is a validation result »."""
    path, most = declared.only_property("maxCount"), declared.integer("maxCount")
    source = declared.source("MaxCount", [(sh("maxCount"), declared.all("maxCount")[0])])
    assert most is not None

    def check(_: ValidationRun, focus: Term, values: Sequence[Term], found: list[ValidationResult]) -> None:
        if len(values) > most:
            found.append(ValidationResult(focus, path, None, source, count=len(values)))

    yield check


def bounds(declared: ShapeDeclaration) -> tuple[int, int]:
    """The least and the greatest number of value nodes of which no constraint here has anything to say."""
    least, most = declared.integer("minCount"), declared.integer("maxCount")
    return least or 0, sys.maxsize if most is None else most


BUILDERS: Final = {"minCount": _min, "maxCount": _max}
