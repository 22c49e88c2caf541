"""The query operation of the SPARQL 1.1 Protocol: how a query comes, what goes back, and what is refused."""

import json
import re
import threading
import time
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from conftest import BROWSER
from observance.core import SerializedAnswer, Settings
from observance.web import close, create_app

SELECT = "SELECT ?n { ?p a obs:OperativeParagraph ; eli:number ?n } ORDER BY ?n"
CONSTRUCT = "CONSTRUCT { ?p eli:number ?n } WHERE { ?p a obs:OperativeParagraph ; eli:number ?n }"
FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
# Every pair and triple of statements: more than any deadline allows.
ENDLESS = "SELECT (COUNT(*) AS ?c) { ?a ?b ?c1 . ?d ?e ?f . ?g ?h ?i }"


@pytest.fixture(scope="module")
def short_deadline() -> Iterator[Flask]:
    """The application with a deadline of a second."""
    made = create_app(Settings(workers=1, query_seconds=1.0))
    yield made
    close(made)


def test_query_by_get_form_and_body(client):
    """A query comes by GET, in a form or as the body, with the same answer."""
    answers = [
        client.get("/sparql", query_string={"query": SELECT}),
        client.post("/sparql", data={"query": SELECT}),
        client.post("/sparql", data=SELECT, content_type=QUERY),
        client.post("/sparql", data=SELECT.encode(), content_type=QUERY + "; charset=utf-8"),
    ]

    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.data for answer in answers}) == 1
    assert len(answers[0].json["results"]["bindings"]) == 12


@pytest.mark.parametrize(
    ("query", "accept", "content_type"),
    [
        (SELECT, None, "application/sparql-results+json"),
        (SELECT, "*/*", "application/sparql-results+json"),
        (SELECT, "application/json", "application/json"),
        (SELECT, "application/sparql-results+xml", "application/sparql-results+xml"),
        (SELECT, "application/xml", "application/xml"),
        (SELECT, "text/csv", "text/csv; charset=utf-8"),
        (SELECT, "text/tab-separated-values", "text/tab-separated-values; charset=utf-8"),
        (SELECT, "text/csv;q=0.3, application/sparql-results+xml;q=0.9, */*;q=0.1", "application/sparql-results+xml"),
        (SELECT, "application/sparql-results+json;q=0, text/csv;q=0.2", "text/csv; charset=utf-8"),
        (SELECT, "text/turtle, */*;q=0.1", "application/sparql-results+json"),
        ("ASK {}", "application/sparql-results+json", "application/sparql-results+json"),
        (CONSTRUCT, None, "text/turtle; charset=utf-8"),
        (CONSTRUCT, "application/n-triples", "application/n-triples"),
        (CONSTRUCT, "application/rdf+xml", "application/rdf+xml"),
        (CONSTRUCT, "application/ld+json;q=0.9, text/turtle;q=0.5", "application/ld+json"),
        ("PREFIX select: <https://example.org/> DESCRIBE res:p3", "*/*", "text/turtle; charset=utf-8"),
        (SELECT, "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html; charset=utf-8"),
    ],
)
def test_format_by_accept(client, query, accept, content_type):
    """The Accept header chooses, by quality, among the formats that can hold the answer."""
    response = client.get("/sparql", query_string={"query": query}, headers={"Accept": accept} if accept else {})

    assert response.status_code == 200
    assert response.content_type == content_type
    assert response.data.strip()


@pytest.mark.parametrize("form", ["json", "xml", "csv", "tsv"])
def test_format_by_name(client, app, form):
    """`?format=` wins over Accept, and the answer is the knowledge base's."""
    response = client.get("/sparql", query_string={"query": SELECT, "format": form}, headers={"Accept": "image/png"})

    assert response.data == app.extensions["observance"].present.kb.questions.ask(SELECT, format=form).body


