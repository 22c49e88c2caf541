"""The pictures: presence in a grid, meetings on a line, levels in bars. Each says in words what it shows, and a table says the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from observance.core.i18n import translate
from observance.presentation.sheet import render

GLYPHS: Final = {"attended": "●", "excused": "○", "absent": "×", "conflicting": "≠", "no-record": "–", "unknown": "?"}
_SHADES: Final = ("#1d4f76", "#5b8db4", "#a9c4da", "#e2e6ea")
_LETTER: Final = 7
"""Pixels that a letter takes, about."""


@dataclass(frozen=True, slots=True)
class TimelinePoint:
    """A meeting on the line: its name and day, what became of it, and where it leads."""

    label: str
    day: date
    stage: str | None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class BarPart:
    """A piece of a bar: what it counts, how many, and whether it is something that is known."""

    label: str
    count: int
    known: bool


def grid(heads: Sequence[str], rows: Sequence[tuple[str, Sequence[str | None]]], *, title: str, lang: str) -> str:
    """A row for each party, a column for each meeting; a cell is a key of GLYPHS, None outside its role."""
    left = 24 + _LETTER * max((len(name) for name, _ in rows), default=0)
    legend = [(glyph, translate(f"review.attendance-{state}", lang)) for state, glyph in GLYPHS.items()]
    return render(
        "grid.svg", heads=heads, rows=rows, title=title, legend=legend, left=left, step=110, line=22, glyphs=GLYPHS,
        width=max(left + 110 * len(heads), 720), height=60 + 22 * len(rows) + 30,
    )  # fmt: skip


def line(points: Sequence[TimelinePoint], *, title: str, lang: str) -> str:
    """The meetings from left to right, by their days."""
    first, last = (min(p.day for p in points), max(p.day for p in points))
    span = max((last - first).days, 1)
    placed = [(60 + 840 * (point.day - first).days // span, 60 + 42 * (n % 3), point) for n, point in enumerate(points)]
    years = [(60 + 840 * (date(year, 1, 1) - first).days // span, year) for year in range(first.year + 1, last.year + 1)]
    stages = [(stage, translate(f"review.stage-{stage}", lang)) for stage in ("held", "planned", "postponed", "cancelled")]
    return render("line.svg", placed=placed, years=years, stages=stages, title=title, translate=lambda phrase: translate(phrase, lang))


def bars(rows: Sequence[tuple[str, Sequence[BarPart]]], *, title: str) -> str:
    """A bar for each group, of one length: its parts are shares of what is counted, and what is not known is hatched."""
    left = 24 + _LETTER * min(max((len(name) for name, _ in rows), default=0), 52)
    drawn = [(name if len(name) <= 52 else name[:51] + "…", _pieces(parts, left=left)) for name, parts in rows]
    shades = _shades(rows)
    return render(
        "bars.svg", rows=drawn, title=title, shades=shades, known={p.label: p.known for _, parts in rows for p in parts},
        width=left + 560, height=30 * len(rows) + 76, line=30,
    )  # fmt: skip


def _pieces(parts: Sequence[BarPart], *, left: int) -> list[tuple[int, int, BarPart]]:
    total = sum(part.count for part in parts) or 1
    edges = [left + 540 * sum(p.count for p in parts[:n]) // total for n in range(len(parts) + 1)]
    return [(edges[n], edges[n + 1] - edges[n], part) for n, part in enumerate(parts) if part.count]


def _shades(rows: Sequence[tuple[str, Sequence[BarPart]]]) -> Mapping[str, str]:
    """The darkest for what stands first; only what is known has a shade."""
    labels = dict.fromkeys(part.label for _, parts in rows for part in parts if part.known)
    return {label: _SHADES[min(n, len(_SHADES) - 1)] for n, label in enumerate(labels)}
