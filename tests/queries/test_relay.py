"""The questions about transmissions agree with the rules: the questions read the register only, the plan reads conclusions."""

from datetime import date
from pathlib import Path

import pyoxigraph as ox
import pytest

from conftest import ROOT
from fixtures_of_rules import RuleCase, assess_case, base_statements, build_inputs, parse_turtle, rule_cases
from observance.core import PREFIXES
from observance.knowledge_base import KnowledgeBase
from observance.notifications import TransmissionPlan, plan_transmissions
from observance.questions import bind_parameters, read_catalogue

QUESTIONS = {question.name: question for question in read_catalogue(ROOT / "queries")}
READINGS = {"literal": "false", "relay-to-later-unions": "true"}
DEMO = sorted((ROOT / "queries" / "demo").glob("*.ttl"))
CASES = [
    case
    for case in rule_cases()
    if case.path.parent.name == "para-3-notification"
    and case.reading in READINGS
    # The questions read the register as filed: what is to be clarified is told by the plan alone.
    and not build_inputs(tuple(parse_turtle(case.path))).records.verdicts.facts()
]
DAYS = ["2018-08-01", "2019-06-05", "2020-01-01", "2022-06-13", "2024-06-14"]


@pytest.fixture(scope="module")
def demo():
    """A knowledge base with the demo register."""
    with KnowledgeBase.open() as kb:
        yield kb


def answer(name: str, quads, *, kb: KnowledgeBase, **values: str) -> list[dict[str, str]]:
    """The rows of the question's answer over these statements: variable to text."""
    store = ox.Store()
    store.extend(ox.Quad(*quad.triple) for quad in quads)
    parameters = bind_parameters(QUESTIONS[name], values, resolvers=kb.questions.catalogue.resolvers)
    substitutions = {ox.Variable(key): term for key, term in parameters.items()}
    solutions = store.query(QUESTIONS[name].text, prefixes=dict(PREFIXES), substitutions=substitutions)
    names = [variable.value for variable in solutions.variables]
    return [{key: row[key].value for key in names if row[key] is not None} for row in solutions]


def plan_facts(plan: TransmissionPlan) -> set[tuple[str, str, bool, str | None, bool]]:
    """The recipients of the plan: notification, body, whether it is due, first day of receipt, whether it is missing."""
    return {
        (t.notification, r.body, r.is_due, r.receipts[0].day if r.receipts else None, r.is_missing)
        for t in plan.transmissions
        for r in t.recipients
    }


def row_facts(rows: list[dict[str, str]]) -> set[tuple[str, str, bool, str | None, bool]]:
    """The same facts from the rows of an answer."""
    return {(row["notification"], row["recipient"], row["due"] == "true", row.get("received"), row["missing"] == "true") for row in rows}


def quads(*files: Path) -> list[ox.Quad]:
    """The statements of the files."""
    return [quad for file in files for quad in parse_turtle(file)]


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("day", DAYS)
def test_demo(demo: KnowledgeBase, day: str, reading: str):
    """Over the demo register, on every day and under both readings, question and rules give the same recipients with the same days."""
    from observance.core import calendar

    # The question ignores times of recording, so the plan is made as known after all of them.
    plan = plan_transmissions(
        demo.assessment.assess(as_of=date.fromisoformat(day), known_at=calendar.parse_time("2024-12-31"), reading=reading)
    )
    answer_rows = answer("who-received-each-notification", quads(*DEMO), kb=demo, date=day, later=READINGS[reading])

    assert row_facts(answer_rows) == plan_facts(plan)
    assert len(answer_rows) == len(row_facts(answer_rows))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_cases_of_the_rules(demo: KnowledgeBase, case: RuleCase):
    """On every case of the rules, question and rules give the same recipients."""
    plan = plan_transmissions(assess_case(case))
    statements = [*base_statements(), *quads(case.path)]
    day = case.as_of

    assert row_facts(answer("who-received-each-notification", statements, kb=demo, date=day, later=READINGS[case.reading])) == plan_facts(
        plan
    )


@pytest.mark.parametrize("day", DAYS)
def test_not_yet_passed_on(demo: KnowledgeBase, day: str):
    """The notifications not yet passed on are those without receipts in the plan, with the same age in days."""
    from observance.core import calendar

    plan = plan_transmissions(demo.assessment.assess(as_of=date.fromisoformat(day), known_at=calendar.parse_time("2024-12-31")))
    answer_rows = answer("notifications-not-yet-passed-on", quads(*DEMO), kb=demo, date=day)
    waiting = [t for t in plan.transmissions if t.is_in_force and not any(r.receipts for r in t.recipients)]
    ages = {t.notification: str((plan.as_of - date.fromisoformat(t.received)).days) for t in waiting}

    assert {row["notification"]: row["days"] for row in answer_rows} == ages


@pytest.mark.parametrize("day", DAYS)
def test_unions(demo: KnowledgeBase, day: str):
    """The number of notifications for each Union is that of the transmissions due to it in the plan, under each reading."""
    from observance.core import calendar

    answer_rows = answer("unions-entitled-by-notifying", [*demo.knowledge.quads, *quads(*DEMO)], kb=demo, date=day)
    counts = {(row["union"], "later" in row["reading"].rpartition("/")[2]): int(row["notifications"]) for row in answer_rows}
    expected: dict[tuple[str, bool], int] = {}
    for reading, later in READINGS.items():
        for transmission in plan_transmissions(
            demo.assessment.assess(as_of=date.fromisoformat(day), known_at=calendar.parse_time("2024-12-31"), reading=reading)
        ).transmissions:
            for recipient in transmission.recipients:
                if recipient.is_due and recipient.party is None:
                    key = recipient.body, later == "true"
                    expected[key] = expected.get(key, 0) + 1

    assert {key: count for key, count in counts.items() if count} == expected
