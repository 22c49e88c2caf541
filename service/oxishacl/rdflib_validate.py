"""`validate(data_graph, shacl_graph=…)` for rdflib's graphs: it takes and gives what pySHACL's function of that name does.

A program switches by importing `validate` from here. Each option of pySHACL (0.40) is honoured, has no effect for a reason that stands
below, or is refused by name. It needs rdflib, and for inference owlrl, which the rest of the package does not.
"""

import contextlib
import importlib
import warnings
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

import pyoxigraph as ox

from oxishacl.compiler import Validator, compile_shapes
from oxishacl.data_graph import Index
from oxishacl.errors import UsageError
from oxishacl.report import ValidationResult
from oxishacl.shape_warnings import shape_warnings
from oxishacl.terms import sh

if TYPE_CHECKING:
    from oxishacl.rdflib_graphs import Converter

_REFUSED: Final = frozenset({"check_dash_result", "do_owl_imports", "js"})
"""The options that are refused unless they ask for nothing: pySHACL's own tests, fetching, and SHACL-JS."""

_WITHOUT_EFFECT: Final = frozenset({"debug", "iterate_rules", "max_validation_depth", "meta_shacl", "sparql_mode"})
"""The options that change no answer: nothing is logged; rules are never run (`advanced`); recursive shapes are refused, so that no depth
has to bound them; ill-formed shapes are always refused; every graph is queried with SPARQL, and the address of an endpoint is refused."""

_MODES: Final = (None, "combine", "validate_each")
_SCHEMES: Final = ("http:", "https:", "urn:", "file:")


def validate(
    data_graph: Any,
    *,
    shacl_graph: Any = None,
    ont_graph: Any = None,
    advanced: bool | None = False,
    inference: str | None = None,
    inplace: bool | None = False,
    abort_on_first: bool | None = False,
    allow_infos: bool | None = False,
    allow_warnings: bool | None = False,
    focus_nodes: Sequence[str] | None = None,
    use_shapes: Sequence[str] | None = None,
    multi_data_graphs_mode: str | None = None,
    serialize_report_graph: bool | str = False,
    **options: Any,
) -> Any:
    """Whether the data conform, the report as an rdflib graph (or serialised), and the report in words: (bool, Graph or bytes, str).

    With multi_data_graphs_mode="validate_each" and a list, a dictionary from the number of each data graph to these three. Graphs are
    rdflib's graphs and datasets, Oxigraph's stores, paths, `file:` IRIs, open files, bytes or text; `options` takes data_graph_format,
    shacl_graph_format and ont_graph_format. Raises InvalidInputError for what cannot be parsed, UsageError for an option that is refused,
    and what `compile_shapes` and `Validator.validate` raise.
    """
    formats = {name: options.pop(f"{name}_format", None) for name in ("data_graph", "shacl_graph", "ont_graph")}
    abort_on_first = abort_on_first or options.pop("abort_on_error", False)
    _check_options({**options, "multi_data_graphs_mode": multi_data_graphs_mode})
    graphs = _imported("rdflib_graphs")
    sources = list(data_graph) if _is_collection(data_graph) else [data_graph]
    if not sources:
        raise UsageError("option-refused", option="data_graph", value=repr(data_graph))
    data_graphs = [graphs.read_graph(source, formats["data_graph"]) for source in sources]
    run = _Run(
        shapes=None if shacl_graph is None else graphs.read_graph(shacl_graph, formats["shacl_graph"]),
        ontology=None if ont_graph is None else graphs.read_graph(ont_graph, formats["ont_graph"]),
        advanced=bool(advanced), inference=inference, inplace=bool(inplace), stop=bool(abort_on_first),
        allowed=_allowed(allow_infos=allow_infos, allow_warnings=allow_warnings),
        focus_nodes=focus_nodes or (), use_shapes=use_shapes or (), syntax=serialize_report_graph,
    )  # fmt: skip
    if multi_data_graphs_mode == "validate_each" and _is_collection(data_graph):
        return {number: run.outcome(graph) for number, graph in enumerate(data_graphs)}
    return run.outcome(data_graphs[0] if len(data_graphs) == 1 else graphs.union(data_graphs))


def _is_collection(source: object) -> bool:
    """Whether the source is a collection of sources: an rdflib graph and an open file can be iterated over too."""
    is_one = isinstance(source, str | bytes | PurePath) or hasattr(source, "read") or hasattr(source, "triples")
    return not is_one and isinstance(source, Collection) and not isinstance(source, Mapping | ox.Store)


