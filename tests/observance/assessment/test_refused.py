"""A reading or a rule that makes no sense is refused with one sentence that names it; nothing is half applied."""

import re
from pathlib import Path

import pytest

from fixtures_of_rules import KNOWLEDGE, RULE_BASE, assess_case, parse_turtle, rule_cases
from observance.assessment import RuleBase
from observance.cli import run
from observance.core import InconsistentDataError
from observance.knowledge import Knowledge

FOLDER = Path(__file__).parent / "refused"
READINGS = sorted(FOLDER.glob("reading.*.ttl"))
RULES = sorted(FOLDER.glob("rule.*.ttl"))


def said(file: Path) -> str:
    """What the sentence must name."""
    return re.search(r"#\+ says: (.+)", file.read_text(encoding="utf-8"))[1]


@pytest.mark.parametrize("file", READINGS, ids=lambda file: file.stem)
def test_reading_is_refused(file: Path, capsys):
    """The command says in French and English what is wrong with a reading, and ends with 2."""
    for lang in ("en", "fr"):
        assert run(["assess", "--reading", str(file), "--lang", lang]) == 2
        out, error = capsys.readouterr()
        assert out == ""
        assert said(file) in error
        assert len(error.strip().splitlines()) == 1


@pytest.mark.parametrize("file", RULES, ids=lambda file: file.stem)
def test_rule_is_refused(file: Path):
    """A knowledge base with the rule is refused, and the rule or the term is named."""
    other = RuleBase(Knowledge.of(KNOWLEDGE.root, (*KNOWLEDGE.quads, *parse_turtle(file))))

    with pytest.raises(InconsistentDataError) as refused:
        _ = other.book
    for lang in ("en", "fr"):
        assert said(file) in refused.value.sentence(lang)


def test_two_rules_of_one_rank_that_match_are_an_error():
    """Two rules of one precedence that both match are told, and no status is given."""
    file = FOLDER / "match.two-of-one-rank.ttl"
    other = RuleBase(Knowledge.of(KNOWLEDGE.root, (*KNOWLEDGE.quads, *parse_turtle(file))))
    case = next(case for case in rule_cases() if case.name == "para-2-5-timetable/fulfilled.literal")
    found = assess_case(case, rule_base=other)

    with pytest.raises(InconsistentDataError, match="rule:mine"):
        _ = found.assessments


@pytest.mark.parametrize(
    ("arguments", "named"),
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
def test_question_is_refused(arguments: list[str], named: str, capsys):
    """A day before the resolution, an unknown Member or reading and a malformed date are named, in both languages; exit 2."""
    for lang in ("en", "fr"):
        assert run(["assess", *arguments, "--lang", lang]) == 2
        out, error = capsys.readouterr()
        assert out == ""
        assert named in error


@pytest.mark.parametrize("arguments", [["XB", "2.55"], ["XB", "1"], ["XZ", "2.5"], ["no-such-duty"], ["XB", "2.5", "more"]])
def test_explanation_is_refused(arguments: list[str], capsys):
    """An unknown paragraph, one that gives nobody a duty, a party that the register does not declare: one sentence, exit 2."""
    assert run(["explain", *arguments, "--lang", "en"]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_register_cannot_state_what_only_rules_conclude():
    """A register that says itself what counts, or what a reading assumes, is not believed."""
    case = next(case for case in rule_cases() if case.name == "para-2-5-timetable/unknown.silence")
    plain, hostile = assess_case(case), assess_case(case, quads=(*parse_turtle(case.path), *parse_turtle(FOLDER / "register.claims.ttl")))

    assert [(a.duty, a.status.iri) for a in hostile.assessments] == [(a.duty, a.status.iri) for a in plain.assessments]
    assert RULE_BASE.book.concluded
