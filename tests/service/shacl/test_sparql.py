"""SPARQL constraints: what is bound beforehand, what the store holds, and when a query is not asked at all."""

from pathlib import Path

import pyoxigraph as ox
import pytest

from observance.shacl.compile import compile as compiled
from observance.shacl.index import Index
from observance.shacl.sparql import session
from observance.shacl.sparql.guard import needs
from observance.shacl.sparql.tokens import tokens

CASES = Path(__file__).parent / "sparql"
PREFIXES = {"ex": "https://example.org/"}
A, B, P, Q = (ox.NamedNode(f"https://example.org/{name}") for name in "abpq")


def read(name: str) -> list[ox.Quad]:
    """The quads of a case."""
    return list(ox.parse(path=CASES / name, format=ox.RdfFormat.TURTLE))


def test_focus_nodes_of_every_kind():
    """`$this` has its value in every group, whether it is an IRI, a blank node or a literal, asked about alone or together."""
    quads = read("every-kind.ttl")
    results = compiled(quads).validate(Index(quads))

    assert sorted((type(r.focus).__name__, r.source.constraint.value[-3:]) for r in results) == sorted(
        (kind, name) for kind in ("NamedNode", "BlankNode", "Literal") for name in ("and", "not", "sub", "two")
    )


def test_store_is_left_as_it_was():
    """After a validation the background's store holds the background again, also when a query fails."""
    quads = read("every-kind.ttl")
    background = Index(quads)
    shapes = compiled(quads)
    shapes.validate(Index([ox.Quad(A, P, B)], background=background))
    store = session._bench(background).store

    assert set(store) == set(quads)
    assert not session._bench(background).lock.locked()


def test_shapes_graph_each_time():
    """A query that reads the shapes graph finds it in every validation, not in the first only."""
    quads = list(ox.parse(path=CASES.parents[2] / "conformance" / "differences" / "shapes-graph.ttl", format=ox.RdfFormat.TURTLE))
    shapes, data = compiled(quads), Index(quads)

    assert [len(shapes.validate(data)) for _ in range(3)] == [1, 1, 1]


def test_value_as_it_was_written():
    """A result's value has the lexical form of the document, which Oxigraph's store does not keep."""
    quads = read("as-written.ttl")
    results = compiled(quads).validate(Index(quads))

    assert {str(result.value) for result in results} == {'"007"^^<http://www.w3.org/2001/XMLSchema#integer>'}


@pytest.mark.parametrize(
    ("query", "met", "unmet"),
    [
        ("{ $this ex:p ?v }", [(A, P, B)], [(B, P, A)]),
        ("{ ?v ex:p $this }", [(B, P, A)], [(A, P, B)]),
        ("{ $this ex:q ?v ; ex:p ex:b . FILTER (?v > 1) }", [(A, P, B), (A, Q, A)], [(A, P, A), (A, Q, A)]),
        ("{ OPTIONAL { $this ex:q ?w } $this ex:p+ ?v }", [(A, P, B)], [(A, Q, B)]),
        ("{ { ?x ex:q ?y } UNION { ?x ex:p ?y } ?z ex:q ?u . $this ex:p/ex:q ?v }", [(A, P, B)], [(A, Q, B)]),
    ],
)
def test_guard_knows_what_is_needed(query: str, met: list, unmet: list):
    """A query is not asked where a triple is missing that it cannot do without."""
    needed = needs(list(tokens("SELECT $this " + query)), prefixes=PREFIXES)

    assert needed is not None
    assert needed(Index(ox.Quad(*triple) for triple in met), A)
    assert not needed(Index(ox.Quad(*triple) for triple in unmet), A)


@pytest.mark.parametrize(
    "query",
    [
        "{ OPTIONAL { $this ex:p ?v } }", "{ { $this ex:p ?v } UNION { $this ex:q ?v } }", "{ $this ex:p* ?v }", "{ $this ex:p? ?v }",
        "{ $this ex:p|ex:q ?v }", "{ $this ^ex:p ?v }", "{ $this !ex:p ?v }", "{ $this ?p ?v }", "{ FILTER NOT EXISTS { $this ex:p ?v } }",
        "{ FILTER (EXISTS { $this ex:p ?v } || true) }", "{ [] ex:p [ ex:q $this ] }", "{ BIND ($this AS ?x) }", "{ ?x ex:p/ex:q $this }",
        "{ GRAPH ?g { $this ex:p ?v } }", "{ {SELECT $this { $this ex:p ?v } } }", "{ $this (ex:p/ex:q)? ?v }", "{ $this no:p ?v }",
    ],
)  # fmt: skip
def test_guard_asks_when_in_doubt(query: str):
    """Nothing is taken to be needed that a solution may do without, or that is not understood."""
    assert needs(list(tokens("SELECT $this " + query)), prefixes=PREFIXES) is None
