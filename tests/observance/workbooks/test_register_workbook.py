"""A register as a workbook (`register_content`, `register_writing`, `register_reading`, `register_drafts`), written, changed and read."""

import io
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from msgspec.structs import replace
from openpyxl.utils import get_column_letter

from conftest import ROOT
from observance.core import LANGUAGES, LimitExceededError, UnsupportedFormatError
from observance.forms import FilledForm, FormEntry, interpret, start_from
from observance.knowledge_base import KnowledgeBase
from observance.rdf import nested_turtle
from observance.workbooks import drafts_from_workbook, new_workbook, register_workbook, submissions_on_record
from workbook_files import TIMETABLE, filled_by

DEMO = "https://w3id.org/observance/demo/"
ADDRESS, DATE, TITLE = "observance:submission", "dcterms:dateSubmitted", "dcterms:title@en"
BEGINS = "observance:row obs:plannedInterval/time:hasBeginning/time:inXSDDate"
PROVISION = "observance:row obs:provision"
REVISES = "prov:wasRevisionOf"


class Sheet:
    """The sheet of a form, by what its hidden cells say."""

    def __init__(self, book: openpyxl.Workbook, form: str) -> None:
        self.sheet = next(s for s in book.worksheets if str(s["A1"].value).startswith(f'observance:register {{"form":"{form}"'))
        self.columns = {str(cell.value): cell.column for cell in reversed(self.sheet[1])}

    def rows(self, node: str) -> list[int]:
        """The rows of a submission."""
        return [cell.row for cell in self.sheet[self.letter(ADDRESS)] if cell.value == node]

    def letter(self, mark: str) -> str:
        """The letters of a column."""
        return get_column_letter(self.columns[mark])

    def cell(self, row: int, mark: str) -> Any:
        """A cell."""
        return self.sheet.cell(row, self.columns[mark])


def written(kb: KnowledgeBase, lang: str = "en") -> bytes:
    """The workbook of the register."""
    content = submissions_on_record(kb.forms)
    return register_workbook(content, forms=kb.forms.forms, lang=lang, version="1", settings=kb.settings)


