"""An export as CSV (RFC 4180) that no spreadsheet takes for formulas (OWASP, CSV injection)."""

import csv
import io
from collections.abc import Iterator
from typing import Final

from observance.exports.model import Export, Value, number

BOM: Final = "\ufeff"
_BEGINS_AS_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_FULL_WIDTH: Final = str.maketrans("＝＋－＠", "=+-@")
"""Signs that some spreadsheets take for those beside them."""


def to_csv(export: Export, *, bom: bool = False) -> bytes:
    """Return the tables as CSV in UTF-8; with `bom`, a byte order mark is first, by which spreadsheets recognise it.

    Several tables have their titles above them; all lines have the same number of fields.
    """
    output = io.StringIO()
    lines = list(_lines(export))
    width = max(map(len, lines), default=0)
    csv.writer(output, lineterminator="\r\n").writerows([*line, *[""] * (width - len(line))] for line in lines)
    return (BOM * bom + output.getvalue()).encode()


def _lines(export: Export) -> Iterator[list[str]]:
    for position, table in enumerate(export.tables):
        if len(export.tables) > 1:
            if position:
                yield [""]
            yield [_field(table.title)]
        yield [_field(column.heading) for column in table.columns]
        for row in table.rows:
            yield [_field(value) for value in row]


def _field(value: Value) -> str:
    """The value as a text, with an apostrophe before one that begins as a formula and is no number."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value).replace("\0", "")
    begins = text.lstrip(" ").translate(_FULL_WIDTH).startswith(_BEGINS_AS_FORMULA)
    return f"'{text}" if begins and number(value) is None else text
