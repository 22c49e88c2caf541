"""How a workbook looks: heights of rows, since not every program for workbooks finds them, and dates in words."""

from collections.abc import Iterable
from datetime import date
from typing import Final

from xlsxwriter.worksheet import Worksheet

from observance.core import format_day, format_month
from observance.forms import Form

HEADING: Final = 24.0
"""The height of a row with a heading, in points."""
_LINE: Final = 15.0
_TALLEST: Final = 400.0
_MONTH: Final = len("2024-03")
_DAY: Final = len("2024-03-31")


def on_one_page(sheet: Worksheet) -> Worksheet:
    """Return the sheet, which is printed as wide as a page."""
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    return sheet


def row_height(cells: Iterable[tuple[str, int]]) -> float:
    """Return the height, in points, in which the texts can be seen, each in a column of the width in characters."""
    lines = (sum(1 + len(line) // max(1, width - 2) for line in text.split("\n")) for text, width in cells)
    return min(_TALLEST, _LINE * max(lines, default=1))


def date_in_words(iso: str, lang: str) -> str:
    """Return the day or month in words, a year as it is, and any other text unchanged."""
    if len(iso) == _DAY:
        return format_day(iso, lang)
    if len(iso) != _MONTH:
        return iso
    try:
        return format_month(date.fromisoformat(f"{iso}-01"), lang)
    except ValueError:
        return iso


def title_of(form: Form, lang: str) -> str:
    """Return the name of the form, with a capital."""
    label = form.part.label.get(lang, form.name).replace("'", "’")
    return label[:1].upper() + label[1:]
