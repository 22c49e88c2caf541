"""Regular expressions: XPath's meaning, in bounded time; `patterns.tsv` has the right answers by the rules of the specifications."""

import csv
import json
from pathlib import Path

import pytest

from oxishacl import errors, regex

TABLE = Path(__file__).parent / "patterns.tsv"
SIMPLE = ("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "^[0-9]{4}(-[0-9]{2}){0,2}$", "^[0-9]{4}-(0[1-9]|1[0-2])$", "^https?://", "^a-b+", "^x\\$")
TEXTS = (
    "", "2020", "2020\n", "2020-01", "2020-13", "2020-01-02", "٢٠٢٠", "http://a", "https://a", "httpss://a", "a-bbb", "a-", "x$", "x", "xy",
)  # fmt: skip


def test_table():
    """Each pattern of the table matches what it should and nothing that it should not, or is refused."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    wrong = [row for row in rows if not is_right(row)]

    assert len(rows) >= 300
    assert wrong == []


def is_right(row: dict[str, str]) -> bool:
    """Whether the row's pattern is answered as the row says."""
    pattern: str = json.loads(row["pattern"])
    try:
        matches = regex.compile_pattern(pattern, flags=row["flags"])
    except regex.PatternError:
        return row["matching"] == "invalid"
    if row["matching"] == "invalid":
        return False
    return all(map(matches, json.loads(row["matching"]))) and not any(map(matches, json.loads(row["not matching"])))


@pytest.mark.parametrize("pattern", SIMPLE)
def test_both_engines_agree(pattern: str):
    """A simple pattern, which Python's engine runs, matches the same texts with a flag, which makes Oxigraph's engine run it."""
    simple, oxigraph = regex.compile_pattern(pattern), regex.compile_pattern(pattern, flags="s")
    assert [simple(text) for text in TEXTS] == [oxigraph(text) for text in TEXTS]


@pytest.mark.parametrize("pattern", ["^(a+)+$", "(a|aa)+$", "^(a?){30}a{30}$", "a*a*a*a*a*a*b", "^a{0,99}a{0,99}a{0,99}a*$"])
def test_never_hangs(pattern: str):
    """A pattern with which a backtracking engine would take exponential time is matched."""
    assert not regex.compile_pattern(pattern)("a" * 5_000 + "c")


@pytest.mark.parametrize(("pattern", "text"), [("^\\w{1,50}$", "é" * 50), ("^[^;]{1,2000}$", "a" * 2_000), ("^\\p{L}{2,60}$", "ab")])
def test_what_is_too_large_for_the_linear_engine(pattern: str, text: str):
    """Repetitions of large classes, which Oxigraph refuses, are matched all the same."""
    assert regex.compile_pattern(pattern)(text)
    assert not regex.compile_pattern(pattern)(text + ";" * 2_001)


def test_case_in_back_references():
    """Characters are compared one by one: two are not one that folds to them."""
    assert regex.compile_pattern("^(ss)\\1$", flags="i")("ssSS")
    assert not regex.compile_pattern("^(ss)\\1$", flags="i")("ssß")


def test_back_reference_is_stopped(monkeypatch: pytest.MonkeyPatch):
    """A pattern with a back-reference, which no engine matches in linear time, is stopped after a while, with an error."""
    monkeypatch.setattr(regex, "MAX_SECONDS", 0.05)
    with pytest.raises(errors.LimitExceededError) as caught:
        regex.compile_pattern("^(a+)+\\1$")("a" * 4_000 + "c")

    assert caught.value.code == "pattern-time"


@pytest.mark.parametrize(
    ("pattern", "flags", "code", "column"),
    [
        ("(?<=a)b", "", "pattern-group", 1), ("ab\\b", "", "pattern-escape", 3), ("[[:alpha:]]", "", "pattern-class-bracket", 2),
        ("a++", "", "pattern-nothing-to-repeat", 3), ("a{2,1}", "", "pattern-quantifier", 2), ("x[z-a]", "", "pattern-range", 3),
        ("[a", "", "pattern-open", 1), ("a)", "", "pattern-bracket", 2), ("\\p{Foo}", "", "pattern-property", 1),
        ("a", "z", "pattern-flag", None),
        ("a{2000}{2000}", "", "pattern-nothing-to-repeat", 8), ("(a{2000}){2000}", "", "pattern-size", 1),
        ("(" * 99, "", "pattern-depth", 51), ("((a?){999999}){999999}\\1", "", "pattern-size", 1), ("a" * 3_000, "", "pattern-size", 2000),
    ],
)  # fmt: skip
def test_refused(pattern: str, flags: str, code: str, column: int | None):
    """What is no pattern of XPath, or too large, is refused with the place."""
    with pytest.raises(regex.PatternError) as caught:
        regex.compile_pattern(pattern, flags=flags)

    assert (caught.value.code, caught.value.values.get("column")) == (code, column)
    assert len(set(caught.value.sentences().values())) == 2
