"""A shape as its author wrote it: values of parameters, asked for by what they must be; what is otherwise is refused by name.

SHACL 1.0, section 3.4.1: « If the shapes graph contains ill-formed nodes, then the result of the validation process is undefined »;
here nothing is validated against them, since a fault in a shape must not pass as a document without fault.
"""

from collections.abc import Callable, Iterable, Sequence

import pyoxigraph as ox
from msgspec import Struct

from observance.core.errors import InvalidInputError
from observance.core.namespaces import XSD
from oxishacl.data_graph import Index
from oxishacl.lexical_forms import INTEGERS, is_well_formed
from oxishacl.result import Path, Source
from oxishacl.shape import Shape
from oxishacl.terms import Resource, Term, is_boolean, is_resource, is_true, sh, shown


class Declaration(Struct, frozen=True):
    """One shape of the shapes graph, with `compiled` to get at the shapes that it names."""

    node: Resource
    graph: Index
    path: Path | None
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
    ) -> Source:
        """Where the results of one constraint come from; `component` without « ConstraintComponent » when it is SHACL's own."""
        named = component if isinstance(component, ox.NamedNode) else sh(component + "ConstraintComponent")
        return Source(self.node, named, self.path, self.severity, messages or self.messages, constraint, tuple(parameters))

    def all(self, name: str) -> Sequence[Term]:
        """Every value of a parameter of SHACL."""
        return self.graph.objects(self.node, sh(name))

    def one(self, name: str) -> Term | None:
        """The value of a parameter that may have one only."""
        values = self.all(name)
        if len(values) > 1:
            raise self.fault("shacl.several-values", name)
        return values[0] if values else None

    def iris(self, name: str) -> list[ox.NamedNode]:
        """Every value of a parameter whose values are IRIs."""
        values = self.all(name)
        found = [value for value in values if isinstance(value, ox.NamedNode)]
        if len(found) != len(values):
            raise self.fault("shacl.not-an-iri", name)
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
            raise self.fault("shacl.not-a-count", name)
        if len(value.value) > 18 or not is_well_formed(value.value, datatype=XSD + "integer") or int(value.value) < 0:
            raise self.fault("shacl.not-a-count", name)
        return int(value.value)

    def flag(self, name: str) -> bool:
        """The value of a parameter whose only value is a boolean; false when there is none."""
        value = self.one(name)
        if value is not None and not is_boolean(value):
            raise self.fault("shacl.not-a-boolean", name)
        return is_true(value)

    def text(self, name: str) -> str | None:
        """The value of a parameter whose only value is an xsd:string."""
        value = self.one(name)
        if value is not None and (not isinstance(value, ox.Literal) or value.datatype.value != XSD + "string"):
            raise self.fault("shacl.not-a-string", name)
        return None if value is None else value.value

    def members(self, name: str, head: Term) -> list[Term]:
        """The members of a list that is a value of the parameter."""
        members = self.graph.members(head)
        if members is None:
            raise self.fault("shacl.not-a-list", name)
        return members

    def shapes(self, name: str) -> list[tuple[Term, Shape]]:
        """Every value of a parameter whose values are shapes, compiled."""
        return [(value, self.shape(name, value)) for value in self.all(name)]

    def shape(self, name: str, value: Term) -> Shape:
        """The shape that is a value of the parameter, or a member of one, compiled."""
        if not is_resource(value):
            raise self.fault("shacl.not-a-shape", name)
        return self.compiled(value)

    def only_property(self, name: str) -> Path:
        """The path of the shape; refuses a node shape, which may not have the parameter."""
        if self.path is None:
            raise self.fault("shacl.needs-path", name)
        return self.path

    def fault(self, phrase: str, name: str, **values: object) -> InvalidInputError:
        """The error that names the shape and the parameter."""
        return InvalidInputError(phrase, shape=shown(self.node), parameter=f"sh:{name}", **values)
