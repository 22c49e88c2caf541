"""The engines that can validate, behind one function: our own, and pySHACL as its referee.

Both are given the same: what the submission is read against, the submission's statements, the shapes, and the nodes that a finding
may be about. rdflib and pySHACL are imported only when the referee is asked.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import pyoxigraph as ox
from msgspec import Struct

from observance.errors import Misused
from observance.graph.kept import Row
from observance.model import Terms
from observance.shacl.compile import Compiled
from observance.shacl.compile import compile as compile_shapes
from observance.shacl.index import Index
from observance.shacl.result import Result
from observance.shacl.said import Said, name

if TYPE_CHECKING:
    from rdflib import Graph

    from observance.shacl import referee

Term = ox.NamedNode | ox.BlankNode | ox.Literal

ENGINES: Final = ("compiled", "pyshacl")


class Found(Struct, frozen=True):
    """One validation result, whichever engine found it; `shape` and `component` are IRIs, a path also has its RDF form."""

    focus: Term
    path: str | None
    path_node: Term | None
    path_triples: tuple[ox.Triple, ...]
    value: Term | None
    shape: str
    component: str
    result: Result | None = None
    """The result with all its causes, from our own engine."""


class Shapes(Struct, frozen=True, dict=True):
    """Shapes that were read once, ready for either engine."""

    rows: tuple[Row | ox.Quad, ...]

    @cached_property
    def quads(self) -> tuple[ox.Quad, ...]:
        """The same as quads, for Oxigraph."""
        return tuple(ox.Quad(*row) for row in self.rows)

    @cached_property
    def said(self) -> Said:
        """What the shapes say of themselves."""
        return Said(self.rows)

    @cached_property
    def compiled(self) -> Compiled:
        """The shapes for our own engine."""
        return compile_shapes(self.rows)

    @cached_property
    def graph(self) -> "Graph":
        """The shapes in rdflib."""
        from observance.graph.convert import to_rdflib

        return to_rdflib(self.quads)

    @cached_property
    def referee(self) -> "referee.Shapes":
        """The shapes for pySHACL."""
        from observance.shacl import referee

        return referee.Shapes(self.graph)


class Ground(Struct, frozen=True, dict=True):
    """What a submission is read against: the statements of the knowledge and of a register."""

    rows: tuple[Row | ox.Quad, ...]

    @cached_property
    def index(self) -> Index:
        """The statements for our own engine."""
        return Index(self.rows)

    @cached_property
    def graph(self) -> "Graph":
        """The statements in rdflib."""
        from observance.graph.convert import to_rdflib

        return to_rdflib(ox.Quad(*row) for row in self.rows)


class Data(Struct, frozen=True, dict=True):
    """What is validated: the statements of a submission, over their ground."""

    quads: tuple[ox.Quad, ...]
    ground: Ground

    @cached_property
    def index(self) -> Index:
        """The statements over those of the ground, for our own engine."""
        return Index(self.quads, background=self.ground.index)


def results(data: Data, *, shapes: Shapes, focus: Collection[Term], engine: str) -> Iterator[Found]:
    """What the engine finds about the focus nodes, in no particular order; Misused for an engine that does not exist."""
    if engine == "compiled":
        return map(found_of, shapes.compiled.validate(data.index, focus=focus))
    if engine == "pyshacl":
        return _pyshacl(data, shapes=shapes, focus=focus)
    raise Misused("validate.no-engine", name=engine, known=", ".join(ENGINES))


def found_of(result: Result) -> Found:
    """A result of our own engine."""
    path = result.path
    return Found(
        focus=result.focus,
        path=None if path is None else path.sparql,
        path_node=None if path is None else path.node,
        path_triples=() if path is None else path.triples,
        value=result.value,
        shape=name(result.shape),
        component=result.component.value,
        result=result,
    )


def terms_of(result: Found) -> Terms:
    """The focus node, value and path, the nodes of the path labelled alike in every run."""
    labels: dict[Term, ox.BlankNode] = {}

    def stable(term: Any) -> Any:
        # An engine may call the nodes of a path otherwise at every run.
        return labels.setdefault(term, ox.BlankNode(f"path{len(labels)}")) if isinstance(term, ox.BlankNode) else term

    path = None if result.path_node is None else stable(result.path_node)
    triples = tuple(ox.Triple(stable(s), p, stable(o)) for s, p, o in result.path_triples)
    return Terms(result.focus, result.value, path, triples)


def _pyshacl(data: Data, *, shapes: Shapes, focus: Collection[Term]) -> Iterator[Found]:
    from observance.graph.convert import from_rdflib, to_rdflib
    from observance.shacl import referee

    mark = ox.NamedNode("urn:observance:wanted")
    wanted = set(to_rdflib(ox.Quad(mark, mark, node) for node in focus).objects())
    with _joined(data.ground.graph, to_rdflib(data.quads)) as graph:
        found = list(referee.results(graph, shapes=shapes.referee, focus=wanted))
    for result in found:
        triples: list[Any] = [tuple(map(from_rdflib, triple)) for triple in result.path_triples]
        yield Found(
            focus=from_rdflib(result.focus),
            path=result.path,
            path_node=None if result.path_node is None else from_rdflib(result.path_node),
            path_triples=tuple(ox.Triple(*triple) for triple in triples),
            value=None if result.value is None else from_rdflib(result.value),
            shape=name(from_rdflib(result.shape)),
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
