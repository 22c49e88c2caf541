"""The validation engines behind one function: oxishacl, and pySHACL as a cross-check.

Both validate the same focus nodes of the same data graph against the same shapes. rdflib and pySHACL are imported only for the engine
`pyshacl`.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import pyoxigraph as ox
from msgspec import Struct

from observance.core import OBS, RDF, SH, UsageError
from observance.knowledge import load_rooms
from observance.rdf import StatementTable, oxishacl_errors
from oxishacl import Index, LazyIndex, ShapeMetadata, Term, ValidationResult, Validator, compile_shapes, node_name

if TYPE_CHECKING:
    from rdflib import Graph

    from observance.submissions import pyshacl_engine

ENGINES: Final = ("compiled", "pyshacl")

DOCUMENT: Final = ox.NamedNode("urn:observance:document")
"""The node of the facts about a document as a whole."""
ON_RECORD: Final = ox.Quad(DOCUMENT, ox.NamedNode(RDF + "type"), ox.NamedNode(OBS + "RecordedDocument"))
"""The fact that a document is one of the register that it is validated with."""
_VALIDATES: Final = OBS + "validates"


class ShapesGraph(Struct, frozen=True, dict=True):
    """The shapes graph, parsed once, in the form that each engine needs."""

    statements: StatementTable
    known_well_formed: bool = False
    """Whether the same shapes were compiled before, so that none of them is ill-formed."""
    store: Callable[[], None] = lambda: None
    """Caches the statements; called when all shapes have been compiled."""
    digest: str = ""
    """The digest of the files; empty if it was not computed yet."""

    @classmethod
    def of(cls, quads: Iterable[ox.Quad]) -> Self:
        """Return the shapes graph that consists of the quads."""
        return cls(StatementTable.of(quads))

    @classmethod
    def read(cls, root: Path, *, cache: Path | None) -> Self:
        """Read the shapes of a knowledge base; raises InvalidInputError for a file that is not Turtle."""
        rooms = load_rooms(root, "shapes", cache=cache)
        return cls(rooms.statements, rooms.was_cached, rooms.store, rooms.digest)

    @cached_property
    def quads(self) -> tuple[ox.Quad, ...]:
        """The statements as quads, for Oxigraph."""
        return tuple(ox.Quad(*row) for row in self.statements)

    @cached_property
    def metadata(self) -> ShapeMetadata:
        """The messages, severities and sources that the shapes declare."""
        return ShapeMetadata(self.statements)

    @cached_property
    def compiled(self) -> Validator:
        """The shapes for oxishacl; shapes that are known to be well-formed are compiled when they are first needed."""
        with oxishacl_errors():
            source = LazyIndex(self.statements) if self.known_well_formed else self.statements
            validator = compile_shapes(source, lazily=self.known_well_formed)
        self.store()
        return validator

    def compile_all(self) -> None:
        """Compile every shape that has a target, so that processes forked later share the result."""
        with oxishacl_errors():
            self.compiled.compile_all()

    @cached_property
    def for_records(self) -> frozenset[str]:
        """The shapes that validate documents on record only: those that say so, and their property shapes."""
        marked = self.statements.subjects_with(_VALIDATES, OBS + "RecordedDocument")
        return frozenset((*marked, *(shape for node in marked for shape in self.statements.values(node, SH + "property"))))

    @cached_property
    def record_kinds(self) -> frozenset[str]:
        """The classes of which shapes validate documents on record only, and the properties of which a form is about a described node."""
        classes = {kind for shape in self.for_records for kind in self.statements.values(shape, SH + "targetClass")}
        about = {node for node, _ in self.statements.pairs(ox.NamedNode(OBS + "nodeOf")) if isinstance(node, ox.NamedNode)}
        return frozenset(classes | {kind for node in about for kind in self.statements.values(node.value, OBS + "presents")})

    @cached_property
    def for_submissions(self) -> Validator:
        """The shapes for oxishacl without those that validate documents on record only."""
        return self.compiled.without({ox.NamedNode(shape) for shape in self.for_records})

    @cached_property
    def graph(self) -> "Graph":
        """The shapes as an rdflib graph."""
        from observance.rdf import to_rdflib

        return to_rdflib(self.quads)

    @cached_property
    def for_pyshacl(self) -> "pyshacl_engine.PyshaclShapes":
        """The shapes for pySHACL."""
        from observance.submissions import pyshacl_engine

        return pyshacl_engine.PyshaclShapes(self.graph)


class BackgroundGraph(Struct, frozen=True, dict=True):
    """The background graph of validation: the statements of the knowledge and of a register."""

    statements: StatementTable
    register: tuple[ox.Quad, ...] = ()

    @cached_property
    def index(self) -> Index:
        """The statements for oxishacl; those of the knowledge are indexed when they are first needed."""
        knowledge = _index(self.statements)
        return Index(self.register, background=knowledge) if self.register else knowledge

    @property
    def knowledge_graph(self) -> "Graph":
        """The statements of the knowledge as an rdflib graph, the same for every register."""
        return _rdflib_graph(self.statements)


@lru_cache(maxsize=2)
def _index(statements: StatementTable) -> Index:
    """The index of the statements, of which there is one, and with it one store of theirs, for all registers."""
    return LazyIndex(statements)


@lru_cache(maxsize=2)
def _rdflib_graph(statements: StatementTable) -> "Graph":
    from observance.rdf import to_rdflib

    return to_rdflib(ox.Quad(*row) for row in statements)


class DataGraph(Struct, frozen=True, dict=True):
    """The data graph of a document: its statements and the facts about it, over the background graph.

    `submissions` maps the node of each submission to its class.
    """

    quads: tuple[ox.Quad, ...]
    background: BackgroundGraph
    submissions: Mapping[str, str]

    @cached_property
    def index(self) -> Index:
        """The statements over those of the background, for oxishacl."""
        return Index(self.quads, background=self.background.index)

    @cached_property
    def focus_nodes(self) -> Mapping[Term, int]:
        """The possible focus nodes, with their position in the document; they include nodes that are only objects of statements."""
        return {DOCUMENT: -1} | {node: position for position, node in enumerate(self.index.nodes) if node != DOCUMENT}


def engine_results(data: DataGraph, *, shapes: ShapesGraph, engine: str) -> Iterator[ValidationResult]:
    """Return the engine's results for the focus nodes of the document, in no particular order.

    Shapes for documents on record give no results for any other document. Raises UsageError for an unknown engine.
    """
    focus, is_record = data.focus_nodes.keys(), ON_RECORD in data.quads
    if engine == "compiled":
        with oxishacl_errors():
            return iter((shapes.compiled if is_record else shapes.for_submissions).validate(data.index, focus=focus))
    if engine == "pyshacl":
        results = _pyshacl_results(data, shapes=shapes, focus=focus)
        return results if is_record else (result for result in results if node_name(result.shape) not in shapes.for_records)
    raise UsageError("validate.no-engine", name=engine, known=", ".join(ENGINES))


def _pyshacl_results(data: DataGraph, *, shapes: ShapesGraph, focus: Collection[Term]) -> Iterator[ValidationResult]:
    from observance.rdf import to_rdflib
    from observance.submissions import pyshacl_engine

    node = ox.NamedNode("urn:observance:focus-node")
    rdflib_nodes = set(to_rdflib(ox.Quad(node, node, term) for term in focus).objects())
    with _union(data.background.knowledge_graph, to_rdflib((*data.background.register, *data.quads))) as graph:
        results = list(pyshacl_engine.pyshacl_results(graph, shapes=shapes.for_pyshacl, focus=rdflib_nodes))
    return iter(results)


@contextmanager
def _union(background: "Graph", data: "Graph") -> Iterator["Graph"]:
    """Add the data to the background for the time of the context; only one thread may do so at a time.

    Copying the background would take longer than validating most submissions.
    """
    added = [triple for triple in data if triple not in background]
    try:
        for triple in added:
            background.add(triple)
        yield background
    finally:
        for triple in added:
            background.remove(triple)
