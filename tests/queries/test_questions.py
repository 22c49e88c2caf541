"""The catalogue: each question of `queries/` has a fixed graph and an approved answer.

A case is a folder with `expected.csv` (or `expected.json` for ASK), perhaps `params.json`, and `given.ttl`, else that of the
nearest folder above. `#+ with: knowledge` as the first line of `given.ttl` adds the knowledge to the graph. A question that is asked
of the register as it stood is asked of what is concluded from `given.ttl`, unless that begins with `#+ asked: as it is`.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

import pyoxigraph as ox
import pytest
from msgspec.structs import replace

from conftest import ROOT, check_each, sample
from observance.assessment import AssessmentInputs
from observance.core import PREFIXES, NotFoundError, message_catalogue
from observance.datasets import DatasetRequest, dataset_triples, question_dataset
from observance.knowledge import graph_name, room_files
from observance.knowledge_base import KnowledgeBase
from observance.questions import Question, catalogue, column_heading
from observance.register import Register
from oxishacl import bind_variables

HERE = Path(__file__).parent
QUESTIONS = {question.name: question for question in catalogue.read_catalogue(ROOT / "queries")}
ASKS = {
    "any-duty-reported-as-violated", "every-norm-has-its-paragraph", "has-considered-benchmarking", "union-submission-discharges-members",
}  # fmt: skip
TABLES = sorted(set(QUESTIONS) - ASKS)
CASES = sorted(file.parent for file in HERE.rglob("expected.*"))
# What these columns hold is quoted from the authentic text, whatever the language asked for.
QUOTED = {"text", "words", "cue", "governs"}
NUMBERS_ALONE = {"communications-over-time"}
"""Questions whose answers hold no text."""

Table = list[list[str]]


def files(graph: Path) -> tuple[Path, ...]:
    """The case's graph and, where it says so, the knowledge."""
    first = graph.read_text(encoding="utf-8").partition("\n")[0]
    knowledge_files = [file for room in ("ontology", "rules", "shapes") for file in room_files(ROOT, room)]
    return (graph, *knowledge_files) if first == "#+ with: knowledge" else (graph,)


@cache
def quads(file: Path) -> tuple[ox.Quad, ...]:
    """The file's statements, in a graph of its own."""
    graph = ox.NamedNode(graph_name(file, root=ROOT))
    return tuple(ox.Quad(*quad.triple, graph) for quad in ox.parse(path=file, format=ox.RdfFormat.TURTLE, rename_blank_nodes=True))


@cache
def store(graph: Path, *, backwards: bool = False) -> ox.Store:
    """Each file in a graph of its own; `backwards`, everything in the opposite order, the case's own facts in two graphs."""
    dataset = ox.Store()
    for file in sorted(files(graph), reverse=backwards):
        dataset.extend(reversed(quads(file)) if backwards else quads(file))
        if backwards and file == graph:
            dataset.extend(ox.Quad(*quad.triple, ox.NamedNode("urn:again")) for quad in quads(file))
    return dataset


@cache
def knowledge_quads() -> tuple[ox.Quad, ...]:
    """The statements of the knowledge."""
    return tuple(quad for room in ("ontology", "rules", "shapes") for file in room_files(ROOT, room) for quad in quads(file))


@cache
def open_register(graph: Path, *, kb: KnowledgeBase) -> Register:
    """The case's register."""
    return kb.register.open([graph])


@cache
def register(graph: Path, *, kb: KnowledgeBase, backwards: bool = False) -> AssessmentInputs:
    """The case's register ready to be assessed; `backwards`, its statements in the opposite order and all of them twice."""
    opened_register = open_register(graph, kb=kb)
    if backwards:
        documents = reversed(opened_register.documents)
        opened_register = Register(tuple(replace(document, quads=(*reversed(document.quads), *document.quads)) for document in documents))
    return AssessmentInputs(kb.assessment.inputs.rule_base, opened_register, kb.assessment.inputs.verdicts)


