"""The plan comes from the facts of the rules: who is to receive, who did, who is missing, under each reading and at each moment."""

import json
from datetime import date
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner

from fixtures_of_rules import assess_fixture, fixtures
from observance.cli import cli
from observance.core import OBS, local_name
from observance.knowledge_base import KnowledgeBase
from observance.notifications import TransmissionPlan, plan_rows, plan_transmissions, plan_turtle
from observance.notifications.plan import TransmissionFacts, build_plan
from observance.rdf import FactBase

ROOT = Path(__file__).parents[3]
CASES = [case for case in fixtures() if case.path.parent.name == "para-3-notification" and ".b-" in case.path.name]


@pytest.fixture(scope="module")
def opened():
    """A house on the demo register."""
    with KnowledgeBase.open() as made:
        yield made


def of(found: TransmissionPlan, code: str):
    """The transmission of the notification of this Member or Union."""
    return next(t for t in found.transmissions if local_name(t.author) == code)


def bodies(recipients) -> set[str]:
    """Their short names."""
    return {local_name(recipient.body) for recipient in recipients}


def test_literal(opened: KnowledgeBase):
    """Literally the recipients are fixed on the day of the first act; a Union that notified later is on record, though not due."""
    found = of(plan_transmissions(opened.assessment.assess()), "XA")

    assert (found.recipients_fixed_on, found.missing_recipients, len([r for r in found.recipients if r.is_due])) == ("2018-09-03", (), 17)
    assert [(local_name(r.body), r.receipts[0].day) for r in found.recipients if not r.is_due] == [("XU", "2019-07-02")]


def test_later_unions(opened: KnowledgeBase):
    """Under the other reading a Union that notified later is to receive it too."""
    found = of(plan_transmissions(opened.assessment.assess(reading="relay-to-later-unions")), "XH")

    assert bodies(found.missing_recipients) == {"XU", "XV"}
    assert of(plan_transmissions(opened.assessment.assess()), "XH").missing_recipients == ()


def test_not_yet_passed_on(opened: KnowledgeBase):
    """While nothing has been passed on, the recipients are those of the day looked at: a Member that joined since is among them."""
    before, after = (
        of(plan_transmissions(opened.assessment.assess(as_of=date(year, month, day))), "XO")
        for year, month, day in ((2024, 2, 29), (2024, 6, 14))
    )

    assert bodies(after.recipients) - bodies(before.recipients) == {"customs-xs"}
    assert before.missing_recipients == before.recipients


def test_author(opened: KnowledgeBase):
    """The author's own administration is a recipient, unless a reading leaves it out."""
    reading = str(ROOT / "tests" / "rules" / "para-3-notification" / "author-excluded.reading.ttl")

    assert bodies(of(plan_transmissions(opened.assessment.assess()), "XQ").missing_recipients) == {"customs-xq"}
    assert of(plan_transmissions(opened.assessment.assess(reading=reading)), "XQ").missing_recipients == ()


def test_known_at(opened: KnowledgeBase):
    """What was recorded four weeks after the act is not in the plan that was known before."""
    from observance.core import calendar

    early = of(plan_transmissions(opened.assessment.assess(as_of=date(2020, 12, 20), known_at=calendar.parse_time("2020-12-20"))), "XT")
    late = of(plan_transmissions(opened.assessment.assess(as_of=date(2020, 12, 20), known_at=calendar.parse_time("2021-01-31"))), "XT")

    assert (len(early.missing_recipients), len(late.missing_recipients)) == (19, 0)


def test_same_as_status(opened: KnowledgeBase):
    """Something is missing exactly where the duty is not fulfilled, at every reading."""
    for reading in ("literal", "relay-to-later-unions"):
        for t in plan_transmissions(opened.assessment.assess(reading=reading)).transmissions:
            missing = [r for r in t.recipients if r.is_missing]
            assert (missing == []) == (t.status["en"] == "fulfilled"), t.notification


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_cases_of_the_rules(case):
    """On every case of the rules, what the plan tells is what the rules concluded; what is no longer to be passed on is not missing."""
    found = assess_fixture(case)
    made = plan_transmissions(found)
    concluded = {
        (name, subject, target)
        for name in ("dueTo", "missedBy", "informedOf")
        for subject, targets in found.derivation.facts.pairs(OBS + name).items()
        for target in targets
    }
    told = {("dueTo", t.duty, r.body) for t in made.transmissions for r in t.recipients if r.is_due}
    told |= {("missedBy", r.body, t.duty) for t in made.transmissions for r in t.recipients if r.is_missing}
    told |= {("informedOf", r.body, t.duty) for t in made.transmissions for r in t.recipients if r.receipts}

    assert told == concluded
    assert {t.missing_recipients for t in made.transmissions if "withdrawn" in case.path.name} <= {()}
    assert made.transmissions or "not-yet-active" in case.path.name


