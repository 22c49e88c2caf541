"""A register as a workbook, a row for each row of the table of a submission: the same register gives the same bytes."""

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec
import xlsxwriter
from msgspec import Struct
from xlsxwriter.worksheet import Worksheet

from observance.core import LimitExceededError, Settings
from observance.forms import FilledPart, Form
from observance.workbooks.grid import LONGEST
from observance.workbooks.layout import (
    FIRST,
    HEADER_ROW,
    READ_ME,
    REGISTER_SHEET,
    REMARKS,
    ROW,
    SUBMISSION,
    Column,
    Origin,
    PartTable,
    columns,
    entries_at,
    tables,
)  # fmt: skip
from observance.workbooks.register_content import DATE, PARTY, RegisterContent, RegisterSubmission, field_key, main_table
from observance.workbooks.sheet_writing import BLANK_ROWS, MADE, OPTIONS, PROTECTION, WorkbookWriter

_FIRST_ROW: Final = 2
_WIDTH: Final = 30


class _Cell(Struct, frozen=True):
    """A column of a sheet: what its hidden cell says, its heading, and the column of the form or of its table, if it is one of these."""

    mark: str
    label: str
    column: Column | None = None
    is_of_table: bool = False


def register_workbook(content: RegisterContent, *, forms: Mapping[str, Form], lang: str, version: str, settings: Settings) -> bytes:
    """Return the workbook of the submissions in the language.

    Raises LimitExceededError for more cells, rows or columns than the settings let be read again.
    """
    output = io.BytesIO()
    with xlsxwriter.Workbook(output, OPTIONS) as workbook:
        writer = _RegisterWriter(workbook, lang, settings)
        workbook.set_properties({"created": MADE, "title": writer.title, "comments": f"observance {version}"})
        writer.write(content, [forms[name] for name in forms if name in content.submissions], version)
    return output.getvalue()


