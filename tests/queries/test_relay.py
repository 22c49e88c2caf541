"""The questions about the relay answer from the register alone what the rules conclude: both are asked, and must agree."""

from datetime import date
from pathlib import Path

import pyoxigraph as ox
import pytest

from conftest import ROOT
from fixtures_of_rules import Fixture, assess_fixture, base_quads, fixtures, read_quads
from observance.core import PREFIXES
from observance.knowledge_base import KnowledgeBase
from observance.notifications import TransmissionPlan, plan_transmissions
from observance.questions import bind_parameters, read_catalogue

QUESTIONS = {question.name: question for question in read_catalogue(ROOT / "queries")}
READINGS = {"literal": "false", "relay-to-later-unions": "true"}
DEMO = sorted((ROOT / "queries" / "demo").glob("*.ttl"))
CASES = [case for case in fixtures() if case.path.parent.name == "para-3-notification" and case.reading in READINGS]
DAYS = ["2018-08-01", "2019-06-05", "2020-01-01", "2022-06-13", "2024-06-14"]


@pytest.fixture(scope="module")
def opened():
    """A house on the demo register."""
    with KnowledgeBase.open() as made:
        yield made


def asked(name: str, quads, *, kb: KnowledgeBase, **values: str) -> list[dict[str, str]]:
    """The rows of the answer, variable to text, over these statements."""
    store = ox.Store()
    store.extend(ox.Quad(*quad.triple) for quad in quads)
    bound = bind_parameters(QUESTIONS[name], values, resolve=kb.questions.catalogue.resolve)
    substitutions = {ox.Variable(key): term for key, term in bound.items()}
    found = store.query(QUESTIONS[name].text, prefixes=dict(PREFIXES), substitutions=substitutions)
    names = [variable.value for variable in found.variables]
    return [{key: row[key].value for key in names if row[key] is not None} for row in found]


def told(made: TransmissionPlan) -> set[tuple[str, str, bool, str | None, bool]]:
    """The same from the plan: notification, body, whether it is due, first day of receipt, whether it is missing."""
    return {
        (t.notification, r.body, r.is_due, r.receipts[0].day if r.receipts else None, r.is_missing)
        for t in made.transmissions
        for r in t.recipients
    }


def rows(found: list[dict[str, str]]) -> set[tuple[str, str, bool, str | None, bool]]:
    """The same from the answer."""
    return {(row["notification"], row["recipient"], row["due"] == "true", row.get("received"), row["missing"] == "true") for row in found}


def quads(*files: Path) -> list[ox.Quad]:
    """The statements of the files."""
    return [quad for file in files for quad in read_quads(file)]


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("day", DAYS)
def test_demo(opened: KnowledgeBase, day: str, reading: str):
    """Over the demo register, on every day and under both readings, question and rules name the same bodies with the same days."""
    from observance.core import calendar

    # The question knows of no time of recording, so everything that came about is taken to be known.
    made = plan_transmissions(
        opened.assessment.assess(as_of=date.fromisoformat(day), known_at=calendar.parse_time("2024-12-31"), reading=reading)
    )
    found = asked("who-received-each-notification", quads(*DEMO), kb=opened, date=day, later=READINGS[reading])

    assert rows(found) == told(made)
    assert len(found) == len(rows(found))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_cases_of_the_rules(opened: KnowledgeBase, case: Fixture):
    """On every case of the rules too."""
    found = assess_fixture(case)
    made = plan_transmissions(found)
    given = [*base_quads(), *quads(case.path)]
    day = dict(case.head)["as-of"]

    assert rows(asked("who-received-each-notification", given, kb=opened, date=day, later=READINGS[case.reading])) == told(made)


@pytest.mark.parametrize("day", DAYS)
def test_not_yet_passed_on(opened: KnowledgeBase, day: str):
    """What is not yet passed on is what stands in the plan without any act, with the same age."""
    from observance.core import calendar

    made = plan_transmissions(opened.assessment.assess(as_of=date.fromisoformat(day), known_at=calendar.parse_time("2024-12-31")))
    found = asked("notifications-not-yet-passed-on", quads(*DEMO), kb=opened, date=day)
    waiting = [t for t in made.transmissions if t.is_in_force and not any(r.receipts for r in t.recipients)]
    ages = {t.notification: str((made.as_of - date.fromisoformat(t.received)).days) for t in waiting}

    assert {row["notification"]: row["days"] for row in found} == ages


@pytest.mark.parametrize("day", DAYS)
def test_unions(opened: KnowledgeBase, day: str):
    """A Union is told with as many notifications as are due to it in the plan, under each reading."""
    from observance.core import calendar

    found = asked("unions-entitled-by-notifying", [*opened.knowledge.quads, *quads(*DEMO)], kb=opened, date=day)
    counts = {(row["union"], "later" in row["reading"].rpartition("/")[2]): int(row["notifications"]) for row in found}
    expected: dict[tuple[str, bool], int] = {}
    for reading, later in READINGS.items():
        for transmission in plan_transmissions(
            opened.assessment.assess(as_of=date.fromisoformat(day), known_at=calendar.parse_time("2024-12-31"), reading=reading)
        ).transmissions:
            for recipient in transmission.recipients:
                if recipient.is_due and recipient.party is None:
                    key = recipient.body, later == "true"
                    expected[key] = expected.get(key, 0) + 1

    assert {key: count for key, count in counts.items() if count} == expected
