"""Where statements stand, to the letter: what each quad is shown as, in texts in which several would do."""

import pyoxigraph as ox
import pytest

from observance.core import Settings
from observance.rdf import limits_of, parse_document
from oxishacl import Source, SourcePositions
from oxishacl.positions import rdfxml, turtle

LIMITS = Settings()
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<urn:a> <urn:p> 1 , 2 ; <urn:q> 3 .", ["<urn:p> 1", "2", "<urn:q> 3"]),
        ("<urn:a> <urn:p> 1 , 2 . <urn:b> <urn:q> 3 .", ["<urn:p> 1", "2", "<urn:q> 3"]),
        ("<urn:a> <urn:p> [ <urn:q> 1 , 2 ] ; <urn:r> 3 .", ["<urn:p> [", "<urn:q> 1", "2", "<urn:r> 3"]),
    ],
)
def test_predicate_is_shown(text: str, expected: list[str]):
    """An object is shown with its predicate, unless it stands after a comma; a semicolon begins anew."""
    found = list(turtle.statement_spans(text.encode()))
    written = [text.encode()[slice(*statement.predicate_object)].decode() for statement in found]

    assert sorted(written) == sorted(expected)
    assert len(found) == len(list(ox.parse(text, format=ox.RdfFormat.TURTLE)))


def pointers(text: str) -> list[tuple[str, str, str | None]]:
    """The end of each predicate, the object if it has a name, and the pointer, in Oxigraph's order."""
    document = parse_document(Source("a.jsonld", text.encode()), settings=LIMITS, contexts={})
    positions = SourcePositions(document, limits=limits_of(LIMITS), contexts={})
    named = [(q.predicate.value, "_" if isinstance(q.object, ox.BlankNode) else q.object.value) for q in document.quads]
    return [(predicate, value, positions.of(number).pointer) for number, (predicate, value) in enumerate(named)]


def test_like_quads_have_places_of_their_own():
    """Two parts that say the same are two: each statement leads to its own."""
    found = pointers('{"@id": "urn:a", "urn:p": [{"urn:q": 1}, {"urn:q": 1}]}')

    assert [pointer for predicate, _, pointer in found if predicate == "urn:q"] == ["/urn:p/0/urn:q", "/urn:p/1/urn:q"]


def test_type_that_stands_last():
    """A type is read first wherever it stands, so that of the outer node comes before that of the same class within."""
    found = pointers('{"urn:p": {"@type": "urn:C"}, "@type": "urn:C"}')

    assert [pointer for predicate, _, pointer in found if predicate == RDF + "type"] == ["/@type", "/urn:p/@type"]


def elements(body: str) -> list[tuple[str, bytes, bytes]]:
    """The end of each predicate with the names of the subject's element and of its own."""
    text = f'<rdf:RDF xmlns:rdf="{RDF}" xmlns:x="urn:x:"><x:C rdf:about="urn:a">{body}</x:C></rdf:RDF>'.encode()
    quads = ox.parse(text, format=ox.RdfFormat.RDF_XML)
    return [
        (quad.predicate.value.rpartition(":")[2], text[slice(*found.subject)], text[slice(*found.predicate_object)])
        for quad, found in zip(quads, rdfxml.statement_spans(text), strict=True)
    ]


def test_element_around_a_node():
    """A property around a node that has properties of its own has the place of its element, and its subject that of the node outside."""
    assert ("r", b"<x:C", b"<x:r") in elements("<x:r><x:D><x:p>1</x:p></x:D></x:r>")
    assert ("r", b"<x:C", b"<x:r") in elements("<x:r><x:D/> </x:r>")


def test_element_around_an_empty_node():
    """It has so too where the node within is an empty element with nothing between the two ends."""
    assert ("r", b"<x:C", b"<x:r") in elements("<x:r><x:D/></x:r>")
