"""The engines that can validate, behind one function: oxishacl, and pySHACL as a cross-check.

Both are given the same: what the submission is read against, the submission's statements, the shapes, and the nodes that a finding
may be about. rdflib and pySHACL are imported only when pySHACL is asked.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import pyoxigraph as ox
from msgspec import Struct

from observance.core import UsageError
from observance.knowledge import load_rooms
from observance.rdf import StatementTable, oxishacl_errors
from observance.submissions.model import ResultTerms
from oxishacl import Index, LazyIndex, ShapeMetadata, ValidationResult, Validator, compile_shapes, node_name

if TYPE_CHECKING:
    from rdflib import Graph

    from observance.submissions import pyshacl_engine


Term = ox.NamedNode | ox.BlankNode | ox.Literal

ENGINES: Final = ("compiled", "pyshacl")


class EngineResult(Struct, frozen=True):
    """One validation result, whichever engine found it; `shape` and `component` are IRIs, a path also has its RDF form."""

    focus: Term
    path: str | None
    path_node: Term | None
    path_triples: tuple[ox.Triple, ...]
    value: Term | None
    shape: str
    component: str
    result: ValidationResult | None = None
    """The result with all its causes, from our own engine."""


class ShapesGraph(Struct, frozen=True, dict=True):
    """Shapes that were read once, ready for either engine."""

    statements: StatementTable
    known_well_formed: bool = False
    """Whether these very shapes were compiled before, so that none of them is ill-formed."""
    store: Callable[[], None] = lambda: None
    """Called when all of them were compiled."""
    digest: str = ""
    """The digest of the files, where it is known already."""

    @classmethod
    def of(cls, quads: Iterable[ox.Quad]) -> Self:
        """The shapes that the quads are."""
        return cls(StatementTable.of(quads))

    @classmethod
    def read(cls, root: Path, *, cache: Path | None) -> Self:
        """The shapes of a knowledge base; raises InvalidInputError for a file that is not Turtle."""
        found = load_rooms(root, "shapes", cache=cache)
        return cls(found.statements, found.was_cached, found.store, found.digest)

    @cached_property
    def quads(self) -> tuple[ox.Quad, ...]:
        """The same as quads, for Oxigraph."""
        return tuple(ox.Quad(*row) for row in self.statements)

    @cached_property
    def metadata(self) -> ShapeMetadata:
        """What the shapes say of themselves."""
        return ShapeMetadata(self.statements)

    @cached_property
    def compiled(self) -> Validator:
        """The shapes for our own engine, each compiled when it is first needed where they are known to be well-formed."""
        with oxishacl_errors():
            found = compile_shapes(LazyIndex(self.statements) if self.known_well_formed else self.statements, lazily=self.known_well_formed)
        self.store()
        return found

    def compile_all(self) -> None:
        """Compile every shape that has a target, so that processes which are forked now share them."""
        with oxishacl_errors():
            self.compiled.compile_all()

    @cached_property
    def graph(self) -> "Graph":
        """The shapes in rdflib."""
        from observance.rdf import to_rdflib

        return to_rdflib(self.quads)

    @cached_property
    def for_pyshacl(self) -> "pyshacl_engine.PyshaclShapes":
        """The shapes for pySHACL."""
        from observance.submissions import pyshacl_engine

        return pyshacl_engine.PyshaclShapes(self.graph)


class BackgroundGraph(Struct, frozen=True, dict=True):
    """What a submission is read against: the statements of the knowledge and of a register."""

    statements: StatementTable
    register: tuple[ox.Quad, ...] = ()

    @cached_property
    def index(self) -> Index:
        """The statements for our own engine, those of the knowledge fetched as they are asked for."""
        beneath = LazyIndex(self.statements)
        return Index(self.register, background=beneath) if self.register else beneath

    @cached_property
    def graph(self) -> "Graph":
        """The statements in rdflib."""
        from observance.rdf import to_rdflib

        return to_rdflib((*(ox.Quad(*row) for row in self.statements), *self.register))


class DataGraph(Struct, frozen=True, dict=True):
    """What is validated: the statements of a submission, over their ground."""

    quads: tuple[ox.Quad, ...]
    ground: BackgroundGraph

    @cached_property
    def index(self) -> Index:
        """The statements over those of the ground, for our own engine."""
        return Index(self.quads, background=self.ground.index)


def engine_results(data: DataGraph, *, shapes: ShapesGraph, focus: Collection[Term], engine: str) -> Iterator[EngineResult]:
    """What the engine finds about the focus nodes, in no particular order; UsageError for an engine that does not exist."""
    if engine == "compiled":
        with oxishacl_errors():
            return map(from_oxishacl, shapes.compiled.validate(data.index, focus=focus))
    if engine == "pyshacl":
        return _pyshacl(data, shapes=shapes, focus=focus)
    raise UsageError("validate.no-engine", name=engine, known=", ".join(ENGINES))


def from_oxishacl(result: ValidationResult) -> EngineResult:
    """A result of our own engine."""
    path = result.path
    return EngineResult(
        focus=result.focus,
        path=None if path is None else path.sparql,
        path_node=None if path is None else path.node,
        path_triples=() if path is None else path.triples,
        value=result.value,
        shape=node_name(result.shape),
        component=result.component.value,
        result=result,
    )


def result_terms(result: EngineResult) -> ResultTerms:
    """The focus node, value and path, the nodes of the path labelled alike in every run."""
    labels: dict[Term, ox.BlankNode] = {}

    def stable(term: Any) -> Any:
        # An engine may call the nodes of a path otherwise at every run.
        return labels.setdefault(term, ox.BlankNode(f"path{len(labels)}")) if isinstance(term, ox.BlankNode) else term

    path = None if result.path_node is None else stable(result.path_node)
    triples = tuple(ox.Triple(stable(s), p, stable(o)) for s, p, o in result.path_triples)
    return ResultTerms(result.focus, result.value, path, triples)


def _pyshacl(data: DataGraph, *, shapes: ShapesGraph, focus: Collection[Term]) -> Iterator[EngineResult]:
    from observance.rdf import from_rdflib, to_rdflib
    from observance.submissions import pyshacl_engine

    mark = ox.NamedNode("urn:observance:wanted")
    wanted = set(to_rdflib(ox.Quad(mark, mark, node) for node in focus).objects())
    with _joined(data.ground.graph, to_rdflib(data.quads)) as graph:
        found = list(pyshacl_engine.pyshacl_results(graph, shapes=shapes.for_pyshacl, focus=wanted))
    for result in found:
        triples: list[Any] = [tuple(map(from_rdflib, triple)) for triple in result.path_triples]
        yield EngineResult(
            focus=from_rdflib(result.focus),
            path=result.path,
            path_node=None if result.path_node is None else from_rdflib(result.path_node),
            path_triples=tuple(ox.Triple(*triple) for triple in triples),
            value=None if result.value is None else from_rdflib(result.value),
            shape=node_name(from_rdflib(result.shape)),
            component=result.component,
        )


@contextmanager
def _joined(background: "Graph", extra: "Graph") -> Iterator["Graph"]:
    """The background with the triples of the other graph, which are gone again afterwards.

    Copying the background would cost more than validating most submissions. Not for two threads at once.
    """
    added = [triple for triple in extra if triple not in background]
    try:
        for triple in added:
            background.add(triple)
        yield background
    finally:
        for triple in added:
            background.remove(triple)
