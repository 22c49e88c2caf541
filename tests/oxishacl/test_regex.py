"""Regular expressions: the meaning of SPARQL's REGEX, in linear time."""

import pytest

from oxishacl import regex

SIMPLE = ("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "^[0-9]{4}(-[0-9]{2}){0,2}$", "^[0-9]{4}-(0[1-9]|1[0-2])$", "^https?://", "^a-b+", "^x\\$")
TEXTS = (
    "",
    "2020",
    "2020\n",
    "2020-01",
    "2020-13",
    "2020-01-02",
    "٢٠٢٠",
    "http://a",
    "https://a",
    "httpss://a",
    "a-bbb",
    "a-",
    "x$",
    "x",
    "xy",
)


@pytest.mark.parametrize("pattern", SIMPLE)
def test_both_engines_agree(pattern: str):
    """A simple pattern, which Python's engine runs, matches the same texts with a flag, which makes Oxigraph's engine run it."""
    simple, oxigraph = regex.compile_pattern(pattern), regex.compile_pattern(pattern, flags="s")
    assert simple is not None
    assert oxigraph is not None
    assert [simple(text) for text in TEXTS] == [oxigraph(text) for text in TEXTS]


@pytest.mark.parametrize("pattern", ["^(a+)+$", "(a|aa)+$", "^(a?){30}a{30}$", "a*a*a*a*a*a*b"])
def test_never_hangs(pattern: str):
    """A pattern with which a backtracking engine would take exponential time is matched."""
    matches = regex.compile_pattern(pattern)
    assert matches is not None
    assert not matches("a" * 5_000 + "c")


@pytest.mark.parametrize(("flags", "text", "expected"), [("i", "ABC", True), ("", "ABC", False), ("q", "a.c", False), ("x", "abc", True)])
def test_flags(flags: str, text: str, expected: bool):
    """The flags are those of XPath."""
    matches = regex.compile_pattern("a b c" if flags == "x" else "abc", flags=flags)
    assert matches is not None
    assert matches(text) is expected


@pytest.mark.parametrize(("pattern", "flags"), [("[a", ""), ("a", "z"), ("(?<=a)b", ""), ("a{2000}{2000}{2000}", "")])
def test_malformed_pattern(pattern: str, flags: str):
    """A malformed or too large expression and an unknown flag give None."""
    assert regex.compile_pattern(pattern, flags=flags) is None
