"""Positions: what is read for its places is exactly what Oxigraph read, and each place is that of its statement."""

import json
import re
from collections.abc import Callable, Container
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import ROOT, WHOLE, check_each, sample
from observance.core import ObservanceError, Settings
from observance.rdf import limits_of, parse_document
from oxishacl import EXTENSIONS, Document, Place, Source, SourcePositions
from oxishacl.parsing.syntaxes import JSON_LD, N_QUADS, N_TRIPLES, RDF_XML, TRIG, TURTLE

LIMITS = Settings()
CONTEXT = "https://w3id.org/observance/context.jsonld"
FILES = sorted(
    file
    for room in ("tests", "shapes", "ontology", "rules", "queries")
    for file in (ROOT / room).rglob("*")
    if file.suffix in EXTENSIONS and file.name != "context.jsonld" and file.stat().st_size < 1_000_000
)
BASE = re.compile(rb"^@base <[^>]*> \.$", re.MULTILINE)
FORMATS = {TURTLE: ox.RdfFormat.TURTLE, TRIG: ox.RdfFormat.TRIG, N_TRIPLES: ox.RdfFormat.N_TRIPLES, N_QUADS: ox.RdfFormat.N_QUADS}


@pytest.fixture(scope="module")
def contexts(kb):
    """The context that is known."""
    return kb.contexts


def slices(content: bytes, place: Place) -> str:
    """The text of a place."""
    lines = content.decode().removeprefix("\ufeff").split("\n")[place.line - 1 : place.end_line]
    lines[-1] = lines[-1][: place.end_column - 1]
    lines[0] = lines[0][place.column - 1 :]
    return "\n".join(lines)


def held(document: Document, contexts) -> None:
    """Raise unless the text at the place of each statement, read by Oxigraph, is its object, and that of its subject its subject."""
    positions = SourcePositions(document, limits=limits_of(LIMITS), contexts=contexts)
    prefixes = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in document.prefixes.items())
    content = document.source.content
    prefixes += b"".join(BASE.findall(content)[:1]).decode()
    for number, quad in enumerate(document.quads):
        place, subject = positions.of(number), positions.of_subject(number)
        assert place
        assert subject
        held_subject(slices(content, subject), quad, prefixes)
        held_object(slices(content, place), quad, prefixes)


def held_subject(text: str, quad: ox.Quad, prefixes: str) -> None:
    """The text is the subject's: an opening bracket for an anonymous node, else what Oxigraph reads as it."""
    if text.startswith(("[", "(")):
        assert isinstance(quad.subject, ox.BlankNode) or quad.subject.value.endswith("#nil")
    elif text not in {"first", "rest"}:
        read = [found.subject for found in ox.parse(f"{prefixes}{text} a <urn:x> .", format=ox.RdfFormat.TURTLE)]
        assert read == [quad.subject]


def held_object(text: str, quad: ox.Quad, prefixes: str) -> None:
    """The text ends in the object, after the predicate or not."""
    if quad.predicate.value.endswith(("#first", "#rest")) or text.rstrip().endswith(("[", "(")):
        return
    for subject, predicate in (("<urn:s>", ""), ("<urn:s>", "<urn:p>")):
        try:
            read = list(ox.parse(f"{prefixes}{subject} {predicate} {text} .", format=ox.RdfFormat.TURTLE))
        except SyntaxError:
            continue
        if len(read) == 1:
            assert read[0].object == quad.object
            assert predicate or read[0].predicate == quad.predicate
            return
    raise AssertionError(text)


def document_of(content: bytes, name: str, contexts) -> Document | None:
    """The document, or None for what cannot be read."""
    try:
        return parse_document(Source(name, content), settings=LIMITS, contexts=contexts)
    except ObservanceError:
        return None


def check_files(syntaxes: Container[str], check: Callable[[Document], None], contexts) -> None:
    """Check each file of the project that is in one of the syntaxes, as its name says."""

    def check_file(file: Path) -> None:
        document = document_of(file.read_bytes(), file.name, contexts)
        if document is not None and document.syntax in syntaxes:
            check(document)

    files = sample([file for file in FILES if EXTENSIONS[file.suffix] in syntaxes], 120)
    check_each(check_file, files, name=lambda file: file.relative_to(ROOT))


def test_every_file(contexts) -> None:
    """In every file of the project, each quad has a place, and the text there says the quad."""
    check_files(FORMATS, lambda document: held(document, contexts), contexts)


WORDS = st.sampled_from(["ex:a", "ex:b.c", "<urn:x:y>", "_:n", "_:n.1", "a:b:c", "ex:%41", r"ex:l\,m", "ex:é"])
GAPS = st.sampled_from([" ", "\n", " # ] . ; < \" ' \n", "\t", "\r\n", "  "])
LITERALS = st.sampled_from(
    [
        '"x"',
        "'y'",
        '"a\\"b"',
        '"""p\n"q" é"""',
        "'''r's'''",
        '"fr"@fr-CA',
        '"t"^^ex:t',
        '"u" ^^ <urn:t>',
        "1",
        "-1.5",
        ".5",
        "1e3",
        "+2.0E-1",
        "true",
        "false",
        '""',
    ]
)


