"""Agreement of our validator with pySHACL: the same results on random graphs, except for differences.md."""

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
from oxishacl import Index, LazyIndex, compile_shapes

ROOT = Path(__file__).parents[2]
DOCUMENT = (Path(__file__).parent / "differences.md").read_text(encoding="utf-8")
DIFFERING_CASES = {ROOT / name for name in re.findall(r"`(tests/shapes/[^`]+)`", DOCUMENT)}
CASES = [case for folder in FOLDER.iterdir() if folder.is_dir() for case in cases_of(folder.name)]
DIFFERENCES = sorted((Path(__file__).parent / "differences").glob("*.ttl"))


def test_listed_cases_exist():
    """The cases in differences.md are those in which the engines expect different shapes, and its files are those of the folder.

    On all other cases and examples the engines agree: tests/shapes/test_cases.py runs both.
    """
    listed_files = {Path(__file__).parent / name for name in re.findall(r"`(differences/[^`]+)`", DOCUMENT)}
    assert {case.path for case in CASES if case.by_pyshacl != case.by_compiled} == DIFFERING_CASES
    assert listed_files == set(DIFFERENCES)


@pytest.mark.parametrize("path", DIFFERENCES, ids=lambda path: path.stem)
def test_difference(path: Path):
    """Where the engines differ, ours gives the number of results that the quoted clause of the specification requires."""
    quads = list(ox.parse(path=path, format=ox.RdfFormat.TURTLE))
    graph = to_rdflib(quads)
    ours = engines.oxishacl_keys(compile_shapes(quads).validate(Index(quads)))
    try:
        theirs = engines.pyshacl_keys(graph, shapes=ShapesGraph(graph))
    except (ReportableRuntimeError, NotImplementedError):
        theirs = None

    assert ours.total() == int(re.findall(r"^#\+ results: (\d+)", path.read_text(encoding="utf-8"), re.MULTILINE)[0])
    assert ours != theirs


@pytest.mark.whole
@given(random_graphs.graphs())
@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_random(graphs: tuple[list[ox.Quad], list[ox.Quad]]):
    """On random shapes and data both engines give the same results, each the same number of times."""
    shapes, data = graphs
    try:
        theirs = engines.pyshacl_keys(to_rdflib(data), shapes=ShapesGraph(to_rdflib(shapes)))
    except ReportableRuntimeError:
        # differences.md: pySHACL fails on comparisons with blank nodes.
        assume(False)
    assert engines.oxishacl_keys(compile_shapes(shapes).validate(Index(data))) == theirs


@given(random_graphs.graphs())
@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_focus_and_layers(graphs: tuple[list[ox.Quad], list[ox.Quad]]):
    """Validating every node as focus node, with up to half of the data as background, gives the results of full validation.

    So do a lazy background index and lazily compiled shapes.
    """
    shapes, data = graphs
    compiled_shapes = compile_shapes(shapes)
    index = Index(data)
    target_nodes = [term for target in compiled_shapes.targets.targets for term in target.nodes]
    nodes = dict.fromkeys([*index.by_subject, *index.by_object, *target_nodes])
    # Blank nodes cannot be shared between foreground and background.
    background = [quad for quad in data[: len(data) // 2] if not any(isinstance(term, ox.BlankNode) for term in quad)]
    foreground = [quad for quad in data if quad not in background]
    layered, lazily_layered = (
        Index(foreground, background=below) for below in (Index(background), LazyIndex(StatementTable.of(background)))
    )
    lazy_shapes = compile_shapes(LazyIndex(StatementTable.of(shapes)), lazily=True)

    expected = engines.oxishacl_keys(compiled_shapes.validate(index))
    assert engines.oxishacl_keys(compiled_shapes.validate(index, focus=nodes)) == expected
    assert engines.oxishacl_keys(compiled_shapes.validate(layered, focus=nodes)) == expected
    assert engines.oxishacl_keys(compiled_shapes.validate(layered)) == expected
    assert engines.oxishacl_keys(lazy_shapes.validate(lazily_layered, focus=nodes)) == expected
    assert engines.oxishacl_keys(lazy_shapes.validate(lazily_layered)) == expected
