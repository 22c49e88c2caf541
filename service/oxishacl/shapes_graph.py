"""A shape as its author wrote it: values of parameters, asked for by what they must be; what is otherwise is refused by name.

SHACL 1.0, section 3.4.1: « If the shapes graph contains ill-formed nodes, then the result of the validation process is undefined »;
here nothing is validated against them, since a fault in a shape must not pass as a document without fault.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from oxishacl.data_graph import Index, TripleLike
from oxishacl.errors import InvalidInputError
from oxishacl.literals import INTEGERS, is_well_formed
from oxishacl.report import PropertyPath, ResultSource
from oxishacl.shape import Shape
from oxishacl.terms import DCTERMS, SH, XSD, Resource, Term, is_boolean, is_resource, is_true, sh, shown


class ShapeDeclaration(Struct, frozen=True):
    """One shape of the shapes graph, with `compiled` to get at the shapes that it names."""

    node: Resource
    graph: Index
    path: PropertyPath | None
    severity: ox.NamedNode
    messages: tuple[ox.Literal, ...]
    compiled: Callable[[Term], Shape]

    def source(
        self,
        component: str | ox.NamedNode,
        parameters: Iterable[tuple[ox.NamedNode, Term]] = (),
        *,
        constraint: Resource | None = None,
        messages: tuple[ox.Literal, ...] = (),
    ) -> ResultSource:
        """Where the results of one constraint come from; `component` without « ConstraintComponent » when it is SHACL's own."""
        named = component if isinstance(component, ox.NamedNode) else sh(component + "ConstraintComponent")
        return ResultSource(self.node, named, self.path, self.severity, messages or self.messages, constraint, tuple(parameters))

    def all(self, name: str) -> Sequence[Term]:
        """Every value of a parameter of SHACL."""
        return self.graph.objects(self.node, sh(name))

    def one(self, name: str) -> Term | None:
        """The value of a parameter that may have one only."""
        values = self.all(name)
        if len(values) > 1:
            raise self.fault("several-values", name)
        return values[0] if values else None

    def iris(self, name: str) -> list[ox.NamedNode]:
        """Every value of a parameter whose values are IRIs."""
        values = self.all(name)
        found = [value for value in values if isinstance(value, ox.NamedNode)]
        if len(found) != len(values):
            raise self.fault("not-an-iri", name)
        return found

    def iri(self, name: str) -> ox.NamedNode | None:
        """The value of a parameter whose only value is an IRI."""
        self.one(name)
        return next(iter(self.iris(name)), None)

    def integer(self, name: str) -> int | None:
        """The value of a parameter whose only value is an integer of at least 0."""
        value = self.one(name)
        if value is None:
            return None
        if not isinstance(value, ox.Literal) or value.datatype.value not in INTEGERS:
            raise self.fault("not-a-count", name)
        if len(value.value) > 18 or not is_well_formed(value.value, datatype=XSD + "integer") or int(value.value) < 0:
            raise self.fault("not-a-count", name)
        return int(value.value)

    def flag(self, name: str) -> bool:
        """The value of a parameter whose only value is a boolean; false when there is none."""
        value = self.one(name)
        if value is not None and not is_boolean(value):
            raise self.fault("not-a-boolean", name)
        return is_true(value)

    def text(self, name: str) -> str | None:
        """The value of a parameter whose only value is an xsd:string."""
        value = self.one(name)
        if value is not None and (not isinstance(value, ox.Literal) or value.datatype.value != XSD + "string"):
            raise self.fault("not-a-string", name)
        return None if value is None else value.value

    def members(self, name: str, head: Term) -> list[Term]:
        """The members of a list that is a value of the parameter."""
        members = self.graph.members(head)
        if members is None:
            raise self.fault("not-a-list", name)
        return members

    def shapes(self, name: str) -> list[tuple[Term, Shape]]:
        """Every value of a parameter whose values are shapes, compiled."""
        return [(value, self.shape(name, value)) for value in self.all(name)]

    def shape(self, name: str, value: Term) -> Shape:
        """The shape that is a value of the parameter, or a member of one, compiled."""
        if not is_resource(value):
            raise self.fault("not-a-shape", name)
        return self.compiled(value)

    def only_property(self, name: str) -> PropertyPath:
        """The path of the shape; refuses a node shape, which may not have the parameter."""
        if self.path is None:
            raise self.fault("needs-path", name)
        return self.path

    def fault(self, phrase: str, name: str, **values: object) -> InvalidInputError:
        """The error that names the shape and the parameter."""
        return InvalidInputError(phrase, shape=shown(self.node), parameter=f"sh:{name}", **values)


_PROPERTY: Final = SH + "property"


class ShapeMetadata:
    """The shapes of a shapes graph as their author speaks in them; nothing is checked here."""

    def __init__(self, quads: Iterable[TripleLike]) -> None:
        """Keep what is said, in the order of the files."""
        self._values: dict[tuple[str, str], list[ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple]] = defaultdict(list)
        self._parents: dict[str, list[str]] = defaultdict(list)
        for quad in quads:
            subject, predicate, value = node_name(quad.subject), quad.predicate, quad.object
            self._values[subject, predicate.value].append(value)
            if predicate.value == _PROPERTY:
                self._parents[node_name(value)].append(subject)

    def messages(self, shape: str) -> dict[str, str]:
        """The messages of a shape, by language."""
        texts = self._values.get((shape, SH + "message"), ())
        return {text.language: text.value for text in texts if isinstance(text, ox.Literal) and text.language}

    def speaking(self) -> tuple[str, ...]:
        """The shapes that have a message, in the order of the files."""
        return tuple(shape for shape, predicate in self._values if predicate == SH + "message")

    def severity(self, shape: str) -> str:
        """The local name of the shape's severity; `Violation` when it has none (SHACL 1.0, section 2.1.4)."""
        return (self._first(shape, SH + "severity") or SH + "Violation").rpartition("#")[2]

    def source(self, shape: str) -> str | None:
        """What the shape rests on: its own `dcterms:source`, else that of a shape that it belongs to."""
        own = self._first(shape, DCTERMS + "source")
        if own is not None:
            return own
        return next((source for parent in self._parents.get(shape, ()) if (source := self.source(parent))), None)

    def wanted(self, shape: str) -> str | None:
        """The class that the values of the shape must have, if it asks for one."""
        return self._first(shape, SH + "class")

    def _first(self, shape: str, predicate: str) -> str | None:
        values = self._values.get((shape, predicate), ())
        return next((node_name(value) for value in values), None)


def node_name(term: Resource | ox.Literal | ox.Triple) -> str:
    """The IRI, `_:label` or lexical form."""
    return term.value if isinstance(term, ox.NamedNode | ox.Literal) else str(term)
