"""Validation results with their causes, and the validation report in RDF (SHACL 1.0, section 3.6)."""

from collections.abc import Iterator, Sequence
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from oxishacl.errors import Phrase
from oxishacl.paths import PropertyPath
from oxishacl.terms import TYPE, XSD, Resource, Term, sh


class ResultSource(Struct, frozen=True):
    """What a result comes from: the shape and one constraint of it, with the severity and the messages that the author gave."""

    shape: Resource
    component: ox.NamedNode
    path: PropertyPath | None
    severity: ox.NamedNode
    messages: tuple[ox.Literal, ...]
    constraint: Resource | None = None
    """The SPARQL constraint (`sh:sourceConstraint`)."""
    parameters: tuple[tuple[ox.NamedNode, Term], ...] = ()
    """The parameters of the constraint, as (parameter, value)."""


class ConstraintBranch(Struct, frozen=True):
    """The validation of one value node against one shape that a constraint refers to; without causes, the node conforms."""

    shape: Resource
    value: Term
    causes: tuple["ValidationResult", ...]


class ValidationResult(Struct, frozen=True):
    """A validation result (section 3.6.2)."""

    focus: Term
    path: PropertyPath | None
    value: Term | None
    source: ResultSource
    branches: tuple[ConstraintBranch, ...] = ()
    """For sh:or every member, for sh:node and sh:not the shape, for sh:qualifiedValueShape that shape for each value node."""
    count: int | None = None
    """The number that the constraint counted, for instance of value nodes."""
    bindings: tuple[tuple[str, Term], ...] = ()
    """The other variables of a SPARQL solution, for the placeholders of messages."""
    message: ox.Literal | None = None
    """The value of `?message` in a SPARQL solution, which replaces the messages of the shape."""

    @property
    def details(self) -> tuple["ValidationResult", ...]:
        """The causes of all branches (`sh:detail`)."""
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
    skipped: tuple[Phrase, ...] = ()
    """The shapes that were left out, and what is wrong."""
    disallowed: tuple[ox.NamedNode, ...] | None = None
    """The severities with which data do not conform (SHACL 1.2, sh:conformanceDisallows); None: all (SHACL 1.0)."""

    @property
    def conforms(self) -> bool:
        """Whether there are no results: of any severity (3.6.1.1), or of the severities that are disallowed."""
        return not any(self.disallowed is None or result.severity in self.disallowed for result in self.results)

    def quads(self) -> Iterator[ox.Quad]:
        """The report in RDF, as `report_quads` gives it."""
        yield from report_quads(self.results, conforms=self.conforms)
        yield from (ox.Quad(_REPORT, sh("conformanceDisallows"), severity) for severity in self.disallowed or ())
        if self.skipped:
            yield ox.Quad(_REPORT, sh("shapesGraphWellFormed"), ox.Literal(False))


CONFORMANCE_DISALLOWS: Final = (sh("Violation"), sh("Warning"), sh("Info"))
"""The severities that SHACL 1.2 disallows where nothing else is said: not sh:Debug and sh:Trace."""

_REPORT: Final = ox.BlankNode("report")
_TYPE_QUAD: Final = ox.Quad(_REPORT, TYPE, sh("ValidationReport"))
_CONFORMS, _DOES_NOT_CONFORM = (
    ox.Quad(_REPORT, sh("conforms"), ox.Literal(value, datatype=ox.NamedNode(XSD + "boolean"))) for value in ("true", "false")
)


def report_quads(results: Sequence[ValidationResult], *, conforms: bool | None = None) -> Iterator[ox.Quad]:
    """The sh:ValidationReport. 3.6.1.1: sh:conforms is true « if and only if the validation did not produce any validation results ».

    `conforms` says otherwise for a report in which some severities are allowed (SHACL 1.2).

    Messages are as the author wrote them, placeholders not filled in. Blank nodes are numbered, so that equal results give equal quads.
    """
    yield _TYPE_QUAD
    yield _CONFORMS if (not results if conforms is None else conforms) else _DOES_NOT_CONFORM
    for number, result in enumerate(results, start=1):
        yield from _result_quads(result, parent=_REPORT, predicate="result", label=f"result{number}")


def _result_quads(result: ValidationResult, *, parent: Resource, predicate: str, label: str) -> Iterator[ox.Quad]:
    node = ox.BlankNode(label)
    yield ox.Quad(parent, sh(predicate), node)
    yield ox.Quad(node, TYPE, sh("ValidationResult"))
    properties: tuple[tuple[str, Term | None], ...] = (
        ("focusNode", result.focus),
        ("resultPath", None if result.path is None else result.path.node),
        ("value", result.value),
        ("sourceShape", result.shape),
        ("sourceConstraint", result.constraint),
        ("sourceConstraintComponent", result.component),
        ("resultSeverity", result.severity),
        *(("resultMessage", text) for text in ((result.message,) if result.message is not None else result.messages)),
    )
    yield from (ox.Quad(node, sh(name), value) for name, value in properties if value is not None)
    if result.path is not None:
        yield from (ox.Quad(triple.subject, triple.predicate, triple.object) for triple in result.path.triples)
    for number, cause in enumerate(result.details, start=1):
        yield from _result_quads(cause, parent=node, predicate="detail", label=f"{label}-{number}")
