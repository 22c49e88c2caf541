"""The cases of the rules have their expected statuses, every rule decides some case, and explanations match the approved ones."""

import re
from pathlib import Path

import pyoxigraph as ox
import pytest

from fixtures_of_rules import (
    FOLDER,
    KNOWLEDGE,
    RULE_BASE,
    RuleCase,
    assess_case,
    case_assessment,
    duty_assessment,
    kebab_case,
    rule_cases,
    told,
    told_by_header,
)
from observance.assessment import RuleBase, explain_assessment, find_reasons
from observance.core import HOME, LANGUAGES, OBS
from observance.knowledge import Knowledge

CASES = rule_cases()
GOLDEN = FOLDER / "golden"
PARAGRAPH = HOME + "wco/ecommerce-2018/p2.5"
# One case for each status, whose explanation was checked against the French text.
EXPLAINED = {
    "behind": "para-2-5-timetable/behind.day-after",
    "conflicting": "para-2-7-meetings/conflicting.register-and-own-word",
    "declared-not-done": "para-2-1-implementation/declared-not-done.own-word",
    "evidence-reported": "para-2-8-reports/evidence-reported.any-number",
    "fulfilled": "para-2-5-timetable/fulfilled.before-due",
    "fulfilled-late": "para-2-5-timetable/fulfilled-late.day-after",
    "justified-delay": "para-2-5-timetable/justified-delay.last-day",
    "no-evidence-on-record": "para-2-9-benchmarking/no-evidence-on-record.complete",
    "not-applicable": "para-2-3-capacity/not-applicable.b-none-necessary",
    "not-yet-active": "para-2-7-meetings/not-yet-active.none-held",
    "not-yet-due": "para-2-5-timetable/not-yet-due.last-day",
    "not-yet-provided": "para-2-5-timetable/not-yet-provided.withdrawn",
    "occasion-passed": "para-2-7-meetings/occasion-passed.excused",
    "partially-fulfilled": "para-3-notification/partially-fulfilled.b-union-forgotten",
    "received-not-valid": "para-3-notification/received-not-valid.a-no-intention",
    "unknown": "para-2-6-cooperation/unknown.silence",
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_status(case: RuleCase):
    """The duty has the status that the file's name begins with."""
    assessment = case_assessment(case)

    assert kebab_case(assessment.status.iri) == case.expected, assessment.rule.iri


@pytest.mark.parametrize("case", [case for case in CASES if told_by_header(case)], ids=lambda case: case.name)
def test_what_is_told(case: RuleCase):
    """The explanation tells exactly the notes, numbers and parameters of the reading that the case names."""
    assert told(case, assess_case(case)) == told_by_header(case)


@pytest.mark.parametrize("case", [case for case in CASES if "counts" in dict(case.header)], ids=lambda case: case.name)
def test_counts(case: RuleCase):
    """The numbers that the case names add up to the whole and stand in the sentence."""
    answers = assess_case(case)
    explained = explain_assessment(duty_assessment(case, answers), assessment_set=answers, with_changes=False, with_readings=False)
    (count,) = explained.reasons.counts
    expected = {name: int(number) for name, number in (pair.split("=") for pair in case.counts.split(","))}

    assert sum(expected.values()) == 2 * expected["whole"]
    assert explained.as_object("en")["counts"] == [{"count": count.count.iri, "numbers": expected}]
    for lang in LANGUAGES:
        pieces = re.split(r"\S* ?\{(?:bearer|edition)\}", count.count.sentence[lang])
        assert re.search(".+".join(re.escape(piece.format(**expected)) for piece in pieces), "\n".join(explained.sentences(lang)))


def test_every_note_is_told():
    """Every note and every count is told in some case."""
    told = set()
    for case in CASES:
        if not {"notes", "counts"} & set(told_by_header(case)):
            continue
        answers = assess_case(case)
        reasons = find_reasons(duty_assessment(case, answers), derivation=answers.derivation)
        told |= {finding.note.iri for finding in reasons.notes} | {finding.count.iri for finding in reasons.counts}

    assert {note.iri for note in (*RULE_BASE.rule_set.notes, *RULE_BASE.rule_set.counts)} - told == set()


def test_every_rule_decides_some_case():
    """Every rule decides some case."""
    deciding = {case_assessment(case).rule.iri for case in CASES}

    assert {rule.iri for rules in RULE_BASE.rule_set.rules.values() for rule in rules} - deciding == set()


def test_every_status_is_explained():
    """There are approved explanations for every status in both languages, and no others."""
    assert set(EXPLAINED) == {kebab_case(iri) for iri in RULE_BASE.rule_set.statuses}
    assert {file.name for file in GOLDEN.iterdir()} == {f"{status}.{lang}.txt" for status in EXPLAINED for lang in ("en", "fr")}


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("status", sorted(EXPLAINED))
def test_explanation(status: str, lang: str):
    """The explanation is the approved one."""
    assert explanation(status, lang) == Path(GOLDEN / f"{status}.{lang}.txt").read_text(encoding="utf-8")


def explanation(status: str, lang: str) -> str:
    """The explanation of the case that represents the status."""
    case = next(case for case in CASES if case.name == EXPLAINED[status])
    answers = assess_case(case)
    return "\n\n".join(explain_assessment(duty_assessment(case, answers), assessment_set=answers).sentences(lang)) + "\n"


def test_official_version():
    """Where an official English version is put, explanations show it in place of the working translation."""
    case = next(case for case in CASES if case.name == EXPLAINED["fulfilled"])
    official = ox.Quad(ox.NamedNode(PARAGRAPH), ox.NamedNode(OBS + "officialText"), ox.Literal("Invented for this test.", language="en"))
    rule_base = RuleBase(Knowledge.of(KNOWLEDGE.root, (*KNOWLEDGE.quads, official)))
    answers = assess_case(case, rule_base=rule_base)
    sentences = explain_assessment(duty_assessment(case, answers), assessment_set=answers).sentences("en")

    assert "Official English version: “Invented for this test.”" in sentences
    assert not any("working translation" in sentence for sentence in sentences)
    assert "working translation" in explanation("fulfilled", "en")
