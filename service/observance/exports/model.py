"""The value that every export is written from: a cover and tables, with all texts in one language."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Final, Literal

from msgspec import Struct

from observance.core import LimitExceededError, calendar

XLSX: Final = "xlsx"
CSV: Final = "csv"
FORMATS: Final = MappingProxyType(
    {XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", CSV: "text/csv; charset=utf-8"}
)
"""The media type of each format."""

Kind = Literal["text", "number", "date", "time", "iri"]
Value = str | int | float | bool | None
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,9})?", re.ASCII)


class ExportColumn(Struct, frozen=True):
    """A column of an export: its heading, and what its values are.

    Those of `date` and `time` are texts as in xsd:date and xsd:dateTime; of any kind, a text that is none of it stays a text.
    """

    heading: str
    kind: Kind = "text"


class ExportTable(Struct, frozen=True):
    """A table: its title, its columns, and rows of one value for each column."""

    title: str
    columns: tuple[ExportColumn, ...]
    rows: tuple[tuple[Value, ...], ...] = ()


class Cover(Struct, frozen=True):
    """What is said of an answer: its title, facts (each a label and a value), sentences, and when it was made, as an xsd:dateTime."""

    title: str
    facts: tuple[tuple[str, str], ...]
    sentences: tuple[str, ...]
    made: str


class Export(Struct, frozen=True):
    """An answer to be taken away, in one language."""

    cover: Cover
    tables: tuple[ExportTable, ...]
    lang: str


def check_size(export: Export, *, limit: int) -> Export:
    """Return the export; raises LimitExceededError if its tables have more rows together than the limit."""
    if (count := sum(len(table.rows) for table in export.tables)) > limit:
        raise LimitExceededError("exports.too-many-rows", count=count, limit=limit)
    return export


def number(value: Value) -> int | float | None:
    """The number that the value is or that its text says; None if it is none, or one that a spreadsheet would round."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        return (float(value) if "." in value else int(value)) if _NUMBER.fullmatch(value) else None
    return value


def day(value: Value) -> date | None:
    """The day that the text says; None if it is none."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        return None


def time(value: Value) -> datetime | None:
    """The time that the text says, in UTC; None if it is none."""
    try:
        return calendar.parse_time(value).replace(tzinfo=None) if isinstance(value, str) and "T" in value else None
    except ValueError:
        return None


def kind_of(values: Iterable[Value]) -> Kind:
    """The kind of a column of these values: what all of them are that are not empty."""
    given: Sequence[Value] = [value for value in values if value not in ("", "–", None)]
    for kind, read in (("number", number), ("date", day), ("time", time)):
        if given and all(read(value) is not None for value in given):
            return kind  # type: ignore[return-value]  # one of the three
    return "text"
