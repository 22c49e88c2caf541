"""Compiling a shapes graph: `compile_shapes(quads)` gives a validator for any number of data graphs (SHACL 1.0, sections 2 to 6)."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import Final

import pyoxigraph as ox
from msgspec import Struct, structs

from oxishacl.constraints import BATCH_BUILDERS, BUILDERS, CARDINALITY, EXCUSED_FOCUS_NODES, EXCUSED_VALUES, WITHOUT_VALUES
from oxishacl.constraints.cardinality import cardinality_of
from oxishacl.data_graph import Index, TripleLike, gc_disabled
from oxishacl.errors import ForbiddenError, InvalidInputError, OxishaclError, Phrase, UsageError
from oxishacl.paths import PropertyPath, read_path
from oxishacl.report import CONFORMANCE_DISALLOWS, ValidationReport, ValidationResult
from oxishacl.shape import Shape, ValidationContext, ValueCheck, ValueTest, on_complete_focus_nodes, on_complete_values
from oxishacl.shape_warnings import shape_warnings
from oxishacl.shapes_graph import LIST_TAKING, SHAPE_EXPECTING, ShapeDeclaration
from oxishacl.sparql.constraints import compile_components, compile_sparql_constraints, read_components
from oxishacl.sparql.prebinding import ConstraintStore
from oxishacl.targets import SHAPE_CLASS, SHAPE_CLASSES, ShapeCount, Targets, TargetTable, read_targets
from oxishacl.terms import RDFS_CLASS, REIFIES, Resource, Term, is_boolean, is_resource, is_text, is_true, n_triples, sh

VERSIONS: Final = ("1.0", "1.2")
_MAX_DEPTH: Final = 100
_TARGET_PROPERTIES: Final = tuple(sh(name) for name in ("targetNode", "targetClass", "targetSubjectsOf", "targetObjectsOf", "targetWhere"))
# Simple entailment adds no triple that a data graph could lack.
_SIMPLE_ENTAILMENT: Final = ox.NamedNode("http://www.w3.org/ns/entailment/Simple")


class Validator(Struct, frozen=True):
    """A compiled shapes graph."""

    graph: Index
    targets: TargetTable
    version: str = "1.0"
    """The version of SHACL: 1.0 or 1.2."""
    skipped: Mapping[Resource, OxishaclError] = {}
    """The ill-formed shapes, and those that need them, which `compile_shapes` was asked to skip; each with what is wrong."""

    def only(self, shapes: Collection[Term], *, focus: Collection[Term] | None = None) -> "Validator":
        """The validator of these shapes of the shapes graph alone: by their targets, or, with `focus`, for these nodes in their place."""
        if focus is None:
            kept = [(targets, node) for targets, node in zip(self.targets.targets, self.targets.shape_nodes, strict=True) if node in shapes]
        else:
            kept = [(Targets(tuple(focus), (), (), ()), node) for node in shapes]
        table = TargetTable(
            [targets for targets, _ in kept], [node for _, node in kept], self.targets.compile_shape, self.targets.left_out
        )  # fmt: skip
        return structs.replace(self, targets=table)

    def without(self, shapes: Collection[Term]) -> "Validator":
        """The validator without these shapes: nothing is validated against them by their targets."""
        return self.only([node for node in self.targets.shape_nodes if node not in shapes])

    def focus_nodes(self, data: Index, *, focus: Collection[Term] | None = None) -> Iterator[tuple[Shape, Sequence[Term]]]:
        """Each shape with its focus nodes, or with those of them in `focus`."""
        with ConstraintStore(data, shapes=self.graph) as store:
            yield from self.targets.focus_nodes(ValidationContext(data, store), among=focus)

    def target_counts(self, data: Index) -> tuple[ShapeCount, ...]:
        """How many focus nodes each shape with targets has in the data, by all its targets together and by each."""
        with ConstraintStore(data, shapes=self.graph) as store:
            return tuple(self.targets.counts(ValidationContext(data, store)))

    def warnings(self, *, given: Collection[str] = ()) -> tuple[Phrase, ...]:
        """What the shapes graph says that is not validated; `given` are the IRIs of the files that it was read from."""
        return shape_warnings(self.graph, given=given)

    def validate(
        self, data: Index, *, focus: Collection[Term] | None = None, incomplete: Callable[[Term], bool] | None = None
    ) -> tuple[ValidationResult, ...]:
        """The results for all focus nodes, or for those in `focus`, in the order of the shapes; none when the data conform.

        `incomplete` says which nodes are known to be incomplete (SHACL 1.2), besides those that the data declare so.
        Raises ForbiddenError when a SPARQL-based constraint reports a failure (`?failure`).
        """
        results: list[ValidationResult] = []
        with gc_disabled(), ConstraintStore(data, shapes=self.graph) as store:
            context = ValidationContext(data, store, incomplete)
            for shape, focus_nodes in self.targets.focus_nodes(context, among=focus):
                shape.validate(context, focus_nodes, results)
        return tuple(results)

    def report(
        self, data: Index, *, focus: Collection[Term] | None = None, disallowed: Collection[ox.NamedNode] | None = None
    ) -> ValidationReport:
        """The report on a data graph; raises what `validate` raises.

        `disallowed` are the severities of results with which data do not conform (sh:conformanceDisallows); by default all in SHACL 1.0,
        CONFORMANCE_DISALLOWS in SHACL 1.2.
        """
        by_default = CONFORMANCE_DISALLOWS if self.version == "1.2" else None
        severities = by_default if disallowed is None else tuple(disallowed)
        return ValidationReport(self.validate(data, focus=focus), self.left_out(), severities)

    def left_out(self) -> tuple[Phrase, ...]:
        """What is wrong with the shapes that were skipped, each sentence with the shapes that were left out because of it."""
        shapes: dict[str, tuple[OxishaclError, list[str]]] = {}
        for node, error in self.skipped.items():
            shapes.setdefault(str(error), (error, []))[1].append(self.graph.name(node))
        return tuple(Phrase("skipped", {"shapes": ", ".join(dict.fromkeys(names)), "error": error}) for error, names in shapes.values())

    def compile_all(self) -> None:
        """Compile every shape that has a target, so that processes forked afterwards share the compiled shapes."""
        for node in self.targets.shape_nodes:
            self.targets.compile_shape(node)


def compile_shapes(
    quads: Iterable[TripleLike] | Index, *, version: str = "1.0", lazily: bool = False, skip_ill_formed: bool = False
) -> Validator:
    """Compile a shapes graph; `lazily`: each shape on first use, for a shapes graph that is known to be well-formed.

    What SHACL 1.2 adds is validated in both versions; `version` settles where it contradicts SHACL 1.0 (working draft of 3 August 2026):
    a blank node may be a target node, and sh:Debug and sh:Trace do not keep data from conforming.

    Raises InvalidInputError for an ill-formed shape, and ForbiddenError for recursive shapes, for SPARQL that SHACL forbids, and for an
    entailment regime; the errors name the shape. With `skip_ill_formed`, the shapes that would raise are left out, and told in `skipped`.
    """
    if version not in VERSIONS:
        raise UsageError("version", version=version, versions=", ".join(VERSIONS))
    compiler = _ShapeCompiler(quads if isinstance(quads, Index) else Index(quads), version)
    check_entailment(compiler.graph)
    skipped: dict[Resource, OxishaclError] = {}
    if not lazily or skip_ill_formed:
        for node in compiler.shape_nodes():
            with _noting(node, skipped if skip_ill_formed else None):
                compiler.compiled(node)
    with_targets: list[tuple[Targets, Resource]] = []
    for node in compiler.target_candidates():
        with _noting(node, skipped if skip_ill_formed else None):
            if node not in skipped and (targets := compiler.targets(node)):
                for where in targets.where:
                    compiler.compiled(where)
                with_targets.append((targets, node))
    table = TargetTable([targets for targets, _ in with_targets], [node for _, node in with_targets], compiler.compiled, skipped.keys())
    return Validator(compiler.graph, table, version, skipped)


@contextmanager
def _noting(node: Resource, skipped: dict[Resource, OxishaclError] | None) -> Iterator[None]:
    """Note the error of a shape in `skipped`; raise it when there is no such record."""
    try:
        yield
    except OxishaclError as error:
        if skipped is None:
            raise
        skipped.setdefault(node, error)


def check_entailment(graph: Index) -> None:
    """Raise ForbiddenError for sh:entailment. 1.5: a processor that does not support the regime « MUST signal a failure »."""
    for subject, regime in graph.pairs(sh("entailment")):
        if regime != _SIMPLE_ENTAILMENT:
            raise ForbiddenError("entailment", shape=graph.name(subject), regime=n_triples(regime))


def _with_excuses(parameter: Term, constraint: ValueCheck | ValueTest) -> ValueCheck | ValueTest:
    """A constraint of a property shape, without the results that an incomplete node is excused from (SHACL 1.2)."""
    if isinstance(constraint, ValueTest):
        return constraint
    if parameter in EXCUSED_FOCUS_NODES:
        return on_complete_focus_nodes(constraint)
    return on_complete_values(constraint) if parameter in EXCUSED_VALUES else constraint


class _ShapeCompiler:
    """Compiles each shape of the graph once."""

    def __init__(self, graph: Index, version: str) -> None:
        self.graph, self.version = graph, version
        self._compiled: dict[Term, Shape] = {}
        self._in_progress: dict[Term, None] = {}
        # Two threads may need a shape for the first time.
        self._lock = RLock()
        self._components = read_components(graph)
        self._has_annotations = next(graph.pairs(REIFIES), None) is not None

    def target_candidates(self) -> Iterator[Resource]:
        """The nodes that may have targets: subjects of target properties, and shapes that are classes (2.1.3.3)."""
        with_properties = dict.fromkeys(subject for predicate in _TARGET_PROPERTIES for subject, _ in self.graph.pairs(predicate))
        classes = frozenset((*self.graph.instances(RDFS_CLASS), *self.graph.instances(SHAPE_CLASS)))
        typed = dict.fromkeys(node for node in self._typed_shapes() if node in with_properties or node in classes)
        return (node for node in typed | with_properties if is_resource(node))

    def _typed_shapes(self) -> dict[Term, None]:
        return dict.fromkeys(node for class_ in SHAPE_CLASSES for node in self.graph.instances(class_))

    def shape_nodes(self) -> Iterator[Resource]:
        """2.1: every node that is a shape: by its type, its targets, its parameters, or as a value of a shape-expecting parameter."""
        nodes = self._typed_shapes()
        declared_parameters = (parameter.predicate for component in self._components for parameter in component.parameters)
        for predicate in (*_TARGET_PROPERTIES, *BUILDERS, *SHAPE_EXPECTING, *LIST_TAKING, sh("sparql"), *declared_parameters):
            nodes.update((subject, None) for subject, _ in self.graph.pairs(predicate))
        for predicate in SHAPE_EXPECTING:
            nodes.update((value, None) for _, value in self.graph.pairs(predicate))
        # Declarations of parameters look like property shapes; they are compiled with their components only.
        parameter_nodes = {node for component in self._components for node in self.graph.objects(component.node, sh("parameter"))}
        return (node for node in nodes if is_resource(node) and node not in parameter_nodes)

    def targets(self, node: Resource) -> Targets:
        """The targets of the shape."""
        return read_targets(node, graph=self.graph, allow_blank_nodes=self.version == "1.2")

    def compiled(self, node: Term) -> Shape:
        """The compiled shape; raises ForbiddenError for a recursive one.

        3.4.3: « validation with recursive shapes … is left to SHACL processor implementations ».
        """
        shape = self._compiled.get(node)
        if shape is not None:
            return shape
        with self._lock:
            return self._compiled.get(node) or self._compile_guarded(node)

    def _compile_guarded(self, node: Term) -> Shape:
        if node in self._in_progress:
            raise ForbiddenError("recursive", shape=self.graph.name(node))
        if len(self._in_progress) >= _MAX_DEPTH:
            raise ForbiddenError("deep", shape=self.graph.name(node), depth=_MAX_DEPTH)
        assert is_resource(node)
        self._in_progress[node] = None
        try:
            shape = self._compiled[node] = self._compile(node)
        finally:
            # After an error the next attempt must find the same error, not a recursive shape.
            del self._in_progress[node]
        return shape

    def _compile(self, node: Resource) -> Shape:
        deactivated = self._deactivated(node)
        path = self._path(node)
        declaration = ShapeDeclaration(
            node, self.graph, path, self._severity(node), self._messages(node), self.compiled, self._has_annotations
        )  # fmt: skip
        parameters = [parameter for parameter in self.graph.predicates(node) if parameter in BUILDERS and declaration.has(parameter)]
        built = [(parameter, constraint) for parameter in parameters for constraint in BUILDERS[parameter](declaration)]
        if path is not None:
            built = [(parameter, _with_excuses(parameter, constraint)) for parameter, constraint in built]
        with_batches = [parameter for parameter in self.graph.predicates(node) if parameter in BATCH_BUILDERS]
        batches = [check for parameter in with_batches for check in BATCH_BUILDERS[parameter](declaration)]
        value_tests = tuple(constraint for _, constraint in built if isinstance(constraint, ValueTest))
        checks: list[tuple[Term, ValueCheck]] = [(parameter, check) for parameter, check in built if not isinstance(check, ValueTest)]
        self._check_dependent_parameters(declaration)
        property_shapes = [shape for _, shape in declaration.shapes("property")]
        for shape in property_shapes:
            if shape.path is None:
                raise InvalidInputError("no-path", shape=self.graph.name(shape.node))
        component_checks, component_batches = compile_components(declaration, components=self._components)
        return Shape(
            node, declaration.path, deactivated, value_tests,
            (*(check for parameter, check in checks if parameter not in CARDINALITY), *component_checks),
            tuple(check for parameter, check in checks if parameter in WITHOUT_VALUES),
            tuple(check for parameter, check in checks if parameter in CARDINALITY),
            cardinality_of(declaration), tuple(property_shapes), (*compile_sparql_constraints(declaration), *component_batches, *batches),
        )  # fmt: skip

    def _path(self, node: Resource) -> PropertyPath | None:
        """2.3: « a property shape … is the subject of a triple that has sh:path as its predicate », exactly one."""
        paths = self.graph.objects(node, sh("path"))
        if len(paths) > 1:
            raise InvalidInputError("several-values", shape=self.graph.name(node), parameter="sh:path")
        if not paths and self.graph.is_instance(node, sh("PropertyShape")):
            raise InvalidInputError("no-path", shape=self.graph.name(node))
        if paths and self.graph.is_instance(node, sh("NodeShape")):
            raise InvalidInputError("has-path", shape=self.graph.name(node))
        return read_path(paths[0], graph=self.graph, shape=node) if paths else None

    def _severity(self, node: Resource) -> ox.NamedNode:
        """2.1.4: « at most one value for the property sh:severity », an IRI; « sh:Violation is the default »."""
        values = self.graph.objects(node, sh("severity"))
        if len(values) > 1:
            raise InvalidInputError("several-values", shape=self.graph.name(node), parameter="sh:severity")
        if not values:
            return sh("Violation")
        if not isinstance(values[0], ox.NamedNode):
            raise InvalidInputError("not-an-iri", shape=self.graph.name(node), parameter="sh:severity")
        return values[0]

    def _messages(self, node: Resource) -> tuple[ox.Literal, ...]:
        """2.1.5: « The values of sh:message in a shape are either xsd:string literals or literals with a language tag »."""
        values = self.graph.objects(node, sh("message"))
        if not all(is_text(value) for value in values):
            raise InvalidInputError("not-a-string", shape=self.graph.name(node), parameter="sh:message")
        return tuple(value for value in values if isinstance(value, ox.Literal))

    def _deactivated(self, node: Resource) -> bool:
        """2.1.6: « at most one value for the property sh:deactivated », « either true or false »."""
        values = self.graph.objects(node, sh("deactivated"))
        if len(values) > 1:
            raise InvalidInputError("several-values", shape=self.graph.name(node), parameter="sh:deactivated")
        if values and not is_boolean(values[0]):
            raise InvalidInputError("not-a-boolean", shape=self.graph.name(node), parameter="sh:deactivated")
        return bool(values) and is_true(values[0])

    def _check_dependent_parameters(self, declaration: ShapeDeclaration) -> None:
        """Check the parameters that another parameter's builder reads, which does not run when that one is missing."""
        declaration.string("flags")
        for name in ("qualifiedMinCount", "qualifiedMaxCount"):
            declaration.count(name)
        if declaration.values("ignoredProperties") and not declaration.values("closed"):
            declaration.list_members("ignoredProperties", declaration.values("ignoredProperties")[0])
