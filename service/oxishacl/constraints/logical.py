"""Logical constraints (SHACL 1.0, section 4.6): the results of each member shape are the causes of the constraint's own result."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

from oxishacl.report import ConstraintBranch, ResultSource, ValidationResult
from oxishacl.shape import Shape, ValidationContext, ValueCheck
from oxishacl.shapes_graph import ShapeDeclaration
from oxishacl.terms import Term, sh

Branches = tuple[ConstraintBranch, ...]
Evaluation = Callable[[Sequence[Shape], ValidationContext, Term], Branches | None]
"""The branches that explain why a value node fails; None when the value node meets the constraint."""


def _list_constraints(declaration: ShapeDeclaration, *, name: str, evaluate: Evaluation) -> Iterator[ValueCheck]:
    for head in declaration.values(name):
        shapes = [declaration.shape(name, member) for member in declaration.list_members(name, head)]
        yield _check(declaration.result_source(name.capitalize(), [(sh(name), head)]), shapes, evaluate)


def _check(source: ResultSource, shapes: Sequence[Shape], evaluate: Evaluation) -> ValueCheck:
    path = source.path

    def check(context: ValidationContext, focus_node: Term, values: Sequence[Term], results: list[ValidationResult]) -> None:
        for value in values:
            branches = evaluate(shapes, context, value)
            if branches is not None:
                results.append(ValidationResult(focus_node, path, value, source, branches))

    return check


def _not_constraints(declaration: ShapeDeclaration) -> Iterator[ValueCheck]:
    """4.6.1: « each value node that conforms to the shape $not »."""
    for value, shape in declaration.shapes("not"):
        yield _check(declaration.result_source("Not", [(sh("not"), value)]), (shape,), _evaluate_not)


def _branches(shapes: Sequence[Shape], context: ValidationContext, value: Term) -> Branches:
    return tuple(ConstraintBranch(shape.node, value, shape.validate_node(context, value)) for shape in shapes)


def _evaluate_not(shapes: Sequence[Shape], context: ValidationContext, value: Term) -> Branches | None:
    return None if shapes[0].validate_node(context, value) else (ConstraintBranch(shapes[0].node, value, ()),)


def _evaluate_and(shapes: Sequence[Shape], context: ValidationContext, value: Term) -> Branches | None:
    """4.6.2: « each value node that does not conform to each member of $and »."""
    branches = _branches(shapes, context, value)
    return branches if any(branch.causes for branch in branches) else None


def _evaluate_or(shapes: Sequence[Shape], context: ValidationContext, value: Term) -> Branches | None:
    """4.6.3: « each value node that conforms to none of the members of $or »."""
    causes_by_shape: list[tuple[ValidationResult, ...]] = []
    for shape in shapes:
        causes = shape.validate_node(context, value)
        if not causes:
            return None
        causes_by_shape.append(causes)
    return tuple(ConstraintBranch(shape.node, value, causes) for shape, causes in zip(shapes, causes_by_shape, strict=True))


def _evaluate_xone(shapes: Sequence[Shape], context: ValidationContext, value: Term) -> Branches | None:
    """4.6.4: « each value node that conforms to less or more than exactly one of the members of $xone »."""
    branches = _branches(shapes, context, value)
    # The explanation is the members to which it conforms; when there are none, all members.
    conforming = tuple(branch for branch in branches if not branch.causes)
    return None if len(conforming) == 1 else conforming or branches


BUILDERS: Final = {
    "not": _not_constraints,
    "and": partial(_list_constraints, name="and", evaluate=_evaluate_and),
    "or": partial(_list_constraints, name="or", evaluate=_evaluate_or),
    "xone": partial(_list_constraints, name="xone", evaluate=_evaluate_xone),
}
