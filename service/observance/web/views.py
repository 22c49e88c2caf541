"""View models for templates: the table of a query's results, and the timeline of a duty."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, Final

from msgspec import Struct

from observance.core import compact, local_name
from observance.questions import column_heading

# The largest number of rows on a page; downloads are complete.
MAX_ROWS: Final = 500


class ResultCell(Struct, frozen=True):
    """A cell: `title` is the full IRI, `anchor` the anchor of a part of the instrument's text."""

    text: str
    kind: str = "literal"
    title: str | None = None
    anchor: str | None = None
    lang: str | None = None


class ResultTable(Struct, frozen=True):
    """The headings and the first rows of a result, with the total number of rows; `boolean` is the result of ASK."""

    columns: tuple[str, ...]
    rows: tuple[tuple[ResultCell, ...], ...]
    total: int
    boolean: bool | None = None


def result_table(body: bytes, *, anchors: Collection[str], hidden: Collection[str] = (), lang: str | None = None) -> ResultTable:
    """The table of SPARQL results in JSON; IRIs in `anchors` link to the instrument's text, columns in `hidden` are omitted.

    With `lang` the headings are those of the catalogue's columns in that language.
    """
    results = json.loads(body)
    if "boolean" in results:
        return ResultTable((), (), 0, boolean=results["boolean"])
    bindings = results["results"]["bindings"]
    variables = results["head"]["vars"]
    columns = tuple(name for name in variables if name not in hidden)
    headings = columns if lang is None else tuple(column_heading(name, among=variables, lang=lang) for name in columns)
    rows = tuple(tuple(_cell(row.get(name), anchors=anchors) for name in columns) for row in bindings[:MAX_ROWS])
    return ResultTable(headings, rows, len(bindings))


def _cell(term: Mapping[str, Any] | None, *, anchors: Collection[str]) -> ResultCell:
    if term is None:
        return ResultCell("", kind="empty")
    value = term["value"]
    match term["type"]:
        case "uri":
            short = compact(value)
            kind = "address" if short.startswith("<") else "iri"
            return ResultCell(short.strip("<>"), kind=kind, title=value, anchor=local_name(value) if value in anchors else None)
        case "bnode":
            return ResultCell(f"_:{value}", kind="iri")
        case "triple":
            parts = (_cell(value[part], anchors=()) for part in ("subject", "predicate", "object"))
            return ResultCell(" ".join(part.text for part in parts), kind="iri")
        case _:
            kind = "number" if term.get("datatype", "").endswith(("#integer", "#decimal", "#double")) else "literal"
            return ResultCell(value, kind=kind, lang=term.get("xml:lang"))


LINE_WIDTH: Final = 1000
"""The length of the line, in units of the SVG view box."""
_MARGIN_DAYS: Final = 60
_MIN_WIDTH: Final = 6


class Mark(Struct, frozen=True):
    """An event with its position on the line: from `x` over `width`."""

    event: Mapping[str, Any]
    x: int
    width: int


class Timeline(Struct, frozen=True):
    """The marks in the order of the events; `years` are pairs of a year and the position of its first day."""

    marks: tuple[Mark, ...]
    years: tuple[tuple[int, int], ...]
    today: int


def timeline(events: Sequence[Mapping[str, Any]]) -> Timeline:
    """The events, each from the day `first` to the day `last`, on a line that spans all of them with a margin."""
    days = [date.fromisoformat(event[end]).toordinal() for event in events for end in ("first", "last")]
    start, end = max(1, min(days) - _MARGIN_DAYS), max(days) + _MARGIN_DAYS
    scale = LINE_WIDTH / (end - start)

    def position(day: str | int) -> int:
        number = date.fromisoformat(day).toordinal() if isinstance(day, str) else day
        return round((number - start) * scale)

    marks = tuple(Mark(event, position(event["first"]), position(event["last"]) - position(event["first"])) for event in events)
    step = max(1, (end - start) // 365 // 8)
    first, last = date.fromordinal(start).year + 1, date.fromordinal(min(end, date.max.toordinal())).year
    years = tuple((year, position(date(year, 1, 1).toordinal())) for year in range(first, last + 1, step))
    today = next((mark.x for mark in marks if mark.event["kind"] == "today"), LINE_WIDTH)
    return Timeline(marks, years, today)


def history_bar(spans: Sequence[Mapping[str, Any]]) -> tuple[Mark, ...]:
    """The spans, each from the day `from` to the day `until`, in proportion to their lengths but none narrower than a minimum."""
    if not spans:
        return ()
    lengths = [max(1, (date.fromisoformat(s["until"]) - date.fromisoformat(s["from"])).days + 1) for s in spans]
    widths = [max(_MIN_WIDTH, round(length * LINE_WIDTH / sum(lengths))) for length in lengths]
    scale = LINE_WIDTH / sum(widths)
    starts = [round(sum(widths[:n]) * scale) for n in range(len(widths) + 1)]
    return tuple(Mark(span, starts[n], starts[n + 1] - starts[n]) for n, span in enumerate(spans))
