"""From a workbook to a filled form, and to the cell of each entry."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from observance.core import LANGUAGES, VERSION, Settings, UnsupportedFormatError
from observance.forms import FilledForm, FilledPart, Form, FormEntry, Part
from observance.workbooks.cell_reading import CellReader, NodeRow, in_other_language, is_blank, sentences_of, unique_labels
from observance.workbooks.grid import TEXT, Grid, read_grids
from observance.workbooks.layout import (
    ANSWERS,
    FORM_SHEET,
    HELP,
    MARK,
    QUESTIONS,
    REST,
    TABLE_SHEET,
    TITLE_ROW,
    Column,
    NodeNote,
    Origin,
    PartTable,
    columns,
    help_text,
    node_id,
    parts_within,
    single_path,
    tables,
)  # fmt: skip
from observance.workbooks.model import ILL_FORMED, Cell, WorkbookContent
from observance.workbooks.package import read_package
from observance.workbooks.recovery import FoundSheets, found_by_headings
from observance.workbooks.sheet import IdentifiedSheet, sheet_mark
from observance.workbooks.table_reading import TableReader
from observance.workbooks.values import shown, trimmed


def read_workbook(content: bytes, *, forms: Mapping[str, Form], settings: Settings, keeps_unread: bool = False) -> WorkbookContent:
    """Return what the workbook holds, which was made from one of the forms; with `keeps_unread` also the text of what cannot be taken.

    Raises UnsupportedFormatError for one that was made from none, and what `read_package` and `read_grids` raise.
    """
    grids = read_grids(read_package(content, settings=settings), settings=settings)
    marked = [(grid, place, grid.text(*place)) for grid in grids if (place := sheet_mark(grid)) is not None]
    mains = [IdentifiedSheet(grid, place) for grid, place, mark in marked if mark.startswith(FORM_SHEET)]
    if not mains:
        raise UnsupportedFormatError("workbooks.no-form")
    try:
        origin = msgspec.json.decode(mains[0].mark.removeprefix(FORM_SHEET), type=Origin)
    except (msgspec.DecodeError, UnicodeError):
        raise UnsupportedFormatError("workbooks.no-form") from None
    if origin.lang not in LANGUAGES:
        raise UnsupportedFormatError("workbooks.no-form")
    form = forms.get(origin.form)
    if form is None:
        raise UnsupportedFormatError("workbooks.unknown-form", form=ascii(origin.form)[:40], known=", ".join(forms))
    by_table = _by_table(marked)
    known = {grid.name for grid, *_ in marked}
    lost = [table for table in tables(form) if table.id not in by_table]
    found = found_by_headings([grid for grid in grids if grid.name not in known], lost, origin)
    cells = CellReader(origin.lang, keeps_unread=keeps_unread)
    reader = _FormReader(form, origin, {**by_table, **{name: [sheet] for name, sheet in found.sheets.items()}}, mains, grids, cells)
    reader.tell_unread(grids, known, found)
    return reader.read()


def _by_table(marked: Iterable[tuple[Grid, tuple[int, int], str]]) -> Mapping[str, list[IdentifiedSheet]]:
    found: dict[str, list[IdentifiedSheet]] = defaultdict(list)
    for grid, place, mark in marked:
        if mark.startswith(TABLE_SHEET):
            found[mark.removeprefix(TABLE_SHEET)].append(IdentifiedSheet(grid, place))
    return found


class _FormReader:
    """Reads the sheets of one form."""

    def __init__(
        self, form: Form, origin: Origin, by_table: Mapping[str, Sequence[IdentifiedSheet]],
        mains: Sequence[IdentifiedSheet], grids: Sequence[Grid], cells: CellReader,
    ) -> None:  # fmt: skip
        """Read the first of the main sheets; another one is a problem."""
        self.form, self.origin, self.main, self.by_table = form, origin, mains[0], by_table
        self.cells = cells
        self.known = {column.id: column for column in columns(form.part)}
        self.nodes = {node_id(keys): keys for keys, _ in parts_within(form.part)}
        self.rest: list[str] = []
        self.sheets = tuple(dict.fromkeys((self.main.grid.name, *(grid.name for grid in grids))))
        for copy in mains[1:]:
            self.cells.problem(copy.cell(*copy.place), "", "workbooks.second-sheet", other=self.main.grid.name)

    def read(self) -> WorkbookContent:
        """Return what they hold."""
        top = NodeRow("")
        self._read_main(top)
        rows: dict[str, dict[str, NodeRow]] = {}
        for table in tables(self.form):
            rows[table.id] = self._read_table(table, top, rows)
        filled = FilledForm(self.form.name, _filled(self.form.part, top, ()), tuple(self.rest))
        return WorkbookContent(
            filled, self.origin.lang, self.origin.version, tuple(self.cells.problems), tuple(self.cells.notices), self.cells.places,
            self.sheets,
        )  # fmt: skip

    def tell_unread(self, grids: Sequence[Grid], known: set[str], found: FoundSheets) -> None:
        """Tell of the sheets that are not of the form, and of those that have lost their hidden cells."""
        again = {sheet.grid.name for sheet in found.sheets.values()}
        for grid in grids:
            if grid.cells and grid.name not in known:
                cell = Cell(grid.name, *min(grid.cells))
                if grid.name in again:
                    self.cells.notice(cell, "", "workbooks.found-by-headings")
                elif grid.name in found.unclear:
                    self.cells.problem(cell, "", "workbooks.lost-marks")
                else:
                    self.cells.notice(cell, "", "workbooks.other-sheet")

    # ── The main sheet ──────────────────────────────────────────────────────────────────────────────────────

    def _read_main(self, top: NodeRow) -> None:
        sheet = self.main
        answers = sheet.columns.get(ANSWERS, ())
        if not answers:
            raise UnsupportedFormatError("workbooks.no-form")
        self.cells.places[""] = sheet.cell(sheet.row_of(TITLE_ROW) or sheet.place[0], sheet.columns.get(QUESTIONS, answers)[0])
        known, nodes = self.known, self.nodes
        labels = unique_labels(known, self.origin.lang)
        cells = dict(sheet.grid.rows())
        found: set[tuple[str, ...]] = set()
        for row, mark in sheet.row_marks.items():
            column = known.get(mark) or in_other_language(known, mark)
            if mark in nodes:
                self.cells.keep_node(top, nodes[mark], sheet, (row, answers[0]))
            elif mark == REST and not ILL_FORMED.search(statement := sheet.grid.text(row, answers[0])):
                self.rest.append(statement)
            elif mark == REST:
                self.cells.problem(sheet.cell(row, answers[0]), "", "workbooks.damaged-mark", found=shown(statement))
            elif column is not None:
                found.add(column.keys)
                beside = {number: value.text for number, value in cells[row].items() if value.kind == TEXT}
                beside = {number: text for number, text in beside.items() if number not in (*answers, sheet.place[1])}
                self._check_label(beside.values(), column, labels, cell=(row, answers[0]))
                self._tell_help(row, beside, column)
                for answer in answers:
                    self.cells.take(top, sheet, (row, answer), column)
        self._tell_stray(sheet, answers)
        for column in known.values():
            if column.keys not in found:
                found.add(column.keys)
                name = sentences_of(column)
                self.cells.notice(self.cells.places[""], single_path(column.keys), "workbooks.no-row", name=name)

    def _tell_stray(self, sheet: IdentifiedSheet, answers: tuple[int, ...]) -> None:
        """Tell of answers in rows that are of no field, and of the first text in each column of which nothing is read."""
        known = {number for mark in (ANSWERS, QUESTIONS, HELP) for number in sheet.columns.get(mark, ())} | {sheet.place[1]}
        told = set[int]()
        for (row, column), value in sorted(sheet.grid.cells.items()):
            mark = sheet.row_marks.get(row, "")
            if column in answers and row != sheet.place[0] and mark in {"", TITLE_ROW}:
                self.cells.problem(sheet.cell(row, column), "", "workbooks.stray-answer", found=shown(value.text))
            elif column in answers and row != sheet.place[0] and self._is_unknown(mark):
                self.cells.problem(sheet.cell(row, column), "", "workbooks.unknown-mark", found=shown(mark))
            elif column not in told and column not in known and row != sheet.place[0] and not is_blank(value):
                told.add(column)
                self.cells.notice(sheet.cell(row, column), "", "workbooks.beside-answer", found=shown(value.text))

    def _is_unknown(self, mark: str) -> bool:
        is_known = mark in self.known or mark in self.nodes or mark.startswith(MARK)
        return not (is_known or in_other_language(self.known, mark) is not None)

    def _tell_help(self, row: int, texts: Mapping[int, str], column: Column) -> None:
        """Tell of what was written over the help, unless it is that of an older program."""
        given = help_text(column.field, self.origin.lang) if self.origin.version == VERSION else None
        for number in self.main.columns.get(HELP, ()):
            text = texts.get(number, "")
            if given is not None and text.split() != given.split() and trimmed(text):
                self.cells.notice(self.main.cell(row, number), "", "workbooks.beside-answer", found=shown(text))

    def _check_label(self, texts: Iterable[str], column: Column, labels: Mapping[str, str], *, cell: tuple[int, int]) -> None:
        """Tell of a row that bears the name of another field: it is not known which of the two was meant."""
        sheet = self.main
        for text in texts:
            other = labels.get(text.strip())
            if other is not None and other != column.id and sheet.grid.cells.get(cell) is not None:
                path = single_path(column.keys)
                self.cells.problem(sheet.cell(*cell), path, "workbooks.other-label", found=shown(text), name=sentences_of(column))

    # ── Tables ──────────────────────────────────────────────────────────────────────────────────────────────

    def _read_table(self, table: PartTable, top: NodeRow, rows: Mapping[str, Mapping[str, NodeRow]]) -> dict[str, NodeRow]:
        """Read the rows into the row of the table around it, or into the form; they are returned by the number that others call them."""
        path = single_path(table.keys)
        sheets = self.by_table.get(table.id, ())
        for copy in sheets[1:]:
            self.cells.problem(copy.cell(*copy.place), path, "workbooks.second-sheet", other=sheets[0].grid.name)
        if not sheets:
            self.cells.places.setdefault(path, self.cells.places[""])
            self.cells.notice(self.cells.places[""], path, "workbooks.no-sheet", name=table.field.name)
            return {}
        return TableReader(self.cells, table, sheets[0]).read(top, rows)


def _filled(part: Part, row: NodeRow, keys: tuple[str, ...]) -> FilledPart:
    """Return the part to which the keys lead from the row."""
    note = row.nodes.get(keys, NodeNote())
    entries: dict[str, tuple[FormEntry, ...]] = {}
    for asked in part.fields:
        inner = (*keys, asked.key)
        found: tuple[FormEntry, ...] = ()
        if asked.part is None:
            found = tuple(row.entries.get(inner, ()))
        elif asked.most == 1:
            within = _filled(asked.part, row, inner)
            if within.entries or row.nodes.get(inner, NodeNote()).is_bare:
                found = (FormEntry(part=within),)
        else:
            found = tuple(FormEntry(part=_filled(asked.part, one, ())) for one in row.tables.get(inner, ()))
        if found:
            entries[asked.key] = found
    return FilledPart(entries, note.node, note.classes)
