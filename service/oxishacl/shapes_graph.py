"""Shapes as the shapes graph declares them: the values of their parameters, checked against what SHACL says these must be.

SHACL 1.0, section 3.4.1: « If the shapes graph contains ill-formed nodes, then the result of the validation process is undefined ».
Here an ill-formed shape is an error and nothing is validated, so that a fault in a shape cannot pass for conformance.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from oxishacl.data_graph import Index, TripleLike
from oxishacl.errors import InvalidInputError
from oxishacl.literals import INTEGERS, is_well_formed
from oxishacl.paths import PropertyPath
from oxishacl.report import ResultSource
from oxishacl.shape import Shape
from oxishacl.terms import DCTERMS, REIFIES, SH, XSD, Resource, Term, is_boolean, is_resource, is_true, sh

SHAPE_EXPECTING: Final = tuple(
    sh(name)
    for name in (
        "property",
        "node",
        "not",
        "qualifiedValueShape",
        "someValue",
        "memberShape",
        "reifierShape",
        "nodeByExpression",
        "targetWhere",
    )
)  # fmt: skip
"""The parameters whose values are shapes."""
LIST_TAKING: Final = tuple(sh(name) for name in ("and", "or", "xone"))
"""Those whose values are lists of shapes."""

# Longer integers are refused before they are converted: conversion takes time quadratic in the digits.
_MAX_DIGITS: Final = 18


class ShapeDeclaration(Struct, frozen=True):
    """One shape of the shapes graph; `compile_shape` compiles the shapes that it refers to.

    Parameters are named by their local names (`minCount`). The accessors raise InvalidInputError, naming shape and parameter, for values
    that SHACL does not allow.
    """

    node: Resource
    graph: Index
    path: PropertyPath | None
    severity: ox.NamedNode
    messages: tuple[ox.Literal, ...]
    compile_shape: Callable[[Term], Shape]
    has_annotations: bool = False
    """Whether triples of the shapes graph are annotated (RDF 1.2)."""

    def result_source(
        self,
        component: str | ox.NamedNode,
        parameters: Iterable[tuple[ox.NamedNode, Term]] = (),
        *,
        constraint: Resource | None = None,
        messages: tuple[ox.Literal, ...] = (),
    ) -> ResultSource:
        """The source of the results of one constraint; a component of SHACL Core is given without « ConstraintComponent »."""
        component_iri = component if isinstance(component, ox.NamedNode) else sh(component + "ConstraintComponent")
        parameters = tuple(parameters)
        severities = [term for parameter in parameters[:1] for term in self.annotations(*parameter, "severity")]
        texts = [term for parameter in parameters[:1] for term in self.annotations(*parameter, "message")]
        return ResultSource(
            self.node, component_iri, self.path, next((term for term in severities if isinstance(term, ox.NamedNode)), self.severity),
            tuple(text for text in texts if isinstance(text, ox.Literal)) or messages or self.messages, constraint, parameters,
        )  # fmt: skip

    def values(self, name: str) -> Sequence[Term]:
        """All values of a parameter; SHACL 1.2: without those whose triple is annotated with sh:deactivated."""
        values = self.graph.objects(self.node, sh(name))
        if not self.has_annotations:
            return values
        return [value for value in values if not any(map(is_true, self.annotations(sh(name), value, "deactivated")))]

    def annotations(self, parameter: ox.NamedNode, value: Term, name: str) -> Sequence[Term]:
        """SHACL 1.2: the values of a property at the reifiers of the triple that gives a parameter its value."""
        if not self.has_annotations:
            return ()
        reifiers = self.graph.subjects(REIFIES, ox.Triple(self.node, parameter, value))
        return [annotation for reifier in reifiers for annotation in self.graph.objects(reifier, sh(name))]

    def has(self, parameter: ox.NamedNode) -> bool:
        """Whether the parameter has a value; only annotations can take them all away."""
        return not self.has_annotations or bool(self.values(parameter.value.removeprefix(SH)))

    def single_value(self, name: str) -> Term | None:
        """The value of a parameter that may have only one."""
        values = self.values(name)
        if len(values) > 1:
            raise self.error("several-values", name)
        return values[0] if values else None

    def iris(self, name: str) -> list[ox.NamedNode]:
        """All values of a parameter whose values must be IRIs."""
        values = self.values(name)
        iris = [value for value in values if isinstance(value, ox.NamedNode)]
        if len(iris) != len(values):
            raise self.error("not-an-iri", name)
        return iris

    def iris_or_lists(self, name: str) -> list[tuple[Term, Sequence[ox.NamedNode]]]:
        """All values of a parameter, each an IRI or, in SHACL 1.2, a list of IRIs; with the IRI or IRIs."""
        found: list[tuple[Term, Sequence[ox.NamedNode]]] = []
        for value in self.values(name):
            members = self.list_members(name, value) if isinstance(value, ox.BlankNode) else [value]
            iris = [member for member in members if isinstance(member, ox.NamedNode)]
            if len(iris) != len(members):
                raise self.error("not-an-iri", name)
            found.append((value, iris))
        return found

    def count(self, name: str) -> int | None:
        """The value of a parameter that may have only one, which must be an integer of at least 0."""
        value = self.single_value(name)
        if value is None:
            return None
        if not isinstance(value, ox.Literal) or value.datatype.value not in INTEGERS:
            raise self.error("not-a-count", name)
        if len(value.value) > _MAX_DIGITS or not is_well_formed(value.value, datatype=XSD + "integer") or int(value.value) < 0:
            raise self.error("not-a-count", name)
        return int(value.value)

    def boolean(self, name: str) -> bool:
        """The value of a parameter that may have only one, which must be a boolean; false when there is none."""
        value = self.single_value(name)
        if value is not None and not is_boolean(value):
            raise self.error("not-a-boolean", name)
        return is_true(value)

    def string(self, name: str) -> str | None:
        """The value of a parameter that may have only one, which must be an xsd:string."""
        value = self.single_value(name)
        if value is not None and (not isinstance(value, ox.Literal) or value.datatype.value != XSD + "string"):
            raise self.error("not-a-string", name)
        return None if value is None else value.value

    def list_members(self, name: str, head: Term) -> list[Term]:
        """The members of a value of the parameter, which must be a SHACL list."""
        members = self.graph.list_members(head)
        if members is None:
            raise self.error("not-a-list", name)
        return members

    def shapes(self, name: str) -> list[tuple[Term, Shape]]:
        """All values of a parameter whose values must be shapes, each with the compiled shape."""
        return [(value, self.shape(name, value)) for value in self.values(name)]

    def shape(self, name: str, node: Term) -> Shape:
        """The compiled shape of a node that is a value of the parameter or a member of such a value."""
        if not is_resource(node):
            raise self.error("not-a-shape", name)
        return self.compile_shape(node)

    def required_path(self, name: str) -> PropertyPath:
        """The path of the shape; raises InvalidInputError for a node shape, which may not have the parameter."""
        if self.path is None:
            raise self.error("needs-path", name)
        return self.path

    def error(self, code: str, name: str, **values: object) -> InvalidInputError:
        """The error that names the shape and the parameter."""
        return InvalidInputError(code, shape=self.graph.name(self.node), parameter=f"sh:{name}", **values)


_PROPERTY: Final = SH + "property"


class ShapeMetadata:
    """The messages, severities and sources that a shapes graph states of its shapes; nothing is checked here."""

    def __init__(self, quads: Iterable[TripleLike]) -> None:
        """Index the quads, in their order."""
        self._values: dict[tuple[str, str], list[ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple]] = defaultdict(list)
        self._parents: dict[str, list[str]] = defaultdict(list)
        for quad in quads:
            subject, predicate, value = node_name(quad.subject), quad.predicate, quad.object
            self._values[subject, predicate.value].append(value)
            if predicate.value == _PROPERTY:
                self._parents[node_name(value)].append(subject)

    def messages(self, shape: str) -> dict[str, str]:
        """The messages of a shape, by language."""
        messages = self._values.get((shape, SH + "message"), ())
        return {message.language: message.value for message in messages if isinstance(message, ox.Literal) and message.language}

    def severity(self, shape: str) -> str:
        """The local name of the shape's severity; `Violation` when it has none (SHACL 1.0, section 2.1.4)."""
        return (self.first_value(shape, SH + "severity") or SH + "Violation").rpartition("#")[2]

    def source(self, shape: str) -> str | None:
        """The shape's `dcterms:source`, else that of a shape which has it as a property shape."""
        source = self.first_value(shape, DCTERMS + "source")
        if source is not None:
            return source
        return next((source for parent in self._parents.get(shape, ()) if (source := self.source(parent))), None)

    def value_class(self, shape: str) -> str | None:
        """The `sh:class` of the shape, if it has one."""
        return self.first_value(shape, SH + "class")

    def first_value(self, shape: str, predicate: str) -> str | None:
        """The first value of a property of the shape, None if it has none."""
        values = self._values.get((shape, predicate), ())
        return next((node_name(value) for value in values), None)


def node_name(term: Resource | ox.Literal | ox.Triple) -> str:
    """The IRI, `_:label` or lexical form of the term."""
    return term.value if isinstance(term, ox.NamedNode | ox.Literal) else str(term)
