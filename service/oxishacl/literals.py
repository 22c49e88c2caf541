"""Literals: which are well-formed, and which are less than others (RDF 1.1, section 5.1; W3C XML Schema 1.1, part 2).

Lexical forms are not normalised first: RDF compares them as they stand. A literal of a datatype that is not listed here is well-formed.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache, lru_cache
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from oxishacl.terms import RDF, XSD, Term

_DIGITS: Final = re.compile(r"[+-]?[0-9]+")
_INTEGER_RANGES: Final[dict[str, tuple[int | None, int | None]]] = {
    "integer": (None, None),
    "nonPositiveInteger": (None, 0),
    "negativeInteger": (None, -1),
    "nonNegativeInteger": (0, None),
    "positiveInteger": (1, None),
    "long": (-(2**63), 2**63 - 1),
    "int": (-(2**31), 2**31 - 1),
    "short": (-(2**15), 2**15 - 1),
    "byte": (-128, 127),
    "unsignedLong": (0, 2**64 - 1),
    "unsignedInt": (0, 2**32 - 1),
    "unsignedShort": (0, 2**16 - 1),
    "unsignedByte": (0, 255),
}
INTEGERS: Final = frozenset(XSD + name for name in _INTEGER_RANGES)

_YEAR: Final = r"-?(?:[1-9][0-9]{3,}|0[0-9]{3})"
_MONTH: Final = r"(?:0[1-9]|1[0-2])"
_DAY: Final = r"(?:0[1-9]|[12][0-9]|3[01])"
_TIME: Final = r"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?)"
_TIMEZONE: Final = r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_DAYS: Final = r"(?:[0-9]+D)"
_HOURS: Final = r"(?:T(?:[0-9]+H(?:[0-9]+M)?(?:[0-9]+(?:\.[0-9]+)?S)?|[0-9]+M(?:[0-9]+(?:\.[0-9]+)?S)?|[0-9]+(?:\.[0-9]+)?S))"
_YEARS: Final = r"(?:[0-9]+Y(?:[0-9]+M)?|[0-9]+M)"
_NAME_START: Final = (
    r"A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d"
    r"\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_NAME: Final = _NAME_START + r"0-9.\u00b7\u0300-\u036f\u203f-\u2040-"
_BASE64: Final = r"[A-Za-z0-9+/]"

# Each pattern matches a text in one way only, so that none of them backtracks.
_PATTERNS: Final = {
    XSD + name: pattern
    for name, pattern in {
        "boolean": "true|false|1|0",
        "decimal": r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)",
        "float": r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?INF|NaN",
        "double": r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?INF|NaN",
        "time": f"{_TIME}{_TIMEZONE}?",
        "gYear": f"{_YEAR}{_TIMEZONE}?",
        "gYearMonth": f"{_YEAR}-{_MONTH}{_TIMEZONE}?",
        "gMonth": f"--{_MONTH}{_TIMEZONE}?",
        "gDay": f"---{_DAY}{_TIMEZONE}?",
        "gMonthDay": f"--(?:(?:0[13578]|1[02])-{_DAY}|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|[12][0-9])){_TIMEZONE}?",
        "duration": f"-?P(?:{_YEARS}{_DAYS}?{_HOURS}?|{_DAYS}{_HOURS}?|{_HOURS})",
        "yearMonthDuration": f"-?P{_YEARS}",
        "dayTimeDuration": f"-?P(?:{_DAYS}{_HOURS}?|{_HOURS})",
        "hexBinary": "(?:[0-9a-fA-F]{2})*",
        "base64Binary": f"(?:{_BASE64} ?{_BASE64} ?{_BASE64} ?{_BASE64} ?)*"
        f"(?:{_BASE64} ?{_BASE64} ?{_BASE64} ?{_BASE64}|{_BASE64} ?{_BASE64} ?[AEIMQUYcgkosw048] ?=|{_BASE64} ?[AQgw] ?= ?=)?",
        "normalizedString": r"[^\t\n\r]*",
        "token": r"(?:[^\t\n\r ]+(?: [^\t\n\r ]+)*)?",
        "language": "[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*",
        "Name": f"[:{_NAME_START}][:{_NAME}]*",
        "NCName": f"[{_NAME_START}][{_NAME}]*",
        "NMTOKEN": f"[:{_NAME}]+",
    }.items()
}
_DATE: Final = rf"(?P<year>{_YEAR})-(?P<month>{_MONTH})-(?P<day>{_DAY}){_TIMEZONE}?"
_DATE_TIME: Final = rf"(?P<year>{_YEAR})-(?P<month>{_MONTH})-(?P<day>{_DAY})T{_TIME}{_TIMEZONE}?"
_DATE_TIME_STAMP: Final = rf"(?P<year>{_YEAR})-(?P<month>{_MONTH})-(?P<day>{_DAY})T{_TIME}{_TIMEZONE}"


def last_day(year: int, month: int) -> int:
    """The last day of the month in the proleptic Gregorian calendar, as in XML Schema."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in {4, 6, 9, 11} else 31


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # Compiling all patterns at import would take longer than validating most documents, which need few of them.
    return re.compile(pattern)


