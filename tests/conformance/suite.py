"""The W3C SHACL test suite: its tests as data, and the comparison of reports that it requires.

The suite is read from a given folder and is not part of this repository. Reports are compared on `sh:conforms`
and, for each result, on focus node, path, value, source shape, component and severity; messages and `sh:detail` are left out and
blank nodes are compared by position (the suite's own README).
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import rdflib
from rdflib import RDF, SH, BNode, Graph, Namespace, URIRef
from rdflib.collection import Collection as RdfList
from rdflib.term import Node

Outcome = tuple[bool, Counter[tuple[str, ...]]]

MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
SHT = Namespace("http://www.w3.org/ns/shacl-test#")
COMPARED_PROPERTIES = (SH.focusNode, SH.resultPath, SH.value, SH.sourceShape, SH.sourceConstraintComponent, SH.resultSeverity)


@dataclass(frozen=True)
class Test:
    """An sht:Validate test: its data and shapes files, and the expected outcome; None if the shapes must be refused."""

    name: str
    file: Path
    data: Path
    shapes: Path
    expected: Outcome | None


def read_graph(file: Path) -> Graph:
    """The graph of the Turtle file, with lexical forms unchanged because some tests have ill-typed literals."""
    rdflib.NORMALIZE_LITERALS = False
    return Graph().parse(file, format="turtle", publicID=file.resolve().as_uri())


def tests(folder: Path) -> Iterator[Test]:
    """Every test below the folder, in the order of the files' names.

    The suite's manifests leave one approved file out (sparql/component/nodeValidator-001), so the tests are read from the files themselves.
    """
    for file in sorted(folder.rglob("*.ttl")):
        if b"sht:Validate" in file.read_bytes():
            graph = read_graph(file)
            for entry in sorted(graph.subjects(RDF.type, SHT.Validate)):
                yield _test(entry, graph=graph, file=file, root=folder)


def _test(entry: Node, *, graph: Graph, file: Path, root: Path) -> Test:
    action = graph.value(entry, MF.action)
    data, shapes = graph.value(action, SHT.dataGraph), graph.value(action, SHT.shapesGraph)
    result = graph.value(entry, MF.result)
    expected = None if result == SHT.Failure else outcome_of(graph, report=result)
    name = file.resolve().relative_to(root.resolve()).with_suffix("").as_posix()
    return Test(name, file, _path(data, base=file), _path(shapes, base=file), expected)


def _path(iri: Node | None, *, base: Path | None = None) -> Path:
    text = str(iri)
    return Path(URIRef(text).removeprefix("file://")) if text.startswith("file:") else (base or Path()).parent / text


def outcome_of(graph: Graph, *, report: Node | None = None) -> Outcome:
    """The outcome of a report: `sh:conforms`, and the compared properties of the results, counted."""
    root = report if report is not None else next(graph.subjects(RDF.type, SH.ValidationReport))
    conforms = str(graph.value(root, SH.conforms)).lower() == "true"
    results = graph.objects(root, SH.result)
    return conforms, Counter(
        tuple(_comparable_text(graph.value(r, p), graph=graph, is_path=p == SH.resultPath) for p in COMPARED_PROPERTIES) for r in results
    )


def _comparable_text(node: Node | None, *, graph: Graph, is_path: bool) -> str:
    if node is None:
        return ""
    if is_path:
        return path_text(node, graph=graph)
    return "a blank node" if isinstance(node, BNode) else node.n3()


_SUFFIXES = ((SH.zeroOrMorePath, "*"), (SH.oneOrMorePath, "+"), (SH.zeroOrOnePath, "?"))


def path_text(path: Node, *, graph: Graph) -> str:
    """Return the path in SPARQL syntax, with full IRIs."""
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


def _grouped(path: Node, *, graph: Graph) -> str:
    text = path_text(path, graph=graph)
    return text if isinstance(path, URIRef) else f"({text})"
