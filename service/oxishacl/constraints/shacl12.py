"""Constraints that SHACL 1.2 Core adds (working draft of 3 August 2026); what a later draft changes of them is changed here."""

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Final

import pyoxigraph as ox

from oxishacl.constraints.shape_based import node_check
from oxishacl.data_graph import Index
from oxishacl.paths import PropertyPath, read_path
from oxishacl.report import ConstraintBranch, ResultSource, ValidationResult
from oxishacl.shape import BatchCheck, Shape, ValidationContext, ValueCheck, ValueTest
from oxishacl.shapes_graph import ShapeDeclaration
from oxishacl.targets import read_targets, target_nodes
from oxishacl.terms import REIFIES, Term, is_resource, sh, string_value

# What ends a line, as Unicode sees it.
_LINE_ENDS: Final = frozenset("\n\v\f\r\u0085\u2028\u2029")


def _members(data: Index, value: Term) -> list[Term] | None:
    """The members of a value node that is a SHACL list; None for any other node."""
    return data.list_members(value) if is_resource(value) else None


def _list_test(declaration: ShapeDeclaration, name: str, holds: Callable[[list[Term]], bool]) -> ValueTest:
    """A test that each value node is a SHACL list, and what must hold of its members."""

    def test(data: Index, value: Term) -> bool:
        members = _members(data, value)
        return members is not None and holds(members)

    return ValueTest(declaration.result_source(name[0].upper() + name[1:], [(sh(name), declaration.values(name)[0])]), test)


def _min_list_length(declaration: ShapeDeclaration) -> Iterator[ValueTest]:
    """Each value node is a list with at least so many members."""
    least = declaration.count("minListLength") or 0
    yield _list_test(declaration, "minListLength", lambda members: len(members) >= least)


def _max_list_length(declaration: ShapeDeclaration) -> Iterator[ValueTest]:
    """Each value node is a list with at most so many members."""
    most = declaration.count("maxListLength") or 0
    yield _list_test(declaration, "maxListLength", lambda members: len(members) <= most)


def _unique_members(declaration: ShapeDeclaration) -> Iterator[ValueTest]:
    """Each value node is a list in which no member occurs twice."""
    if declaration.boolean("uniqueMembers"):
        yield _list_test(declaration, "uniqueMembers", lambda members: len(members) == len(set(members)))


def _member_shape(declaration: ShapeDeclaration) -> Iterator[ValueCheck]:
    """Each value node is a list whose members conform to the shape; incomplete members are not looked at."""
    for node, shape in declaration.shapes("memberShape"):
        yield _member_check(declaration.result_source("MemberShape", [(sh("memberShape"), node)]), shape)


def _member_check(source: ResultSource, shape: Shape) -> ValueCheck:
    def check(context: ValidationContext, focus_node: Term, values: Sequence[Term], results: list[ValidationResult]) -> None:
        for value in values:
            members = _members(context.data, value)
            complete = [member for member in members or () if not context.is_incomplete(member)]
            branches = [ConstraintBranch(shape.node, member, shape.validate_node(context, member)) for member in complete]
            failing = tuple(branch for branch in branches if branch.causes)
            if members is None or failing:
                results.append(ValidationResult(focus_node, source.path, value, source, failing))

    return check


def _some_value(declaration: ShapeDeclaration) -> Iterator[ValueCheck]:
    """At least one value node conforms to the shape; an incomplete one is taken to do so."""
    for node, shape in declaration.shapes("someValue"):
        yield _some_value_check(declaration.result_source("SomeValue", [(sh("someValue"), node)]), shape)


def _some_value_check(source: ResultSource, shape: Shape) -> ValueCheck:
    def check(context: ValidationContext, focus_node: Term, values: Sequence[Term], results: list[ValidationResult]) -> None:
        branches: list[ConstraintBranch] = []
        for value in values:
            causes = shape.validate_node(context, value)
            if not causes or context.is_incomplete(value):
                return
            branches.append(ConstraintBranch(shape.node, value, causes))
        results.append(ValidationResult(focus_node, source.path, None, source, tuple(branches)))

    return check


def _single_line(declaration: ShapeDeclaration) -> Iterator[ValueTest]:
    """No value node has a character that ends a line."""
    if declaration.boolean("singleLine"):
        source = declaration.result_source("SingleLine", [(sh("singleLine"), declaration.values("singleLine")[0])])
        yield ValueTest(source, lambda _, value: _LINE_ENDS.isdisjoint(string_value(value) or ""))


