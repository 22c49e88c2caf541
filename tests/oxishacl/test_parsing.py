"""Every case file is read, or refused for the reason that its name begins with."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pyoxigraph as ox
import pytest

from observance.core import LimitExceededError, ObservanceError, Settings
from observance.rdf import parse_document
from oxishacl import Document, Source, parse_source

CASES = Path(__file__).parent / "cases"
CONTEXTS: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {
        "https://w3id.org/observance/context.jsonld": {"count": "https://example.org/count"},
    }
)
SETTINGS = Settings()
READ = sorted(CASES.glob("read.*"))
REFUSED = sorted(set(CASES.iterdir()) - set(READ))


def document(name: str) -> Document:
    """The case, read."""
    return parse_document(Source(name, (CASES / name).read_bytes()), settings=SETTINGS, contexts=CONTEXTS)


def error(name: str) -> ObservanceError:
    """The error that the case gives."""
    with pytest.raises(ObservanceError) as caught:
        document(name)
    return caught.value


@pytest.mark.parametrize("case", READ, ids=lambda case: case.name)
def test_syntax_is_found_by_content(case: Path) -> None:
    """A document is read in the syntax that its content is in, whatever its name says."""
    assert document(case.name).syntax == case.name.split(".")[1].replace("RDF-XML", "RDF/XML")


@pytest.mark.parametrize("case", [case for case in READ if ".named-" in case.name], ids=lambda case: case.name)
def test_misleading_name_is_noted(case: Path) -> None:
    """A name that misleads is noted, with what it announced and what the document holds."""
    read = document(case.name)
    assert [(phrase, values["syntax"]) for phrase, values in read.notes] == [("read-as", read.syntax)]


@pytest.mark.parametrize("case", [case for case in READ if ".named-" not in case.name], ids=lambda case: case.name)
def test_honest_name_gives_no_note(case: Path) -> None:
    """A name that says what the document holds, or claims nothing, gives no note."""
    assert document(case.name).notes == ()


@pytest.mark.parametrize("case", [case for case in READ if "JSON-LD" in case.name and ".context-with" in case.name], ids=lambda c: c.name)
def test_our_context_is_resolved(case: Path) -> None:
    """Our context is put in place wherever it may be named, escapes included: the term that it defines is read."""
    assert "https://example.org/count" in {quad.predicate.value for quad in document(case.name).quads}


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_faulty_case_gives_its_sentence(case: Path) -> None:
    """A document that cannot be read gives the sentence that its file is named after, on one line in both languages."""
    caught = error(case.name)
    assert caught.key == "oxishacl." + case.name.split(".")[0]
    assert all(case.name in sentence and sentence.replace("\xa0", " ").isprintable() for sentence in caught.sentences().values())


@pytest.mark.parametrize(
    ("name", "line", "column"),
    [
        ("syntax.truncated.ttl", 5, 12),
        ("syntax.after-our-context.jsonld", 1, 69),
        ("syntax.tags-that-do-not-match.rdf", 3, 14),
        ("not-utf-8.latin-1.ttl", 3, 86),
        ("relative-iri.ttl", 3, 11),
        ("relative-iri.rdf", 2, 28),
        ("relative-iri.jsonld", 2, 9),
        ("duplicate-key.jsonld", 2, 30),
        ("remote-context.in-an-array.jsonld", 2, 2),
        ("doctype.plain.rdf", 2, 1),
        ("triple-term.annotation.ttl", 3, 16),
    ],
)
def test_place_is_named(name: str, line: int, column: int) -> None:
    """The error names the line and column in the document as it was sent, counted from 1, columns in characters."""
    values = error(name).values
    assert (values["line"], values["column"]) == (line, column)


def test_lexical_forms_are_kept() -> None:
    """Lexical forms are kept as they were written, also where they are wrong or not canonical."""
    literals = {quad.object.value for quad in document("read.Turtle.ttl").quads if isinstance(quad.object, ox.Literal)}
    assert {"2018-6", "01", "Déjà vu", "plain"} <= literals


def test_author_labels_are_kept_and_others_are_stable() -> None:
    """A label that the author wrote stays; a node without one gets the first free label, the same in every run."""
    nodes = [str(term) for quad in document("read.Turtle.ttl").quads for term in (quad.subject, quad.object) if str(term).startswith("_:")]
    assert list(dict.fromkeys(nodes)) == ["_:b1", "_:b0", "_:mine"]


@pytest.mark.parametrize(
    ("name", "text", "objects"),
    [
        ("a.ttl", 'PREFIX : <http://e/>\n[] :p "first" . _:a:p <http://x/_:a/b> , "see _:a" .', ["first", "http://x/_:a/b", "see _:a"]),
        ("a.jsonld", '[{"http://e/p":"first"},{"@id":"\\u005f:b0","http://e/p":"see \\u005f:b0"}]', ["first", "see _:b0"]),
    ],
)
def test_texts_that_look_like_labels_are_kept(name: str, text: str, objects: list[str]) -> None:
    """Literals and IRIs stay as written, also where they look like a label; so does a label that is not recognised as the author's."""
    quads = parse_source(Source(name, text.encode())).quads

    assert [quad.object.value for quad in quads] == objects
    assert len({quad.subject for quad in quads}) == 2


