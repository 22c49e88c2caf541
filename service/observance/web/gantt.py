"""A Gantt chart of the rows of a form that have a beginning and an end: where each bar stands, and the years below."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from observance.core import PREFIXES, calendar
from observance.forms import read_date
from observance.web.form_view import FieldView, RowView

WIDTH: Final = 1000
"""The width of the drawing, in units of the view box."""
LEFT: Final = 330
"""Where the bars begin; the headings stand before them."""
_ROOM_BESIDE: Final = 250
"""The width that is left for words beside the bars."""
_BEGINNING: Final = PREFIXES["time"] + "hasBeginning"
_END: Final = PREFIXES["time"] + "hasEnd"
_YEARS: Final = range(1900, 2200)
_MOST_YEARS_MARKED: Final = 8


class Bar(Struct, frozen=True):
    """The bar of a row: its heading, the two dates as they are read, its position, and the words beside it."""

    heading: str
    beginning: str
    end: str
    x: int
    width: int
    beside: str = ""


class Gantt(Struct, frozen=True):
    """The bars in the order of the rows; `years` are pairs of a year and the position of its first day; `right` is where the bars end."""

    bars: tuple[Bar, ...]
    years: tuple[tuple[int, int], ...]
    right: int


def gantt(table: FieldView, *, beside: Mapping[str, str] = MappingProxyType({})) -> Gantt | None:
    """Return the chart of the rows of the table whose two dates can be read, and do not follow in the wrong order; None without any.

    `beside` are words by the heading of a row, which stand beside its bar.
    """
    spans = [span for row in table.rows if (span := _span(row)) is not None]
    if not spans:
        return None
    first, last = min(span[3] for span in spans), max(span[4] for span in spans)
    start, end = date(first.year, 1, 1).toordinal(), date(last.year + 1, 1, 1).toordinal()

    right = WIDTH - (_ROOM_BESIDE if beside else 0)

    def position(ordinal: int) -> int:
        return LEFT + round((ordinal - start) * (right - LEFT) / (end - start))

    bars = tuple(
        Bar(
            heading,
            beginning,
            finish,
            x := position(began.toordinal()),
            max(4, position(ended.toordinal() + 1) - x),
            beside.get(heading, ""),
        )
        for heading, beginning, finish, began, ended in spans
    )
    step = max(1, -(-(last.year + 1 - first.year) // _MOST_YEARS_MARKED))
    years = tuple((year, position(date(year, 1, 1).toordinal())) for year in range(first.year, last.year + 1, step))
    return Gantt(bars, years, right)


def has_interval(table: FieldView) -> bool:
    """Whether a beginning stands in a column of the table, so that its chart belongs to it even while it is empty."""
    return any(_BEGINNING in shown.predicates for row in table.rows[:1] for shown in row.columns)


def _span(row: RowView) -> tuple[str, str, str, date, date] | None:
    beginning, end = _date(row, _BEGINNING), _date(row, _END)
    if not beginning or not end or not beginning.written or not end.written:
        return None
    found = [read_date(" ".join(shown.written[0].text.split())).dates for shown in (beginning, end)]
    if any(len(dates) != 1 for dates in found):
        return None
    began, ended = calendar.first_day(found[0][0]), calendar.last_day(found[1][0])
    is_readable = began <= ended and began.year in _YEARS and ended.year in _YEARS
    return (row.heading, beginning.written[0].shown, end.written[0].shown, began, ended) if is_readable else None


def _date(row: RowView, predicate: str) -> FieldView | None:
    return next((shown for shown in row.fields if predicate in shown.predicates and shown.asked.takes_dates), None)
