"""Oxigraph's terms become rdflib's without a change."""

import subprocess
import sys

import pyoxigraph as ox
import pytest
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.compare import isomorphic

from observance.rdf import to_rdflib
from observance.rdf.rdflib_terms import term_text

XSD = "http://www.w3.org/2001/XMLSchema#"
A, B = ox.NamedNode("https://example.org/a"), ox.NamedNode("https://example.org/b")


def converted(literal: ox.Literal) -> Literal:
    """The literal after conversion."""
    (term,) = to_rdflib([ox.Quad(A, B, literal)]).objects()
    assert isinstance(term, Literal)
    return term


def test_graph_equals_rdflib_parse() -> None:
    """The converted graph is isomorphic to the one that rdflib parses from the same text."""
    quads = [
        ox.Quad(A, B, term)
        for term in (
            ox.BlankNode("x"),
            ox.Literal("plain"),
            ox.Literal("texte", language="fr-CA"),
            ox.Literal("2018-06", datatype=ox.NamedNode(XSD + "gYearMonth")),
            ox.Literal("2018-06-01", datatype=ox.NamedNode(XSD + "date")),
            ox.Literal('"quoted"\n', datatype=A),
            ox.Literal("7", datatype=ox.NamedNode(XSD + "integer")),
        )
    ] + [ox.Quad(ox.BlankNode("x"), B, ox.BlankNode("y")), ox.Quad(A, A, B, B)]
    text = ox.serialize([quad.triple for quad in quads], format=ox.RdfFormat.N_TRIPLES)
    assert text is not None
    assert isomorphic(to_rdflib(quads), Graph().parse(data=text.decode(), format="nt"))


@pytest.mark.parametrize(
    ("text", "datatype"),
    [
        ("01", "integer"),
        ("2018-6", "gYearMonth"),
        ("+1.0", "decimal"),
        ("1", "boolean"),
        (" a  b\n", "token"),
        ("a\tb", "normalizedString"),
    ],
)
def test_lexical_form_is_kept(text: str, datatype: str) -> None:
    """Lexical form and datatype are preserved, canonical or not, well-formed or not."""
    term = converted(ox.Literal(text, datatype=ox.NamedNode(XSD + datatype)))
    assert (str(term), str(term.datatype)) == (text, XSD + datatype)


def test_plain_string_has_no_datatype() -> None:
    """A plain string equals the literal that rdflib's parsers build, which shapes compare with."""
    assert converted(ox.Literal("en")) == Literal("en")
    assert converted(ox.Literal("en", datatype=ox.NamedNode(XSD + "string"))) == Literal("en")


def test_ill_typed_literal_logs_nothing() -> None:
    """An ill-typed literal is marked as such, and no traceback is logged for it."""
    assert converted(ox.Literal("x", datatype=ox.NamedNode(XSD + "integer"))).ill_typed
    program = (
        "import pyoxigraph as ox; from observance.rdf.rdflib_terms import to_rdflib; n = ox.NamedNode('https://example.org/a');"
        f"to_rdflib([ox.Quad(n, n, ox.Literal('x', datatype=ox.NamedNode('{XSD}integer')))])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stderr == b""


def test_rdf_1_2_is_rejected() -> None:
    """A triple term or a base direction raises an error instead of being dropped."""
    for term in (ox.Triple(A, B, A), ox.Literal("x", language="ar", direction=ox.BaseDirection.RTL)):
        with pytest.raises(TypeError):
            to_rdflib([ox.Quad(A, B, term)])


def test_term_text() -> None:
    """A term of either library has the same text: IRI, label or lexical form."""
    pairs = ((A, URIRef(A.value)), (ox.BlankNode("x"), BNode("x")), (ox.Literal("01"), Literal("01")))
    assert [(term_text(left), term_text(right)) for left, right in pairs] == [(A.value, A.value), ("_:x", "_:x"), ("01", "01")]
