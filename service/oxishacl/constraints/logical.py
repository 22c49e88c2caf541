"""Logical constraints (SHACL 1.0, section 4.6); the results of the shapes that failed are kept as causes."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

from oxishacl.report import ConstraintBranch, ResultSource, ValidationResult
from oxishacl.shape import Check, Shape, ValidationRun
from oxishacl.shapes_graph import ShapeDeclaration
from oxishacl.terms import Term, sh

Branches = tuple[ConstraintBranch, ...]
Verdict = Callable[[Sequence[Shape], ValidationRun, Term], Branches | None]


def _listed(declared: ShapeDeclaration, *, name: str, verdict: Verdict) -> Iterator[Check]:
    for head in declared.all(name):
        shapes = [declared.shape(name, member) for member in declared.members(name, head)]
        yield _judged(declared.source(name.capitalize(), [(sh(name), head)]), shapes, verdict)


def _judged(source: ResultSource, shapes: Sequence[Shape], verdict: Verdict) -> Check:
    path = source.path

    def check(run: ValidationRun, focus: Term, values: Sequence[Term], found: list[ValidationResult]) -> None:
        for value in values:
            branches = verdict(shapes, run, value)
            if branches is not None:
                found.append(ValidationResult(focus, path, value, source, branches))

    return check


def _not(declared: ShapeDeclaration) -> Iterator[Check]:
    """4.6.1: « each value node that conforms to the shape $not »."""
    for value, shape in declared.shapes("not"):
        yield _judged(declared.source("Not", [(sh("not"), value)]), (shape,), _conforms)


def _branches(shapes: Sequence[Shape], run: ValidationRun, value: Term) -> Branches:
    return tuple(ConstraintBranch(shape.node, value, shape.causes(run, value)) for shape in shapes)


def _conforms(shapes: Sequence[Shape], run: ValidationRun, value: Term) -> Branches | None:
    return None if shapes[0].causes(run, value) else (ConstraintBranch(shapes[0].node, value, ()),)


def _all(shapes: Sequence[Shape], run: ValidationRun, value: Term) -> Branches | None:
    """4.6.2: « each value node that does not conform to each member of $and »."""
    branches = _branches(shapes, run, value)
    return branches if any(branch.causes for branch in branches) else None


def _any(shapes: Sequence[Shape], run: ValidationRun, value: Term) -> Branches | None:
    """4.6.3: « each value node that conforms to none of the members of $or »."""
    found: list[tuple[ValidationResult, ...]] = []
    for shape in shapes:
        causes = shape.causes(run, value)
        if not causes:
            return None
        found.append(causes)
    return tuple(ConstraintBranch(shape.node, value, causes) for shape, causes in zip(shapes, found, strict=True))


def _one(shapes: Sequence[Shape], run: ValidationRun, value: Term) -> Branches | None:
    """4.6.4: « each value node that conforms to less or more than exactly one of the members of $xone »; those to which it conforms."""
    branches = _branches(shapes, run, value)
    conforming = tuple(branch for branch in branches if not branch.causes)
    return None if len(conforming) == 1 else conforming or branches


BUILDERS: Final = {
    "not": _not,
    "and": partial(_listed, name="and", verdict=_all),
    "or": partial(_listed, name="or", verdict=_any),
    "xone": partial(_listed, name="xone", verdict=_one),
}
