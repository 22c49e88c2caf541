"""The plan of transmissions agrees with the facts of the rules: recipients due, informed and missing, by reading and moment."""

import json
from datetime import date
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner

from fixtures_of_rules import assess_case, rule_cases
from observance.cli import cli
from observance.core import OBS, local_name
from observance.knowledge_base import KnowledgeBase
from observance.notifications import TransmissionPlan, plan_rows, plan_transmissions, plan_turtle
from observance.notifications.plan import TransmissionFacts, build_plan
from observance.rdf import FactBase

ROOT = Path(__file__).parents[3]
CASES = [
    case
    for case in rule_cases()
    if case.path.parent.name == "para-3-notification"
    and ".b-" in case.path.name
    # Where a transmission is on record without its day, the recipients are not fixed, and there is nothing to plan.
    and not case.path.name.startswith("unknown.b-transmission-")
]


@pytest.fixture(scope="module")
def demo():
    """A knowledge base with the demo register."""
    with KnowledgeBase.open() as kb:
        yield kb


def transmission_of(plan: TransmissionPlan, code: str):
    """The transmission of the notification of this Member or Union."""
    return next(t for t in plan.transmissions if local_name(t.author) == code)


def bodies(recipients) -> set[str]:
    """The local names of the recipients' bodies."""
    return {local_name(recipient.body) for recipient in recipients}


def test_literal(demo: KnowledgeBase):
    """Literally the recipients are fixed on the day of the first act; a Union that notified later is on record but not due."""
    transmission = transmission_of(plan_transmissions(demo.assessment.assess()), "XA")

    assert (transmission.recipients_fixed_on, transmission.missing_recipients, len([r for r in transmission.recipients if r.is_due])) == (
        "2018-09-03",
        (),
        17,
    )
    assert [(local_name(r.body), r.receipts[0].day) for r in transmission.recipients if not r.is_due] == [("XU", "2019-07-02")]


def test_later_unions(demo: KnowledgeBase):
    """Under `relay-to-later-unions` a Union that notified later is a missing recipient."""
    transmission = transmission_of(plan_transmissions(demo.assessment.assess(reading="relay-to-later-unions")), "XH")

    assert bodies(transmission.missing_recipients) == {"XU", "XV"}
    assert transmission_of(plan_transmissions(demo.assessment.assess()), "XH").missing_recipients == ()


def test_not_yet_passed_on(demo: KnowledgeBase):
    """Before the first act, the recipients are those of the day assessed: a Member that joined since is among them."""
    before, after = (
        transmission_of(plan_transmissions(demo.assessment.assess(as_of=date(year, month, day))), "XO")
        for year, month, day in ((2024, 2, 29), (2024, 6, 14))
    )

    assert bodies(after.recipients) - bodies(before.recipients) == {"customs-xs"}
    assert before.missing_recipients == before.recipients


def test_author(demo: KnowledgeBase):
    """The author's own administration is a recipient, unless a reading leaves it out."""
    reading = str(ROOT / "tests" / "rules" / "para-3-notification" / "author-excluded.reading.ttl")

    assert bodies(transmission_of(plan_transmissions(demo.assessment.assess()), "XQ").missing_recipients) == {"customs-xq"}
    assert transmission_of(plan_transmissions(demo.assessment.assess(reading=reading)), "XQ").missing_recipients == ()


def test_known_at(demo: KnowledgeBase):
    """An act that was recorded four weeks later is not in the plan as known before."""
    from observance.core import calendar

    early = transmission_of(
        plan_transmissions(demo.assessment.assess(as_of=date(2020, 12, 20), known_at=calendar.parse_time("2020-12-20"))), "XT"
    )
    late = transmission_of(
        plan_transmissions(demo.assessment.assess(as_of=date(2020, 12, 20), known_at=calendar.parse_time("2021-01-31"))), "XT"
    )

    assert (len(early.missing_recipients), len(late.missing_recipients)) == (19, 0)


