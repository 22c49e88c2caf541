"""Rows that were copied, cells that stand where nothing is read, and sheets that lost their hidden row or column."""

import openpyxl
import pytest

from observance.core import VERSION
from observance.forms import FormEntry
from observance.knowledge_base import KnowledgeBase
from observance.workbooks import check_workbook, new_workbook
from workbook_files import TIMETABLE, Read, changed, filled_by

TABLE, MAIN = "Calendrier", "Formulaire"


def copy_row(book: openpyxl.Workbook) -> None:
    """Row 4 copied to row 60 with all hidden cells, its dates cleared and a remark added."""
    sheet = book[TABLE]
    for column in range(1, 16):
        sheet.cell(60, column).value = sheet.cell(4, column).value
    for reference, value in {"B60": sheet["B5"].value, "C60": None, "D60": None, "E60": "sans date"}.items():
        sheet[reference] = value


def test_inner_parts_of_a_copied_row_are_new(kb: KnowledgeBase, timetable: bytes) -> None:
    """A copied row has no date of the row that it was copied from, and what is found about it stands at its own cells."""
    content = changed(timetable, copy_row)
    checked = check_workbook(content, name="x.xlsx", forms=kb.forms, settings=kb.settings)
    part = checked.content.filled.part.entries["obs:milestone"][-1].part
    assert part is not None
    assert part.node == ""
    assert "obs:plannedInterval" not in part.entries

    def late(book: openpyxl.Workbook) -> None:
        copy_row(book)
        book[TABLE]["C60"], book[TABLE]["D60"] = "2031", "2030"

    checked = check_workbook(changed(timetable, late), name="x.xlsx", forms=kb.forms, settings=kb.settings)
    assert {f.cell.row for f in checked.findings if f.severity == "Violation"} == {60}


@pytest.mark.parametrize("lost", ["delete_cols", "delete_rows"])
def test_hidden_cells_are_gone(read: Read, timetable: bytes, lost: str) -> None:
    """A table without its hidden row or column is read by its headings, rows and all, which is told."""
    found = read(changed(timetable, lambda book: getattr(book[TABLE], lost)(1)))
    assert found.problems == ()
    assert [notice.cell.address for notice in found.notices] == [f"{TABLE}!A1"]
    before = read(timetable).filled.part.entries["obs:milestone"]
    after = found.filled.part.entries["obs:milestone"]
    assert len(after) == len(before)
    assert all(texts(one) == texts(other) for one, other in zip(before, after, strict=True))


def texts(entry: FormEntry) -> list[object]:
    """What an entry says, without its nodes."""
    if entry.part is None:
        return [entry.text, entry.language]
    return [[key, *map(texts, found)] for key, found in entry.part.entries.items()]


def rename_and_lose(book: openpyxl.Workbook) -> None:
    """Two headings the same, and no hidden row."""
    book[TABLE]["D2"] = book[TABLE]["C2"].value
    book[TABLE].delete_rows(1)


def lose_all(book: openpyxl.Workbook) -> None:
    """Neither the hidden row nor the headings."""
    book[TABLE].delete_rows(1, 2)


@pytest.mark.parametrize("change", [rename_and_lose, lose_all])
def test_headings_do_not_tell(read: Read, timetable: bytes, change) -> None:
    """Where the headings do not tell what the columns are, the sheet is a problem: its rows are not left out without a word."""
    assert [problem.cell.sheet for problem in read(changed(timetable, change)).problems] == [TABLE]


@pytest.mark.parametrize("reference", ["E5", "E4", "E40", "D5"])
def test_beside_the_answers(kb: KnowledgeBase, read: Read, reference: str) -> None:
    """What is written beside the answers, or over the help, is told at its cell."""
    form, filled = filled_by(TIMETABLE, kb)
    content = new_workbook(form, lang="fr", version=VERSION, filled=filled)
    assert read(content).notices == ()

    def write(book: openpyxl.Workbook) -> None:
        book[MAIN][reference] = "Une réserve"

    assert [notice.cell.reference for notice in read(changed(content, write)).notices] == [reference]


def test_answer_in_the_row_of_a_heading(read: Read, timetable: bytes) -> None:
    """An answer beside the heading of a group is of no question, and a problem."""

    def write(book: openpyxl.Workbook) -> None:
        book[MAIN]["C4"] = "XB"

    assert [problem.cell.reference for problem in read(changed(timetable, write)).problems] == ["C4"]
