r"""The tokens of SPARQL text (SPARQL 1.1, section 19.8), in time linear in its length.

Every text has tokens: a character that begins none is a `sign` of its own. This holds for a quotation mark whose string is not closed or
has an invalid escape too, since Oxigraph then reads the text after it as SPARQL.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from oxishacl.terms import TYPE


class Token(Struct, frozen=True):
    """A token: its kind, its text as written, and the offset of its first character.

    The kinds are `iri`, `string`, `variable`, `blank` (a blank node label), `name` (a prefixed name), `language` (a tag with its `@`),
    `number`, `word` (a keyword, function or `a`) and `sign` (any other character). White space and comments are no tokens.
    """

    kind: str
    text: str
    offset: int
    keyword: str = ""
    """The text of a `word` in capitals; empty for any other kind."""

    @property
    def end(self) -> int:
        """The offset after the last character."""
        return self.offset + len(self.text)


# Surrogates and what lies beyond U+10FFFF are no characters (section 19.2).
_ESCAPE: Final = (
    r"\\(?:[tbnrf\\\"']|u(?![dD][89a-fA-F])[0-9a-fA-F]{4}"
    r"|U(?:0000(?![dD][89a-fA-F])|000[1-9a-fA-F]|0010)[0-9a-fA-F]{4})"
)
_STRINGS: Final = {
    '"""': re.compile(rf'"""(?:[^"\\]|"(?!"")|{_ESCAPE})*+'),
    "'''": re.compile(rf"'''(?:[^'\\]|'(?!'')|{_ESCAPE})*+"),
    '"': re.compile(rf'"(?:[^"\\\n\r]|{_ESCAPE})*+'),
    "'": re.compile(rf"'(?:[^'\\\n\r]|{_ESCAPE})*+"),
}
"""The text of a string without its closing quotation mark."""

# Of PN_CHARS, what Python's \w lacks: the middle dot, ties, and marks that combine with a letter before them.
_MARKS: Final = (
    r"\u00B7\u0300-\u036F\u0483-\u1FFF\u200C\u200D\u203F\u2040\u2070-\u218F\u2C00-\u2FEF\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFFFD"
    r"\U00010000-\U000EFFFF"
)
_PREFIX_CHARACTERS: Final = re.compile(rf"[\w.\-{_MARKS}]++")
_PREFIX: Final = rf"[^\W\d_](?:[\w\-{_MARKS}]|\.++(?=[\w\-{_MARKS}]))*+"
_LOCAL: Final = rf"(?:[\w:\-{_MARKS}]|%[0-9a-fA-F]{{2}}|\\[_~.\-!$&'()*+,;=/?#@%])"
# Possessive, and no two alternatives can match the same text in two ways: the expression never backtracks.
_TOKEN: Final = re.compile(
    rf"""
    (?P<blank> _:\w(?:[\w\-{_MARKS}]|\.++(?=[\w\-{_MARKS}]))*+)
  | (?P<name> (?:{_PREFIX})?+:(?:(?![\-\u00B7\u0300-\u036F\u203F\u2040]){_LOCAL}(?:{_LOCAL}|\.++(?={_LOCAL}))*+)?+)
  | (?P<word> [^\W\d]\w*+)
  | (?P<space> \s++|\#[^\r\n]*+)
  | (?P<variable> [?$]\w[\w{_MARKS}]*+)
  | (?P<iri> <(?:[^<>"{{}}|^`\\\x00-\x20]|\\u[0-9a-fA-F]{{4}}|\\U[0-9a-fA-F]{{8}})*+>)
  | (?P<language> @[a-zA-Z]++(?:-[a-zA-Z0-9]++)*+)
  | (?P<number> (?:\d++(?:\.\d++|\.(?=[eE][+-]?\d))?+|\.\d++)(?:[eE][+-]?\d++)?+)
  | (?P<sign> .)
    """,
    re.VERBOSE | re.DOTALL,
)
_WORD: Final = re.compile(r"[^\W\d]\w*+")
# What an expression can hold between `<` and `>`: FILTER(?a <1)SERVICE#>
_EXPRESSION: Final = re.compile(r"[()]|[-+!]{2}")


def sparql_tokens(text: str, *, prefer_comparison: bool = False) -> Iterator[Token]:
    """The tokens of any text, in order.

    With `prefer_comparison`, a `<` is a sign wherever what follows could be an expression rather than an IRI: parsers differ in `?a <1)…>`.
    """
    offset = name_from = 0
    unclosed_until = dict.fromkeys(_STRINGS, 0)
    while offset < len(text):
        if text[offset] in "\"'":
            end = _string_end(text, offset, unclosed_until=unclosed_until)
            kind = "string" if end > offset + 1 else "sign"
        elif offset < name_from and (word := _WORD.match(text, offset)):
            kind, end = "word", word.end()
        else:
            match = _TOKEN.match(text, offset)
            assert match is not None  # `sign` matches any character
            kind, end = str(match.lastgroup), match.end()
            if kind == "word" and text[offset] != "_" and (run := _PREFIX_CHARACTERS.match(text, offset)):
                # No colon follows these characters, so that no part of them is a prefix: they are not scanned for one again.
                name_from = run.end()
            elif kind == "iri" and prefer_comparison and _EXPRESSION.search(text, offset, end):
                kind, end = "sign", offset + 1
        if kind != "space":
            token = text[offset:end]
            yield Token(kind, token, offset, token.upper() if kind == "word" else "")
        offset = end


def _string_end(text: str, offset: int, *, unclosed_until: dict[str, int]) -> int:
    """The end of the string that begins at the offset; the end of its quotation mark when that begins none.

    `unclosed_until` notes, for each quotation mark, the end of the text of an unclosed string: a string that begins in it is unclosed too.
    """
    for quote, body in _STRINGS.items():
        if text.startswith(quote, offset) and offset >= unclosed_until[quote] and (match := body.match(text, offset)):
            if text.startswith(quote, match.end()):
                return match.end() + len(quote)
            unclosed_until[quote] = match.end()
    return offset + 1


def token_iri(token: Token, *, prefixes: Mapping[str, str]) -> ox.NamedNode | None:
    """The IRI that the token stands for; None for one that stands for none, is relative or has escapes, or whose prefix is unknown."""
    if token.kind == "word" and token.text == "a":
        return TYPE
    if "\\" in token.text or ":" not in token.text:
        return None
    if token.kind == "iri":
        return ox.NamedNode(token.text[1:-1])
    prefix, _, local = token.text.partition(":")
    return ox.NamedNode(prefixes[prefix] + local) if token.kind == "name" and prefix in prefixes else None
