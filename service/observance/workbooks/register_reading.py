"""From the workbook of a register to the submissions that stand in it, and to the cells that cannot be taken."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

import msgspec
from msgspec import Struct

from observance.core import LANGUAGES, Settings, UnsupportedFormatError
from observance.forms import Form
from observance.workbooks.cell_reading import CellReader, NodeRow, in_other_language, is_blank, sentences_of
from observance.workbooks.grid import TEXT, Grid, Value, read_grids
from observance.workbooks.layout import (
    FIRST,
    HEADER_ROW,
    REGISTER_SHEET,
    REMARKS,
    ROW,
    SUBMISSION,
    Column,
    Origin,
    columns,
    path_of,
    single_path,
)  # fmt: skip
from observance.workbooks.model import Cell, CellProblem
from observance.workbooks.package import read_package
from observance.workbooks.register_content import main_table
from observance.workbooks.sheet import IdentifiedSheet, sheet_mark
from observance.workbooks.values import shown, trimmed

Languages = Mapping[tuple[str, ...], AbstractSet[str]]
_DIGITS: Final = 6


class SubmissionRows(Struct, frozen=True):
    """What stands in the rows of one submission: its IRI, empty for a new one; its fields, and the rows of its table by their numbers.

    A row of the table that is new has no number (0). `has_first` says whether the row is there that holds the fields of the submission.
    """

    node: str
    form: Form
    cell: Cell
    top: NodeRow
    rows: Sequence[tuple[int, NodeRow]]
    has_first: bool
    cells: CellReader


class RegisterSheet(Struct, frozen=True):
    """What was read from the sheet of a form.

    `known` and `known_of_table` are the keys of the fields that it has columns for, each with the languages of these ("" for none).
    """

    form: Form
    lang: str
    known: Languages
    known_of_table: Languages
    submissions: Sequence[SubmissionRows]
    problems: Sequence[CellProblem]
    notices: Sequence[CellProblem]


def read_register_workbook(content: bytes, *, forms: Mapping[str, Form], settings: Settings) -> tuple[RegisterSheet, ...]:
    """Return what the sheets of the workbook hold.

    Raises UnsupportedFormatError for a workbook that was made from no register, and what `read_package` and `read_grids` raise.
    """
    grids = read_grids(read_package(content, settings=settings), settings=settings)
    marked = [(grid, sheet_mark(grid)) for grid in grids]
    sheets = [IdentifiedSheet(grid, place) for grid, place in marked if place and grid.text(*place).startswith(REGISTER_SHEET)]
    if not sheets:
        raise UnsupportedFormatError("workbooks.no-register")
    read: dict[str, _SheetReader] = {}
    for sheet in sheets:
        reader = _SheetReader(sheet, forms)
        first = read.setdefault(reader.form.name, reader)
        if first is not reader:
            first.cells.problem(sheet.cell(*sheet.place), "", "workbooks.second-sheet", other=first.sheet.grid.name)
    next(iter(read.values())).tell_unread(grid for grid, place in marked if place is None)
    return tuple(reader.read() for reader in read.values())


class _SheetReader:
    """Reads the sheet of one form."""

    def __init__(self, sheet: IdentifiedSheet, forms: Mapping[str, Form]) -> None:
        """Find its form and columns; raises UnsupportedFormatError if it names no form, or has no column of addresses."""
        self.sheet = sheet
        try:
            origin = msgspec.json.decode(sheet.mark.removeprefix(REGISTER_SHEET), type=Origin)
        except msgspec.DecodeError:
            raise UnsupportedFormatError("workbooks.no-register") from None
        if origin.lang not in LANGUAGES:
            raise UnsupportedFormatError("workbooks.no-register")
        form = forms.get(origin.form)
        if form is None:
            raise UnsupportedFormatError("workbooks.unknown-form", form=ascii(origin.form)[:40], known=", ".join(forms))
        if SUBMISSION not in sheet.columns:
            raise UnsupportedFormatError("workbooks.no-address-column", sheet=ascii(sheet.grid.name)[1:-1])
        self.form, self.lang = form, origin.lang
        self.cells = CellReader(origin.lang)
        self.table = main_table(form)
        self.own = self._columns({c.id: c for c in columns(form.part)}, "")
        self.of_table = self._columns({c.id: c for c in columns(self.table.part)}, ROW) if self.table is not None else []
        self.address = sheet.columns[SUBMISSION][0]

    def _columns(self, known: Mapping[str, Column], prefix: str) -> list[tuple[int, Column]]:
        """The columns of the sheet whose marks begin with the prefix, in their order; those that are missing are told."""
        found = []
        for mark, numbers in self.sheet.columns.items():
            name = mark.removeprefix(prefix)
            column = (known.get(name) or in_other_language(known, name)) if mark.startswith(prefix) else None
            if column is not None:
                found += [(number, column) for number in numbers]
        present = {column.id for _, column in found}
        for column in known.values():
            if column.id not in present:
                self.cells.notice(self.sheet.cell(*self.sheet.place), "", "workbooks.register-no-column", name=sentences_of(column))
        return sorted(found, key=lambda item: item[0])

    def tell_unread(self, grids: Iterable[Grid]) -> None:
        """Tell of the sheets that are not of the workbook."""
        for grid in grids:
            if grid.cells:
                self.cells.notice(Cell(grid.name, *min(grid.cells)), "", "workbooks.other-sheet")

    def read(self) -> RegisterSheet:
        """Return what it holds."""
        self._tell_stray()
        groups = [self._submission(node, numbers) for node, numbers in self._groups()]
        return RegisterSheet(
            self.form, self.lang, _languages(self.own), _languages(self.of_table), groups, self.cells.problems, self.cells.notices
        )

    def _tell_stray(self) -> None:
        """Tell of columns that are of no field, in which something stands."""
        sheet = self.sheet
        known = {n for n, _ in (*self.own, *self.of_table)} | {*sheet.columns.get(REMARKS, ()), self.address, sheet.place[1]}
        told: set[int] = set()
        for (row, column), value in sorted(sheet.grid.cells.items()):
            if column not in known and column not in told and row != sheet.place[0] and not is_blank(value):
                told.add(column)
                self.cells.notice(sheet.cell(row, column), "", "workbooks.stray-column", found=shown(value.text))

    # ── Which rows belong together ──────────────────────────────────────────────────────────────────────────

    def _groups(self) -> Iterator[tuple[str, list[int]]]:
        """Yield the rows of each submission: those of one address, and those without one that directly follow each other and agree."""
        named: dict[str, list[int]] = {}
        new: list[list[int]] = []
        is_open = False
        for number, cells in self.sheet.grid.rows():
            if number == self.sheet.place[0] or self.sheet.row_marks.get(number) == HEADER_ROW or not self._is_written(cells):
                continue
            node = self._address(number, cells)
            if node:
                named.setdefault(node, []).append(number)
            elif node == "" and is_open and self._continues(new[-1][0], cells):
                new[-1].append(number)
            elif node == "":
                new.append([number])
            is_open = node == ""
        yield from named.items()
        yield from (("", numbers) for numbers in new)

    def _is_written(self, cells: Mapping[int, Value]) -> bool:
        read = (self.address, *(number for number, _ in (*self.own, *self.of_table)))
        return any(number in cells and not is_blank(cells[number]) for number in read)

    def _address(self, number: int, cells: Mapping[int, Value]) -> str | None:
        """The address in the row, empty if there is none; None, with a problem, if it cannot be taken."""
        place, value = (number, self.address), cells.get(self.address)
        if any(place in area and area.first != area.last for area in self.sheet.grid.merged):
            self.cells.problem(self.sheet.cell(*place), "", "workbooks.merged", found=shown(value.text if value else ""))
            return None
        if value is None or is_blank(value):
            return ""
        if value.kind != TEXT:
            self.cells.problem(self.sheet.cell(*place), "", "workbooks.no-submission", found=shown(value.text))
            return None
        return trimmed(value.text)

    def _continues(self, first: int, cells: Mapping[int, Value]) -> bool:
        """Whether the fields of the submission in the row are empty or those of its first row."""
        held = self.sheet.grid.cells
        return self.table is not None and all(
            number not in cells or is_blank(cells[number]) or ((first, number) in held and cells[number].text == held[first, number].text)
            for number, _ in self.own
        )

    # ── The rows of one submission ──────────────────────────────────────────────────────────────────────────

    def _submission(self, node: str, numbers: Sequence[int]) -> SubmissionRows:
        cells, marks = CellReader(self.lang), self.sheet.row_marks
        top, cell = NodeRow(""), self.sheet.cell(numbers[0], self.address)
        cells.places[""] = cell
        for number in numbers:
            self._take_own(cells, top, number)
        # A row with the number of another one is a copy of it, and so a new one.
        numbered: list[tuple[int, int]] = []
        used = {0}
        for number in numbers:
            ordinal = _ordinal(marks.get(number, ""))
            numbered.append((0 if ordinal in used or not node else ordinal, number))
            used.add(ordinal)
        ordered = sorted(numbered, key=lambda item: (item[0] == 0, item[0]))
        rows = list(self._table_rows(cells, ordered))
        has_first = not node or any(marks.get(number, "").startswith(FIRST) for number in numbers)
        return SubmissionRows(node, self.form, cell, top, rows, has_first, cells)

    def _take_own(self, cells: CellReader, top: NodeRow, number: int) -> None:
        """Take the fields of the submission, as far as no earlier row says the same; another value is a problem where one is taken."""
        row = NodeRow("")
        for column_number, column in self.own:
            cells.take(row, self.sheet, (number, column_number), column)
        fields = {column.keys: (column_number, column) for column_number, column in reversed(self.own)}
        for keys, entries in row.entries.items():
            column_number, column = fields[keys]
            held = top.entries.setdefault(keys, [])
            new = [entry for entry in entries if entry not in held]
            if column.field.most == 1 and any(entry.language == other.language for entry in new for other in held):
                cell, found = self.sheet.cell(number, column_number), shown(new[0].text)
                cells.problem(cell, single_path(keys), "workbooks.other-value", found=found, name=sentences_of(column))
            else:
                held.extend(new)

    def _table_rows(self, cells: CellReader, numbered: Sequence[tuple[int, int]]) -> Iterator[tuple[int, NodeRow]]:
        """Yield the rows of the table in which something stands, each with its number on record."""
        if self.table is None:
            return
        count = 0
        for ordinal, number in numbered:
            held = [n for n, _ in self.of_table if (v := self.sheet.grid.cells.get((number, n))) is not None and not is_blank(v)]
            merged = any((number, n) in area for area in self.sheet.grid.merged for n, _ in self.of_table)
            if held or merged:
                row = NodeRow(path_of(single_path(self.table.keys), count))
                cells.places[row.path] = self.sheet.cell(number, self.of_table[0][0])
                for column_number, column in self.of_table:
                    cells.take(row, self.sheet, (number, column_number), column)
                count += 1
                yield ordinal, row


def _languages(found: Iterable[tuple[int, Column]]) -> Languages:
    known: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for _, column in found:
        known[column.keys].add(column.language or "")
    return known


def _ordinal(mark: str) -> int:
    """The number of the row that its hidden cell says; 0 if it says none."""
    digits = mark.removeprefix(ROW).removeprefix(FIRST)
    return int(digits) if mark.startswith((ROW, FIRST)) and digits.isascii() and digits.isdecimal() and len(digits) <= _DIGITS else 0
