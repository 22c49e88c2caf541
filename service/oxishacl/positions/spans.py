"""A piece of a text, and the two pieces that a statement is known by."""

from bisect import bisect_right
from itertools import accumulate

from msgspec import Struct

from oxishacl.parsing.source import Place

Span = tuple[int, int]
"""Where something starts and ends in a text in UTF-8, in bytes."""


class StatementSpan(Struct, frozen=True):
    """Where a statement's subject stands, and where what is its own does: predicate and object, or the object after a comma."""

    subject: Span
    predicate_object: Span
    subject_pointer: str | None = None
    pointer: str | None = None


class LineIndex:
    """Lines and columns of a text in UTF-8, both from 1, columns in characters."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._starts = [0, *accumulate(len(line) + 1 for line in content.split(b"\n"))]

    def place(self, span: Span, *, pointer: str | None = None) -> Place:
        """The place of a piece of the text; its end is the column after its last character."""
        (line, column), (end_line, end_column) = (self._at(offset) for offset in span)
        return Place(line, column, end_line, end_column, pointer)

    def _at(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        start = self._starts[line - 1]
        return line, len(self._content[start:offset].decode("utf-8", errors="replace")) + 1
