"""`observance register workbook` and `observance workbook import`: from a register to a workbook, and from there to drafts."""

import io
from pathlib import Path

import openpyxl
import pytest

from conftest import ROOT
from observance.cli import run

DEMO = ROOT / "queries" / "demo"
NODE = "https://w3id.org/observance/demo/xb/notification-1"


def rewritten(file: Path, values: dict[str, object]) -> None:
    """Change the row of the notification of XB in the columns with these marks."""
    book = openpyxl.load_workbook(io.BytesIO(file.read_bytes()))
    sheet = next(s for s in book.worksheets if '"form":"3"' in str(s["A1"].value))
    columns = {str(cell.value): cell.column for cell in sheet[1]}
    row = next(r for r in range(3, sheet.max_row + 1) if sheet.cell(r, columns["observance:submission"]).value == NODE)
    for mark, value in values.items():
        sheet.cell(row, columns[mark]).value = value
    book.save(file)


@pytest.fixture
def workbook(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The workbook of the demo register."""
    file = tmp_path / "register.xlsx"
    assert run(["register", "workbook", str(DEMO), "-o", str(file), "--lang", "en"]) == 0
    capsys.readouterr()
    return file


def test_draft_of_a_change(workbook: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A change gives a file that `validate` takes, and a line that says what it revises; the register is as it was."""
    before = {file.name: file.read_bytes() for file in DEMO.iterdir()}
    rewritten(workbook, {"dcterms:dateSubmitted": "29 January 2019"})
    folder = tmp_path / "drafts"
    folder.mkdir()
    assert run(["workbook", "import", str(workbook), "-o", str(folder), "--register", str(DEMO), "--lang", "en"]) == 0
    file = folder / "001-xb-3.ttl"
    assert list(folder.iterdir()) == [file]
    assert capsys.readouterr().out.splitlines() == [
        f"{file}: XB, notification of intention, revises {NODE}; 0 findings.",
        "112 submissions are as they are on record.",
    ]
    assert run(["validate", str(file), "--register", str(DEMO)]) == 0
    assert {file.name: file.read_bytes() for file in DEMO.iterdir()} == before


def test_told_and_nothing_written(workbook: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A date with two readings is told at its cell with exit code 1; without a draft there is no folder."""
    rewritten(workbook, {"dcterms:dateSubmitted": "03/04/2019"})
    folder = tmp_path / "drafts"
    assert run(["workbook", "import", str(workbook), "-o", str(folder), "--register", str(DEMO), "--lang", "fr"]) == 1
    told = capsys.readouterr()
    assert told.err.startswith("✗ '3 notification of intention'!D")
    assert "deux façons" in told.err
    assert not folder.exists()


def test_writes_over_nothing(workbook: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A workbook is written over another only if that is asked for, and drafts are written into no folder that holds anything."""
    content = workbook.read_bytes()
    assert run(["register", "workbook", str(DEMO), "-o", str(workbook), "--lang", "en"]) == 2
    assert run(["register", "workbook", str(DEMO), "-o", str(workbook), "--lang", "fr", "--force"]) == 0
    assert workbook.read_bytes() != content
    workbook.write_bytes(content)
    rewritten(workbook, {"dcterms:dateSubmitted": "2019-01-29"})
    assert "exists already" in capsys.readouterr().err
    assert run(["workbook", "import", str(workbook), "-o", str(tmp_path), "--register", str(DEMO), "--lang", "en"]) == 2
    assert [file.name for file in tmp_path.iterdir()] == ["register.xlsx"]
    assert "exists already" in capsys.readouterr().err
