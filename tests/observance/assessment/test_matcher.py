"""Patterns are matched as SPARQL matches them, whatever the facts; and facts can be taken back."""

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from observance.assessment.rules import matcher
from observance.assessment.rules.matcher import Matcher, Pattern, value
from observance.core import RDF, XSD
from observance.rdf import FactBase, parse_term

NODES = [f"<https://example.org/{name}>" for name in "abcd"]
DAYS = [f'"{day}"^^<{XSD}date>' for day in ("2020-01-31", "2020-02-29", "2021-01-01")]
NUMBERS = [f'"{number}"^^<{XSD}integer>' for number in (2, 10)]
TEXTS = ['"2020-02-29"', '"x"@en', '"tab\\t\\"quoted\\" \\\\ é"']
PREDICATES = ["<https://example.org/p>", "<https://example.org/q>", f"<{RDF}type>"]
VARIABLES = ["?one", "?two", "?three"]
statements = st.tuples(st.sampled_from(NODES), st.sampled_from(PREDICATES), st.sampled_from(NODES + DAYS + NUMBERS + TEXTS))
atoms = st.tuples(st.sampled_from(NODES + VARIABLES), st.sampled_from(PREDICATES), st.sampled_from(NODES + DAYS + VARIABLES + VARIABLES))
comparisons = st.tuples(st.sampled_from(VARIABLES), st.sampled_from(["<", "<="]), st.sampled_from(VARIABLES + DAYS + NUMBERS))
differences = st.tuples(st.sampled_from(VARIABLES), st.sampled_from(["=", "!="]), st.sampled_from(VARIABLES + NODES))


def by_oxigraph(pattern: Pattern, facts: list[tuple[str, str, str]]) -> set[tuple[str, ...]]:
    """The rows that Oxigraph finds."""
    store = ox.Store()
    store.load("".join(f"{s} {p} {o} .\n" for s, p, o in facts).encode(), format=ox.RdfFormat.N_TRIPLES)
    names = pattern.variables
    body = matcher.sparql(pattern)
    if not names:
        return {()} if bool(store.query(f"ASK {{ {body} }}")) else set()
    solutions = store.query(f"SELECT DISTINCT {' '.join(f'?{name}' for name in names)} WHERE {{ {body} }}")
    return {tuple(str(part) for part in solution) for solution in solutions}


def bound(pattern: Pattern) -> Pattern:
    """The pattern with those comparisons only whose variables it binds; nodes are compared with nodes, as Oxigraph's `!=` does."""
    names = {f"?{name}" for name in pattern.variables}
    kept = [f for f in pattern.filters if all(not side.startswith("?") or side in names for side in (f[0], f[2]))]
    nodes = {s for s, _, _ in pattern.triples}
    return Pattern(pattern.triples, tuple(f for f in kept if f[1] in {"<", "<="} or {f[0], f[2]} <= nodes | set(NODES)))


@settings(max_examples=300, deadline=None)
@given(
    facts=st.lists(statements, max_size=25, unique=True), triples=st.lists(atoms, min_size=1, max_size=4),
    filters=st.lists(comparisons | differences, max_size=2), given=st.booleans(),
)  # fmt: skip
def test_patterns_are_matched_as_sparql_does(facts, triples, filters, given):
    """Every row that Oxigraph finds, and no other; and with a variable given, those in which it has the value."""
    pattern = bound(Pattern(tuple(triples), tuple(filters)))
    expected = by_oxigraph(pattern, facts)

    assert {tuple(row) for row in Matcher(pattern, FactBase(facts), given=()).rows()} == expected
    if given and pattern.variables:
        matcher = Matcher(pattern, FactBase(facts), given=pattern.variables[:1])
        for text in NODES:
            assert {tuple(row) for row in matcher.rows(text)} == {row for row in expected if row[0] == text}


@settings(max_examples=100, deadline=None)
@given(facts=st.lists(statements, max_size=20, unique=True), taken=st.sets(st.integers(0, 19)))
def test_what_is_taken_back_is_not_there(facts, taken):
    """Facts that were taken back are gone for good once that is settled, and the rest is there from either side."""
    found = FactBase(facts)
    found.subjects_by_object(PREDICATES[0])
    gone = [fact for number, fact in enumerate(facts) if number in taken]
    for fact in gone:
        assert found.retract(fact)
        assert not found.retract(fact)
        assert fact not in found
    found.commit()

    assert set(found) == set(facts) - set(gone)
    assert {(s, p, o) for p in PREDICATES for o, subjects in found.subjects_by_object(p).items() for s in subjects} == set(found)
    assert all(found.add(fact) for fact in gone)
    assert set(found) == set(facts)


@pytest.mark.parametrize("text", [*NODES, *DAYS, *NUMBERS, *TEXTS, "_:b0", '"\\u00e9\\U0001F600"', '"line\\nbreak"@fr-CA'])
def test_texts_stand_for_terms(text: str):
    """A text is the term that N-Triples says it is."""
    quad = next(iter(ox.parse(f"<x:s> <x:p> {text} .".encode(), format=ox.RdfFormat.N_TRIPLES)))

    assert parse_term(text) == quad.object or isinstance(quad.object, ox.BlankNode)
    assert parse_term(str(quad.object)) == quad.object


def test_only_days_and_numbers_have_an_order():
    """A text that looks like a day is none, nor is a date that does not exist."""
    assert value(DAYS[0]) < value(DAYS[1])
    assert isinstance(value(TEXTS[0]), str)
    assert isinstance(value(f'"2021-02-30"^^<{XSD}date>'), str)