class _RegisterWriter(WorkbookWriter):
    """Writes the sheets of a register."""

    def __init__(self, workbook: xlsxwriter.Workbook, lang: str, settings: Settings) -> None:
        """Begin without a cell."""
        super().__init__(workbook, lang)
        self.settings = settings
        self.title = self._say("register-title")
        self.count = 0

    def write(self, content: RegisterContent, forms: Sequence[Form], version: str) -> None:
        """Write all sheets."""
        instructions = self._sheet(self._say("sheet-instructions"))
        sheets = [(form, self._sheet(f"{form.number} {form.part.label.get(self.lang, form.name)}")) for form in forms]
        self._add_lists()
        self._instructions(instructions, content.unnamed)
        for form, sheet in sheets:
            self._write(sheet, 0, 0, REGISTER_SHEET + msgspec.json.encode(Origin(form.name, self.lang, version)).decode())
            self._submissions(sheet, form, content.submissions[form.name])

    def _instructions(self, sheet: Worksheet, unnamed: int) -> None:
        keys = ("register-sheets", "register-change", "register-new", "register-remove", "register-remarks", "instructions-dates")
        lines = [*map(self._say, keys), *([self._say("register-unnamed", count=unnamed)] if unnamed else [])]
        self._write(sheet, 0, 0, READ_ME)
        sheet.set_row(0, None, None, {"hidden": True})
        sheet.set_column(0, 0, 100, self.formats.name)
        self._write(sheet, 1, 0, self.title, self.formats.title)
        for number, line in enumerate(lines, 3):
            self._write(sheet, number, 0, line, self.formats.name)
        sheet.protect()

    # ── The sheet of a form ─────────────────────────────────────────────────────────────────────────────────

    def _submissions(self, sheet: Worksheet, form: Form, submissions: Sequence[RegisterSubmission]) -> None:
        table = main_table(form)
        cells = list(self._columns(form, table, submissions))
        lines = [line for submission in submissions for line in self._lines(submission, table, cells)]
        self._check_size(sheet, [texts for _, texts in lines], len(cells))
        last = _FIRST_ROW + len(lines) + BLANK_ROWS
        self._write(sheet, 1, 0, HEADER_ROW)
        sheet.set_column(0, 0, 10, self.formats.answer, {"hidden": True})
        sheet.set_row(0, None, None, {"hidden": True})
        for number, cell in enumerate(cells, 1):
            self._write(sheet, 0, number, cell.mark)
            self._write(sheet, 1, number, cell.label, self.formats.header)
            is_fixed = cell.column is not None and cell.column.field.is_fixed
            sheet.set_column(number, number, _WIDTH, self.formats.answer, {"hidden": is_fixed})
            if cell.column is not None:
                self._validation(sheet, (_FIRST_ROW, number, last, number), cell.column.field)
        for number, (mark, texts) in enumerate(lines, _FIRST_ROW):
            self._row(sheet, number, mark, texts)
        sheet.freeze_panes(_FIRST_ROW, 3)
        sheet.autofilter(1, 1, _FIRST_ROW + len(lines) - 1, len(cells))
        sheet.protect("", PROTECTION)

    def _columns(self, form: Form, table: PartTable | None, submissions: Sequence[RegisterSubmission]) -> Iterator[_Cell]:
        """Yield the columns: first the party, the address, the date and the remarks, in the end those of the table."""
        parts = [submission.filled.part for submission in submissions]
        own = list(self._repeated(columns(form.part, tuple(parts)), parts))
        keys = {predicate: (field_key(form, predicate),) for predicate in (PARTY, DATE)}
        party, date = ([c for c in own if c.keys == keys[predicate]] for predicate in (PARTY, DATE))
        yield from (_Cell(c.id, c.label(self.lang), c) for c in party)
        yield _Cell(SUBMISSION, self._say("register-submission"))
        yield from (_Cell(c.id, c.label(self.lang), c) for c in date)
        yield _Cell(REMARKS, self._say("register-column-remarks"))
        yield from (_Cell(c.id, c.label(self.lang), c) for c in own if c.keys not in keys.values())
        if table is not None:
            name = table.field.name.get(self.lang, table.field.key)
            rows = [row for part in parts for row in table_rows(table, part)]
            for column in self._repeated(columns(table.part, tuple(rows)), rows):
                yield _Cell(ROW + column.id, f"{name} – {column.label(self.lang)}", column, is_of_table=True)

    def _repeated(self, found: Iterator[Column], parts: Sequence[FilledPart]) -> Iterator[Column]:
        """Yield each column as often as a part has values for it that need cells of their own."""
        for column in found:
            yield from [column] * max(1, *(len(self._shown(column, part)) for part in parts), 0)

    def _shown(self, column: Column, part: FilledPart) -> list[str]:
        """The texts of the cells of the field, without those that are too long for a cell."""
        return [text for text in self._cells(column, part) if len(text) <= LONGEST]

    def _lines(self, submission: RegisterSubmission, table: PartTable | None, cells: Sequence[_Cell]) -> Iterator[tuple[str, list[str]]]:
        """Yield the rows of the submission: what the hidden cell of each says, and the texts of its cells."""
        rows = table_rows(table, submission.filled.part) if table is not None else []
        first = self._texts(cells, submission.filled.part, is_of_table=False)
        texts = dict(enumerate(first))
        party = field_key(submission.form, PARTY)
        address = next(number for number, cell in enumerate(cells) if cell.mark == SUBMISSION)
        texts |= {address: submission.node, next(n for n, c in enumerate(cells) if c.mark == REMARKS): self._remarks(submission, table)}
        again = {n: texts[n] for n, c in enumerate(cells) if n == address or (c.column is not None and c.column.keys == (party,))}
        for number, row in enumerate(rows or [FilledPart()], 1):
            of_row = self._texts(cells, row, is_of_table=True)
            of_submission = texts if number == 1 else again
            mark = f"{FIRST if number == 1 else ROW}{number if rows else 0}"
            yield mark, [of_submission.get(n, "") if not c.is_of_table else of_row[n] for n, c in enumerate(cells)]

    def _texts(self, cells: Sequence[_Cell], part: FilledPart, *, is_of_table: bool) -> list[str]:
        """The texts of the cells of the part; those of the other columns are empty."""
        asked = [cell.column for cell in cells if cell.column is not None and cell.is_of_table == is_of_table]
        left = {column.id: self._shown(column, part) for column in asked}
        found = [left[c.column.id] if c.column is not None and c.is_of_table == is_of_table else [] for c in cells]
        return [texts.pop(0) if texts else "" for texts in found]

    def _remarks(self, submission: RegisterSubmission, table: PartTable | None) -> str:
        """What is to be told of the submission: that it was withdrawn or revised, and what of it the workbook does not hold."""
        unknown, hidden = len(submission.filled.rest), self._hidden_values(submission, table)
        found = [
            *(self._say("register-withdrawn", by=node) for node in submission.withdrawn_by),
            *(self._say("register-revised", by=node) for node in submission.revised_by),
            *([self._say("register-unknown", count=unknown)] if unknown else []),
            *([self._say("register-hidden", count=hidden)] if hidden else []),
        ]
        text = " ".join(found)
        return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"

    def _hidden_values(self, submission: RegisterSubmission, table: PartTable | None) -> int:
        """The number of values that the form knows and the workbook does not hold: texts too long for a cell, and rows of other tables."""
        form, part = submission.form, submission.filled.part
        parts = [(form.part, part), *((table.part, row) for row in table_rows(table, part))] if table is not None else [(form.part, part)]
        too_long = sum(len(text) > LONGEST for kind, one in parts for column in columns(kind, (one,)) for text in self._cells(column, one))
        others = (other for other in tables(form) if other != table)
        return too_long + sum(len(_all_rows(other, part)) for other in others)

    def _check_size(self, sheet: Worksheet, lines: Sequence[Sequence[str]], width: int) -> None:
        settings = self.settings
        limits = {"rows": settings.max_workbook_rows, "columns": settings.max_workbook_columns}
        if _FIRST_ROW + len(lines) > limits["rows"] or width >= limits["columns"]:
            raise LimitExceededError("workbooks.too-far", sheet=sheet.get_name(), row=_FIRST_ROW + len(lines), column=width + 1, **limits)
        self.count += 1 + len(lines) + 2 * width + sum(bool(text) for texts in lines for text in texts)
        if self.count > settings.max_workbook_cells:
            raise LimitExceededError("workbooks.too-many-cells", limit=settings.max_workbook_cells)


def table_rows(table: PartTable, part: FilledPart) -> list[FilledPart]:
    """Return the rows of a table that is in no other one."""
    return [entry.part for entry in entries_at(part, table.keys) if entry.part is not None]


def _all_rows(table: PartTable, part: FilledPart) -> list[FilledPart]:
    """The rows of a table, also of one within another."""
    if table.outer is None:
        return table_rows(table, part)
    keys = table.keys[len(table.outer.keys) :]
    return [entry.part for row in _all_rows(table.outer, part) for entry in entries_at(row, keys) if entry.part is not None]
