"""The query policy: refused queries, and queries that it must not mistake for them."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from conftest import ROOT
from observance.core import ForbiddenError, InvalidInputError, LimitExceededError, ObservanceError, Settings
from observance.questions import check_query
from observance.questions.query_joins import joined
from observance.questions.query_policy import decode_escapes, tokenisations
from oxishacl import sparql_tokens

SETTINGS = Settings()
KEYWORDS = ("SERVICE", "LOAD", "INSERT", "DELETE", "CLEAR", "DROP", "CREATE", "COPY", "MOVE", "ADD")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }",
        "SELECT * { service silent <http://127.0.0.1/> { ?s ?p ?o } }",
        "SELECT * { \\u0053ERVICE <http://127.0.0.1/> { ?s ?p ?o } }",
        "SELECT * { S\\U00000045RVICE <http://127.0.0.1/> { ?s ?p ?o } }",
        "PREFIX ex: <http://127.0.0.1/> SELECT * { SERVICEex:a { ?s ?p ?o } }",
        "PREFIX ex: <http://127.0.0.1/> SELECT * { SERVICESILENTex:a { ?s ?p ?o } }",
        "SELECT * { ?s ?p trueSERVICE <http://127.0.0.1/> { ?s ?p ?o } }",
        "SELECT * { ?s ?p 1e5SERVICE <http://127.0.0.1/> { ?s ?p ?o } }",
        "PREFIX : <a:> SELECT * { ?s ?p :.SERVICE <http://127.0.0.1/> { ?s ?p ?o } }",
        "SELECT * { ?s ?p ?o FILTER(?o<1)SERVICE#>\n<http://127.0.0.1/> { ?s ?p ?o } }",
        'SELECT * { VALUES ?x { """a" } SERVICE <http://127.0.0.1/> { ?s ?p ?o } }',
        'SELECT * { VALUES ?x { """a" } SERVICE <http://127.0.0.1/> { ?s ?p ?o } } # \\q"""',
        "SELECT * { ?s ?p ?o #\r SERVICE <http://127.0.0.1/> { ?s ?p ?o } }",
        'SELECT ("\\u0022 SERVICE" AS ?x) {}',
        "LOAD <http://127.0.0.1/>",
        "INSERT DATA { <a:a> <a:b> <a:c> }",
        "PREFIX ex: <a:> delete where { ?s ?p ?o }",
        "WITH <a:g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "CLEAR ALL",
        "DROP SILENT GRAPH <a:g>",
        "CREATE GRAPH <a:g>",
        "COPY <a:a> TO <a:b>",
        "MOVE <a:a> TO <a:b>",
        "ADD <a:a> TO <a:b>",
        "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }",
        "SELECT * FROM NAMED <FILE:///etc/passwd> { ?s ?p ?o }",
        "SELECT * FROM <f\\u0069le:///etc/passwd> { ?s ?p ?o }",
        "PREFIX f: <file:///etc/> SELECT * FROM f:passwd { ?s ?p ?o }",
    ],
)
def test_calls_updates_and_files_are_refused(query: str) -> None:
    """SERVICE, updates and files are refused in every notation."""
    with pytest.raises(ForbiddenError):
        check_query(query, settings=SETTINGS)


@pytest.mark.parametrize(
    "pattern",
    [
        "SELECT * {{ ?s ?p '{0}' }}",
        'SELECT * {{ ?s ?p "{0} {{" }}',
        "SELECT * {{ ?s ?p '''\n{0} '{0}' ''' }}",
        'SELECT * {{ ?s ?p """\n{0} "{0}" """ }}',
        "SELECT * {{ ?s ?p <http://example.org/{0}> }}",
        "SELECT * {{ ?s ?p ?o }} # {0} <x>",
        "# {0}\rSELECT * {{ ?s ?p ?o }}",
        "PREFIX {0}: <a:> SELECT * {{ ?s {0}:{0} ?o }}",
        "SELECT ?{0} ${0} {{ ?{0} ?p ${0} }}",
        "SELECT * {{ ?s ?p _:{0} , 'x'@{0} }}",
        "SELECT * {{ ?s obs:{0}, obs:a.{0} ?o . ?s obs:x{0} ?p }}",
        'SELECT * {{ ?s ?p "a\\"{0}" }}',
        "PREFIX {0}: <a:> SELECT * {{ GRAPH {0}:x {{ ?s ?p ?o }} }}",
    ],
)
def test_keywords_inside_other_tokens_pass(pattern: str) -> None:
    """A keyword inside a string, IRI, comment, name, variable, label or language tag is not one."""
    for keyword in KEYWORDS:
        check_query(pattern.format(keyword), settings=SETTINGS)


