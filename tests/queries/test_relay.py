"""The questions about transmissions agree with the rules: the questions are asked of the derived facts, the plan reads conclusions."""

from datetime import date
from functools import cache, lru_cache

import pyoxigraph as ox
import pytest

from conftest import ROOT, sample
from fixtures_of_rules import RuleCase, assess_case, build_inputs, parse_turtle, rule_cases
from observance.assessment import AssessmentInputs
from observance.core import OBS, PREFIXES, RDF
from observance.datasets import DatasetRequest, dataset_triples, question_dataset
from observance.knowledge_base import KnowledgeBase
from observance.notifications import TransmissionPlan, plan_transmissions
from observance.notifications.plan import Transmission
from observance.questions import bind_parameters, bound_text, read_catalogue

QUESTIONS = {question.name: question for question in read_catalogue(ROOT / "queries")}
READINGS = {"literal": "false", "relay-to-later-unions": "true"}
CASES = [case for case in rule_cases() if case.path.parent.name == "para-3-notification" and case.reading in READINGS]
DAYS = ["2018-08-01", "2019-06-05", "2020-01-01", "2022-06-13", "2024-06-14"]
Recipients = set[tuple[str, str, bool, str | None, bool]]


@pytest.fixture(scope="module")
def demo():
    """A knowledge base with the demo register."""
    with KnowledgeBase.open() as kb:
        yield kb


def derived_store(request: DatasetRequest, inputs: AssessmentInputs) -> ox.Store:
    """The knowledge and the requested layers."""
    triples = dataset_triples(request, inputs=inputs, results=lambda _: ())
    store = ox.Store()
    store.bulk_extend(ox.Quad(*triple) for triple in (*triples, *(quad.triple for quad in inputs.knowledge.quads)))
    return store


@cache
def demo_store(request: DatasetRequest, kb: KnowledgeBase) -> ox.Store:
    """The dataset of a question about the demo register."""
    return derived_store(request, kb.assessment.inputs)


@lru_cache(maxsize=1)
def case_inputs(case: RuleCase) -> AssessmentInputs:
    """The register of the case ready to be assessed."""
    return build_inputs(tuple(parse_turtle(case.path)))


@lru_cache(maxsize=1)
def case_store(request: DatasetRequest, case: RuleCase) -> ox.Store:
    """The dataset of a question about the register of the case."""
    return derived_store(request, case_inputs(case))


def answer(name: str, *, kb: KnowledgeBase, case: RuleCase | None = None, **values: str) -> list[dict[str, str]]:
    """The rows of the question's answer over the facts derived from the demo register or from the case: variable to text."""
    question = QUESTIONS[name]
    parameters = bind_parameters(question, values, resolvers=kb.questions.catalogue.resolvers)
    dataset = question_dataset(question, parameters, inputs=case_inputs(case) if case else kb.assessment.inputs)
    store = case_store(dataset.request, case) if case else demo_store(dataset.request, kb)
    solutions = store.query(bound_text(question, dataset.substitutions), prefixes=dict(PREFIXES))
    names = [variable.value for variable in solutions.variables]
    return [{key: row[key].value for key in names if row[key] is not None} for row in solutions]


def answer_of_case(name: str, case: RuleCase, *, kb: KnowledgeBase, **values: str) -> list[dict[str, str]]:
    """The rows of the answer about the register of the case, at its moment."""
    return answer(name, kb=kb, case=case, date=case.as_of, asOf=case.as_of, knownAt=case.known_at, **values)


def clear_transmissions(plan: TransmissionPlan) -> list[Transmission]:
    """The transmissions of the plan without those of notifications to be clarified, of whose authors the rules conclude nothing."""
    return [transmission for transmission in plan.transmissions if transmission.author]


def plan_facts(plan: TransmissionPlan) -> Recipients:
    """The recipients of the plan: notification, body, whether it is due, first day of receipt, whether it is missing."""
    return {
        (t.notification, r.body, r.is_due, r.receipts[0].day if r.receipts else None, r.is_missing)
        for t in clear_transmissions(plan)
        for r in t.recipients
    }


def row_facts(rows: list[dict[str, str]]) -> Recipients:
    """The same facts from the rows of an answer."""
    return {(row["notification"], row["recipient"], row["due"] == "true", row.get("received"), row["missing"] == "true") for row in rows}


