"""The triples of a graph, to be asked by subject, by object and by predicate; a submission lies over its background.

The background (knowledge and register) is indexed once. What a submission says again is counted once, as in a set of triples.
Blank nodes are told apart by their labels only: documents that are laid over each other must not share any.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import pyoxigraph as ox

from observance.shacl.terms import FIRST, NIL, REST, SUBCLASS, TYPE, Resource, Term, is_resource

Statement = ox.Quad | tuple[Any, ox.NamedNode, Any, Any]
"""A quad, or its four terms."""

Edges = dict[Term, dict[ox.NamedNode, list[Term]]]

_FEW: Final = 16
_NOTHING: Final[Mapping[ox.NamedNode, Sequence[Term]]] = {}


class Index:
    """The triples of the quads of all graphs, over those of `background` when there is one; not changed afterwards."""

    __slots__ = ("__weakref__", "_inward", "_lineage", "_merged", "_merged_inward", "background", "outward", "quads")

    def __init__(self, quads: Iterable[Statement], *, background: "Index | None" = None) -> None:
        """Index the quads; a triple term (RDF 1.2) is refused with TypeError, as intake refuses it."""
        self.background = background
        self.quads: list[Statement] = []
        """The quads that say something new, in their order."""
        self.outward: Edges = {}
        self._inward: Edges | None = None
        self._lineage: dict[Term, tuple[Term, ...]] | None = None
        self._merged: dict[Term, Mapping[ox.NamedNode, Sequence[Term]]] = {}
        self._merged_inward: dict[Term, Mapping[ox.NamedNode, Sequence[Term]]] = {}
        self._fill(quads)

    def _fill(self, quads: Iterable[Statement]) -> None:
        outward, kept = self.outward, self.quads
        known = {} if self.background is None else self.background.outward
        many: dict[tuple[Term, ox.NamedNode], set[Term]] = {}
        for quad in quads:
            subject, predicate, target, _ = quad
            if isinstance(target, ox.Triple) or isinstance(subject, ox.Triple):
                raise TypeError("not a term of RDF 1.1: a triple")
            old = known.get(subject)
            if old is not None and target in old.get(predicate, ()):
                continue
            edges = outward.get(subject)
            if edges is None:
                outward[subject] = {predicate: [target]}
            elif (targets := edges.get(predicate)) is None:
                edges[predicate] = [target]
            elif len(targets) < _FEW:
                if target in targets:
                    continue
                targets.append(target)
            else:
                seen = many.setdefault((subject, predicate), set()) or many[subject, predicate]
                if not seen:
                    seen.update(targets)
                if target in seen:
                    continue
                seen.add(target)
                targets.append(target)
            kept.append(quad)

    @property
    def inward(self) -> Edges:
        """Object to predicate to subjects, of this layer; built when first asked for."""
        if self._inward is None:
            inward: Edges = {}
            for subject, edges in self.outward.items():
                for predicate, targets in edges.items():
                    for target in targets:
                        inward.setdefault(target, {}).setdefault(predicate, []).append(subject)
            self._inward = inward
        return self._inward

    def edges(self, subject: Term) -> Mapping[ox.NamedNode, Sequence[Term]]:
        """The predicates of the triples with this subject, with their objects, each once."""
        own, background = self.outward.get(subject), self.background
        if background is None:
            return _NOTHING if own is None else own
        if own is None:
            return background.edges(subject)
        if isinstance(subject, ox.BlankNode):
            return own
        both = self._merged.get(subject)
        if both is None:
            both = self._merged[subject] = _merged(background.edges(subject), own)
        return both

    def back_edges(self, target: Term) -> Mapping[ox.NamedNode, Sequence[Term]]:
        """The predicates of the triples with this object, with their subjects, each once."""
        own, background = self.inward.get(target), self.background
        if background is None:
            return _NOTHING if own is None else own
        if own is None:
            return background.back_edges(target)
        if isinstance(target, ox.BlankNode):
            return own
        both = self._merged_inward.get(target)
        if both is None:
            both = self._merged_inward[target] = _merged(background.back_edges(target), own)
        return both

    def objects(self, subject: Term, predicate: ox.NamedNode) -> Sequence[Term]:
        """The objects of the triples with this subject and predicate, each once."""
        return self.edges(subject).get(predicate, ())

    def subjects(self, predicate: ox.NamedNode, target: Term) -> Sequence[Term]:
        """The subjects of the triples with this predicate and object, each once."""
        return self.back_edges(target).get(predicate, ())

    def predicates(self, subject: Term) -> Iterable[ox.NamedNode]:
        """The predicates of the triples with this subject, each once."""
        return self.edges(subject)

    def incoming(self, target: Term) -> Iterable[ox.NamedNode]:
        """The predicates of the triples with this object, each once."""
        return self.back_edges(target)

    def pairs(self, predicate: ox.NamedNode) -> Iterator[tuple[Term, Term]]:
        """Subject and object of the triples with this predicate."""
        if self.background is not None:
            yield from self.background.pairs(predicate)
        for subject, edges in self.outward.items():
            for target in edges.get(predicate, ()):
                yield subject, target

    def one(self, subject: Term, predicate: ox.NamedNode) -> Term | None:
        """The first object of the triples with this subject and predicate, if there is one."""
        return next(iter(self.objects(subject, predicate)), None)

    def members(self, head: Term) -> list[Term] | None:
        """The members of the SHACL list; None when it is none: it branches, breaks off or runs in a circle (section 1.2)."""
        found: list[Term] = []
        seen: set[Term] = set()
        while head != NIL:
            firsts, rests = self.objects(head, FIRST), self.objects(head, REST)
            if len(firsts) != 1 or len(rests) != 1 or head in seen:
                return None
            seen.add(head)
            found.append(firsts[0])
            head = rests[0]
        return None if self.objects(head, FIRST) or self.objects(head, REST) else found

    def lineage(self, kind: Term) -> tuple[Term, ...]:
        """The class and its superclasses: itself and the closure of rdfs:subClassOf (section 1.2: SHACL superclass)."""
        if self._lineage is None:
            shared = self.background is not None and not any(SUBCLASS in edges for edges in self.outward.values())
            self._lineage = self.background._known_lineage() if shared and self.background is not None else {}
        found = self._lineage.get(kind)
        if found is None:
            found = self._lineage[kind] = self.closure(kind, SUBCLASS)
        return found

    def _known_lineage(self) -> dict[Term, tuple[Term, ...]]:
        if self._lineage is None:
            self._lineage = {}
        return self._lineage

    def closure(self, start: Term, predicate: ox.NamedNode) -> tuple[Term, ...]:
        """The start and all that is reached from it by the predicate, nearest first."""
        found = {start: None}
        todo = [start]
        for node in todo:
            for target in self.objects(node, predicate):
                if target not in found:
                    found[target] = None
                    todo.append(target)
        return tuple(found)

    def is_instance(self, node: Term, kind: Term) -> bool:
        """Whether the node is a SHACL instance of the class (section 1.2)."""
        return any(own == kind or kind in self.lineage(own) for own in self.objects(node, TYPE))

    def instances(self, kind: Term) -> Iterator[Resource]:
        """The SHACL instances of the class, each once."""
        below: dict[Term, None] = {kind: None}
        todo = [kind]
        for node in todo:
            for narrower in self.subjects(SUBCLASS, node):
                if narrower not in below:
                    below[narrower] = None
                    todo.append(narrower)
        found: dict[Resource, None] = {}
        for narrower in below:
            found.update((node, None) for node in self.subjects(TYPE, narrower) if is_resource(node))
        yield from found


def _merged(
    beneath: Mapping[ox.NamedNode, Sequence[Term]], own: Mapping[ox.NamedNode, Sequence[Term]]
) -> Mapping[ox.NamedNode, Sequence[Term]]:
    """What a layer and its background say of one node."""
    if not beneath:
        return own
    more = {predicate: [*beneath[predicate], *ends] if predicate in beneath else ends for predicate, ends in own.items()}
    return {**more, **{predicate: ends for predicate, ends in beneath.items() if predicate not in own}}
