"""What a sender can make long takes time in proportion: twice as much of it takes no more than about twice the time."""

import time
from collections.abc import Callable

import openpyxl
import pytest

from observance.core import Settings
from observance.forms import FilledForm, FilledPart
from observance.knowledge_base import KnowledgeBase
from observance.workbooks import Cell, CellFinding, marked_workbook, new_workbook, read_workbook
from workbook_files import changed, parts, with_parts

TABLE, MAIN = "Timetable", "Form"
FINDING = CellFinding(Cell(MAIN, 5, 3), {"fr": "x", "en": "x"})


def merge(book: openpyxl.Workbook, count: int) -> None:
    """As many merged areas as are taken, beside rows of a table."""
    for number in range(count):
        book[TABLE].cell(60 + number, 5, "x")
    for number in range(900):
        book[TABLE].merge_cells(start_row=9000 + number, end_row=9000 + number, start_column=20, end_column=21)


def unknown_choices(book: openpyxl.Workbook, count: int) -> None:
    """Rows whose choice is not on the list."""
    for number in range(count):
        book[TABLE].cell(60 + number, 2, f"De Minimuss {number}")


def same_question(book: openpyxl.Workbook, count: int) -> None:
    """Rows of one question."""
    for number in range(count):
        for column, text in enumerate(("dcterms:title@en", "x", f"t{number}", "y"), 1):
            book[MAIN].cell(40 + number, column, text)


@pytest.mark.parametrize("change", [merge, unknown_choices, same_question])
def test_reading(kb: KnowledgeBase, change: Callable[[openpyxl.Workbook, int], None]) -> None:
    """Rows, merged cells and faults."""
    blank = new_workbook(kb.forms.form("2.5"), lang="en", version="1", filled=FilledForm("2.5", FilledPart()))

    def seconds(count: int) -> float:
        content = changed(blank, lambda book: change(book, count))
        begin = time.process_time()
        read_workbook(content, forms=kb.forms.forms, settings=kb.settings)
        return time.process_time() - begin

    seconds(100)
    assert seconds(4_000) < 8 * seconds(1_000) + 0.5
    assert seconds(4_000) < 1.5


def test_few_are_compared(kb: KnowledgeBase) -> None:
    """The nearest labels are told for the first choices that are not on the list, and no more."""
    blank = new_workbook(kb.forms.form("2.5"), lang="en", version="1")
    content = changed(blank, lambda book: unknown_choices(book, 50))
    problems = read_workbook(content, forms=kb.forms.forms, settings=kb.settings).problems
    assert ["Nearest" in problem.message["en"] for problem in problems] == [True] * 20 + [False] * 30


@pytest.mark.parametrize("unclosed", [b"<shape ", b"<v:shape a='", b"<!--", b"<v:shape><x:Row>1<x:Column>"])
def test_drawing(timetable: bytes, unclosed: bytes) -> None:
    """A drawing that is no XML is not marked, and found to be none at once."""
    first = marked_workbook(timetable, [CellFinding(Cell("Formulaire", 5, 3), FINDING.message)], lang="fr", settings=Settings())
    assert first is not None
    name = next(name for name in parts(first) if name.endswith(".vml"))
    content = with_parts(first, {name: b"<xml>" + unclosed * (900_000 // len(unclosed)) + b"</xml>"})
    begin = time.process_time()
    assert marked_workbook(content, [FINDING], lang="fr", settings=Settings()) is None
    assert time.process_time() - begin < 2