@pytest.mark.parametrize(
    ("method", "request_", "status"),
    [
        ("GET", {"headers": {"Accept": "application/sparql-results+json"}}, 400),
        ("GET", {"query_string": {"query": "SELECT"}}, 400),
        ("GET", {"query_string": {"query": " "}}, 400),
        ("GET", {"query_string": "query=ASK%7B%7D&query=ASK%7B%7D"}, 400),
        ("GET", {"query_string": "query=SELECT+(%22%FF%22+AS+%3Fx)+%7B%7D"}, 400),
        ("GET", {"query_string": {"query": SELECT, "default-graph-uri": "g"}}, 400),
        ("GET", {"query_string": {"query": SELECT, "named-graph-uri": "https://example.org/ g"}}, 400),
        ("GET", {"query_string": {"query": SELECT, "format": "turtle"}}, 400),
        ("GET", {"query_string": {"query": SELECT, "format": "docx"}}, 400),
        ("POST", {"data": b"", "content_type": FORM}, 400),
        ("POST", {"data": {"query": SELECT, "using-graph-uri": "https://example.org/g"}}, 400),
        ("POST", {"data": b"query=SELECT+(%22%FF%22+AS+%3Fx)+%7B%7D", "content_type": FORM}, 400),
        ("POST", {"data": b"\xff", "content_type": QUERY}, 400),
        ("POST", {"data": SELECT, "content_type": QUERY, "query_string": {"query": SELECT}}, 400),
        ("POST", {"data": SELECT, "content_type": QUERY, "query_string": {"default-graph-uri": ""}}, 400),
        ("GET", {"query_string": {"query": SELECT, "default-graph-uri": "file:///etc/passwd"}}, 403),
        ("GET", {"query_string": {"query": SELECT, "default-graph-uri": "http://e.org/%"}}, 400),
        ("GET", {"query_string": {"query": SELECT, "named-graph-uri": "http://[::1"}}, 400),
        ("GET", {"query_string": {"query": SELECT, "default-graph-uri": "http://u@@h/"}}, 400),
        ("GET", {"query_string": {"query": SELECT, "named-graph-uri": "urn:a\x7f\x80"}}, 400),
        ("GET", {"query_string": {"update": "CLEAR ALL"}}, 403),
        ("GET", {"query_string": {"query": "CLEAR ALL"}}, 403),
        ("POST", {"data": {"update": "CLEAR ALL"}}, 403),
        ("POST", {"data": {"query": "INSERT DATA { ex:a ex:b ex:c }"}}, 403),
        ("POST", {"data": "CLEAR ALL", "content_type": "application/sparql-update"}, 403),
        ("POST", {"data": {"query": "LOAD <https://example.org/>"}}, 403),
        ("GET", {"query_string": {"query": "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"}}, 403),
        ("GET", {"query_string": {"query": "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }"}}, 403),
        ("PUT", {"data": SELECT}, 405),
        ("DELETE", {}, 405),
        ("GET", {"query_string": {"query": SELECT}, "headers": {"Accept": "image/png"}}, 406),
        ("GET", {"query_string": {"query": SELECT}, "headers": {"Accept": "text/turtle"}}, 406),
        ("GET", {"query_string": {"query": CONSTRUCT}, "headers": {"Accept": "text/csv"}}, 406),
        ("GET", {"query_string": {"query": "ASK {} #" + "x" * 10_000}}, 413),
        ("GET", {"query_string": {"query": "ASK " + "{" * 5_000 + "}" * 5_000}}, 413),
        ("GET", {"query_string": {"query": '"' * 60_000}}, 413),
        ("POST", {"data": {"query": "ASK {} #" + "x" * 1_000_000}}, 413),
        ("POST", {"data": "ASK {} #" + "x" * 1_000_000, "content_type": QUERY}, 413),
        ("POST", {"data": SELECT, "content_type": "text/plain"}, 415),
        ("POST", {"data": SELECT, "content_type": None}, 415),
        ("POST", {"data": {"query": SELECT}, "content_type": "multipart/form-data"}, 415),
    ],
)
def test_refusals(client, method, request_, status):
    """Each wrong request has its status and says in problem details, in both languages, what is wrong."""
    response = client.open("/sparql", method=method, **request_)

    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    assert response.json["status"] == status
    assert response.json["detail_fr"] != response.json["detail_en"]


def test_errors_name_no_option(client):
    """The error on a page names no option of the command line."""
    queries = ["SELECT * { SERVICE <http://127.0.0.1:9/> {} }", "LOAD <a:b>", "SELECT * FROM <file:///a> {}", "ASK {} #" + "x" * 10_000]
    for query in queries:
        detail = client.get("/sparql", query_string={"query": query}).json
        assert "--" not in detail["detail_en"] + detail["detail_fr"]
        assert "OBSERVANCE_" not in detail["detail_en"] + detail["detail_fr"]


