"""View models for templates: the timeline and the history of a duty."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from msgspec import Struct

LINE_WIDTH: Final = 1000
"""The length of the line, in units of the SVG view box."""
_MARGIN_DAYS: Final = 60


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
