"""Property paths: the compiled function reaches what Oxigraph reaches with the path's SPARQL text, on random paths and data."""

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oxishacl import FIRST, Index, sh
from oxishacl.paths import predicate_path, read_path
from oxishacl.terms import NIL, REST

A, B, C, P, Q, SHAPE = (ox.NamedNode(f"https://example.org/{name}") for name in ("a", "b", "c", "p", "q", "shape"))
PREDICATES = st.sampled_from((P, Q))
TRIPLES = st.lists(st.tuples(st.sampled_from((A, B, C)), PREDICATES, st.sampled_from((A, B, C, ox.Literal("x")))), min_size=3, max_size=12)
# An IRI; a name with the path that it is applied to; or a name (`sequence`, `alternativePath`) with a list of paths.
PATHS = st.recursive(
    PREDICATES,
    lambda paths: (
        st.tuples(st.sampled_from(("inversePath", "zeroOrMorePath", "oneOrMorePath", "zeroOrOnePath")), paths)
        | st.tuples(st.sampled_from(("sequence", "alternativePath")), st.lists(paths, min_size=2, max_size=3))
    ),
    max_leaves=5,
)


def described(path: object, quads: list[ox.Quad]) -> ox.NamedNode | ox.BlankNode:
    """The node of the path, whose description is added to the quads."""
    if isinstance(path, ox.NamedNode):
        return path
    name, inner = path
    if name == "sequence":
        return listed(inner, quads)
    node = ox.BlankNode()
    quads.append(ox.Quad(node, sh(name), listed(inner, quads) if name == "alternativePath" else described(inner, quads)))
    return node


def listed(paths: list[object], quads: list[ox.Quad]) -> ox.NamedNode | ox.BlankNode:
    """The head of a list of the paths."""
    head: ox.NamedNode | ox.BlankNode = NIL
    for path in reversed(paths):
        rest, head = head, ox.BlankNode()
        quads += [ox.Quad(head, FIRST, described(path, quads)), ox.Quad(head, REST, rest)]
    return head


@pytest.mark.whole
@given(PATHS, TRIPLES)
@settings(max_examples=800, deadline=None, derandomize=True)
def test_reaches_what_sparql_reaches(path: object, triples: list):
    """From each node, a path reaches each node once that Oxigraph reaches with its text, also when computed from the node's edges."""
    quads: list[ox.Quad] = []
    node = described(path, quads)
    compiled = read_path(node, graph=Index(quads), shape=SHAPE)
    # Oxigraph knows a path of length zero only from nodes of the graph.
    data_quads = [ox.Quad(*triple) for triple in (*triples, *((start, SHAPE, start) for start in (A, B, C)))]
    data, store = Index(data_quads), ox.Store()
    store.extend(data_quads)
    for start in (A, B, C):
        values = compiled.values(data, start)
        solutions = store.query(f"SELECT DISTINCT ?value {{ {start} {compiled.sparql} ?value }}")

        assert len(values) == len(set(values))
        assert set(values) == {solution["value"] for solution in solutions}, compiled.sparql
        if compiled.values_from_edges is not None:
            assert compiled.values_from_edges(data.edges(start)) == values


def test_description_of_a_path():
    """The triples of a path are those that describe it; a predicate path has none."""
    quads: list[ox.Quad] = []
    node = described(("inversePath", ("alternativePath", [P, Q])), quads)

    assert set(read_path(node, graph=Index(quads), shape=SHAPE).triples) == {quad.triple for quad in quads}
    for path in (read_path(P, graph=Index(()), shape=SHAPE), predicate_path(P)):
        assert (path.node, path.sparql, path.triples) == (P, f"<{P.value}>", ())
