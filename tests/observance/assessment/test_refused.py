"""Invalid readings, rules and requests are rejected with one sentence that names the fault."""

import re
from datetime import date
from pathlib import Path

import pytest

from fixtures_of_rules import KNOWLEDGE, RULE_BASE, assess_case, base_statements, parse_turtle, register_inputs, rule_cases
from observance.assessment import RuleBase, assess
from observance.cli import run
from observance.core import InconsistentDataError, calendar
from observance.knowledge import Knowledge

FOLDER = Path(__file__).parent / "refused"
READINGS = sorted(FOLDER.glob("reading.*.ttl"))
RULES = sorted(FOLDER.glob("rule.*.ttl"))


def expected_text(file: Path) -> str:
    """The text that the error sentence must contain, from the head of the file."""
    return re.search(r"#\+ says: (.+)", file.read_text(encoding="utf-8"))[1]


@pytest.mark.parametrize("file", READINGS, ids=lambda file: file.stem)
def test_invalid_readings(file: Path, capsys):
    """`observance assess` reports an invalid reading in both languages, with exit code 2."""
    for lang in ("en", "fr"):
        assert run(["assess", "--reading", str(file), "--lang", lang]) == 2
        out, error = capsys.readouterr()
        assert out == ""
        assert expected_text(file) in error
        assert len(error.strip().splitlines()) == 1


@pytest.mark.parametrize("file", RULES, ids=lambda file: file.stem)
def test_invalid_rules(file: Path):
    """A knowledge base with an invalid rule is rejected with the name of the rule or term."""
    rule_base = RuleBase(Knowledge.of(KNOWLEDGE.root, (*KNOWLEDGE.quads, *parse_turtle(file))))

    with pytest.raises(InconsistentDataError) as caught:
        _ = rule_base.rule_set
    for lang in ("en", "fr"):
        assert expected_text(file) in caught.value.sentence(lang)


def test_two_matching_rules_of_one_precedence():
    """If two rules of the same precedence match, their names are reported and no status is given."""
    file = FOLDER / "match.two-of-one-rank.ttl"
    rule_base = RuleBase(Knowledge.of(KNOWLEDGE.root, (*KNOWLEDGE.quads, *parse_turtle(file))))
    case = next(case for case in rule_cases() if case.name == "para-2-5-timetable/fulfilled.literal")

    with pytest.raises(InconsistentDataError, match="rule:mine"):
        assess_case(case, rule_base=rule_base)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--as-of", "2018-05-31"], "2018"),
        (["--known-at", "2018-01-01T00:00:00Z"], "2018"),
        (["--as-of", "31/05/2020"], "31/05/2020"),
        (["--known-at", "yesterday"], "yesterday"),
        (["--member", "XK"], "XK"),
        (["--member", "Atlantis"], "Atlantis"),
        (["--reading", "generous"], "generous"),
        (["--reading", "no-such-file.ttl"], "no-such-file.ttl"),
    ],
)
def test_invalid_options_of_assess(arguments: list[str], expected: str, capsys):
    """A day before the resolution, an unknown Member or reading, a malformed date: reported in both languages, with exit code 2."""
    for lang in ("en", "fr"):
        assert run(["assess", *arguments, "--lang", lang]) == 2
        out, error = capsys.readouterr()
        assert out == ""
        assert expected in error


@pytest.mark.parametrize("arguments", [["XB", "2.55"], ["XB", "1"], ["XZ", "2.5"], ["no-such-duty"], ["XB", "2.5", "more"]])
def test_invalid_arguments_of_explain(arguments: list[str], capsys):
    """An unknown paragraph, one without duties, a party that the register does not declare: one sentence, exit code 2."""
    assert run(["explain", *arguments, "--lang", "en"]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_statements_reserved_for_rules_are_ignored():
    """A register that states what only rules conclude, or what a reading assumes, gets the same statuses as without."""
    case = next(case for case in rule_cases() if case.name == "para-2-5-timetable/unknown.silence")
    documents = [base_statements(), parse_turtle(case.path)]
    documents_with_claims = [base_statements(), parse_turtle(case.path), parse_turtle(FOLDER / "register.claims.ttl")]
    without, with_claims = (
        assess(register_inputs(*register), as_of=date.fromisoformat(case.as_of), known_at=calendar.parse_time(case.known_at))
        for register in (documents, documents_with_claims)
    )

    assert [(a.duty, a.status.iri) for a in with_claims.assessments] == [(a.duty, a.status.iri) for a in without.assessments]
    assert RULE_BASE.rule_set.concluded
