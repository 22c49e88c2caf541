"""Lexical spaces of the datatypes of RDF 1.1 (section 5.1): which texts are literals of their datatype (W3C XML Schema 1.1, part 2).

Nothing is folded or trimmed first: RDF compares lexical forms as they stand. A datatype that is not known here has no ill-formed literals.
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
_BOUNDS: Final[dict[str, tuple[int | None, int | None]]] = {
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
INTEGERS: Final = frozenset(XSD + name for name in _BOUNDS)

_YEAR: Final = r"-?(?:[1-9][0-9]{3,}|0[0-9]{3})"
_MONTH: Final = r"(?:0[1-9]|1[0-2])"
_DAY: Final = r"(?:0[1-9]|[12][0-9]|3[01])"
_CLOCK: Final = r"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?)"
_ZONE: Final = r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_DAYS: Final = r"(?:[0-9]+D)"
_HOURS: Final = r"(?:T(?:[0-9]+H(?:[0-9]+M)?(?:[0-9]+(?:\.[0-9]+)?S)?|[0-9]+M(?:[0-9]+(?:\.[0-9]+)?S)?|[0-9]+(?:\.[0-9]+)?S))"
_YEARS: Final = r"(?:[0-9]+Y(?:[0-9]+M)?|[0-9]+M)"
_NAME_START: Final = (
    r"A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d"
    r"\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_NAME: Final = _NAME_START + r"0-9.\u00b7\u0300-\u036f\u203f-\u2040-"
_BASE64: Final = r"[A-Za-z0-9+/]"

# Every pattern can be matched in one way only, so none of them runs back over the text.
_FORMS: Final = {
    XSD + name: form
    for name, form in {
        "boolean": "true|false|1|0",
        "decimal": r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)",
        "float": r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?INF|NaN",
        "double": r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?INF|NaN",
        "time": f"{_CLOCK}{_ZONE}?",
        "gYear": f"{_YEAR}{_ZONE}?",
        "gYearMonth": f"{_YEAR}-{_MONTH}{_ZONE}?",
        "gMonth": f"--{_MONTH}{_ZONE}?",
        "gDay": f"---{_DAY}{_ZONE}?",
        "gMonthDay": f"--(?:(?:0[13578]|1[02])-{_DAY}|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|[12][0-9])){_ZONE}?",
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
_DATE: Final = rf"(?P<year>{_YEAR})-(?P<month>{_MONTH})-(?P<day>{_DAY}){_ZONE}?"
_INSTANT: Final = rf"(?P<year>{_YEAR})-(?P<month>{_MONTH})-(?P<day>{_DAY})T{_CLOCK}{_ZONE}?"
_STAMP: Final = rf"(?P<year>{_YEAR})-(?P<month>{_MONTH})-(?P<day>{_DAY})T{_CLOCK}{_ZONE}"


def last_day(year: int, month: int) -> int:
    """The last day of the month in the Gregorian calendar, carried back before its time as XML Schema does."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in {4, 6, 9, 11} else 31


@cache
def _pattern(form: str) -> re.Pattern[str]:
    # Compiling all of them takes longer than validating most documents; few are met.
    return re.compile(form)


def _calendar(form: str) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        found = _pattern(form).fullmatch(text)
        # The last four digits of a year decide whether it is a leap year.
        return found is not None and int(found["day"]) <= last_day(int(found["year"][-4:]), int(found["month"]))

    return check


def _integer(low: int | None, high: int | None) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        if not _DIGITS.fullmatch(text):
            return False
        if low is None and high is None:
            return True
        value = Decimal(text)
        return (low is None or value >= low) and (high is None or value <= high)

    return check


def _form(form: str) -> Callable[[str], bool]:
    return lambda text: _pattern(form).fullmatch(text) is not None


_CHECKS: Final[dict[str, Callable[[str], bool]]] = {
    **{name: _form(form) for name, form in _FORMS.items()},
    **{XSD + name: _integer(low, high) for name, (low, high) in _BOUNDS.items()},
    XSD + "date": _calendar(_DATE),
    XSD + "dateTime": _calendar(_INSTANT),
    XSD + "dateTimeStamp": _calendar(_STAMP),
    # A literal that says rdf:langString and has no language is in no lexical space (RDF 1.1, section 3.3).
    RDF + "langString": lambda _: False,
}


def is_well_formed(text: str, *, datatype: str) -> bool:
    """Whether the text is in the lexical space of the datatype (an IRI)."""
    check = _CHECKS.get(datatype)
    return check is None or check(text)


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


def is_less(first: Term, second: Term, *, or_equal: bool = False) -> bool:
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
