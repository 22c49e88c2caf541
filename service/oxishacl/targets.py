"""Which nodes a shape is about (SHACL 1.0, section 2.1.3): asked from the shape, or, for a small document, from its nodes."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import pyoxigraph as ox
from msgspec import Struct

from oxishacl.data_graph import Index
from oxishacl.errors import InvalidInputError
from oxishacl.shape import Shape
from oxishacl.terms import CLASS, TYPE, Term, sh, shown


class Target(Struct, frozen=True):
    """What a shape's targets say."""

    nodes: tuple[Term, ...]
    classes: tuple[Term, ...]
    subjects_of: tuple[ox.NamedNode, ...]
    objects_of: tuple[ox.NamedNode, ...]

    def __bool__(self) -> bool:
        """Whether the shape has a target at all."""
        return bool(self.nodes or self.classes or self.subjects_of or self.objects_of)


def read_targets(node: Term, *, graph: Index, is_shape: bool) -> Target:
    """The targets that the shape declares; `is_shape` when it is typed as one, so that it may be its own target class."""
    nodes = graph.objects(node, sh("targetNode"))
    classes = _iris(node, "targetClass", graph=graph)
    if any(isinstance(each, ox.BlankNode) for each in nodes):
        raise InvalidInputError("not-an-iri", shape=shown(node), parameter="sh:targetNode")
    # 2.1.3.3, implicit class targets: « a shape that is also an IRI and a SHACL instance of rdfs:Class ».
    if is_shape and isinstance(node, ox.NamedNode) and graph.is_instance(node, CLASS):
        classes = (*classes, node)
    return Target(tuple(nodes), classes, _iris(node, "targetSubjectsOf", graph=graph), _iris(node, "targetObjectsOf", graph=graph))


def _iris(node: Term, name: str, *, graph: Index) -> tuple[ox.NamedNode, ...]:
    values = graph.objects(node, sh(name))
    found = tuple(value for value in values if isinstance(value, ox.NamedNode))
    if len(found) != len(values):
        raise InvalidInputError("not-an-iri", shape=shown(node), parameter=f"sh:{name}")
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


class TargetTable(Struct, eq=False):
    """The shapes that have targets, with the ways from a node to them."""

    targets: Sequence[Target]
    nodes: Sequence[Term]
    """The shape of each target."""
    compile_shape: Callable[[Term], Shape]
    _by_node: dict[Term, list[int]] = {}
    _by_class: dict[Term, list[int]] = {}
    _by_subject: dict[Term, list[int]] = {}
    _by_object: dict[Term, list[int]] = {}

    def __post_init__(self) -> None:
        """Turn the targets round."""
        for place, target in enumerate(self.targets):
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
        for place, aimed_at in self._aimed(data) if among is None else self._among(among, data=data):
            shape = self.compile_shape(self.nodes[place])
            if not shape.deactivated:
                yield shape, aimed_at

    def _aimed(self, data: Index) -> Iterator[tuple[int, Sequence[Term]]]:
        for place, target in enumerate(self.targets):
            found = tuple(dict.fromkeys(nodes(target, data=data)))
            if found:
                yield place, found

    def _among(self, among: Collection[Term], *, data: Index) -> Iterator[tuple[int, Sequence[Term]]]:
        wanted: dict[int, list[Term]] = {}
        ends, of_kind = self._ends(data), dict[Term, tuple[int, ...]]()
        for node in among:
            for place in self._targeting(node, data=data, ends=ends, of_kind=of_kind):
                if place in wanted:
                    wanted[place].append(node)
                else:
                    wanted[place] = [node]
        for place in sorted(wanted):
            found = wanted[place]
            yield place, found if len(found) == 1 else tuple(dict.fromkeys(found))

    def _ends(self, data: Index) -> Mapping[Term, Sequence[int]]:
        """Each node that the data's own layer has as an object of sh:targetObjectsOf, with the shapes."""
        found: dict[Term, list[int]] = {}
        if self._by_object:
            for edges in data.outward.values():
                for predicate, targets in edges.items():
                    for place in self._by_object.get(predicate, ()):
                        for target in targets:
                            found.setdefault(target, []).append(place)
        return found

    def _targeting(self, node: Term, *, data: Index, ends: Mapping[Term, Sequence[int]], of_kind: dict[Term, tuple[int, ...]]) -> list[int]:
        """The shapes that the node is a target of, some of them perhaps several times; `of_kind` remembers those of a class."""
        found = [*ends.get(node, ())]
        if self._by_node:
            found += self._by_node.get(node, ())
        edges = data.edges(node)
        if self._by_subject:
            by_subject = self._by_subject
            for predicate in edges:
                if predicate in by_subject:
                    found += by_subject[predicate]
        for kind in edges.get(TYPE, ()) if self._by_class else ():
            places = of_kind.get(kind)
            if places is None:
                places = of_kind[kind] = tuple(place for broader in data.lineage(kind) for place in self._by_class.get(broader, ()))
            found += places
        # Two layers share no blank nodes.
        if self._by_object and data.background is not None and node.__class__ is not ox.BlankNode:
            for predicate in data.background.incoming(node):
                found += self._by_object.get(predicate, ())
        return found
