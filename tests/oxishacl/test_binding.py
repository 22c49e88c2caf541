"""Values for the variables of a query, written into its text."""

import pyoxigraph as ox
import pytest
import rdflib

from oxishacl import OxishaclError, bind_variables

STORE = ox.Store()
for _name, _value in (("a", 1), ("b", 2), ("c", 3)):
    STORE.add(ox.Quad(ox.NamedNode(f"https://example.org/{_name}"), ox.NamedNode("https://example.org/value"), ox.Literal(_value)))
EX = "PREFIX ex: <https://example.org/> "
QUERIES = [
    EX + "SELECT ?s ?v { ?s ex:value ?v } ORDER BY ?s",
    EX + "SELECT ?s ?v WHERE { ?s ex:value ?w FILTER(?w >= ?v) } ORDER BY ?s",
    EX + "SELECT ?s ?v { OPTIONAL { ?s ex:value ?w FILTER(?w = ?v) } } ORDER BY ?s",
    EX + "SELECT ?v (COUNT(?s) AS ?n) { ?s ex:value ?w FILTER(?w <= ?v) } GROUP BY ?v",
    EX + "SELECT ?v ?n { { SELECT ?v (COUNT(?s) AS ?n) { ?s ex:value ?v } GROUP BY ?v } }",
    EX + "SELECT ?v ?n { SELECT ?v (COUNT(?s) AS ?n) { ?s ex:value ?v } GROUP BY ?v }",
    EX + "SELECT ?v (EXISTS { ?s ex:value 3 } AS ?e) { ?s ex:value ?v } # {",
    EX + "SELECT ?s ?v { ?s ex:value ?w FILTER NOT EXISTS { ?s ex:value ?v } } ORDER BY ?s",
    EX + "SELECT ?s ?v { { ?s ex:value ?v } UNION { ?s ex:other ?v } VALUES ?s { ex:a ex:b ex:c } }",
    EX + "SELECT ?s ?v { ?s ex:value ?v } VALUES ?s { ex:a ex:b }",
    EX + "ASK { ?s ex:value ?v }",
]


def rows(answer: object) -> list[tuple[str, ...]]:
    """The rows of an answer as texts, with the names of its columns first."""
    if isinstance(answer, ox.QueryBoolean):
        return [(str(bool(answer)),)]
    assert isinstance(answer, ox.QuerySolutions)
    return [tuple(str(variable) for variable in answer.variables), *(tuple(map(str, solution)) for solution in answer)]


@pytest.mark.parametrize("text", QUERIES)
@pytest.mark.parametrize("value", [2, 9])
def test_answers_as_a_substituted_term(text: str, value: int):
    """In every form of query the written value gives the answer of Oxigraph's substitution, where only equal terms are equal."""
    term = ox.Literal(value)
    given = rows(STORE.query(text, substitutions={ox.Variable("v"): term}))

    assert rows(STORE.query(bind_variables(text, {"v": term}))) == given


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT * { ?s ex:value ?v }", [("?s", "?v"), ("<https://example.org/b>", "2")]),
        ("SELECT ?s { ?s ex:value ?w FILTER (!BOUND(?v) || ?w = ?v) }", [("?s",), ("<https://example.org/b>",)]),
        ("SELECT ?s { ?s ex:value ?w { { FILTER (?v = 2) } } } ORDER BY ?v DESC(?s) LIMIT 1", [("?s",), ("<https://example.org/c>",)]),
        ("SELECT ?s { ?s ex:value ?w { SELECT ?v { ?x ex:value ?v } } } ORDER BY ?s LIMIT 1", [("?s",), ("<https://example.org/a>",)]),
        ("SELECT ?v { { SELECT ?v { ?s ex:value ?v } } }", [("?v",), ("2",)]),
        ("ASK { FILTER (?v = 2.0) }", [("True",)]),
        ("SELECT ?s { ?s ex:value ?w FILTER (?w<?v&&?v>0) }", [("?s",), ("<https://example.org/a>",)]),
        ("SELECT ?s { ?s ex:value ?v FILTER BOUND(?v) } ORDER BY BOUND(?v)", [("?s",), ("<https://example.org/b>",)]),
        ("SELECT ?v (COUNT(?s) AS ?n) { ?s ex:value ?v } GROUP BY (?v)", [("?v", "?n"), ("2", "1")]),
        ("SELECT * { SELECT ?s ?v { ?s ex:value ?v } }", [("?s", "?v"), ("<https://example.org/b>", "2")]),
        ("SELECT * { { SELECT ?s ?v { ?s ex:value ?v } } }", [("?s", "?v"), ("<https://example.org/b>", "2")]),
        ("SELECT ?v_1 { ?s ex:value ?v_1 . { SELECT ?v { ?x ex:value ?v } } } ORDER BY ?v_1 LIMIT 1", [("?v_1",), ("1",)]),
        ("SELECT * { ?s ex:value ?v } ORDER BY ?v STRLEN(STR(?v)) # ?v", [("?s", "?v"), ("<https://example.org/b>", "2")]),
    ],
)
def test_in_every_group(text: str, expected: list[tuple[str, ...]]):
    """The value is seen in every group, by BOUND and by ORDER BY; a selected variable stays a column."""
    found = rows(STORE.query(bind_variables(EX + text, {"v": ox.Literal(2)})))

    assert [tuple(cell.partition("^^")[0].strip('"') for cell in row) for row in found] == expected


def test_of_graphs():
    """CONSTRUCT, also without a template, and DESCRIBE take values."""
    for text in ("CONSTRUCT { ?s ex:q ?v } WHERE { ?s ex:value ?v }", "CONSTRUCT WHERE { ?s ?p ?v }", "DESCRIBE ?s"):
        values = {"v": ox.Literal(2), "s": ox.NamedNode("https://example.org/b")}
        assert len(list(STORE.query(bind_variables(EX + text, values)))) == 1


@pytest.mark.parametrize("value", ['"} DROP ALL #', "\\", '"""', "a\nb\r", "}", "é\U0001f600", "\\u0022", "{0}", "{term}", "?v"])
def test_term_stays_a_term(value: str):
    """Text that looks like SPARQL comes back as it was, from Oxigraph and from rdflib."""
    text = bind_variables("SELECT ?v { }", {"v": ox.Literal(value)})

    assert [row["v"].value for row in STORE.query(text)] == [value]
    for query in ("SELECT * { FILTER (?v = ?v) } ORDER BY STRLEN(?v)", "SELECT * { FILTER (?v = ?v) } # ?v"):
        answer = STORE.query(bind_variables(query, {"v": ox.Literal(value)}))
        assert ([variable.value for variable in answer.variables], [row["v"].value for row in answer]) == (["v"], [value])
    # rdflib decodes escapes twice.
    assert "\\u" in value or [str(row[0]) for row in rdflib.Graph().query(text)] == [value]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?v { BIND (1 AS ?v) }",
        "SELECT ?v { VALUES ?v { 1 } }",
        "SELECT (1 AS ?v) {}",
        "SELECT ?v { ?s ?p ?v",
        "SELECT ?s { ?s ?v ?o }",
    ],
)
def test_refused(text: str):
    """A query that gives the variable a value itself, or is none, is refused in words."""
    with pytest.raises(OxishaclError) as caught:
        bind_variables(text, {"v": ox.Literal(2)})

    assert len(set(caught.value.sentences().values())) == 2
