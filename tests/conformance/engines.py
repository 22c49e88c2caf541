"""The engines that the suite and the project's own cases are run through: ours, and pySHACL as the referee."""

from collections import Counter
from collections.abc import Collection, Iterator

import pyoxigraph as ox
import suite
from pyshacl import validate
from pyshacl.errors import ReportableRuntimeError, ShapeLoadError, ValidationFailure
from pyshacl.graph_abstraction import DataGraph
from pyshacl.shapes_graph import ShapesGraph
from pyshacl.validator import Validator
from rdflib import RDF, SH, Graph
from rdflib.term import Node

from observance.rdf import from_rdflib, to_rdflib
from oxishacl import Index, OxishaclError, ValidationResult, report_quads
from oxishacl import compile_shapes as compiled

Key = tuple[str, ...]
FIELDS = (SH.focusNode, SH.value, SH.sourceShape, SH.sourceConstraint, SH.sourceConstraintComponent, SH.resultSeverity)


def ours(test: suite.Test) -> suite.Outcome | None:
    """What our validator reports, or None when it refuses the shapes."""
    try:
        results = compiled(_quads(test.shapes)).validate(Index(_quads(test.data)))
    except OxishaclError:
        return None
    return suite.comparable(to_rdflib(report_quads(results)))


def _quads(file: suite.Path) -> Iterator[ox.Quad]:
    return ox.parse(path=file, format=ox.RdfFormat.TURTLE, base_iri=file.resolve().as_uri())


def referee(test: suite.Test) -> suite.Outcome | None:
    """What pySHACL reports, or None when it refuses the shapes."""
    try:
        _, found, _ = validate(suite.read(test.data), shacl_graph=suite.read(test.shapes), advanced=False, inplace=True)
    except (ReportableRuntimeError, ShapeLoadError, ValidationFailure, NotImplementedError):
        return None
    return suite.comparable(found) if isinstance(found, Graph) else None


def passes(outcome: suite.Outcome | None, *, test: suite.Test) -> bool:
    """Whether the engine gave the report that the test expects, or refused what it must refuse."""
    return outcome == test.expected


def keys(results: Collection[ValidationResult]) -> Counter[Key]:
    """Our results as what is compared: focus node, value, source shape, source constraint, component, severity, path."""
    return Counter(
        (*(_text(t) for t in (r.focus, r.value, r.shape, r.constraint, r.component, r.severity)), "" if r.path is None else r.path.sparql)
        for r in results
    )


def refereed(data: Graph, *, shapes: ShapesGraph, focus: Collection[Node] | None = None) -> Counter[Key]:
    """What is compared of pySHACL's results, for the focus nodes (none: for all), each asked for once a shape."""
    validator = Validator(DataGraph.from_rdflib(data), shacl_graph=Graph(), options={"inplace": True})
    executor, found = validator.make_executor(), []
    for shape in shapes.shapes:
        wanted = [n for n in dict.fromkeys(shape.focus_nodes(validator.data_graph)) if focus is None or n in focus]
        if wanted:
            found += shape.validate(executor, validator.data_graph, focus=wanted)[1]
    # What pySHACL could not evaluate is no result.
    graph, _ = Validator.create_validation_report(shapes, not found, found)
    return Counter(_key(graph, node) for node in graph.objects(graph.value(None, RDF.type, SH.ValidationReport), SH.result))


def _key(graph: Graph, node: Node) -> Key:
    path = graph.value(node, SH.resultPath)
    terms = (graph.value(node, field) for field in FIELDS)
    fields = ("" if term is None else _text(from_rdflib(term)) for term in terms)
    return (*fields, "" if path is None else suite.path_text(path, graph=graph))


def _text(term: object) -> str:
    return "" if term is None else str(term)
