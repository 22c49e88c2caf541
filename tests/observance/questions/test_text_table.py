"""Tables for people."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from observance.questions import render_text_table


def _results(*rows: dict[str, dict[str, object]], names: tuple[str, ...] = ("s", "o")) -> bytes:
    return json.dumps({"head": {"vars": names}, "results": {"bindings": rows}}).encode()


def test_columns_are_aligned_and_iris_compact() -> None:
    """Each column is as wide as its widest cell; an unbound cell is empty."""
    body = _results(
        {"s": {"type": "uri", "value": "https://example.org/a"}, "o": {"type": "literal", "value": "été"}},
        {"s": {"type": "bnode", "value": "b"}},
    )
    assert render_text_table(body, lang="en", width=80) == "s     o\n----  ---\nex:a  été\n_:b\n"


@pytest.mark.parametrize(("value", "lang", "text"), [(True, "en", "yes"), (False, "en", "no"), (True, "fr", "oui"), (False, "fr", "non")])
def test_ask_is_a_word(value: bool, lang: str, text: str) -> None:
    """ASK is yes or no, oui or non."""
    assert render_text_table(json.dumps({"head": {}, "boolean": value}).encode(), lang=lang) == text + "\n"


def test_no_row_is_a_sentence() -> None:
    """An empty answer says so."""
    assert render_text_table(_results(), lang="fr") == "Il n'y a pas de réponse.\n"


def test_data_do_not_act_on_the_terminal() -> None:
    """Escape sequences and direction marks are shown as numbers."""
    shown = render_text_table(_results({"s": {"type": "literal", "value": "\x1b[31mred\u202e\r"}}), lang="en", width=80)
    assert "\\u001b[31mred\\u202e\\u000d" in shown


@given(st.lists(st.lists(st.text(max_size=60), min_size=3, max_size=3), min_size=1, max_size=5), st.integers(30, 120))
def test_a_table_keeps_its_width(rows: list[list[str]], width: int) -> None:
    """No line is wider than asked, and nothing but white space is lost."""
    names = ("a", "b", "c")
    body = _results(
        *({name: {"type": "literal", "value": text} for name, text in zip(names, row, strict=True)} for row in rows), names=names
    )
    lines = render_text_table(body, lang="en", width=width).splitlines()
    assert max(map(len, lines)) <= width
    if all(text.isalnum() and text.isascii() for row in rows for text in row):
        kept = sorted("".join("".join(lines[2:]).split()))
        assert kept == sorted("".join("".join(row) for row in rows))