def test_same_as_status(demo: KnowledgeBase):
    """Recipients are missing exactly where the duty is not fulfilled, under every reading."""
    for reading in ("literal", "relay-to-later-unions"):
        for t in plan_transmissions(demo.assessment.assess(reading=reading)).transmissions:
            missing = [r for r in t.recipients if r.is_missing]
            assert (missing == []) == (t.status["en"] == "transmitted"), t.notification


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_cases_of_the_rules(case):
    """On every case of the rules the plan has the facts that the rules conclude; of a withdrawn notification nothing is missing."""
    assessment_set = assess_case(case)
    plan = plan_transmissions(assessment_set)
    concluded = {
        (name, subject, target)
        for name in ("dueTo", "missedBy", "informedOf")
        for subject, targets in assessment_set.derivation.facts.pairs(OBS + name).items()
        for target in targets
    }
    planned = {("dueTo", t.duty, r.body) for t in plan.transmissions for r in t.recipients if r.is_due}
    planned |= {("missedBy", r.body, t.duty) for t in plan.transmissions for r in t.recipients if r.is_missing}
    planned |= {("informedOf", r.body, t.duty) for t in plan.transmissions for r in t.recipients if r.receipts}

    assert planned == concluded
    assert {t.missing_recipients for t in plan.transmissions if "withdrawn" in case.path.name} <= {()}
    assert plan.transmissions or "not-yet-active" in case.path.name


def test_recorded_twice(tmp_path: Path):
    """A delivery recorded twice is shown as such, and the recipient is not missing."""
    demo = (ROOT / "queries" / "demo" / "register.ttl").read_text(encoding="utf-8")
    (tmp_path / "register.ttl").write_text(demo, encoding="utf-8")
    (tmp_path / "xh.ttl").write_text((ROOT / "queries" / "demo" / "xh.ttl").read_text(encoding="utf-8"), encoding="utf-8")
    act = demo[demo.index("demo:relay-xh a") :].partition("\n\n")[0].replace("demo:relay-xh", "demo:relay-xh-again")
    prefixes = "\n".join(line for line in demo.splitlines() if line.startswith("@prefix"))
    (tmp_path / "again.ttl").write_text(f"{prefixes}\n{act}\n", encoding="utf-8")
    with KnowledgeBase.open(registers=[tmp_path]) as kb:
        plan = plan_transmissions(kb.assessment.assess())

    assert "on record 2 times" in {line[1] for line in plan_rows(plan, lang="en")}
    assert transmission_of(plan, "XH").missing_recipients == ()


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_table(lang: str):
    """The table is in the language of `--lang` and names missing bodies without an address."""
    result = CliRunner().invoke(cli, ["relay", "plan", "--missing", "--lang", lang], env={"COLUMNS": "200"})
    expected = {"en": "Lumeria Revenue Authority", "fr": "le registre ne donne aucune adresse"}

    assert result.exit_code == 0
    assert expected[lang] in result.output
    assert "XA-2018-01" not in result.output


def test_json_and_turtle():
    """JSON and Turtle have the same missing bodies, and both are the same bytes at every run."""
    outputs = {
        format_name: [CliRunner().invoke(cli, ["relay", "plan", "--format", format_name, "--lang", "en"]).stdout for _ in range(2)]
        for format_name in ("json", "turtle")
    }
    plan = json.loads(outputs["json"][0])
    quads = list(ox.parse(outputs["turtle"][0], format=ox.RdfFormat.TURTLE))
    missing = {(r["body"], t["duty"]) for t in plan["transmissions"] for r in t["recipients"] if r["missing"]}

    assert all(first == second for first, second in outputs.values())
    assert missing == {(q.subject.value, q.object.value) for q in quads if q.predicate.value == OBS + "missedBy"}
    assert (plan["asOf"], plan["reading"]) == ("2024-06-14", "literal")
    assert next(t["daysSinceReceipt"] for t in plan["transmissions"] if t["identifier"] == "XF-2022-01") == 848


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--as-of", "yesterday"], "“yesterday” is not a day"),
        (["--reading", "none"], "none"),
        (["--as-of", "2001-01-01"], "2001-01-01"),
        (["--register", "nowhere"], "nowhere"),
    ],
)
def test_bad_input(arguments: list[str], sentence: str, capfd):
    """For a malformed or too early day, an unknown reading or a missing register there is one sentence and exit code 2."""
    from observance.cli import run

    assert run(["relay", "plan", "--lang", "en", *arguments]) == 2
    assert sentence in capfd.readouterr().err


def test_empty_plan():
    """Without facts about transmissions the plan is empty in every format."""
    facts = TransmissionFacts(FactBase(), (), {}, lambda iri, lang: f"{iri}@{lang}")
    with KnowledgeBase.open() as kb:
        moment = kb.assessment.inputs.moment(as_of=None, known_at=None)
        plan = build_plan(facts, knowledge=kb.knowledge, reading=kb.assessment.inputs.readings["literal"], moment=moment)

    assert (plan.transmissions, plan.wordings, plan.channels) == ((), {}, {})
    assert plan_turtle(plan) == ""
    assert list(plan_rows(plan, lang="fr")) == []
