"""Answers that were kept are given again to the letter, or it is said which are not."""

import json
from pathlib import Path

import pytest

from conftest import ROOT
from observance.assessment import read_record, reproduced
from observance.assessment.outputs.recorded_answers import rows, written
from observance.cli import run
from observance.core import InvalidInputError

KEPT = sorted((ROOT / "queries" / "answers").glob("*.json"))


@pytest.mark.parametrize("file", KEPT, ids=lambda file: file.stem)
def test_demo_answers_are_given_again(kb, file: Path):
    """Each past answer of the demo register is given again, the same bytes."""
    kept = read_record(file.read_bytes(), name=file.name)
    found = kb.assessment.assess(as_of=kept.as_of, known_at=kept.known_at, reading=kept.reading)

    assert reproduced(kept, answers=found).same
    assert written(rows(found)) + "\n" == file.read_text(encoding="utf-8")


def test_there_are_kept_answers():
    """Every shipped reading has kept answers, and two of them are of one day known at two times."""
    assert {file.stem.partition(".")[2] for file in KEPT} >= {"literal", "benchmark", "per-meeting"}
    assert len(KEPT) >= 5


def test_what_is_no_longer_given_is_named(kb, tmp_path: Path, capsys):
    """A kept answer that is another one today is named with both statuses, and the exit code is 1."""
    found = rows(kb.assessment.assess(reading="literal"))
    found[0] = {**found[0], "status": "Behind"}
    file = tmp_path / "kept.json"
    file.write_text(written(found), encoding="utf-8")

    assert run(["diff", "--recorded", str(file), "--lang", "en"]) == 1
    assert f"{found[0]['duty']}: Behind then" in capsys.readouterr().out


def test_other_rules_are_said(kb, tmp_path: Path, capsys):
    """Answers that other rules gave are not passed off as given again."""
    found = [{**row, "rules": "0" * 16, "assessment": "https://example.org/other"} for row in rows(kb.assessment.assess(reading="literal"))]
    file = tmp_path / "kept.json"
    file.write_text(written(found), encoding="utf-8")

    assert run(["diff", "--recorded", str(file), "--lang", "en", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["rules"][0] == "0" * 16


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b'[{"duty": 1}]', b"[" * 100_000, b'[{"asOf": "x", "knownAt": "y", "reading": "z", "rules": "r"}]']
)
def test_what_is_no_record_is_refused(content: bytes):
    """Anything else is refused with one sentence."""
    with pytest.raises(InvalidInputError, match="answers that were kept"):
        read_record(content, name="x.json")
