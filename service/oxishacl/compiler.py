"""Shapes compiled once: `compile(quads)` gives what validates any number of graphs (SHACL 1.0, sections 2 to 6)."""

from collections.abc import Collection, Iterable, Iterator
from threading import RLock
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from oxishacl import paths as traverse
from oxishacl import targets
from oxishacl.constraints import BUILDERS, COUNTING, OF_NONE
from oxishacl.constraints.cardinality import bounds
from oxishacl.data_graph import Index, TripleLike, gc_disabled
from oxishacl.errors import ForbiddenError, InvalidInputError
from oxishacl.report import PropertyPath, ValidationReport, ValidationResult
from oxishacl.shape import Check, Shape, Test, ValidationRun
from oxishacl.shapes_graph import ShapeDeclaration
from oxishacl.sparql import component, constraint
from oxishacl.sparql.store import ConstraintStore
from oxishacl.terms import CLASS, Resource, Term, is_boolean, is_resource, is_text, is_true, sh, shown

_MAX_DEPTH: Final = 100
_TARGETS: Final = tuple(sh(name) for name in ("targetNode", "targetClass", "targetSubjectsOf", "targetObjectsOf"))
_KINDS: Final = (sh("NodeShape"), sh("PropertyShape"))
_PATH: Final = sh("path")
_EXPECTING: Final = tuple(sh(name) for name in ("property", "node", "not", "qualifiedValueShape"))
_LISTING: Final = tuple(sh(name) for name in ("and", "or", "xone"))


class Validator(Struct, frozen=True):
    """Shapes that were compiled: every shape that has a target, ready to be run over data."""

    graph: Index
    targets: targets.TargetTable

    def validate(self, data: Index, *, focus: Collection[Term] | None = None) -> tuple[ValidationResult, ...]:
        """The results for all targets, or for those among the focus nodes, in the order of the shapes; none when the data conform.

        Raises ForbiddenError when a SPARQL constraint reports a failure of its own (`?failure`).
        """
        found: list[ValidationResult] = []
        with gc_disabled(), ConstraintStore(data, shapes=self.graph) as session:
            run = ValidationRun(data, session)
            for shape, nodes in self.targets.focus(data, among=focus):
                shape.run(run, nodes, found)
        return tuple(found)

    def compile_all(self) -> None:
        """Every shape that has a target is compiled, so that processes which are forked now share them."""
        for node in self.targets.nodes:
            self.targets.compile_shape(node)


def compile_shapes(quads: Iterable[TripleLike] | Index, *, lazily: bool = False) -> Validator:
    """The shapes of a shapes graph, compiled; `lazily`: each when it is first run, for shapes that are known to be well-formed.

    Raises InvalidInputError for an ill-formed shape, and ForbiddenError for shapes that call on themselves and for SPARQL that
    SHACL forbids: both name the shape.
    """
    compiler = _ShapeCompiler(quads if isinstance(quads, Index) else Index(quads))
    if not lazily:
        for node in compiler.shapes():
            compiler.compiled(node)
    aimed = [(target, node) for node in compiler.target_candidates() if (target := compiler.target(node))]
    return Validator(compiler.graph, targets.TargetTable([target for target, _ in aimed], [node for _, node in aimed], compiler.compiled))


def validate(
    data: Iterable[TripleLike] | Index, shapes: Iterable[TripleLike] | Index, *, focus: Collection[Term] | None = None
) -> ValidationReport:
    """The report on a data graph against a shapes graph, both as quads or triples, or indexed already.

    With `focus` only these nodes are looked at. Raises what `compile_shapes` and `Validator.validate` raise.
    """
    graph = data if isinstance(data, Index) else Index(data)
    return ValidationReport(compile_shapes(shapes).validate(graph, focus=focus))