@pytest.mark.parametrize("query", ["", "  \n", "# only a comment", "SELECT * { ?s ?p '\0' }", "SELECT \ud800"])
def test_empty_or_binary_text_is_invalid(query: str) -> None:
    """An empty query and one with characters that are no text are invalid input."""
    with pytest.raises(InvalidInputError):
        check_query(query, settings=SETTINGS)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * {} #" + "x" * 10_000,
        "SELECT * " + "{" * 101 + "}" * 101,
        "SELECT (" + "(" * 100 + "1" + ")" * 100 + " AS ?x) {}",
        "SELECT (" + "!" * 101 + "1 AS ?x) {}",
        "SELECT (" + "- " * 101 + "1 AS ?x) {}",
        "SELECT (" + "!(" * 100 + "1" + ")" * 100 + " AS ?x) {}",
        "SELECT * { ?s " + "^" * 101 + "<a:a> ?o }",
        "SELECT * { ?s ?p " + "[ <a:a> " * 101 + "1" + "]" * 101 + " }",
        "SELECT * { FILTER(?a<" + "(" * 101 + "#>\n1" + ")" * 101 + ") }",
        "SELECT (1" + "+1" * 1001 + " AS ?x) {}",
        "SELECT * { {}" + "UNION{}" * 1001 + " }",
        "SELECT * { ?s <a:a>" + "/<a:a>" * 1001 + " ?o }",
    ],
)
def test_limits_are_enforced(query: str) -> None:
    """Length, nesting and chains are bounded."""
    with pytest.raises(LimitExceededError):
        check_query(query, settings=SETTINGS)


def test_queries_at_the_limit_pass() -> None:
    """A hundred nested groups, a thousand operators and ten thousand characters pass."""
    check_query("SELECT * " + "{" * 100 + "}" * 100, settings=SETTINGS)
    check_query("SELECT (1" + "+1" * 999 + " AS ?x) {}", settings=SETTINGS)
    check_query("SELECT * {} #".ljust(10_000, "x"), settings=SETTINGS)


FRAGMENTS = st.sampled_from(
    [
        "SERVICE",
        "SERVICE ",
        "service",
        "SILENT ",
        "<{url}>",
        "x:a",
        "SERVICEx:a",
        "{ ?a ?b ?c }",
        "{",
        "}",
        "(",
        ")",
        "<",
        ">",
        "#",
        "\n",
        "\r",
        '"',
        "'",
        '"""',
        "'''",
        "\\",
        "\\u0022",
        "\\q",
        '\\"',
        "FILTER(?s<1)",
        "VALUES ?x {",
        "1",
        "1e5",
        ".",
        "?s ?p ?o",
        " . ",
        "true",
        "a",
        ":",
        "x:",
        "-",
        "+",
        "!",
        "@en",
        "^^",
        "OPTIONAL",
        "GRAPH ?g ",
        "UNION",
        " ",
        "\\u0053ERVICE",
        "\\u003E",
        "BIND(1 AS ?y)",
        "//",
        "_:b",
    ]
)


@given(st.lists(FRAGMENTS, max_size=14).map("".join) | st.text(max_size=200))
def test_every_text_is_tokenised_and_checked(text: str) -> None:
    """For every text the tokens have their offsets, and the policy accepts it or raises an ObservanceError."""
    for comparing in (False, True):
        for token in sparql_tokens(text, prefer_comparison=comparing):
            assert text.startswith(token.text, token.offset)
    with contextlib.suppress(ObservanceError):
        check_query(text, settings=SETTINGS)


