"""CSV that no spreadsheet takes for formulas (OWASP, CSV injection): a text that begins as one has an apostrophe before it."""

import csv
import io
import re
from typing import Final

_FORMULA: Final = re.compile(rb"(?:^|[,\n\"])\s*[=+\-@\t\r]")
_BEGINS_AS_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_LONGEST_FIELD: Final = 2**31 - 1
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def without_formulas(table: bytes) -> bytes:
    """Return the CSV with every text that a spreadsheet would take for a formula marked as text; numbers stay numbers."""
    if not _FORMULA.search(table):  # as most do not: to read and write them all anew takes longer than the query
        return table
    csv.field_size_limit(_LONGEST_FIELD)
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\r\n" if b"\r\n" in table else "\n")
    for row in csv.reader(io.StringIO(table.decode(), newline=""), strict=True):
        writer.writerow([_text(value) for value in row])
    return output.getvalue().encode()


def _text(value: str) -> str:
    is_formula = value.lstrip(" ").startswith(_BEGINS_AS_FORMULA) and not _NUMBER.fullmatch(value)
    return f"'{value}" if is_formula else value
