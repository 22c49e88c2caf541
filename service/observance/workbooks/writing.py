"""A workbook to fill in, made from a form: the same form, filled in the same way, gives the same bytes."""

import io
from collections.abc import Iterator, Sequence
from functools import partial

import msgspec
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from observance.core import translate
from observance.forms import Field, FilledForm, FilledPart, Form
from observance.workbooks.labels import choice_labels
from observance.workbooks.layout import (
    ANSWERS,
    FORM_SHEET,
    HEADER_ROW,
    HELP,
    NUMBER,
    OUTER,
    QUESTIONS,
    READ_ME,
    REST,
    SUGGESTED_ROW,
    TABLE_SHEET,
    TITLE_ROW,
    Column,
    Origin,
    PartTable,
    columns,
    entries_at,
    help_text,
    node_id,
    note_text,
    part_at,
    parts_within,
    tables,
)  # fmt: skip
from observance.workbooks.presentation import HEADING, date_in_words, row_height, title_of
from observance.workbooks.sheet_writing import BLANK_ROWS, COLUMN, MADE, OPTIONS, PROTECTION, WorkbookWriter
from observance.workbooks.values import takes_calendar

_NARROW, _WIDE, _WIDEST = 38, 60, 70
"""Widths of columns, in characters."""
_MAIN_HEADER, _FIRST_ROW = 2, 3
_KEY, _NAME, _ANSWER, _HELP = range(4)


def new_workbook(form: Form, *, lang: str, version: str, filled: FilledForm | None = None, example: FilledForm | None = None) -> bytes:
    """Return the workbook of the form in the language, filled in with `filled`, and with `example` on a sheet of its own.

    Raises LimitExceededError for a text that is too long for a cell.
    """
    output = io.BytesIO()
    with xlsxwriter.Workbook(output, OPTIONS) as workbook:
        workbook.set_properties({"created": MADE, "title": form.part.label.get(lang, form.name), "comments": f"observance {version}"})
        writer = _Writer(workbook, form, lang)
        writer.write(filled, example, Origin(form.name, lang, version))
    return output.getvalue()


