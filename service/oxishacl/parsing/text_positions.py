"""Where in a source something is, and how a piece of it may be quoted in a sentence."""

import re
from typing import Final

LONGEST_QUOTE: Final = 200
_UNPRINTABLE: Final = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


def position(content: bytes, offset: int) -> dict[str, int]:
    """The `line` and `column` of a byte, both counted from 1, the column in characters."""
    start = content.rfind(b"\n", 0, offset) + 1
    column = len(content[start:offset].decode("utf-8", errors="replace")) + 1
    return {"line": content.count(b"\n", 0, offset) + 1, "column": column}


def line_bounds(content: bytes, line: int) -> tuple[int, int]:
    """Where the line, counted from 1, starts and ends (before its line feed), in bytes; past the last line both are the end."""
    start = 0
    for _ in range(line - 1):
        start = content.find(b"\n", start) + 1
        if not start:
            return len(content), len(content)
    end = content.find(b"\n", start)
    return start, len(content) if end < 0 else end


def find(content: bytes, text: str) -> dict[str, int] | None:
    """The position of the first place where the text stands between quotes or angle brackets; None when there is none."""
    match = re.search(rb"[\"'<]" + re.escape(text.encode("utf-8", errors="replace")) + rb"[\"'>]", content)
    return position(content, match.start()) if match else None


def quote(text: str) -> str:
    """The text as one printable line of at most LONGEST_QUOTE characters; a sentence never carries control characters."""
    line = _UNPRINTABLE.sub(" ", text).strip()
    return line if len(line) <= LONGEST_QUOTE else line[:LONGEST_QUOTE] + "…"
