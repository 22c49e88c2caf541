"""LazyIndex and lazy compilation: the same edges and results as an Index and shapes that are compiled at once."""

from pathlib import Path

import pyoxigraph as ox
import pytest

from conftest import ROOT
from observance.knowledge import load_knowledge, load_rooms
from observance.rdf import StatementTable
from oxishacl import Index, LazyIndex, Validator, compile_shapes, report_quads
from oxishacl.terms import SUBCLASS_OF, TYPE, sh

KNOWLEDGE = load_knowledge(ROOT)
SHAPES = load_rooms(ROOT, "shapes").statements
LAZY_SHAPES = LazyIndex(SHAPES)
REPORTS = ROOT / "tests" / "observance" / "submissions" / "reports"
DOCUMENTS = sorted((ROOT / "shapes" / "examples").glob("*.ttl")) + sorted(
    (ROOT / "tests" / "observance" / "submissions" / "reports").glob("*.ttl")
)


@pytest.fixture(scope="module")
def both() -> tuple[Index, LazyIndex]:
    """The knowledge as an Index and as a LazyIndex."""
    return Index(KNOWLEDGE.statements), LazyIndex(KNOWLEDGE.statements)


@pytest.fixture(scope="module")
def compiled() -> Validator:
    """All shapes, compiled at once."""
    return compile_shapes(SHAPES)


def test_same_edges(both):
    """Every node has the same edges in both, in the same order."""
    index, lazy_index = both
    for node in {*index.by_subject, *index.by_object}:
        assert {p: list(ends) for p, ends in lazy_index.edges(node).items()} == {p: list(ends) for p, ends in index.edges(node).items()}
        assert {p: sorted(map(str, ends)) for p, ends in lazy_index.back_edges(node).items()} == {
            p: sorted(map(str, ends)) for p, ends in index.back_edges(node).items()
        }
    for predicate in (TYPE, SUBCLASS_OF):
        assert sorted(map(str, lazy_index.pairs(predicate))) == sorted(map(str, index.pairs(predicate)))
        assert set(lazy_index.subjects_of(predicate)) == set(index.subjects_of(predicate))
        assert set(lazy_index.objects_of(predicate)) == set(index.objects_of(predicate))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_same_results(document: Path, both, compiled):
    """A document has the same results, in the same order, from lazily compiled shapes over a LazyIndex."""
    index, lazy_index = both
    quads = list(ox.parse(path=document, format=ox.RdfFormat.TURTLE))
    lazy = compile_shapes(LAZY_SHAPES, lazily=True)
    for focus in (None, list(Index(quads).nodes)):
        results = compiled.validate(Index(quads, background=index), focus=focus)

        assert list(report_quads(lazy.validate(Index(quads, background=lazy_index), focus=focus))) == list(report_quads(results))


def test_absent_nodes_are_not_cached():
    """A node without triples is not cached, so that any number of documents takes no memory."""
    lazy_index = LazyIndex(KNOWLEDGE.statements)
    for number in range(10):
        assert not lazy_index.edges(ox.NamedNode(f"https://example.org/{number}"))
        assert not lazy_index.back_edges(ox.NamedNode(f"https://example.org/{number}"))

    assert not lazy_index._edges_cache
    assert not lazy_index._back_edges_cache


def test_lazy_compilation():
    """A shape is compiled when it is first run: an ill-formed shape without focus nodes is not noticed."""
    shape, other, node = (ox.NamedNode(f"https://example.org/{name}") for name in ("shape", "other", "node"))
    count = ox.Literal("many")
    quads = [ox.Quad(shape, sh("targetNode"), node), ox.Quad(other, sh("targetNode"), shape), ox.Quad(other, sh("maxLength"), count)]
    lazy = compile_shapes(LazyIndex(StatementTable.of(quads)), lazily=True)

    assert lazy.validate(Index(()), focus=[node]) == ()
    with pytest.raises(Exception, match="maxLength"):
        lazy.compile_all()
    with pytest.raises(Exception, match="maxLength"):
        lazy.validate(Index(()), focus=[shape])
