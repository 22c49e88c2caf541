"""Pre-binding: the values of `$this` in queries, and the store before, during and after a validation."""

from pathlib import Path

import pyoxigraph as ox

from conftest import ROOT
from oxishacl import Index, compile_shapes
from oxishacl.sparql import prebinding

CASES = Path(__file__).parent / "sparql"
A, B, P = (ox.NamedNode(f"https://example.org/{name}") for name in "abp")


def read(name: str) -> list[ox.Quad]:
    """The quads of a case."""
    return list(ox.parse(path=CASES / name, format=ox.RdfFormat.TURTLE))


def test_focus_nodes_of_every_kind():
    """`$this` has its value in every group, whether it is an IRI, a blank node or a literal, evaluated alone or in a batch."""
    quads = read("every-kind.ttl")
    results = compile_shapes(quads).validate(Index(quads))

    assert sorted((type(r.focus).__name__, r.source.constraint.value[-3:]) for r in results) == sorted(
        (kind, name) for kind in ("NamedNode", "BlankNode", "Literal") for name in ("and", "not", "sub", "two")
    )


def test_store_is_left_as_it_was():
    """After a validation the background's store has the triples of the background only, and is not locked."""
    quads = read("every-kind.ttl")
    background = Index(quads)
    shapes = compile_shapes(quads)
    shapes.validate(Index([ox.Quad(A, P, B)], background=background))
    store = prebinding._background_store(background).store

    assert set(store) == set(quads)
    assert not prebinding._background_store(background).lock.locked()


def test_shapes_graph_each_time():
    """A query that reads `$shapesGraph` finds the shapes graph in every validation."""
    quads = list(ox.parse(path=ROOT / "tests" / "conformance" / "differences" / "shapes-graph.ttl", format=ox.RdfFormat.TURTLE))
    shapes, data = compile_shapes(quads), Index(quads)

    assert [len(shapes.validate(data)) for _ in range(3)] == [1, 1, 1]


def test_value_as_it_was_written():
    """A result's value has the lexical form of the document, which Oxigraph's store does not keep."""
    quads = read("as-written.ttl")
    results = compile_shapes(quads).validate(Index(quads))

    assert {str(result.value) for result in results} == {'"007"^^<http://www.w3.org/2001/XMLSchema#integer>'}
