"""The store in memory: queries over the merge or over chosen graphs, statements added for a while, a version of what it holds."""

import pyoxigraph as ox
import pytest

from observance.rdf import MemoryStore, QueryDataset, Store

ONE, TWO = "https://example.org/one", "https://example.org/two"


def triple(value: str) -> ox.Triple:
    """A statement with the value."""
    return ox.Triple(ox.NamedNode("https://example.org/s"), ox.NamedNode("https://example.org/p"), ox.Literal(value))


def quad(value: str, graph: str) -> ox.Quad:
    """The statement in the graph."""
    return ox.Quad(*triple(value), ox.NamedNode(graph))


def values(store: Store, text: str = "SELECT ?o { ?s ?p ?o } ORDER BY ?o", *, dataset: QueryDataset | None = None) -> list[str]:
    """The values that the query finds."""
    solutions = store.query(text, dataset=dataset)
    assert isinstance(solutions, ox.QuerySolutions)
    return [row["o"].value for row in solutions]


@pytest.fixture
def store() -> MemoryStore:
    """Two graphs with a statement of their own each, and one that both have."""
    return MemoryStore([quad("a", ONE), quad("both", ONE), quad("both", TWO), quad("b", TWO)])


def test_merge_or_chosen_graphs(store: MemoryStore):
    """The default graph has each statement once, also one of several graphs; FROM and the dataset of a request choose graphs."""
    assert values(store) == ["a", "b", "both"]
    assert values(store, "SELECT (COUNT(*) AS ?o) { ?s ?p ?o }") == ["3"]
    assert values(store, "SELECT ?o { GRAPH ?g { ?s ?p ?o } } ORDER BY ?o") == ["a", "b", "both", "both"]
    assert values(store, f"SELECT ?o FROM <{TWO}> {{ ?s ?p ?o }} ORDER BY ?o") == ["b", "both"]
    assert values(store, f"SELECT ?o FROM NAMED <{TWO}> {{ ?s ?p ?o }}") == []
    assert values(store, dataset=QueryDataset((ONE,), ())) == ["a", "both"]


def test_prefixes(store: MemoryStore):
    """The project's prefixes need no declaration."""
    assert values(store, "SELECT ?o { ?s ?p ?o FILTER(?o != skos:note) } ORDER BY ?o") == ["a", "b", "both"]


def test_extended(store: MemoryStore):
    """Statements are added for a while, none twice; afterwards those are left that were there before, also after an error."""
    before = store.version
    with store.extended([triple("c"), triple("a"), triple("c")]) as extended:
        assert values(extended) == ["a", "b", "both", "c"]
        assert extended.version != before
    with pytest.raises(SyntaxError), store.extended([triple("c")]) as extended:
        extended.query("no query")
    assert values(store) == ["a", "b", "both"]
    assert store.version == before


def test_merged_and_loaded():
    """Statements of the default graph stand in no named graph."""
    store = MemoryStore([quad("a", ONE)], merged=[triple("b")])
    store.load(f"{triple('c')} .\n".encode())
    assert values(store) == ["a", "b", "c"]
    assert values(store, "SELECT ?o { GRAPH ?g { ?s ?p ?o } }") == ["a"]


def test_version_names_what_the_graphs_hold(store: MemoryStore):
    """The version changes with a statement or its graph, and is the same for the same graphs, in whatever order they came."""
    again = MemoryStore([quad("b", TWO), quad("both", ONE), quad("both", TWO), quad("a", ONE)])
    assert again.version == store.version
    assert MemoryStore([quad("b", TWO), quad("both", ONE), quad("a", ONE)]).version != store.version
    again.load(f"{triple('c')} .\n".encode())
    assert again.version != store.version
