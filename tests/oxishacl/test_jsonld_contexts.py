"""JSON-LD contexts: resolved from what is given, bounded, and never fetched."""

import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest

from observance.core import ForbiddenError, LimitExceededError, ObservanceError, Settings
from observance.rdf import limits_of, parse_document
from oxishacl import Source, refuse_linked_context
from oxishacl import errors as oxishacl_errors
from oxishacl.parsing.jsonld_contexts import MAX_TERMS, resolve_contexts

OURS = "https://w3id.org/observance/context.jsonld"
CONTEXTS = {OURS: {"count": "https://example.org/count"}}
SETTINGS = Settings()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server on loopback that would see a request."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        yield server


@pytest.mark.parametrize(
    ("name", "template"),
    [
        ("a.jsonld", '{"@context": "URL", "@id": "https://example.org/a", "count": 1}'),
        ("a.jsonld", '{"@context": [{"@import": "URL"}], "count": 1}'),
        ("a.jsonld", '{"@context": {"p": {"@id": "https://example.org/p", "@context": "URL"}}, "p": {"count": 1}}'),
        ("a.rdf", '<!DOCTYPE r [<!ENTITY x SYSTEM "URL">]><r xmlns="https://example.org/">&x;</r>'),
        ("a.rdf", '<!DOCTYPE r SYSTEM "URL"><r xmlns="https://example.org/"/>'),
        ("a.rdf", '<r xmlns="https://example.org/" xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="URL"/></r>'),
        ("a.ttl", "<URL> <http://www.w3.org/2002/07/owl#imports> <URL> ."),
    ],
)
def test_no_request_is_made(listener: socket.socket, name: str, template: str) -> None:
    """Nothing that a document names is fetched: the server named hears nothing."""
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
    with suppress(ObservanceError):
        parse_document(Source(name, template.replace("URL", url).encode()), settings=SETTINGS, contexts=CONTEXTS)
    with pytest.raises(TimeoutError):
        listener.accept()


def test_context_document_is_unwrapped() -> None:
    """A context may be given as a context document, with its context under "@context"."""
    given = {OURS: {"@context": CONTEXTS[OURS]}}
    content = f'{{"@context": "{OURS}", "@id": "https://example.org/a", "count": 1}}'.encode()
    assert len(parse_document(Source("a.jsonld", content), settings=SETTINGS, contexts=given).quads) == 1


def test_our_context_is_unknown_unless_given() -> None:
    """Without contexts, our own IRI is as remote as any other."""
    with pytest.raises(ForbiddenError):
        parse_document(Source("a.jsonld", f'{{"@context": "{OURS}"}}'.encode()), settings=SETTINGS)


def test_chain_of_terms_is_too_large() -> None:
    """A chain of terms that rest on one another, which would end the process in Oxigraph, is too large."""
    terms = ",".join(f'"a{number}": "a{number + 1}:x"' for number in range(20_000))
    with pytest.raises(LimitExceededError):
        parse_document(Source("a.jsonld", f'{{"@context": {{{terms}}}, "a0": "x"}}'.encode()), settings=SETTINGS)


def test_chain_over_nested_contexts_is_too_large() -> None:
    """Contexts within contexts count together: none of them alone is over the limit."""
    content = '"https://example.org/"'
    for level in range(20):
        terms = ",".join(f'"a{level}x{number}": "a{level}x{number + 1}:x"' for number in range(MAX_TERMS // 10))
        content = f'{{"@id": "https://example.org/", "@context": {{{terms}, "a{level}x{MAX_TERMS // 10}": {content}}}}}'
    with pytest.raises(LimitExceededError):
        parse_document(Source("a.jsonld", f'{{"@context": {{"a": {content}}}, "a": "x"}}'.encode()), settings=SETTINGS)


@pytest.mark.parametrize("count", [MAX_TERMS, MAX_TERMS + 1])
def test_terms_at_the_limit_are_read(count: int) -> None:
    """As many terms as the limit are read, chained or not; one more is too many."""
    terms = ",".join(f'"a{number}": "a{number + 1}:x"' for number in range(count - 1)) + f',"a{count - 1}": "https://example.org/"'
    source = Source("a.jsonld", f'{{"@context": {{{terms}}}, "@id": "https://example.org/a", "a0": "x"}}'.encode())
    if count <= MAX_TERMS:
        assert len(parse_document(source, settings=SETTINGS).quads) == 1
    else:
        with pytest.raises(LimitExceededError):
            parse_document(source, settings=SETTINGS)


def test_many_records_with_their_own_context_are_read() -> None:
    """Records side by side, each with a context of its own, are not too much work."""
    record = '{"@context": {"count": "https://example.org/count"}, "@id": "https://example.org/a", "count": 1}'
    assert parse_document(Source("a.jsonld", f"[{','.join([record] * 5_000)}]".encode()), settings=SETTINGS).quads


@pytest.mark.parametrize("order", ["before", "after"])
def test_context_copied_for_each_node_is_too_large(order: str) -> None:
    """A large context that a great many nodes copy is too much work, also when it stands after them."""
    terms = ",".join(f'"a{number}": "https://example.org/{number}"' for number in range(900))
    scoped = f'"@context": {{"t": {{"@id": "https://example.org/t", "@context": {{{terms}}}}}}}'
    nodes = f'"@graph": [{",".join(["{}"] * 10_000)}]'
    pieces = (scoped, nodes) if order == "before" else (nodes, scoped)
    with pytest.raises(LimitExceededError):
        parse_document(Source("a.jsonld", f"{{{', '.join(pieces)}}}".encode()), settings=SETTINGS)


def test_context_named_too_often_is_too_large() -> None:
    """Our context cannot be used to blow a small document up: the text stays within the limit of bytes, one copy apart."""
    contexts = {OURS: {f"term{number}": f"https://example.org/{number}" for number in range(100)}}
    content = ("[" + ",".join(['{"@context": "' + OURS + '"}'] * 100) + "]").encode()
    small = Settings(max_bytes=len(content))
    with pytest.raises(oxishacl_errors.LimitExceededError):
        resolve_contexts(content, name="a.jsonld", limits=limits_of(small), contexts=contexts)
    assert resolve_contexts(content, name="a.jsonld", limits=limits_of(SETTINGS), contexts=contexts).contexts == 100


def test_text_is_kept_around_our_context() -> None:
    """Only the name of the context is replaced: numbers, spaces and lines stay as written."""
    content = f'{{"@context" :\n"{OURS}",\n "count": [1.10, 123456789012345678901234567890]}}'.encode()
    resolved = resolve_contexts(content, name="a.jsonld", limits=limits_of(SETTINGS), contexts=CONTEXTS)
    assert resolved.content == content.replace(f'"{OURS}"'.encode(), b'{"count": "https://example.org/count"}')


@pytest.mark.parametrize(
    "header",
    [
        '<https://example.org/c>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"',
        "<https://example.org/up>; rel=up, <https://example.org/c>; rel=http://www.w3.org/ns/json-ld#context",
    ],
)
def test_context_by_link_header_is_refused(header: str) -> None:
    """A context that comes by Link header is refused by name."""
    with pytest.raises(oxishacl_errors.ForbiddenError) as caught:
        refuse_linked_context(header, name="body")
    assert caught.value.values["iri"] == "https://example.org/c"


def test_other_links_pass() -> None:
    """A Link header that names no context is none of intake's business."""
    refuse_linked_context('<https://example.org/up>; rel="up"', name="body")
