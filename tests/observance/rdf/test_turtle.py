"""Turtle with nested blank nodes says what the triples say, or is written flat where it cannot."""

from pathlib import Path

import pyoxigraph as ox
import pytest

from conftest import ROOT, check_each
from observance.rdf import nested_turtle

EXAMPLES = sorted((ROOT / "shapes" / "examples").glob("*.ttl"))


def canonical(text: str) -> set[str]:
    """The statements with canonical labels of blank nodes."""
    dataset = ox.Dataset(ox.parse(text, format=ox.RdfFormat.TURTLE))
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return {str(quad) for quad in dataset}


def triples(text: str) -> list[ox.Triple]:
    """The statements of a text in Turtle."""
    return [quad.triple for quad in ox.parse(text, format=ox.RdfFormat.TURTLE)]


def test_examples() -> None:
    """Every example is the same graph, without a label of a blank node."""

    def check(file: Path) -> None:
        text = file.read_text(encoding="utf-8")
        written = nested_turtle(triples(text))
        assert canonical(written) == canonical(text)
        assert "_:" not in written

    check_each(check, EXAMPLES)


@pytest.mark.parametrize(
    "text",
    [
        "<urn:a> <urn:p> _:b . <urn:c> <urn:p> _:b . _:b <urn:q> 1 .",
        "_:a <urn:p> _:b . _:b <urn:p> _:a .",
        "_:a <urn:p> _:a .",
        "_:a <urn:p> 'of a node that nothing refers to' .",
        "<urn:a> <urn:p> _:n0 . " + " ".join(f"_:n{number} <urn:p> _:n{number + 1} ." for number in range(40)),
        "<urn:a> <urn:p> 'say \\\"this\\\"\\n\\\\'@fr , '<urn:x>' , <urn:x> .",
    ],
    ids=["shared", "circle", "itself", "alone", "deep", "quoted"],
)
def test_what_cannot_be_nested(text: str) -> None:
    """Shared, circular, unreferenced and deep blank nodes are the same graph too."""
    assert canonical(nested_turtle(triples(text))) == canonical(text)
