"""Regular expressions: as SPARQL has them, and never slow."""

import pytest

from oxishacl import regex

READ_ALIKE = ("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "^[0-9]{4}(-[0-9]{2}){0,2}$", "^[0-9]{4}-(0[1-9]|1[0-2])$", "^https?://", "^a-b+", "^x\\$")
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


@pytest.mark.parametrize("pattern", READ_ALIKE)
def test_both_engines_agree(pattern: str):
    """What Python's engine may run, Oxigraph's reads alike: with a flag, which changes nothing here, it is always Oxigraph's."""
    plain, asked = regex.compile_pattern(pattern), regex.compile_pattern(pattern, flags="s")
    assert plain is not None
    assert asked is not None
    assert [plain(text) for text in TEXTS] == [asked(text) for text in TEXTS]


@pytest.mark.parametrize("pattern", ["^(a+)+$", "(a|aa)+$", "^(a?){30}a{30}$", "a*a*a*a*a*a*b"])
def test_never_hangs(pattern: str):
    """A pattern over which a backtracking engine would never end is answered."""
    found = regex.compile_pattern(pattern)
    assert found is not None
    assert not found("a" * 5_000 + "c")


@pytest.mark.parametrize(("flags", "text", "expected"), [("i", "ABC", True), ("", "ABC", False), ("q", "a.c", False), ("x", "abc", True)])
def test_flags(flags: str, text: str, expected: bool):
    """Flags are XPath's."""
    found = regex.compile_pattern("a b c" if flags == "x" else "abc", flags=flags)
    assert found is not None
    assert found(text) is expected


@pytest.mark.parametrize(("pattern", "flags"), [("[a", ""), ("a", "z"), ("(?<=a)b", ""), ("a{2000}{2000}{2000}", "")])
def test_no_pattern(pattern: str, flags: str):
    """What is no such expression or flag, or would be too large, is said to be none."""
    assert regex.compile_pattern(pattern, flags=flags) is None
