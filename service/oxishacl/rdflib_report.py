"""The report of `validate`: as an rdflib graph with the very nodes that were given, and in words, laid out as pySHACL's."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from rdflib import RDF, SH, BNode, Graph, Literal, URIRef
from rdflib.plugin import PluginException

from oxishacl.errors import UsageError
from oxishacl.rdflib_graphs import Converter, blank_node_triples, triples
from oxishacl.report import ValidationResult
from oxishacl.report_text import sentences
from oxishacl.terms import sh

_MAX_DEPTH: Final = 10
_MAX_SHOWN: Final = 500
"""How many blank nodes the description of one may show."""

_NODE: Final = sh("NodeConstraintComponent")
_VIOLATION: Final = sh("Violation")
_LABELS: Final = {
    SH.resultSeverity: "Severity", SH.sourceShape: "Source Shape", SH.focusNode: "Focus Node", SH.value: "Value Node",
    SH.resultPath: "Result Path", SH.sourceConstraint: "Source Constraint",
}  # fmt: skip


class Report:
    """The results of one validation, with the graphs from which their nodes come."""

    def __init__(self, results: Sequence[ValidationResult], *, conforms: bool, converter: Converter, data: Graph, shapes: Graph) -> None:
        self._results, self._conforms, self._converter, self._data, self._shapes = results, conforms, converter, data, shapes
        self._copied: dict[int, set[Any]] = {}
        self._shown = 0
        self._graph = Graph(bind_namespaces="core")
        for source in (shapes, data):
            for prefix, namespace in source.namespaces():
                self._graph.bind(prefix, namespace, override=False)

    def graph(self) -> Graph:
        """The sh:ValidationReport; the blank nodes that it names are described as in the graphs from which they come."""
        root = BNode()
        self._graph.add((root, RDF.type, SH.ValidationReport))
        self._graph.add((root, SH.conforms, Literal(self._conforms)))
        for result in self._results:
            self._add(result, parent=root, predicate=SH.result)
        return self._graph

    def _add(self, result: ValidationResult, *, parent: Any, predicate: Any) -> None:
        node = BNode()
        self._graph.add((parent, predicate, node))
        self._graph.add((node, RDF.type, SH.ValidationResult))
        self._graph.add((node, SH.sourceConstraintComponent, self._converter.to_rdflib(result.component)))
        for name, term, source in self._nodes(result):
            self._graph.add((node, name, term))
            for triple in blank_node_triples(term, source, self._copied.setdefault(id(source), set())):
                self._graph.add(triple)
        has_own = bool(result.messages) or result.message is not None
        for text, language in sentences(result, "en", as_strings=True):
            self._graph.add((node, SH.resultMessage, Literal(text, lang=(language or None) if has_own else None)))
        # Other constraints have causes too, but pySHACL tells those of sh:node only, and programs count the results of a report.
        for cause in result.details if result.component == _NODE else ():
            self._add(cause, parent=node, predicate=SH.detail)

    def _nodes(self, result: ValidationResult) -> Iterator[tuple[Any, Any, Graph]]:
        """The properties of the result whose values are nodes, each with the node and the graph that describes it."""
        for name, term, source in (
            (SH.resultSeverity, result.severity, self._shapes),
            (SH.sourceShape, result.shape, self._shapes),
            (SH.focusNode, result.focus, self._data),
            (SH.value, result.value, self._data),
            (SH.resultPath, None if result.path is None else result.path.node, self._shapes),
            (SH.sourceConstraint, result.constraint, self._shapes),
        ):
            if term is not None:
                yield name, self._value(result) if name == SH.value else self._converter.to_rdflib(term), source

    def _value(self, result: ValidationResult) -> Any:
        """The value node: of several nodes of rdflib that are one term, the one that the focus node has."""
        nodes = self._converter.nodes(result.value)
        if len(nodes) > 1 and result.path is not None:
            pattern = (self._converter.to_rdflib(result.focus), self._converter.to_rdflib(result.path.node))
            nodes = [node for node in nodes if next(triples(self._data, (*pattern, node)), None) is not None] or nodes
        return nodes[0]

    def text(self) -> str:
        """The report in words."""
        lines = ["Validation Report", f"Conforms: {self._conforms}"]
        lines += [f"Results ({len(self._results)}):"] if self._results else []
        lines += sorted("\n".join(self._lines(result)) for result in self._results)
        return "\n".join(lines) + "\n"

    def _lines(self, result: ValidationResult) -> list[str]:
        kind = "Constraint Violation" if result.severity == _VIOLATION else "Validation Result"
        lines = [f"{kind} in {result.component.value.rpartition('#')[2]} ({result.component.value}):"]
        for name, node, source in self._nodes(result):
            self._shown = 0
            lines.append(f"\t{_LABELS[name]}: {self._term(node, source)}")
        return lines + [f"\tMessage: {text}" for text, _ in sentences(result, "en", as_strings=True)]

    def _term(self, node: Any, source: Graph, depth: int = 0) -> str:
        """The node in words: an IRI with the prefixes of the graphs, a blank node by its description, which is cut off where it grows."""
        if isinstance(node, Literal):
            return self._literal(node)
        if isinstance(node, URIRef):
            return self._iri(node)
        self._shown += 1
        if depth > _MAX_DEPTH or self._shown > _MAX_SHOWN:
            return "[ ]"
        if members := _members(node, source):
            return f"( {' '.join(self._term(member, source, depth + 1) for member in members)} )"
        described: dict[str, list[str]] = {}
        for _, predicate, value in triples(source, (node, None, None)):
            described.setdefault(self._term(predicate, source), []).append(self._term(value, source, depth + 1))
        edges = [f"{predicate} {', '.join(sorted(values))}" for predicate, values in sorted(described.items())]
        return f"[ {' ; '.join(edges)} ]" if edges else "[ ]"

    def _iri(self, node: URIRef) -> str:
        prefix, separator, name = self._graph.namespace_manager.normalizeUri(node).partition(":")
        return f"<{node}>" if prefix.startswith("<") else f"{prefix}{separator}{name}"

    def _literal(self, node: Literal) -> str:
        value = "" if node.value is None or str(node.value) == str(node) else f" = {node.value}"
        language = f", lang={node.language}" if node.language else ""
        datatype = f", datatype={self._iri(node.datatype)}" if node.datatype else ""
        return f'Literal("{node}"{value}{language}{datatype})'


def _members(node: Any, source: Graph) -> list[Any]:
    """The members of the list that begins at the node; none where there is no well-formed list."""
    members: list[Any] = []
    seen = set()
    while node != RDF.nil:
        firsts, rests = ([triple[2] for triple in triples(source, (node, name, None))] for name in (RDF.first, RDF.rest))
        if node in seen or len(firsts) != 1 or len(rests) != 1:
            return []
        seen.add(node)
        members.append(firsts[0])
        node = rests[0]
    return members


def serialized(graph: Graph, syntax: str) -> bytes:
    """The graph in the syntax, by rdflib's name; raises UsageError for a syntax that rdflib does not write."""
    try:
        text: bytes = graph.serialize(format=syntax, encoding="utf-8")
    except PluginException:
        raise UsageError("option-refused", option="serialize_report_graph", value=repr(syntax)) from None
    return text
