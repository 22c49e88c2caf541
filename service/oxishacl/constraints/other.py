"""Other constraints (SHACL 1.0, section 4.8)."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

import pyoxigraph as ox

from oxishacl.data_graph import Index
from oxishacl.paths import predicate_path
from oxishacl.report import ValidationResult
from oxishacl.shape import ValidationContext, ValueCheck, ValueTest
from oxishacl.shapes_graph import ShapeDeclaration
from oxishacl.terms import TYPE, Term, sh


def _closed_constraint(declaration: ShapeDeclaration) -> Iterator[ValueCheck]:
    """4.8.1: « each triple that has a value node as its subject and a predicate that is not explicitly enumerated »."""
    ignored = declaration.single_value("ignoredProperties")
    allowed = set(() if ignored is None else declaration.list_members("ignoredProperties", ignored))
    if any(not isinstance(predicate, ox.NamedNode) for predicate in allowed):
        raise declaration.error("not-an-iri", "ignoredProperties")
    if declaration.single_value("closed") == sh("ByTypes"):
        yield _closed_by_types(declaration, allowed)
        return
    if not declaration.boolean("closed"):
        return
    allowed |= {path for shape in declaration.values("property") for path in declaration.graph.objects(shape, sh("path"))}
    yield _closed_check(declaration, lambda _data, _value: allowed)


def _closed_by_types(declaration: ShapeDeclaration, ignored: set[Term]) -> ValueCheck:
    """SHACL 1.2, sh:ByTypes: allowed are the properties of the shapes that apply to the types of the value node."""
    graph, by_class = declaration.graph, dict[Term, set[Term]]()

    def allowed(data: Index, value: Term) -> set[Term]:
        properties = {TYPE} | ignored
        for class_ in dict.fromkeys(broader for type_ in data.objects(value, TYPE) for broader in data.superclasses(type_)):
            if class_ not in by_class:
                by_class[class_] = _properties_of_class(class_, graph=graph)
            properties |= by_class[class_]
        return properties

    return _closed_check(declaration, allowed)


def _properties_of_class(class_: Term, *, graph: Index) -> set[Term]:
    """The predicates of the property shapes of the class, of the shapes that target it, and of those that these need with sh:node."""
    shapes = dict.fromkeys(
        node for shape in (class_, *graph.subjects(sh("targetClass"), class_)) for node in graph.transitive_objects(shape, sh("node"))
    )
    return {path for shape in shapes for property_ in graph.objects(shape, sh("property")) for path in graph.objects(property_, sh("path"))}


def _closed_check(declaration: ShapeDeclaration, allowed: Callable[[Index, Term], set[Term]]) -> ValueCheck:
    source = declaration.result_source("Closed", [(sh("closed"), declaration.values("closed")[0])])

    def check(context: ValidationContext, focus_node: Term, values: Sequence[Term], results: list[ValidationResult]) -> None:
        for value in values:
            properties = allowed(context.data, value)
            for predicate in context.data.predicates(value):
                if predicate not in properties:
                    path = predicate_path(predicate)
                    results += (ValidationResult(focus_node, path, target, source) for target in context.data.objects(value, predicate))

    return check


def _has_value_constraints(declaration: ShapeDeclaration) -> Iterator[ValueCheck]:
    """4.8.2: « If the RDF term $hasValue is not among the value nodes, there is a validation result »."""
    for required in declaration.values("hasValue"):
        yield _has_value_check(declaration, required)


def _has_value_check(declaration: ShapeDeclaration, required: Term) -> ValueCheck:
    path, source = declaration.path, declaration.result_source("HasValue", [(sh("hasValue"), required)])

    def check(_: ValidationContext, focus_node: Term, values: Sequence[Term], results: list[ValidationResult]) -> None:
        if required not in values:
            results.append(ValidationResult(focus_node, path, None, source, count=len(values)))

    return check


def _in_constraint(declaration: ShapeDeclaration) -> Iterator[ValueTest]:
    """4.8.3: « each value node that is not a member of $in »."""
    head = declaration.single_value("in")
    assert head is not None
    members = declaration.list_members("in", head)
    yield ValueTest(declaration.result_source("In", [(sh("in"), member) for member in members]), partial(_is_member, frozenset(members)))


def _is_member(members: frozenset[Term], _: Index, value: Term) -> bool:
    return value in members


BUILDERS: Final = {"closed": _closed_constraint, "hasValue": _has_value_constraints, "in": _in_constraint}
