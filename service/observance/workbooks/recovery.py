"""Sheets of tables that have lost their hidden row or column, known again by their visible headings."""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from observance.core import translate
from observance.workbooks.cell_reading import unique_labels
from observance.workbooks.grid import TEXT, Grid, Value
from observance.workbooks.labels import LabelFinder
from observance.workbooks.layout import (
    HEADER_ROW,
    MARK,
    NUMBER,
    OUTER,
    SUGGESTED_ROW,
    TABLE_SHEET,
    TITLE_ROW,
    Origin,
    PartTable,
    columns,
    help_text,
    node_id,
    parts_within,
)  # fmt: skip
from observance.workbooks.sheet import IdentifiedSheet
from observance.workbooks.values import trimmed


class FoundSheets(Struct, frozen=True):
    """The sheets that were known again, by table; and the names of those that may be of a table, but it is not clear of which."""

    sheets: Mapping[str, IdentifiedSheet]
    unclear: frozenset[str]


class _Headings(Struct, frozen=True):
    """The row of a sheet in which the headings of a table stand, and the hidden identifiers of its columns."""

    row: int
    ids: Mapping[int, str]
    are_unique: bool


def found_by_headings(grids: Sequence[Grid], lost: Sequence[PartTable], origin: Origin) -> FoundSheets:
    """Return the sheets that hold the headings of one of the lost tables, each heading once, and no other sheet the same."""
    found: dict[str, IdentifiedSheet] = {}
    unclear = {grid.name for grid in grids if lost and any(_is_mark(value) for value in grid.cells.values())}
    for table in lost:
        held = [(grid, headings) for grid in grids if (headings := _headings(grid, table, origin.lang)) is not None]
        unclear |= {grid.name for grid, _ in held}
        if len(held) == 1 and held[0][1].are_unique:
            grid, headings = held[0]
            found[table.id] = _identified(grid, headings, table, origin.lang)
    names = Counter(sheet.grid.name for sheet in found.values())
    sheets = {name: sheet for name, sheet in found.items() if names[sheet.grid.name] == 1}
    return FoundSheets(sheets, frozenset(unclear - {sheet.grid.name for sheet in sheets.values()}))


def _is_mark(value: Value) -> bool:
    return value.kind == TEXT and value.text.startswith(MARK)


def _headings(grid: Grid, table: PartTable, lang: str) -> _Headings | None:
    """The first row in which two headings of the table stand, or its only one."""
    ids = dict(unique_labels({column.id: column for column in columns(table.part)}, lang))
    shared = {column.label(lang) for column in columns(table.part)} - set(ids)
    least = min(2, len(ids))
    ids |= {mark: mark for keys, _ in parts_within(table.part) if keys and (mark := node_id(keys))}
    ids[translate("workbooks.column-number", lang)] = NUMBER
    if table.outer is not None:
        ids[translate("workbooks.column-outer", lang, name=table.outer.field.name.get(lang, ""))] = OUTER
    for row, cells in grid.rows():
        texts = {column: value.text.strip() for column, value in cells.items() if value.kind == TEXT}
        found = {column: ids[text] for column, text in texts.items() if text in ids}
        if sum(not mark.startswith(MARK) and mark != texts[column] for column, mark in found.items()) >= least:
            are_unique = len(set(found.values())) == len(found) and shared.isdisjoint(texts.values())
            return _Headings(row, found, are_unique)
    return None


def _identified(grid: Grid, headings: _Headings, table: PartTable, lang: str) -> IdentifiedSheet:
    """The sheet with its hidden row and column before the first ones; nodes are kept where the column of them is still there."""
    marks = {
        row: text for (row, column), value in grid.cells.items()
        if column == 1 and row > headings.row and (text := value.text).startswith((MARK, "{")) and value.kind == TEXT
    }  # fmt: skip
    helps = {help_text(column.field, lang): column.id for column in columns(table.part)}
    by_id = {column.id: column for column in columns(table.part)}
    finder = LabelFinder(lang)
    cells = {(0, column): Value(TEXT, mark) for column, mark in headings.ids.items()}
    cells |= {(0, 0): Value(TEXT, TABLE_SHEET + table.id), (headings.row, 0): Value(TEXT, HEADER_ROW)}
    for row, values in grid.rows():
        mark = marks.get(row, "")
        if row < headings.row or (row == headings.row + 1 and any(value.text and value.text in helps for value in values.values())):
            mark = TITLE_ROW
        for column, value in values.items():
            asked = by_id.get(headings.ids.get(column, ""))
            if not mark and asked is not None and asked.keys == (table.part.rows_by,):
                mark = SUGGESTED_ROW + (finder.find(asked.field, trimmed(value.text)) or "")
        if mark and row != headings.row:
            cells[row, 0] = Value(TEXT, mark)
    kept = {place: value for place, value in grid.cells.items() if not (place[1] == 1 and place[0] in marks)}
    return IdentifiedSheet(msgspec.structs.replace(grid, cells={**cells, **kept}), (0, 0))
