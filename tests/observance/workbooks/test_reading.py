"""A workbook that people changed: what is certain is taken, everything else is a problem or a notice at its own cell."""

from collections.abc import Callable

import openpyxl
import pytest

from fuzz import workbooks as fuzz
from observance.core import LANGUAGES
from workbook_files import Read, answer_cell, changed

TABLE, MAIN = "Calendrier", "Formulaire"


def set_cell(sheet: str, reference: str, value: object) -> Callable[[openpyxl.Workbook], None]:
    """A change of one cell."""

    def change(book: openpyxl.Workbook) -> None:
        book[sheet][reference] = value

    return change


def copy_table(book: openpyxl.Workbook) -> None:
    """A second copy of the table."""
    book.copy_worksheet(book[TABLE])


def swap_labels(book: openpyxl.Workbook) -> None:
    """The header of the begin over the column of the end."""
    book[TABLE]["D2"] = book[TABLE]["C2"].value


def add_row(book: openpyxl.Workbook) -> None:
    """A row of one's own on the main sheet."""
    book[MAIN].insert_rows(6)
    book[MAIN]["C6"] = "XB"


def merge_down(book: openpyxl.Workbook) -> None:
    """Two dates of one column in one cell."""
    book[TABLE].merge_cells("C4:C5")


@pytest.mark.parametrize(
    ("change", "cells", "words"),
    [
        (set_cell(TABLE, "C4", "03/04/2024"), [f"{TABLE}!C4"], "3 avril 2024"),
        (set_cell(TABLE, "C4", 45000), [f"{TABLE}!C4"], "45000"),
        (set_cell(TABLE, "C4", "=A1"), [f"{TABLE}!C4"], "formule"),
        (set_cell(TABLE, "C4", "#REF!"), [f"{TABLE}!C4"], "#REF!"),
        (set_cell(TABLE, "B4", "Gestion des risque"), [f"{TABLE}!B4"], "gestion des risques"),
        (copy_table, ["'Calendrier Copy'!A1"], "copie"),
        (swap_labels, [f"{TABLE}!D2"], "identifiant"),
        (add_row, [f"{MAIN}!C6"], "copiez sa ligne"),
        (merge_down, [f"{TABLE}!C4", f"{TABLE}!C5"], "fusionnée"),
    ],
)
def test_problems(read: Read, timetable: bytes, change, cells: list[str], words: str) -> None:
    """What is not certain is a problem at its cell, in both languages."""
    found = read(changed(timetable, change))
    assert [problem.cell.address for problem in found.problems] == cells
    assert all(words in problem.message["fr"] for problem in found.problems)
    assert all(set(problem.message) == set(LANGUAGES) for problem in found.problems)


def test_precision_of_the_field(read: Read, timetable: bytes) -> None:
    """A month is no value of a field that takes days alone."""
    reference = answer_cell(timetable, "dcterms:dateSubmitted")
    (problem,) = read(changed(timetable, set_cell(MAIN, reference, "juin 2019"))).problems
    assert problem.cell.address == f"{MAIN}!{reference}"
    assert "un jour" in problem.message["fr"]


@pytest.mark.parametrize(
    ("change", "cell"),
    [
        (lambda book: book[TABLE].delete_cols(3), f"{TABLE}!B2"),
        (lambda book: book.remove(book[TABLE]), f"{MAIN}!B2"),
        (lambda book: book.create_sheet("Notes").append(["x"]), "Notes!A1"),
        (lambda book: book[MAIN].delete_rows(5), f"{MAIN}!B2"),
        (set_cell(TABLE, "Z5", "x"), f"{TABLE}!Z5"),
    ],
)
def test_notices(read: Read, timetable: bytes, change, cell: str) -> None:
    """What was left out, and what was not read, is told; nothing is a problem."""
    found = read(changed(timetable, change))
    assert found.problems == ()
    assert [notice.cell.address for notice in found.notices] == [cell]


def test_places(read: Read, timetable: bytes) -> None:
    """Each path leads to its cell; that of a field without entry to the cell where it would stand, that of no row to the header."""
    found = read(timetable)
    assert found.cell_of("obs:milestone/2/obs:plannedInterval/0/time:hasBeginning/0/time:inXSDDate/0").address == f"{TABLE}!C6"
    assert found.cell_of("obs:milestone/2/obs:plannedInterval").address == f"{TABLE}!C6"
    assert found.cell_of("obs:milestone/2/obs:actionState").address == f"{TABLE}!G6"
    assert found.cell_of("obs:milestone/99/obs:actionState").address == f"{TABLE}!B2"
    assert found.cell_of("").sheet == found.cell_of("never:heard").sheet == MAIN


def test_copied_row_is_a_new_node(read: Read, timetable: bytes) -> None:
    """A copied row, with its hidden cell, does not write into the node of the row that it was copied from."""

    def copy(book: openpyxl.Workbook) -> None:
        for column in range(1, 10):
            book[TABLE].cell(30, column).value = book[TABLE].cell(4, column).value

    nodes = [entry.part.node for entry in read(changed(timetable, copy)).filled.part.entries["obs:milestone"]]
    assert nodes[-1] == ""
    assert len(set(nodes)) == len(nodes)


def test_damaged_workbooks() -> None:
    """A sample of `make workbooks`: no wrong address, no wrong value taken, no crash."""
    assert [fault for seed in range(60) for fault in fuzz.faults(seed)] == []
