"""Compiling: shapes that are ill-formed, recursive or forbidden are refused by name; each file states the code of the error."""

import re
from itertools import pairwise
from pathlib import Path

import pyoxigraph as ox
import pytest

from observance.core import OBS, SH
from oxishacl import Index, OxishaclError, compile_shapes, sh

FILES = sorted((Path(__file__).parent / "ill-formed").glob("*.ttl"))
SHAPE = ox.NamedNode("https://example.org/shape")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_refused(file: Path):
    """An ill-formed shape is refused with the code that its file states, and named."""
    text = file.read_text(encoding="utf-8")
    with pytest.raises(OxishaclError) as caught:
        compile_shapes(ox.parse(text, format=ox.RdfFormat.TURTLE))

    assert caught.value.code == re.findall(r"^#\+ error: (\S+)", text)[0]
    assert len(set(caught.value.sentences().values())) == 2
    assert str(caught.value.values["shape"]).startswith(("<https://example.org/", "_:"))


def test_deep():
    """Shapes nested in more than a hundred others are refused before Python's stack overflows."""
    nodes = [ox.NamedNode(f"https://example.org/s{i}") for i in range(400)]
    with pytest.raises(OxishaclError) as caught:
        compile_shapes(ox.Quad(above, sh("node"), below) for above, below in pairwise(nodes))

    assert caught.value.code == "deep"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT $this {" + "{" * 5_000 + "}" * 5_000 + "}", "query-depth"), ("SELECT $this { FILTER (" + "(" * 900 + "1", "query-depth"),
        ("SELECT $this { FILTER (" + "!" * 900 + "1) }", "query-depth"), ("SELECT $this { ?a " + "(" * 900 + "?p", "query-depth"),
        ("SELECT $this {" + "[ ?p " * 900, "query-depth"), ("SELECT $this { $this ?p ?v }" + " " * 60_000, "sparql-size"),
    ],
)  # fmt: skip
def test_query_size(query: str, code: str):
    """A query that is too long or too deep is refused before Oxigraph's parser sees it."""
    constraint = ox.BlankNode("c")
    with pytest.raises(OxishaclError) as caught:
        compile_shapes([ox.Quad(SHAPE, sh("sparql"), constraint), ox.Quad(constraint, sh("select"), ox.Literal(query))])

    assert code in (caught.value.code, getattr(caught.value.values.get("detail"), "code", None))


def test_unknown_terms_are_no_error():
    """Properties that are not SHACL's are ignored, as the specification says."""
    validator = compile_shapes([ox.Quad(SHAPE, sh("targetNode"), SHAPE), ox.Quad(SHAPE, ox.NamedNode(OBS + "x"), SHAPE)])

    assert len(validator.targets.targets) == 1
    assert sh("minCount").value == SH + "minCount"


def test_left_out_shape_that_data_name():
    """A node may name its shape with sh:shape; one that was left out, and what is no shape, are passed over."""
    text = """PREFIX ex: <urn:> PREFIX sh: <http://www.w3.org/ns/shacl#>
        ex:ill a sh:NodeShape ; sh:minLength "x" . ex:where a sh:NodeShape ; sh:targetWhere ex:ill ; sh:nodeKind sh:Literal .
        ex:sound a sh:NodeShape ; sh:nodeKind sh:Literal .
        ex:a sh:shape ex:ill , "text" , ex:sound , ex:unknown ."""
    quads = list(ox.parse(text, format=ox.RdfFormat.TURTLE))
    report = compile_shapes(quads, version="1.2", skip_ill_formed=True).report(Index(quads))

    assert [(result.focus.value, result.shape.value) for result in report.results] == [("urn:a", "urn:sound")]
    assert len(report.skipped) == 1
    assert "urn:where" in report.skipped[0].sentence("en")