class _Writer(WorkbookWriter):
    """Writes the sheets of one form."""

    def __init__(self, workbook: xlsxwriter.Workbook, form: Form, lang: str) -> None:
        """Find the tables of the form."""
        super().__init__(workbook, lang)
        self.form = form
        self.tables = tuple(tables(form))

    def write(self, filled: FilledForm | None, example: FilledForm | None, origin: Origin) -> None:
        """Write all sheets."""
        instructions = self._sheet(self._say("sheet-instructions"))
        main = self._sheet(self._say("sheet-form"))
        table_sheets = [(table, self._sheet(table.field.name.get(self.lang, table.field.key))) for table in self.tables]
        shown = self._sheet(self._say("sheet-example")) if example is not None else None
        self._add_lists()
        self._instructions(instructions, [main.get_name(), *(sheet.get_name() for _, sheet in table_sheets)])
        self._main(main, filled, origin)
        for table, sheet in table_sheets:
            self._table(sheet, table, filled)
        if shown is not None and example is not None:
            self._example(shown, example)
        main.activate()

    # ── The sheet of instructions, and the example ──────────────────────────────────────────────────────────

    def _instructions(self, sheet: Worksheet, names: Sequence[str]) -> None:
        form, lang = self.form, self.lang
        lines = [
            form.help.get(lang, ""),
            form.quotation,
            self._say("instructions-fill", sheets=", ".join(names)),
            self._say("instructions-bold"),
            self._say("instructions-several"),
            self._say("instructions-dates"),
            self._say("instructions-suggested"),
            self._say("instructions-send", page=translate("web.nav-validate", lang)),
        ]
        self._write(sheet, 0, 0, READ_ME)
        sheet.set_row(0, None, None, {"hidden": True})
        sheet.set_column(0, 0, 100, self.formats.name)
        self._write(sheet, 1, 0, title_of(form, lang), self.formats.title)
        for number, line in enumerate(filter(None, lines), 3):
            self._write(sheet, number, 0, line, self.formats.name)
            sheet.set_row(number, row_height([(line, 100)]))
        sheet.protect()

    def _example(self, sheet: Worksheet, example: FilledForm) -> None:
        self._write(sheet, 0, 0, READ_ME)
        sheet.set_row(0, None, None, {"hidden": True})
        sheet.set_column(0, 9, COLUMN, self.formats.name)
        self._write(sheet, 1, 0, self._say("example-title"), self.formats.title)
        row = 3
        for column in columns(self.form.part, (example.part,)):
            for text in self._cells(column, example.part):
                self._write_row(sheet, row, [column.label(self.lang), self._as_example(column.field, text)])
                row += 1
        for table in self.tables:
            rows = list(_rows(table, example.part))
            if rows:
                shown = [column for column in columns(table.part, tuple(part for _, part in rows)) if not column.field.is_fixed]
                row += 2
                self._write(sheet, row - 1, 0, table.field.name.get(self.lang, ""), self.formats.asked)
                self._write_row(sheet, row, [column.label(self.lang) for column in shown], self.formats.header)
                for line, (_, part) in enumerate(rows, row + 1):
                    texts = (map(partial(self._as_example, column.field), self._cells(column, part)) for column in shown)
                    self._write_row(sheet, line, list(map("\n".join, texts)))
                row += len(rows) + 1
        sheet.protect()

    def _write_row(self, sheet: Worksheet, row: int, texts: Sequence[str], format: Format | None = None) -> None:
        for number, text in enumerate(texts):
            self._write(sheet, row, number, text, format or self.formats.name)
        sheet.set_row(row, row_height([(text, COLUMN) for text in texts]))

    def _as_example(self, asked: Field, text: str) -> str:
        """The text as people write it: a day, month or year in words."""
        return date_in_words(text, self.lang) if takes_calendar(asked) else text

    # ── The main sheet ──────────────────────────────────────────────────────────────────────────────────────

    def _main(self, sheet: Worksheet, filled: FilledForm | None, origin: Origin) -> None:
        self._write(sheet, 0, _KEY, FORM_SHEET + msgspec.json.encode(origin).decode())
        for number, mark in ((_NAME, QUESTIONS), (_ANSWER, ANSWERS), (_HELP, HELP)):
            self._write(sheet, 0, number, mark)
        sheet.set_row(0, None, None, {"hidden": True})
        sheet.set_column(_KEY, _KEY, 10, None, {"hidden": True})
        for number, width in ((_NAME, _NARROW), (_ANSWER, _WIDE), (_HELP, _WIDEST)):
            sheet.set_column(number, number, width)
        self._write(sheet, 1, _NAME, title_of(self.form, self.lang), self.formats.heading)
        for number, key in ((_NAME, "column-question"), (_ANSWER, "column-answer"), (_HELP, "column-help")):
            self._write(sheet, _MAIN_HEADER, number, self._say(key), self.formats.header)
        self._write(sheet, 1, _KEY, TITLE_ROW)
        self._write(sheet, _MAIN_HEADER, _KEY, HEADER_ROW)
        part = filled.part if filled is not None else None
        row = _MAIN_HEADER + 1
        for column, texts, heading in self._questions(part):
            if heading:
                self._write(sheet, row, _KEY, TITLE_ROW)
                self._write(sheet, row, _NAME, heading, self.formats.title)
                sheet.set_row(row, HEADING)
                row += 1
            for text in texts or [""]:
                self._question(sheet, row, column, text)
                row += 1
        for mark, text in self._hidden(filled):
            self._write(sheet, row, _KEY, mark)
            self._write(sheet, row, _ANSWER, text, self.formats.plain)
            sheet.set_row(row, None, None, {"hidden": True})
            row += 1
        sheet.freeze_panes(_MAIN_HEADER + 1, _ANSWER)
        sheet.protect("", PROTECTION)

    def _questions(self, part: FilledPart | None) -> Iterator[tuple[Column, list[str], str]]:
        """Yield each question, the texts of its cells, and the heading above it where a group begins."""
        headings = {group.key: group.label.get(self.lang, "") for group in self.form.groups}
        last = ""
        for column in columns(self.form.part, (part,) if part is not None else ()):
            first = self.form.part.field(column.keys[0])
            group = first.group if first is not None and not column.field.is_fixed else last
            texts = self._cells(column, part) if part is not None else self._defaults(column.field)
            yield column, texts, headings.get(group, "") if group != last else ""
            last = group

    def _question(self, sheet: Worksheet, row: int, column: Column, text: str) -> None:
        asked = column.field
        self._write(sheet, row, _KEY, column.id)
        self._write(sheet, row, _NAME, column.label(self.lang), self.formats.asked if asked.least else self.formats.name)
        if text:
            self._write(sheet, row, _ANSWER, text, self.formats.answer)
        else:
            sheet.write_blank(row, _ANSWER, None, self.formats.answer)
        self._write(sheet, row, _HELP, help_text(asked, self.lang), self.formats.help)
        self._validation(sheet, (row, _ANSWER, row, _ANSWER), asked)
        cells = [(column.label(self.lang), _NARROW), (text, _WIDE), (help_text(asked, self.lang), _WIDEST)]
        sheet.set_row(row, row_height(cells), None, {"hidden": asked.is_fixed})

    def _hidden(self, filled: FilledForm | None) -> Iterator[tuple[str, str]]:
        """Yield what hidden rows keep: the nodes of the form, and the statements that it does not know."""
        if filled is not None:
            for keys, _ in parts_within(self.form.part):
                note = note_text(part_at(filled.part, keys))
                if note:
                    yield node_id(keys), note
            yield from ((REST, statement) for statement in filled.rest)

    # ── Tables ──────────────────────────────────────────────────────────────────────────────────────────────

    def _table(self, sheet: Worksheet, table: PartTable, filled: FilledForm | None) -> None:
        rows = list(_rows(table, filled.part)) if filled is not None else []
        shown = list(columns(table.part, tuple(part for _, part in rows)))
        shown = [column for column in shown for _ in range(max(1, *(len(self._cells(column, part)) for _, part in rows), 0))]
        extra = ([OUTER] if table.outer is not None else []) + ([NUMBER] if any(other.outer == table for other in self.tables) else [])
        inner = [keys for keys, _ in parts_within(table.part) if keys]
        ids = [*extra, *(column.id for column in shown), *map(node_id, inner)]
        names = {NUMBER: self._say("column-number"), OUTER: self._outer_name(table)}
        self._write(sheet, 0, _KEY, TABLE_SHEET + table.id)
        self._write(sheet, 1, _KEY, HEADER_ROW)
        self._write(sheet, 2, _KEY, TITLE_ROW)
        sheet.set_column(0, 0, 10, self.formats.answer, {"hidden": True})
        for number, mark in enumerate(ids, 1):
            self._write(sheet, 0, number, mark)
            column = shown[number - 1 - len(extra)] if 0 <= number - 1 - len(extra) < len(shown) else None
            is_hidden = mark not in names and (column is None or column.field.is_fixed)
            sheet.set_column(number, number, COLUMN if column is not None else 8, self.formats.answer, {"hidden": is_hidden})
            label = column.label(self.lang) if column is not None else names.get(mark, mark)
            self._write(sheet, 1, number, label, self.formats.header)
            self._write(sheet, 2, number, help_text(column.field, self.lang) if column is not None else "", self.formats.help)
            if column is not None:
                self._validation(sheet, (_FIRST_ROW, number, _FIRST_ROW + BLANK_ROWS + len(rows), number), column.field)
        sheet.set_row(0, None, None, {"hidden": True})
        sheet.set_row(1, row_height([(column.label(self.lang), COLUMN) for column in shown]))
        sheet.set_row(2, row_height([(help_text(column.field, self.lang), COLUMN) for column in shown]))
        for line, (outer, part) in enumerate(rows, _FIRST_ROW):
            cells = self._row_cells(shown, part)
            before = [text for mark, text in ((OUTER, str(outer)), (NUMBER, str(line - _FIRST_ROW + 1))) if mark in extra]
            self._row(sheet, line, note_text(part), [*before, *cells, *(note_text(part_at(part, keys)) for keys in inner)])
        if table.outer is None:
            self._suggestions(sheet, table, shown, _FIRST_ROW + len(rows), len(extra), [part for _, part in rows])
        sheet.freeze_panes(3, 1)
        sheet.protect("", PROTECTION)

    def _outer_name(self, table: PartTable) -> str:
        name = table.outer.field.name.get(self.lang, "") if table.outer is not None else ""
        return self._say("column-outer", name=name)

    def _suggestions(
        self, sheet: Worksheet, table: PartTable, shown: Sequence[Column], line: int, before: int, parts: Sequence[FilledPart]
    ) -> None:
        """Write a row for each term by which the table has rows, but for those that have one."""
        rows_by = table.part.rows_by
        number = next((number for number, column in enumerate(shown) if column.keys == (rows_by,)), None)
        if number is None:
            return
        used = {entry.text for part in parts for entry in part.entries.get(rows_by, ())}
        labels = choice_labels(shown[number].field, self.lang)
        for term in (term for term in table.part.rows if term in labels and term not in used):
            cells = [*[""] * (before + number), labels[term]]
            self._row(sheet, line, SUGGESTED_ROW + term, cells)
            line += 1


def _rows(table: PartTable, filled: FilledPart) -> Iterator[tuple[int, FilledPart]]:
    """Yield the rows of the table, each with the number of the row of the table around it that it belongs to."""
    outers = _rows(table.outer, filled) if table.outer is not None else [(0, filled)]
    keys = table.keys[len(table.outer.keys) :] if table.outer is not None else table.keys
    for number, (_, outer) in enumerate(outers, 1):
        yield from ((number, entry.part) for entry in entries_at(outer, keys) if entry.part is not None)
