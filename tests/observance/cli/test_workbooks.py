"""`observance workbook new` and `observance validate FILE.xlsx`: a first workbook, mended in two rounds, ready in the end."""

import io
import json
from pathlib import Path

import openpyxl
import pytest

from conftest import ROOT
from observance.cli import run
from workbook_files import answer_cell

EXAMPLE = ROOT / "shapes" / "examples" / "para-2-5-timetable.ttl"


def set_cells(file: Path, values: dict[str, object]) -> None:
    """Write values into cells of the workbook."""
    book = openpyxl.load_workbook(io.BytesIO(file.read_bytes()))
    for address, value in values.items():
        sheet, _, reference = address.partition("!")
        book[sheet][reference] = value
    book.save(file)


def test_mended_in_two_rounds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A blank timetable is filled in, an ambiguous date and a missing one are told at their cells, and the mended one is ready."""
    file, marked = tmp_path / "t.xlsx", tmp_path / "marked.xlsx"
    assert run(["workbook", "new", "2.5", "--lang", "fr", "-o", str(file)]) == 0
    day, party, sender = (answer_cell(file.read_bytes(), key) for key in ("dcterms:dateSubmitted", "obs:onBehalfOf", "obs:submittedBy"))
    set_cells(
        file,
        {
            f"Formulaire!{party}": "https://w3id.org/observance/parties/XB",
            f"Formulaire!{sender}": "https://example.org/customs",
            "Calendrier!C4": "03/04/2024",
        },
    )
    assert run(["validate", str(file), "--lang", "fr", "--marked", str(marked)]) == 1
    told = capsys.readouterr().out
    assert "✗ Calendrier!C4 : Cette date se lit de deux façons" in told
    assert f"✗ Formulaire!{day} : " in told
    set_cells(file, {"Calendrier!C4": "avril 2024", "Calendrier!D4": 2025, f"Formulaire!{day}": "31/03/2024"})
    assert run(["validate", str(file), "--lang", "fr"]) == 0
    comment = openpyxl.load_workbook(marked)["Calendrier"]["C4"].comment
    assert comment is not None
    assert "deux façons" in comment.text


def test_json_names_cells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The report in JSON has the cell of each finding, and the submission, which `validate` calls ready."""
    file, turtle = tmp_path / "t.xlsx", tmp_path / "t.ttl"
    run(["workbook", "new", "2.5", "--lang", "en", "--from", str(EXAMPLE), "-o", str(file)])
    capsys.readouterr()
    assert run(["validate", str(file), "--format", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["processable"]
    assert all(set(finding["message"]) == {"fr", "en"} and finding["cell"] for finding in report["results"])
    turtle.write_text(report["turtle"], encoding="utf-8")
    assert run(["validate", str(turtle)]) == 0


def test_what_is_on_record_is_revised(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The report on a workbook of what is on record says how to revise it; made as a revision, it has a name of its own."""
    folder = tmp_path / "register"
    folder.mkdir()
    (folder / "timetable.ttl").write_bytes(EXAMPLE.read_bytes())
    reports = []
    for name, more in (("same", []), ("revision", ["--as", "revision"]), ("next", ["--as", "next"])):
        file = tmp_path / f"{name}.xlsx"
        run(["workbook", "new", "2.5", "--lang", "en", "--from", str(EXAMPLE), *more, "-o", str(file)])
        capsys.readouterr()
        run(["validate", str(file), "--register", str(folder), "--format", "json", "--lang", "en"])
        reports.append(json.loads(capsys.readouterr().out))

    assert ["--as revision" in str(report["results"]) for report in reports] == [True, False, False]
    assert ["wasRevisionOf" in report["turtle"] for report in reports] == [False, True, False]


def test_untaken_cell_keeps_it_from_being_ready(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A cell that cannot be taken is to be mended also where nothing need stand in it; no submission is given without it."""
    file = tmp_path / "t.xlsx"
    run(["workbook", "new", "2.5", "--lang", "en", "--from", str(EXAMPLE), "-o", str(file)])
    reference = answer_cell(file.read_bytes(), "obs:disclosure")
    set_cells(file, {f"Form!{reference}": "nobody"})
    capsys.readouterr()
    assert run(["validate", str(file), "--format", "json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["processable"], report["turtle"]) == (False, None)
    assert [result["reference"] for result in report["results"] if result["severity"] == "Violation"] == [reference]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["validate", "{x}", str(EXAMPLE)], "apart"),
        (["validate", "{x}", "--format", "sarif"], "sarif"),
        (["validate", "{x}", "--evidence"], "--marked"),
        (["validate", "{x}", "--marked", "{x}"], "exists"),
        (["validate", "missing.xlsx"], "missing.xlsx"),
        (["workbook", "new", "9.9"], "9.9"),
        (["workbook", "new", "2.5", "-o", "{x}"], "exists"),
        (["workbook", "new", "2.8", "--from", str(EXAMPLE)], "2"),
        (["workbook", "new", "2.5", "--as", "revision"], "--from"),
    ],
)
def test_wrong_arguments(tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str) -> None:
    """Each is one sentence and exit code 2; a file that exists is left as it is."""
    file = tmp_path / "t.xlsx"
    run(["workbook", "new", "3", "--lang", "en", "-o", str(file)])
    before = file.read_bytes()
    assert run([argument.format(x=file) for argument in arguments] + ["--lang", "en"]) == 2
    assert words in capsys.readouterr().err
    assert file.read_bytes() == before