def test_document_order_is_kept() -> None:
    """Quads come in document order with their graphs."""
    assert [str(quad.graph_name) for quad in document("read.TriG.trig").quads] == ["<https://example.org/g>", "DEFAULT"]


def test_prefixes_are_kept() -> None:
    """The prefixes that the document declares come with it."""
    assert document("read.Turtle.ttl").prefixes["ex"] == "https://example.org/"


def test_xml_literal_and_node_id_are_kept() -> None:
    """An XML literal and a node's own label in RDF/XML are kept."""
    objects = [str(quad.object) for quad in document("read.RDF-XML.rdf").quads]
    assert any("XMLLiteral" in text for text in objects)
    assert "_:mine" in objects


def test_undefined_keys_are_noted() -> None:
    """A JSON-LD key that no context defines is left out, as JSON-LD wants, but named in a note."""
    content = b'{"@context": {"count": "https://example.org/count"}, "@id": "https://example.org/a", "count": 1, "cuont": 2}'
    read = parse_document(Source("a.jsonld", content), settings=SETTINGS)
    assert len(read.quads) == 1
    assert [(phrase, values["keys"]) for phrase, values in read.notes] == [("undefined-keys", "cuont")]


def test_json_literal_is_left_alone() -> None:
    """What a JSON literal holds is no context and is not touched."""
    (quad,) = document("read.JSON-LD.context-inside-a-json-literal.json").quads
    assert isinstance(quad.object, ox.Literal)
    assert quad.object.value == '{"@context":"https://example.org/other","n":1}'


def test_declared_media_type_is_a_claim() -> None:
    """A media type that misleads is noted too; one that says nothing of RDF claims nothing."""
    content = (CASES / "read.Turtle.ttl").read_bytes()
    misled = parse_document(Source("body", content, "application/ld+json; charset=utf-8"), settings=SETTINGS)
    silent = parse_document(Source("body", content, "text/plain"), settings=SETTINGS)
    assert [phrase for phrase, _ in misled.notes] == ["read-as"]
    assert silent.notes == ()


def test_wider_claim_is_true() -> None:
    """N-Triples sent as Turtle are Turtle too: that claim misleads nobody."""
    content = (CASES / "read.N-Triples.nt").read_bytes()
    assert parse_document(Source("a.nt", content, "text/turtle"), settings=SETTINGS).notes == ()


def test_number_of_triples_is_bounded() -> None:
    """As many triples as the limit are read, one more is too many."""
    source = Source("a.ttl", (CASES / "read.Turtle.ttl").read_bytes())
    count = len(document("read.Turtle.ttl").quads)
    assert len(parse_document(source, settings=Settings(max_triples=count)).quads) == count
    with pytest.raises(LimitExceededError, match="triples"):
        parse_document(source, settings=Settings(max_triples=count - 1))


def test_control_characters_never_reach_a_sentence() -> None:
    """A name or an excerpt with control characters is quoted without them."""
    with pytest.raises(ObservanceError) as caught:
        parse_document(Source("a\x1b[2J\n.ttl", b"\x1b[2J\x07"), settings=SETTINGS)
    assert all(character.isprintable() or character == "\xa0" for character in caught.value.sentence("fr"))
