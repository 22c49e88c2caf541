"""`--format xlsx` of `observance query` and `observance assess`: workbooks in files, and errors in words (`cli/exports.py`)."""

import io
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from observance.cli.assessment import assess
from observance.cli.questions import query
from observance.core import UsageError


def test_workbooks_of_commands(tmp_path: Path):
    """Both commands write a workbook into the file that is named, or to standard output, with its cover."""
    runner, file = CliRunner(), tmp_path / "items.xlsx"
    asked = ["statuses-of-a-party", "--param", "party=XB", "--format", "xlsx", "--lang", "en"]
    written = runner.invoke(query, asked, catch_exceptions=False)
    arguments = ["--member", "XA", "--format", "xlsx", "--lang", "fr", "--as-of", "2021-06-30", "-o", str(file)]
    runner.invoke(assess, arguments, catch_exceptions=False)
    of_query, of_items = openpyxl.load_workbook(io.BytesIO(written.stdout_bytes)), openpyxl.load_workbook(file)

    assert of_query.sheetnames[0] == "Cover"
    assert of_query.worksheets[1].max_row > 10
    assert of_items.sheetnames[0] == "Couverture"
    assert ("Au", "30 juin 2021") in of_items.worksheets[0].iter_rows(values_only=True)
    assert of_items.worksheets[1]["B2"].value == "XA"


@pytest.mark.parametrize(
    "arguments",
    [["--format", "json", "-o", "x.json"], ["--format", "xlsx", "-o", "no/such/folder/x.xlsx"]],
)
def test_bad_output(arguments: list[str]):
    """A file for another format, and one that cannot be written, are refused."""
    for command, subject in ((query, ["operative-paragraphs"]), (assess, ["--member", "XA"])):
        with pytest.raises(UsageError):
            CliRunner().invoke(command, [*subject, *arguments], catch_exceptions=False)
    with pytest.raises(UsageError):
        CliRunner().invoke(query, ["operative-paragraphs", "--endpoint", "http://127.0.0.1:9/", "--format", "xlsx"], catch_exceptions=False)
