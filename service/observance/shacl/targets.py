"""Which nodes a shape is about (SHACL 1.0, section 2.1.3): asked from the shape, or, for a small document, from its nodes."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import pyoxigraph as ox

from observance.errors import Unreadable
from observance.shacl.index import Index
from observance.shacl.shape import Shape
from observance.shacl.terms import CLASS, TYPE, Term, is_resource, sh, shown


@dataclass(frozen=True, slots=True)
class Target:
    """What a shape's targets say."""

    nodes: tuple[Term, ...]
    classes: tuple[Term, ...]
    subjects_of: tuple[ox.NamedNode, ...]
    objects_of: tuple[ox.NamedNode, ...]

    def __bool__(self) -> bool:
        """Whether the shape has a target at all."""
        return bool(self.nodes or self.classes or self.subjects_of or self.objects_of)


def read(node: Term, *, graph: Index, is_shape: bool) -> Target:
    """The targets that the shape declares; `is_shape` when it is typed as one, so that it may be its own target class."""
    nodes = graph.objects(node, sh("targetNode"))
    classes = _iris(node, "targetClass", graph=graph)
    if any(isinstance(each, ox.BlankNode) for each in nodes):
        raise Unreadable("shacl.not-an-iri", shape=shown(node), parameter="sh:targetNode")
    # 2.1.3.3, implicit class targets: « a shape that is also an IRI and a SHACL instance of rdfs:Class ».
    if is_shape and isinstance(node, ox.NamedNode) and graph.is_instance(node, CLASS):
        classes = (*classes, node)
    return Target(tuple(nodes), classes, _iris(node, "targetSubjectsOf", graph=graph), _iris(node, "targetObjectsOf", graph=graph))


def _iris(node: Term, name: str, *, graph: Index) -> tuple[ox.NamedNode, ...]:
    values = graph.objects(node, sh(name))
    found = tuple(value for value in values if isinstance(value, ox.NamedNode))
    if len(found) != len(values):
        raise Unreadable("shacl.not-an-iri", shape=shown(node), parameter=f"sh:{name}")
    return found


def nodes(target: Target, *, data: Index) -> Iterator[Term]:
    """2.1.3: « the union of all … focus nodes of the targets », some of them perhaps several times."""
    yield from target.nodes
    for kind in target.classes:
        yield from data.instances(kind)
    for predicate in target.subjects_of:
        yield from (subject for subject, _ in data.pairs(predicate))
    for predicate in target.objects_of:
        yield from (found for _, found in data.pairs(predicate))


@dataclass(frozen=True)
class Table:
    """The shapes that have targets, with the ways from a node to them."""

    shapes: Sequence[tuple[Target, Shape]]
    _by_node: dict[Term, list[int]] = field(init=False)
    _by_class: dict[Term, list[int]] = field(init=False)
    _by_subject: dict[Term, list[int]] = field(init=False)
    _by_object: dict[Term, list[int]] = field(init=False)

    def __post_init__(self) -> None:
        """Turn the targets round."""
        for name in ("_by_node", "_by_class", "_by_subject", "_by_object"):
            object.__setattr__(self, name, defaultdict(list))
        for place, (target, _) in enumerate(self.shapes):
            for table, keys in (
                (self._by_node, target.nodes),
                (self._by_class, target.classes),
                (self._by_subject, target.subjects_of),
                (self._by_object, target.objects_of),
            ):
                for key in keys:
                    table.setdefault(key, []).append(place)

    def focus(self, data: Index, *, among: Collection[Term] | None) -> Iterator[tuple[Shape, Sequence[Term]]]:
        """Each shape with its focus nodes, each node once; only those `among`, when that is given, in its order."""
        if among is None:
            for target, shape in self.shapes:
                found = tuple(dict.fromkeys(nodes(target, data=data)))
                if found:
                    yield shape, found
            return
        wanted: dict[int, dict[Term, None]] = defaultdict(dict)
        for node in among:
            for place in self._targeting(node, data=data):
                wanted[place][node] = None
        for place in sorted(wanted):
            yield self.shapes[place][1], tuple(wanted[place])

    def _targeting(self, node: Term, *, data: Index) -> Iterator[int]:
        yield from self._by_node.get(node, ())
        if is_resource(node):
            for kind in self._classes(node, data=data):
                yield from self._by_class.get(kind, ())
            if self._by_subject:
                yield from _hits(data.predicates(node), table=self._by_subject)
        if self._by_object:
            yield from _hits(data.incoming(node), table=self._by_object)

    def _classes(self, node: Term, *, data: Index) -> Iterable[Term]:
        return (broader for kind in data.objects(node, TYPE) for broader in data.lineage(kind)) if self._by_class else ()


def _hits(predicates: Iterable[ox.NamedNode], *, table: dict[Term, list[int]]) -> Iterator[int]:
    for predicate in predicates:
        yield from table.get(predicate, ())
