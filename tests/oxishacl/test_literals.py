"""Literals: which are well-formed, and which are less than others."""

import pyoxigraph as ox
import pytest

from observance.core import XSD
from oxishacl import is_well_formed
from oxishacl.literals import is_less

WELL_FORMED = {
    "integer": "0 -0 +7 007",
    "byte": "-128 127",
    "unsignedByte": "0 255",
    "decimal": "1 1.5 .5 1. -0.0",
    "double": "1e5 INF -INF NaN 1.E-3",
    "boolean": "true 0",
    "date": "2020-02-29 2000-02-29 -0004-01-01 12020-03-31 2020-01-01Z 2020-01-01+14:00 0000-01-01",
    "dateTime": "2020-01-01T00:00:00 2020-01-01T24:00:00Z 2020-01-01T23:59:59.999",
    "dateTimeStamp": "2020-01-01T00:00:00Z",
    "time": "10:00:00",
    "gYear": "2020 -0001",
    "gYearMonth": "2020-12 2020-01Z",
    "gMonth": "--12",
    "gDay": "---31",
    "gMonthDay": "--02-29",
    "language": "fr fr-CA",
    "duration": "P1Y P1M P1D PT1H P1Y2M3DT4H5M6.7S -P1D PT0.5S",
    "yearMonthDuration": "P1Y2M",
    "dayTimeDuration": "P1DT2H",
    "hexBinary": "0aFF",
    "base64Binary": "YQ== YWI= YWJj",
    "NCName": "a _b é",
    "token": "a",
}
ILL_FORMED = {
    "integer": "1.0 a 1e2",
    "byte": "128 300 c",
    "unsignedByte": "-1 256",
    "decimal": "1e5 . +",
    "double": "inf 1,5 +NaN",
    "boolean": "True yes",
    "date": "2019-02-29 1900-02-29 2020-13-01 2020-1-1 20-01-01 2020-01-01T00:00:00 2020-04-31 2020-01-01+14:01 02020-01-01",
    "dateTime": "2020-01-01 2020-01-01T25:00:00 2020-01-01T24:00:01",
    "dateTimeStamp": "2020-01-01T00:00:00",
    "time": "10:00 24:00:01",
    "gYear": "99 020",
    "gYearMonth": "2020-6 2020-13 2020",
    "gMonth": "12 --13",
    "gDay": "---32",
    "gMonthDay": "--02-30 --04-31",
    "language": "fr_CA francophone",
    "duration": "P PT P1S 1Y P1YT",
    "yearMonthDuration": "P1D",
    "dayTimeDuration": "P1M",
    "hexBinary": "0",
    "base64Binary": "YQ= Y",
    "NCName": "1a a:b",
    "nonNegativeInteger": "-1",
}


def literal(text: str, kind: str) -> ox.Literal:
    """The literal with a datatype of XML Schema."""
    return ox.Literal(text, datatype=ox.NamedNode(XSD + kind))


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in WELL_FORMED.items() for text in texts.split()])
def test_well_formed(kind: str, text: str):
    """The text is in the lexical space of its datatype."""
    assert is_well_formed(text, datatype=XSD + kind)


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in ILL_FORMED.items() for text in texts.split()])
def test_ill_formed(kind: str, text: str):
    """The text is not in the lexical space of its datatype, nor is any with space around it."""
    assert not is_well_formed(text, datatype=XSD + kind)
    assert not is_well_formed(" 1", datatype=XSD + "integer")


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [
        ("integer", "2", "10"),
        ("decimal", "0.1", "0.2"),
        ("double", "-INF", "1"),
        ("string", "a", "b"),
        ("boolean", "false", "true"),
        ("date", "2020-02-29", "2020-03-01"),
        ("date", "-0001-01-01", "0001-01-01"),
        ("date", "2020-01-01+02:00", "2020-01-01Z"),
        ("dateTime", "2020-01-01T23:00:00Z", "2020-01-01T20:00:00-05:00"),
        ("dateTime", "2020-01-01T00:00:00", "2020-01-03T00:00:00Z"),
        ("time", "09:59:59.5", "10:00:00"),
        ("gYear", "2019", "2020"),
        ("gYearMonth", "2019-12", "2020-01"),
        ("duration", "P11M", "P1Y"),
        ("dayTimeDuration", "PT23H", "P1D"),
    ],
)
def test_less(kind: str, first: str, second: str):
    """The first is less than the second, and not the other way round."""
    assert is_less(literal(first, kind), literal(second, kind))
    assert not is_less(literal(second, kind), literal(first, kind), or_equal=True)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (literal("1", "integer"), ox.Literal("2")),
        (ox.Literal("a", language="en"), ox.Literal("b", language="en")),
        (literal("2020-01-01T00:00:00", "dateTime"), literal("2020-01-01T13:00:00Z", "dateTime")),
        (literal("P1M", "duration"), literal("P60D", "duration")),
        (literal("NaN", "double"), literal("NaN", "double")),
        (literal("x", "integer"), literal("1", "integer")),
        (ox.NamedNode("urn:a"), ox.NamedNode("urn:b")),
    ],
)
def test_not_comparable(first: ox.Literal, second: ox.Literal):
    """Neither is less, and they are not equal: SPARQL's operator gives an error."""
    assert not is_less(first, second, or_equal=True)
    assert not is_less(second, first, or_equal=True)


def test_numeric_promotion():
    """Numbers of different types are compared as numbers."""
    assert is_less(literal("1.5", "decimal"), literal("2", "integer"))
    assert is_less(literal("1", "byte"), literal("1.5", "double"))
    assert is_less(literal("1.0", "decimal"), literal("1", "integer"), or_equal=True)
