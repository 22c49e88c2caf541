"""The Graph Store Protocol, reading: graphs by their names, the default graph, and nothing else."""

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

CORE = "https://w3id.org/observance/graphs/knowledge/ontology/core.ttl"
XA = "https://w3id.org/observance/graphs/register/xa.ttl"
PATH = "/rdf-graph-store"


def triples(client: FlaskClient, query: dict[str, str]) -> set[str]:
    """The statements of a graph."""
    response = client.get(PATH, query_string=query, headers={"Accept": "application/n-triples"})
    assert (response.status_code, response.content_type) == (200, "application/n-triples")
    return {line for line in response.text.splitlines() if "_:" not in line}


@pytest.mark.parametrize("name", [CORE, XA])
def test_named_graph(client: FlaskClient, name: str):
    """A graph has the statements that a query finds in it, and the default graph has them too."""
    query = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH <{name}> {{ ?s ?p ?o }} }}"
    asked = client.get("/sparql", query_string={"query": query, "format": "ntriples"})
    found = triples(client, {"graph": name})
    assert found == {line for line in asked.text.splitlines() if "_:" not in line}
    assert found < triples(client, {"default": ""})


@pytest.mark.parametrize(
    ("accept", "media_type", "syntax"),
    [
        ("*/*", "text/turtle", ox.RdfFormat.TURTLE),
        ("application/rdf+xml", "application/rdf+xml", ox.RdfFormat.RDF_XML),
        ("application/ld+json", "application/ld+json", ox.RdfFormat.JSON_LD),
        ("application/trig;q=0.5, text/html", "application/trig", ox.RdfFormat.TRIG),
    ],
)
def test_formats(client: FlaskClient, accept: str, media_type: str, syntax: ox.RdfFormat):
    """The format is negotiated, and each can be read."""
    response = client.get(PATH, query_string={"graph": XA}, headers={"Accept": accept})
    assert response.content_type.partition(";")[0] == media_type
    assert len(list(ox.parse(response.data, format=syntax))) > 10


def test_head_and_tag(client: FlaskClient):
    """HEAD tells what GET would; who has the graph already is told so."""
    got, head = client.get(PATH, query_string={"graph": XA}), client.head(PATH, query_string={"graph": XA})
    assert (head.status_code, head.data) == (200, b"")
    assert {name: head.headers[name] for name in ("ETag", "Content-Type", "Content-Length")} == {
        name: got.headers[name] for name in ("ETag", "Content-Type", "Content-Length")
    }
    again = client.get(PATH, query_string={"graph": XA}, headers={"If-None-Match": got.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"graph": "https://example.org/none"}, 404),
        ({"graph": "https://w3id.org/observance/graphs/register/none.ttl"}, 404),
        ({"graph": "relative"}, 400),
        ({"graph": ""}, 400),
        ({"graph": "a:> { } #"}, 400),
        ({"graph": "file:///etc/passwd"}, 403),
        ({}, 400),
        ({"graph": XA, "default": ""}, 400),
        ({"graph": [XA, CORE]}, 400),
        ({"graph": XA, "format": "csv"}, 400),
        ({"graph": XA, "other": "1"}, 400),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_refused(client: FlaskClient, query: dict[str, str], status: int, method: str):
    """What names no graph, or more than one, has an error; HEAD has its status."""
    response = client.open(PATH, method=method, query_string=query)
    assert (response.status_code, response.mimetype) == (status, "application/problem+json")


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
def test_read_only(client: FlaskClient, method: str):
    """Writing is refused, and nothing is written."""
    response = client.open(PATH, method=method, query_string={"graph": "a:new"}, data="<a:a> <a:b> <a:c> .", content_type="text/turtle")
    assert response.status_code == 405
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert client.get(PATH, query_string={"graph": "a:new"}).status_code == 404


def test_not_acceptable(client: FlaskClient):
    """A graph is no table and no page."""
    assert client.get(PATH, query_string={"graph": XA}, headers={"Accept": "text/html"}).status_code == 406
