"""Statement tables: the same results as a list of quads, also after serialisation."""

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from observance.rdf import StatementTable

EX = "https://example.org/"
IRIS = [ox.NamedNode(EX + name) for name in "abc"]
BLANK = [ox.BlankNode("x"), ox.BlankNode("y")]
LITERALS = [
    ox.Literal(f"{EX}a"), ox.Literal(""), ox.Literal("one\ntwo"), ox.Literal("1", datatype=ox.NamedNode(EX + "a")), ox.Literal("1"),
    ox.Literal("1", language="en"), ox.Literal("@en\n1"), ox.Literal("<a"), ox.Literal("é\u2028"),
]  # fmt: skip
GRAPHS = [ox.NamedNode(EX + "g"), ox.NamedNode(EX + "h")]
OBJECTS = [*IRIS, *BLANK, *LITERALS]
QUADS = st.lists(
    st.builds(
        ox.Quad,
        st.sampled_from([*IRIS, *BLANK]),
        st.sampled_from(IRIS),
        st.sampled_from(OBJECTS),
        st.sampled_from(GRAPHS),
    ),
    max_size=30,
)


def grouped(pairs):
    """The distinct grouped by predicate, in order."""
    ends_by_predicate = {}
    for predicate, end in dict.fromkeys(pairs):
        ends_by_predicate.setdefault(predicate, []).append(end)
    return ends_by_predicate


@given(QUADS)
@settings(deadline=None, derandomize=True)
def test_lookups_agree_with_a_list(quads: list[ox.Quad]):
    """Every look-up returns what a search of the list of quads returns, before and after serialisation."""
    content = StatementTable.of(quads).to_bytes()
    assert content is not None
    for table in (StatementTable.of(quads), StatementTable.from_bytes(content)):
        assert list(map(tuple, table)) == list(map(tuple, quads))
        assert len(table) == len(quads)
        assert table.subjects == {quad.subject.value for quad in quads if isinstance(quad.subject, ox.NamedNode)}
        for node in (*IRIS, *BLANK, *LITERALS):
            assert table.edges(node) == grouped((q.predicate, q.object) for q in quads if q.subject == node)
            assert table.back_edges(node) == grouped((q.predicate, q.subject) for q in quads if q.object == node)
        for predicate in IRIS:
            matching = [q for q in quads if q.predicate == predicate]
            assert list(table.pairs(predicate)) == list(dict.fromkeys((q.subject, q.object) for q in matching))
            for node in (*IRIS, *BLANK):
                assert table.objects(node, predicate.value) == list(dict.fromkeys(q.object for q in matching if q.subject == node))
            for node in IRIS:
                values = (q.object.value for q in matching if q.subject == node and not isinstance(q.object, ox.BlankNode))
                assert table.values(node.value, predicate.value) == tuple(dict.fromkeys(values))


def test_subjects_with():
    """A value is an IRI or the lexical form of any literal; blank nodes are not returned."""
    a, b, c = IRIS
    typed, plain = LITERALS[3:5]
    table = StatementTable.of([ox.Quad(a, b, c), ox.Quad(BLANK[0], b, c), ox.Quad(c, b, typed), ox.Quad(a, b, plain), ox.Quad(b, a, c)])

    assert table.subjects_with(b.value, c.value) == (a.value,)
    assert table.subjects_with(b.value, "1") == (c.value, a.value)
    assert table.subjects_with(b.value, "nowhere") == ()
    assert table.subjects_with(EX + "no", c.value) == ()


def test_unsupported_terms_are_not_serialised():
    """A table with a triple term or with the separator in a term is not serialised."""
    triple = ox.Triple(*IRIS)

    assert StatementTable.of([ox.Quad(IRIS[0], IRIS[1], triple, GRAPHS[0])]).to_bytes() is None
    assert StatementTable.of([ox.Quad(IRIS[0], IRIS[1], ox.Literal("a\0b"), GRAPHS[0])]).to_bytes() is None


@pytest.mark.parametrize("damage", [lambda text: text[:-3], lambda _: b"", lambda _: b"[]\n", lambda text: text.replace(b"[", b"[9", 1)])
def test_damaged_bytes_are_rejected(damage):
    """Bytes that `to_bytes` did not return are rejected."""
    content = StatementTable.of([ox.Quad(*IRIS, GRAPHS[0])]).to_bytes()
    assert content is not None

    with pytest.raises((ValueError, TypeError, LookupError)):
        StatementTable.from_bytes(damage(content))
