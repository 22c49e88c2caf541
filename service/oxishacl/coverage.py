"""Which statements a shape looks at, for one focus node: along its paths, its classes, and what its constraints name.

A SPARQL constraint looks at the statements whose predicate its query names, as far as they hang together with the focus node.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

import pyoxigraph as ox
from msgspec import Struct, field

from oxishacl.data_graph import Index
from oxishacl.paths import read_path
from oxishacl.sparql.constraint import declared_prefixes
from oxishacl.terms import FIRST, TYPE, Term, sh

CoveredEdge = tuple[Term, ox.NamedNode, Term]

_NESTED: Final = tuple(sh(name) for name in ("node", "not", "qualifiedValueShape"))
_LISTS: Final = tuple(sh(name) for name in ("and", "or", "xone"))
_COMPARED: Final = tuple(sh(name) for name in ("equals", "disjoint", "lessThan", "lessThanOrEquals"))
_INVERSE, _ALTERNATIVE = sh("inversePath"), sh("alternativePath")
_REPEATED: Final = (sh("zeroOrMorePath"), sh("oneOrMorePath"), sh("zeroOrOnePath"))
_IRI: Final = re.compile(r"<([^<>\s]*:[^<>\s]*)>|([A-Za-z][\w.-]*)?:([\w.-]*\w)|\ba\b")
_MOST_STEPS: Final = 100_000
# A party stands in every document of a register: what hangs together by it alone is not followed on and on.
_MOST_ASKED: Final = 200


class Coverage(Struct, frozen=True):
    """Coverage by the shapes of one shapes graph, in one document's data."""

    shapes: Index
    data: Index
    _named: dict[Term, frozenset[ox.NamedNode]] = field(default_factory=dict)

    def of(self, shape: Term, focus: Term) -> Iterator[tuple[Term, Term, list[CoveredEdge]]]:
        """The shape, and each property shape below it at each node it is run for, with the statements it looks at."""
        values, edges = self._reached(shape, focus)
        yield shape, focus, [*edges, *self._constrained(shape, focus, values)]
        for inner in self.shapes.objects(shape, sh("property")):
            for value in values:
                yield from self.of(inner, value)

    def _reached(self, shape: Term, focus: Term) -> tuple[Sequence[Term], list[CoveredEdge]]:
        paths = self.shapes.objects(shape, sh("path"))
        if not paths:
            types = self.data.objects(focus, TYPE)
            return (focus,), [(focus, TYPE, kind) for kind in types]
        edges = list(self._walked(paths[0], (focus,), inverse=False))
        return self._ends(paths[0], focus), edges

    def _ends(self, path: Term, focus: Term) -> Sequence[Term]:
        return read_path(path, graph=self.shapes, shape=path).values(self.data, focus)

    def _walked(self, path: Term, starts: Sequence[Term], *, inverse: bool) -> Iterator[CoveredEdge]:
        """The statements that a path goes over from the nodes."""
        members = self.shapes.members(path) if self.shapes.objects(path, FIRST) else None
        if isinstance(path, ox.NamedNode):
            for start in starts:
                if inverse:
                    yield from ((source, path, start) for source in self.data.subjects(path, start))
                else:
                    yield from ((start, path, target) for target in self.data.objects(start, path))
        elif members is not None:
            for member in reversed(members) if inverse else members:
                yield from self._walked(member, starts, inverse=inverse)
                starts = self._beyond(member, starts, inverse=inverse)
        else:
            yield from self._composed(path, starts, inverse=inverse)

    def _composed(self, path: Term, starts: Sequence[Term], *, inverse: bool) -> Iterator[CoveredEdge]:
        for inner in self.shapes.objects(path, _INVERSE):
            yield from self._walked(inner, starts, inverse=not inverse)
        for head in self.shapes.objects(path, _ALTERNATIVE):
            for member in self.shapes.members(head) or ():
                yield from self._walked(member, starts, inverse=inverse)
        for inner in (each for kind in _REPEATED for each in self.shapes.objects(path, kind)):
            seen = dict.fromkeys(starts)
            todo = list(starts)
            for node in todo:
                yield from self._walked(inner, (node,), inverse=inverse)
                fresh = [each for each in self._beyond(inner, (node,), inverse=inverse) if each not in seen]
                seen.update(dict.fromkeys(fresh))
                todo += fresh if len(seen) < _MOST_STEPS else []

    def _beyond(self, path: Term, starts: Sequence[Term], *, inverse: bool) -> list[Term]:
        if inverse:
            edges = self._walked(path, starts, inverse=True)
            return list(dict.fromkeys(source for source, _, target in edges if target in starts))
        return list(dict.fromkeys(end for start in starts for end in self._ends(path, start)))

    def _constrained(self, shape: Term, focus: Term, values: Sequence[Term]) -> Iterator[CoveredEdge]:
        graph, data = self.shapes, self.data
        if graph.objects(shape, sh("class")):
            yield from ((value, TYPE, kind) for value in values for kind in data.objects(value, TYPE))
        for other in (each for name in _COMPARED for each in graph.objects(shape, name)):
            if isinstance(other, ox.NamedNode):
                yield from ((focus, other, value) for value in data.objects(focus, other))
        for inner in self._nested(shape):
            for value in values:
                yield from (edge for _, _, edges in self.of(inner, value) for edge in edges)
        for constraint in graph.objects(shape, sh("sparql")):
            yield from self._asked(constraint, focus)

    def _nested(self, shape: Term) -> Iterator[Term]:
        yield from (each for name in _NESTED for each in self.shapes.objects(shape, name))
        yield from (each for name in _LISTS for head in self.shapes.objects(shape, name) for each in self.shapes.members(head) or ())

    def _asked(self, constraint: Term, focus: Term) -> Iterator[CoveredEdge]:
        named = self._named.get(constraint)
        if named is None:
            named = self._named[constraint] = self._predicates(constraint)
        seen, todo = {focus}, [focus]
        for node in islice(todo, _MOST_ASKED):
            outward = [(node, p, o) for p, targets in self.data.outward.get(node, {}).items() if p in named for o in targets]
            # What is of the same class does not hang together by that.
            sources = ((p, s) for p, found in self.data.inward.get(node, {}).items() if p in named and p != TYPE for s in found)
            inward = [(s, p, node) for p, s in islice(sources, _MOST_ASKED)]
            yield from outward
            yield from inward
            for other in (*(o for _, _, o in outward), *(s for s, _, _ in inward)):
                if other not in seen and not isinstance(other, ox.Literal):
                    seen.add(other)
                    todo.append(other)

    def _predicates(self, constraint: Term) -> frozenset[ox.NamedNode]:
        """The IRIs that the query names."""
        prefixes = declared_prefixes(constraint, graph=self.shapes)
        texts = [text.value for text in self.shapes.objects(constraint, sh("select")) if isinstance(text, ox.Literal)]
        found: set[ox.NamedNode] = set()
        for match in (match for text in texts for match in _IRI.finditer(text)):
            if match[1] is not None:
                found.add(ox.NamedNode(match[1]))
            elif match[3] is not None and (match[2] or "") in prefixes:
                found.add(ox.NamedNode(prefixes[match[2] or ""] + match[3]))
            elif match[0] == "a":
                found.add(TYPE)
        return frozenset(found)
