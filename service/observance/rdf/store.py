"""The SPARQL store: named graphs, with their merge as the default graph, and a version that identifies their contents."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any, Final, Protocol

import pyoxigraph as ox
from msgspec import Struct

from observance.core import HOME, PREFIXES

_BASE: Final = HOME + "sparql"
"""The IRI against which relative IRIs of queries are resolved."""
Node = ox.NamedNode | ox.BlankNode
QueryResults = ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples


class QueryDataset(Struct, frozen=True):
    """The RDF dataset of a query (SPARQL 1.1 Protocol, section 2.1.4): the IRIs of the graphs of its default graph, and of named ones."""

    default: tuple[str, ...]
    named: tuple[str, ...]


class Store(Protocol):
    """A SPARQL 1.1 store of named graphs."""

    def query(self, text: str, *, dataset: QueryDataset | None = None) -> QueryResults:
        """Return the results of a query; the project's prefixes are predefined.

        The query is asked of the `dataset` of the store, if one is given, else of that which it names itself, else of all graphs: the
        default graph is then their merge. Raises SyntaxError for text that is not a query.
        """

    def statements(self, *, subject: Node | None = None, predicate: str | None = None, value: Node | None = None) -> Iterator[ox.Triple]:
        """Yield the statements of the default graph with this subject, predicate and value, each None for any, one after another."""

    def graphs_about(self, subject: Node) -> tuple[str, ...]:
        """Return the IRIs of the named graphs that say anything of the node, in their order."""

    @property
    def version(self) -> str:
        """A digest of the graphs: the same graphs with the same triples have the same version."""


class MemoryStore:
    """An Oxigraph store in memory; do not change it while another thread queries it.

    Its default graph holds each triple of the named graphs once. Oxigraph's own union finds a triple once for each graph that it stands in.
    """

    def __init__(self, quads: Iterable[ox.Quad] = (), *, merged: Iterable[ox.Triple | Sequence[Any]] = ()) -> None:
        """Load the quads into the graphs that they name, and the triples of `merged` into the default graph alone."""
        self._store = ox.Store()
        self._store.bulk_extend(quads)
        named = (quad.triple for quad in self._store.quads_for_pattern(None, None, None, None))
        self._store.bulk_extend(ox.Quad(*triple) for triple in chain(named, merged))
        self._version: str | None = None

    def query(self, text: str, *, dataset: QueryDataset | None = None) -> QueryResults:
        """Return the results of a query; see `Store.query`."""
        if dataset is None:
            return self._store.query(text, base_iri=_BASE, prefixes=dict(PREFIXES))
        default, named = (list(map(ox.NamedNode, graphs)) for graphs in (dataset.default, dataset.named))
        graphs: Any = {"default_graph": default, "named_graphs": named}
        return self._store.query(text, base_iri=_BASE, prefixes=dict(PREFIXES), **graphs)

    def statements(self, *, subject: Node | None = None, predicate: str | None = None, value: Node | None = None) -> Iterator[ox.Triple]:
        """Yield the statements of the default graph; see `Store.statements`."""
        named = ox.NamedNode(predicate) if predicate is not None else None
        return (quad.triple for quad in self._store.quads_for_pattern(subject, named, value, ox.DefaultGraph()))

    def graphs_about(self, subject: Node) -> tuple[str, ...]:
        """Return the IRIs of the named graphs; see `Store.graphs_about`."""
        graphs = {quad.graph_name for quad in self._store.quads_for_pattern(subject, None, None, None)}
        return tuple(sorted(graph.value for graph in graphs if isinstance(graph, ox.NamedNode)))

    def load(self, triples: bytes) -> None:
        """Add triples, given in N-Triples, to the default graph alone."""
        self._store.bulk_load(triples, format=ox.RdfFormat.N_TRIPLES)
        self._version = None

    @contextmanager
    def extended(self, triples: Iterable[ox.Triple]) -> Iterator[Store]:
        """The store, for as long as the context lasts with these triples in its default graph in addition."""
        quads = {ox.Quad(*triple) for triple in triples}
        added, version = [quad for quad in quads if quad not in self._store], self._version
        self._store.bulk_extend(added)
        self._version = None if added else version
        try:
            yield self
        finally:
            for quad in added:
                self._store.remove(quad)
            self._version = version

    @property
    def version(self) -> str:
        """The SHA-256 of the statements as sorted N-Quads, blank nodes by their labels."""
        if self._version is None:
            lines = sorted(f"{quad}\n" for quad in self._store)
            self._version = hashlib.sha256("".join(lines).encode()).hexdigest()
        return self._version
