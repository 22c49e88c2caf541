"""What is fetched and compiled as it is needed gives what all at once gives."""

from pathlib import Path

import pyoxigraph as ox
import pytest

from conftest import ROOT
from observance.knowledge import load_knowledge, load_rooms
from observance.rdf import StatementTable
from oxishacl import TYPE, Index, LazyIndex, sh
from oxishacl import compile_shapes as compiled
from oxishacl import report_quads as report
from oxishacl.terms import SUBCLASS_OF

KNOWLEDGE = load_knowledge(ROOT)
SHAPES = load_rooms(ROOT, "shapes").statements
DOCUMENTS = sorted((ROOT / "shapes" / "examples").glob("*.ttl")) + sorted((ROOT / "tests" / "service" / "intake" / "reports").glob("*.ttl"))


@pytest.fixture(scope="module")
def both() -> tuple[Index, LazyIndex]:
    """The knowledge, indexed and fetched."""
    return Index(KNOWLEDGE.statements), LazyIndex(KNOWLEDGE.statements)


def test_same_edges(both):
    """Every node has the same edges either way, in the same order."""
    index, fetched = both
    for node in {*index.by_subject, *index.by_object}:
        assert fetched.edges(node) == index.edges(node)
        assert {p: sorted(map(str, found)) for p, found in fetched.back_edges(node).items()} == {
            p: sorted(map(str, found)) for p, found in index.back_edges(node).items()
        }
    for predicate in (TYPE, SUBCLASS_OF):
        assert sorted(map(str, fetched.pairs(predicate))) == sorted(map(str, index.pairs(predicate)))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_same_results(document: Path, both):
    """A document has the same results, in the same order, from shapes compiled as they are needed over what is fetched."""
    index, fetched = both
    quads = list(ox.parse(path=document, format=ox.RdfFormat.TURTLE))
    whole, lazy = compiled(SHAPES), compiled(LazyIndex(SHAPES), lazily=True)
    for focus in (None, list(Index(quads).nodes)):
        results = whole.validate(Index(quads, background=index), focus=focus)

        assert list(report(lazy.validate(Index(quads, background=fetched), focus=focus))) == list(report(results))


def test_not_remembered():
    """What is not there leaves no trace, so that documents without end take no memory."""
    fetched = LazyIndex(KNOWLEDGE.statements)
    for number in range(10):
        assert not fetched.edges(ox.NamedNode(f"https://example.org/{number}"))
        assert not fetched.back_edges(ox.NamedNode(f"https://example.org/{number}"))

    assert not fetched._edges_cache
    assert not fetched._back_edges_cache


def test_lazily_compiled_once():
    """Shapes known to be well-formed are compiled when they are run: an ill-formed one that nothing needs is not seen."""
    shape, other, kind = (ox.NamedNode(f"https://example.org/{name}") for name in ("shape", "other", "kind"))
    count = ox.Literal("many")
    quads = [ox.Quad(shape, sh("targetNode"), kind), ox.Quad(other, sh("targetNode"), shape), ox.Quad(other, sh("maxLength"), count)]
    lazy = compiled(LazyIndex(StatementTable.of(quads)), lazily=True)

    assert lazy.validate(Index(()), focus=[kind]) == ()
    with pytest.raises(Exception, match="maxLength"):
        lazy.compile_all()
    with pytest.raises(Exception, match="maxLength"):
        lazy.validate(Index(()), focus=[shape])
