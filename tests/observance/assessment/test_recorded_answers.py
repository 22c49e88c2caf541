"""Recorded answers are reproduced byte for byte, or the differences are reported."""

import json
from pathlib import Path

import pytest

from conftest import ROOT
from observance.assessment import check_reproduction, read_record
from observance.assessment.outputs.recorded_answers import record_rows, serialize_record
from observance.cli import run
from observance.core import InvalidInputError

RECORDS = sorted((ROOT / "queries" / "answers").glob("*.json"))


@pytest.mark.parametrize("file", RECORDS, ids=lambda file: file.stem)
def test_demo_records_are_reproduced(kb, file: Path):
    """Each record of the demo register is reproduced byte for byte."""
    record = read_record(file.read_bytes(), name=file.name)
    answers = kb.assessment.assess(as_of=record.as_of, known_at=record.known_at, reading=record.reading)

    assert check_reproduction(record, answers=answers).same
    assert serialize_record(record_rows(answers)) + "\n" == file.read_text(encoding="utf-8")


def test_records_exist():
    """There are records for three shipped readings, and five in all."""
    assert {file.stem.partition(".")[2] for file in RECORDS} >= {"literal", "benchmark", "per-meeting"}
    assert len(RECORDS) >= 5


def test_differences_are_reported(kb, tmp_path: Path, capsys):
    """A duty whose recorded status differs is reported with both statuses, and the exit code is 1."""
    rows = record_rows(kb.assessment.assess(reading="literal"))
    rows[0] = {**rows[0], "status": "Behind"}
    file = tmp_path / "record.json"
    file.write_text(serialize_record(rows), encoding="utf-8")

    assert run(["diff", "--recorded", str(file), "--lang", "en"]) == 1
    assert f"{rows[0]['duty']}: Behind then" in capsys.readouterr().out


def test_other_rule_set_versions_are_reported(kb, tmp_path: Path, capsys):
    """A record of another rule set version does not count as reproduced, and the version is reported."""
    rows = [
        {**row, "rules": "0" * 16, "assessment": "https://example.org/other"}
        for row in record_rows(kb.assessment.assess(reading="literal"))
    ]
    file = tmp_path / "record.json"
    file.write_text(serialize_record(rows), encoding="utf-8")

    assert run(["diff", "--recorded", str(file), "--lang", "en", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["rules"][0] == "0" * 16


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b'[{"duty": 1}]', b"[" * 100_000, b'[{"asOf": "x", "knownAt": "y", "reading": "z", "rules": "r"}]']
)
def test_other_content_is_rejected(content: bytes):
    """Content that is no record is rejected with a sentence."""
    with pytest.raises(InvalidInputError, match="answers that were kept"):
        read_record(content, name="x.json")
