"""What the writers of workbooks share: the formats of cells, the names of sheets, the texts of values and the choices that cells offer."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import xlsxwriter
from msgspec import Struct
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from observance.core import LimitExceededError, translate
from observance.forms import Field, FilledPart
from observance.workbooks.grid import LONGEST
from observance.workbooks.labels import SEPARATOR, boolean_labels, choice_labels
from observance.workbooks.layout import LISTS_SHEET, Column, entries_at, help_text
from observance.workbooks.presentation import on_one_page, row_height
from observance.workbooks.values import address_text

MADE: Final = datetime(2018, 6, 29, tzinfo=UTC).replace(tzinfo=None)
"""The day that every workbook says it was made on, since the bytes depend on nothing but the form."""
BLANK_ROWS: Final = 200
OPTIONS: Final = {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
PROTECTION: Final = {
    "insert_rows": True, "delete_rows": True, "format_cells": True, "format_columns": True, "format_rows": True,
    "sort": True, "autofilter": True, "select_locked_cells": True, "select_unlocked_cells": True,
}  # fmt: skip
COLUMN: Final = 30
"""The width of a column of a table, in characters."""
_FORBIDDEN: Final = str.maketrans("[]:*?/\\'", "        ")
_LONGEST_NAME: Final = 31
_LONGEST_PROMPT: Final = 255
_LONGEST_TITLE: Final = 32


class _Formats(Struct, frozen=True):
    """The formats of cells."""

    title: Format
    heading: Format
    header: Format
    help: Format
    name: Format
    asked: Format
    answer: Format
    plain: Format


class WorkbookWriter:
    """Writes sheets of one workbook."""

    def __init__(self, workbook: xlsxwriter.Workbook, lang: str) -> None:
        """Give the workbook its formats."""
        self.workbook, self.lang = workbook, lang
        wrapped: dict[str, Any] = {"text_wrap": True, "valign": "top"}
        self.formats = _Formats(
            title=workbook.add_format({"bold": True, "font_size": 14}),
            heading=workbook.add_format({"bold": True, "font_size": 16}),
            header=workbook.add_format({**wrapped, "bold": True, "bg_color": "#DCE6F1", "border": 1}),
            help=workbook.add_format({**wrapped, "italic": True, "font_color": "#595959", "font_size": 9}),
            name=workbook.add_format(wrapped),
            asked=workbook.add_format({**wrapped, "bold": True}),
            answer=workbook.add_format({**wrapped, "locked": False, "num_format": "@", "border": 1, "border_color": "#BFBFBF"}),
            plain=workbook.add_format({**wrapped, "num_format": "@"}),
        )
        self._names: set[str] = {"history"}
        self._lists: dict[tuple[str, ...], str] = {}

    def _add_lists(self) -> None:
        """Add the hidden sheet for the choices that cells offer."""
        self.lists = self._sheet("observance")
        self.lists.very_hidden()
        self._write(self.lists, 0, 0, LISTS_SHEET)

    def _say(self, key: str, **values: object) -> str:
        return translate(f"workbooks.{key}", self.lang, **values).replace("'", "’")

    def _sheet(self, name: str) -> Worksheet:
        """Add a sheet, with a name that programs for workbooks take and no other sheet has."""
        stem = " ".join((name[:1].upper() + name[1:]).replace("'", "’").translate(_FORBIDDEN).split())[:_LONGEST_NAME].strip() or "…"
        unique, number = stem, 1
        while unique.casefold() in self._names:
            number += 1
            unique = f"{stem[: _LONGEST_NAME - 4]} {number}"
        self._names.add(unique.casefold())
        return on_one_page(self.workbook.add_worksheet(unique))

    def _write(self, sheet: Worksheet, row: int, column: int, text: str, format: Format | None = None) -> None:
        """Write the text, never as a formula, number or link."""
        if len(text) > LONGEST:
            raise LimitExceededError("workbooks.text-too-long", limit=LONGEST)
        sheet.write_string(row, column, text, format)

    def _row(self, sheet: Worksheet, line: int, mark: str, cells: Sequence[str]) -> None:
        for number, text in enumerate((mark, *cells)):
            if text:
                self._write(sheet, line, number, text, self.formats.answer)
        sheet.set_row(line, row_height([(text, COLUMN) for text in cells if not text.startswith("{")]))

    def _row_cells(self, shown: Sequence[Column], part: FilledPart) -> list[str]:
        """The texts of a row: of several values that have cells of their own, one in each of their columns."""
        left = {column.id: self._cells(column, part) for column in shown}
        return [left[column.id].pop(0) if left[column.id] else "" for column in shown]

    def _cells(self, column: Column, part: FilledPart) -> list[str]:
        """The texts of the cells of the field: one for all values where they can be told apart, else one for each."""
        entries = [e for e in entries_at(part, column.keys) if e.part is None and column.language in (None, e.language)]
        texts = [self._text(column.field, entry.text) for entry in entries]
        if column.field.most == 1 or not texts or column.field.takes_language or not _can_join(column.field, texts):
            return texts
        return [f"{SEPARATOR} ".join(texts)]

    def _defaults(self, asked: Field) -> list[str]:
        return [self._text(asked, asked.default)] if asked.default and not asked.takes_language else []

    def _text(self, asked: Field, text: str) -> str:
        if any(choice.term == text for choice in asked.choices):
            return choice_labels(asked, self.lang)[text]
        if not asked.choices and any((a.datatype or "").endswith("#boolean") for a in asked.alternatives):
            return boolean_labels(self.lang).get(text, text)
        return address_text(text) if any(a.datatype is None for a in asked.alternatives) else text

    def _validation(self, sheet: Worksheet, area: tuple[int, int, int, int], asked: Field) -> None:
        """Offer the choices of the field, and its help where a cell is chosen."""
        is_boolean = any((a.datatype or "").endswith("#boolean") for a in asked.alternatives)
        labels = (
            list(choice_labels(asked, self.lang).values())
            if asked.choices
            else list(boolean_labels(self.lang).values())
            if is_boolean
            else []
        )
        prompt = help_text(asked, self.lang)
        options: dict[str, Any] = {"validate": "any"}
        if labels:
            is_several = asked.most != 1 or asked.is_open
            options = {"validate": "list", "source": self._list(tuple(labels)), "error_type": "information" if is_several else "stop"}
            options |= {"error_title": self._say("list-title"), "error_message": self._say("list-several" if is_several else "list-single")}
        if prompt or labels:
            options |= {"input_title": asked.name.get(self.lang, "")[:_LONGEST_TITLE], "input_message": prompt[:_LONGEST_PROMPT]}
            sheet.data_validation(*area, options)

    def _list(self, labels: tuple[str, ...]) -> str:
        """The cells of the hidden sheet that hold the labels."""
        labels = tuple(label for label in labels if len(label) <= LONGEST)
        if labels not in self._lists:
            column = len(self._lists) + 1
            for row, label in enumerate(labels):
                self._write(self.lists, row, column, label)
            letters = xlsxwriter.utility.xl_col_to_name(column)
            self._lists[labels] = f"='observance'!${letters}$1:${letters}${len(labels)}"
        return self._lists[labels]


def _can_join(asked: Field, texts: Sequence[str]) -> bool:
    """Whether the values can stand in one cell: those of a list, dates and addresses, none of which holds the separator."""
    is_free = not asked.choices and any((a.datatype or "").endswith("#string") for a in asked.alternatives)
    return not is_free and not any(SEPARATOR in text or text != " ".join(text.split(" ")).strip() for text in texts)
