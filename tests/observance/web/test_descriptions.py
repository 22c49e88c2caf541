"""What the service says of itself is true: each statement of a description is held to what the service does."""

import json

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from observance.core import PREFIXES, SH
from observance.knowledge_base import KnowledgeBase

SD, VOID, DCTERMS = PREFIXES["sd"], PREFIXES["void"], PREFIXES["dcterms"]
FORMATS = "http://www.w3.org/ns/formats/"
OFFERED = {
    "SPARQL_Results_JSON": ("ASK {}", "application/sparql-results+json"),
    "SPARQL_Results_XML": ("ASK {}", "application/sparql-results+xml"),
    "SPARQL_Results_CSV": ("SELECT * {}", "text/csv"),
    "SPARQL_Results_TSV": ("SELECT * {}", "text/tab-separated-values"),
    "Turtle": ("CONSTRUCT WHERE {}", "text/turtle"),
    "N-Triples": ("CONSTRUCT WHERE {}", "application/n-triples"),
    "RDF_XML": ("CONSTRUCT WHERE {}", "application/rdf+xml"),
    "JSON-LD": ("CONSTRUCT WHERE {}", "application/ld+json"),
    "TriG": ("CONSTRUCT WHERE {}", "application/trig"),
    "N-Quads": ("CONSTRUCT WHERE {}", "application/n-quads"),
}
KNOWLEDGE = "https://w3id.org/observance/graphs/knowledge/"
DATASET = "http://localhost/.well-known/void#dataset"
PATHS = ("/sparql", "/.well-known/void", "/.well-known/sparql-examples")


def graph(client: FlaskClient, path: str) -> ox.Dataset:
    """The statements that the path answers with."""
    response = client.get(path)
    assert response.status_code == 200
    assert response.content_type == "text/turtle; charset=utf-8"
    return ox.Dataset(ox.parse(response.data, format=ox.RdfFormat.TURTLE))


def values(dataset: ox.Dataset, predicate: str, subject: str | None = None) -> set[str]:
    """The values of a predicate, of a subject if one is given."""
    return {
        quad.object.value
        for quad in dataset
        if quad.predicate.value == predicate and (subject is None or quad.subject == ox.NamedNode(subject))
    }


def number(client: FlaskClient, query: str) -> str:
    """The number that the endpoint answers with."""
    body = json.loads(client.get("/sparql", query_string={"query": query}).data)
    (row,) = body["results"]["bindings"]
    return str(row["n"]["value"])


def test_service(client: FlaskClient):
    """The endpoint answers in all formats that it names and in no others, and knows no other language and no feature that it lacks."""
    found = graph(client, "/sparql")
    assert values(found, SD + "endpoint") == {"http://localhost/sparql"}
    assert values(found, SD + "supportedLanguage") == {SD + "SPARQL11Query"}
    assert values(found, SD + "feature") == {SD + "UnionDefaultGraph"}
    assert values(found, SD + "defaultEntailmentRegime") == {"http://www.w3.org/ns/entailment/Simple"}
    assert values(found, SD + "resultFormat") == {FORMATS + name for name in OFFERED}
    for query, media_type in OFFERED.values():
        response = client.get("/sparql", query_string={"query": query}, headers={"Accept": media_type})
        assert response.content_type.partition(";")[0] == media_type
    assert not [quad for quad in found if quad.predicate.value in (SD + "languageExtension", SD + "extensionFunction")]


