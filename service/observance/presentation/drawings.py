"""Drawings in SVG: attendance as a grid, meetings on a timeline, levels as bars, and the numbers of an answer as bars, tiles or a line.

Each has a title and accompanies a table.
"""

import textwrap
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from msgspec import Struct

from observance.core import format_day, translate
from observance.presentation.sheet import render_template

GLYPHS: Final = {"attended": "●", "excused": "○", "absent": "×", "conflicting": "≠", "no-record": "–", "unknown": "?"}
_SHADES: Final = ("#1d4f76", "#5b8db4", "#a9c4da", "#e2e6ea")
_LANES_WIDTH: Final = 1000
_LANES_LEFT: Final = 330
_MOST_YEARS: Final = 12
_CHARACTER_WIDTH: Final = 7
"""The approximate width of a character, in pixels."""
_LONGEST_NAME: Final = 52


class TimelinePoint(Struct, frozen=True):
    """A meeting on a timeline: name, day, stage, and the address of its page if it has one."""

    label: str
    day: date
    stage: str | None
    address: str | None = None


class BarSegment(Struct, frozen=True):
    """A segment of a bar: its label, its count, and whether its level is known; segments of unknown levels are hatched."""

    label: str
    count: int
    known: bool


def attendance_grid(headings: Sequence[str], rows: Sequence[tuple[str, Sequence[str | None]]], *, title: str, lang: str) -> str:
    """The attendance with a row for each party and a column for each meeting, as SVG.

    A cell is a key of GLYPHS; None if the party was neither Member nor Union on the day.
    """
    left = 24 + _CHARACTER_WIDTH * max((len(name) for name, _ in rows), default=0)
    legend = [(glyph, translate(f"review.attendance-{state}", lang)) for state, glyph in GLYPHS.items()]
    return render_template(
        "grid.svg", headings=headings, rows=rows, title=title, legend=legend, left=left, step=110, line=22, glyphs=GLYPHS,
        width=max(left + 110 * len(headings), 720), height=60 + 22 * len(rows) + 30,
    )  # fmt: skip


