"""The SPARQL store: named graphs that are replaced as a whole, and a version that identifies their contents."""

import hashlib
from collections.abc import Iterable
from typing import Any, Final, Protocol

import pyoxigraph as ox
from msgspec import Struct

from observance.core import HOME, PREFIXES

_BASE: Final = HOME + "sparql"
"""The IRI against which relative IRIs of queries are resolved."""
QueryResults = ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples


class QueryDataset(Struct, frozen=True):
    """The RDF dataset of a query (SPARQL 1.1 Protocol, section 2.1.4): the IRIs of the graphs of its default graph, and of named ones."""

    default: tuple[str, ...]
    named: tuple[str, ...]


class Store(Protocol):
    """A SPARQL 1.1 store of named graphs."""

    def query(self, text: str, *, union: bool = True, dataset: QueryDataset | None = None) -> QueryResults:
        """Return the results of a query; the project's prefixes are predefined.

        With `union` the default graph is the union of all graphs, else the graphs of FROM; `dataset` comes before both. Raises SyntaxError
        for text that is not a query.
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

    def query(self, text: str, *, union: bool = True, dataset: QueryDataset | None = None) -> QueryResults:
        """Return the results of a query; see `Store.query`."""
        if dataset is None:
            return self._store.query(text, base_iri=_BASE, prefixes=dict(PREFIXES), use_default_graph_as_union=union)
        default, named = (list(map(ox.NamedNode, graphs)) for graphs in (dataset.default, dataset.named))
        graphs: Any = {"default_graph": default, "named_graphs": named}
        return self._store.query(text, base_iri=_BASE, prefixes=dict(PREFIXES), **graphs)

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
