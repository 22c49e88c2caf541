"""Queries evaluated in workers: answers, formats, limits, and hostile queries."""

import json
import socket
from collections.abc import Mapping
from types import MappingProxyType

import pyoxigraph as ox
import pytest

from file_handlers import FilesRequest
from observance.core import (
    DeadlineExceededError,
    ForbiddenError,
    InvalidInputError,
    LimitExceededError,
    SerializedAnswer,
    Settings,
    UnsupportedFormatError,
    UsageError,
    WorkerDiedError,
)
from observance.questions import check_format, check_query, evaluate_query
from observance.questions.model import GRAPH_FORMATS
from observance.rdf import MemoryStore
from observance.workers import WorkerPool

SETTINGS = Settings()
TARGET = "file_handlers:open_files"
EX = "https://example.org/"
VALUES = "SELECT ?s ?v { ?s ex:value ?v } ORDER BY ?v"


def _ask(
    workers: WorkerPool,
    text: str,
    *,
    format: str = "json",
    deadline: float = 30,
    settings: Settings = SETTINGS,
    values: Mapping[str, object] = MappingProxyType({}),
) -> SerializedAnswer:
    """The answer to a query that is checked here and evaluated in a worker, as in the service."""
    check_query(text, settings=settings)
    terms = {name: str(term) for name, term in values.items()}
    request = FilesRequest(query=text, format=check_format(format), limit=settings.max_answer_bytes, values=terms)
    return workers.call(request, deadline=deadline)


def _values(answer: SerializedAnswer) -> list[str]:
    return [row["v"]["value"] for row in json.loads(answer.body)["results"]["bindings"]]


def test_the_default_graph_is_the_union_of_all(workers: WorkerPool) -> None:
    """A query without FROM sees the graphs of all files, and named graphs inside files; the project's prefixes are declared."""
    assert _values(_ask(workers, VALUES)) == ["1", "2", "3", "4", "5", "6"]


def test_from_chooses_graphs(workers: WorkerPool) -> None:
    """FROM narrows the answer to that graph instead of being overruled by the union."""
    assert _values(_ask(workers, "SELECT ?v FROM <https://example.org/graph/other> { ?s ex:value ?v }")) == ["5"]
    assert _values(_ask(workers, "SELECT ?v { GRAPH ex:named { ?s ex:value ?v } }")) == ["6"]


@pytest.mark.parametrize(
    ("name", "media_type", "start"),
    [
        ("json", "application/sparql-results+json", b'{"head"'),
        ("xml", "application/sparql-results+xml", b"<?xml"),
        ("csv", "text/csv; charset=utf-8", b"s,v\r\n"),
        ("tsv", "text/tab-separated-values; charset=utf-8", b"?s\t?v\n"),
    ],
)
def test_a_table_in_each_format(workers: WorkerPool, name: str, media_type: str, start: bytes) -> None:
    """SELECT is answered in each of the four formats under its media type."""
    answer = _ask(workers, VALUES, format=name)
    assert (answer.media_type, answer.body[: len(start)]) == (media_type, start)


@pytest.mark.parametrize("name", ["turtle", "ntriples", "rdfxml", "jsonld"])
def test_a_graph_in_each_format_is_the_same_bytes_every_time(workers: WorkerPool, name: str) -> None:
    """CONSTRUCT with fresh blank nodes gives the same bytes twice, in each format."""
    text = "CONSTRUCT { [] ex:of ?s ; ex:value ?v } WHERE { ?s ex:value ?v }"
    first = _ask(workers, text, format=name).body
    assert first == _ask(workers, text, format=name).body
    assert len(list(ox.parse(first, format=GRAPH_FORMATS[name].writer))) == 12


def test_blank_nodes_have_the_same_labels_in_every_worker(workers: WorkerPool, other_workers: WorkerPool) -> None:
    """Two workers give a blank node the same label."""
    text = "SELECT ?v { ex:c ex:part ?v }"
    assert _ask(workers, text).body == _ask(other_workers, text).body


