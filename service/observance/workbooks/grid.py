"""The cells of a workbook, as they stand in its file: value, number format, whether a formula gave it, and which are merged."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from msgspec import Struct, field
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

from observance.core import InvalidInputError, LimitExceededError, Settings, UnsupportedFormatError
from observance.workbooks.package import OFFICE, SHEET, Package, parse_xml

TEXT: Final = "text"
NUMBER: Final = "number"
DATE: Final = "date"
TIME: Final = "time"
BOOLEAN: Final = "boolean"
ERROR: Final = "error"
UNCOMPUTED: Final = "uncomputed"
GENERAL: Final = "General"
_REFERENCE: Final = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})", re.ASCII)
_ESCAPE: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
_HALF: Final = re.compile("[\ud800-\udfff]")
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
LONGEST: Final = 32_767
"""The longest text of a cell, in characters."""
_MERGED: Final = 1_000


class Value(Struct, frozen=True):
    """The value of a cell: its kind, its text (ISO for a date), its number format, and whether a formula gave it."""

    kind: str
    text: str
    format: str = GENERAL
    is_formula: bool = False


class Area(Struct, frozen=True):
    """The cells from one corner to the other, by row and column."""

    first: tuple[int, int]
    last: tuple[int, int]

    def __contains__(self, place: tuple[int, int]) -> bool:
        """Whether the cell stands in it."""
        return self.first[0] <= place[0] <= self.last[0] and self.first[1] <= place[1] <= self.last[1]


class Grid(Struct, frozen=True, dict=True):
    """A sheet: its name, the name of its part, and its cells that are not empty, by row and column."""

    name: str
    part: str
    cells: dict[tuple[int, int], Value] = field(default_factory=dict)
    merged: list[Area] = field(default_factory=list)

    def text(self, row: int, column: int) -> str:
        """Return the text of the cell, as it stands there; empty if it holds none."""
        value = self.cells.get((row, column))
        return value.text if value is not None and value.kind == TEXT else ""

    def area_of(self, place: tuple[int, int]) -> Area | None:
        """Return the merged cells of which the cell is one; None if it stands alone. Raises InvalidInputError if they overlap."""
        row, column = place
        areas = self._areas_by_column.get(column, [])
        found = areas[at - 1] if (at := bisect_right(areas, row, key=lambda area: area.first[0])) else None
        return found if found is not None and place in found else None

    @cached_property
    def _areas_by_column(self) -> Mapping[int, list[Area]]:
        """The merged cells from top to bottom by column, up to the last column in which something stands."""
        last = max((column for _, column in self.cells), default=0)
        found: dict[int, list[Area]] = {}
        for area in sorted((area for area in self.merged if area.first != area.last), key=lambda area: area.first):
            for column in range(area.first[1], min(area.last[1], last) + 1):
                above = found.setdefault(column, [])
                if above and above[-1].last[0] >= area.first[0]:
                    raise InvalidInputError("workbooks.damaged", detail="mergeCell")
                above.append(area)
        return found

    def rows(self) -> Iterator[tuple[int, dict[int, Value]]]:
        """Yield the numbers of the rows that are not empty, in order, with their cells by column."""
        rows: dict[int, dict[int, Value]] = {}
        for (row, column), value in sorted(self.cells.items(), key=lambda item: item[0]):
            rows.setdefault(row, {})[column] = value
        yield from rows.items()


class _Formats(Struct, frozen=True):
    """The number formats of styles in their order, the shared texts, and the calendar of serial numbers."""

    formats: tuple[str, ...]
    strings: tuple[str, ...]
    epoch: datetime


def read_grids(package: Package, *, settings: Settings) -> tuple[Grid, ...]:
    """Return the sheets of cells in their order.

    Raises LimitExceededError for more cells than the settings take, InvalidInputError for what no program for workbooks writes,
    UnsupportedFormatError where the package is no workbook.
    """
    book = package.related("", "officeDocument")
    if book is None:
        raise UnsupportedFormatError("workbooks.other-format")
    sheets: list[tuple[str, str]] = []
    calendar: list[str] = []

    def start(element: str, attributes: Mapping[str, str]) -> None:
        if element == f"{SHEET}}}sheet":
            sheets.append((attributes.get("name", ""), attributes.get(f"{OFFICE}}}id", "")))
        elif element == f"{SHEET}}}workbookPr":
            calendar.append(attributes.get("date1904", "0"))

    parse_xml(package.part(book), start=start)
    targets = {r.id: r for r in package.relationships(book)}
    epoch = CALENDAR_MAC_1904 if calendar and calendar[0] in {"1", "true", "on"} else CALENDAR_WINDOWS_1900
    formats = _Formats(_number_formats(package, book), _shared_strings(package, book, settings=settings), epoch)
    read: list[Grid] = []
    count = 0
    for name, identifier in sheets:
        target = targets.pop(identifier, None)
        if target is not None and target.kind == f"{OFFICE}/worksheet" and not target.is_external:
            read.append(_read_sheet(Grid(name, target.target), package.part(target.target), formats, settings=settings, count=count))
            count += len(read[-1].cells)
    if not read:
        raise UnsupportedFormatError("workbooks.other-format")
    return tuple(read)


def _number_formats(package: Package, book: str) -> tuple[str, ...]:
    """The number format of each style of cells; empty for one that is not known."""
    part = package.related(book, "styles")
    codes: dict[str, str] = {}
    found: list[str] = []
    within: list[str] = []

    def start(element: str, attributes: Mapping[str, str]) -> None:
        name = element.removeprefix(f"{SHEET}}}")
        if name == "numFmt" and "numFmts" in within:
            codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "xf" and within[-1:] == ["cellXfs"]:
            found.append(attributes.get("numFmtId", "0"))
        within.append(name)

    def end(_: str) -> None:
        within.pop()

    if part is not None:
        parse_xml(package.part(part), start=start, end=end)
    built_in = {str(number): code for number, code in BUILTIN_FORMATS.items()}
    return tuple(codes.get(number, built_in.get(number, "")) for number in found)


def _shared_strings(package: Package, book: str, *, settings: Settings) -> tuple[str, ...]:
    part = package.related(book, "sharedStrings")
    if part is None:
        return ()
    strings: list[str] = []
    reader = _TextReader()

    def start(element: str, _: Mapping[str, str]) -> None:
        if element == f"{SHEET}}}si":
            if len(strings) == settings.max_workbook_cells:
                raise LimitExceededError("workbooks.too-many-cells", limit=settings.max_workbook_cells)
            reader.clear()
        reader.start(element)

    def end(element: str) -> None:
        reader.end(element)
        if element == f"{SHEET}}}si":
            strings.append(reader.text)

    parse_xml(package.part(part), start=start, end=end, text=reader.add)
    return tuple(strings)


class _TextReader:
    """Collects the text of `t` elements, but for those that say how it is pronounced."""

    def __init__(self) -> None:
        """Begin without text."""
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self._pieces: list[str] = []
        self._is_text, self._phonetic = False, 0

    def start(self, element: str) -> None:
        """Take the start of an element."""
        self._phonetic += element == f"{SHEET}}}rPh"
        self._is_text = element == f"{SHEET}}}t" and not self._phonetic

    def end(self, element: str) -> None:
        """Take the end of an element."""
        self._phonetic -= element == f"{SHEET}}}rPh"
        self._is_text = False

    def add(self, text: str) -> None:
        """Take a piece of text."""
        if self._is_text:
            self._pieces.append(text)

    @property
    def text(self) -> str:
        """The text, with the signs that stand for themselves in place of their codes (`_x000D_`)."""
        return _unescaped("".join(self._pieces))


def _unescaped(text: str) -> str:
    if "_x" not in text:
        return text
    # Two codes may be the halves of one sign; a half alone stays one, and is told at its cell.
    units = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass") if _HALF.search(units) else units


class _SheetReader:
    """Reads the cells of a sheet into its grid."""

    def __init__(self, grid: Grid, formats: _Formats, *, settings: Settings, count: int) -> None:
        """`count` cells were read of other sheets."""
        self.grid, self.formats, self.settings, self.count = grid, formats, settings, count
        self.row, self.column = 0, 0
        self.inline = _TextReader()
        self.attributes: Mapping[str, str] | None = None
        self.is_value = self.has_formula = False
        self.pieces: list[str] = []

    def start(self, element: str, attributes: Mapping[str, str]) -> None:
        """Take the start of an element."""
        name = element.removeprefix(f"{SHEET}}}")
        if name == "row":
            self._start_row(attributes)
        elif name == "c":
            self._start_cell(attributes)
        elif name == "mergeCell":
            self._merge(attributes.get("ref", ""))
        elif self.attributes is not None:
            self.has_formula = self.has_formula or name == "f"
            self.is_value = name == "v"
            self.inline.start(element)

    def _start_row(self, attributes: Mapping[str, str]) -> None:
        number = attributes.get("r", str(self.row + 1))
        if not (number.isascii() and number.isdecimal() and self.row < int(number[:9]) <= 1_048_576):
            raise InvalidInputError("workbooks.damaged", detail=f"row {ascii(number)[:20]}")
        self.row, self.column = int(number), 0

    def _start_cell(self, attributes: Mapping[str, str]) -> None:
        reference = attributes.get("r")
        row, column = cell_place(reference) if reference is not None else (self.row, self.column + 1)
        if row != self.row or column <= self.column:
            raise InvalidInputError("workbooks.damaged", detail=ascii(reference or "")[:20])
        self.column, self.attributes, self.has_formula, self.pieces = column, attributes, False, []
        self.inline.clear()

    def _merge(self, reference: str) -> None:
        first, _, last = reference.partition(":")
        self.grid.merged.append(Area(cell_place(first), cell_place(last or first)))
        if len(self.grid.merged) > _MERGED:
            raise LimitExceededError("workbooks.too-many-cells", limit=_MERGED)

    def text(self, text: str) -> None:
        """Take a piece of text."""
        if self.is_value:
            self.pieces.append(text)
        else:
            self.inline.add(text)

    def end(self, element: str) -> None:
        """Take the end of an element."""
        self.is_value = False
        self.inline.end(element)
        if element == f"{SHEET}}}c" and self.attributes is not None:
            value = self._value(self.attributes, "".join(self.pieces))
            self.attributes = None
            if value is not None:
                self._keep(value)

    def _keep(self, value: Value) -> None:
        settings = self.settings
        self.grid.cells[self.row, self.column] = value
        if len(self.grid.cells) + self.count > settings.max_workbook_cells:
            raise LimitExceededError("workbooks.too-many-cells", limit=settings.max_workbook_cells)
        if self.row > settings.max_workbook_rows or self.column > settings.max_workbook_columns:
            limits = {"rows": settings.max_workbook_rows, "columns": settings.max_workbook_columns}
            raise LimitExceededError("workbooks.too-far", sheet=ascii(self.grid.name)[1:-1], row=self.row, column=self.column, **limits)

    def _value(self, attributes: Mapping[str, str], raw: str) -> Value | None:
        kind, is_formula = attributes.get("t", "n"), self.has_formula
        if kind == "inlineStr":
            raw = self.inline.text
        if not raw:
            return Value(UNCOMPUTED, "", GENERAL, is_formula) if is_formula and kind != "str" else None
        if kind == "s":
            strings = self.formats.strings
            if not (raw.isascii() and raw.isdecimal() and int(raw[:9]) < len(strings)):
                raise InvalidInputError("workbooks.damaged", detail=f"s {ascii(raw)[:20]}")
            raw = strings[int(raw)]
        elif kind == "str":
            raw = _unescaped(raw)
        if kind in {"s", "str", "inlineStr"}:
            if len(raw) > LONGEST:
                raise LimitExceededError("workbooks.text-too-long", limit=LONGEST)
            return Value(TEXT, raw, GENERAL, is_formula) if raw.strip() else None
        if kind in {"b", "e", "d"}:
            return Value({"b": BOOLEAN, "e": ERROR, "d": TEXT}[kind], raw[:80], GENERAL, is_formula)
        return _number(raw, self._format(attributes.get("s", "0")), self.formats.epoch, is_formula)

    def _format(self, style: str) -> str:
        formats = self.formats.formats
        if not formats:
            return GENERAL
        return formats[int(style)] if style.isascii() and style.isdecimal() and int(style[:9]) < len(formats) else ""


def _read_sheet(grid: Grid, content: bytes, formats: _Formats, *, settings: Settings, count: int) -> Grid:
    reader = _SheetReader(grid, formats, settings=settings, count=count)
    parse_xml(content, start=reader.start, end=reader.end, text=reader.text)
    return grid


def cell_place(reference: str) -> tuple[int, int]:
    """The row and column of a reference such as D7; raises InvalidInputError for any other text."""
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise InvalidInputError("workbooks.damaged", detail=ascii(reference)[:20])
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(found[2]), column


def _number(raw: str, format: str, epoch: datetime, is_formula: bool) -> Value:
    """The value of a number: a day or a time where its format shows one."""
    if not _NUMBER.fullmatch(raw):
        raise InvalidInputError("workbooks.damaged", detail=ascii(raw)[:20])
    if not format or not is_date_format(format):
        return Value(NUMBER, raw, format, is_formula)
    found: Any = None
    try:
        found = from_excel(float(raw), epoch) if float(raw) >= 1 or epoch == CALENDAR_MAC_1904 else None
    except (ValueError, OverflowError):
        found = None
    if isinstance(found, datetime) and float(raw).is_integer():
        return Value(DATE, found.date().isoformat(), format, is_formula)
    return Value(TIME, found.isoformat(sep=" ") if isinstance(found, datetime) else raw, format, is_formula)
