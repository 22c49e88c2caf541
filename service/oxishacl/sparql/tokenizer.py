"""The tokens of a SPARQL query (SPARQL 1.1, section 19.8): enough to see variables, keywords and groups where they really stand."""

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

_LOCAL: Final = r"(?:[\w.:-]|%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?\#@%])*"
_TOKEN: Final = re.compile(
    rf"""
    (?P<space>\s+|\#[^\n\r]*)
  | (?P<iri><[^<>"{{}}|^`\\\x00-\x20]*>)
  | (?P<string>'''(?:(?:'|'')?(?:[^'\\]|\\.))*'''|\"\"\"(?:(?:"|"")?(?:[^"\\]|\\.))*\"\"\"|'(?:[^'\\\n\r]|\\.)*'|"(?:[^"\\\n\r]|\\.)*")
  | (?P<variable>[?$]\w+)
  | (?P<tag>@[a-zA-Z]+(?:-[a-zA-Z0-9]+)*)
  | (?P<name>(?:[^\W\d_](?:[\w.-]*[\w-])?|_)?:{_LOCAL})
  | (?P<word>[A-Za-z_]\w*)
  | (?P<sign>[^\w\s])
  | (?P<number>\d+)
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(Struct, frozen=True):
    """One token: its kind, its text and where it starts; a keyword's text is in capitals."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Where the next token may start."""
        return self.start + len(self.text)


def tokens(text: str) -> Iterator[Token]:
    """The tokens of the text without white space and comments; raises ValueError for what begins none."""
    place = 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        # A codepoint escape outside of strings and IRIs could hide a keyword.
        if found is None or found[0] == "\\":
            raise ValueError(text[place : place + 20])
        kind, token = str(found.lastgroup), found[0]
        if kind == "name":
            token = token.rstrip(".")
        if kind != "space":
            yield Token(kind, token.upper() if kind == "word" else token, place)
        place += len(token)
