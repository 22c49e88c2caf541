"""The validation report in RDF (SHACL 1.0, section 3.6): results as quads, with their causes as sh:detail."""

from collections.abc import Iterator, Sequence
from typing import Final

import pyoxigraph as ox

from observance.core.namespaces import XSD
from oxishacl.result import Result
from oxishacl.terms import TYPE, Resource, Term, sh

_REPORT: Final = ox.BlankNode("report")
_TYPED: Final = ox.Quad(_REPORT, TYPE, sh("ValidationReport"))
_CONFORMS, _DOES_NOT = (
    ox.Quad(_REPORT, sh("conforms"), ox.Literal(value, datatype=ox.NamedNode(XSD + "boolean"))) for value in ("true", "false")
)


def quads(results: Sequence[Result]) -> Iterator[ox.Quad]:
    """A sh:ValidationReport. 3.6.1.1: sh:conforms is true « if and only if the validation did not produce any validation results ».

    Messages are as the author wrote them, their placeholders not filled in; blank nodes are numbered: the same results give the same
    quads.
    """
    yield _TYPED
    yield _DOES_NOT if results else _CONFORMS
    for place, result in enumerate(results, start=1):
        yield from _result(result, above=_REPORT, link="result", label=f"result{place}")


def _result(result: Result, *, above: Resource, link: str, label: str) -> Iterator[ox.Quad]:
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