@st.composite
def objects(draw, depth: int = 3) -> str:
    """An object: a term, a node between brackets, or a list."""
    kind = draw(st.integers(0, 5 if depth else 3))
    if kind < 2:
        return draw(WORDS)
    if kind < 4:
        return draw(LITERALS)
    if kind == 4:
        return "[" + draw(GAPS) + (draw(predicates(depth - 1)) if draw(st.booleans()) else "") + draw(GAPS) + "]"
    return "(" + draw(GAPS) + draw(GAPS).join(draw(st.lists(objects(depth - 1), max_size=3))) + draw(GAPS) + ")"


@st.composite
def predicates(draw, depth: int = 3) -> str:
    """A list of predicates, each with its objects."""
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        verb = draw(st.sampled_from(["a", "ex:p", "<urn:q>"]))
        listed = draw(st.lists(objects(depth), min_size=1, max_size=3))
        parts.append(verb + draw(GAPS) + (draw(GAPS) + "," + draw(GAPS)).join(listed))
    return (draw(GAPS) + ";" + draw(GAPS)).join(parts) + draw(st.sampled_from(["", " ;", ";\n;"]))


@st.composite
def sentences(draw, graphs: bool) -> str:
    """A text in Turtle, or in TriG with graphs."""
    heads = [
        "@prefix ex: <https://example.org/> .\n@prefix a: <urn:a:> .\n",
        "PREFIX ex: <urn:ex:>\nprefix a: <urn:a:>\n@base <urn:base:> .\n",
    ]
    text = draw(st.sampled_from(heads))
    for _ in range(draw(st.integers(1, 4))):
        block = ""
        for _ in range(draw(st.integers(1, 2))):
            subject = draw(st.one_of(WORDS, objects(2).filter(lambda text: text[0] in "[(")))
            alone = subject.startswith("[") and len(subject) > 6 and draw(st.booleans()) and "ex:p" in subject
            block += subject + draw(GAPS) + ("" if alone else draw(predicates())) + draw(st.sampled_from([".", " .", "\n."])) + draw(GAPS)
        if graphs and draw(st.booleans()):
            name = draw(st.sampled_from(["", "ex:g ", "GRAPH ex:g ", "graph [ ] ", "_:g ", "[] "]))
            block = name + "{" + draw(GAPS) + (block if draw(st.booleans()) else block.rstrip().removesuffix(".")) + " }\n"
        text += block
    return text


@pytest.mark.parametrize(("graphs", "name"), [(False, "a.ttl"), (True, "a.trig")])
@settings(max_examples=120 if WHOLE else 40, deadline=None)
@given(data=st.data())
def test_any_text(graphs: bool, name: str, data) -> None:
    """In any text of the Turtle family, however it nests, each quad has a place and the text there says the quad."""
    text = data.draw(sentences(graphs))
    document = document_of(text.encode(), name, {})
    if document is not None:
        held(document, {})


TERMS = st.sampled_from(["<urn:a>", "_:b1", '"x"', '"x"@en', '"1"^^<urn:t>', '"\\u00e9 . <"', "<urn:é>"])


@settings(max_examples=60 if WHOLE else 20, deadline=None)
@given(
    lines=st.lists(st.tuples(st.sampled_from(["<urn:a>", "_:b1"]), TERMS, st.sampled_from(["", " <urn:g>", " _:g"])), min_size=1),
    tight=st.booleans(),
)
def test_any_lines(lines, tight: bool) -> None:
    """In any N-Triples or N-Quads, each statement has its line."""
    gap = "" if tight else " "
    text = "\n".join(f"{s}{gap}<urn:p>{gap}{o}{g}{' ' if o.startswith('_') or g.endswith('g') else gap}. # c" for s, o, g in lines)
    for name in ("a.nt", "a.nq"):
        document = document_of(text.encode(), name, {})
        if document is not None and document.syntax in {N_TRIPLES, N_QUADS}:
            held(document, {})
            positions = SourcePositions(document, limits=limits_of(LIMITS), contexts={})
            assert [positions.of(number).line for number in range(len(lines))] == list(range(1, len(lines) + 1))


def element_at(content: bytes, place: Place) -> str:
    """The local name of the element that begins at the place."""
    return re.match(r"<(?:[^\s:>/]+:)?([^\s>/]+)", slices_from(content, place))[1]


def slices_from(content: bytes, place: Place) -> str:
    """The text from the place on."""
    return "\n".join(content.decode().removeprefix("\ufeff").split("\n")[place.line - 1 :])[place.column - 1 :]


XML = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:x="urn:x:">
 <!-- é > < --><x:C rdf:about="urn:x:a" x:attr="v > w">
  <x:p>text é</x:p> <x:q rdf:resource="urn:x:b"/>
  <x:r><x:D><x:p>in</x:p></x:D></x:r>
  <x:s rdf:parseType="Resource"><x:p>k</x:p></x:s>
  <x:t rdf:parseType="Collection"><rdf:Description rdf:about="urn:x:1"/>
   <rdf:Description rdf:about="urn:x:2"><x:p>2</x:p></rdf:Description></x:t>
  <x:u x:at="1"/><x:w rdf:parseType="Literal"><b>xx</b></x:w><x:e></x:e>
 </x:C>
