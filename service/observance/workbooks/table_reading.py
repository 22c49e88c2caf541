"""The rows of the table of a repeated part."""

from collections.abc import Mapping

from observance.workbooks.cell_reading import CellReader, NodeRow, in_other_language, is_blank, sentences_of, unique_labels
from observance.workbooks.grid import Value
from observance.workbooks.layout import (
    HEADER_ROW,
    MARK,
    NUMBER,
    OUTER,
    SUGGESTED_ROW,
    TITLE_ROW,
    Column,
    NodeNote,
    PartTable,
    columns,
    node_id,
    parts_within,
    path_of,
    single_path,
)  # fmt: skip
from observance.workbooks.sheet import IdentifiedSheet
from observance.workbooks.values import shown, take, trimmed


class TableReader:
    """Reads the sheet of one table."""

    def __init__(self, cells: CellReader, table: PartTable, sheet: IdentifiedSheet) -> None:
        """Find its columns."""
        self.cells, self.table, self.sheet = cells, table, sheet
        known = {column.id: column for column in columns(table.part)}
        self.columns: list[tuple[int, Column]] = []
        for mark, numbers in sheet.columns.items():
            column = known.get(mark) or in_other_language(known, mark)
            if column is not None:
                self.columns += [(number, column) for number in numbers]
        self.columns.sort(key=lambda item: item[0])
        self.known = known
        nodes = {node_id(keys): keys for keys, _ in parts_within(table.part) if keys}
        self.nodes = [(numbers[0], nodes[mark]) for mark, numbers in sheet.columns.items() if mark in nodes]

    def read(self, top: NodeRow, rows: Mapping[str, Mapping[str, NodeRow]]) -> dict[str, NodeRow]:
        """Read its rows."""
        self._check_columns()
        found: dict[str, list[NodeRow]] = {}
        for number, cells in self.sheet.grid.rows():
            mark = self.sheet.row_marks.get(number, "")
            if number == self.sheet.place[0] or mark in {HEADER_ROW, TITLE_ROW}:
                continue
            row = self._read_row(number, cells, mark, self._outer(number, cells, top, rows))
            label = next((_label_of(cells[column]) for column in self.sheet.columns.get(NUMBER, ()) if column in cells), "")
            if row is not None and label:
                found.setdefault(label, []).append(row)
        # Of two rows with one number it is not known which one was meant.
        return {label: same[0] for label, same in found.items() if len(same) == 1}

    def _outer(self, number: int, cells: Mapping[int, Value], top: NodeRow, rows: Mapping[str, Mapping[str, NodeRow]]) -> NodeRow | None:
        """The node that the row belongs to; None, with a problem, if it names none."""
        if self.table.outer is None:
            return top
        places = self.sheet.columns.get(OUTER, ())
        value = next((cells[column] for column in places if column in cells), None)
        found = rows.get(self.table.outer.id, {}).get(_label_of(value)) if value is not None else None
        if found is None and any(column in cells for column, _ in self.columns):
            cell = self.sheet.cell(number, places[0] if places else self._first)
            self.cells.problem(
                cell, "", "workbooks.no-outer-row", name=self.table.outer.field.name, found=shown(value.text if value else "")
            )
        return found

    @property
    def _first(self) -> int:
        return self.columns[0][0] if self.columns else self.sheet.place[1]

    @property
    def _inner_keys(self) -> tuple[str, ...]:
        """The keys that lead to the table from the node that its rows belong to."""
        return self.table.keys[len(self.table.outer.keys) :] if self.table.outer is not None else self.table.keys

    def _check_columns(self) -> None:
        path, sheet = single_path(self.table.keys), self.sheet
        header = sheet.row_of(HEADER_ROW) or sheet.place[0]
        self.cells.places.setdefault(path, sheet.cell(header, self._first))
        labels = unique_labels(self.known, self.cells.lang)
        for number, column in self.columns:
            text = sheet.grid.text(header, number).strip()
            other = labels.get(text)
            if other is not None and other != column.id:
                self.cells.problem(sheet.cell(header, number), path, "workbooks.other-label", found=shown(text), name=sentences_of(column))
        found = {column.keys for _, column in self.columns}
        for column in self.known.values():
            if column.keys not in found:
                found.add(column.keys)
                self.cells.notice(sheet.cell(header, self._first), path, "workbooks.no-column", name=sentences_of(column))
        self._tell_stray(header)

    def _tell_stray(self, header: int) -> None:
        """Tell of columns that are of no field, in which something stands."""
        sheet = self.sheet
        marked = {number for numbers in sheet.columns.values() for number in numbers} | {sheet.place[1]}
        told: set[int] = set()
        for (row, column), value in sorted(sheet.grid.cells.items()):
            if column not in marked and column not in told and row > header and not is_blank(value):
                told.add(column)
                self.cells.notice(sheet.cell(row, column), "", "workbooks.stray-column", found=shown(value.text))

    def _read_row(self, number: int, cells: Mapping[int, Value], mark: str, outer: NodeRow | None) -> NodeRow | None:
        """Read one row; None if nothing was written into it."""
        if outer is None:
            return None
        row = NodeRow("")
        if mark and not mark.startswith(MARK):
            row.nodes[()] = self.cells.new_note(mark) or NodeNote()
        for column_number, keys in self.nodes:
            self.cells.keep_node(row, keys, self.sheet, (number, column_number))
        if not self._is_written(number, cells, mark) and not any(note.is_bare for note in row.nodes.values()):
            return None
        siblings = outer.tables.setdefault(self._inner_keys, [])
        row.path = path_of(*([outer.path] if outer.path else []), single_path(self._inner_keys), len(siblings))
        siblings.append(row)
        self.cells.places[row.path] = self.sheet.cell(number, self._first)
        for column_number, column in self.columns:
            self.cells.take(row, self.sheet, (number, column_number), column)
        return row

    def _is_written(self, number: int, cells: Mapping[int, Value], mark: str) -> bool:
        """Whether the row holds more than the value that it was given in the template."""
        held = [(column, cells[number]) for number, column in self.columns if number in cells and not is_blank(cells[number])]
        merged = any(self.sheet.grid.area_of((number, column)) is not None for column, _ in self.columns)
        if mark.startswith(SUGGESTED_ROW) and not merged:
            given = mark.removeprefix(SUGGESTED_ROW)
            return any(
                column.keys != (self.table.part.rows_by,) or take(value, column.field, choices=self.cells.choices).texts != (given,)
                for column, value in held
            )
        return bool(held) or merged


def _label_of(value: Value) -> str:
    text = trimmed(value.text)
    return text.removesuffix(".0")
