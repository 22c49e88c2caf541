"""What a query may not ask for, decided on its tokens before any engine sees it; nothing is ever executed here.

Refused: calls to other endpoints (SERVICE), updates, local files as graphs; over a limit: length, nesting, and chains
of operators, because a few kilobytes of them end Oxigraph's process (a worker still holds that, see `graph.workers`).
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct, field

from observance.core import ForbiddenError, InvalidInputError, LimitExceededError, Settings
from oxishacl import Token, sparql_tokens

_UPDATES: Final = frozenset({"insert", "delete", "clear", "drop", "create", "copy", "move", "add"})
_OPENING: Final = frozenset("{([")
_CLOSING: Final = frozenset("})]")
_PREFIXED: Final = frozenset("!-+^")
_CHAINING: Final = frozenset("+-*/|&=<>!^")
_CHAINED: Final = frozenset({"union", "optional", "minus", "filter", "bind", "graph", "lateral", "as"})
# A chain is held to this many times the nesting (measured: chains of 5,000 pass in a worker's stack).
_CHAIN: Final = 10


def check_query(text: str, *, settings: Settings) -> None:
    """The query asks for nothing that is refused and is within the limits.

    Raises InvalidInputError for an empty text or one that is not text, LimitExceededError over a limit, ForbiddenError for what is
    never done.
    """
    if len(text) > settings.max_query_length:
        raise LimitExceededError("querying.too-long", length=len(text), limit=settings.max_query_length)
    if "\0" in text or any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        raise InvalidInputError("querying.not-text")
    for cut in token_readings(text):
        if not cut:
            raise InvalidInputError("querying.empty")
        _refuse_calls(cut)
        _refuse_updates(cut)
        _refuse_files(cut)
        _bound(cut, limit=settings.max_nesting)


def names_graphs(text: str) -> bool:
    """Whether the query chooses its own graphs with FROM."""
    return any(_is(token, "from") for token in sparql_tokens(text))


def _is(token: Token, word: str) -> bool:
    return token.kind == "word" and token.text.lower() == word


def _refuse_calls(cut: Sequence[Token]) -> None:
    """No SERVICE, also where Oxigraph needs no space after a keyword: `SERVICEex:a {`, `trueSERVICE <…>`.

    A prefix may be called `service`, so such a name is a call only where a group follows that no GRAPH or FROM explains.
    """
    for before, token, after in _neighbours(cut):
        if token.kind == "word" and "service" in token.text.lower():
            raise ForbiddenError("querying.service")
        named = token.kind == "name" and "service" in token.text.partition(":")[0].lower()
        if named and after == "{" and before not in ("graph", "from", "named"):
            raise ForbiddenError("querying.service")


def _neighbours(cut: Sequence[Token]) -> Iterator[tuple[str, Token, str]]:
    """Each token between the text before it and the text after it, in lower case."""
    texts = ["", *(token.text.lower() for token in cut), ""]
    return zip(texts, cut, texts[2:], strict=False)


def _refuse_updates(cut: Sequence[Token]) -> None:
    """No keyword of SPARQL Update; a query has none of these words outside names, variables and strings."""
    for token in cut:
        word = token.text.lower()
        if token.kind == "word" and word == "load":
            raise ForbiddenError("querying.load")
        if token.kind == "word" and word in _UPDATES:
            raise ForbiddenError("querying.update", word=word.upper())


def _refuse_files(cut: Sequence[Token]) -> None:
    """No FROM or FROM NAMED of a file: here it would be a graph's name, in other engines it opens the file."""
    prefixes = {
        name.text: iri.text for word, name, iri in zip(cut, cut[1:], cut[2:], strict=False) if _is(word, "prefix") and name.kind == "name"
    }
    for before, token, _ in _neighbours(cut):
        if before not in ("from", "named"):
            continue
        iri = token.text if token.kind == "iri" else prefixes.get(token.text.partition(":")[0] + ":", "")
        if iri[1:].lower().startswith("file:"):
            raise ForbiddenError("querying.from-file")


class _NestingDepth(Struct):
    """How deep the tokens go: open brackets, what runs on in each, and how many prefixed operators follow each other."""

    limit: int
    chains: list[int] = field(default_factory=lambda: [0])
    run: int = 0

    def take(self, token: Token) -> None:
        """Count the token; raises LimitExceededError past the limit."""
        sign, is_sign = token.text.lower(), token.kind == "sign"
        self.run = self.run + 1 if is_sign and sign in _PREFIXED else 0
        if is_sign and sign in _OPENING:
            self.chains.append(0)
        elif is_sign and sign in _CLOSING and len(self.chains) > 1:
            self.chains.pop()
        elif sign in (_CHAINING if is_sign else _CHAINED):
            self.chains[-1] += 1  # so reified triples `<< … >>` are held too
        if len(self.chains) - 1 + self.run > self.limit:
            raise LimitExceededError("querying.too-deep", limit=self.limit)
        if self.chains[-1] > self.limit * _CHAIN:
            raise LimitExceededError("querying.too-chained", limit=self.limit * _CHAIN)


def _bound(cut: Sequence[Token], *, limit: int) -> None:
    depth = _NestingDepth(limit)
    for token in cut:
        depth.take(token)


_CODEPOINT: Final = re.compile(r"\\u([0-9a-fA-F]{4})|\\U(00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4})")


def token_readings(text: str) -> Iterator[tuple[Token, ...]]:
    r"""Every way an endpoint may cut the text: codepoint escapes decoded first or left alone, `<` an IRI or a comparison.

    SPARQL 1.1, section 19.2, decodes `\u0053` before anything else; Oxigraph only inside strings and IRIs.
    """
    for view in dict.fromkeys((text, decode_escapes(text))):
        for comparing in (False, True):
            yield tuple(sparql_tokens(view, prefer_comparison=comparing))


def decode_escapes(text: str) -> str:
    """The text with its codepoint escapes replaced; those of no character are left."""
    return _CODEPOINT.sub(lambda found: _character(int(found[1] or found[2], 16), found[0]), text)


def _character(code: int, escape: str) -> str:
    return escape if 0xD800 <= code <= 0xDFFF else chr(code)
