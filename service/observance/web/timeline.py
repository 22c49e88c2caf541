"""Days placed on a line, for a picture that has the same words beside it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from msgspec import Struct

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