@pytest.mark.parametrize(
    ("text", "name", "phrase"),
    [
        (VALUES, "turtle", "querying.format-for-table"),
        ("ASK { ?s ?p ?o }", "ntriples", "querying.format-for-table"),
        ("CONSTRUCT WHERE { ?s ?p ?o }", "json", "querying.format-for-graph"),
        ("DESCRIBE ex:a", "csv", "querying.format-for-graph"),
        (VALUES, "pdf", "querying.unknown-format"),
    ],
)
def test_a_format_that_does_not_fit_says_what_does(workers: WorkerPool, text: str, name: str, phrase: str) -> None:
    """A graph format for a table, a table format for a graph and an unknown format are usage errors."""
    with pytest.raises(UsageError) as caught:
        _ask(workers, text, format=name)
    assert caught.value.key == phrase


@pytest.mark.parametrize(
    ("text", "phrase", "line", "column"),
    [
        ("SELECT ?s {\n  ?s ex:value ?v } LIMIT x", "query-unexpected", 2, 26),
        ("SELECT ?s {\n ?s nowhere:value ?v }", "query-prefix", 2, 5),
        ("SELECT ?s { ?s ?p ?o", "query-ends", 1, 21),
        ("SELECT ?s ?t (COUNT(?o) AS ?n) { ?s ?p ?o } GROUP BY ?s", "query-not-grouped", 1, 11),
    ],
)
def test_a_syntax_error_has_its_position(workers: WorkerPool, text: str, phrase: str, line: int, column: int) -> None:
    """A syntax error names line and column and is one sentence without the engine's own words."""
    with pytest.raises(InvalidInputError) as caught:
        _ask(workers, text)
    problem = caught.value.values["problem"]
    assert (problem.code, problem.values["line"], problem.values["column"]) == (phrase, line, column)
    assert len(caught.value.sentences()) == 2


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("SELECT (<https://example.org/f>(1) AS ?x) {}", "<https://example.org/f>"),
        ("SELECT ?s { ?s ?p ?o FILTER (<http://www.w3.org/2001/XMLSchema#nonsense>(?o)) }", "<http://www.w3.org/2001/XMLSchema#nonsense>"),
    ],
)
def test_unknown_function_is_named(workers: WorkerPool, text: str, name: str) -> None:
    """A function that is not known is an error in words, not a fault of the service."""
    with pytest.raises(InvalidInputError) as caught:
        _ask(workers, text)
    assert (caught.value.key, caught.value.values["name"]) == ("querying.unknown-function", name)


@pytest.mark.parametrize("text", [VALUES, "CONSTRUCT WHERE { ?s ?p ?o }"])
def test_answer_over_the_limit_is_an_error(workers: WorkerPool, text: str) -> None:
    """An answer beyond the limit is an error, never a truncated answer."""
    with pytest.raises(LimitExceededError):
        _ask(workers, text, settings=Settings(max_answer_bytes=100), format="turtle" if "CONSTRUCT" in text else "json")


INJECTIONS = [
    '"} ; DROP ALL #',
    "' UNION { ?s ?p ?o } #",
    "\\u0022 }",
    "x\ny",
    "?s",
    "<https://example.org/a>",
    "1) || (true",
    "é\U0001f600",
    '"""',
    "\\",
    "",
]


@pytest.mark.parametrize("value", INJECTIONS)
def test_a_value_stays_a_value(workers: WorkerPool, value: str) -> None:
    """Text that looks like SPARQL comes back as the text it was, and finds nothing."""
    terms = {"v": ox.Literal(value)}
    assert _values(_ask(workers, "SELECT ?v { }", values=terms)) == [value]
    assert _values(_ask(workers, VALUES, values=terms)) == []


def test_terms_of_each_kind_are_bound(workers: WorkerPool) -> None:
    """An IRI, a typed literal and a literal with a language each find their row."""
    for name, term in (("s", ox.NamedNode(EX + "b")), ("v", ox.Literal(2)), ("n", ox.Literal("deux", language="fr"))):
        answer = _ask(workers, "SELECT ?s ?v ?n { ?s ex:value ?v ; ex:note ?n }", values={name: term})
        assert _values(answer) == ["2"]


def _cross(head: str, tail: str = "") -> str:
    """A join of ten unrelated patterns of 15 triples each."""
    return head + " { " + " . ".join(f"?s{n} ?p{n} ?o{n}" for n in range(10)) + " } " + tail


