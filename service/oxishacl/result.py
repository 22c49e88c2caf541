"""What validation gives (SHACL 1.0, section 3.6.2): results in pyoxigraph's terms, with their causes to the leaf."""

from collections.abc import Callable, Sequence

import pyoxigraph as ox
from msgspec import Struct

from oxishacl.data_graph import Edges, Index
from oxishacl.terms import Resource, Term


class Path(Struct, frozen=True):
    """A property path: its RDF form, its SPARQL text, and what it reaches."""

    node: Resource
    sparql: str
    triples: tuple[ox.Triple, ...]
    """The statements that make up a path which is no IRI, those about `node` first."""
    values: Callable[[Index, Term], Sequence[Term]]
    """The nodes that the path reaches from a node, each once."""
    ends: Callable[[Edges], Sequence[Term]] | None = None
    """The same from the node's edges, where the path only goes from it over a predicate or one of several."""


class Source(Struct, frozen=True):
    """Where a result comes from: the shape, the constraint that it declares, and what the author says of both."""

    shape: Resource
    component: ox.NamedNode
    path: Path | None
    severity: ox.NamedNode
    messages: tuple[ox.Literal, ...]
    constraint: Resource | None = None
    """The SPARQL constraint (`sh:sourceConstraint`)."""
    parameters: tuple[tuple[ox.NamedNode, Term], ...] = ()
    """What the shape asks for: (parameter, value)."""


class Branch(Struct, frozen=True):
    """What became of one shape on which a constraint rests, for one value node; no cause: the node conforms to it."""

    shape: Resource
    value: Term
    causes: tuple["Result", ...]


class Result(Struct, frozen=True):
    """One validation result."""

    focus: Term
    path: Path | None
    value: Term | None
    source: Source
    branches: tuple[Branch, ...] = ()
    """What decided: for sh:or every member, for sh:node and sh:not the shape, for qualified shapes that shape for each value."""
    found: int | None = None
    """How many were found, where the constraint counts."""
    bindings: tuple[tuple[str, Term], ...] = ()
    """What a SPARQL solution holds beyond focus node, path and value: for the placeholders of messages."""
    message: ox.Literal | None = None
    """The text that a SPARQL solution itself says (`?message`)."""

    @property
    def details(self) -> tuple["Result", ...]:
        """The causes, of all branches (`sh:detail`)."""
        return tuple(cause for branch in self.branches for cause in branch.causes)

    @property
    def shape(self) -> Resource:
        """`sh:sourceShape`."""
        return self.source.shape

    @property
    def component(self) -> ox.NamedNode:
        """`sh:sourceConstraintComponent`."""
        return self.source.component

    @property
    def constraint(self) -> Resource | None:
        """`sh:sourceConstraint`."""
        return self.source.constraint

    @property
    def severity(self) -> ox.NamedNode:
        """`sh:resultSeverity`."""
        return self.source.severity

    @property
    def messages(self) -> tuple[ox.Literal, ...]:
        """The author's messages, placeholders not filled in."""
        return self.source.messages