@cache
def layered_store(graph: Path, request: DatasetRequest, *, kb: KnowledgeBase, backwards: bool = False) -> ox.Store:
    """The knowledge with the requested layers."""

    def results(parties: frozenset[str]) -> tuple[ox.Triple, ...]:
        verdicts = register(graph, kb=kb).opened_verdicts
        return tuple(verdicts.reports(parties)) if verdicts is not None else ()

    triples = dataset_triples(request, inputs=register(graph, kb=kb, backwards=backwards), results=results)
    dataset = ox.Store()
    dataset.extend(ox.Quad(*triple, ox.NamedNode("urn:asked")) for triple in (reversed(triples) if backwards else triples))
    dataset.extend(knowledge_quads())
    return dataset


def graph_of(case: Path) -> Path:
    """The case's graph: its own or that of the nearest folder above."""
    return next(file for folder in (case, *case.parents) if (file := folder / "given.ttl").exists())


def name(case: Path) -> str:
    """The name of the case's question."""
    return case.relative_to(HERE).parts[0]


def params(case: Path) -> dict[str, str]:
    """The parameters of the case, as text."""
    file = case / "params.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def dataset_and_terms(question: Question, graph: Path, values: Mapping[str, str], *, kb: KnowledgeBase, backwards: bool = False):
    """The dataset of the question and the terms of its parameters, defaults included."""
    terms = catalogue.bind_parameters(question, values, resolvers=kb.questions.catalogue.resolvers)
    if not question.layers or graph.read_text(encoding="utf-8").startswith("#+ asked: as it is"):
        return store(graph, backwards=backwards), terms
    dataset = question_dataset(question, terms, inputs=register(graph, kb=kb, backwards=backwards))
    return layered_store(graph, dataset.request, kb=kb, backwards=backwards), dataset.substitutions


def evaluate(text: str, *, on: ox.Store, terms: Mapping[str, ox.NamedNode | ox.Literal] = MappingProxyType({})):
    """The answer to the query over the union of all graphs."""
    return on.query(bind_variables(text, terms, prefixes=PREFIXES), prefixes=dict(PREFIXES), use_default_graph_as_union=True)


def evaluate_question(question: Question, values: Mapping[str, str], *, graph: Path, kb: KnowledgeBase, backwards: bool = False):
    """The answer to the question about the graph."""
    dataset, terms = dataset_and_terms(question, graph, values, kb=kb, backwards=backwards)
    return evaluate(question.text, on=dataset, terms=terms)


def answer(case: Path, *, kb: KnowledgeBase, backwards: bool = False, **values: str):
    """The answer to the case's question; `values` take precedence over the case's parameters."""
    return evaluate_question(QUESTIONS[name(case)], {**params(case), **values}, graph=graph_of(case), kb=kb, backwards=backwards)


def table(content: bytes) -> Table:
    """The rows of a CSV answer, its header first."""
    return list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))


def rows(solutions: ox.QuerySolutions) -> Table:
    """The rows of an answer as CSV has them, its header first."""
    return table(solutions.serialize(format=ox.QueryResultsFormat.CSV) or b"")


def language_tags(solutions: ox.QuerySolutions) -> Iterable[tuple[str, str]]:
    """The column and language of every text in a language, quoted columns apart."""
    columns = [variable.value for variable in solutions.variables]
    for row in solutions:
        for column in columns:
            term = row[column]
            if isinstance(term, ox.Literal) and term.language and column not in QUOTED:
                yield column, term.language


def test_catalogue():
    """The competency questions 1 to 58 are each one query, in both languages, and each has a case."""
    numbers = [number for question in QUESTIONS.values() for number in catalogue.read_header(question.text, file=question.name).questions]

    assert set(range(1, 59)) <= set(numbers)
    assert len(numbers) == len(set(numbers))
    assert all(question.summary["en"] and question.summary["fr"] for question in QUESTIONS.values())
    assert {name(case) for case in CASES} == set(QUESTIONS)


