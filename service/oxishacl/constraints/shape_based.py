"""Shape-based constraints (SHACL 1.0, section 4.7); `Shape` runs sh:property, whose results stand by themselves."""

from collections.abc import Iterator, Sequence
from typing import Final

import pyoxigraph as ox

from oxishacl.paths import PropertyPath
from oxishacl.report import ConstraintBranch, ResultSource, ValidationResult
from oxishacl.shape import Shape, ValidationContext, ValueCheck
from oxishacl.shapes_graph import ShapeDeclaration
from oxishacl.terms import Term, sh


def _node_constraints(declaration: ShapeDeclaration) -> Iterator[ValueCheck]:
    """4.7.1: « each value node that does not conform to $node »."""
    for value, shape in declaration.shapes("node"):
        if shape.path is not None:
            raise declaration.error("not-a-node-shape", "node")
        yield node_check(declaration.result_source("Node", [(sh("node"), value)]), shape)


def node_check(source: ResultSource, shape: Shape) -> ValueCheck:
    """A result for each value node that does not conform to the shape."""
    path = source.path

    def check(context: ValidationContext, focus_node: Term, values: Sequence[Term], results: list[ValidationResult]) -> None:
        for value in values:
            causes = shape.validate_node(context, value)
            if causes:
                results.append(ValidationResult(focus_node, path, value, source, (ConstraintBranch(shape.node, value, causes),)))

    return check


def _qualified_constraint(declaration: ShapeDeclaration) -> Iterator[ValueCheck]:
    """4.7.3: the « number of value nodes that conform to the given shape », and to no sibling shape if the shapes are to be disjoint."""
    path = declaration.path
    min_count, max_count = declaration.count("qualifiedMinCount"), declaration.count("qualifiedMaxCount")
    value_shape = declaration.single_value("qualifiedValueShape")
    if value_shape is None or (min_count is None and max_count is None):
        return
    shape = declaration.shape("qualifiedValueShape", value_shape)
    siblings = tuple(declaration.shape("qualifiedValueShape", sibling) for sibling in _sibling_shapes(declaration, value_shape=value_shape))
    min_source = declaration.result_source("QualifiedMinCount", _parameters(declaration, "qualifiedMinCount"))
    max_source = declaration.result_source("QualifiedMaxCount", _parameters(declaration, "qualifiedMaxCount"))

    def check(context: ValidationContext, focus_node: Term, values: Sequence[Term], results: list[ValidationResult]) -> None:
        count, branches = 0, list[ConstraintBranch]()
        for value in values:
            causes = shape.validate_node(context, value)
            branches.append(ConstraintBranch(shape.node, value, causes))
            count += not causes and all(sibling.validate_node(context, value) for sibling in siblings)
        if min_count is not None and count < min_count and not _may_reach(min_count - count, context, focus_node, branches, path=path):
            results.append(ValidationResult(focus_node, path, None, min_source, tuple(branches), count))
        if max_count is not None and count > max_count:
            results.append(
                ValidationResult(focus_node, path, None, max_source, tuple(branch for branch in branches if not branch.causes), count)
            )

    yield check


def _may_reach(
    lacking: int, context: ValidationContext, focus_node: Term, branches: Sequence[ConstraintBranch], *, path: PropertyPath | None
) -> bool:
    """SHACL 1.2: whether so many more values may conform, because they or the focus node are incomplete."""
    possible = sum(context.is_incomplete(branch.value) for branch in branches if branch.causes)
    return possible >= lacking or (path is not None and context.is_incomplete(focus_node))


def _sibling_shapes(declaration: ShapeDeclaration, *, value_shape: Term) -> Sequence[Term]:
    """4.7.3: « the set of all values of the SPARQL property path sh:property/sh:qualifiedValueShape for any shape in ps »."""
    if not declaration.boolean("qualifiedValueShapesDisjoint"):
        return ()
    graph, property_ = declaration.graph, sh("property")
    parents = graph.subjects(property_, declaration.node)
    sibling_shapes = [shape for parent in parents for shape in graph.objects(parent, property_)]
    value_shapes = dict.fromkeys(value for shape in sibling_shapes for value in graph.objects(shape, sh("qualifiedValueShape")))
    return [value for value in value_shapes if value != value_shape]


def _parameters(declaration: ShapeDeclaration, name: str) -> list[tuple[ox.NamedNode, Term]]:
    return [(sh(parameter), value) for parameter in (name, "qualifiedValueShape") for value in declaration.values(parameter)]


BUILDERS: Final = {"node": _node_constraints, "qualifiedValueShape": _qualified_constraint}
