"""Graphs indexed by subject, by object and by predicate; a document's graph may lie over a background graph.

The background (for instance a register) is indexed once. A triple that a document repeats counts once, as in a set of triples.
Blank nodes are told apart by their labels only: a document and its background must not share labels.
"""

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any, Final, Protocol

import pyoxigraph as ox

from oxishacl.terms import FIRST, NIL, REST, SUBCLASS_OF, TYPE, Resource, Term, is_resource, n_triples


@contextmanager
def gc_disabled() -> Iterator[None]:
    """Disable garbage collection in all threads; enable it again at the end if it was enabled before.

    While very many objects are made that all stay alive, the collector's passes take longer than making the objects.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class TripleLike(Protocol):
    """A quad, a triple, or another object with the three terms under these names."""

    @property
    def subject(self) -> Any:
        """An IRI or blank node."""

    @property
    def predicate(self) -> ox.NamedNode:
        """An IRI."""

    @property
    def object(self) -> Any:
        """Any term."""


Edges = Mapping[ox.NamedNode, Sequence[Term]]
"""The triples around one node: predicate to the terms at the other end."""

Adjacency = dict[Term, dict[ox.NamedNode, Sequence[Term]]]
BackAdjacency = dict[Term, dict[ox.NamedNode, list[Term]]]

# Up to this many objects of one subject and predicate are compared one by one; more are looked up in a set.
_MAX_COMPARED: Final = 16
_NO_EDGES: Final[Edges] = {}


class Index:
    """An immutable index of the triples of all graphs, over those of `background` when there is one."""

    __slots__ = (
        "__weakref__",
        "_by_predicate",
        "_inverse",
        "_lazy_by_object",
        "_merged_back_edges",
        "_merged_edges",
        "_superclasses",
        "_typed",
        "background",
        "by_subject",
        "nodes",
        "quads",
        "values",
    )

    def __init__(self, quads: Iterable[TripleLike], *, background: "Index | None" = None) -> None:
        """Index the quads; an object may be a triple term (RDF 1.2)."""
        self.background = background
        self.quads: list[TripleLike] = []
        """The quads whose triples neither an earlier quad nor the background has, in document order."""
        self.nodes: dict[Term, None] = {}
        """The nodes that the quads are about: their subjects in document order, then the blank nodes that are only objects."""
        self.by_subject: Adjacency = {}
        """Subject to predicate to objects, without the background."""
        self._merged_edges: dict[Term, Edges] = self.by_subject  # type: ignore[assignment]
        self._lazy_by_object: BackAdjacency | None = None
        self._by_predicate: Mapping[ox.NamedNode, Sequence[Term]] | None = None
        self._typed: dict[Term, list[Term]] | None = None
        self._inverse: dict[ox.NamedNode, dict[Term, list[Term]]] = {}
        self._superclasses: dict[Term, tuple[Term, ...]] | None = None
        self._merged_back_edges: dict[Term, Edges] = {}
        self.values: dict[Term, object] = {}
        """What SPARQL conditions have found out about literals, for the next condition."""
        with gc_disabled():
            self._add(quads)

    @property
    def layers(self) -> Iterator["Index"]:
        """The index itself, then its background, the background of that, and so on."""
        layer: Index | None = self
        while layer is not None:
            yield layer
            layer = layer.background

    def _add(self, quads: Iterable[TripleLike]) -> None:
        by_subject, new_quads, nodes, blank_objects = self.by_subject, self.quads, self.nodes, list[Term]()
        in_background: dict[Term, Edges] = {}
        object_sets: dict[tuple[Term, ox.NamedNode], set[Term]] = {}
        previous: object = None
        background_edges: Edges = _NO_EDGES
        edges: dict[ox.NamedNode, Sequence[Term]] | None = None
        # Each predicate is one object, which all look-ups compare with: it stays in the processor's cache.
        predicates: dict[ox.NamedNode, ox.NamedNode] = {}
        for quad in quads:
            subject, target, predicate = quad.subject, quad.object, quad.predicate
            predicate = predicates.setdefault(predicate, predicate)
            # Triples of one subject mostly stand together, and comparing two terms is faster than looking one up.
            if subject != previous:
                background_edges, edges = self._background_edges(subject), by_subject.get(subject)
                nodes[subject] = None
                previous = subject
            if target.__class__ is ox.BlankNode:
                blank_objects.append(target)
            if background_edges and target in background_edges.get(predicate, ()):
                continue
            if edges is None:
                edges = by_subject[subject] = {predicate: (target,)}
                if background_edges:
                    in_background[subject] = background_edges
            elif predicate not in edges:
                edges[predicate] = (target,)
            elif not _append_new(edges, predicate, target, object_sets=object_sets, subject=subject):
                continue
            new_quads.append(quad)
        nodes.update(dict.fromkeys(blank_objects))
        if in_background:
            merged = {node: _merged(background, by_subject[node]) for node, background in in_background.items()}
            self._merged_edges = {**by_subject, **merged}

    def _background_edges(self, subject: Term) -> Edges:
        # A document and its background share no blank nodes.
        return _NO_EDGES if self.background is None or subject.__class__ is ox.BlankNode else self.background.edges(subject)

    @property
    def by_object(self) -> BackAdjacency:
        """Object to predicate to subjects, without the background; built on first use."""
        if self._lazy_by_object is None:
            by_object: BackAdjacency = {}
            for subject, edges in self.by_subject.items():
                for predicate, targets in edges.items():
                    for target in targets:
                        by_object.setdefault(target, {}).setdefault(predicate, []).append(subject)
            self._lazy_by_object = by_object
        return self._lazy_by_object

    def triples(self) -> Iterable[TripleLike]:
        """The triples without those of the background."""
        return self.quads

    def edges(self, subject: Term) -> Edges:
        """Predicate to objects, each once, of the triples with this subject."""
        edges = self._merged_edges.get(subject)
        if edges is not None:
            return edges
        return _NO_EDGES if self.background is None else self.background.edges(subject)

    def back_edges(self, target: Term) -> Edges:
        """Predicate to subjects, each once, of the triples with this object."""
        edges, background = (self._lazy_by_object or self.by_object).get(target), self.background
        if background is None or target.__class__ is ox.BlankNode:
            return _NO_EDGES if edges is None else edges
        if edges is None:
            return background.back_edges(target)
        merged = self._merged_back_edges.get(target)
        if merged is None:
            merged = self._merged_back_edges[target] = _merged(background.back_edges(target), edges)
        return merged

    def objects(self, subject: Term, predicate: ox.NamedNode) -> Sequence[Term]:
        """The objects of the triples with this subject and predicate, each once."""
        return self.edges(subject).get(predicate, ())

    def subjects(self, predicate: ox.NamedNode, target: Any) -> Sequence[Term]:
        """The subjects of the triples with this predicate and object, each once."""
        if self._lazy_by_object is not None:
            return self.back_edges(target).get(predicate, ())
        subjects = self._subjects_by_object(predicate).get(target, ())
        if self.background is None or target.__class__ is ox.BlankNode:
            return subjects
        in_background = self.background.subjects(predicate, target)
        return [*in_background, *subjects] if in_background and subjects else in_background or subjects

    def _subjects_by_object(self, predicate: ox.NamedNode) -> Mapping[Term, Sequence[Term]]:
        """Object to subjects for one predicate, without the background: a few predicates do not need `by_object` of a large graph."""
        inverse = self._inverse.get(predicate)
        if inverse is None:
            inverse = self._inverse[predicate] = {}
            for subject in self._subjects_by_predicate().get(predicate, ()):
                for target in self.by_subject[subject][predicate]:
                    inverse.setdefault(target, []).append(subject)
        return inverse

    def predicates(self, subject: Term) -> Iterable[ox.NamedNode]:
        """The predicates of the triples with this subject, each once."""
        return self.edges(subject)

    def incoming_predicates(self, target: Term) -> Iterable[ox.NamedNode]:
        """The predicates of the triples with this object, each once."""
        return self.back_edges(target)

    def pairs(self, predicate: ox.NamedNode) -> Iterator[tuple[Term, Term]]:
        """Subject and object of each triple with this predicate."""
        if self.background is not None:
            yield from self.background.pairs(predicate)
        for subject in self._subjects_by_predicate().get(predicate, ()):
            for target in self.by_subject[subject][predicate]:
                yield subject, target

    def subjects_of(self, predicate: ox.NamedNode) -> Iterable[Term]:
        """The subjects of the triples with this predicate; one that the document and its background share comes twice."""
        subjects = self._subjects_by_predicate().get(predicate, ())
        return subjects if self.background is None else chain(self.background.subjects_of(predicate), subjects)

    def objects_of(self, predicate: ox.NamedNode) -> Iterator[Term]:
        """The objects of the triples with this predicate, some of them several times."""
        if self.background is not None:
            yield from self.background.objects_of(predicate)
        for subject in self._subjects_by_predicate().get(predicate, ()):
            yield from self.by_subject[subject][predicate]

    def _subjects_by_predicate(self) -> Mapping[ox.NamedNode, Sequence[Term]]:
        if self._by_predicate is None:
            by_predicate: dict[ox.NamedNode, list[Term]] = {}
            for subject, edges in self.by_subject.items():
                for predicate in edges:
                    by_predicate.setdefault(predicate, []).append(subject)
            self._by_predicate = by_predicate
        return self._by_predicate

    def typed(self, class_: Term) -> Iterable[Term]:
        """The subjects of the triples with rdf:type and this class."""
        if self._typed is None:
            self._typed = {}
            for subject in self._subjects_by_predicate().get(TYPE, ()):
                for type_ in self.by_subject[subject][TYPE]:
                    self._typed.setdefault(type_, []).append(subject)
        subjects = self._typed.get(class_, [])
        return subjects if self.background is None else [*self.background.typed(class_), *subjects]

    def first_object(self, subject: Term, predicate: ox.NamedNode) -> Term | None:
        """The first object of the triples with this subject and predicate; None when there is none."""
        return next(iter(self.objects(subject, predicate)), None)

    def list_members(self, head: Term) -> list[Term] | None:
        """The members of the SHACL list; None for an ill-formed list: one that branches, breaks off or is cyclic (section 1.2)."""
        members: list[Term] = []
        visited: set[Term] = set()
        while head != NIL:
            firsts, rests = self.objects(head, FIRST), self.objects(head, REST)
            if len(firsts) != 1 or len(rests) != 1 or head in visited:
                return None
            visited.add(head)
            members.append(firsts[0])
            head = rests[0]
        return None if self.objects(head, FIRST) or self.objects(head, REST) else members

    def superclasses(self, class_: Term) -> tuple[Term, ...]:
        """The class and its SHACL superclasses: the transitive closure of rdfs:subClassOf (section 1.2)."""
        if self._superclasses is None:
            as_background = self.background is not None and not any(SUBCLASS_OF in edges for edges in self.by_subject.values())
            self._superclasses = self.background._superclass_cache() if as_background and self.background is not None else {}
        classes = self._superclasses.get(class_)
        if classes is None:
            classes = self._superclasses[class_] = self.transitive_objects(class_, SUBCLASS_OF)
        return classes

    def _superclass_cache(self) -> dict[Term, tuple[Term, ...]]:
        if self._superclasses is None:
            self._superclasses = {}
        return self._superclasses

    def transitive_objects(self, start: Term, predicate: ox.NamedNode) -> tuple[Term, ...]:
        """The start and the nodes that a chain of the predicate reaches from it, nearest first."""
        visited = {start: None}
        queue = [start]
        for node in queue:
            for target in self.objects(node, predicate):
                if target not in visited:
                    visited[target] = None
                    queue.append(target)
        return tuple(visited)

    def name(self, node: Term) -> str:
        """The node in N-Triples syntax; of a blank node, whose label no author knows, the nearest IRI from which triples lead to it."""
        queue, seen = [node], {node}
        for start in queue:
            if isinstance(start, ox.NamedNode):
                return n_triples(start)
            further = [subject for ends in self.back_edges(start).values() for subject in ends if subject not in seen]
            seen.update(further)
            queue += further
        return n_triples(node)

    def is_instance(self, node: Term, class_: Term) -> bool:
        """Whether the node is a SHACL instance of the class (section 1.2)."""
        types = self.edges(node).get(TYPE, ())
        return class_ in types or any(class_ in self.superclasses(type_) for type_ in types)

    def instances(self, class_: Term) -> Iterator[Resource]:
        """The SHACL instances of the class, each once."""
        subclasses: dict[Term, None] = {class_: None}
        queue = [class_]
        for broader in queue:
            for narrower in self.subjects(SUBCLASS_OF, broader):
                if narrower not in subclasses:
                    subclasses[narrower] = None
                    queue.append(narrower)
        instances: dict[Resource, None] = {}
        for subclass in subclasses:
            instances.update((node, None) for node in self.typed(subclass) if is_resource(node))
        yield from instances


def _append_new(
    edges: dict[ox.NamedNode, Sequence[Term]],
    predicate: ox.NamedNode,
    target: Term,
    *,
    object_sets: dict[tuple[Term, ox.NamedNode], set[Term]],
    subject: Term,
) -> bool:
    """Append the object unless it is there; whether it was appended. Long lists are doubled by a set in `object_sets`."""
    objects = edges[predicate]
    if len(objects) < _MAX_COMPARED:
        is_new = target not in objects
    else:
        known = object_sets.get((subject, predicate))
        if known is None:
            known = object_sets[subject, predicate] = set(objects)
        is_new = target not in known
        known.add(target)
    if is_new and isinstance(objects, list):
        objects.append(target)
    elif is_new:
        edges[predicate] = [*objects, target]
    return is_new


def _merged(background: Edges, document: Edges) -> Edges:
    """The edges of one node in the background and in the document, which share no triple."""
    if not background:
        return document
    merged = {predicate: [*background[predicate], *ends] if predicate in background else ends for predicate, ends in document.items()}
    return {**merged, **{predicate: ends for predicate, ends in background.items() if predicate not in document}}
