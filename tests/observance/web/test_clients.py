"""Clients of others over HTTP: SPARQLWrapper with every method and format, rdflib's store with named graphs, Jena, editors in a page."""

import http.client
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Thread
from urllib.parse import urlencode, urlsplit

import pytest
import rdflib
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import CSV, GET, JSON, JSONLD, N3, POST, POSTDIRECTLY, RDF, RDFXML, TSV, TURTLE, URLENCODED, XML, SPARQLWrapper
from werkzeug.serving import make_server

from jena import JenaError, class_path, rsparql
from observance.core import PREFIXES, Settings
from observance.web import close, create_app

CORE = "https://w3id.org/observance/graphs/knowledge/ontology/core.ttl"
NUMBER = "SELECT (1 AS ?n) {}"
GRAPHS = ("CONSTRUCT { res:p3 rdfs:label 'x' } WHERE {}", "DESCRIBE res:p3")
METHODS = ((GET, URLENCODED), (POST, URLENCODED), (POST, POSTDIRECTLY))


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The address of the endpoint of a running service."""
    application = create_app(Settings(workers=1))
    server = make_server("127.0.0.1", 0, application, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}/sparql"
    server.shutdown()
    close(application)


def wrapper(endpoint: str, query: str, method: tuple[str, str], returned: str | None = None) -> SPARQLWrapper:
    """A request of SPARQLWrapper."""
    request = SPARQLWrapper(endpoint)
    request.setMethod(method[0])
    request.setRequestMethod(method[1])
    request.setQuery(query)
    if returned is not None:
        request.setReturnFormat(returned)
    return request


@pytest.mark.parametrize("method", METHODS, ids="-".join)
@pytest.mark.parametrize("returned", [None, XML, JSON, CSV, TSV])
def test_tables(endpoint: str, method: tuple[str, str], returned: str | None):
    """SPARQLWrapper reads a table in every format that it asks for."""
    found = wrapper(endpoint, NUMBER, method, returned).query().convert()
    text = found.toxml() if hasattr(found, "toxml") else json.dumps(found) if isinstance(found, dict) else found.decode()
    assert "1" in text
    assert "n" in text


@pytest.mark.filterwarnings("ignore:Sending Accept header")  # SPARQLWrapper does not know its own name RDF
@pytest.mark.parametrize("method", METHODS, ids="-".join)
@pytest.mark.parametrize("query", GRAPHS, ids=["construct", "describe"])
@pytest.mark.parametrize("returned", [None, XML, RDF, RDFXML, TURTLE, N3, JSONLD])
def test_graphs(endpoint: str, method: tuple[str, str], query: str, returned: str | None):
    """SPARQLWrapper reads a graph in every format that it asks for, also by its defaults."""
    result = wrapper(endpoint, query, method, returned).query()
    found = result.convert()
    if isinstance(found, bytes):
        found = rdflib.Graph().parse(data=found, format="turtle")
    assert rdflib.URIRef("https://w3id.org/observance/wco/ecommerce-2018/p3") in set(found.subjects())


@pytest.mark.parametrize("method", METHODS, ids="-".join)
def test_dataset(endpoint: str, method: tuple[str, str]):
    """SPARQLWrapper's parameters choose the dataset."""
    request = wrapper(endpoint, "ASK { GRAPH ?g { ?s ?p ?o } FILTER NOT EXISTS { ?s ?p ?o } }", method, JSON)
    request.addNamedGraph(CORE)
    assert request.query().convert()["boolean"] is True


def test_rdflib(endpoint: str):
    """Rdflib's store answers queries and patterns, over all graphs and over a named one."""
    named = rdflib.Graph(SPARQLStore(endpoint, context_aware=True), identifier=rdflib.URIRef(CORE))
    every = rdflib.Graph(SPARQLStore(endpoint, context_aware=False))
    label = rdflib.URIRef(PREFIXES["obs"] + "Standard"), rdflib.SKOS.prefLabel, None

    assert {str(value) for _, _, value in named.triples(label)} == {str(value) for _, _, value in every.triples(label)} != set()
    assert len(list(named.query("SELECT ?s { ?s a owl:Ontology }", initNs=dict(PREFIXES)))) > 0


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("application/sparql-results+json", "application/sparql-results+json"),
        ("application/sparql-results json", "application/sparql-results+json"),
        ("text/csv", "text/csv"),
        ("xml", "application/sparql-results+xml"),
    ],
)  # fmt: skip
def test_names_of_formats(endpoint: str, name: str, media_type: str):
    """A format may be named by its media type, also where a client forgot to encode it."""
    import urllib.parse
    import urllib.request

    address = f"{endpoint}?query={urllib.parse.quote(NUMBER)}&format={name.replace(' ', '+')}"
    with urllib.request.urlopen(address) as response:
        assert response.headers["Content-Type"].partition(";")[0] == media_type


