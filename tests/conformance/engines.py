"""The engines that run the suite and the random graphs: our validator, and pySHACL as the reference."""

from collections import Counter
from collections.abc import Collection

import pyoxigraph as ox
import rdflib
import suite
from pyshacl import validate
from pyshacl.errors import ReportableRuntimeError, ShapeLoadError, ValidationFailure
from pyshacl.graph_abstraction import DataGraph
from pyshacl.shapes_graph import ShapesGraph
from pyshacl.validator import Validator
from rdflib import Graph
from rdflib.term import Node

from oxishacl import Index, OxishaclError, Term, ValidationResult, compile_shapes, read_path, sh

ResultKey = tuple[str, ...]
KEY_PROPERTIES = ("focusNode", "value", "sourceShape", "sourceConstraint", "sourceConstraintComponent", "resultSeverity")


def run_oxishacl(test: suite.Test, *, version: str = "1.0") -> suite.Outcome | None:
    """The outcome of the test with our validator, or None if it refuses the shapes."""
    try:
        report = compile_shapes(suite.read_graph(test.shapes), version=version).report(
            suite.read_graph(test.data), disallowed=test.disallowed
        )
    except OxishaclError:
        return None
    return suite.outcome_of(Index(report.quads()))


def run_pyshacl(test: suite.Test) -> suite.Outcome | None:
    """The outcome of the test with pySHACL, or None if it refuses the shapes."""
    try:
        _, report, _ = validate(_rdflib_graph(test.data), shacl_graph=_rdflib_graph(test.shapes), advanced=False, inplace=True)
    except (ReportableRuntimeError, ShapeLoadError, ValidationFailure, NotImplementedError):
        return None
    return suite.outcome_of(_index(report)) if isinstance(report, Graph) else None


def _rdflib_graph(file: suite.Path) -> Graph:
    """The graph of the Turtle file, with lexical forms unchanged because some tests have ill-typed literals."""
    rdflib.NORMALIZE_LITERALS = False
    return Graph().parse(file, format="turtle", publicID=file.resolve().as_uri())


def _index(graph: Graph) -> Index:
    return Index(ox.parse(graph.serialize(format="nt", encoding="utf-8"), format=ox.RdfFormat.N_TRIPLES))


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
    report = _index(graph)
    (root,) = report.typed(sh("ValidationReport"))
    return Counter(_result_key(report, node) for node in report.objects(root, sh("result")))


def _result_key(report: Index, node: Term) -> ResultKey:
    path = report.first_object(node, sh("resultPath"))
    texts = (_text(report.first_object(node, sh(name))) for name in KEY_PROPERTIES)
    return (*texts, "" if path is None else read_path(path, graph=report, shape=node).sparql)


def _text(term: object) -> str:
    return "" if term is None else str(term)