def _check_options(options: Mapping[str, Any]) -> None:
    for name, value in options.items():
        is_accepted = value in _MODES if name == "multi_data_graphs_mode" else name in _WITHOUT_EFFECT or (name in _REFUSED and not value)
        if not is_accepted:
            raise UsageError("option-refused", option=name, value=repr(value))


def _allowed(*, allow_infos: bool | None, allow_warnings: bool | None) -> frozenset[ox.NamedNode]:
    """The severities of results that do not keep the data from conforming: allow_warnings allows sh:Info too."""
    if allow_warnings:
        return frozenset({sh("Info"), sh("Warning")})
    return frozenset({sh("Info")}) if allow_infos else frozenset()


def _imported(name: str) -> Any:
    """The module of this package, which imports rdflib."""
    try:
        return importlib.import_module(f"oxishacl.{name}")
    except ModuleNotFoundError as error:
        if error.name != "rdflib":
            raise
        raise UsageError("no-library", library="rdflib", purpose="validate") from None


class _Run:
    """The shapes and the options of one call."""

    def __init__(
        self, *, shapes: Any, ontology: Any, advanced: bool, inference: str | None, inplace: bool, stop: bool,
        allowed: frozenset[ox.NamedNode], focus_nodes: Sequence[str], use_shapes: Sequence[str], syntax: bool | str,
    ) -> None:  # fmt: skip
        self.shapes, self.ontology, self.advanced, self.inference, self.inplace = shapes, ontology, advanced, inference, inplace
        self.stop, self.allowed, self.focus_nodes, self.use_shapes, self.syntax = stop, allowed, focus_nodes, use_shapes, syntax

    def outcome(self, data: Any) -> tuple[bool, Any, str]:
        """What `validate` gives for one data graph, which describes the shapes too if there is no other graph of them."""
        graphs, reports = _imported("rdflib_graphs"), _imported("rdflib_report")
        shapes = data if self.shapes is None else self.shapes
        converter: Converter = graphs.Converter()
        # What the ontology says, and what follows from the data, describes no shape.
        graph_of_shapes = Index(converter.quads(shapes))
        self._warn(graph_of_shapes)
        validator = compile_shapes(graph_of_shapes)
        expanded = _imported("rdflib_inference").expanded(data, ontology=self.ontology, inference=self.inference, inplace=self.inplace)
        results = self._results(validator, Index(converter.quads(expanded)), data=expanded, shapes=shapes)
        conforms = all(result.severity in self.allowed for result in results)
        report = reports.Report(results, conforms=conforms, converter=converter, data=data, shapes=shapes)
        graph = report.graph()
        if self.syntax:
            graph = reports.serialized(graph, self.syntax if isinstance(self.syntax, str) else "turtle")
        return conforms, graph, report.text()

    def _warn(self, shapes: Index) -> None:
        """Warn of what is not validated; refuse `advanced` where that is what it asks for."""
        phrases = shape_warnings(shapes)
        terms = sorted(str(phrase.values["term"]) for phrase in phrases if phrase.code == "warning-not-validated")
        if self.advanced and (refused := [term for term in terms if not term.casefold().startswith("sh:js")]):
            raise UsageError("advanced-refused", terms=", ".join(refused))
        for phrase in phrases:
            warnings.warn(phrase.sentence("en"), stacklevel=4)

    def _results(self, validator: Validator, index: Index, *, data: Any, shapes: Any) -> Sequence[ValidationResult]:
        focus = [_node(name, data) for name in self.focus_nodes] or None
        if self.use_shapes:
            used = [_node(name, shapes) for name in self.use_shapes]
            for name, shape in zip(self.use_shapes, used, strict=True):
                if not validator.graph.edges(shape):
                    raise UsageError("unknown-shape", shape=name)
            # As in pySHACL, shapes that are named are validated for the nodes that are named, whatever their targets.
            validator, focus = validator.only(used, focus=focus), None
        results = validator.validate(index, focus=focus)
        return _until_first(results, allowed=self.allowed) if self.stop else results


def _until_first(results: Iterable[ValidationResult], *, allowed: Collection[ox.NamedNode]) -> Sequence[ValidationResult]:
    """The results up to the first one with which the data do not conform."""
    kept: list[ValidationResult] = []
    for result in results:
        kept.append(result)
        if result.severity not in allowed:
            break
    return kept


def _node(name: str, graph: Any) -> ox.NamedNode:
    """The node of the IRI, or of the prefixed name with the prefixes of the graph."""
    if not name.lower().startswith(_SCHEMES):
        # An unknown prefix may be the scheme of an IRI.
        with contextlib.suppress(ValueError):
            name = str(graph.namespace_manager.expand_curie(name))
    try:
        return ox.NamedNode(str(name))
    except ValueError:
        raise UsageError("unknown-name", name=name) from None