</rdf:RDF>"""


def held_elements(document: Document, contexts) -> None:
    """Raise unless each statement has the place of its element."""
    content = document.source.content
    positions = SourcePositions(document, limits=limits_of(LIMITS), contexts=contexts)
    for number, quad in enumerate(document.quads):
        name = element_at(content, positions.of(number))
        local = re.split(r"[#/:]", quad.predicate.value)[-1]
        kind = re.split(r"[#/:]", getattr(quad.object, "value", ""))[-1]
        assert name in {local, kind} or local in {"attr", "at", "first", "rest"}, quad
        described = element_at(content, positions.of_subject(number))
        assert described[0].isupper() or described in {"s", "t", "u", "li"}, quad


def test_elements(contexts) -> None:
    """In RDF/XML each statement has the place of its element: that of its property, or of the node for its type and attributes."""
    held_elements(document_of(XML.encode(), "a.rdf", contexts), contexts)
    check_files((RDF_XML,), lambda document: held_elements(document, contexts), contexts)


def test_xml_lines(contexts) -> None:
    """The line of an element is counted in the document as it was sent, its column in characters."""
    document = document_of(XML.encode(), "a.rdf", contexts)
    positions = SourcePositions(document, limits=limits_of(LIMITS), contexts=contexts)
    by_value = {str(quad.object): number for number, quad in enumerate(document.quads)}

    assert positions.of(by_value['"text é"']) == Place(4, 3, 4, 7)
    assert positions.of(by_value["<urn:x:b>"]) == Place(4, 21, 4, 25)
    assert positions.of_subject(by_value["<urn:x:b>"]) == Place(3, 16, 3, 20)
    assert positions.of_subject(by_value['"in"']).column == 8


def at(found: object, pointer: str) -> object:
    """The value that a JSON pointer (RFC 6901) names."""
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        found = found[int(key)] if isinstance(found, list) else found[key]
    return found


def pointed(document: Document, contexts, *, most: int) -> None:
    """Raise unless each quad's pointer names what says it: a scalar that is its literal, or what holds its node."""
    found = json.loads(document.source.content)
    positions = SourcePositions(document, limits=limits_of(LIMITS), contexts=contexts)
    for number, quad in list(enumerate(document.quads))[:most]:
        place = positions.of(number)
        value = at(found, place.pointer)
        if isinstance(value, dict) and "@value" in value:
            value = value["@value"]
        if isinstance(quad.object, ox.Literal) and not isinstance(value, dict | list):
            texts = {str(value), json.dumps(value), f"{value:.1E}" if isinstance(value, float) else ""}
            assert quad.object.value in texts or isinstance(value, float), quad
        elif isinstance(quad.object, ox.NamedNode) and isinstance(value, str):
            assert quad.object.value.endswith(value.rpartition(":")[2].strip("@")), quad
        else:
            assert isinstance(value, dict | list), quad


def test_pointers(contexts) -> None:
    """In every JSON-LD file of the project, a quad's pointer names the value that says it."""
    check_files((JSON_LD,), lambda document: pointed(document, contexts, most=40), contexts)


LEAVES = st.one_of(
    st.sampled_from([1, -2, True, False, "é", "x", {"@value": "v", "@language": "fr"}, {"@id": "x:d"}, {"@value": "2020", "@type": "x:t"}]),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["x:p", "x:q", "p", "x:r/s~t"]), inner, min_size=1, max_size=3),
        st.fixed_dictionaries({"type": st.sampled_from(["x:C", ["x:D", "C"]]), "x:p": inner}),
        st.fixed_dictionaries({"x:p": inner, "@id": st.sampled_from(["x:n", "_:m", "x:o"])}),
    ),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(body=st.dictionaries(st.sampled_from(["x:p", "x:q", "p", "l"]), VALUES, min_size=1, max_size=4), spaced=st.booleans())
def test_any_json(body, spaced: bool) -> None:
    """In any JSON-LD, a quad's pointer names what says it, and the line and column are those of that value."""
    around = {"x": "urn:x:", "p": {"@id": "x:pp"}, "C": "x:C", "type": {"@id": "@type"}, "l": {"@id": "x:l", "@container": "@set"}}
    content = json.dumps({"@context": around, **body}, indent=1 if spaced else None, ensure_ascii=False)
    document = document_of(content.encode(), "a.jsonld", {})
    if document is None:
        return
    pointed(document, {}, most=30)
    positions = SourcePositions(document, limits=limits_of(LIMITS), contexts={})
    for number in range(len(document.quads)):
        place = positions.of(number)
        value = at(json.loads(content), place.pointer)
        expected = "{" if isinstance(value, dict) and not slices(content.encode(), place).endswith("}") else None
        text = slices(content.encode(), place)
        assert text == expected or json.loads(text) == value
