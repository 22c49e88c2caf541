"""The triples that a shape examines for a focus node: along its paths, the classes of its value nodes, and what its constraints name.

A SPARQL-based constraint examines the triples with a predicate that its query names, as far as they are connected with the focus node.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

import pyoxigraph as ox
from msgspec import Struct, field

from oxishacl.data_graph import Index
from oxishacl.paths import read_path
from oxishacl.shapes_graph import LIST_TAKING
from oxishacl.sparql.constraints import declared_prefixes
from oxishacl.sparql.tokenizer import sparql_tokens, token_iri
from oxishacl.terms import FIRST, TYPE, Term, sh

CoveredEdge = tuple[Term, ox.NamedNode, Term]

_NESTED: Final = tuple(sh(name) for name in ("node", "not", "qualifiedValueShape"))
_PROPERTY_PAIRS: Final = tuple(sh(name) for name in ("equals", "disjoint", "lessThan", "lessThanOrEquals"))
_INVERSE, _ALTERNATIVE = sh("inversePath"), sh("alternativePath")
_QUANTIFIED: Final = (sh("zeroOrMorePath"), sh("oneOrMorePath"), sh("zeroOrOnePath"))
_MAX_REACHED: Final = 100_000
# A node that every document of a register names (a party) would connect the whole register.
_MAX_CONNECTED: Final = 200


class Coverage(Struct, frozen=True):
    """The triples of a data graph that the shapes of a shapes graph examine."""

    shapes: Index
    data: Index
    _query_predicates: dict[Term, frozenset[ox.NamedNode]] = field(default_factory=dict)

    def of(self, shape: Term, focus: Term) -> Iterator[tuple[Term, Term, list[CoveredEdge]]]:
        """The shape, and each property shape below it at each node that it validates, with the triples examined there."""
        values, edges = self._along_path(shape, focus)
        yield shape, focus, [*edges, *self._by_constraints(shape, focus, values)]
        for inner in self.shapes.objects(shape, sh("property")):
            for value in values:
                yield from self.of(inner, value)

    def _along_path(self, shape: Term, focus: Term) -> tuple[Sequence[Term], list[CoveredEdge]]:
        paths = self.shapes.objects(shape, sh("path"))
        if not paths:
            return (focus,), [(focus, TYPE, class_) for class_ in self.data.objects(focus, TYPE)]
        edges = list(self._edges(paths[0], (focus,), inverse=False))
        return self._values(paths[0], focus), edges

    def _values(self, path: Term, focus: Term) -> Sequence[Term]:
        return read_path(path, graph=self.shapes, shape=path).values(self.data, focus)

    def _edges(self, path: Term, starts: Sequence[Term], *, inverse: bool) -> Iterator[CoveredEdge]:
        """The triples that the path follows from the nodes."""
        members = self.shapes.list_members(path) if self.shapes.objects(path, FIRST) else None
        if isinstance(path, ox.NamedNode):
            for start in starts:
                if inverse:
                    yield from ((source, path, start) for source in self.data.subjects(path, start))
                else:
                    yield from ((start, path, target) for target in self.data.objects(start, path))
        elif members is not None:
            for member in reversed(members) if inverse else members:
                yield from self._edges(member, starts, inverse=inverse)
                starts = self._targets(member, starts, inverse=inverse)
        else:
            yield from self._composite_edges(path, starts, inverse=inverse)

    def _composite_edges(self, path: Term, starts: Sequence[Term], *, inverse: bool) -> Iterator[CoveredEdge]:
        for inner in self.shapes.objects(path, _INVERSE):
            yield from self._edges(inner, starts, inverse=not inverse)
        for head in self.shapes.objects(path, _ALTERNATIVE):
            for member in self.shapes.list_members(head) or ():
                yield from self._edges(member, starts, inverse=inverse)
        for inner in (node for quantifier in _QUANTIFIED for node in self.shapes.objects(path, quantifier)):
            visited = dict.fromkeys(starts)
            queue = list(starts)
            for node in queue:
                yield from self._edges(inner, (node,), inverse=inverse)
                targets = [target for target in self._targets(inner, (node,), inverse=inverse) if target not in visited]
                visited.update(dict.fromkeys(targets))
                queue += targets if len(visited) < _MAX_REACHED else []

    def _targets(self, path: Term, starts: Sequence[Term], *, inverse: bool) -> list[Term]:
        if inverse:
            edges = self._edges(path, starts, inverse=True)
            return list(dict.fromkeys(source for source, _, target in edges if target in starts))
        return list(dict.fromkeys(target for start in starts for target in self._values(path, start)))

    def _by_constraints(self, shape: Term, focus: Term, values: Sequence[Term]) -> Iterator[CoveredEdge]:
        graph, data = self.shapes, self.data
        if graph.objects(shape, sh("class")):
            yield from ((value, TYPE, class_) for value in values for class_ in data.objects(value, TYPE))
        for predicate in (predicate for name in _PROPERTY_PAIRS for predicate in graph.objects(shape, name)):
            if isinstance(predicate, ox.NamedNode):
                yield from ((focus, predicate, value) for value in data.objects(focus, predicate))
        for inner in self._nested_shapes(shape):
            for value in values:
                yield from (edge for _, _, edges in self.of(inner, value) for edge in edges)
        for constraint in graph.objects(shape, sh("sparql")):
            yield from self._by_query(constraint, focus)

    def _nested_shapes(self, shape: Term) -> Iterator[Term]:
        yield from (node for name in _NESTED for node in self.shapes.objects(shape, name))
        yield from (
            node for name in LIST_TAKING for head in self.shapes.objects(shape, name) for node in self.shapes.list_members(head) or ()
        )

    def _by_query(self, constraint: Term, focus: Term) -> Iterator[CoveredEdge]:
        predicates = self._query_predicates.get(constraint)
        if predicates is None:
            predicates = self._query_predicates[constraint] = self._predicates(constraint)
        visited, queue = {focus}, [focus]
        for node in islice(queue, _MAX_CONNECTED):
            outgoing = [(node, p, o) for p, objects in self.data.by_subject.get(node, {}).items() if p in predicates for o in objects]
            # Nodes are not connected by being instances of the same class.
            subjects = ((p, s) for p, ss in self.data.by_object.get(node, {}).items() if p in predicates and p != TYPE for s in ss)
            incoming = [(s, p, node) for p, s in islice(subjects, _MAX_CONNECTED)]
            yield from outgoing
            yield from incoming
            for neighbour in (*(o for _, _, o in outgoing), *(s for s, _, _ in incoming)):
                if neighbour not in visited and not isinstance(neighbour, ox.Literal):
                    visited.add(neighbour)
                    queue.append(neighbour)

    def _predicates(self, constraint: Term) -> frozenset[ox.NamedNode]:
        """The IRIs that the query names, predicates among them."""
        prefixes = declared_prefixes(constraint, graph=self.shapes)
        texts = [text.value for text in self.shapes.objects(constraint, sh("select")) if isinstance(text, ox.Literal)]
        iris = (token_iri(token, prefixes=prefixes) for text in texts for token in sparql_tokens(text))
        return frozenset(iri for iri in iris if iri is not None)
