"""Calendar arithmetic in Python: SPARQL engines disagree about adding a duration to a date, so rules only compare days.

A month after 31 January is the last day of February; a year after 29 February is 28 February (XML Schema, appendix on adding
durations to dates).
"""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

EARLIEST: Final = date(1000, 1, 1)
"""The first day of an interval without a beginning."""
LATEST: Final = date(9000, 12, 31)
"""The last day of an interval without an end."""

_DURATION: Final = re.compile(r"P(?=\d)(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,6})D)?")
_DAY: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?:Z|[+-]\d{2}:\d{2})?")


def parse_duration(duration: str) -> tuple[int, int]:
    """Return an xsd:duration of years, months and days as (months, days); raises ValueError for any other text, negative ones included."""
    match = _DURATION.fullmatch(duration)
    if match is None:
        raise ValueError(duration)
    years, months, days = (int(part or 0) for part in match.groups())
    return 12 * years + months, days


def add_duration(day: date, *, months: int, days: int = 0) -> date:
    """Return the day after so many months, at most the last of its month, and then so many days; LATEST if there is no such day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    if year >= LATEST.year:
        return LATEST
    same_day = date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
    return min(same_day + timedelta(days=days), LATEST)


def day_after(day: date) -> date:
    """Return the next day."""
    return day + timedelta(days=1)


def first_day(text: str) -> date:
    """Return the first day of a date, a month or a year in ISO 8601; raises ValueError for any other text."""
    year, month, day = _parts(text)
    return date(year, month or 1, day or 1)


def last_day(text: str) -> date:
    """Return the last day of a date, a month or a year in ISO 8601; raises ValueError for any other text."""
    year, month, day = _parts(text)
    return date(year, month or 12, day or monthrange(year, month or 12)[1])


def _parts(text: str) -> tuple[int, int | None, int | None]:
    match = _DAY.fullmatch(text)
    if match is None:
        raise ValueError(text)
    year, month, day = match.groups()
    return int(year), int(month) if month else None, int(day) if day else None


def parse_time(text: str) -> datetime:
    """Return a date or xsd:dateTime as a time in UTC; raises ValueError for any other text.

    A date stands for its last second; a time without a zone is taken as UTC.
    """
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return datetime.combine(date.fromisoformat(text), time(23, 59, 59), tzinfo=UTC)
    if not re.match(r"\d{4}-\d{2}-\d{2}T", text):
        raise ValueError(text)
    parsed = datetime.fromisoformat(text)
    try:
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except OverflowError:  # in UTC it is before the first year, or after the last
        raise ValueError(text) from None


def format_time(when: datetime) -> str:
    """Return the time as an xsd:dateTime in UTC."""
    return when.astimezone(UTC).isoformat().replace("+00:00", "Z")
