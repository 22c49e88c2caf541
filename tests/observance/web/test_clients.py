"""Clients of others over HTTP: SPARQLWrapper with every method and format, and rdflib's store, with named graphs too."""

import json
from collections.abc import Iterator
from threading import Thread

import pytest
import rdflib
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import CSV, GET, JSON, JSONLD, N3, POST, POSTDIRECTLY, RDF, RDFXML, TSV, TURTLE, URLENCODED, XML, SPARQLWrapper
from werkzeug.serving import make_server

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