JENA = [
    (("--results=JSON",), NUMBER, '"value": "1"'),
    (("--results=XML",), NUMBER, "<literal datatype="),
    (("--results=CSV",), NUMBER, "n\n1\n"),
    (("--results=TSV",), NUMBER, "?n\n1\n"),
    (("--results=text",), "SELECT (COUNT(DISTINCT ?g) AS ?n) { GRAPH ?g {} }", "| n"),
    ((), "ASK { GRAPH ?g { res:p3 a obs:OperativeParagraph } }", "Ask => Yes"),
    (("--post",), "ASK { res:p3 a obs:OperativeParagraph }", "Ask => Yes"),
    (("--results=turtle",), "CONSTRUCT { res:p3 rdfs:label 'x' } WHERE {}", '"x"'),
    (("--results=n-triples",), "DESCRIBE res:p3", "ecommerce-2018/p3>"),
]


@pytest.mark.whole
@pytest.mark.parametrize(("options", "query", "answer"), JENA)
def test_jena(endpoint: str, options: tuple[str, ...], query: str, answer: str):
    """Jena's command reads each form of answer and writes it in each format."""
    prefixes = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items() if f"{name}:" in query)
    completed = rsparql("--service", endpoint, *options, prefixes + query)
    assert (completed.returncode, answer in completed.stdout) == (0, True), completed.stderr


@pytest.mark.whole
def test_jena_reads_an_error(endpoint: str):
    """A query that is refused ends Jena's command with the status."""
    completed = rsparql("--service", endpoint, "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }")
    assert completed.returncode != 0
    assert "403" in completed.stdout + completed.stderr


def test_unreachable_registry(tmp_path: Path):
    """Without a network the test of Jena says what it lacks; a jar that was changed is not run."""
    with pytest.raises(JenaError, match="Maven Central"):
        class_path(tmp_path, source="http://127.0.0.1:9/")
    jar = tmp_path / "caffeine-3.1.8.jar"
    jar.write_bytes(b"changed")
    with pytest.raises(JenaError, match="not the file"):
        class_path(tmp_path, source="http://127.0.0.1:9/")
    assert not jar.exists()


ORIGIN = "https://yasgui.example.org"


def request(endpoint: str, method: str, fields: Mapping[str, str] | None, **headers: str) -> http.client.HTTPResponse:
    """The response to a request as a page of another origin sends it, with its body read."""
    address = urlsplit(endpoint)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    written = {name.replace("_", "-"): value for name, value in headers.items()}
    body = urlencode(fields) if fields is not None else None
    if body is not None:
        written["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
    connection.request(method, address.path, body=body, headers={"Origin": ORIGIN, **written})
    response = connection.getresponse()
    response.body = response.read()  # type: ignore[attr-defined]
    connection.close()
    return response


def test_preflight_of_an_editor(endpoint: str):
    """A browser asks first whether a page of another origin may send the request; it may, and read the answer."""
    asked = {"Access_Control_Request_Method": "POST", "Access_Control_Request_Headers": "content-type"}
    response = request(endpoint, "OPTIONS", None, **asked)
    assert response.status == 200
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in response.headers["Access-Control-Allow-Methods"].split(", ")
    assert "content-type" in response.headers["Access-Control-Allow-Headers"].lower().split(", ")
    assert "Access-Control-Allow-Credentials" not in response.headers


@pytest.mark.parametrize(
    ("query", "accept", "media_type"),
    [
        (NUMBER, "application/sparql-results+json,*/*;q=0.9", "application/sparql-results+json"),
        ("ASK {}", "application/sparql-results+json,*/*;q=0.9", "application/sparql-results+json"),
        (NUMBER, "text/csv,*/*;q=0.9", "text/csv"),
        (GRAPHS[0], "application/n-triples,*/*;q=0.9", "application/n-triples"),
        (GRAPHS[1], "text/turtle,*/*;q=0.9", "text/turtle"),
        (GRAPHS[0], "application/sparql-results+json,*/*;q=0.9", "text/turtle"),
    ],
)
def test_requests_of_an_editor(endpoint: str, query: str, accept: str, media_type: str):
    """A query editor posts a form, prefers a format for each form of query, and reads the answer in its page."""
    response = request(endpoint, "POST", {"query": query}, Accept=accept)
    assert response.status == 200
    assert response.headers["Content-Type"].partition(";")[0] == media_type
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.body  # type: ignore[attr-defined]


def test_error_for_an_editor(endpoint: str):
    """An editor can show why a query is refused: the problem may be read by its page too."""
    response = request(endpoint, "POST", {"query": "SELECT"}, Accept="application/sparql-results+json,*/*;q=0.9")
    assert response.status == 400
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
