"""Statements in columns: found as in a plain list of quads, and the same when they are read again."""

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


def ends(pairs):
    """Predicates with what is found over them, each once, in order."""
    found = {}
    for predicate, end in dict.fromkeys(pairs):
        found.setdefault(predicate, []).append(end)
    return found


@given(QUADS)
@settings(deadline=None, derandomize=True)
def test_found_as_in_a_list(quads: list[ox.Quad]):
    """Every look-up gives what going through the quads gives, from the statements and from what was written of them."""
    content = StatementTable.of(quads).to_bytes()
    assert content is not None
    for found in (StatementTable.of(quads), StatementTable.from_bytes(content)):
        assert list(map(tuple, found)) == list(map(tuple, quads))
        assert len(found) == len(quads)
        assert found.subjects == {quad.subject.value for quad in quads if isinstance(quad.subject, ox.NamedNode)}
        for node in (*IRIS, *BLANK, *LITERALS):
            assert found.edges(node) == ends((q.predicate, q.object) for q in quads if q.subject == node)
            assert found.back_edges(node) == ends((q.predicate, q.subject) for q in quads if q.object == node)
        for predicate in IRIS:
            own = [q for q in quads if q.predicate == predicate]
            assert list(found.pairs(predicate)) == list(dict.fromkeys((q.subject, q.object) for q in own))
            for node in IRIS:
                values = (q.object.value for q in own if q.subject == node and not isinstance(q.object, ox.BlankNode))
                assert found.values(node.value, predicate.value) == tuple(dict.fromkeys(values))


def test_holders():
    """A value is an IRI, or the lexical form of any literal; what is a blank node is not given."""
    a, b, c = IRIS
    typed, plain = LITERALS[3:5]
    found = StatementTable.of([ox.Quad(a, b, c), ox.Quad(BLANK[0], b, c), ox.Quad(c, b, typed), ox.Quad(a, b, plain), ox.Quad(b, a, c)])

    assert found.subjects_with(b.value, c.value) == (a.value,)
    assert found.subjects_with(b.value, "1") == (c.value, a.value)
    assert found.subjects_with(b.value, "nowhere") == ()
    assert found.subjects_with(EX + "no", c.value) == ()


def test_not_written():
    """What could not be read again as it was is not written."""
    triple = ox.Triple(*IRIS)

    assert StatementTable.of([ox.Quad(IRIS[0], IRIS[1], triple, GRAPHS[0])]).to_bytes() is None
    assert StatementTable.of([ox.Quad(IRIS[0], IRIS[1], ox.Literal("a\0b"), GRAPHS[0])]).to_bytes() is None


@pytest.mark.parametrize("damage", [lambda text: text[:-3], lambda _: b"", lambda _: b"[]\n", lambda text: text.replace(b"[", b"[9", 1)])
def test_not_read(damage):
    """What was not written here is refused."""
    content = StatementTable.of([ox.Quad(*IRIS, GRAPHS[0])]).to_bytes()
    assert content is not None

    with pytest.raises((ValueError, TypeError, LookupError)):
        StatementTable.from_bytes(damage(content))
