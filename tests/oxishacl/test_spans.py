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


@pytest.mark.parametrize(
    "text",
    [
        'ex:a ex:p "A" ~ ex:r {| ex:s 1 ; ex:t 2 |} , "B" .',
        "ex:a ex:p ex:b {| ex:s 1 |} {| ex:s 2 |} ~ ~ ex:r .",
        "<< ex:a ex:p ex:b ~ ex:r >> ex:q ex:c .",
        "<< ex:a ex:p ex:b >> .",
        "ex:x ex:y << ex:a ex:p << ex:d ex:p ex:e >> >> , ex:z .",
        "<< << ex:a ex:p ex:b >> ex:p ex:c ~ ex:r >> ex:q 1 .",
        'ex:x ex:y <<( ex:a ex:p <<( ex:c ex:d "x . y"@en )>> )>> ; ex:z 1 .',
        "ex:a ex:p ex:b {| ex:s [ ex:t ex:b {| ex:u 1 |} ] |} .",
        "ex:a ex:p (1 2) ~ {| ex:s (3) |} ; ex:q 4 .",
        'ex:a ex:p "x"@ar--rtl, 3 ~ . ex:b ex:p 5 ~ _:r {| ex:s 6 |} .',
        "ex:a ex:p [ ex:q 1 {| ex:s 2 |} ] {| ex:z 4 |} .",
        "ex:a ex:p (<<ex:a ex:b ex:c>> 3 <<ex:d ex:e ex:f>>) .",
        "(1 <<ex:a ex:b ex:c>>) ex:p ex:d .",
        "ex:a ex:p 3~ex:r{|ex:s 4|}.",
        "ex:s ex:q ex:o ~ ex:r . ex:t ex:q ex:o2 {| ex:a ex:b |} . ex:x ex:p ex:o3 .",
        "ex:s ex:p ex:o ~ ex:r , ex:o2 {| ex:a ex:b |} ; ex:q ex:o ~ ex:r ; ex:p ex:o3 {| ex:a ex:c |} .",
        "ex:s ex:p ex:o ~ ex:r {| ex:c ex:d |} {| ex:e ex:f |} ~ {| ex:g ex:h |} . ex:x ex:p ex:o3 .",
        "ex:s ex:p [ ex:q ex:o ~ ex:r ] {| ex:c ex:d |} .",
    ],
)
def test_reified_triples(text: str):
    """In Turtle of RDF 1.2 each statement has the place where its subject and its object are written; a reifier's is that of its sign."""
    quads = list(ox.parse(f"PREFIX ex: <urn:>\n{text}", format=ox.RdfFormat.TURTLE))
    content = text.encode()

    for quad, found in zip(quads, turtle.statement_spans(content), strict=True):
        subject, statement = (content[slice(*span)].decode() for span in (found.subject, found.predicate_object))
        if isinstance(quad.subject, ox.NamedNode) and quad.predicate.value != RDF + "reifies":
            assert quad.subject.value.replace("urn:", "ex:") in (subject, *subject.split()[-2:-1])
        if isinstance(quad.object, ox.Literal):
            assert quad.object.value in statement.split()[-1]
        elif isinstance(quad.object, ox.NamedNode) and quad.object.value != RDF + "nil":
            assert statement.endswith(quad.object.value.replace("urn:", "ex:"))
        elif isinstance(quad.object, ox.Triple):
            assert "~" in text or "<<" in text or statement == "{|"


def test_triple_terms_in_lines():
    """In N-Triples a triple term is one term."""
    text = b'<urn:a> <urn:b> <<( <urn:c> <urn:d> <<( <urn:e> <urn:f> "x . y" )>> )>> .\n<urn:a> <urn:b> "c"@en--ltr .\n'
    first, second = turtle.line_spans(text)

    assert text[slice(*first.predicate_object)] == b'<urn:b> <<( <urn:c> <urn:d> <<( <urn:e> <urn:f> "x . y" )>> )>>'
    assert text[slice(*second.predicate_object)] == b'<urn:b> "c"@en--ltr'


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
