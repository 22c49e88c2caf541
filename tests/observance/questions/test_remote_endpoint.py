"""Other endpoints, each a listener on the loopback that answers as one of them might."""

import http.server
import socket
import threading
import time
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs

import pytest

from observance.core import (
    DeadlineExceededError,
    ForbiddenError,
    InvalidInputError,
    LimitExceededError,
    ObservanceError,
    SerializedAnswer,
    Settings,
    UnavailableError,
    UsageError,
)
from observance.questions import query_endpoint
from observance.questions.remote_endpoint import with_prefixes

SETTINGS = Settings(worker_memory_mb=1024)
JSON = "application/sparql-results+json"
GOOD = b'{"head":{"vars":["s"]},"results":{"bindings":[{"s":{"type":"uri","value":"a:a"}}]}}'
Reply = Callable[[http.server.BaseHTTPRequestHandler], None]


class Endpoint(http.server.ThreadingHTTPServer):
    """A server whose answer is a function."""

    reply: Reply
    queries: list[str]
    daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/sparql"


class Handler(http.server.BaseHTTPRequestHandler):
    """Keeps the query and replies."""

    server: Endpoint

    def do_POST(self) -> None:
        """Answer a query as the protocol has it."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.queries.append(parse_qs(body.decode())["query"][0])
        self.server.reply(self)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = Endpoint(("127.0.0.1", 0), Handler)
    server.queries = []
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def _reply(body: bytes, *, media_type: str = JSON, status: int = 200, length: int | None = None, location: str = "") -> Reply:
    def reply(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", media_type)
        if location:
            handler.send_header("Location", location)
        if length is not None:
            handler.send_header("Content-Length", str(length))
        handler.end_headers()
        handler.wfile.write(body)

    return reply


def _ask(
    endpoint: Endpoint,
    text: str = "SELECT ?s { ?s obs:p ?o }",
    *,
    format: str = "json",
    settings: Settings = SETTINGS,
    deadline: float = 30,
) -> SerializedAnswer:
    return query_endpoint(endpoint.url, text, settings=settings, deadline=deadline, format=format)


def test_an_answer_comes_back_under_its_media_type(endpoint: Endpoint) -> None:
    """The endpoint receives the query with the project's prefix declared, and its answer is unchanged."""
    endpoint.reply = _reply(GOOD)
    assert _ask(endpoint) == SerializedAnswer(JSON, GOOD)
    assert endpoint.queries == ["PREFIX obs: <https://w3id.org/observance/ns#> SELECT ?s { ?s obs:p ?o }"]


