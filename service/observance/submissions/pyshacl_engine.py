"""pySHACL as an engine: validation results for a set of focus nodes.

pySHACL's own option for focus nodes skips blank nodes, and its entry point parses the shapes at each call. This module calls
the shapes one by one instead, with those focus nodes that are requested and targeted.
"""

from collections.abc import Collection, Iterator
from functools import cached_property, lru_cache
from typing import Any

import pyoxigraph as ox
from pyshacl.graph_abstraction import DataGraph
from pyshacl.shapes_graph import ShapesGraph
from pyshacl.validator import Validator
from rdflib import RDF, SH, Graph
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.sparql import Query
from rdflib.term import Node

from observance.rdf import from_rdflib
from oxishacl import Index, ResultSource, Term, ValidationResult, read_path


class PyshaclShapes:
    """A shapes graph that pySHACL parses once."""

    def __init__(self, graph: Graph) -> None:
        """Hold the graph, which must not change afterwards."""
        self.graph = graph

    @cached_property
    def compiled(self) -> ShapesGraph:
        """The shapes as pySHACL parses them."""
        return ShapesGraph(self.graph)


def pyshacl_results(data: Graph, *, shapes: PyshaclShapes, focus: Collection[Node]) -> Iterator[ValidationResult]:
    """Return pySHACL's results for the focus nodes, in no particular order, without messages, branches or counts."""
    compiled = shapes.compiled
    validator = Validator(DataGraph.from_rdflib(data), shacl_graph=Graph(), options={"inplace": True})
    executor = validator.make_executor()
    target = _caching_queries(validator.data_graph)
    results = []
    for shape in compiled.shapes:
        nodes = [node for node in shape.focus_nodes(target) if node in focus]
        if nodes:
            results += shape.validate(executor, target, focus=nodes)[1]
    if not results:
        return
    report, _ = Validator.create_validation_report(compiled, False, results)
    index = Index(ox.Triple(*map(from_rdflib, triple)) for triple in report)  # type: ignore[arg-type]
    for node in report.objects(report.value(None, RDF.type, SH.ValidationReport), SH.result):
        yield _result(report, node, index=index)


@lru_cache(maxsize=1024)
def _prepared(text: str) -> Query:
    return prepareQuery(text)


def _caching_queries(target: DataGraph) -> DataGraph:
    """Make the graph parse each query once: pySHACL passes the text of a SPARQL constraint for every focus node."""
    run = target.query

    def query(text: str, **options: Any) -> Any:
        return run(_prepared(text), **options)

    target.query = query
    return target


def _result(report: Graph, node: Node, *, index: Index) -> ValidationResult:
    """Return one validation result of the report (SHACL 1.0, section 3.6.2); `index` holds the triples of the report."""

    def value(predicate: Node) -> Term | None:
        term = report.value(node, predicate)
        return None if term is None else from_rdflib(term)

    focus, shape, path = value(SH.focusNode), value(SH.sourceShape), value(SH.resultPath)
    component, severity = value(SH.sourceConstraintComponent), value(SH.resultSeverity)
    if focus is None or shape is None or isinstance(shape, ox.Literal):
        raise ValueError("a validation result lacks its focus node or its shape")
    assert isinstance(component, ox.NamedNode) and isinstance(severity, ox.NamedNode)
    property_path = None if path is None else read_path(path, graph=index, shape=shape)
    source = ResultSource(shape, component, property_path, severity, messages=())
    return ValidationResult(focus, property_path, value(SH.value), source)
