"""The calendar: windows by XML Schema's addition of durations, partial dates, and times."""

from datetime import UTC, date, datetime

import pytest

from observance.core import calendar

# XML Schema Part 2, appendix E: the months are added first; a day that the month does not have becomes its last one.
WINDOWS = [
    ("2019-02-01", "P12M", "2020-02-01"),
    ("2020-01-31", "P1M", "2020-02-29"),
    ("2021-01-31", "P1M", "2021-02-28"),
    ("2020-02-29", "P12M", "2021-02-28"),
    ("2020-02-29", "P1Y", "2021-02-28"),
    ("2020-02-29", "P4Y", "2024-02-29"),
    ("2019-02-28", "P12M", "2020-02-28"),
    ("2020-12-31", "P2M", "2021-02-28"),
    ("2020-10-31", "P1M", "2020-11-30"),
    ("2020-12-15", "P1M", "2021-01-15"),
    ("2020-01-31", "P1M1D", "2020-03-01"),
    ("2021-01-30", "P1M1D", "2021-03-01"),
    ("2020-02-28", "P1D", "2020-02-29"),
    ("2020-02-28", "P366D", "2021-02-28"),
    ("2018-06-15", "P1Y6M", "2019-12-15"),
    ("2018-06-15", "P0M", "2018-06-15"),
    ("2018-06-15", "P9999Y", "9000-12-31"),
]


@pytest.mark.parametrize(("begins", "duration", "ends"), WINDOWS)
def test_windows(begins: str, duration: str, ends: str):
    """A window ends on the day that XML Schema's addition of its duration to its first day gives."""
    months, days = calendar.parse_duration(duration)

    assert calendar.add_duration(date.fromisoformat(begins), months=months, days=days) == date.fromisoformat(ends)


@pytest.mark.parametrize("text", ["", "P", "12M", "-P12M", "P1.5M", "PT24H", "P1MT1H", "P1D1M", "P1W", "P12m", "P12M ", "P123456M"])
def test_invalid_durations(text: str):
    """Durations with a time part, negative and malformed durations are rejected."""
    with pytest.raises(ValueError):
        calendar.parse_duration(text)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2020", "2020-01-01", "2020-12-31"),
        ("2020-02", "2020-02-01", "2020-02-29"),
        ("2021-02", "2021-02-01", "2021-02-28"),
        ("2020-02-29", "2020-02-29", "2020-02-29"),
        ("2020-02-29Z", "2020-02-29", "2020-02-29"),
        ("2020-06+02:00", "2020-06-01", "2020-06-30"),
    ],
)
def test_partial_dates(text: str, first: str, last: str):
    """A year or a month is the period from its first to its last day."""
    assert (calendar.first_day(text).isoformat(), calendar.last_day(text).isoformat()) == (first, last)


@pytest.mark.parametrize("text", ["", "20", "2020-13", "2021-02-29", "2020-2-1", "2020-02-29T00:00:00Z", "-2020", "last year"])
def test_invalid_dates(text: str):
    """A text that is neither a day, a month nor a year is rejected."""
    with pytest.raises(ValueError):
        calendar.first_day(text)


def test_times():
    """A day without a time means its last second; times are written in UTC."""
    assert calendar.parse_time("2021-04-20") == datetime(2021, 4, 20, 23, 59, 59, tzinfo=UTC)
    assert calendar.parse_time("2021-04-20T12:00:00+02:00") == datetime(2021, 4, 20, 10, tzinfo=UTC)
    assert calendar.format_time(calendar.parse_time("2021-04-20T12:00:00+02:00")) == "2021-04-20T10:00:00Z"
    with pytest.raises(ValueError):
        calendar.parse_time("20 April 2021")
