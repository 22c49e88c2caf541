"""`observance check` and rules: a rule that cannot be evaluated is a fault, not a surprise at the first answer."""

import shutil
from pathlib import Path

import pytest

from observance.cli import run
from observance.knowledge import SCAFFOLD


@pytest.mark.whole
def test_rule_that_cannot_be_evaluated(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """A pattern with a misspelt term, or outside the language of patterns, is a fault that names the rule."""
    for number, (word, written) in enumerate([("a my:BridgeReport", "a my:BrigdeReport"), ("obs:bearer ?bearer", "obs:bearer* ?bearer")]):
        root = Path(shutil.copytree(SCAFFOLD, tmp_path / str(number)))
        file = root / "rules" / "para-2-1-report.ttl"
        file.write_text(file.read_text(encoding="utf-8").replace(word, written), encoding="utf-8")

        assert run(["check", "--knowledge", str(root), "--lang", "en"]) == 1
        (fault,) = [line for line in capsys.readouterr().out.splitlines() if "rule-cannot-be-evaluated" in line]
        assert "my-instrument/report-" in fault
