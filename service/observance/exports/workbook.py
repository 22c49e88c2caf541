"""An export as a workbook: a cover sheet, and a sheet for each table; the same export gives the same bytes."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import xlsxwriter
from msgspec import Struct
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from observance.core import VERSION, calendar, translate
from observance.exports import model
from observance.exports.model import Export, ExportColumn, ExportTable, Value

_OPTIONS: Final = {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
_LONGEST_TEXT: Final = 32_767
"""What a cell holds, in UTF-16 units."""
_LONGEST_NAME: Final = 31
_FORBIDDEN: Final = str.maketrans("[]:*?/\\'", "       ’")
_RESERVED: Final = "history"
_NARROWEST, _WIDEST, _WIDEST_IRI = 8, 60, 40
"""Widths of columns, in characters."""
_LABEL_WIDTH, _FACT_WIDTH = 28, 90
_MEASURED: Final = 1_000
"""How many rows the width of a column is measured by."""
_FIRST_DAY: Final = datetime(1900, 3, 1, tzinfo=UTC).date()
"""Before it spreadsheets count days in different ways."""


class _Formats(Struct, frozen=True):
    title: Format
    label: Format
    text: Format
    header: Format
    date: Format
    time: Format
    iri: Format


def to_workbook(export: Export) -> bytes:
    """Return the workbook: texts never as formulas or links, numbers and days as such, headings that stay in view and filter."""
    output = io.BytesIO()
    with xlsxwriter.Workbook(output, _OPTIONS) as workbook:
        made = calendar.parse_time(export.cover.made).replace(tzinfo=None)
        workbook.set_properties({"created": made, "title": export.cover.title[:255], "comments": f"observance {VERSION}"})
        _Writer(workbook, export).write()
    return output.getvalue()


class _Writer:
    """Writes the sheets of one export."""

    def __init__(self, workbook: xlsxwriter.Workbook, export: Export) -> None:
        self.workbook, self.export = workbook, export
        add = workbook.add_format
        wrapped: dict[str, Any] = {"text_wrap": True, "valign": "top"}
        self.formats = _Formats(
            title=add({"bold": True, "font_size": 16, "text_wrap": True, "valign": "top"}),
            label=add({**wrapped, "bold": True}),
            text=add(wrapped),
            header=add({**wrapped, "bold": True, "bg_color": "#E8EEF4", "bottom": 2}),
            date=add({"num_format": "yyyy-mm-dd", "align": "left", "valign": "top"}),
            time=add({"num_format": 'yyyy-mm-dd hh:mm:ss" UTC"', "align": "left", "valign": "top"}),
            iri=add({"font_color": "#595959", "valign": "top"}),
        )
        self._names = {_RESERVED}

    def write(self) -> None:
        """Write all sheets."""
        self._cover()
        for table in self.export.tables:
            self._table(table)

    def _cover(self) -> None:
        cover, sheet = self.export.cover, self._sheet(translate("exports.cover", self.export.lang))
        sheet.set_column(0, 0, _LABEL_WIDTH)
        sheet.set_column(1, 1, _FACT_WIDTH)
        sheet.merge_range(0, 0, 0, 1, "", self.formats.title)
        self._text(sheet, 0, 0, cover.title, self.formats.title)
        sheet.set_row(0, 21.0 * (1 + len(cover.title) // 70))
        for row, (label, value) in enumerate(cover.facts, 2):
            self._text(sheet, row, 0, label, self.formats.label)
            self._text(sheet, row, 1, value, self.formats.text)
        row = len(cover.facts) + 3
        for number, sentence in enumerate(cover.sentences):
            sheet.merge_range(row + number, 0, row + number, 1, "", self.formats.text)
            self._text(sheet, row + number, 0, sentence, self.formats.text)
            sheet.set_row(row + number, 15.0 * (1 + len(sentence) // (_LABEL_WIDTH + _FACT_WIDTH - 8)))

    def _table(self, table: ExportTable) -> None:
        sheet = self._sheet(table.title)
        sheet.repeat_rows(0)
        for number, column in enumerate(table.columns):
            values = [row[number] for row in table.rows]
            sheet.set_column(number, number, _width(column, values))
            self._text(sheet, 0, number, column.heading, self.formats.header)
            for row, value in enumerate(values, 1):
                self._cell(sheet, row, number, value, column)
        sheet.freeze_panes(1, 1)
        if table.columns:
            sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)

    def _cell(self, sheet: Worksheet, row: int, column: int, value: Value, about: ExportColumn) -> None:
        if value is None or value == "":
            return
        if isinstance(value, bool):
            sheet.write_boolean(row, column, value)
        elif about.kind == "number" and (amount := model.number(value)) is not None:
            sheet.write_number(row, column, amount)
        elif about.kind == "date" and (day := model.day(value)) is not None and day >= _FIRST_DAY:
            sheet.write_datetime(row, column, day, self.formats.date)
        elif about.kind == "time" and (time := model.time(value)) is not None and time.date() >= _FIRST_DAY:
            sheet.write_datetime(row, column, time, self.formats.time)
        else:
            self._text(sheet, row, column, str(value), self.formats.iri if about.kind == "iri" else self.formats.text)

    def _text(self, sheet: Worksheet, row: int, column: int, text: str, format: Format) -> None:
        """Write the text, cut with a note where no cell could hold it, as a text."""
        if len(text.encode("utf-16-le")) > 2 * _LONGEST_TEXT:
            note = translate("exports.cut", self.export.lang)
            text = text.encode("utf-16-le")[: 2 * (_LONGEST_TEXT - len(note) - 1)].decode("utf-16-le", errors="ignore") + note
        sheet.write_string(row, column, text, format)

    def _sheet(self, title: str) -> Worksheet:
        """Add a sheet, with a name that programs for workbooks take and no other sheet has."""
        printable = "".join(sign if sign.isprintable() else " " for sign in title.translate(_FORBIDDEN))
        stem = " ".join(printable.split())[:_LONGEST_NAME].strip(" ’") or "…"
        unique, number = stem, 1
        while unique.casefold() in self._names:
            number += 1
            unique = f"{stem[: _LONGEST_NAME - 5].strip()} {number}"
        self._names.add(unique.casefold())
        sheet = self.workbook.add_worksheet(unique)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&L&8&A&R&8&P / &N")
        return sheet


def _width(column: ExportColumn, values: Sequence[Value]) -> int:
    longest = max((len(line) for value in values[:_MEASURED] for line in str(value or "").splitlines()), default=0)
    words = max(map(len, column.heading.split()), default=0)
    return min(max(longest + 2, words + 4, _NARROWEST), _WIDEST_IRI if column.kind == "iri" else _WIDEST)