def test_recorded_twice(tmp_path: Path):
    """A delivery that is on record twice is told as such, and nothing is missing because of it."""
    demo = (ROOT / "queries" / "demo" / "register.ttl").read_text(encoding="utf-8")
    (tmp_path / "register.ttl").write_text(demo, encoding="utf-8")
    (tmp_path / "xh.ttl").write_text((ROOT / "queries" / "demo" / "xh.ttl").read_text(encoding="utf-8"), encoding="utf-8")
    act = demo[demo.index("demo:relay-xh a") :].partition("\n\n")[0].replace("demo:relay-xh", "demo:relay-xh-again")
    heads = "\n".join(line for line in demo.splitlines() if line.startswith("@prefix"))
    (tmp_path / "again.ttl").write_text(f"{heads}\n{act}\n", encoding="utf-8")
    with KnowledgeBase.open(registers=[tmp_path]) as kb:
        found = plan_transmissions(kb.assessment.assess())

    assert "on record 2 times" in {line[1] for line in plan_rows(found, lang="en")}
    assert of(found, "XH").missing_recipients == ()


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_table(lang: str):
    """The table speaks the language asked for; a body without an address is told where something is missing."""
    done = CliRunner().invoke(cli, ["relay", "plan", "--missing", "--lang", lang], env={"COLUMNS": "200"})
    said = {"en": "Lumeria Revenue Authority", "fr": "le registre ne donne aucune adresse"}

    assert done.exit_code == 0
    assert said[lang] in done.output
    assert "XA-2018-01" not in done.output


def test_json_and_turtle():
    """JSON and Turtle tell the same bodies as missing; both are the same bytes at every run."""
    outputs = {
        form: [CliRunner().invoke(cli, ["relay", "plan", "--format", form, "--lang", "en"]).stdout for _ in range(2)]
        for form in ("json", "turtle")
    }
    told = json.loads(outputs["json"][0])
    quads = list(ox.parse(outputs["turtle"][0], format=ox.RdfFormat.TURTLE))
    missing = {(r["body"], t["duty"]) for t in told["transmissions"] for r in t["recipients"] if r["missing"]}

    assert all(one == other for one, other in outputs.values())
    assert missing == {(q.subject.value, q.object.value) for q in quads if q.predicate.value == OBS + "missedBy"}
    assert (told["asOf"], told["reading"]) == ("2024-06-14", "literal")
    assert next(t["daysSinceReceipt"] for t in told["transmissions"] if t["identifier"] == "XF-2022-01") == 848


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--as-of", "yesterday"], "« yesterday » is not a day"),
        (["--reading", "none"], "none"),
        (["--as-of", "2001-01-01"], "2001-01-01"),
        (["--register", "nowhere"], "nowhere"),
    ],
)
def test_bad_input(arguments: list[str], sentence: str, capfd):
    """A day that is none or too early, an unknown reading or a register that is not there: one sentence, exit code 2."""
    from observance.cli import run

    assert run(["relay", "plan", "--lang", "en", *arguments]) == 2
    assert sentence in capfd.readouterr().err


def test_nothing_announced():
    """Where nothing is announced to be passed on, the plan is empty, in every format."""
    facts = TransmissionFacts(FactBase(), (), {}, lambda iri, lang: f"{iri}@{lang}")
    with KnowledgeBase.open() as kb:
        moment = kb.assessment.inputs.moment(as_of=None, known_at=None)
        found = build_plan(facts, knowledge=kb.knowledge, reading=kb.assessment.inputs.readings["literal"], moment=moment)

    assert (found.transmissions, found.wordings, found.channels) == ((), {}, {})
    assert plan_turtle(found) == ""
    assert list(plan_rows(found, lang="fr")) == []
