"""Validation results with their causes, and the validation report in RDF (SHACL 1.0, section 3.6)."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from oxishacl.data_graph import Edges, Index
from oxishacl.terms import TYPE, XSD, Resource, Term, sh


class PropertyPath(Struct, frozen=True):
    """A property path: its RDF form, its SPARQL text, and what it reaches."""

    node: Resource
    sparql: str
    triples: tuple[ox.Triple, ...]
    """The statements that make up a path which is no IRI, those about `node` first."""
    values: Callable[[Index, Term], Sequence[Term]]
    """The nodes that the path reaches from a node, each once."""
    from_edges: Callable[[Edges], Sequence[Term]] | None = None
    """The same from the node's edges, where the path only goes from it over a predicate or one of several."""


class ResultSource(Struct, frozen=True):
    """Where a result comes from: the shape, the constraint that it declares, and what the author says of both."""

    shape: Resource
    component: ox.NamedNode
    path: PropertyPath | None
    severity: ox.NamedNode
    messages: tuple[ox.Literal, ...]
    constraint: Resource | None = None
    """The SPARQL constraint (`sh:sourceConstraint`)."""
    parameters: tuple[tuple[ox.NamedNode, Term], ...] = ()
    """What the shape asks for: (parameter, value)."""


class ConstraintBranch(Struct, frozen=True):
    """What became of one shape on which a constraint rests, for one value node; no cause: the node conforms to it."""

    shape: Resource
    value: Term
    causes: tuple["ValidationResult", ...]


class ValidationResult(Struct, frozen=True):
    """One validation result."""

    focus: Term
    path: PropertyPath | None
    value: Term | None
    source: ResultSource
    branches: tuple[ConstraintBranch, ...] = ()
    """What decided: for sh:or every member, for sh:node and sh:not the shape, for qualified shapes that shape for each value."""
    count: int | None = None
    """How many were found, where the constraint counts."""
    bindings: tuple[tuple[str, Term], ...] = ()
    """What a SPARQL solution holds beyond focus node, path and value: for the placeholders of messages."""
    message: ox.Literal | None = None
    """The text that a SPARQL solution itself says (`?message`)."""

    @property
    def details(self) -> tuple["ValidationResult", ...]:
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


class ValidationReport(Struct, frozen=True):
    """The results of validating one data graph against one shapes graph, in the order of the shapes."""

    results: tuple[ValidationResult, ...]

    @property
    def conforms(self) -> bool:
        """Whether there is no result of any severity (3.6.1.1)."""
        return not self.results

    def quads(self) -> Iterator[ox.Quad]:
        """The report in RDF, as `report_quads` gives it."""
        return report_quads(self.results)


_REPORT: Final = ox.BlankNode("report")
_TYPED: Final = ox.Quad(_REPORT, TYPE, sh("ValidationReport"))
_CONFORMS, _DOES_NOT = (
    ox.Quad(_REPORT, sh("conforms"), ox.Literal(value, datatype=ox.NamedNode(XSD + "boolean"))) for value in ("true", "false")
)


def report_quads(results: Sequence[ValidationResult]) -> Iterator[ox.Quad]:
    """A sh:ValidationReport. 3.6.1.1: sh:conforms is true « if and only if the validation did not produce any validation results ».

    Messages are as the author wrote them, their placeholders not filled in; blank nodes are numbered: the same results give the same
    quads.
    """
    yield _TYPED
    yield _DOES_NOT if results else _CONFORMS
    for place, result in enumerate(results, start=1):
        yield from _result(result, above=_REPORT, link="result", label=f"result{place}")


def _result(result: ValidationResult, *, above: Resource, link: str, label: str) -> Iterator[ox.Quad]:
    node = ox.BlankNode(label)
    yield ox.Quad(above, sh(link), node)
    yield ox.Quad(node, TYPE, sh("ValidationResult"))
    stated: tuple[tuple[str, Term | None], ...] = (
        ("focusNode", result.focus),
        ("resultPath", None if result.path is None else result.path.node),
        ("value", result.value),
        ("sourceShape", result.shape),
        ("sourceConstraint", result.constraint),
        ("sourceConstraintComponent", result.component),
        ("resultSeverity", result.severity),
        *(("resultMessage", text) for text in ((result.message,) if result.message is not None else result.messages)),
    )
    yield from (ox.Quad(node, sh(name), value) for name, value in stated if value is not None)
    if result.path is not None:
        yield from (ox.Quad(triple.subject, triple.predicate, triple.object) for triple in result.path.triples)
    for place, cause in enumerate(result.details, start=1):
        yield from _result(cause, above=node, link="detail", label=f"{label}-{place}")
