"""An answer of the catalogue as a drawing, where its question says how it is drawn."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from markupsafe import Markup

from observance.core import calendar
from observance.presentation import Series, line_chart, tiles, value_bars
from observance.questions import Question, column_heading
from observance.web.result_tables import in_words

MAX_ROWS: Final = 60
"""The largest number of rows that a drawing shows legibly; a longer answer has its table alone."""


def answer_chart(body: bytes, question: Question, *, lang: str) -> Markup | None:
    """The drawing of the answer, as SVG; None for a question without one, and for an answer that has no row with numbers, or very many."""
    chart = question.chart
    if chart is None:
        return None
    results = msgspec.json.decode(body)
    names = (chart.label, *chart.values)
    found = [row for row in results["results"]["bindings"] if all(name in row for name in names) and _has_numbers(row, chart.values)]
    rows = list({tuple(row[name]["value"] for name in names): row for row in found}.values())
    if not rows or len(rows) > MAX_ROWS:
        return None
    variables = results["head"]["vars"]
    labels = tuple(in_words(row[chart.label], lang=lang) for row in rows)
    columns = (
        (column_heading(name, among=variables, lang=lang), tuple(float(row[name]["value"]) for row in rows)) for name in chart.values
    )
    series, title = Series(labels, tuple(columns)), question.summary[lang]
    match chart.kind:
        case "bars":
            drawing = value_bars(series, title=title)
        case "tiles":
            drawing = tiles(series, title=title)
        case _:
            days = [calendar.first_day(row[chart.label]["value"]) for row in rows]
            drawing = line_chart(series, days=days, labels=labels, title=title)
    return Markup(drawing)  # noqa: S704 - the templates escape all values


def _has_numbers(row: Mapping[str, Any], names: tuple[str, ...]) -> bool:
    try:
        return all(0 <= float(row[name]["value"]) < float("inf") for name in names)
    except ValueError:
        return False
