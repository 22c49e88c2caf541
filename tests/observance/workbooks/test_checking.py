"""The report on a workbook: its order, what is folded, and how many cells are to be mended."""

from msgspec.structs import replace

from observance.core import LANGUAGES
from observance.knowledge_base import KnowledgeBase
from observance.workbooks import Cell, CellFinding, check_workbook, report_to_text
from workbook_files import changed

WORDS = dict.fromkeys(LANGUAGES, "x")


def test_report(kb: KnowledgeBase, timetable: bytes) -> None:
    """Sheets come in their order, the main one first; remarks of one shape at one cell are folded; cells are counted, not findings."""

    def fault(book) -> None:
        book.move_sheet("Calendrier", -2)
        book["Calendrier"]["C4"] = "03/04/2024"
        book["Formulaire"]["C14"] = "03/04/2024"

    checked = check_workbook(changed(timetable, fault), name="x.xlsx", forms=kb.forms, settings=kb.settings)
    lines = report_to_text(checked, lang="fr").splitlines()
    assert [line.split(" : ")[0] for line in lines[1:3]] == ["  ✗ Formulaire!C14", "  ✗ Calendrier!C4"]
    cell = Cell("Formulaire", 2, 2)
    alike = tuple(CellFinding(cell, dict.fromkeys(LANGUAGES, f"{n}"), "Info", "", "s") for n in range(9))
    folded = replace(checked, findings=(*alike, CellFinding(cell, WORDS), CellFinding(cell, WORDS)))
    lines = report_to_text(folded, lang="en").splitlines()
    assert [line.partition(": ")[2] for line in lines[1:-1]] == ["0", "1", "2", "… and 6 more like these.", "x", "x"]
    assert lines[-1].startswith("1 cell ")


def test_form_as_a_whole(kb: KnowledgeBase, timetable: bytes) -> None:
    """What is found about the whole form stands at its title."""
    checked = check_workbook(timetable, name="x.xlsx", forms=kb.forms, settings=kb.settings)
    assert checked.content.cell_of("").address == "Formulaire!B2"