def plan_ages(plan: TransmissionPlan) -> dict[str, str]:
    """The age in days of each notification in force without receipts in the plan."""
    waiting = [t for t in plan.transmissions if t.is_in_force and not any(r.receipts for r in t.recipients)]
    return {t.notification: str((plan.as_of - date.fromisoformat(t.received)).days) for t in waiting}


def row_ages(rows: list[dict[str, str]]) -> dict[str, str]:
    """The same from the rows of an answer."""
    return {row["notification"]: row["days"] for row in rows}


def plan_counts(plan: TransmissionPlan) -> dict[str, int]:
    """The number of transmissions due to each Union in the plan."""
    unions = [r.body for t in clear_transmissions(plan) for r in t.recipients if r.is_due and r.party is None]
    return {union: unions.count(union) for union in unions}


def row_counts(rows: list[dict[str, str]], *, reading: str) -> dict[str, int]:
    """The same from the rows of an answer for the reading."""
    later = READINGS[reading] == "true"
    counts = {row["union"]: int(row["notifications"]) for row in rows if ("later" in row["reading"].rpartition("/")[2]) is later}
    return {union: count for union, count in counts.items() if count}


def demo_plan(kb: KnowledgeBase, *, day: str, reading: str = "literal") -> TransmissionPlan:
    """The plan over the demo register on the day, as known after all times of recording."""
    from observance.core import calendar

    return plan_transmissions(
        kb.assessment.assess(as_of=date.fromisoformat(day), known_at=calendar.parse_time("2024-12-31"), reading=reading)
    )


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("day", DAYS)
def test_demo(demo: KnowledgeBase, day: str, reading: str):
    """Over the demo register, on every day and under both readings, question and rules give the same recipients with the same days."""
    answer_rows = answer("who-received-each-notification", kb=demo, date=day, later=READINGS[reading])

    assert row_facts(answer_rows) == plan_facts(demo_plan(demo, day=day, reading=reading))
    assert len(answer_rows) == len(row_facts(answer_rows))


@pytest.mark.parametrize("case", sample(CASES, 16), ids=lambda case: case.name)
def test_cases_of_the_rules(demo: KnowledgeBase, case: RuleCase):
    """On every case of the rules, the three questions and the rules give the same recipients, ages and numbers."""
    plan = plan_transmissions(assess_case(case))
    recipients = answer_of_case("who-received-each-notification", case, kb=demo, later=READINGS[case.reading])
    waiting = answer_of_case("notifications-not-yet-passed-on", case, kb=demo)
    unions = answer_of_case("unions-entitled-by-notifying", case, kb=demo)

    assert row_facts(recipients) == plan_facts(plan)
    assert row_ages(waiting) == plan_ages(plan)
    assert row_counts(unions, reading=case.reading) == plan_counts(plan)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_transmissions_left_out(case: RuleCase):
    """The transmissions of the plan of which the questions tell nothing are those of notifications that are to be clarified."""
    assessment_set = assess_case(case)
    facts = assessment_set.derivation.facts
    unclear = {iri for name in ("SubmissionToClarify", "IncompleteSubmission") for iri in facts.subjects(RDF + "type", OBS + name)}
    plan = plan_transmissions(assessment_set)
    left_out = [transmission for transmission in plan.transmissions if transmission not in clear_transmissions(plan)]

    assert {transmission.notification for transmission in left_out} <= unclear
    assert not any(transmission.is_in_force or transmission.missing_recipients for transmission in left_out)


@pytest.mark.parametrize("day", DAYS)
def test_not_yet_passed_on(demo: KnowledgeBase, day: str):
    """The notifications not yet passed on are those without receipts in the plan, with the same age in days."""
    assert row_ages(answer("notifications-not-yet-passed-on", kb=demo, date=day)) == plan_ages(demo_plan(demo, day=day))


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("day", DAYS)
def test_unions(demo: KnowledgeBase, day: str, reading: str):
    """The number of notifications for each Union is that of the transmissions due to it in the plan, under each reading."""
    answer_rows = answer("unions-entitled-by-notifying", kb=demo, date=day)

    assert row_counts(answer_rows, reading=reading) == plan_counts(demo_plan(demo, day=day, reading=reading))
