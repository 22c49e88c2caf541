"""What templates draw: the table of a query's results, and the days that matter to a duty."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, Final

from msgspec import Struct

from observance.core import compact, local_name
from observance.questions import column_heading

# A page with more rows than this helps nobody; the downloads are whole.
MOST_ROWS: Final = 500


class ResultCell(Struct, frozen=True):
    """What stands in a cell; `title` is the whole IRI, `anchor` that of a part of the text."""

    text: str
    kind: str = "literal"
    title: str | None = None
    anchor: str | None = None
    lang: str | None = None


class ResultTable(Struct, frozen=True):
    """Columns and the first rows of a result; `boolean` for ASK."""

    columns: tuple[str, ...]
    rows: tuple[tuple[ResultCell, ...], ...]
    total: int
    boolean: bool | None = None


def result_table(body: bytes, *, anchors: Collection[str], hidden: Collection[str] = (), lang: str | None = None) -> ResultTable:
    """The results in SPARQL JSON; IRIs in `anchors` link to the text, columns in `hidden` are left out.

    With `lang` the columns of the catalogue are called by words of that language.
    """
    results = json.loads(body)
    if "boolean" in results:
        return ResultTable((), (), 0, boolean=results["boolean"])
    bindings = results["results"]["bindings"]
    every = results["head"]["vars"]
    columns = tuple(name for name in every if name not in hidden)
    heads = columns if lang is None else tuple(column_heading(name, among=every, lang=lang) for name in columns)
    rows = tuple(tuple(_cell(row.get(name), anchors=anchors) for name in columns) for row in bindings[:MOST_ROWS])
    return ResultTable(heads, rows, len(bindings))


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


WIDTH: Final = 1000
"""The length of the line, in the units of the picture."""
_MARGIN_DAYS: Final = 60
_NARROWEST: Final = 6


class Mark(Struct, frozen=True):
    """An event with its place: from `x` over `width`."""

    event: Mapping[str, Any]
    x: int
    width: int


class Timeline(Struct, frozen=True):
    """The marks in the order of days, and the places of the years that begin in between."""

    marks: tuple[Mark, ...]
    years: tuple[tuple[int, int], ...]
    today: int


def timeline(events: Sequence[Mapping[str, Any]]) -> Timeline:
    """The events, each from `first` to `last` (days), on a line that holds them all."""
    days = [date.fromisoformat(event[end]).toordinal() for event in events for end in ("first", "last")]
    start, end = max(1, min(days) - _MARGIN_DAYS), max(days) + _MARGIN_DAYS
    scale = WIDTH / (end - start)

    def place(day: str | int) -> int:
        number = date.fromisoformat(day).toordinal() if isinstance(day, str) else day
        return round((number - start) * scale)

    marks = tuple(Mark(event, place(event["first"]), place(event["last"]) - place(event["first"])) for event in events)
    every = max(1, (end - start) // 365 // 8)
    first, last = date.fromordinal(start).year + 1, date.fromordinal(min(end, date.max.toordinal())).year
    years = tuple((year, place(date(year, 1, 1).toordinal())) for year in range(first, last + 1, every))
    today = next((mark.x for mark in marks if mark.event["kind"] == "today"), WIDTH)
    return Timeline(marks, years, today)


def strip(spans: Sequence[Mapping[str, Any]]) -> tuple[Mark, ...]:
    """Spans `from` to `until` side by side, each wide enough to be seen."""
    if not spans:
        return ()
    lengths = [max(1, (date.fromisoformat(s["until"]) - date.fromisoformat(s["from"])).days + 1) for s in spans]
    widths = [max(_NARROWEST, round(length * WIDTH / sum(lengths))) for length in lengths]
    scale = WIDTH / sum(widths)
    starts = [round(sum(widths[:n]) * scale) for n in range(len(widths) + 1)]
    return tuple(Mark(span, starts[n], starts[n + 1] - starts[n]) for n, span in enumerate(spans))