def test_head_and_options(client):
    """HEAD answers as GET does, without a body; OPTIONS names the methods."""
    head = client.head("/sparql", query_string={"query": SELECT})
    options = client.options("/sparql")

    assert (head.status_code, head.data, head.mimetype) == (200, b"", "application/sparql-results+json")
    assert set(options.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
    assert set(client.put("/sparql").headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


def test_page_without_query(browser):
    """A browser without a query gets the query form; with one, the answer as a table, and the query stays in the form."""
    assert 'name="query"' in browser.get("/sparql").text
    page = browser.get("/sparql", query_string={"query": SELECT}).text
    assert "OperativeParagraph ; eli:number ?n" in page
    assert page.count("<tr>") == 13


def test_page_of_a_wrong_query(browser):
    """On a page a wrong query stays in the form, beside the error, with the status of the error."""
    page = browser.get("/sparql", query_string={"query": "SELECT <b>"})

    assert page.status_code == 400
    assert 'role="alert"' in page.text
    assert "SELECT &lt;b&gt;" in page.text


def test_only_pages_truncate_answers(browser, client):
    """A page shows the first 500 rows and says so; the download is complete."""
    query = "SELECT ?s { ?s a ?type } LIMIT 600"

    assert browser.get("/sparql", query_string={"query": query}).text.count("<tr>") == 501
    assert len(client.get("/sparql", query_string={"query": query}).json["results"]["bindings"]) == 600


def test_deadline(short_deadline):
    """A query that does not end is stopped at its deadline with 503 and when to try again, and the next one is answered."""
    client = short_deadline.test_client()
    response = client.get("/sparql", query_string={"query": ENDLESS, "lang": "fr"})

    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    assert "1 secondes" in response.json["detail"]
    assert "--" not in response.json["detail"]
    assert client.get("/sparql", query_string={"query": "ASK {}"}).json["boolean"] is True


@pytest.mark.whole
def test_hostile_query_blocks_no_page():
    """While every worker is busy with a query that does not end, pages are answered and /health says busy."""
    made = create_app(Settings(workers=1, query_seconds=120.0))
    asking = threading.Thread(target=lambda: made.test_client().get("/sparql", query_string={"query": ENDLESS}))
    try:
        asking.start()
        pages = [made.test_client().get(path).status_code for path in ("/", "/resolution", "/questions", "/validate")]
        health = made.test_client().get("/health")
    finally:
        close(made)
        asking.join()

    assert pages == [200] * 4
    assert (health.status_code, health.json["workers"]) == (503, "busy")


def test_demo_bearers_are_invented(client):
    """The bearers of the demo are invented, all of them."""
    query = "SELECT DISTINCT ?invented { ?r obs:declares ?p . ?p obs:listedIn/obs:invented ?invented }"
    rows = json.loads(client.get("/sparql", query_string={"query": query}).data)["results"]["bindings"]

    assert [row["invented"]["value"] for row in rows] == ["true"]


# ── The dataset ─────────────────────────────────────────────────────────────────────────────────────────────

GRAPHS = "https://w3id.org/observance/graphs/"
DEFAULT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
NAMED = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"


def counted(client, query: str, method: str = "GET", **graphs: list[str]) -> int:
    """The number that a query finds in the dataset."""
    given = [(name.replace("_", "-"), graph) for name, values in graphs.items() for graph in values]
    if method == "GET":
        response = client.get("/sparql", query_string=[("query", query), ("format", "csv"), *given])
    elif method == "form":
        response = client.post("/sparql/", data=MultiDict([("query", query), ("format", "csv"), *given]))
    else:
        response = client.post("/sparql", data=query, content_type=QUERY, query_string=[("format", "csv"), *given])
    assert response.status_code == 200, response.text
    return int(response.text.split()[1])


@pytest.mark.parametrize("method", ["GET", "form", "direct"])
def test_dataset_of_the_protocol(client, method):
    """The graphs of the request are the dataset, whatever the query names; those that are not there are empty."""
    core, register = f"{GRAPHS}knowledge/ontology/core.ttl", f"{GRAPHS}register/register.ttl"
    one, other = (counted(client, DEFAULT, method, default_graph_uri=[graph]) for graph in (core, register))

    assert one > 0
    assert other > 0
    assert counted(client, DEFAULT, method, default_graph_uri=[core, register]) == one + other
    assert counted(client, DEFAULT, method, named_graph_uri=[core]) == 0
    assert counted(client, NAMED, method, named_graph_uri=[core]) == one
    assert counted(client, NAMED, method, default_graph_uri=[core]) == 0
    assert counted(client, NAMED, method, default_graph_uri=[core], named_graph_uri=[register]) == other
    assert counted(client, DEFAULT.replace("{ ?s", f"FROM <{core}> {{ ?s"), method, default_graph_uri=[register]) == other
    assert counted(client, DEFAULT, method, default_graph_uri=["https://example.org/absent"]) == 0


def test_graphs_are_named(client):
    """Each file of the knowledge and each document of the register is a graph with an IRI, which FROM takes; none is a file."""
    names = client.get("/sparql", query_string={"query": "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }", "format": "csv"}).text.split()[1:]
    number = counted(client, DEFAULT, default_graph_uri=[f"{GRAPHS}register/xa.ttl"])

    assert [name for name in names if not name.startswith(GRAPHS)] == []
    assert {f"{GRAPHS}{name}" for name in ("knowledge/ontology/core.ttl", "register/xa.ttl")} <= set(names)
    assert counted(client, DEFAULT.replace("{ ?s", f"FROM <{GRAPHS}register/xa.ttl> {{ ?s")) == number > 0


def test_other_origins_may_ask(client):
    """A page of another origin may ask, and read refusals too; nothing is allowed that needs the reader's cookies."""
    preflight = client.options("/sparql", headers={"Origin": "https://example.org", "Access-Control-Request-Method": "POST"})
    answers = [client.get("/sparql", query_string={"query": query}) for query in (SELECT, "SELECT")]

    assert preflight.status_code == 200
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in preflight.headers["Access-Control-Allow-Headers"]
    assert [answer.status_code for answer in answers] == [200, 400]
    for response in (preflight, *answers):
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in response.headers
    assert "Access-Control-Allow-Origin" not in client.get("/duties").headers


def test_a_page_keeps_its_dataset(client):
    """The downloads and the form of a page ask the same dataset again."""
    graph = f"{GRAPHS}register/xa.ttl"
    page = client.get("/sparql", query_string={"query": DEFAULT, "default-graph-uri": graph}, headers={"Accept": BROWSER}).text

    assert f'<input type="hidden" name="default-graph-uri" value="{graph}">' in page
    links = re.findall(r'href="([^"]*format=[a-z]+[^"]*)"', page)
    assert len(links) == 5
    assert [link for link in links if "default-graph-uri=" not in link] == []


ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_timeout_ends_a_query(client, method):
    """A client may want to wait less long than the service would."""
    fields = {"query_string" if method == "GET" else "data": {"query": ENDLESS, "timeout": "1.5"}}
    start = time.monotonic()
    response = client.open("/sparql", method=method, **fields)
    assert response.status_code == 503
    assert response.headers["Retry-After"]
    assert 1.4 < time.monotonic() - start < 10


@pytest.mark.parametrize(
    ("timeout", "seconds"), [("", 20.0), ("0", 20.0), ("5", 5.0), ("2.5", 2.5), ("0.001", 1.0), ("30000", 20.0), ("999999999", 20.0)]
)
def test_timeout_is_bounded(app, client, monkeypatch, timeout, seconds):
    """Never longer than the service's own deadline, also where a client counts milliseconds, and long enough to be worth a worker."""
    used = []
    questions = app.extensions["observance"].present.kb.questions

    def ask(text, *, format, deadline, **_):
        used.append(deadline)
        return SerializedAnswer("application/sparql-results+json", b"{}")

    monkeypatch.setattr(questions, "ask", ask)
    assert client.get("/sparql", query_string={"query": SELECT, **({"timeout": timeout} if timeout else {})}).status_code == 200
    assert used == [seconds]


@pytest.mark.parametrize("timeout", ["-1", "1e3", "x", "1_0", "٣", "nan", "9" * 10])
def test_timeout_that_is_no_number(client, timeout):
    """It is refused, and the error says what it should be."""
    response = client.get("/sparql", query_string={"query": SELECT, "timeout": timeout})
    assert response.status_code == 400
    assert "timeout" in response.json["detail"]


def test_posted_answers_have_no_tag(client):
    """A client cannot ask conditionally for the answer to a POST, so that it needs no entity tag; it is compressed as others are."""
    query = "SELECT ?s { ?s a obs:OperativeParagraph } ORDER BY ?s"
    got = client.get("/sparql", query_string={"query": query}, headers={"Accept-Encoding": "gzip"})
    posted = client.post("/sparql", data={"query": query}, headers={"Accept-Encoding": "gzip", "If-None-Match": got.headers["ETag"]})
    assert (posted.status_code, posted.data) == (200, got.data)
    assert "ETag" not in posted.headers
    assert posted.headers["Content-Encoding"] == got.headers["Content-Encoding"] == "gzip"