def _is_date(pattern: str) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        match = _compiled(pattern).fullmatch(text)
        # The last four digits of a year decide whether it is a leap year.
        return match is not None and int(match["day"]) <= last_day(int(match["year"][-4:]), int(match["month"]))

    return check


def _is_integer(low: int | None, high: int | None) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        if not _DIGITS.fullmatch(text):
            return False
        if low is None and high is None:
            return True
        value = Decimal(text)
        return (low is None or value >= low) and (high is None or value <= high)

    return check


def _matches(pattern: str) -> Callable[[str], bool]:
    return lambda text: _compiled(pattern).fullmatch(text) is not None


_CHECKS: Final[dict[str, Callable[[str], bool]]] = {
    **{name: _matches(pattern) for name, pattern in _PATTERNS.items()},
    **{XSD + name: _is_integer(low, high) for name, (low, high) in _INTEGER_RANGES.items()},
    XSD + "date": _is_date(_DATE),
    XSD + "dateTime": _is_date(_DATE_TIME),
    XSD + "dateTimeStamp": _is_date(_DATE_TIME_STAMP),
    # An rdf:langString must have a language tag (RDF 1.1, section 3.3).
    RDF + "langString": lambda _: False,
}


def is_well_formed(text: str, *, datatype: str) -> bool:
    """Whether the text is in the lexical space of the datatype, which is given by its IRI."""
    check = _CHECKS.get(datatype)
    return check is None or check(text)


_MAX_OFFSET: Final = 14 * 3600
_TIMELINE_PATTERN: Final = re.compile(
    r"(?:(?P<year>-?[0-9]{4,})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2}))?)?)?T?"
    r"(?:(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2}(?:\.[0-9]+)?))?"
    r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?"
)
_TIMELINE_DATATYPES: Final = {XSD + name: name for name in ("dateTime", "date", "time", "gYear", "gYearMonth")} | {
    XSD + "dateTimeStamp": "dateTime"
}
_DURATION_PATTERN: Final = re.compile(
    r"(?P<sign>-?)P(?:(?P<years>[0-9]+)Y)?(?:(?P<months>[0-9]+)M)?(?:(?P<days>[0-9]+)D)?"
    r"(?:T(?:(?P<hours>[0-9]+)H)?(?:(?P<minutes>[0-9]+)M)?(?:(?P<seconds>[0-9.]+)S)?)?"
)
_DURATIONS: Final = frozenset(XSD + name for name in ("duration", "yearMonthDuration", "dayTimeDuration"))
_FLOATS: Final = frozenset({XSD + "float", XSD + "double"})


