"""The engines that run the suite and the random graphs: our validator, and pySHACL as the reference."""

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
from oxishacl import Index, OxishaclError, ValidationResult, compile_shapes, report_quads

ResultKey = tuple[str, ...]
KEY_PROPERTIES = (SH.focusNode, SH.value, SH.sourceShape, SH.sourceConstraint, SH.sourceConstraintComponent, SH.resultSeverity)


def run_oxishacl(test: suite.Test) -> suite.Outcome | None:
    """The outcome of the test with our validator, or None if it refuses the shapes."""
    try:
        results = compile_shapes(_quads(test.shapes)).validate(Index(_quads(test.data)))
    except OxishaclError:
        return None
    return suite.outcome_of(to_rdflib(report_quads(results)))


def _quads(file: suite.Path) -> Iterator[ox.Quad]:
    return ox.parse(path=file, format=ox.RdfFormat.TURTLE, base_iri=file.resolve().as_uri())


def run_pyshacl(test: suite.Test) -> suite.Outcome | None:
    """The outcome of the test with pySHACL, or None if it refuses the shapes."""
    try:
        _, report, _ = validate(suite.read_graph(test.data), shacl_graph=suite.read_graph(test.shapes), advanced=False, inplace=True)
    except (ReportableRuntimeError, ShapeLoadError, ValidationFailure, NotImplementedError):
        return None
    return suite.outcome_of(report) if isinstance(report, Graph) else None


def passes(outcome: suite.Outcome | None, *, test: suite.Test) -> bool:
    """Whether the outcome is the expected report or, if the test requires it, a refusal."""
    return outcome == test.expected


def oxishacl_keys(results: Collection[ValidationResult]) -> Counter[ResultKey]:
    """The keys of our results: focus node, value, source shape, source constraint, component, severity, path."""
    return Counter(
        (*(_text(t) for t in (r.focus, r.value, r.shape, r.constraint, r.component, r.severity)), "" if r.path is None else r.path.sparql)
        for r in results
    )


def pyshacl_keys(data: Graph, *, shapes: ShapesGraph, focus: Collection[Node] | None = None) -> Counter[ResultKey]:
    """The keys of pySHACL's results for the focus nodes (None for all), validated with each shape once."""
    validator = Validator(DataGraph.from_rdflib(data), shacl_graph=Graph(), options={"inplace": True})
    executor, results = validator.make_executor(), []
    for shape in shapes.shapes:
        targets = [n for n in dict.fromkeys(shape.focus_nodes(validator.data_graph)) if focus is None or n in focus]
        if targets:
            results += shape.validate(executor, validator.data_graph, focus=targets)[1]
    # The report leaves out what pySHACL could not evaluate.
    graph, _ = Validator.create_validation_report(shapes, not results, results)
    return Counter(_result_key(graph, node) for node in graph.objects(graph.value(None, RDF.type, SH.ValidationReport), SH.result))


def _result_key(graph: Graph, node: Node) -> ResultKey:
    path = graph.value(node, SH.resultPath)
    terms = (graph.value(node, field) for field in KEY_PROPERTIES)
    texts = ("" if term is None else _text(from_rdflib(term)) for term in terms)
    return (*texts, "" if path is None else suite.path_text(path, graph=graph))


def _text(term: object) -> str:
    return "" if term is None else str(term)