def test_reading_by_its_name(kb: KnowledgeBase):
    """A reading is selected by its name or IRI; the error for an unknown one lists the known ones."""

    def check(question: Question) -> None:
        values = {p.name: "XA" if p.type == "party" else "2.5" for p in question.params if p.required and p.type in ("party", "paragraph")}
        values |= {p.name: "2020-01-01" for p in question.params if p.required and p.type == "date"}
        by_name, by_iri = (
            catalogue.bind_parameters(question, {**values, "reading": reading}, resolvers=kb.questions.catalogue.resolvers)["reading"]
            for reading in ("benchmark", "reading:benchmark")
        )
        assert by_name == by_iri
        with pytest.raises(NotFoundError, match=r"strict.*benchmark"):
            catalogue.bind_parameters(question, {**values, "reading": "strict"}, resolvers=kb.questions.catalogue.resolvers)

    check_each(check, [q for q in QUESTIONS.values() if any(p.name == "reading" for p in q.params)], name=lambda question: question.name)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.relative_to(HERE).as_posix())
def test_answer(case: Path, kb: KnowledgeBase):
    """The answer is the approved one, row by row and in its order."""
    solutions = answer(case, kb=kb)

    if isinstance(solutions, ox.QueryBoolean):
        assert bool(solutions) is json.loads((case / "expected.json").read_text(encoding="utf-8"))["boolean"]
    else:
        assert rows(solutions) == table((case / "expected.csv").read_bytes())


def comparable(solutions: ox.QuerySolutions | ox.QueryBoolean) -> Table | bool:
    """An answer as a value that can be compared: its rows in order, or yes or no."""
    return bool(solutions) if isinstance(solutions, ox.QueryBoolean) else rows(solutions)


def case_path(case: Path) -> str:
    """The case's folder."""
    return case.relative_to(HERE).as_posix()


def test_order_of_loading(kb: KnowledgeBase):
    """The facts loaded in the opposite order, and those of the case from two documents, give the same answer."""

    def check(case: Path) -> None:
        assert comparable(answer(case, kb=kb, backwards=True)) == comparable(answer(case, kb=kb))

    check_each(check, sample(CASES, 20), name=case_path)


def test_language(kb: KnowledgeBase):
    """Every label is in the requested language, and each text column has one in every language of the knowledge."""

    def check(question: str) -> None:
        english, french = (set(language_tags(answer(HERE / question, kb=kb, lang=lang))) for lang in ("en", "fr"))
        assert {language for _, language in english} == {"en"}
        assert {language for _, language in french} == {"fr"}
        assert {column for column, _ in french} == {column for column, _ in english}

    check_each(check, sorted(set(TABLES) - NUMBERS_ALONE))


def test_language_that_is_not_there(kb: KnowledgeBase):
    """A language without labels leaves the labels empty, shows no other language and loses no row."""

    def check(question: str) -> None:
        case = HERE / question
        labelled, bare = answer(case, kb=kb), answer(case, kb=kb, lang="de")
        assert set(language_tags(answer(case, kb=kb, lang="de"))) == set()
        assert len(rows(bare)) == len(rows(labelled))

    check_each(check, TABLES)


def test_headings():
    """Every column of the catalogue has a heading in both languages."""

    def check(question: str) -> None:
        match = re.search(r"SELECT DISTINCT\b(.*?)\bWHERE", QUESTIONS[question].text, re.DOTALL)
        # An expression names a variable more than once.
        columns = list(dict.fromkeys(re.findall(r"\?(\w+)", match[1]))) if match else []
        assert bool(columns) == (question in TABLES)
        for lang in ("en", "fr"):
            headings = [column_heading(column, among=columns, lang=lang) for column in columns if column != "lang"]
            assert len(set(headings)) == len(headings)
        assert {column.removesuffix("_label").removesuffix("_name") for column in columns} - {"lang"} <= message_catalogue("columns").keys()

    check_each(check, sorted(QUESTIONS))


@pytest.mark.parametrize("question", ["alternative-readings", "qualifiers-of-duties"])
def test_paragraph_left_out(question: str, kb: KnowledgeBase):
    """Without a paragraph the answer is that for each paragraph, one after the other."""
    graph = HERE / question / "given.ttl"
    text = QUESTIONS[question]
    every = rows(evaluate_question(text, {}, graph=graph, kb=kb))
    single = [
        row for paragraph in kb.lookup.paragraphs for row in rows(evaluate_question(text, {"paragraph": paragraph}, graph=graph, kb=kb))[1:]
    ]

    assert every[1:] == single
    assert len(single) > 20
