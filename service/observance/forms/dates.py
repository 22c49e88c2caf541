"""Dates as people write them: in both orders of day and month, with names of months, as precise as they are meant."""

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Final

from babel import Locale
from msgspec import Struct

from observance.core import LANGUAGES

_ISO: Final = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_YEAR_FIRST: Final = re.compile(r"(\d{4})\s?[/.]\s?(\d{1,2})(?:\s?[/.]\s?(\d{1,2}))?")
_YEAR_LAST: Final = re.compile(r"(?:(\d{1,2})\s?[-/.]\s?)?(\d{1,2})\s?[-/.]\s?(\d{4})")
_DAY_MONTH_NAME: Final = re.compile(r"(?:(\d{1,2})(?:er|st|nd|rd|th)?[\s-]+)?([^\W\d_]+)\.?,?[\s-]+(\d{4})")
_MONTH_NAME_DAY: Final = re.compile(r"([^\W\d_]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_SHORTEST: Final = 3
"""How many letters of a month's name are enough, if no other month has them."""


class DateText(Struct, frozen=True):
    """What a text says: the date in ISO form, as precise as it is written; several where its order is open, none if it is no date."""

    dates: tuple[str, ...] = ()


def read_date(text: str) -> DateText:
    """Return what the text says, which has no blanks around it."""
    if found := _ISO.fullmatch(text) or _YEAR_FIRST.fullmatch(text):
        return _dates(_iso(*found.groups()))
    if found := _YEAR_LAST.fullmatch(text):
        first, second, year = found.groups()
        if first is None:
            return _dates(_iso(year, second, None))
        return _dates(_iso(year, second, first), _iso(year, first, second))
    if found := _DAY_MONTH_NAME.fullmatch(text):
        day, month, year = found.groups()
        return _dates(_iso(year, _month(month), day))
    if found := _MONTH_NAME_DAY.fullmatch(text):
        month, day, year = found.groups()
        return _dates(_iso(year, _month(month), day))
    return DateText()


def precision(iso: str) -> str:
    """Return the local name of the datatype of a date in ISO form."""
    return {0: "gYear", 1: "gYearMonth"}.get(iso.count("-"), "date")


def _dates(*found: str | None) -> DateText:
    return DateText(tuple(dict.fromkeys(iso for iso in found if iso is not None)))


def _iso(year: str, month: str | None, day: str | None) -> str | None:
    """The date in ISO form; None if there is no such day, or no month by that name (""). ASCII digits only."""
    if month == "" or not (year + (month or "") + (day or "")).isascii():
        return None
    if month is None and day is None:
        return year if year != "0000" else None
    if month is None:
        return None
    try:
        found = date(int(year), int(month), int(day or 1))
    except ValueError:
        return None
    return found.isoformat() if day is not None else found.isoformat()[:7]


def _month(name: str) -> str:
    """The number of the month whose name the text is or begins; empty if it is none, or may be several."""
    word = name.casefold()
    if word in _months():
        return _months()[word]
    numbers = {number for known, number in _months().items() if known.startswith(word)} if len(word) >= _SHORTEST else set()
    return numbers.pop() if len(numbers) == 1 else ""


@cache
def _months() -> Mapping[str, str]:
    """The number of each name of a month, whole or abbreviated, in either language; a name of two months is none."""
    found: dict[str, str] = {}
    for lang in LANGUAGES:
        months = Locale.parse(lang).months
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in months[context][width].items():
                    word = name.casefold().rstrip(".")
                    found[word] = str(number) if found.get(word, str(number)) == str(number) else ""
    plain = str.maketrans("éû", "eu")
    return {**{word.translate(plain): number for word, number in found.items()}, **found}
