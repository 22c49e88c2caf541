"""Calendar arithmetic, done once and before any rule: engines disagree about a date plus a duration, rules only compare days.

A month after 31 January is the last day of February; a year after 29 February is 28 February (XML Schema, appendix on adding
durations to dates).
"""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

EARLIEST: Final = date(1000, 1, 1)
"""Stands for a day that is not given, before every other."""
LATEST: Final = date(9000, 12, 31)
"""Stands for a day that is not given, after every other."""

_DURATION: Final = re.compile(r"P(?=\d)(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,6})D)?")
_DAY: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?:Z|[+-]\d{2}:\d{2})?")


def parse_duration(duration: str) -> tuple[int, int]:
    """An xsd:duration of years, months and days as months and days; raises ValueError for any other text, negative ones included."""
    found = _DURATION.fullmatch(duration)
    if found is None:
        raise ValueError(duration)
    years, months, days = (int(part or 0) for part in found.groups())
    return 12 * years + months, days


def add_duration(day: date, *, months: int, days: int = 0) -> date:
    """The day so many months later, never past the end of its month, and then so many days later; LATEST if there is no such day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    if year >= LATEST.year:
        return LATEST
    moved = date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
    return min(moved + timedelta(days=days), LATEST)


def day_after(day: date) -> date:
    """The next day."""
    return day + timedelta(days=1)


def first_day(text: str) -> date:
    """The first day of a date, a month or a year; raises ValueError for anything else."""
    year, month, day = _parts(text)
    return date(year, month or 1, day or 1)


def last_day(text: str) -> date:
    """The last day of a date, a month or a year; raises ValueError for anything else."""
    year, month, day = _parts(text)
    return date(year, month or 12, day or monthrange(year, month or 12)[1])


def _parts(text: str) -> tuple[int, int | None, int | None]:
    found = _DAY.fullmatch(text)
    if found is None:
        raise ValueError(text)
    year, month, day = found.groups()
    return int(year), int(month) if month else None, int(day) if day else None


def parse_time(text: str) -> datetime:
    """A time in UTC; a day alone stands for its end; a time without a zone is in UTC. Raises ValueError for anything else."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return datetime.combine(date.fromisoformat(text), time(23, 59, 59), tzinfo=UTC)
    if not re.match(r"\d{4}-\d{2}-\d{2}T", text):
        raise ValueError(text)
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def format_time(when: datetime) -> str:
    """The time as an xsd:dateTime in UTC."""
    return when.astimezone(UTC).isoformat().replace("+00:00", "Z")
