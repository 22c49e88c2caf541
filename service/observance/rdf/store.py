"""The store that queries are put to: named graphs that are replaced whole, and a version that names what they hold."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Protocol

import pyoxigraph as ox

from observance.core import PREFIXES

QueryResults = ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples


class Store(Protocol):
    """A SPARQL 1.1 store of named graphs."""

    def query(
        self, text: str, *, substitutions: Mapping[ox.Variable, ox.NamedNode | ox.Literal] | None = None, union: bool = True
    ) -> QueryResults:
        """Return the results of a query, the project's prefixes being known.

        `substitutions` gives values for variables; with `union` the default graph is the union of all graphs, else what FROM names.
        Raises SyntaxError for what is no query.
        """

    def replace_graph(self, name: str, triples: Iterable[ox.Triple]) -> None:
        """Replace the graph of this name by one with these triples; with none, the graph is gone."""

    @property
    def version(self) -> str:
        """What the graphs hold, digested: the same graphs with the same triples have the same version."""


class MemoryStore:
    """A store in the memory of this process, on Oxigraph; not to be changed while another thread queries it."""

    def __init__(self, quads: Iterable[ox.Quad] = ()) -> None:
        """Hold the quads, each in the graph that it names."""
        self._store = ox.Store()
        self._store.bulk_extend(quads)
        self._version: str | None = None

    def query(
        self, text: str, *, substitutions: Mapping[ox.Variable, ox.NamedNode | ox.Literal] | None = None, union: bool = True
    ) -> QueryResults:
        """Return the results of a query; see `Store.query`."""
        return self._store.query(text, prefixes=dict(PREFIXES), substitutions=dict(substitutions or {}), use_default_graph_as_union=union)

    def replace_graph(self, name: str, triples: Iterable[ox.Triple]) -> None:
        """Replace the graph of this name; see `Store.replace_graph`."""
        graph = ox.NamedNode(name)
        self._store.remove_graph(graph)
        self._store.bulk_extend(ox.Quad(triple.subject, triple.predicate, triple.object, graph) for triple in triples)
        self._version = None

    @property
    def version(self) -> str:
        """The SHA-256 of the statements as sorted N-Quads; blank nodes count by their labels."""
        if self._version is None:
            lines = sorted(f"{quad}\n" for quad in self._store)
            self._version = hashlib.sha256("".join(lines).encode()).hexdigest()
        return self._version