class _Value(Struct, frozen=True):
    """A value in a value space; only values in the same space can be compared."""

    space: str
    value: Decimal | float | str | bool
    has_timezone: bool = True


def is_less(first: Term, second: Term, *, or_equal: bool = False) -> bool:
    """Whether SPARQL's `<` (or `<=`) gives true for the terms; false also when they cannot be compared."""
    left, right = _value(first), _value(second)
    if left is None or right is None or left.space != right.space:
        return False
    a, b = left.value, right.value
    if isinstance(a, str) or isinstance(b, str):
        return isinstance(a, str) and isinstance(b, str) and (a < b or (or_equal and a == b))
    if isinstance(a, float) or isinstance(b, float):
        # SPARQL promotes a decimal to float or double.
        a, b = float(a), float(b)
    elif left.has_timezone != right.has_timezone:
        # XML Schema: « P < Q if (P with time zone +14:00) < Q »; such values are never equal.
        return a + _MAX_OFFSET < b
    return a < b or (or_equal and a == b)


def _parsed(text: str, datatype: str) -> _Value | None:
    if not is_well_formed(text, datatype=datatype):
        return None
    if datatype in _FLOATS:
        return _Value("number", float(text))
    if datatype in INTEGERS or datatype == XSD + "decimal":
        return _Value("number", Decimal(text))
    if datatype == XSD + "boolean":
        return _Value("boolean", Decimal(text in {"true", "1"}))
    if datatype in _TIMELINE_DATATYPES:
        return _timeline_value(text, space=_TIMELINE_DATATYPES[datatype])
    return _duration_value(text) if datatype in _DURATIONS else None


_parsed_cached = lru_cache(maxsize=4_096)(_parsed)


def _value(term: Term) -> _Value | None:
    if not isinstance(term, ox.Literal) or term.language is not None:
        return None
    datatype = term.datatype.value
    if datatype == XSD + "string":
        return _Value("string", term.value)
    # Long lexical forms are rare and would fill the cache.
    return _parsed_cached(term.value, datatype) if len(term.value) < 64 else _parsed(term.value, datatype)


def _timeline_value(text: str, *, space: str) -> _Value:
    """The seconds on the timeline (timeOnTimeline in XML Schema, part 2); a day, month or year counts by its first moment."""
    match = _TIMELINE_PATTERN.fullmatch(text)
    assert match is not None
    year, month, day = (int(Decimal(match[part] or 1)) for part in ("year", "month", "day"))
    time_of_day = Decimal(match["hour"] or 0) * 3600 + Decimal(match["minute"] or 0) * 60 + Decimal(match["second"] or 0)
    seconds = _days(year, month, day) * 86_400 + time_of_day
    timezone = match["zone"]
    if timezone is not None and timezone != "Z":
        offset = int(timezone[1:3]) * 3600 + int(timezone[4:6]) * 60
        seconds -= offset if timezone[0] == "+" else -offset
    return _Value(space, seconds, timezone is not None)


def _days(year: int, month: int, day: int) -> int:
    """The number of days from a fixed day to this one in the proleptic Gregorian calendar."""
    year -= month <= 2
    month += 9 if month <= 2 else -3
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * month + 2) // 5 + day


def _duration_value(text: str) -> _Value | None:
    """A duration of months only or of seconds only; None for a mixed one, which has no order (SPARQL compares no durations)."""
    match = _DURATION_PATTERN.fullmatch(text)
    assert match is not None
    fields = {name: Decimal(match[name] or 0) for name in ("years", "months", "days", "hours", "minutes", "seconds")}
    sign = -1 if match["sign"] else 1
    months = fields["years"] * 12 + fields["months"]
    seconds = fields["days"] * 86_400 + fields["hours"] * 3600 + fields["minutes"] * 60 + fields["seconds"]
    if months and seconds:
        return None
    return _Value("months", sign * months) if months else _Value("seconds", sign * seconds)
