"""Our validator against pySHACL: the same results on random graphs, but for differences.md."""

import re
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, assume, given, settings
from pyshacl.errors import ReportableRuntimeError
from pyshacl.shapes_graph import ShapesGraph

sys.path.insert(0, str(Path(__file__).parent))

import engines
import random_graphs

from cases import FOLDER, cases_of
from observance.rdf import StatementTable, to_rdflib
from oxishacl import Index, LazyIndex
from oxishacl import compile_shapes as compiled

ROOT = Path(__file__).parents[2]
LISTED = (Path(__file__).parent / "differences.md").read_text(encoding="utf-8")
APART = {ROOT / name for name in re.findall(r"`(tests/shapes/[^`]+)`", LISTED)}
CASES = [case for folder in FOLDER.iterdir() if folder.is_dir() for case in cases_of(folder.name)]
DIFFERENCES = sorted((Path(__file__).parent / "differences").glob("*.ttl"))


def test_listed_cases_exist():
    """The cases that differences.md names are those in which the engines let other shapes speak, and each of its files exists.

    On every other case and example both engines find the same: tests/shapes/test_cases.py runs both.
    """
    named = {Path(__file__).parent / name for name in re.findall(r"`(differences/[^`]+)`", LISTED)}
    assert {case.path for case in CASES if case.by_pyshacl != case.by_compiled} == APART
    assert named == set(DIFFERENCES)


@pytest.mark.parametrize("path", DIFFERENCES, ids=lambda path: path.stem)
def test_difference(path: Path):
    """Where the two differ, ours gives the number of results that the clause of the specification asks for."""
    quads = list(ox.parse(path=path, format=ox.RdfFormat.TURTLE))
    graph = to_rdflib(quads)
    ours = engines.keys(compiled(quads).validate(Index(quads)))
    try:
        theirs = engines.refereed(graph, shapes=ShapesGraph(graph))
    except (ReportableRuntimeError, NotImplementedError):
        theirs = None

    assert ours.total() == int(re.findall(r"^#\+ results: (\d+)", path.read_text(encoding="utf-8"), re.MULTILINE)[0])
    assert ours != theirs


@given(random_graphs.graphs())
@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_random(graphs: tuple[list[ox.Quad], list[ox.Quad]]):
    """On random shapes and data both engines give the same results, each as often."""
    shapes, data = graphs
    try:
        theirs = engines.refereed(to_rdflib(data), shapes=ShapesGraph(to_rdflib(shapes)))
    except ReportableRuntimeError:
        # differences.md: pySHACL gives up on a blank node that is compared.
        assume(False)
    assert engines.keys(compiled(shapes).validate(Index(data))) == theirs


@given(random_graphs.graphs())
@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_focus_and_layers(graphs: tuple[list[ox.Quad], list[ox.Quad]]):
    """Asking for every node by name, with up to half of the data as background, gives what validating all of it gives.

    So do a background that is fetched and shapes that are compiled as they are needed.
    """
    shapes, data = graphs
    checked = compiled(shapes)
    whole = Index(data)
    named = [term for target in checked.targets.targets for term in target.nodes]
    everything = dict.fromkeys([*whole.by_subject, *whole.by_object, *named])
    # Layers share no blank node.
    beneath = [quad for quad in data[: len(data) // 2] if not any(isinstance(term, ox.BlankNode) for term in quad)]
    above = [quad for quad in data if quad not in beneath]
    layered, fetched = (Index(above, background=each) for each in (Index(beneath), LazyIndex(StatementTable.of(beneath))))
    lazy = compiled(LazyIndex(StatementTable.of(shapes)), lazily=True)

    expected = engines.keys(checked.validate(whole))
    assert engines.keys(checked.validate(whole, focus=everything)) == expected
    assert engines.keys(checked.validate(layered, focus=everything)) == expected
    assert engines.keys(checked.validate(layered)) == expected
    assert engines.keys(lazy.validate(fetched, focus=everything)) == expected
    assert engines.keys(lazy.validate(fetched)) == expected