@pytest.fixture(scope="module")
def canary() -> Iterator[tuple[str, list[bool]]]:
    calls: list[bool] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def listen() -> None:
        try:
            while True:
                connection, _ = listener.accept()
                calls.append(True)
                connection.close()
        except OSError:
            return

    threading.Thread(target=listen, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/", calls
    listener.close()


@given(st.lists(FRAGMENTS, max_size=12).map("".join))
def test_every_tokenisation_is_checked(text: str) -> None:
    """None is left out but where it is one of the others."""
    every = {
        tuple(sparql_tokens(variant, prefer_comparison=prefer)) for variant in (text, decode_escapes(text)) for prefer in (False, True)
    }
    assert set(tokenisations(text)) == every


STORE = ox.Store()
STORE.add(ox.Quad(ox.NamedNode("a:s"), ox.NamedNode("a:p"), ox.Literal(0)))


def _evaluate(query: str) -> None:
    try:
        results = STORE.query(query, use_default_graph_as_union=True)
        if not isinstance(results, ox.QueryBoolean):
            list(results)
    except (SyntaxError, OSError, RuntimeError, ValueError):
        pass


def test_unchecked_service_connects(canary: tuple[str, list[bool]]) -> None:
    """Without the policy Oxigraph calls the listener, so that the next test can fail."""
    url, calls = canary
    _evaluate(f"SELECT * {{ SERVICE <{url}> {{ ?a ?b ?c }} }}")
    assert calls
    calls.clear()


@profile(max_examples=1500, deadline=None)
@given(
    st.lists(FRAGMENTS, max_size=8).map("".join),
    st.lists(FRAGMENTS, max_size=6).map("".join),
    st.sampled_from(["SERVICE <{url}>", "SERVICEx:a", "SERVICE#>\n<{url}>"]),
)
def test_accepted_queries_make_no_connection(canary: tuple[str, list[bool]], before: str, after: str, call: str) -> None:
    """Whatever surrounds a call, a query that the policy accepts makes no connection."""
    url, calls = canary
    query = ("PREFIX x: <{url}> PREFIX : <a:> SELECT * { ?s ?p ?o " + before + call + "{ ?a ?b ?c } " + after + " }").replace("{url}", url)
    try:
        check_query(query, settings=SETTINGS)
    except ObservanceError:
        return
    _evaluate(query)
    assert not calls, query


MANY = 1_000
JOINS = {
    "triples": lambda n: "ASK {" + "?s a 1." * n + "}",
    "objects": lambda n: "ASK {?s a " + ",".join("1" * n) + "}",
    "properties": lambda n: "ASK {?s " + ";".join(["a 1"] * n) + "}",
    "blank nodes": lambda n: "ASK {?s a " + ",".join(["[]"] * n) + "}",
    "path": lambda n: "ASK {?s " + "/".join("a" * n) + " ?o}",
    "path in brackets": lambda n: "ASK {?s (" + "/".join("a" * n) + ")* ?o}",
    "collection": lambda n: "ASK {?s a (" + " 1" * n + ")}",
    "groups": lambda n: "ASK {" + "{?s a 1}" * n + "}",
    "graphs": lambda n: "ASK {" + "GRAPH ?g {?s a 1}" * n + "}",
    "data": lambda n: "ASK {" + "VALUES ?a {1}" * n + "}",
    "a branch of a union": lambda n: "ASK {{} UNION {" + "?s a 1." * n + "}}",
    "sub-select": lambda n: "ASK {{SELECT * {" + "?s a 1." * n + "}}}",
    "not closed": lambda n: "ASK {" + "?s a 1." * n,
}


@pytest.mark.parametrize("query", JOINS.values(), ids=JOINS.keys())
def test_large_joins(query) -> None:
    """A query that joins very much, which an engine would plan for longer than any deadline, is refused; half of the limit is not."""
    check_query(query(SETTINGS.max_joins // 2), settings=SETTINGS)
    with pytest.raises(LimitExceededError) as refusal:
        check_query(query(MANY), settings=Settings(max_query_length=100_000))
    assert refusal.value.key == "querying.too-joined"


@pytest.mark.parametrize(
    "query",
    ["ASK {VALUES ?a {" + " 1" * MANY + "}}", "ASK {VALUES (?a ?b) {" + "(1 2)" * MANY + "}}",
     "ASK {?s ?p ?o FILTER(?o IN (" + "1," * MANY + "2))}",
     "ASK {?s ?p ?o FILTER(?o IN (" + "<http://example.org/a.b>," * 400 + "2))}", "ASK {?s " + "|".join("a" * MANY) + " ?o}",
     "SELECT (CONCAT(" + "?a," * MANY + "?b) AS ?c) {}", "ASK {{}" + "UNION {?a a 1. ?b a 2. ?c a 3. ?d a 4}" * 150 + "}",
     "ASK {" + "OPTIONAL {?a a 1. ?b a 2}" * 150 + "}"],
    ids=["data", "rows of data", "list of values", "list of IRIs", "alternatives", "arguments", "union", "optional"],
)  # fmt: skip
def test_not_joined(query: str) -> None:
    """What an engine plans quickly is not counted: data, expressions, alternatives, and what is joined apart from the rest."""
    check_query(query, settings=Settings(max_query_length=100_000, max_nesting=1_000))


def test_catalogue_joins_little() -> None:
    """No question of the catalogue joins a fifth of the limit, and as much as the limit is planned before the deadline of a stranger."""
    sizes = {path.name: joined(tuple(sparql_tokens(path.read_text(encoding="utf-8")))) for path in (ROOT / "queries").rglob("*.rq")}
    assert [name for name, size in sizes.items() if size > SETTINGS.max_joins / 5] == []
    began = time.perf_counter()
    ox.Store().query(JOINS["triples"](SETTINGS.max_joins - 2))
    assert time.perf_counter() - began < SETTINGS.anonymous_query_seconds
