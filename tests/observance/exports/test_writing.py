"""Workbooks and CSV (`model`, `workbook`, `csv_table`): texts that are no formulas, real numbers and days, the same bytes twice."""

import csv
import io
from datetime import datetime
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from observance.core import LimitExceededError
from observance.exports import Cover, Export, ExportColumn, ExportTable, Value, check_size, kind_of, to_csv, to_workbook

COVER = Cover("Follow-up items", (("Day", "14 June 2024"),), ("This register makes no assessment of any Member.",), "2024-06-14T17:00:00Z")
HOSTILE = ("=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://evil.example")', "  =1", "＝1", "<b>x</b>", "'")
COLUMNS = tuple(
    ExportColumn(heading, kind) for heading, kind in (("A", "text"), ("N", "number"), ("D", "date"), ("T", "time"), ("I", "iri"))
)  # type: ignore[arg-type]


MADE = datetime(2024, 6, 14, 17)  # noqa: DTZ001 - as workbooks have times
DAY = datetime(2019, 3, 1)  # noqa: DTZ001


def export(*rows: tuple[Value, ...], columns: tuple[ExportColumn, ...] = COLUMNS, title: str = "Items") -> Export:
    return Export(COVER, (ExportTable(title, columns, rows),), "en")


def cells(content: bytes, sheet: int = 1) -> list[tuple[Any, ...]]:
    return list(openpyxl.load_workbook(io.BytesIO(content)).worksheets[sheet].iter_rows(values_only=True))


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_values_are_what_they_say():
    """Numbers, days and times are such in a workbook; a text in their column stays a text; a paragraph 2.10 stays one."""
    found = cells(to_workbook(export(("2.10", -5, "2019-03-01", "2024-06-14T17:00:00Z", "urn:x"), ("b", "many", "2019", "noon", None))))

    assert found[1] == ("2.10", -5, DAY, MADE, "urn:x")
    assert found[2] == ("b", "many", "2019", "noon", None)


def test_workbook_opens_on_its_cover():
    """The cover has the title, the facts and the sentences; headings stay in view and filter."""
    content = to_workbook(export(("a", 1, None, None, None)))
    workbook = openpyxl.load_workbook(io.BytesIO(content))
    table = workbook.worksheets[1]

    assert [row[:2] for row in cells(content, 0)][0::2] == [
        ("Follow-up items", None), ("Day", "14 June 2024"), ("This register makes no assessment of any Member.", None),
    ]  # fmt: skip
    assert (table.freeze_panes, table.auto_filter.ref, workbook.properties.created) == ("B2", "A1:E2", MADE)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_a_formula(text: str):
    """A text that begins as a formula is a text in a workbook, and has an apostrophe before it in CSV."""
    content = to_workbook(export((text, text, text, text, text), title=text))
    book = openpyxl.load_workbook(io.BytesIO(content))

    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    first = read(to_csv(export((text, None, None, None, None))))[1][0]
    assert first == (text if text[0] in "<'" else f"'{text}")


def test_numbers_in_csv_stay_numbers():
    """A negative number has no apostrophe; all lines have as many fields; several tables have their titles above them."""
    table = ExportTable("One", (ExportColumn("N", "number"),), ((-5,), ("-2.5",), (True,), (None,)))
    two = Export(COVER, (table, ExportTable("Two", COLUMNS)), "en")

    assert [row[0] for row in read(to_csv(two))] == ["One", "N", "-5", "-2.5", "true", "", "", "Two", "A"]
    assert {len(row) for row in read(to_csv(two))} == {5}


def test_byte_order_mark_where_asked():
    """CSV is UTF-8, with a byte order mark only where it was asked for; lines end as RFC 4180 says."""
    plain, marked = to_csv(export(("é", 1, None, None, None))), to_csv(export(("é", 1, None, None, None)), bom=True)

    assert marked == b"\xef\xbb\xbf" + plain
    assert plain == "A,N,D,T,I\r\né,1,,,\r\n".encode()


@given(st.lists(st.tuples(st.text(), st.integers(-(10**9), 10**9)), max_size=5))
def test_any_text_comes_back(rows: list[tuple[str, int]]):
    """Whatever a cell holds, CSV gives it back but for the apostrophe, and the same value has the same bytes."""
    columns = (ExportColumn("A"), ExportColumn("N", "number"))
    given_export = export(*rows, columns=columns)
    found = read(to_csv(given_export))[1:]

    assert [(text.removeprefix("'"), int(number)) for text, number in found] == [
        (text.replace("\0", "").removeprefix("'"), number) for text, number in rows
    ]
    assert to_workbook(given_export) == to_workbook(given_export)


def test_long_texts_are_cut_with_a_note():
    """A text that no cell holds is cut, also between surrogates, and says so; a title of any length names a sheet."""
    long_title = "’[]:*?/\\" + "x" * 50
    found = openpyxl.load_workbook(io.BytesIO(to_workbook(export(("😀" * 20_000, None, None, None, None), title=long_title))))

    assert found.worksheets[1]["A2"].value.endswith("the whole text is in the JSON]")
    assert len(found.sheetnames[1]) <= 31


def test_too_many_rows_are_refused():
    """More rows than the limit are refused with their number, never cut."""
    with pytest.raises(LimitExceededError, match="3"):
        check_size(export(*[("a", 1, None, None, None)] * 3), limit=2)
    assert check_size(export(), limit=0)


def test_kind_of_a_column():
    """A column is of numbers or days if all values that are not empty are; a number that a spreadsheet would round is a text."""
    assert [kind_of(values) for values in ((1, "2"), ("2024-01-01", "–"), ("2024-01-01", "x"), ("12345678901234567890",), ())] == [
        "number", "date", "text", "text", "text",
    ]  # fmt: skip
