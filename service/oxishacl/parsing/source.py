"""Sources and parsed documents, the limits within which they are parsed, and places in their text."""

import re
from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate
from typing import Final

import pyoxigraph as ox
from msgspec import Struct, field

MAX_QUOTE: Final = 200
_UNPRINTABLE: Final = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")

Span = tuple[int, int]
"""The start and the end of a piece of UTF-8 text, in bytes."""


class Limits(Struct, frozen=True):
    """The largest documents that are parsed: size in bytes, depth of nesting in any syntax, number of triples."""

    max_bytes: int = 10_000_000
    max_nesting: int = 100
    max_triples: int = 200_000


class Source(Struct, frozen=True):
    """Content as received: `name` is that of the file or the one that the sender gave, `media_type` the one that the sender declared."""

    name: str
    content: bytes
    media_type: str | None = None


class Document(Struct, frozen=True):
    """A parsed source: its quads in document order, its syntax, and notes for the reader as (message code, values)."""

    source: Source
    syntax: str
    quads: tuple[ox.Quad, ...]
    prefixes: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[tuple[str, Mapping[str, object]], ...] = ()


class Place(Struct, frozen=True):
    """A place in a source: lines and columns from 1, columns in characters, the end exclusive; for JSON-LD a JSON pointer too."""

    line: int
    column: int
    end_line: int
    end_column: int
    pointer: str | None = None


class StatementSpan(Struct, frozen=True):
    """Where a statement is written: its subject; and its predicate and object, or its object alone after a comma."""

    subject: Span
    predicate_object: Span
    subject_pointer: str | None = None
    pointer: str | None = None


class LineIndex:
    """Converts byte offsets in UTF-8 text to places."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._line_starts = [0, *accumulate(len(line) + 1 for line in content.split(b"\n"))]

    def place(self, span: Span, *, pointer: str | None = None) -> Place:
        """The place of a piece of the text."""
        (line, column), (end_line, end_column) = (self._line_and_column(offset) for offset in span)
        return Place(line, column, end_line, end_column, pointer)

    def _line_and_column(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._line_starts, offset)
        start = self._line_starts[line - 1]
        return line, len(self._content[start:offset].decode("utf-8", errors="replace")) + 1


def position(content: bytes, offset: int) -> dict[str, int]:
    """The `line` and `column` of a byte, both from 1, the column in characters."""
    start = content.rfind(b"\n", 0, offset) + 1
    column = len(content[start:offset].decode("utf-8", errors="replace")) + 1
    return {"line": content.count(b"\n", 0, offset) + 1, "column": column}


def byte_offset(content: bytes, line: int, column: int) -> int:
    """The offset in bytes of a line and a column in characters, both from 1."""
    start, end = line_bounds(content, line)
    return start + len(content[start:end].decode("utf-8", errors="replace")[: column - 1].encode("utf-8", errors="replace"))


def line_bounds(content: bytes, line: int) -> tuple[int, int]:
    """The start and the end (before its line feed) of a line, in bytes; the line counts from 1. Both are the end past the last line."""
    start = 0
    for _ in range(line - 1):
        start = content.find(b"\n", start) + 1
        if not start:
            return len(content), len(content)
    end = content.find(b"\n", start)
    return start, len(content) if end < 0 else end


def quoted_position(content: bytes, text: str) -> dict[str, int] | None:
    """The position where the text first stands between quotes or angle brackets; None when it does not."""
    match = re.search(rb"[\"'<]" + re.escape(text.encode("utf-8", errors="replace")) + rb"[\"'>]", content)
    return position(content, match.start()) if match else None


def quote(text: str) -> str:
    """The text as one printable line of at most MAX_QUOTE characters, for messages."""
    line = _UNPRINTABLE.sub(" ", text).strip()
    return line if len(line) <= MAX_QUOTE else line[:MAX_QUOTE] + "…"


def valid_text(name: str) -> str:
    """The file name with U+FFFD for bytes that are not UTF-8."""
    return name.encode("utf-8", errors="surrogateescape").decode("utf-8", errors="replace")
