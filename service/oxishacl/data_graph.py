"""The triples of a graph, to be asked by subject, by object and by predicate; a submission lies over its background.

The background (knowledge and register) is indexed once. What a submission says again is counted once, as in a set of triples.
Blank nodes are told apart by their labels only: documents that are laid over each other must not share any.
"""

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, Protocol

import pyoxigraph as ox

from oxishacl.terms import FIRST, NIL, REST, SUBCLASS, TYPE, Resource, Term, is_resource


@contextmanager
def gc_disabled() -> Iterator[None]:
    """Disable garbage collection in all threads, and enable it again at the end if it was enabled before.

    While very many objects are made that all stay, the collector's searches take longer than making them.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class TripleLike(Protocol):
    """A quad or triple, or whatever else has its terms by these names."""

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
"""Of one node: the predicates of the triples that it stands in, with what stands at their other ends."""

Adjacency = dict[Term, dict[ox.NamedNode, list[Term]]]

_FEW: Final = 16
# The kinds of objects that are neither IRI nor literal.
_NEITHER: Final = frozenset({ox.BlankNode, ox.Triple})
_NOTHING: Final[Edges] = {}


class Index:
    """The triples of the quads of all graphs, over those of `background` when there is one; not changed afterwards."""

    __slots__ = (
        "__weakref__",
        "_by_kind",
        "_by_predicate",
        "_inverses",
        "_inward",
        "_lineage",
        "_merged_inward",
        "_whole",
        "background",
        "nodes",
        "outward",
        "quads",
    )

    def __init__(self, quads: Iterable[TripleLike], *, background: "Index | None" = None) -> None:
        """Index the quads; a triple term (RDF 1.2) is refused with TypeError, as intake refuses it."""
        self.background = background
        self.quads: list[TripleLike] = []
        """The quads that say something new, in their order."""
        self.nodes: dict[Term, None] = {}
        """What the quads are about, in their order: their subjects, then the blank nodes that are only named."""
        self.outward: Adjacency = {}
        self._whole: dict[Term, Edges] = self.outward  # type: ignore[assignment]
        self._inward: Adjacency | None = None
        self._by_predicate: Mapping[ox.NamedNode, Sequence[Term]] | None = None
        self._by_kind: dict[Term, list[Term]] | None = None
        self._inverses: dict[ox.NamedNode, dict[Term, list[Term]]] = {}
        self._lineage: dict[Term, tuple[Term, ...]] | None = None
        self._merged_inward: dict[Term, Edges] = {}
        with gc_disabled():
            self._fill(quads)

    def _fill(self, quads: Iterable[TripleLike]) -> None:
        outward, kept, nodes, named = self.outward, self.quads, self.nodes, list[Term]()
        shared: dict[Term, Edges] = {}
        many: dict[tuple[Term, ox.NamedNode], set[Term]] = {}
        previous: object = None
        old: Edges = _NOTHING
        edges: dict[ox.NamedNode, list[Term]] | None = None
        for quad in quads:
            subject, predicate, target = quad.subject, quad.predicate, quad.object
            # What is said of one node mostly stands together, and two terms are compared sooner than one is looked up.
            if subject != previous:
                old, edges = self._beneath(subject), outward.get(subject)
                nodes[subject] = None
                previous = subject
            if target.__class__ in _NEITHER:
                named.append(_part(target))
            if old and target in old.get(predicate, ()):
                continue
            if edges is None:
                edges = outward[subject] = {predicate: [target]}
                if old:
                    shared[subject] = old
            elif predicate not in edges:
                edges[predicate] = [target]
            elif not _added(edges[predicate], target, seen=many, edge=(subject, predicate)):
                continue
            kept.append(quad)
        nodes.update(dict.fromkeys(named))
        if shared:
            self._whole = {**outward, **{node: _merged(old, outward[node]) for node, old in shared.items()}}

    def _beneath(self, subject: Term) -> Edges:
        # Two layers share no blank nodes.
        return _NOTHING if self.background is None or subject.__class__ is ox.BlankNode else self.background.edges(subject)

    @property
    def inward(self) -> Adjacency:
        """Object to predicate to subjects, of this layer; built when first asked for."""
        if self._inward is None:
            inward: Adjacency = {}
            for subject, edges in self.outward.items():
                for predicate, targets in edges.items():
                    for target in targets:
                        inward.setdefault(target, {}).setdefault(predicate, []).append(subject)
            self._inward = inward
        return self._inward

    def statements(self) -> Iterable[TripleLike]:
        """The triples of this layer."""
        return self.quads

    def edges(self, subject: Term) -> Edges:
        """The predicates of the triples with this subject, with their objects, each once."""
        own = self._whole.get(subject)
        if own is not None:
            return own
        return _NOTHING if self.background is None else self.background.edges(subject)

    def back_edges(self, target: Term) -> Edges:
        """The predicates of the triples with this object, with their subjects, each once."""
        own, background = (self._inward or self.inward).get(target), self.background
        if background is None or target.__class__ is ox.BlankNode:
            return _NOTHING if own is None else own
        if own is None:
            return background.back_edges(target)
        both = self._merged_inward.get(target)
        if both is None:
            both = self._merged_inward[target] = _merged(background.back_edges(target), own)
        return both

    def objects(self, subject: Term, predicate: ox.NamedNode) -> Sequence[Term]:
        """The objects of the triples with this subject and predicate, each once."""
        return self.edges(subject).get(predicate, ())

    def subjects(self, predicate: ox.NamedNode, target: Term) -> Sequence[Term]:
        """The subjects of the triples with this predicate and object, each once."""
        if self._inward is not None:
            return self.back_edges(target).get(predicate, ())
        own = self._inverse(predicate).get(target, ())
        if self.background is None or target.__class__ is ox.BlankNode:
            return own
        beneath = self.background.subjects(predicate, target)
        return [*beneath, *own] if beneath and own else beneath or own

    def _inverse(self, predicate: ox.NamedNode) -> Mapping[Term, Sequence[Term]]:
        """Object to subjects, of this layer: a large register is not turned round for the few predicates that are asked so."""
        found = self._inverses.get(predicate)
        if found is None:
            found = self._inverses[predicate] = {}
            for subject in self._subjects_by_predicate().get(predicate, ()):
                for target in self.outward[subject][predicate]:
                    found.setdefault(target, []).append(subject)
        return found

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
        for subject in self._subjects_by_predicate().get(predicate, ()):
            for target in self.outward[subject][predicate]:
                yield subject, target

    def _subjects_by_predicate(self) -> Mapping[ox.NamedNode, Sequence[Term]]:
        if self._by_predicate is None:
            found: dict[ox.NamedNode, list[Term]] = {}
            for subject, edges in self.outward.items():
                for predicate in edges:
                    found.setdefault(predicate, []).append(subject)
            self._by_predicate = found
        return self._by_predicate

    def typed(self, kind: Term) -> Iterable[Term]:
        """The subjects of the triples with rdf:type and this class."""
        if self._by_kind is None:
            self._by_kind = {}
            for subject in self._subjects_by_predicate().get(TYPE, ()):
                for own in self.outward[subject][TYPE]:
                    self._by_kind.setdefault(own, []).append(subject)
        found = self._by_kind.get(kind, [])
        return found if self.background is None else [*self.background.typed(kind), *found]

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
        kinds = self.edges(node).get(TYPE, ())
        return kind in kinds or any(kind in self.lineage(own) for own in kinds)

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
            found.update((node, None) for node in self.typed(narrower) if is_resource(node))
        yield from found


def _part(target: object) -> ox.BlankNode:
    if not isinstance(target, ox.BlankNode):
        raise TypeError("not a term of RDF 1.1: a triple")
    return target


def _added(targets: list[Term], target: Term, *, seen: dict[tuple[Term, ox.NamedNode], set[Term]], edge: tuple[Term, ox.NamedNode]) -> bool:
    """Whether the target is a new one of the edge, and then it is among them; many are remembered as a set."""
    if len(targets) < _FEW:
        new = target not in targets
    else:
        known = seen.get(edge)
        if known is None:
            known = seen[edge] = set(targets)
        new = target not in known
        known.add(target)
    if new:
        targets.append(target)
    return new


def _merged(beneath: Edges, own: Edges) -> Edges:
    """What a layer and its background say of one node."""
    if not beneath:
        return own
    more = {predicate: [*beneath[predicate], *ends] if predicate in beneath else ends for predicate, ends in own.items()}
    return {**more, **{predicate: ends for predicate, ends in beneath.items() if predicate not in own}}


class Source(Protocol):
    """What knows triples and is asked for some of them; what it gives is not changed afterwards."""

    def __iter__(self) -> Iterator[TripleLike]:
        """All of them, some perhaps several times."""

    def edges(self, subject: Term) -> Edges:
        """The predicates of the triples with this subject, with their objects, each once."""

    def back_edges(self, target: Term) -> Edges:
        """The predicates of the triples with this object, with their subjects, each once."""

    def pairs(self, predicate: ox.NamedNode) -> Iterator[tuple[Term, Term]]:
        """Subject and object of the triples with this predicate, each pair once."""


class LazyIndex(Index):
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

    def statements(self) -> Iterable[TripleLike]:
        """The triples, some perhaps several times."""
        return self._source