def test_query_ends_at_its_deadline(workers: WorkerPool) -> None:
    """A query that cannot be interrupted ends at its deadline, and the next one is answered."""
    with pytest.raises(DeadlineExceededError):
        _ask(workers, _cross("SELECT (COUNT(*) AS ?v)"), deadline=1)
    assert _values(_ask(workers, VALUES))


def _growing(steps: int) -> str:
    """A string of 1,000 characters that each step makes six times longer."""
    grown = "".join(f"BIND(CONCAT({', '.join([f'?x{n}'] * 6)}) AS ?x{n + 1})" for n in range(steps))
    return f"SELECT (STRLEN(?x{steps}) AS ?v) {{ BIND('{'x' * 1000}' AS ?x0) {grown} }}"


@pytest.mark.parametrize(
    "text",
    [
        _cross("SELECT *", "ORDER BY ?o9 ?o8"),
        _cross("SELECT DISTINCT ?p0", "ORDER BY ?s1"),
        _growing(9),
    ],
    ids=["order-by", "distinct", "memory"],
)
def test_a_bomb_ends_one_worker(workers: WorkerPool, text: str) -> None:
    """A query that sorts or builds without measure ends its worker, by memory or deadline, and the next one is answered."""
    with pytest.raises((WorkerDiedError, DeadlineExceededError)):
        _ask(workers, text, deadline=5)
    assert _values(_ask(workers, VALUES))


def test_five_thousand_nested_groups_are_refused(workers: WorkerPool) -> None:
    """Nesting is refused by its length or depth before any engine sees it."""
    with pytest.raises(LimitExceededError):
        _ask(workers, "SELECT * " + "{" * 5000 + "}" * 5000, settings=Settings(max_query_length=100_000))


def test_five_thousand_nested_groups_end_at_most_one_worker(workers: WorkerPool) -> None:
    """Without the policy, such a query is answered, refused or ends one worker, and the next one is answered."""
    request = FilesRequest(query="SELECT * " + "{" * 50_000 + "}" * 50_000, format="json", limit=1000)
    with pytest.raises((WorkerDiedError, DeadlineExceededError)):
        workers.call(request, deadline=5)
    assert _values(_ask(workers, VALUES))


def test_service_makes_no_connection(workers: WorkerPool) -> None:
    """The policy refuses SERVICE to a listener; without the policy the kernel does."""
    with socket.create_server(("127.0.0.1", 0)) as canary:
        canary.settimeout(0.5)
        text = f"SELECT * {{ SERVICE <http://127.0.0.1:{canary.getsockname()[1]}/> {{ ?s ?p ?o }} }}"
        with pytest.raises(ForbiddenError):
            _ask(workers, text)
        with pytest.raises(ForbiddenError):
            workers.call(FilesRequest(query=text, format="json", limit=1000), deadline=30)
        with pytest.raises(TimeoutError):
            canary.accept()


def test_a_file_is_not_a_graph(workers: WorkerPool) -> None:
    """FROM <file:…> is refused."""
    with pytest.raises(ForbiddenError):
        _ask(workers, "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }")


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("broken.ttl", "<a:a> <a:b> .\n", InvalidInputError),
        ("table.csv", "a,b\n", UnsupportedFormatError),
        ("gone.ttl", None, InvalidInputError),
    ],
)
def test_a_file_that_cannot_be_read_is_named_without_its_folder(
    tmp_path_factory: pytest.TempPathFactory, name: str, content: str | None, kind: type[Exception]
) -> None:
    """The error about a file names the file but not its folder."""
    folder = tmp_path_factory.mktemp("hidden")
    if content is not None:
        (folder / name).write_text(content, encoding="utf-8")
    files = [[str(folder / name), "a:g"]]
    with WorkerPool(TARGET, {"files": files}, count=1, memory_mb=1024) as broken, pytest.raises(kind) as caught:
        _ask(broken, VALUES)
    assert name in str(caught.value)
    assert "hidden" not in str(caught.value)


def test_nothing_evaluated_changes_the_store() -> None:
    """Without the policy an update is a syntax error."""
    with pytest.raises(InvalidInputError):
        evaluate_query("CLEAR ALL", store=MemoryStore(), format="json", limit=1000)
