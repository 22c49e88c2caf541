"""A workbook in a real Chromium, without JavaScript: downloaded, filled in with faults, and mended in two rounds from the marked copies."""

import io
from pathlib import Path

import openpyxl
import pytest

from browsing import chromium, follow, home, lang, reader
from observance.core import PREFIXES
from observance.knowledge_base import KnowledgeBase
from workbook_files import answer_cell

__all__ = ["chromium", "home", "lang"]

pytestmark = pytest.mark.whole

TABLE = {"fr": "Calendrier", "en": "Timetable"}


def written(file: Path, cells: dict[tuple[str, str], str]) -> None:
    """Write in the cells (sheet, reference) of the workbook, as a person would."""
    book = openpyxl.load_workbook(file)
    for (sheet, reference), text in cells.items():
        book[sheet][reference] = text
    output = io.BytesIO()
    book.save(output)
    file.write_bytes(output.getvalue())


def upload(page, file: Path) -> None:
    """Send the workbook to be validated."""
    page.goto("/validate")
    page.locator("#file").set_input_files(file)
    follow(page, page.locator("main form.ask button").first)


def cells(page) -> list[str]:
    """The cells that the page names."""
    return page.locator(".finding.Violation dd code").all_inner_texts()


def marked(page, file: Path) -> None:
    """Take the marked copy in place of the file."""
    with page.expect_download() as download:
        page.locator("a[download]").click()
    download.value.save_as(file)


def columns(file: Path, sheet: str) -> dict[str, str]:
    """The column letters of the table by what their hidden headings end with."""
    row = openpyxl.load_workbook(file)[sheet][1]
    return {str(cell.value): cell.column_letter for cell in row if cell.value}


def test_mended_in_two_rounds(chromium, home, lang, kb: KnowledgeBase, tmp_path: Path):
    """An ambiguous date first, which hides nothing else; then an end before its beginning; then the workbook is ready."""
    file, sheet = tmp_path / "timetable.xlsx", TABLE[lang]
    with reader(chromium, home, lang) as open_page:
        page = open_page()
        page.goto("/file/2.5")
        with page.expect_download() as download:
            page.locator('a[href*="/workbooks/2.5"]').first.click()
        download.value.save_as(file)
        content = file.read_bytes()
        main = openpyxl.load_workbook(file).sheetnames[1]
        party = kb.lookup.party("XA")
        begin, end = (
            next(letter for heading, letter in columns(file, sheet).items() if side in heading) for side in ("hasBeginning", "hasEnd")
        )
        written(
            file,
            {
                (main, answer_cell(content, "obs:onBehalfOf")): party,
                (main, answer_cell(content, "obs:submittedBy")): PREFIXES["party"] + "XA",
                (main, answer_cell(content, "dcterms:dateSubmitted")): "2019-06-03",
                (sheet, f"{begin}4"): "03/04/2024",
                (sheet, f"{end}4"): "2023",
                (sheet, f"{begin}5"): "mai 2024" if lang == "fr" else "May 2024",
                (sheet, f"{end}5"): "2025",
            },
        )
        upload(page, file)
        assert cells(page) == [f"{sheet}!{begin}4"]
        marked(page, file)
        assert openpyxl.load_workbook(file)[sheet][f"{begin}4"].comment

        written(file, {(sheet, f"{begin}4"): "3 avril 2024" if lang == "fr" else "3 April 2024"})
        upload(page, file)
        assert cells(page) == [f"{sheet}!{end}4"]
        marked(page, file)
        assert openpyxl.load_workbook(file)[sheet][f"{begin}4"].comment is None

        written(file, {(sheet, f"{end}4"): "2026"})
        upload(page, file)
        assert cells(page) == []
        assert page.locator(".verdict").count() == 1 and page.locator(".verdict.poor").count() == 0
