"""The statuses of one duty as a line along an axis of dates: spans, years and meetings, placed in per cent of its width."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from msgspec import Struct

_WIDTH: Final = 98.0
"""Where the day looked at stands, so that its mark has room."""
_MOST_YEARS: Final = 8
_WIDE_PIXELS: Final = 700
"""The least width of the drawing where words are drawn in it; on narrower screens there are signs alone."""
_NARROW_PIXELS: Final = 260
_CHARACTER_PIXELS: Final = 8
_SIGN_PIXELS: Final = 18


class LineSpan(Struct, frozen=True):
    """A span of days with one status, from `x` over `width`; which of its words and sign have room."""

    view: Mapping[str, Any]
    x: float
    width: float
    has_words: bool
    has_sign: bool
    has_narrow_sign: bool


class LineMark(Struct, frozen=True):
    """A day on the line: a year, or a meeting with its `view` and the span that it falls in. `is_minor` ones are not drawn if narrow."""

    text: str
    x: float
    is_minor: bool = False
    view: Mapping[str, Any] = {}
    span: Mapping[str, Any] = {}


class StatusLine(Struct, frozen=True):
    """The spans in order, the years below them and the meetings above; `today` is where the day looked at stands."""

    spans: tuple[LineSpan, ...]
    years: tuple[LineMark, ...]
    meetings: tuple[LineMark, ...]
    today: float = _WIDTH


def status_line(spans: Sequence[Mapping[str, Any]], *, meetings: Iterable[Mapping[str, Any]]) -> StatusLine | None:
    """Return the line of the spans, each from the day `from` to the day `until`, with the meetings in them; None without any span."""
    if not spans:
        return None
    start, end = _ordinal(spans[0]["from"]), _ordinal(spans[-1]["until"]) + 1
    scale = _WIDTH / (end - start)

    def position(ordinal: int) -> float:
        return round((ordinal - start) * scale, 2)

    drawn = tuple(_span(span, x=position(_ordinal(span["from"])), end=position(_ordinal(span["until"]) + 1)) for span in spans)
    within = [(meeting, span) for meeting in meetings if (span := _span_of(meeting["day"], spans)) is not None]
    marks = (
        LineMark(str(number), position(_ordinal(meeting["day"])), view=meeting, span=span)
        for number, (meeting, span) in enumerate(within, start=1)
    )
    years = ((year, position(ordinal)) for year, ordinal in _years(start, end))
    return StatusLine(drawn, tuple(LineMark(str(year), x, is_minor=n % 2 == 1) for n, (year, x) in enumerate(years)), tuple(marks))


def _span(view: Mapping[str, Any], *, x: float, end: float) -> LineSpan:
    width = round(end - x, 2)
    wide, narrow = width * _WIDE_PIXELS / 100, width * _NARROW_PIXELS / 100
    has_words = wide >= len(view["label"]) * _CHARACTER_PIXELS + 2 * _SIGN_PIXELS
    return LineSpan(view, x, width, has_words, wide >= _SIGN_PIXELS, narrow >= _SIGN_PIXELS)


def _span_of(day: str, spans: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The span in which the day falls; both are in the form of ISO 8601, which has their order."""
    return next((span for span in spans if span["from"] <= day <= span["until"]), None)


def _years(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The years that begin within the days, or every second, third … of them, each with its first day."""
    first, last = date.fromordinal(start).year + 1, date.fromordinal(min(end, date.max.toordinal())).year
    step = max(1, -(-(last - first + 1) // _MOST_YEARS))
    for year in range(first, last + 1, step):
        yield year, date(year, 1, 1).toordinal()


def _ordinal(day: str) -> int:
    return date.fromisoformat(day).toordinal()
