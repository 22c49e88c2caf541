"""CSV holds no formula: what a spreadsheet would run is text there, and all else is as it was."""

import pytest

from observance.questions.spreadsheet_safety import without_formulas

FORMULAS = ("=1+1", "+1+cmd", "-1+1", "@SUM(A1)", "\t=1", "\r=1", " =1", '=HYPERLINK("https://example.org","x")', "-", "--1", "+33 1 23 45")
PLAIN = ("1", "-1", "+1.5", "-1e3", "-.5", "a=b", "a-b", "", "«=»", "2026-11-30", "https://example.org/?a=b")


@pytest.mark.parametrize("value", FORMULAS)
def test_a_formula_is_text(value: str):
    """A value that begins as a formula has an apostrophe before it, in the first column, in another, and quoted."""
    quoted = '"' + value.replace('"', '""') + '"'
    for table in (f"a,b\r\n{quoted},x\r\n", f"a,b\r\nx,{quoted}\r\n"):
        assert "'" + value.replace('"', '""') in without_formulas(table.encode()).decode()


@pytest.mark.parametrize("value", PLAIN)
def test_all_else_stays(value: str):
    """A number, and a text that is no formula, is as it was, also beside a formula."""
    table = f"a,b\r\n{value},x\r\n".encode()
    assert without_formulas(table) == table
    assert without_formulas(table + b"=1,x\r\n") == table + b"'=1,x\r\n"


def test_long_fields():
    """A field may be long, and may have several lines."""
    value = '"=' + "x\n" * 200_000 + '"'
    assert without_formulas(f"a\n{value}\n".encode()) == f"a\n\"'{value[1:]}\n".encode()