def changed(content: bytes, form: str, change: Callable[[Sheet], object]) -> bytes:
    """The workbook with a change in the sheet of a form."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    change(Sheet(book, form))
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


def drafts(kb: KnowledgeBase, content: bytes):
    """The drafts that it gives."""
    return drafts_from_workbook(content, forms=kb.forms, version="1", settings=kb.settings)


def on_record(kb: KnowledgeBase, form: str, node: str):
    """A submission of the register."""
    return next(one for one in submissions_on_record(kb.forms).submissions[form] if one.node == node)


def registered(folder: Path, kb: KnowledgeBase, filled: FilledForm) -> KnowledgeBase:
    """The knowledge base with the demo and a submission beside it, in a folder."""
    for file in (ROOT / "queries" / "demo").glob("*.ttl"):
        (folder / file.name).write_bytes(file.read_bytes())
    triples = interpret(kb.forms.form(filled.form), filled).triples
    (folder / "zz.ttl").write_text(nested_turtle(triples), encoding="utf-8")
    return KnowledgeBase.open(kb.settings, registers=(folder,))


@pytest.fixture(scope="module")
def demo(kb: KnowledgeBase) -> bytes:
    """The workbook of the demo register, in English."""
    return written(kb)


def test_same_register_same_bytes(kb: KnowledgeBase, demo: bytes) -> None:
    """The register read anew gives the same bytes."""
    with KnowledgeBase.open(kb.settings) as other:
        assert written(other) == demo


def test_holds_every_submission_in_order(kb: KnowledgeBase, demo: bytes) -> None:
    """Each sheet holds the submissions of a form by party, date and address; fields of the submission stand in its first row only."""
    book = openpyxl.load_workbook(io.BytesIO(demo))
    content = submissions_on_record(kb.forms)
    for form, submissions in content.submissions.items():
        sheet = Sheet(book, form)
        found = [cell.value for cell in sheet.sheet[sheet.letter(ADDRESS)][2:]]
        assert list(dict.fromkeys(found)) == [one.node for one in submissions]
        assert [one.sort_key for one in submissions] == sorted(one.sort_key for one in submissions)
        assert sum(cell.value is not None for cell in sheet.sheet[sheet.letter(DATE)][2:]) <= len(submissions)
    assert sum(map(len, content.submissions.values())) == 113


def test_remarks(demo: bytes) -> None:
    """The remarks name what revises or withdraws a submission, if its own party sent it, and count what the form does not know of it."""
    book = openpyxl.load_workbook(io.BytesIO(demo))

    def remarks(form: str, node: str) -> str:
        sheet = Sheet(book, form)
        return str(sheet.cell(sheet.rows(DEMO + node)[0], "observance:remarks").value)

    unknown = "3 statements that the form does not know are not in this workbook"
    assert remarks("2.5", "xa/timetable-1").startswith(f"Revised by {DEMO}xa/timetable-2. {unknown}")
    assert remarks("2.5", "xl/timetable-1").startswith(f"Withdrawn by {DEMO}xl/withdrawal-1. {unknown}")
    assert "xc/timetable-5" not in remarks("2.5", "xp/timetable-2")
    # It refers to parts of another submission, about which nothing is counted here.
    assert remarks("2.3-follow-up-statement", "xa/followup-1").startswith(unknown)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_unchanged_gives_no_draft(kb: KnowledgeBase, lang: str) -> None:
    """The workbook as it was written, and as another program saved it, gives no draft and nothing to tell."""
    content = written(kb, lang)
    for one in (content, changed(content, "2.5", str)):
        found = drafts(kb, one)
        assert (found.drafts, found.findings, found.unchanged, found.absent) == ([], [], 113, 0)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed; .ci/run installs it")
def test_saved_by_libreoffice(kb: KnowledgeBase, demo: bytes, tmp_path: Path) -> None:
    """What LibreOffice saved gives no draft."""
    (tmp_path / "register.xlsx").write_bytes(demo)
    command = ["soffice", "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to", "xlsx", "--outdir", "saved"]
    subprocess.run([*command, "register.xlsx"], cwd=tmp_path, check=True, timeout=300, capture_output=True)
    found = drafts(kb, (tmp_path / "saved" / "register.xlsx").read_bytes())
    assert (found.drafts, found.findings, found.unchanged) == ([], [], 113)


def test_sorted_gives_no_draft(kb: KnowledgeBase, demo: bytes) -> None:
    """Rows in another order are the same submissions."""

    def reverse(sheet: Sheet) -> None:
        rows = [[cell.value for cell in row] for row in sheet.sheet.iter_rows(min_row=3)]
        for number, row in enumerate(reversed(rows), 3):
            for column, value in enumerate(row, 1):
                sheet.sheet.cell(number, column).value = value

    found = drafts(kb, changed(demo, "2.5", reverse))
    assert (found.drafts, found.findings, found.unchanged) == ([], [], 113)


def test_repeated_field_gives_no_draft(kb: KnowledgeBase, demo: bytes) -> None:
    """A field of a submission that is repeated in its further rows says nothing new."""

    def fill_down(sheet: Sheet) -> None:
        first, second, *_ = sheet.rows(DEMO + "xa/timetable-2")
        for mark in (DATE, "obs:submittedBy", "obs:adaptation@en"):
            sheet.cell(second, mark).value = sheet.cell(first, mark).value

    found = drafts(kb, changed(demo, "2.5", fill_down))
    assert (found.drafts, found.findings, found.unchanged) == ([], [], 113)


def test_changed_date_gives_one_revision(kb: KnowledgeBase, demo: bytes) -> None:
    """A date that was changed gives one draft, which revises the submission and differs from it in that date alone."""
    node = DEMO + "xa/timetable-2"

    def change(sheet: Sheet) -> None:
        sheet.cell(sheet.rows(node)[1], BEGINS).value = "May 2031"

    found = drafts(kb, changed(demo, "2.5", change))
    assert (len(found.drafts), found.findings, found.unchanged, found.absent) == (1, [], 112, 0)
    draft, record = found.drafts[0], on_record(kb, "2.5", node)
    assert draft.revised == record
    form = kb.forms.form("2.5")
    before = start_from(form, record.filled, is_revision=True, keeps_all=True)
    theirs, ours = (set(_lines(form, filled)) for filled in (before, draft.checked.filled))
    assert [line.partition(" <")[2] for line in sorted(ours - theirs)] == [
        'http://www.w3.org/2006/time#inXSDgYearMonth> "2031-05"^^<http://www.w3.org/2001/XMLSchema#gYearMonth>'
    ]
    assert len(theirs - ours) == 1
    assert f"wasRevisionOf <{node}>" in draft.checked.turtle
    assert draft.checked.filled.part.entries[DATE] == record.filled.part.entries[DATE]


def _lines(form, filled: FilledForm) -> list[str]:
    """The statements, with the same name for the submission."""
    named = replace(filled, part=replace(filled.part, node="https://example.org/draft"))
    return [str(triple) for triple in interpret(form, named).triples]


def test_removed_and_added_rows(kb: KnowledgeBase, demo: bytes) -> None:
    """A row that is deleted is not in the revision; a copied row with another provision is a new one."""
    node = DEMO + "xa/timetable-2"
    rows = [e.part for e in on_record(kb, "2.5", node).filled.part.entries["obs:milestone"]]

    def change(sheet: Sheet) -> None:
        numbers = sheet.rows(node)
        last = sheet.sheet.max_row + 1
        for column in range(1, sheet.sheet.max_column + 1):
            sheet.sheet.cell(last, column).value = sheet.sheet.cell(numbers[2], column).value
        sheet.cell(last, PROVISION).value = "https://w3id.org/observance/wco/ecommerce-framework/standard-de-minimis"
        sheet.sheet.delete_rows(numbers[1])

    found = drafts(kb, changed(demo, "2.5", change))
    assert (len(found.drafts), found.findings) == (1, [])
    new = [e.part for e in found.drafts[0].checked.filled.part.entries["obs:milestone"]]
    provisions = [part.entries["obs:provision"][0].text.rpartition("/")[2] for part in new]
    kept = [part.entries["obs:provision"][0].text.rpartition("/")[2] for number, part in enumerate(rows) if number != 1]
    assert provisions == [*kept, "standard-de-minimis"]


def test_row_without_address_is_new(kb: KnowledgeBase, demo: bytes) -> None:
    """Rows without an address give a new submission; the rows under the first one are rows of its table."""
    node = DEMO + "xa/timetable-2"

    def change(sheet: Sheet) -> None:
        last = sheet.sheet.max_row
        for number, row in enumerate(sheet.rows(node), 1):
            for cell in list(sheet.sheet[row])[1:]:
                sheet.sheet.cell(last + number, cell.column).value = cell.value
            sheet.cell(last + number, ADDRESS).value = None
        sheet.cell(last + 1, DATE).value = "7 May 2031"
        sheet.cell(last + 1, REVISES).value = None

    found = drafts(kb, changed(demo, "2.5", change))
    assert (len(found.drafts), found.findings, found.unchanged) == (1, [], 113)
    draft, record = found.drafts[0], on_record(kb, "2.5", node)
    assert draft.revised is None
    entries = draft.checked.filled.part.entries
    assert entries[DATE] == (FormEntry("2031-05-07"),)
    assert len(entries["obs:milestone"]) == len(record.filled.part.entries["obs:milestone"]) > 1
    assert draft.checked.is_ready


@pytest.mark.parametrize(
    ("mark", "value", "word"),
    [
        (DATE, "03/04/2024", "two ways"),
        (ADDRESS, "https://example.org/none", "No submission of this kind"),
        (REVISES, "https://example.org/other", "follows from its address"),
    ],
)
def test_told_at_its_cell(kb: KnowledgeBase, demo: bytes, mark: str, value: str, word: str) -> None:
    """A cell that cannot be taken is told by sheet and cell, and its submission gives no draft; others do."""
    cells: list[str] = []

    def change(sheet: Sheet) -> None:
        row = sheet.rows(DEMO + "xa/timetable-2")[0]
        sheet.cell(row, mark).value = value
        cells.append(sheet.cell(row, mark).coordinate)
        sheet.cell(sheet.rows(DEMO + "xc/timetable-2")[0], TITLE).value = "A title"

    found = drafts(kb, changed(demo, "2.5", change))
    told = [finding for finding in found.findings if finding.severity == "Violation"]
    assert (told[0].cell.reference, told[0].cell.sheet) == (cells[0], "2.5 indicative timetable")
    # Without its address, the first row is missing among those of its submission.
    assert len(told) == (2 if mark == ADDRESS else 1)
    assert word in told[0].message["en"]
    assert [draft.revised.node for draft in found.drafts] == [DEMO + "xc/timetable-2"]


def test_told_at_its_cell_after_sorting(kb: KnowledgeBase, demo: bytes) -> None:
    """What only the form finds in a row of a table is told at the cell of that row, also where rows were sorted."""
    evidence, cells = "observance:row obs:evidence", []

    def change(sheet: Sheet) -> None:
        rows = sheet.rows(DEMO + "xa/timetable-2")
        first, last = ([cell.value for cell in sheet.sheet[row]] for row in (rows[0], rows[-1]))
        for row, values in ((rows[0], last), (rows[-1], first)):
            for column, value in enumerate(values, 1):
                sheet.sheet.cell(row, column).value = value
        sheet.cell(rows[0], evidence).value = "no address"
        cells.append(sheet.cell(rows[0], evidence).coordinate)

    found = drafts(kb, changed(demo, "2.5", change))
    assert (found.drafts, [finding.cell.reference for finding in found.findings]) == ([], cells)


def test_missing_first_row_and_contradiction(kb: KnowledgeBase, demo: bytes) -> None:
    """Without the row that holds the fields of a submission there is no draft, and none where two rows contradict each other."""

    def change(sheet: Sheet) -> None:
        sheet.cell(sheet.rows(DEMO + "xa/timetable-2")[1], DATE).value = "2031-01-01"
        sheet.sheet.delete_rows(sheet.rows(DEMO + "xc/timetable-2")[0])

    found = drafts(kb, changed(demo, "2.5", change))
    told = sorted(finding.message["en"] for finding in found.findings)
    assert found.drafts == []
    assert [text.partition(" “")[0] for text in told] == [
        "An earlier row of the submission has another value in",
        "The first row of the submission",
    ]


def test_missing_column_and_rows(kb: KnowledgeBase, demo: bytes) -> None:
    """What a deleted column held stays as it is on record, and so do submissions whose rows were deleted; both are told."""

    def change(sheet: Sheet) -> None:
        sheet.sheet.delete_cols(sheet.columns["obs:adaptation@en"])
        for row in reversed(Sheet.rows(sheet, DEMO + "xa/timetable-2")):
            sheet.sheet.delete_rows(row)

    found = drafts(kb, changed(demo, "2.5", change))
    assert (found.drafts, found.unchanged, found.absent) == ([], 112, 1)
    assert [(f.severity, f.message["en"].partition(":")[0]) for f in found.findings] == [
        ("Info", "The column “How it is suited to your capacities (in English)” is missing")
    ]


def test_what_a_workbook_cannot_show(kb: KnowledgeBase, tmp_path: Path) -> None:
    """Formulas are texts; a revision keeps a text too long for a cell, and no statement that the form does not know; both are told."""
    _, filled = filled_by(TIMETABLE, kb)
    node, unknown = filled.part.node, f'<{filled.part.node}> <https://example.org/unknown> "x" .'
    titles = (FormEntry('=HYPERLINK("https://example.org")', "en"), FormEntry("x" * 40_000, "fr"), FormEntry("+1 \n@SUM(A1)", "es"))
    entries = {**filled.part.entries, "dcterms:title": titles}
    with registered(tmp_path, kb, replace(filled, part=replace(filled.part, entries=entries), rest=(unknown,))) as opened:
        content = written(opened)
        sheet = Sheet(openpyxl.load_workbook(io.BytesIO(content)), "2.5")
        row = sheet.rows(node)[0]
        assert (sheet.cell(row, TITLE).value, sheet.cell(row, TITLE).data_type) == (titles[0].text, "s")
        remarks = sheet.cell(row, "observance:remarks").value
        assert "1 statement that the form does not know is not in this workbook" in remarks
        assert "1 value does not fit into this workbook" in remarks
        assert drafts(opened, content).drafts == []
        opened_titles = on_record(opened, "2.5", node).filled.part.entries["dcterms:title"]
        assert set(opened_titles) == set(titles)
        found = drafts(opened, changed(content, "2.5", lambda one: setattr(one.cell(row, DATE), "value", "2031-01-01")))
        assert len(found.drafts) == 1
        assert found.drafts[0].checked.filled.part.entries["dcterms:title"] == opened_titles
        assert "unknown" not in found.drafts[0].checked.turtle


def test_other_workbooks_and_limits(kb: KnowledgeBase, demo: bytes) -> None:
    """A workbook of a form is none of a register; a register with more cells than can be read is refused."""
    marks = ['{"form":"2.5","lang":"xx","version":"1"}', '{"form":"9.9","lang":"en","version":"1"}', "{"]
    others = [changed(demo, "2.5", lambda sheet, mark=mark: sheet.sheet.cell(1, 1, f"observance:register {mark}")) for mark in marks]
    without_address = changed(demo, "2.5", lambda sheet: sheet.sheet.delete_cols(sheet.columns[ADDRESS]))
    for content in (new_workbook(kb.forms.form("2.5"), lang="en", version="1"), *others, without_address):
        with pytest.raises(UnsupportedFormatError):
            drafts(kb, content)
    for limits in ({"max_workbook_cells": 100}, {"max_workbook_rows": 10}):
        with pytest.raises(LimitExceededError):
            register_workbook(
                submissions_on_record(kb.forms), forms=kb.forms.forms, lang="en", version="1", settings=replace(kb.settings, **limits)
            )
