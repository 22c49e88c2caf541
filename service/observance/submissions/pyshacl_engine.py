"""One function in front of pySHACL: the results that a set of focus nodes gives against shapes.

pySHACL's own option for focus nodes passes over blank nodes, and its entry point reads the shapes anew at each call; so its
shapes are asked here one by one, with the focus nodes that are wanted and targeted.
"""

from collections.abc import Collection, Iterator
from functools import cached_property, lru_cache
from typing import Any

from msgspec import Struct
from pyshacl.graph_abstraction import DataGraph
from pyshacl.shapes_graph import ShapesGraph
from pyshacl.validator import Validator
from rdflib import RDF, SH, BNode, Graph, URIRef
from rdflib.collection import Collection as RdfList
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.sparql import Query
from rdflib.term import Node


class PyshaclResult(Struct, frozen=True):
    """One validation result (SHACL 1.0, section 3.6.2)."""

    focus: Node
    path: str | None
    path_node: Node | None
    path_triples: tuple[tuple[Node, Node, Node], ...]
    value: Node | None
    shape: Node
    component: str


class PyshaclShapes:
    """Shapes that pySHACL read once."""

    def __init__(self, graph: Graph) -> None:
        """Keep the shapes graph, which is not changed afterwards."""
        self.graph = graph

    @cached_property
    def compiled(self) -> ShapesGraph:
        """The shapes as pySHACL reads them."""
        return ShapesGraph(self.graph)


def pyshacl_results(data: Graph, *, shapes: PyshaclShapes, focus: Collection[Node]) -> Iterator[PyshaclResult]:
    """What pySHACL finds about the focus nodes, in no particular order."""
    compiled = shapes.compiled
    validator = Validator(DataGraph.from_rdflib(data), shacl_graph=Graph(), options={"inplace": True})
    executor = validator.make_executor()
    target = _remembering(validator.data_graph)
    found = []
    for shape in compiled.shapes:
        wanted = [node for node in shape.focus_nodes(target) if node in focus]
        if wanted:
            found += shape.validate(executor, target, focus=wanted)[1]
    if not found:
        return
    report, _ = Validator.create_validation_report(compiled, False, found)
    for node in report.objects(report.value(None, RDF.type, SH.ValidationReport), SH.result):
        yield _result(report, node)


@lru_cache(maxsize=1024)
def _prepared(text: str) -> Query:
    return prepareQuery(text)


def _remembering(target: DataGraph) -> DataGraph:
    """The graph, parsing each query once: pySHACL hands over the text of a SPARQL constraint for every focus node."""
    ask = target.query

    def query(text: str, **options: Any) -> Any:
        return ask(_prepared(text), **options)

    target.query = query
    return target


def _result(report: Graph, node: Node) -> PyshaclResult:
    path = report.value(node, SH.resultPath)
    focus, component = report.value(node, SH.focusNode), report.value(node, SH.sourceConstraintComponent)
    shape = report.value(node, SH.sourceShape)
    if focus is None or shape is None:
        raise ValueError("a validation result lacks its focus node or its shape")
    return PyshaclResult(
        focus=focus,
        path=None if path is None else sparql(path, graph=report),
        path_node=path,
        path_triples=() if path is None else tuple(description(path, graph=report)),
        value=report.value(node, SH.value),
        shape=shape,
        component=str(component),
    )


_SUFFIXES = ((SH.zeroOrMorePath, "*"), (SH.oneOrMorePath, "+"), (SH.zeroOrOnePath, "?"))


def sparql(path: Node, *, graph: Graph) -> str:
    """The path in SPARQL syntax, with full IRIs so that it stands without prefixes."""
    if isinstance(path, URIRef):
        return f"<{path}>"
    if (path, RDF.first, None) in graph:
        return "/".join(_grouped(part, graph=graph) for part in RdfList(graph, path))
    alternatives = graph.value(path, SH.alternativePath)
    if alternatives is not None:
        return "|".join(_grouped(part, graph=graph) for part in RdfList(graph, alternatives))
    inverse = graph.value(path, SH.inversePath)
    if inverse is not None:
        return "^" + _grouped(inverse, graph=graph)
    for predicate, suffix in _SUFFIXES:
        inner = graph.value(path, predicate)
        if inner is not None:
            return _grouped(inner, graph=graph) + suffix
    raise ValueError(f"not a SHACL property path: {path}")


def description(path: Node, *, graph: Graph) -> Iterator[tuple[Node, Node, Node]]:
    """The statements that make up a path which is no IRI, those about the path itself first, in a stable order."""
    todo = [path]
    while todo:
        node = todo.pop(0)
        if isinstance(node, BNode):
            # A node of a path has one statement, or two in a list: rdf:first before rdf:rest.
            for predicate, target in sorted(graph.predicate_objects(node)):
                yield node, predicate, target
                todo.append(target)


def _grouped(path: Node, *, graph: Graph) -> str:
    text = sparql(path, graph=graph)
    return text if isinstance(path, URIRef) else f"({text})"
