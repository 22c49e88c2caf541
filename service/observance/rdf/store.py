"""The SPARQL store: named graphs that are replaced as a whole, and a version that identifies their contents."""

import hashlib
from collections.abc import Iterable
from typing import Protocol

import pyoxigraph as ox

from observance.core import PREFIXES

QueryResults = ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples


class Store(Protocol):
    """A SPARQL 1.1 store of named graphs."""

    def query(self, text: str, *, union: bool = True) -> QueryResults:
        """Return the results of a query; the project's prefixes are predefined.

        With `union` the default graph is the union of all graphs, else the graphs of FROM. Raises SyntaxError for text that is not a query.
        """

    def replace_graph(self, name: str, triples: Iterable[ox.Triple] | bytes) -> None:
        """Replace the contents of the named graph by triples, given as values or in N-Triples; without any, remove the graph."""

    @property
    def version(self) -> str:
        """A digest of the graphs: the same graphs with the same triples have the same version."""


class MemoryStore:
    """An Oxigraph store in memory; do not change it while another thread queries it."""

    def __init__(self, quads: Iterable[ox.Quad] = ()) -> None:
        """Load the quads into the graphs that they name."""
        self._store = ox.Store()
        self._store.bulk_extend(quads)
        self._version: str | None = None

    def query(self, text: str, *, union: bool = True) -> QueryResults:
        """Return the results of a query; see `Store.query`."""
        return self._store.query(text, prefixes=dict(PREFIXES), use_default_graph_as_union=union)

    def replace_graph(self, name: str, triples: Iterable[ox.Triple] | bytes) -> None:
        """Replace the contents of the named graph; see `Store.replace_graph`."""
        graph = ox.NamedNode(name)
        self._store.remove_graph(graph)
        if isinstance(triples, bytes):
            self._store.bulk_load(triples, format=ox.RdfFormat.N_TRIPLES, to_graph=graph)
        else:
            self._store.bulk_extend(ox.Quad(triple.subject, triple.predicate, triple.object, graph) for triple in triples)
        self._version = None

    def contains(self, name: str, triple: ox.Triple) -> bool:
        """Whether the named graph holds the triple."""
        return ox.Quad(triple.subject, triple.predicate, triple.object, ox.NamedNode(name)) in self._store

    @property
    def version(self) -> str:
        """The SHA-256 of the statements as sorted N-Quads, blank nodes by their labels."""
        if self._version is None:
            lines = sorted(f"{quad}\n" for quad in self._store)
            self._version = hashlib.sha256("".join(lines).encode()).hexdigest()
        return self._version
