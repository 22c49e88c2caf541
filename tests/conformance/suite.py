"""The W3C SHACL test suites: their tests as data, and the comparison of reports that they require.

The suites are read from given folders and are not part of this repository. Reports are compared on `sh:conforms` and, for each result, on
focus node, path, value, source shape, component and severity; messages and `sh:detail` are left out and blank nodes are compared by
position (the suites' own README).
"""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pyoxigraph as ox

from oxishacl import Index, Term, read_path, sh

Outcome = tuple[bool, Counter[tuple[str, ...]]]

MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
SHT = "http://www.w3.org/ns/shacl-test#"
_JUDGEMENTS = Path(__file__).with_name("shacl12.tsv")
COMPARED_PROPERTIES = ("focusNode", "resultPath", "value", "sourceShape", "sourceConstraintComponent", "resultSeverity")


@dataclass(frozen=True)
class Test:
    """An sht:Validate test: its data and shapes files, and the expected outcome; None if the shapes must be refused."""

    name: str
    file: Path
    data: Path
    shapes: Path
    expected: Outcome | None
    disallowed: tuple[ox.NamedNode, ...] | None = None
    """The values of sh:conformanceDisallows in the expected report; None when it has none."""


def read_graph(file: Path) -> Index:
    """The graph of the Turtle file (RDF 1.2), with lexical forms as they are written: some tests have ill-typed literals."""
    return Index(ox.parse(path=file, format=ox.RdfFormat.TURTLE, base_iri=file.resolve().as_uri()))


def tests(folder: Path) -> Iterator[Test]:
    """Every test below the folder whose files are there, in the order of the files' names.

    The suites' manifests leave some tests out (of 1.0, sparql/component/nodeValidator-001), so they are read from the files themselves.
    """
    for file in sorted(folder.rglob("*.ttl")):
        if b"sht:Validate" in file.read_bytes():
            graph = read_graph(file)
            for entry in sorted(map(str, graph.typed(ox.NamedNode(SHT + "Validate")))):
                test = _test(ox.NamedNode(entry[1:-1]), graph=graph, file=file, root=folder)
                if test.data.is_file() and test.shapes.is_file():
                    yield test


def judgements_of_12(judgement: str) -> dict[str, str]:
    """The tests of SHACL 1.2 Core that `shacl12.tsv` judges so, each with the reason."""
    with _JUDGEMENTS.open(encoding="utf-8", newline="") as file:
        return {row["test"]: row["reason"] for row in csv.DictReader(file, delimiter="\t") if row["judgement"] == judgement}


def live_tests_of_12(folder: Path) -> list[Test]:
    """The new tests of SHACL 1.2 Core that are not withdrawn; none when the folder is not there."""
    return [test for test in tests(folder / "core") if test.name not in judgements_of_12("withdrawn")]


def _test(entry: ox.NamedNode, *, graph: Index, file: Path, root: Path) -> Test:
    action, result = (graph.first_object(entry, ox.NamedNode(MF + name)) for name in ("action", "result"))
    data, shapes = (_path(graph.first_object(action, ox.NamedNode(SHT + name))) for name in ("dataGraph", "shapesGraph"))
    name = file.resolve().relative_to(root.resolve()).with_suffix("").as_posix()
    if result == ox.NamedNode(SHT + "Failure"):
        return Test(name, file, data, shapes, None)
    disallowed = tuple(term for term in graph.objects(result, sh("conformanceDisallows")) if isinstance(term, ox.NamedNode))
    return Test(name, file, data, shapes, outcome_of(graph, report=result), disallowed or None)


def _path(iri: Term | None) -> Path:
    assert isinstance(iri, ox.NamedNode)
    return Path(unquote(urlsplit(iri.value).path))


def outcome_of(graph: Index, *, report: Term | None = None) -> Outcome:
    """The outcome of a report: `sh:conforms`, and the compared properties of the results, counted."""
    root = report if report is not None else next(iter(graph.typed(sh("ValidationReport"))))
    conforms = graph.first_object(root, sh("conforms"))
    results = [
        tuple(
            _comparable_text(graph.first_object(node, sh(name)), graph=graph, is_path=name == "resultPath") for name in COMPARED_PROPERTIES
        )
        for node in graph.objects(root, sh("result"))
    ]
    return getattr(conforms, "value", "").lower() in {"true", "1"}, Counter(results)


def _comparable_text(node: Term | None, *, graph: Index, is_path: bool) -> str:
    if node is None:
        return ""
    if is_path:
        return read_path(node, graph=graph, shape=node).sparql
    return "a blank node" if isinstance(node, ox.BlankNode) else str(node)
