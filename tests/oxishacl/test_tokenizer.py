"""The SPARQL tokeniser: the kinds of tokens and offsets in any text. (`tests/bench/growth.py` times hostile texts.)"""

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oxishacl import sparql_tokens
from oxishacl.sparql.tokenizer import token_iri
from oxishacl.terms import TYPE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select ?a $b", ["word select", "variable ?a", "variable $b"]),
        ("<http://a/#b> # <c>\r<d>", ["iri <http://a/#b>", "iri <d>"]),
        ("?a<?b && ?b>1", ["variable ?a", "sign <", "variable ?b", "sign &", "sign &", "variable ?b", "sign >", "number 1"]),
        ("ex:a.b. ex:%41\\-x :c a: :", ["name ex:a.b", "sign .", "name ex:%41\\-x", "name :c", "name a:", "name :"]),
        ("a.b-c:d a.b-c", ["name a.b-c:d", "word a", "sign .", "word b", "sign -", "word c"]),
        ("_a-b-c:d", ["word _a", "sign -", "name b-c:d"]),
        ("_:b.c. _:", ["blank _:b.c", "sign .", "word _", "name :"]),
        ('"a\\"b" \'c\' """d"e""" \'\'\'f\'\'\'', ['string "a\\"b"', "string 'c'", 'string """d"e"""', "string '''f'''"]),
        ('"chat"@fr-BE "1"^^ex:n', ['string "chat"', "language @fr-BE", 'string "1"', "sign ^", "sign ^", "name ex:n"]),
        ("1 1.5 .5 1e5 1.5E-3 1.", ["number 1", "number 1.5", "number .5", "number 1e5", "number 1.5E-3", "number 1", "sign ."]),
        # What is no string: an open one, one over a line end, and one with an invalid escape; the text after it is read.
        ('"a ?b', ['sign "', "word a", "variable ?b"]),
        ("'a\n'b'", ["sign '", "word a", "string 'b'"]),
        ('"""a" ?b', ['string ""', 'string "a"', "variable ?b"]),
        ('"\\q"', ['sign "', "sign \\", "word q", 'sign "']),
        ('"\\u00e9" "\\uD800"', ['string "\\u00e9"', 'sign "', "sign \\", "word uD800", 'sign "']),
        ("\\u0053ERVICE", ["sign \\", "word u0053ERVICE"]),
    ],
)  # fmt: skip
def test_tokens(text: str, expected: list[str]):
    """The text has these tokens, each with its kind."""
    assert [f"{token.kind} {token.text}" for token in sparql_tokens(text)] == expected


def test_keyword():
    """A word has its keyword in capitals; no other token has one."""
    assert [token.keyword for token in sparql_tokens("Select ?select select:select 'select'")] == ["SELECT", "", "", ""]


def test_comparison_rather_than_iri():
    """Where parsers differ, `<` can be read as a sign; an IRI that no expression can resemble stays one."""
    text = "FILTER(?a<1)SERVICE#>\n<http://a>"

    assert "iri <1)SERVICE#>" in [f"{token.kind} {token.text}" for token in sparql_tokens(text)]
    assert [token.text for token in sparql_tokens(text, prefer_comparison=True)][3:] == ["<", "1", ")", "SERVICE", "<http://a>"]


@pytest.mark.parametrize(
    ("text", "iri"),
    [
        ("a", TYPE),
        ("<https://example.org/b>", ox.NamedNode("https://example.org/b")),
        ("ex:b", ox.NamedNode("https://example.org/b")),
        ("A", None), ("<b>", None), ("no:b", None), ("ex:\\-b", None), ("<a:\\u0062>", None), ("_:b", None), ("?a", None), ("'a:b'", None),
    ],
)  # fmt: skip
def test_iri_of_a_token(text: str, iri: ox.NamedNode | None):
    """The IRI that a token stands for; none for another kind, a relative IRI, an escape or an unknown prefix."""
    (token,) = sparql_tokens(text)

    assert token_iri(token, prefixes={"ex": "https://example.org/"}) == iri


FRAGMENTS = st.sampled_from(
    [
        "SELECT",
        "ex:a",
        "a.b",
        ".",
        "-",
        "_:b",
        "<",
        ">",
        "<http://a>",
        "#",
        "\n",
        '"',
        "'",
        '"""',
        "'''",
        "\\",
        '\\"',
        "\\q",
        "1",
        "e5",
        "@en",
    ]
)


@given(st.lists(FRAGMENTS, max_size=14).map("".join) | st.text(max_size=100))
def test_any_text_has_tokens(text: str):
    """Tokens lie in the text at their offsets, in order; only white space and comments lie between them."""
    for prefer_comparison in (False, True):
        end = 0
        for token in sparql_tokens(text, prefer_comparison=prefer_comparison):
            assert text.startswith(token.text, token.offset)
            assert not text[end : token.offset].strip() or text[end : token.offset].strip().startswith("#")
            end = token.end
        assert not text[end:].strip() or text[end:].strip().startswith("#")
