"""The matcher against Oxigraph on random patterns and facts; retraction in the fact base."""

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from observance.assessment.rules.matcher import Matcher, Pattern, comparison_value, to_sparql
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


def oxigraph_rows(pattern: Pattern, facts: list[tuple[str, str, str]]) -> set[tuple[str, ...]]:
    """The rows that Oxigraph finds."""
    store = ox.Store()
    store.load("".join(f"{s} {p} {o} .\n" for s, p, o in facts).encode(), format=ox.RdfFormat.N_TRIPLES)
    names = pattern.variables
    body = to_sparql(pattern)
    if not names:
        return {()} if bool(store.query(f"ASK {{ {body} }}")) else set()
    solutions = store.query(f"SELECT DISTINCT {' '.join(f'?{name}' for name in names)} WHERE {{ {body} }}")
    return {tuple(str(part) for part in solution) for solution in solutions}


def restrict_filters(pattern: Pattern) -> Pattern:
    """The pattern without comparisons of unbound variables, and with `=` and `!=` between nodes only, where Oxigraph agrees."""
    names = {f"?{name}" for name in pattern.variables}
    filters = [f for f in pattern.filters if all(not side.startswith("?") or side in names for side in (f[0], f[2]))]
    nodes = {s for s, _, _ in pattern.triples}
    return Pattern(pattern.triples, tuple(f for f in filters if f[1] in {"<", "<="} or {f[0], f[2]} <= nodes | set(NODES)))


@settings(max_examples=300, deadline=None)
@given(
    facts=st.lists(statements, max_size=25, unique=True), triples=st.lists(atoms, min_size=1, max_size=4),
    filters=st.lists(comparisons | differences, max_size=2), bind=st.booleans(),
)  # fmt: skip
def test_matches_are_those_of_sparql(facts, triples, filters, bind):
    """A pattern has the rows that Oxigraph finds, also with its first variable bound."""
    pattern = restrict_filters(Pattern(tuple(triples), tuple(filters)))
    expected = oxigraph_rows(pattern, facts)

    assert {tuple(row) for row in Matcher(pattern, FactBase(facts), bound=()).rows()} == expected
    if bind and pattern.variables:
        matcher = Matcher(pattern, FactBase(facts), bound=pattern.variables[:1])
        for text in NODES:
            assert {tuple(row) for row in matcher.rows(text)} == {row for row in expected if row[0] == text}


@settings(max_examples=100, deadline=None)
@given(facts=st.lists(statements, max_size=20, unique=True), taken=st.sets(st.integers(0, 19)))
def test_retracted_facts_are_absent(facts, taken):
    """Retracted facts are deleted from both indexes by a commit, and can be added again."""
    fact_base = FactBase(facts)
    fact_base.subjects_by_object(PREDICATES[0])
    retracted = [fact for number, fact in enumerate(facts) if number in taken]
    for fact in retracted:
        assert fact_base.retract(fact)
        assert not fact_base.retract(fact)
        assert fact not in fact_base
    fact_base.commit()

    assert set(fact_base) == set(facts) - set(retracted)
    assert {(s, p, o) for p in PREDICATES for o, subjects in fact_base.subjects_by_object(p).items() for s in subjects} == set(fact_base)
    assert all(fact_base.add(fact) for fact in retracted)
    assert set(fact_base) == set(facts)


@pytest.mark.parametrize("text", [*NODES, *DAYS, *NUMBERS, *TEXTS, "_:b0", '"\\u00e9\\U0001F600"', '"line\\nbreak"@fr-CA'])
def test_parse_term(text: str):
    """A text denotes the term that it denotes in N-Triples."""
    quad = next(iter(ox.parse(f"<x:s> <x:p> {text} .".encode(), format=ox.RdfFormat.N_TRIPLES)))

    assert parse_term(text) == quad.object or isinstance(quad.object, ox.BlankNode)
    assert parse_term(str(quad.object)) == quad.object


def test_only_dates_and_integers_have_an_order():
    """A string that looks like a date has no order, nor has a date that does not exist."""
    assert comparison_value(DAYS[0]) < comparison_value(DAYS[1])
    assert isinstance(comparison_value(TEXTS[0]), str)
    assert isinstance(comparison_value(f'"2021-02-30"^^<{XSD}date>'), str)
