"""Hostile documents end in one error, at once, before any parser sees them."""

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from conftest import sample
from observance.core import LimitExceededError, ObservanceError, Settings
from observance.rdf import parse_document
from oxishacl import Document, Source

SETTINGS = Settings()
SYNTAXES = ("a.ttl", "a.nq", "a.jsonld", "a.rdf", "a")
DEEP = 100_000
TRIPLE = b"<https://example.org/a> <https://example.org/b> "


@pytest.mark.parametrize(
    ("name", "unit", "start"),
    [
        ("a.ttl", b"[ <https://example.org/b> ", TRIPLE),
        ("a.ttl", b"(", TRIPLE),
        ("a.trig", b"{", b""),
        ("a.trig", b"[", b"{ "),
        ("a.nt", b"<<( <https://example.org/a> <https://example.org/b> ", TRIPLE),
        ("a.nq", b"<<( <https://example.org/a> <https://example.org/b> ", TRIPLE),
        ("a.jsonld", b"[", b""),
        ("a.jsonld", b'{"a":', b""),
        ("a.jsonld", b'{"@list":[', b'{"https://example.org/b":'),
        ("a.rdf", b'<a xmlns="https://example.org/">', b""),
    ],
)
def test_deep_nesting_is_too_large(name: str, unit: bytes, start: bytes) -> None:
    """A document nested 100,000 deep is too large in every syntax, and the error names the first level over the limit."""
    with pytest.raises(LimitExceededError) as caught:
        parse_document(Source(name, start + unit * DEEP), settings=SETTINGS)
    assert caught.value.key == "oxishacl.too-deep"
    openers = sum(unit.count(sign) for sign in (b"[", b"(", b"{", b"<<", b"<a "))
    column = caught.value.values["column"]
    assert isinstance(column, int)
    assert column <= len(start) + len(unit) * (SETTINGS.max_nesting // openers + 1)


@pytest.mark.parametrize("depth", [100, 101])
def test_nesting_at_the_limit_is_read(depth: int) -> None:
    """A list nested as deep as the limit is read, one level more is not."""
    source = Source("a.ttl", TRIPLE + b"(" * depth + b")" * depth + b" .")
    if depth <= SETTINGS.max_nesting:
        assert parse_document(source, settings=SETTINGS).quads
    else:
        with pytest.raises(LimitExceededError):
            parse_document(source, settings=SETTINGS)


def test_xml_nesting_at_the_limit_is_read() -> None:
    """Elements nested as deep as the limit are read: it is the depth that counts, not the number."""
    pairs = SETTINGS.max_nesting // 2
    content = b'<e:N xmlns:e="https://example.org/"><e:p>' + b"<e:N><e:p>" * (pairs - 1) + b"</e:p></e:N>" * pairs
    assert len(parse_document(Source("a.rdf", content), settings=SETTINGS).quads) == 2 * pairs


def test_brackets_in_text_do_not_nest() -> None:
    """Brackets in strings, IRIs, comments and escaped names are text."""
    text = b"([{" * 200
    short = b'"' + text + b"\", '" + text + b"'"
    long = b'"""' + text + b'\n" ""\\""""'
    names = b"e:" + b"\\(" * 200 + b", <https://example.org/" + b"(" * 200 + b">"
    content = b"@prefix e: <https://example.org/> . #" + text + b"\n" + TRIPLE + b", ".join((short, long, names)) + b" ."
    assert len(parse_document(Source("a.ttl", content), settings=SETTINGS).quads) == 5


def test_closed_brackets_do_not_add_up() -> None:
    """Many brackets side by side are not deep."""
    lists = TRIPLE + b", ".join([b'("a")'] * 1_000) + b" ."
    items = b'{"@id": "https://example.org/a", "https://example.org/b": [' + b",".join([b'{"@value": "]["}'] * 1_000) + b"]}"
    assert parse_document(Source("a.ttl", lists), settings=SETTINGS).quads
    assert parse_document(Source("a.jsonld", items), settings=SETTINGS).quads


def test_long_literal_is_refused_by_size() -> None:
    """A literal of 50 MB is over the limit of bytes, whatever it holds."""
    with pytest.raises(LimitExceededError) as caught:
        parse_document(Source("a.ttl", TRIPLE + b'"' + b"x" * 50_000_000 + b'" .'), settings=SETTINGS)
    assert caught.value.key == "oxishacl.too-big"


UNITS = [b'\\"""', b'"""\\', b'\n"', b"<", b"<?", b"<!--", b"'\"", b"#\\", b"_:", b"[ ] "]


@pytest.mark.parametrize(("name", "unit"), sample([(name, unit) for name in SYNTAXES for unit in UNITS], 12))
def test_repeated_signs_end(name: str, unit: bytes) -> None:
    """A megabyte of signs that open and never close is read once, not once for each of them."""
    content = b"[]" * 200 + TRIPLE + unit * (1_000_000 // len(unit))
    with pytest.raises(ObservanceError):
        parse_document(Source(name, content), settings=SETTINGS)


@given(st.binary(max_size=300), st.sampled_from(["a.ttl", "a.nq", "a.jsonld", "a.rdf", "a"]))
@profile(max_examples=300, derandomize=True, deadline=None)
def test_random_bytes_give_a_document_or_an_error(content: bytes, name: str) -> None:
    """Bytes of any kind give a document or one of our errors, never another exception."""
    assert _outcome(Source(name, content))


SEEDS = {
    "a.ttl": b'@prefix e: <https://example.org/> .\ne:a e:b [ e:c ("x" 1.0 true) ] , """y""" , "z"@fr , <https://example.org/d> . # end\n',
    "a.trig": b'@prefix e: <https://example.org/> .\ne:g { e:a e:b _:c . }\n{ e:a e:b "\\u00e9"^^e:t }\n',
    "a.nq": b'<https://example.org/a> <https://example.org/b> "c"@en <https://example.org/g> .\n',
    "a.jsonld": b'{"@context": {"b": {"@id": "https://example.org/b", "@type": "@id"}}, "@id": "_:a", "b": ["_:c", {"@list": [1, 2.5]}]}',
    "a.rdf": b'<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="https://example.org/"><e:N r:nodeID="a">'
    b'<e:p r:parseType="Collection"><e:M/></e:p><e:q xml:lang="fr">x</e:q></e:N></r:RDF>',
}


PIECES = st.one_of(st.binary(max_size=3), st.sampled_from([b"[", b"<<", b'"', b"@", b":"]))


@given(st.sampled_from(sorted(SEEDS)), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 5), PIECES)))
@profile(max_examples=600, derandomize=True, deadline=None)
def test_mutated_documents_give_a_document_or_an_error(name: str, edits: list[tuple[int, int, bytes]]) -> None:
    """A document with pieces cut out and put in gives a document or one of our errors, never another exception."""
    content = SEEDS[name]
    for start, length, piece in edits:
        content = content[:start] + piece + content[start + length :]
    assert _outcome(Source(name, content))


def _outcome(source: Source) -> Document | dict[str, str]:
    """The document, or the sentences of our error; any other exception is a fault."""
    try:
        return parse_document(source, settings=SETTINGS)
    except ObservanceError as error:
        return error.sentences()