def timeline(points: Sequence[TimelinePoint], *, title: str, lang: str) -> str:
    """The meetings from left to right by day, as SVG; raises ValueError if there is none."""
    first, last = (min(p.day for p in points), max(p.day for p in points))
    span = max((last - first).days, 1)
    positions = [(60 + 840 * (point.day - first).days // span, 60 + 42 * (n % 3), point) for n, point in enumerate(points)]
    years = [(60 + 840 * (date(year, 1, 1) - first).days // span, year) for year in range(first.year + 1, last.year + 1)]
    stages = [(stage, translate(f"review.stage-{stage}", lang)) for stage in ("held", "planned", "postponed", "cancelled")]
    return render_template(
        "line.svg",
        positions=positions,
        years=years,
        stages=stages,
        title=title,
        translate=lambda key: translate(key, lang),
        in_words=lambda day: format_day(day.isoformat(), lang),
    )


def lane_chart(lanes: Sequence[tuple[str, Sequence[tuple[date, str]]]], *, title: str) -> str:
    """The days of each lane as marks on a line of its own, each with a text, as SVG; raises ValueError if there is no day."""
    days = [day for _, marks in lanes for day, _ in marks]
    start, end = date(min(days).year, 1, 1), date(max(days).year, 12, 31)
    span = (end - start).days

    def position(day: date) -> int:
        return _LANES_LEFT + (_LANES_WIDTH - _LANES_LEFT - 20) * (day - start).days // span

    step = max(1, (end.year - start.year) // _MOST_YEARS + 1)
    years = [(position(date(year, 1, 1)), year) for year in range(start.year, end.year + 1, step)]
    rows = [(name if len(name) <= 44 else name[:43] + "…", [(position(day), text) for day, text in marks]) for name, marks in lanes]
    return render_template("lanes.svg", rows=rows, years=years, title=title, width=_LANES_WIDTH, height=26 * len(rows) + 34)


def bar_chart(rows: Sequence[tuple[str, Sequence[BarSegment]]], *, title: str) -> str:
    """A bar of the same length for each group, as SVG; the widths of its segments are their shares of the total count."""
    left = 24 + _CHARACTER_WIDTH * min(max((len(name) for name, _ in rows), default=0), _LONGEST_NAME)
    bars = [(_cut(name), _place_segments(segments, left=left)) for name, segments in rows]
    shades = _shades(rows)
    return render_template(
        "bars.svg", rows=bars, title=title, shades=shades, known={s.label: s.known for _, segments in rows for s in segments},
        width=left + 560, height=30 * len(rows) + 76, line=30,
    )  # fmt: skip


def _place_segments(segments: Sequence[BarSegment], *, left: int) -> list[tuple[int, int, BarSegment]]:
    """The segments with a count, each with its left edge and width in pixels."""
    total = sum(segment.count for segment in segments) or 1
    edges = [left + 540 * sum(before.count for before in segments[:n]) // total for n in range(len(segments) + 1)]
    return [(edges[n], edges[n + 1] - edges[n], segment) for n, segment in enumerate(segments) if segment.count]


def _shades(rows: Sequence[tuple[str, Sequence[BarSegment]]]) -> Mapping[str, str]:
    """The shade of each known level by label, the darkest for the first."""
    labels = dict.fromkeys(segment.label for _, segments in rows for segment in segments if segment.known)
    return {label: _SHADES[min(n, len(_SHADES) - 1)] for n, label in enumerate(labels)}


class Series(Struct, frozen=True):
    """Numbers to be drawn: the names of the rows, and for each column of numbers its heading and its number in each row."""

    names: tuple[str, ...]
    columns: tuple[tuple[str, tuple[float, ...]], ...]


def value_bars(series: Series, *, title: str) -> str:
    """For each row a bar for each column, as SVG; the longest bar is the largest number, which stands beside it like every other."""
    largest = max((number for _, numbers in series.columns for number in numbers), default=0) or 1
    step = 12 + 18 * len(series.columns)
    bars = [
        (_cut(name), [(round(360 * numbers[row] / largest), numbers[row], heading) for heading, numbers in series.columns])
        for row, name in enumerate(series.names)
    ]
    left = 16 + _CHARACTER_WIDTH * max((len(name) for name, _ in bars), default=0)
    return render_template(
        "value-bars.svg", rows=bars, title=title, left=left, step=step, headings=[heading for heading, _ in series.columns],
        width=left + 420, height=step * len(bars) + 30, shades=_SHADES,
    )  # fmt: skip


def tiles(series: Series, *, title: str) -> str:
    """A tile for each row, of one size and in their order, as SVG: its name, its first number, and the second as “of” how many."""
    first = series.columns[0][1]
    wholes = series.columns[1][1] if len(series.columns) > 1 else (max(first, default=0) or 1,) * len(first)
    shares = [number / whole if whole else 0 for number, whole in zip(first, wholes, strict=True)]
    shown = [
        (160 * (n % 5), 116 * (n // 5), textwrap.wrap(name, 20, max_lines=2, placeholder=" …"), first[n], wholes[n], shares[n])
        for n, name in enumerate(series.names)
    ]
    return render_template(
        "tiles.svg", tiles=shown, title=title, has_wholes=len(series.columns) > 1,
        width=160 * min(len(shown), 5), height=116 * -(-len(shown) // 5),
    )  # fmt: skip


def line_chart(series: Series, *, days: Sequence[date], labels: Sequence[str], title: str) -> str:
    """The numbers of the first column over the days, one for each row, as SVG with both axes; raises ValueError if there is none."""
    heading, numbers = series.columns[0]
    first, span = min(days), max((max(days) - min(days)).days, 1)
    largest = max(numbers) or 1
    points = [
        (60 + round(820 * (day - first).days / span), 200 - round(170 * number / largest), label, number)
        for day, number, label in zip(days, numbers, labels, strict=True)
    ]
    years = [(60 + round(820 * (date(year, 1, 1) - first).days / span), year) for year in range(first.year + 1, max(days).year + 1)]
    return render_template("lines.svg", points=points, years=years, largest=largest, heading=heading, title=title)


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
