"""The store in memory: queries over the union or over chosen graphs, graphs replaced whole, a version of what they hold."""

import pyoxigraph as ox
import pytest

from observance.rdf import MemoryStore

ONE, TWO = "https://example.org/one", "https://example.org/two"


def triple(value: str) -> ox.Triple:
    """A statement with the value."""
    return ox.Triple(ox.NamedNode("https://example.org/s"), ox.NamedNode("https://example.org/p"), ox.Literal(value))


def values(store: MemoryStore, text: str = "SELECT ?o { ?s ?p ?o } ORDER BY ?o", *, union: bool = True) -> list[str]:
    """The values that the query finds."""
    solutions = store.query(text, union=union)
    assert isinstance(solutions, ox.QuerySolutions)
    return [row["o"].value for row in solutions]


@pytest.fixture
def store() -> MemoryStore:
    """Two graphs with a statement each."""
    return MemoryStore([ox.Quad(*triple("a"), ox.NamedNode(ONE)), ox.Quad(*triple("b"), ox.NamedNode(TWO))])


def test_union_or_chosen_graphs(store: MemoryStore):
    """The default graph is the union of all graphs; without the union it is what FROM names, and empty without FROM."""
    assert values(store) == ["a", "b"]
    assert values(store, f"SELECT ?o FROM <{TWO}> {{ ?s ?p ?o }}", union=False) == ["b"]
    assert values(store, union=False) == []


def test_prefixes(store: MemoryStore):
    """The project's prefixes need no declaration."""
    assert values(store, "SELECT ?o { ?s ?p ?o FILTER(?o != skos:note) } ORDER BY ?o") == ["a", "b"]


def test_a_graph_is_replaced_whole(store: MemoryStore):
    """Replacing a graph leaves nothing of what it held and touches no other; replacing it by nothing removes it."""
    store.replace_graph(ONE, [triple("c"), triple("d")])
    assert values(store) == ["b", "c", "d"]
    store.replace_graph(ONE, [])
    assert values(store) == ["b"]


def test_version_names_what_the_graphs_hold(store: MemoryStore):
    """The version changes with a graph and is the same again when the graphs hold the same, in whatever order they came."""
    before = store.version
    store.replace_graph(ONE, [triple("c")])
    assert store.version != before
    store.replace_graph(ONE, [triple("a")])
    assert store.version == before
    assert MemoryStore([ox.Quad(*triple("b"), ox.NamedNode(TWO)), ox.Quad(*triple("a"), ox.NamedNode(ONE))]).version == before
