"""The catalogue: each question of `queries/` has a fixed graph and an approved answer.

A case is a folder with `expected.csv` (or `expected.json` for ASK), perhaps `params.json`, and `given.ttl`, else that of the
folder above. `#+ with: knowledge` as the first line of `given.ttl` adds the knowledge to the graph.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest

from conftest import ROOT
from observance.graph import knowledge as rooms
from observance.house import House
from observance.model import Question
from observance.namespaces import PREFIXES
from observance.querying import catalogue, header
from observance.querying.inline import inline

HERE = Path(__file__).parent
QUESTIONS = {question.name: question for question in catalogue.read(ROOT / "queries")}
ASKS = {"every-norm-has-its-paragraph", "has-considered-benchmarking", "union-submission-discharges-members"}
TABLES = sorted(set(QUESTIONS) - ASKS)
CASES = sorted(file.parent for file in HERE.rglob("expected.*"))
# What these columns hold is quoted from the authentic text, whatever the language asked for.
QUOTED = {"text", "words", "cue", "governs"}

Table = list[list[str]]


def files(given: Path) -> tuple[Path, ...]:
    """The case's graph and, where it says so, the knowledge."""
    first = given.read_text(encoding="utf-8").partition("\n")[0]
    known = [file for room in ("ontology", "rules", "shapes") for file in rooms.files(ROOT, room)]
    return (given, *known) if first == "#+ with: knowledge" else (given,)


@cache
def store(given: Path, *, backwards: bool = False) -> ox.Store:
    """Each file in a graph of its own; `backwards`, everything in the opposite order, the case's own facts in two graphs."""
    opened = ox.Store()
    for file in sorted(files(given), reverse=backwards):
        graph = ox.NamedNode(rooms.graph_name(file, root=ROOT))
        quads = [ox.Quad(*quad.triple, graph) for quad in ox.parse(path=file, format=ox.RdfFormat.TURTLE, rename_blank_nodes=True)]
        opened.extend(reversed(quads) if backwards else quads)
        if backwards and file == given:
            opened.extend(ox.Quad(*quad.triple, ox.NamedNode("urn:again")) for quad in quads)
    return opened


def given(case: Path) -> Path:
    """The case's graph: its own or that of the folder above."""
    own = case / "given.ttl"
    return own if own.exists() else case.parent / "given.ttl"


def name(case: Path) -> str:
    """The question that the case is about."""
    return case.relative_to(HERE).parts[0]


def params(case: Path) -> dict[str, str]:
    """The parameters of the case, as text."""
    file = case / "params.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def terms(question: Question, values: Mapping[str, str], *, house: House) -> dict[ox.Variable, ox.NamedNode | ox.Literal]:
    """The parameters as terms, defaults included."""
    return {ox.Variable(key): term for key, term in catalogue.bind(question, values, resolve=house.resolve).items()}


def evaluate(text: str, *, on: ox.Store, substitutions: Mapping[ox.Variable, ox.NamedNode | ox.Literal] | None = None):
    """What the query gives over the union of all graphs."""
    return on.query(text, prefixes=dict(PREFIXES), substitutions=dict(substitutions or {}), use_default_graph_as_union=True)


def answer(case: Path, *, house: House, backwards: bool = False, **values: str):
    """What the case's question gives, `values` coming before its parameters."""
    question = QUESTIONS[name(case)]
    bound = terms(question, {**params(case), **values}, house=house)
    return evaluate(question.text, on=store(given(case), backwards=backwards), substitutions=bound)


def table(content: bytes) -> Table:
    """The rows of a CSV answer, its header first."""
    return list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))


def rows(solutions: ox.QuerySolutions) -> Table:
    """The rows of an answer as CSV has them, its header first."""
    return table(solutions.serialize(format=ox.QueryResultsFormat.CSV) or b"")


def tagged(solutions: ox.QuerySolutions) -> Iterable[tuple[str, str]]:
    """The column and language of every text in a language, quoted columns apart."""
    columns = [variable.value for variable in solutions.variables]
    for row in solutions:
        for column in columns:
            term = row[column]
            if isinstance(term, ox.Literal) and term.language and column not in QUOTED:
                yield column, term.language


def test_catalogue():
    """The competency questions 1 to 18 and 49 to 52 are each one query, in both languages, and each has a case."""
    numbers = [number for question in QUESTIONS.values() for number in header.read(question.text, file=question.name).questions]

    assert {*range(1, 19), *range(49, 53)} <= set(numbers)
    assert len(numbers) == len(set(numbers))
    assert all(question.summary["en"] and question.summary["fr"] for question in QUESTIONS.values())
    assert {name(case) for case in CASES} == set(QUESTIONS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.relative_to(HERE).as_posix())
def test_answer(case: Path, house: House):
    """The answer is the approved one, row by row and in its order."""
    found = answer(case, house=house)

    if isinstance(found, ox.QueryBoolean):
        assert bool(found) is json.loads((case / "expected.json").read_text(encoding="utf-8"))["boolean"]
    else:
        assert rows(found) == table((case / "expected.csv").read_bytes())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.relative_to(HERE).as_posix())
def test_order_of_loading(case: Path, house: House):
    """The facts loaded in the opposite order, and those of the case from two documents, give the same answer."""
    one, other = answer(case, house=house), answer(case, house=house, backwards=True)

    if isinstance(one, ox.QueryBoolean):
        assert bool(one) is bool(other)
    else:
        assert rows(one) == rows(other)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.relative_to(HERE).as_posix())
def test_parameters_written_out(case: Path, house: House):
    """Another endpoint, where the parameters are written into the query, would give the same answer."""
    question = QUESTIONS[name(case)]
    bound = terms(question, params(case), house=house)
    found = answer(case, house=house)
    written = evaluate(inline(question.text, {key.value: term for key, term in bound.items()}), on=store(given(case)))

    if isinstance(found, ox.QueryBoolean):
        assert bool(written) is bool(found)
    else:
        assert rows(written) == rows(found)


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("question", TABLES)
def test_language(question: str, lang: str, house: House):
    """Every label is in the language asked for, and each text column has one in every language of the knowledge."""
    case = HERE / question
    found = set(tagged(answer(case, house=house, lang=lang)))

    assert {language for _, language in found} == {lang}
    assert {column for column, _ in found} == {column for column, _ in tagged(answer(case, house=house, lang="en"))}


@pytest.mark.parametrize("question", TABLES)
def test_language_that_is_not_there(question: str, house: House):
    """A language without labels leaves the labels empty, shows no other language and loses no row."""
    case = HERE / question
    labelled, bare = answer(case, house=house), answer(case, house=house, lang="de")

    assert set(tagged(answer(case, house=house, lang="de"))) == set()
    assert len(rows(bare)) == len(rows(labelled))


@pytest.mark.parametrize("question", ["alternative-readings", "qualifiers-of-duties"])
def test_paragraph_left_out(question: str, house: House):
    """Without a paragraph the answer is that for each paragraph, one after the other."""
    on = store(HERE / question / "given.ttl")
    text = QUESTIONS[question]
    every = rows(evaluate(text.text, on=on, substitutions=terms(text, {}, house=house)))
    single = [
        row
        for paragraph in house.paragraphs
        for row in rows(evaluate(text.text, on=on, substitutions=terms(text, {"paragraph": paragraph}, house=house)))[1:]
    ]

    assert every[1:] == single
    assert len(single) > 20
