"""The sheets of a workbook of ours, known by the hidden cells that say what they, their rows and their columns are."""

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property
from typing import Final

from msgspec import Struct

from observance.workbooks.grid import TEXT, Grid
from observance.workbooks.layout import FORM_SHEET, LISTS_SHEET, READ_ME, REGISTER_SHEET, TABLE_SHEET
from observance.workbooks.model import Cell

_SEARCHED_ROWS: Final = 60
_SEARCHED_COLUMNS: Final = 60


def sheet_mark(grid: Grid) -> tuple[int, int] | None:
    """The cell that says what the sheet is; None if none does."""
    places = sorted(
        place for place, value in grid.cells.items()
        if place[0] <= _SEARCHED_ROWS and place[1] <= _SEARCHED_COLUMNS and value.kind == TEXT
        and value.text.startswith((FORM_SHEET, TABLE_SHEET, REGISTER_SHEET, LISTS_SHEET, READ_ME))
    )  # fmt: skip
    return places[0] if places else None


class IdentifiedSheet(Struct, frozen=True, dict=True):
    """A sheet of ours: its cells, and the cell that says what it is; below it stand the marks of rows, right of it those of columns."""

    grid: Grid
    place: tuple[int, int]

    @property
    def mark(self) -> str:
        """What the sheet is."""
        return self.grid.text(*self.place)

    def cell(self, row: int, column: int) -> Cell:
        """Return the place of a cell in the workbook."""
        return Cell(self.grid.name, row, column)

    @cached_property
    def columns(self) -> Mapping[str, tuple[int, ...]]:
        """The columns by what they are."""
        found: dict[str, list[int]] = defaultdict(list)
        for (row, column), value in sorted(self.grid.cells.items()):
            if row == self.place[0] and column != self.place[1] and value.kind == TEXT:
                found[value.text].append(column)
        return {mark: tuple(numbers) for mark, numbers in found.items()}

    @cached_property
    def row_marks(self) -> Mapping[int, str]:
        """What rows are, by their number."""
        own_row, own_column = self.place
        marks = {row: value.text for (row, column), value in self.grid.cells.items() if column == own_column and value.kind == TEXT}
        return {row: mark for row, mark in sorted(marks.items()) if row != own_row}

    def row_of(self, mark: str) -> int | None:
        """Return the first row that is so marked."""
        return next((row for row, found in self.row_marks.items() if found == mark), None)