def _root_class(declaration: ShapeDeclaration) -> Iterator[ValueTest]:
    """Each value node is the class, or an IRI that is a SHACL subclass of it; an incomplete IRI is taken to be one."""
    for class_ in declaration.iris("rootClass"):
        yield _root_class_test(declaration.result_source("RootClass", [(sh("rootClass"), class_)]), class_)


def _root_class_test(source: ResultSource, class_: ox.NamedNode) -> ValueTest:
    return ValueTest(source, lambda data, value: isinstance(value, ox.NamedNode) and class_ in data.superclasses(value), _is_iri)


def _is_iri(value: Term) -> bool:
    return isinstance(value, ox.NamedNode)


def _unique_values(declaration: ShapeDeclaration) -> Iterator[BatchCheck]:
    """No two nodes that the shape targets have the same values of the properties."""
    for key in declaration.values("uniqueValuesFor"):
        members = declaration.graph.list_members(key) if isinstance(key, ox.BlankNode) else None
        paths = [read_path(node, graph=declaration.graph, shape=declaration.node) for node in members or (key,)]
        yield _unique_values_check(declaration, declaration.result_source("UniqueValuesFor", [(sh("uniqueValuesFor"), key)]), paths)


def _unique_values_check(declaration: ShapeDeclaration, source: ResultSource, paths: Sequence[PropertyPath]) -> BatchCheck:
    targets = read_targets(declaration.node, graph=declaration.graph)

    def keys(data: Index, node: Term) -> set[tuple[Term, ...]]:
        return set(product(*(path.values(data, node) for path in paths)))

    def check(context: ValidationContext, focus_nodes: Sequence[Term], results: list[ValidationResult]) -> None:
        owners: dict[tuple[Term, ...], set[Term]] = {}
        for node in {*focus_nodes, *target_nodes(targets, data=context.data)}:
            for key in keys(context.data, node):
                owners.setdefault(key, set()).add(node)
        shared = [node for node in focus_nodes if any(len(owners[key]) > 1 for key in keys(context.data, node))]
        results += [ValidationResult(node, source.path, None, source) for node in shared]

    return check


def _node_by_expression(declaration: ShapeDeclaration) -> Iterator[ValueCheck]:
    """Each value node conforms to the shapes that a node expression gives; of expressions, the core has the IRI, which gives itself."""
    for node, shape in declaration.shapes("nodeByExpression"):
        if not isinstance(node, ox.NamedNode):
            raise declaration.error("not-an-iri", "nodeByExpression")
        source = declaration.result_source("NodeByExpression", [(sh("nodeByExpression"), node)], constraint=node)
        yield node_check(source, shape)


def _reifier_shape(declaration: ShapeDeclaration) -> Iterator[ValueCheck]:
    """Each reifier of the triple of focus node, predicate and value node conforms to the shape; one must exist where that is asked for."""
    path = declaration.required_path("reifierShape").node
    if not isinstance(path, ox.NamedNode):
        raise declaration.error("needs-predicate", "reifierShape")
    is_required = declaration.boolean("reificationRequired")
    for node, shape in declaration.shapes("reifierShape"):
        source = declaration.result_source("ReifierShape", [(sh("reifierShape"), node)])
        yield _reifier_check(source, shape, path, is_required=is_required)


def _reifier_check(source: ResultSource, shape: Shape, predicate: ox.NamedNode, *, is_required: bool) -> ValueCheck:
    def check(context: ValidationContext, focus_node: Term, values: Sequence[Term], results: list[ValidationResult]) -> None:
        if not is_resource(focus_node):
            return
        for value in values:
            reifiers = context.data.subjects(REIFIES, ox.Triple(focus_node, predicate, value))
            branches = [ConstraintBranch(shape.node, reifier, shape.validate_node(context, reifier)) for reifier in reifiers]
            failing = tuple(branch for branch in branches if branch.causes)
            is_missing = is_required and not reifiers and not context.is_incomplete(focus_node)
            if failing or is_missing:
                results.append(ValidationResult(focus_node, source.path, value, source, failing))

    return check


BUILDERS: Final = {
    "minListLength": _min_list_length, "maxListLength": _max_list_length, "uniqueMembers": _unique_members, "memberShape": _member_shape,
    "someValue": _some_value, "singleLine": _single_line, "rootClass": _root_class, "nodeByExpression": _node_by_expression,
    "reifierShape": _reifier_shape,
}  # fmt: skip
BATCH_BUILDERS: Final = {"uniqueValuesFor": _unique_values}
