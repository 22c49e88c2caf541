"""The tokens of a SPARQL query, as Oxigraph cuts them, so that a word inside a string, IRI or comment is not mistaken.

Oxigraph's grammar backtracks, which decides the odd cases: a long string that does not end is an empty string and the
start of another one, and `<` opens an IRI or compares. Terminals: SPARQL 1.1 Query, section 19.8.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

# A string whose escapes are not all good is no string: surrogates and what lies beyond U+10FFFF are not characters.
_ESCAPE: Final = (
    r"\\(?:[tbnrf\\\"']|u(?![dD][89a-fA-F])[0-9a-fA-F]{4}"
    r"|U(?:0000(?![dD][89a-fA-F])|000[1-9a-fA-F]|0010)[0-9a-fA-F]{4})"
)
_LOCAL: Final = r"(?:[\w:\-\u00B7]|%[0-9a-fA-F]{2}|\\[_~.\-!$&'()*+,;=/?#@%])"
_TERMINALS: Final = (
    ("comment", r"#[^\r\n]*"),
    ("string", rf"\"\"\"(?:\"{{0,2}}(?:[^\"\\]|{_ESCAPE}))*\"\"\"|'''(?:'{{0,2}}(?:[^'\\]|{_ESCAPE}))*'''"),
    ("string", rf"\"(?:[^\"\\\n\r]|{_ESCAPE})*\"|'(?:[^'\\\n\r]|{_ESCAPE})*'"),
    ("iri", r"<(?:[^<>\"{}|^`\\\x00-\x20]|\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8})*>"),
    ("variable", r"[?$]\w+"),
    ("blank", r"_:\w(?:[\w.\-\u00B7]*[\w\-\u00B7])?"),
    ("name", rf"(?:[^\W\d_](?:[\w.\-\u00B7]*[\w\-\u00B7])?)?:(?:(?![\-\u00B7]){_LOCAL}(?:{_LOCAL}|\.+(?={_LOCAL}))*)?"),
    ("language", r"@[a-zA-Z]+(?:-[a-zA-Z0-9]+)*"),
    ("number", r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?"),
    ("word", r"[^\W\d]\w*"),
    ("space", r"\s+"),
    ("sign", r"."),
)
_TOKEN: Final = re.compile("|".join(f"(?P<{kind}_{i}>{pattern})" for i, (kind, pattern) in enumerate(_TERMINALS)), re.DOTALL)
_CODEPOINT: Final = re.compile(r"\\u([0-9a-fA-F]{4})|\\U(00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4})")
# An IRI that could as well be a comparison and the end of its expression: FILTER(?a <1)SERVICE#>
_EXPRESSION: Final = re.compile(r"[()]|[-+!]{2}")


@dataclass(frozen=True, slots=True)
class Token:
    """A token and where it starts; `kind` is string, iri, variable, blank, name, language, number, word or sign."""

    kind: str
    text: str
    start: int


def tokens(text: str, *, comparing: bool = False) -> Iterator[Token]:
    """The tokens of the text but spaces and comments, for every text: what fits nothing is a sign of one character.

    With `comparing`, `<` is a sign wherever what follows could be an expression rather than an IRI.
    """
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            return  # never: `sign` fits every character
        kind, found = match.lastgroup.partition("_")[0], match.group()
        if comparing and kind == "iri" and _EXPRESSION.search(found):
            kind, found = "sign", "<"
        if kind not in ("space", "comment"):
            yield Token(kind, found, place)
        place += len(found)


def token_readings(text: str) -> Iterator[tuple[Token, ...]]:
    r"""Every way an endpoint may cut the text: codepoint escapes decoded first or left alone, `<` an IRI or a comparison.

    SPARQL 1.1, section 19.2, decodes `\u0053` before anything else; Oxigraph only inside strings and IRIs.
    """
    for view in dict.fromkeys((text, decode_escapes(text))):
        for comparing in (False, True):
            yield tuple(tokens(view, comparing=comparing))


def decode_escapes(text: str) -> str:
    """The text with its codepoint escapes replaced; those of no character are left."""
    return _CODEPOINT.sub(lambda found: _character(int(found[1] or found[2], 16), found[0]), text)


def _character(code: int, escape: str) -> str:
    return escape if 0xD800 <= code <= 0xDFFF else chr(code)
