"""Drawings in SVG: attendance as a grid, meetings on a timeline, levels as bars. Each has a title and accompanies a table."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from msgspec import Struct

from observance.core import translate
from observance.presentation.sheet import render_template

GLYPHS: Final = {"attended": "●", "excused": "○", "absent": "×", "conflicting": "≠", "no-record": "–", "unknown": "?"}
_SHADES: Final = ("#1d4f76", "#5b8db4", "#a9c4da", "#e2e6ea")
_CHARACTER_WIDTH: Final = 7
"""The approximate width of a character, in pixels."""


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
        "line.svg", positions=positions, years=years, stages=stages, title=title, translate=lambda key: translate(key, lang)
    )


def bar_chart(rows: Sequence[tuple[str, Sequence[BarSegment]]], *, title: str) -> str:
    """A bar of the same length for each group, as SVG; the widths of its segments are their shares of the total count."""
    left = 24 + _CHARACTER_WIDTH * min(max((len(name) for name, _ in rows), default=0), 52)
    bars = [(name if len(name) <= 52 else name[:51] + "…", _place_segments(segments, left=left)) for name, segments in rows]
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
