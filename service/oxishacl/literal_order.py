"""Which of two literals is smaller, as SPARQL's operator < decides (SPARQL 1.1, section 17.3), or that neither can be said to be.

Beyond SPARQL's own table, dates, times, months, years and durations are compared by the order that XML Schema gives them: a value without
a zone and one with a zone only where the answer is the same in every zone.
"""

import re
from decimal import Decimal
from functools import lru_cache
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from observance.core.namespaces import XSD
from oxishacl.lexical_forms import INTEGERS, is_well_formed
from oxishacl.terms import Term

_ZONE_WIDTH: Final = 14 * 3600
_MOMENT: Final = re.compile(
    r"(?:(?P<year>-?[0-9]{4,})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2}))?)?)?T?"
    r"(?:(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2}(?:\.[0-9]+)?))?"
    r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?"
)
_MOMENTS: Final = {XSD + name: name for name in ("dateTime", "date", "time", "gYear", "gYearMonth")} | {XSD + "dateTimeStamp": "dateTime"}
_LENGTH: Final = re.compile(
    r"(?P<sign>-?)P(?:(?P<years>[0-9]+)Y)?(?:(?P<months>[0-9]+)M)?(?:(?P<days>[0-9]+)D)?"
    r"(?:T(?:(?P<hours>[0-9]+)H)?(?:(?P<minutes>[0-9]+)M)?(?:(?P<seconds>[0-9.]+)S)?)?"
)
_LENGTHS: Final = frozenset(XSD + name for name in ("duration", "yearMonthDuration", "dayTimeDuration"))
_FLOATS: Final = frozenset({XSD + "float", XSD + "double"})


class _Value(Struct, frozen=True):
    """A value and what it can be compared with: values of the same kind."""

    kind: str
    value: Decimal | float | str | bool
    zoned: bool = True


def less(first: Term, second: Term, *, or_equal: bool = False) -> bool:
    """Whether the first is smaller than the second (or equal): false also where the two cannot be compared."""
    left, right = _value(first), _value(second)
    if left is None or right is None or left.kind != right.kind:
        return False
    a, b = left.value, right.value
    if isinstance(a, str) or isinstance(b, str):
        return isinstance(a, str) and isinstance(b, str) and (a < b or (or_equal and a == b))
    if isinstance(a, float) or isinstance(b, float):
        # SPARQL promotes a decimal to the other's type.
        a, b = float(a), float(b)
    elif left.zoned != right.zoned:
        # « P < Q if (P with time zone +14:00) < Q »: not equal in every zone, whatever the two are.
        return a + _ZONE_WIDTH < b
    return a < b or (or_equal and a == b)


def _read(text: str, datatype: str) -> _Value | None:
    if not is_well_formed(text, datatype=datatype):
        return None
    if datatype in _FLOATS:
        return _Value("number", float(text))
    if datatype in INTEGERS or datatype == XSD + "decimal":
        return _Value("number", Decimal(text))
    if datatype == XSD + "boolean":
        return _Value("boolean", Decimal(text in {"true", "1"}))
    if datatype in _MOMENTS:
        return _moment(text, kind=_MOMENTS[datatype])
    return _length(text) if datatype in _LENGTHS else None


_remembered = lru_cache(maxsize=4_096)(_read)


def _value(term: Term) -> _Value | None:
    if not isinstance(term, ox.Literal) or term.language is not None:
        return None
    datatype = term.datatype.value
    if datatype == XSD + "string":
        return _Value("string", term.value)
    # Long ones, which are rare, are not kept.
    return _remembered(term.value, datatype) if len(term.value) < 64 else _read(term.value, datatype)


def _moment(text: str, *, kind: str) -> _Value:
    """The moment in seconds; a day, month or year counts by its beginning, a time of day by a day that stands for all."""
    found = _MOMENT.fullmatch(text)
    assert found is not None
    year, month, day = (int(Decimal(found[part] or 1)) for part in ("year", "month", "day"))
    clock = Decimal(found["hour"] or 0) * 3600 + Decimal(found["minute"] or 0) * 60 + Decimal(found["second"] or 0)
    seconds = _days(year, month, day) * 86_400 + clock
    zone = found["zone"]
    if zone is not None and zone != "Z":
        offset = int(zone[1:3]) * 3600 + int(zone[4:6]) * 60
        seconds -= offset if zone[0] == "+" else -offset
    return _Value(kind, seconds, zone is not None)


def _days(year: int, month: int, day: int) -> int:
    """The number of days from a fixed day to this one, in the Gregorian calendar."""
    year -= month <= 2
    month += 9 if month <= 2 else -3
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * month + 2) // 5 + day


def _length(text: str) -> _Value | None:
    """A duration of months only or of seconds only; between the two there is no order (SPARQL has none for durations)."""
    found = _LENGTH.fullmatch(text)
    assert found is not None
    part = {name: Decimal(found[name] or 0) for name in ("years", "months", "days", "hours", "minutes", "seconds")}
    sign = -1 if found["sign"] else 1
    months = part["years"] * 12 + part["months"]
    seconds = part["days"] * 86_400 + part["hours"] * 3600 + part["minutes"] * 60 + part["seconds"]
    if months and seconds:
        return None
    return _Value("months", sign * months) if months else _Value("seconds", sign * seconds)
