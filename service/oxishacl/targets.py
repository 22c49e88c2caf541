"""Targets and focus nodes (SHACL 1.0, section 2.1.3): found from the shapes, or, for a small document, from its nodes."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from oxishacl.data_graph import Index
from oxishacl.errors import InvalidInputError
from oxishacl.shape import Shape, ValidationContext
from oxishacl.terms import RDFS_CLASS, TYPE, Term, is_resource, sh

_SHAPE: Final = sh("shape")
SHAPE_CLASS: Final = sh("ShapeClass")
SHAPE_CLASSES: Final = (sh("NodeShape"), sh("PropertyShape"), SHAPE_CLASS)


class Targets(Struct, frozen=True):
    """The targets of one shape."""

    nodes: tuple[Term, ...]
    classes: tuple[Term, ...]
    subjects_of: tuple[ox.NamedNode, ...]
    objects_of: tuple[ox.NamedNode, ...]
    where: tuple[Term, ...] = ()
    """SHACL 1.2: the shapes to which target nodes conform."""

    def __bool__(self) -> bool:
        """Whether the shape has any target."""
        return bool(self.nodes or self.classes or self.subjects_of or self.objects_of or self.where)


def read_targets(shape: Term, *, graph: Index, allow_blank_nodes: bool = True) -> Targets:
    """The targets that the shape declares, and its implicit class target if it is typed as a shape.

    Raises InvalidInputError for a blank node as sh:targetNode, unless these are allowed (SHACL 1.2), for a literal as sh:targetWhere, and
    for anything but IRIs as values of the other properties.
    """
    nodes = graph.objects(shape, sh("targetNode"))
    classes = _iris(shape, "targetClass", graph=graph)
    if not allow_blank_nodes and any(isinstance(node, ox.BlankNode) for node in nodes):
        raise InvalidInputError("not-an-iri", shape=graph.name(shape), parameter="sh:targetNode")
    # 2.1.3.3, implicit class targets: « a shape that is also an IRI and a SHACL instance of rdfs:Class ».
    # SHACL 1.2 has sh:ShapeClass for both.
    is_class = graph.is_instance(shape, RDFS_CLASS) and any(graph.is_instance(shape, class_) for class_ in SHAPE_CLASSES)
    if isinstance(shape, ox.NamedNode) and (is_class or graph.is_instance(shape, SHAPE_CLASS)):
        classes = (*classes, shape)
    subjects_of, objects_of = (_iris(shape, name, graph=graph) for name in ("targetSubjectsOf", "targetObjectsOf"))
    where = graph.objects(shape, sh("targetWhere"))
    if not all(map(is_resource, where)):
        raise InvalidInputError("not-a-shape", shape=graph.name(shape), parameter="sh:targetWhere")
    return Targets(tuple(nodes), classes, subjects_of, objects_of, tuple(where))


def _iris(shape: Term, name: str, *, graph: Index) -> tuple[ox.NamedNode, ...]:
    values = graph.objects(shape, sh(name))
    iris = tuple(value for value in values if isinstance(value, ox.NamedNode))
    if len(iris) != len(values):
        raise InvalidInputError("not-an-iri", shape=graph.name(shape), parameter=f"sh:{name}")
    return iris


def target_nodes(targets: Targets, *, data: Index) -> Iterable[Term]:
    """2.1.3: « the union of all … focus nodes of the targets », some of them perhaps several times."""
    return chain(
        targets.nodes,
        *(data.instances(class_) for class_ in targets.classes),
        *(data.subjects_of(predicate) for predicate in targets.subjects_of),
        *(data.objects_of(predicate) for predicate in targets.objects_of),
    )


def _all_nodes(data: Index) -> Iterable[Term]:
    """Every subject and object of the data graph, once."""
    triples = (triple for layer in data.layers for triple in layer.triples())
    return dict.fromkeys(node for triple in triples for node in (triple.subject, triple.object))


class TargetCount(Struct, frozen=True):
    """A target that a shape declares, and of how many nodes of the data graph it makes focus nodes."""

    declared_by: ox.NamedNode
    """The property, for instance sh:targetClass, which it is for an implicit class target too."""
    value: Term
    nodes: int
    in_data: bool = True
    """Whether the data graph has the node; only a node that a shape names need not be there."""


class ShapeCount(Struct, frozen=True):
    """How many focus nodes a shape has in a data graph, by all its targets together and by each."""

    shape: Term
    focus_nodes: int
    targets: tuple[TargetCount, ...]


class TargetTable(Struct, eq=False):
    """The shapes that have targets, and indexes from nodes, classes and predicates to them."""

    targets: Sequence[Targets]
    shape_nodes: Sequence[Term]
    """The shape of each of the targets, in the same order."""
    compile_shape: Callable[[Term], Shape]
    left_out: Collection[Term] = ()
    """The shapes that are not validated against, though the data may name them (sh:shape)."""
    _by_node: dict[Term, list[int]] = {}
    _by_class: dict[Term, list[int]] = {}
    _by_subject_predicate: dict[Term, list[int]] = {}
    _by_object_predicate: dict[Term, list[int]] = {}

    def __post_init__(self) -> None:
        """Build the indexes; their values are positions in `targets`."""
        for position, targets in enumerate(self.targets):
            for table, keys in (
                (self._by_node, targets.nodes),
                (self._by_class, targets.classes),
                (self._by_subject_predicate, targets.subjects_of),
                (self._by_object_predicate, targets.objects_of),
            ):
                for key in keys:
                    table.setdefault(key, []).append(position)

    def focus_nodes(self, context: ValidationContext, *, among: Collection[Term] | None) -> Iterator[tuple[Shape, Sequence[Term]]]:
        """Each shape that is not deactivated with its focus nodes, each once; if `among` is given, only those in it, in its order."""
        data, further = context.data, self._further_nodes(context, among=among)
        for position, nodes in self._from_shapes(data) if among is None else self._from_nodes(among, data=data):
            node = self.shape_nodes[position]
            shape, added = self.compile_shape(node), further.pop(node, None)
            if not shape.deactivated:
                yield shape, nodes if added is None else tuple(dict.fromkeys((*nodes, *added)))
        for node, nodes in further.items():
            shape = self.compile_shape(node)
            if not shape.deactivated:
                yield shape, nodes

    def counts(self, context: ValidationContext) -> Iterator[ShapeCount]:
        """The counts of each shape that is not deactivated, in the order of the shapes, also of those without a focus node."""
        numbers: dict[Term, int] = {shape.node: len(nodes) for shape, nodes in self.focus_nodes(context, among=None)}
        for node, targets in zip(self.shape_nodes, self.targets, strict=True):
            if not self.compile_shape(node).deactivated:
                yield ShapeCount(node, numbers.pop(node, 0), tuple(self._target_counts(targets, context)))
        # Shapes without targets of their own, which nodes of the data name with sh:shape.
        yield from (ShapeCount(node, number, ()) for node, number in numbers.items())

    def _target_counts(self, targets: Targets, context: ValidationContext) -> Iterator[TargetCount]:
        data = context.data
        for value in targets.nodes:
            yield TargetCount(sh("targetNode"), value, 1, in_data=bool(data.edges(value) or data.back_edges(value)))
        for value in targets.classes:
            yield TargetCount(sh("targetClass"), value, sum(1 for _ in data.instances(value)))
        for predicate in targets.subjects_of:
            yield TargetCount(sh("targetSubjectsOf"), predicate, len(set(data.subjects_of(predicate))))
        for predicate in targets.objects_of:
            yield TargetCount(sh("targetObjectsOf"), predicate, len(set(data.objects_of(predicate))))
        for value in targets.where:
            where = self.compile_shape(value)
            yield TargetCount(sh("targetWhere"), value, sum(1 for node in _all_nodes(data) if not where.validate_node(context, node)))

    def _further_nodes(self, context: ValidationContext, *, among: Collection[Term] | None) -> dict[Term, list[Term]]:
        """SHACL 1.2: for each shape, the nodes that name it with sh:shape, and those that conform to its sh:targetWhere."""
        data, found = context.data, dict[Term, list[Term]]()
        named = data.pairs(_SHAPE) if among is None else ((node, shape) for node in among for shape in data.edges(node).get(_SHAPE, ()))
        for node, shape in named:
            if is_resource(shape) and shape not in self.left_out:
                found.setdefault(shape, []).append(node)
        for shape_node, targets in zip(self.shape_nodes, self.targets, strict=True):
            for where in map(self.compile_shape, targets.where):
                nodes = _all_nodes(data) if among is None else among
                found.setdefault(shape_node, []).extend(node for node in nodes if not where.validate_node(context, node))
        return found

    def _from_shapes(self, data: Index) -> Iterator[tuple[int, Sequence[Term]]]:
        for position, targets in enumerate(self.targets):
            nodes = tuple(dict.fromkeys(target_nodes(targets, data=data)))
            if nodes:
                yield position, nodes

    def _from_nodes(self, nodes: Collection[Term], *, data: Index) -> Iterator[tuple[int, Sequence[Term]]]:
        focus_nodes: dict[int, list[Term]] = {}
        by_object, by_class = self._shapes_by_object(data), dict[Term, tuple[int, ...]]()
        for node in nodes:
            for position in self._shapes_of(node, data=data, by_object=by_object, by_class=by_class):
                if position in focus_nodes:
                    focus_nodes[position].append(node)
                else:
                    focus_nodes[position] = [node]
        for position in sorted(focus_nodes):
            of_shape = focus_nodes[position]
            yield position, of_shape if len(of_shape) == 1 else tuple(dict.fromkeys(of_shape))

    def _shapes_by_object(self, data: Index) -> Mapping[Term, Sequence[int]]:
        """The objects of the sh:targetObjectsOf predicates in the document (without its background), with the shapes."""
        by_object: dict[Term, list[int]] = {}
        if self._by_object_predicate:
            for edges in data.by_subject.values():
                for predicate, objects in edges.items():
                    for position in self._by_object_predicate.get(predicate, ()):
                        for target in objects:
                            by_object.setdefault(target, []).append(position)
        return by_object

    def _shapes_of(
        self, node: Term, *, data: Index, by_object: Mapping[Term, Sequence[int]], by_class: dict[Term, tuple[int, ...]]
    ) -> list[int]:
        """The shapes that the node is a focus node of, some perhaps several times; `by_class` caches the shapes of a class."""
        positions = [*by_object.get(node, ())]
        if self._by_node:
            positions += self._by_node.get(node, ())
        edges = data.edges(node)
        if self._by_subject_predicate:
            by_subject_predicate = self._by_subject_predicate
            for predicate in edges:
                if predicate in by_subject_predicate:
                    positions += by_subject_predicate[predicate]
        for class_ in edges.get(TYPE, ()) if self._by_class else ():
            of_class = by_class.get(class_)
            if of_class is None:
                superclasses = data.superclasses(class_)
                of_class = by_class[class_] = tuple(position for broader in superclasses for position in self._by_class.get(broader, ()))
            positions += of_class
        # A document and its background share no blank nodes.
        if self._by_object_predicate and data.background is not None and node.__class__ is not ox.BlankNode:
            for predicate in data.background.incoming_predicates(node):
                positions += self._by_object_predicate.get(predicate, ())
        return positions
