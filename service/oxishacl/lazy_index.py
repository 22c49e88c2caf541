"""A graph that is looked up where it is kept, instead of being indexed."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

import pyoxigraph as ox

from oxishacl.data_graph import Edges, Index, TripleLike
from oxishacl.terms import TYPE, Term


class TripleSource(Protocol):
    """An immutable set of triples that answers look-ups."""

    def __iter__(self) -> Iterator[TripleLike]:
        """All triples, some perhaps several times."""

    def edges(self, subject: Term) -> Edges:
        """Predicate to objects, each once, of the triples with this subject."""

    def back_edges(self, target: Term) -> Edges:
        """Predicate to subjects, each once, of the triples with this object."""

    def pairs(self, predicate: ox.NamedNode) -> Iterator[tuple[Term, Term]]:
        """Subject and object of the triples with this predicate, each pair once."""


class LazyIndex(Index):
    """A background that looks up in a source only what is needed: one document needs little of a large register."""

    __slots__ = ("_back_edges_cache", "_edges_cache", "_source")

    def __init__(self, source: TripleSource) -> None:
        """Nothing is looked up yet."""
        self._source = source
        self._edges_cache: dict[Term, Edges] = {}
        self._back_edges_cache: dict[Term, Edges] = {}
        super().__init__(())

    def edges(self, subject: Term) -> Edges:
        """Predicate to objects, each once, of the triples with this subject."""
        edges = self._edges_cache.get(subject)
        if edges is None:
            edges = self._source.edges(subject)
            # Absent nodes are not cached: every document brings new names, and the cache would grow without end.
            if edges:
                self._edges_cache[subject] = edges
        return edges

    def back_edges(self, target: Term) -> Edges:
        """Predicate to subjects, each once, of the triples with this object."""
        edges = self._back_edges_cache.get(target)
        if edges is None:
            edges = self._source.back_edges(target)
            if edges:
                self._back_edges_cache[target] = edges
        return edges

    def subjects(self, predicate: ox.NamedNode, target: Any) -> Sequence[Term]:
        """The subjects of the triples with this predicate and object, each once."""
        return self.back_edges(target).get(predicate, ())

    def pairs(self, predicate: ox.NamedNode) -> Iterator[tuple[Term, Term]]:
        """Subject and object of each triple with this predicate."""
        return self._source.pairs(predicate)

    def subjects_of(self, predicate: ox.NamedNode) -> Iterable[Term]:
        """The subjects of the triples with this predicate, some of them several times."""
        return (subject for subject, _ in self.pairs(predicate))

    def objects_of(self, predicate: ox.NamedNode) -> Iterator[Term]:
        """The objects of the triples with this predicate, some of them several times."""
        return (target for _, target in self.pairs(predicate))

    def typed(self, class_: Term) -> Iterable[Term]:
        """The subjects of the triples with rdf:type and this class."""
        return self.subjects(TYPE, class_)

    def triples(self) -> Iterable[TripleLike]:
        """All triples of the source, some perhaps several times."""
        return self._source