class _ShapeCompiler:
    """Compiles each shape of the graph once, and knows which it is about to compile."""

    def __init__(self, graph: Index) -> None:
        self.graph = graph
        self._done: dict[Term, Shape] = {}
        self._open: dict[Term, None] = {}
        # Two threads may need a shape for the first time.
        self._lock = RLock()
        self._components = component.read_components(graph)

    def target_candidates(self) -> Iterator[Resource]:
        """The nodes that may be shapes with targets: they have one, or are shapes and classes at once (2.1.3.3)."""
        pointed = dict.fromkeys(subject for predicate in _TARGETS for subject, _ in self.graph.pairs(predicate))
        classes = frozenset(self.graph.instances(CLASS))
        found = dict.fromkeys(node for node in self._typed_shapes() if node in pointed or node in classes)
        return (node for node in found | pointed if is_resource(node))

    def _typed_shapes(self) -> dict[Term, None]:
        return dict.fromkeys(node for kind in _KINDS for node in self.graph.instances(kind))

    def shapes(self) -> Iterator[Resource]:
        """2.1: every node that is a shape: by its type, its targets, its parameters, or because another shape expects one there."""
        found = self._typed_shapes()
        own = (each.predicate for known in self._components for each in known.parameters)
        for predicate in (*_TARGETS, *BUILDERS, *_EXPECTING, *_LISTING, sh("sparql"), *own):
            found.update((subject, None) for subject, _ in self.graph.pairs(predicate))
        for predicate in _EXPECTING:
            found.update((value, None) for _, value in self.graph.pairs(predicate))
        declared = {each for known in self._components for each in self.graph.objects(known.node, sh("parameter"))}
        return (node for node in found if is_resource(node) and node not in declared)

    def target(self, node: Resource) -> targets.Target:
        """The targets of the shape."""
        return targets.read_targets(node, graph=self.graph, is_shape=any(self.graph.is_instance(node, kind) for kind in _KINDS))

    def compiled(self, node: Term) -> Shape:
        """The shape, compiled; 3.4.3: « validation with recursive shapes … is left to SHACL processor implementations »: here refused."""
        found = self._done.get(node)
        if found is not None:
            return found
        with self._lock:
            return self._done.get(node) or self._compiled(node)

    def _compiled(self, node: Term) -> Shape:
        if node in self._open:
            raise ForbiddenError("recursive", shape=shown(node))
        if len(self._open) >= _MAX_DEPTH:
            raise ForbiddenError("deep", shape=shown(node), depth=_MAX_DEPTH)
        assert is_resource(node)
        self._open[node] = None
        try:
            shape = self._done[node] = self._shape(node)
        finally:
            # A shape that is ill-formed is so each time that it is needed, and not a recursive one.
            del self._open[node]
        return shape

    def _shape(self, node: Resource) -> Shape:
        deactivated = self._deactivated(node)
        declared = ShapeDeclaration(node, self.graph, self._path(node), self._severity(node), self._messages(node), self.compiled)
        predicates = tuple(self.graph.predicates(node))
        built = [(each, check) for each in predicates if each in BUILDERS for check in BUILDERS[each](declared)]
        tests = tuple(each for _, each in built if isinstance(each, Test))
        checks: list[tuple[Term, Check]] = [(parameter, each) for parameter, each in built if not isinstance(each, Test)]
        self._check_dependent_parameters(declared)
        properties = [shape for _, shape in declared.shapes("property")]
        for shape in properties:
            if shape.path is None:
                raise InvalidInputError("no-path", shape=shown(shape.node))
        own, batches = component.compile_component(declared, known=self._components)
        asked = (*constraint.compile_sparql_constraints(declared), *batches)
        return Shape(
            node, declared.path, deactivated, tests,
            (*(check for parameter, check in checks if parameter not in COUNTING), *own),
            tuple(check for parameter, check in checks if parameter in OF_NONE),
            tuple(check for parameter, check in checks if parameter in COUNTING), bounds(declared), tuple(properties), asked,
        )  # fmt: skip

    def _path(self, node: Resource) -> PropertyPath | None:
        """2.3: « a property shape … is the subject of a triple that has sh:path as its predicate », exactly one."""
        paths = self.graph.objects(node, _PATH)
        if len(paths) > 1:
            raise InvalidInputError("several-values", shape=shown(node), parameter="sh:path")
        if not paths and self.graph.is_instance(node, sh("PropertyShape")):
            raise InvalidInputError("no-path", shape=shown(node))
        if paths and self.graph.is_instance(node, sh("NodeShape")):
            raise InvalidInputError("has-path", shape=shown(node))
        return traverse.read_path(paths[0], graph=self.graph, shape=node) if paths else None

    def _severity(self, node: Resource) -> ox.NamedNode:
        """2.1.4: « at most one value for the property sh:severity », an IRI; « sh:Violation is the default »."""
        values = self.graph.objects(node, sh("severity"))
        if len(values) > 1:
            raise InvalidInputError("several-values", shape=shown(node), parameter="sh:severity")
        if not values:
            return sh("Violation")
        if not isinstance(values[0], ox.NamedNode):
            raise InvalidInputError("not-an-iri", shape=shown(node), parameter="sh:severity")
        return values[0]

    def _messages(self, node: Resource) -> tuple[ox.Literal, ...]:
        """2.1.5: « The values of sh:message in a shape are either xsd:string literals or literals with a language tag »."""
        values = self.graph.objects(node, sh("message"))
        if not all(is_text(value) for value in values):
            raise InvalidInputError("not-a-string", shape=shown(node), parameter="sh:message")
        return tuple(value for value in values if isinstance(value, ox.Literal))

    def _deactivated(self, node: Resource) -> bool:
        """2.1.6: « at most one value for the property sh:deactivated », « either true or false »."""
        values = self.graph.objects(node, sh("deactivated"))
        if len(values) > 1:
            raise InvalidInputError("several-values", shape=shown(node), parameter="sh:deactivated")
        if values and not is_boolean(values[0]):
            raise InvalidInputError("not-a-boolean", shape=shown(node), parameter="sh:deactivated")
        return bool(values) and is_true(values[0])

    def _check_dependent_parameters(self, declared: ShapeDeclaration) -> None:
        """Parameters that belong to another are checked also where that one is missing."""
        declared.text("flags")
        for name in ("qualifiedMinCount", "qualifiedMaxCount"):
            declared.integer(name)
        if declared.all("ignoredProperties") and not declared.all("closed"):
            declared.members("ignoredProperties", declared.all("ignoredProperties")[0])