@pytest.mark.parametrize(
    ("format", "media_type", "body", "good"),
    [
        (
            "xml",
            "application/sparql-results+xml",
            b'<sparql xmlns="http://www.w3.org/2005/sparql-results#"><head/><boolean>true</boolean></sparql>',
            True,
        ),
        ("xml", "application/sparql-results+xml", b'<sparql xmlns="http://www.w3.org/2005/sparql-results#"><head/><results>', False),
        ("csv", "text/csv", b"s,p\r\n1,2\r\n", True),
        ("csv", "text/csv", b"s,p\r\n1,2\r\nThe SPARQL operation has been cancelled", False),
        ("tsv", "text/tab-separated-values", b"?s\t?p\n1\t2\n", True),
        (
            "rdfxml",
            "application/rdf+xml",
            b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="a:a">',
            False,
        ),
        ("turtle", "text/turtle", b"<a:a> <a:b> <a:c> .", True),
        ("turtle", "text/turtle", b"<a:a> <a:b> ", False),
        ("json", JSON, GOOD[:-2], False),
        ("json", JSON, GOOD + b"The SPARQL operation has been cancelled", False),
    ],
)
def test_an_answer_is_whole_or_none(endpoint: Endpoint, format: str, media_type: str, body: bytes, good: bool) -> None:
    """An incomplete answer is an UnavailableError in every format."""
    endpoint.reply = _reply(body, media_type=media_type)
    if good:
        assert _ask(endpoint, format=format).body == body
    else:
        with pytest.raises(UnavailableError):
            _ask(endpoint, format=format)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (_reply(GOOD, media_type="text/html"), UnavailableError),
        (_reply(GOOD, length=len(GOOD) + 100), UnavailableError),
        (_reply(b"secret words", status=400), InvalidInputError),
        (_reply(b"secret words", status=401), UnavailableError),
        (_reply(b"secret words", status=404), UnavailableError),
        (_reply(b"secret words", status=500), UnavailableError),
        (_reply(b"secret words", status=503), UnavailableError),
        (_reply(b"", status=302, location="file:///etc/passwd"), UnavailableError),
        (_reply(b"", status=302, location="ftp://127.0.0.1/x"), UnavailableError),
        (_reply(b" " * 20_000), LimitExceededError),
    ],
)
def test_bad_answer_is_one_sentence(endpoint: Endpoint, reply: Reply, kind: type[ObservanceError]) -> None:
    """The error for a wrong type, length, status, redirect or size is one sentence without the words of the endpoint."""
    endpoint.reply = reply
    with pytest.raises(kind) as caught:
        _ask(endpoint, settings=Settings(worker_memory_mb=1024, max_answer_bytes=10_000))
    assert "secret" not in str(caught.value)


def test_the_deadline_holds_for_an_endpoint_that_drips(endpoint: Endpoint) -> None:
    """The call to an endpoint that sends a byte now and then ends at the deadline."""
    stop = threading.Event()

    def drip(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", JSON)
        handler.end_headers()
        while not stop.wait(0.05):
            try:
                handler.wfile.write(b" ")
            except OSError:
                return

    endpoint.reply = drip
    started = time.monotonic()
    with pytest.raises(DeadlineExceededError):
        _ask(endpoint, deadline=1)
    stop.set()
    assert time.monotonic() - started < 60  # it would drip for ever


def test_a_redirect_leads_to_no_other_protocol(endpoint: Endpoint) -> None:
    """A redirect to ftp is not followed: a listener there hears nothing."""
    with socket.create_server(("127.0.0.1", 0)) as canary:
        canary.settimeout(0.5)
        endpoint.reply = _reply(b"", status=302, location=f"ftp://127.0.0.1:{canary.getsockname()[1]}/x")
        with pytest.raises(UnavailableError):
            _ask(endpoint, deadline=10)
        with pytest.raises(TimeoutError):
            canary.accept()


def test_refused_query_is_not_sent(endpoint: Endpoint) -> None:
    """A query that the policy refuses does not reach the endpoint."""
    with pytest.raises(ForbiddenError):
        _ask(endpoint, "SELECT * { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }")
    assert endpoint.queries == []


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "ftp://example.org/", "example.org", "http://", "http://[", "http://a b/", "http://a:x/", ""]
)
def test_other_addresses_are_usage_errors(address: str) -> None:
    """An address that is not http or https is a UsageError."""
    with pytest.raises(UsageError):
        query_endpoint(address, "ASK {}", settings=SETTINGS, deadline=10, format="json")


def test_closed_port_is_unavailable(endpoint: Endpoint) -> None:
    """A port without a listener is an UnavailableError."""
    with pytest.raises(UnavailableError):
        query_endpoint("http://127.0.0.1:9/", "ASK {}", settings=SETTINGS, deadline=30, format="json")


def test_prefixes_are_declared_once_and_only_when_used() -> None:
    """A prefix that the query declares is not declared again; a prefixed name in a string does not count."""
    text = "PREFIX ex: <a:> SELECT ?s { ?s ex:p 'obs:x' }"
    assert with_prefixes(text) == text
    assert with_prefixes("ASK { ?s rdf:type ?o }").startswith("PREFIX rdf: <")