def test_graphs_of_the_service(client: FlaskClient):
    """The graphs that are named exist, hold so many statements and can be chosen; the default graph has each statement once."""
    found = graph(client, "/sparql")
    named = values(found, SD + "name")
    asked = client.get("/sparql", query_string={"query": "SELECT DISTINCT ?g { GRAPH ?g {} }"}).json["results"]["bindings"]
    assert named == {row["g"]["value"] for row in asked if row["g"]["value"].startswith(KNOWLEDGE)}
    core = KNOWLEDGE + "ontology/core.ttl"
    (node,) = {quad.subject for quad in found if quad.object == ox.NamedNode(core)}
    (contents,) = values(found, SD + "graph", node.value)
    (held,) = values(found, VOID + "triples", contents)
    assert held == number(client, f"SELECT (COUNT(*) AS ?n) FROM <{core}> {{ ?s ?p ?o }}")
    (everything,) = values(found, SD + "defaultGraph", DATASET)
    (triples,) = values(found, VOID + "triples", everything)
    assert triples == number(client, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    assert triples == number(client, "SELECT (COUNT(*) AS ?n) { SELECT DISTINCT ?s ?p ?o { GRAPH ?g { ?s ?p ?o } } }")


@pytest.mark.parametrize(
    ("predicate", "query"),
    [
        ("triples", "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"),
        ("distinctSubjects", "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s ?p ?o }"),
        ("distinctObjects", "SELECT (COUNT(DISTINCT ?o) AS ?n) { ?s ?p ?o }"),
        ("properties", "SELECT (COUNT(DISTINCT ?p) AS ?n) { ?s ?p ?o }"),
        ("classes", "SELECT (COUNT(DISTINCT ?c) AS ?n) { ?s a ?c }"),
        ("documents", "SELECT (COUNT(DISTINCT ?g) AS ?n) { GRAPH ?g {} }"),
    ],
)
def test_counts_of_the_dataset(client: FlaskClient, predicate: str, query: str):
    """Each number is the one that the endpoint counts."""
    assert values(graph(client, "/.well-known/void"), VOID + predicate, DATASET) == {number(client, query)}


def test_dataset(client: FlaskClient):
    """It has a title in both languages, an endpoint, examples that exist, and the licence for the knowledge alone."""
    found = graph(client, "/.well-known/void")
    titles = {quad.object.language for quad in found if quad.predicate.value == DCTERMS + "title" and quad.subject == ox.NamedNode(DATASET)}
    assert titles == {"en", "fr"}
    assert values(found, VOID + "sparqlEndpoint") == {"http://localhost/sparql"}
    assert PREFIXES["obs"] in values(found, VOID + "vocabulary")
    assert PREFIXES["res"] + "p3" in values(found, VOID + "exampleResource")
    assert [quad.subject.value for quad in found if quad.predicate.value == DCTERMS + "license"] == [f"{DATASET}-knowledge"]
    parts = {part: values(found, VOID + "documents", part) for part in values(found, VOID + "subset")}
    (knowledge,), (register,) = parts[f"{DATASET}-knowledge"], parts[f"{DATASET}-register"]
    assert {str(int(knowledge) + int(register))} == values(found, VOID + "documents", DATASET)
    (partition,) = {quad.subject for quad in found if quad.object == ox.NamedNode(PREFIXES["obs"] + "OperativeParagraph")}
    counted = number(client, "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s a obs:OperativeParagraph }")
    assert values(found, VOID + "entities", partition.value) == {counted}


def test_examples(client: FlaskClient, kb: KnowledgeBase):
    """Each example is a page of the service, and its text is answered by the endpoint."""
    found = graph(client, "/.well-known/sparql-examples")
    texts = {q.subject.value: q.object.value for q in found if q.predicate.value in (SH + "select", SH + "ask", SH + "construct")}
    assert len(texts) == len(kb.questions.catalogue.examples) > 20
    for address, text in texts.items():
        assert client.get(address).status_code == 200
        assert not text.startswith("#+")
    for text in sorted(texts.values(), key=len)[:5]:
        assert client.post("/sparql", data={"query": text}).status_code == 200


@pytest.mark.parametrize("path", PATHS)
def test_formats_and_tags(client: FlaskClient, path: str):
    """A description comes in the format that is asked for, with a tag, to HEAD too, and may be read by pages of other origins."""
    response = client.get(path, headers={"Accept": "application/n-triples;q=0.9, text/html;q=0.1"})
    assert response.content_type == "application/n-triples"
    assert client.get(path, headers={"If-None-Match": response.headers["ETag"], "Accept": "application/n-triples"}).status_code == 304
    assert client.get(f"{path}?format=jsonld").content_type == "application/ld+json"
    assert client.head(path).headers["Content-Type"] == "text/turtle; charset=utf-8"
    assert client.head(path).data == b""
    assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_no_description(client: FlaskClient, browser: FlaskClient):
    """A request with a part of a query lacks the rest; a client that takes no graph is told so; a browser receives the form."""
    assert client.get("/sparql?default-graph-uri=a:b").status_code == 400
    assert client.get("/sparql", headers={"Accept": "application/sparql-results+json"}).status_code == 400
    assert client.get("/.well-known/void", headers={"Accept": "text/csv"}).status_code == 406
    assert client.get("/.well-known/void?format=csv").status_code == 400
    assert client.get("/.well-known/void?format=html").status_code == 400
    assert browser.get("/sparql").mimetype == "text/html"


def test_address_by_which_the_client_came(client: FlaskClient):
    """The endpoint has the name under which the client asks; a name that is not the service's is refused."""
    answer = client.get("/sparql", headers={"Host": "127.0.0.1:8123"})
    assert b"<http://127.0.0.1:8123/sparql>" in answer.data
    assert client.get("/sparql", headers={"Host": "example.org"}).status_code == 400


def test_robots(client: FlaskClient):
    """Crawlers are told to leave answers alone that are computed."""
    response = client.get("/robots.txt")
    assert response.mimetype == "text/plain"
    assert "Disallow: /sparql\n" in response.text
    response.close()
