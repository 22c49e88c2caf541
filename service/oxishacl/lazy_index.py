"""An index of what a source knows, asked for as it is needed."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import pyoxigraph as ox

from oxishacl.data_graph import Edges, Index, Statement
from oxishacl.terms import TYPE, Term


class Source(Protocol):
    """What knows triples and is asked for some of them; what it gives is not changed afterwards."""

    def __iter__(self) -> Iterator[Statement]:
        """All of them, some perhaps several times."""

    def edges(self, subject: Term) -> Edges:
        """The predicates of the triples with this subject, with their objects, each once."""

    def back_edges(self, target: Term) -> Edges:
        """The predicates of the triples with this object, with their subjects, each once."""

    def pairs(self, predicate: ox.NamedNode) -> Iterator[tuple[Term, Term]]:
        """Subject and object of the triples with this predicate, each pair once."""


class Fetched(Index):
    """What a source knows, to lie beneath a document, asked for as it is needed: for one document, of a great background little is."""

    __slots__ = ("_fetched", "_fetched_back", "_source")

    def __init__(self, source: Source) -> None:
        """Nothing is fetched yet."""
        self._source = source
        self._fetched: dict[Term, Edges] = {}
        self._fetched_back: dict[Term, Edges] = {}
        super().__init__(())

    def edges(self, subject: Term) -> Edges:
        """The predicates of the triples with this subject, with their objects, each once."""
        found = self._fetched.get(subject)
        if found is None:
            found = self._source.edges(subject)
            # What is not there is not remembered: documents without end have names of their own.
            if found:
                self._fetched[subject] = found
        return found

    def back_edges(self, target: Term) -> Edges:
        """The predicates of the triples with this object, with their subjects, each once."""
        found = self._fetched_back.get(target)
        if found is None:
            found = self._source.back_edges(target)
            if found:
                self._fetched_back[target] = found
        return found

    def subjects(self, predicate: ox.NamedNode, target: Term) -> Sequence[Term]:
        """The subjects of the triples with this predicate and object, each once."""
        return self.back_edges(target).get(predicate, ())

    def pairs(self, predicate: ox.NamedNode) -> Iterator[tuple[Term, Term]]:
        """Subject and object of the triples with this predicate."""
        return self._source.pairs(predicate)

    def typed(self, kind: Term) -> Iterable[Term]:
        """The subjects of the triples with rdf:type and this class."""
        return self.subjects(TYPE, kind)

    def statements(self) -> Iterable[Statement]:
        """The triples, some perhaps several times."""
        return self._source
