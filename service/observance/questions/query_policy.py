"""The query policy: what a query may not contain, decided on its tokens before an engine parses it.

Refused are calls to other endpoints (SERVICE), updates and local files as graphs, and beyond a limit length, nesting and chains
of operators: a few kilobytes of them crash Oxigraph's process. The worker process remains the last line of defence.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

import pyoxigraph as ox
from msgspec import Struct, field

from observance.core import ForbiddenError, InvalidInputError, LimitExceededError, Settings, UsageError
from observance.questions.query_joins import joined
from oxishacl import Token, sparql_tokens

_UPDATE_KEYWORDS: Final = frozenset({"INSERT", "DELETE", "CLEAR", "DROP", "CREATE", "COPY", "MOVE", "ADD"})
_OPENING_BRACKETS: Final = frozenset("{([")
_CLOSING_BRACKETS: Final = frozenset("})]")
_PREFIX_OPERATORS: Final = frozenset("!-+^")
_INFIX_OPERATORS: Final = frozenset("+-*/|&=<>!^")
_CHAINING_KEYWORDS: Final = frozenset({"UNION", "OPTIONAL", "MINUS", "FILTER", "BIND", "GRAPH", "LATERAL", "AS"})
# The longest chain is this many times the deepest nesting (measured: chains of 5,000 fit in a worker's stack).
_CHAIN_FACTOR: Final = 10
_MOST_REMEMBERED: Final = 256
"""The number of accepted queries that are remembered."""
_NO_TEXT: Final = re.compile("[\0\ud800-\udfff]")


def check_query(text: str, *, settings: Settings) -> None:
    """Check the query against the policy.

    Raises InvalidInputError for an empty query or one with characters that are no text, LimitExceededError over a limit,
    ForbiddenError for SERVICE, an update or a local file.
    """
    if len(text) > settings.max_query_length:
        raise LimitExceededError("querying.too-long", length=len(text), limit=settings.max_query_length)
    if _NO_TEXT.search(text):
        raise InvalidInputError("querying.not-text")
    _check_tokens(text, max_nesting=settings.max_nesting, max_joins=settings.max_joins)


@lru_cache(_MOST_REMEMBERED)
def _check_tokens(text: str, *, max_nesting: int, max_joins: int) -> None:
    """Check the tokens of the query; what was accepted lately is not checked again."""
    for number, tokens in enumerate(tokenisations(text)):
        if not tokens:
            raise InvalidInputError("querying.empty")
        _refuse_service(tokens)
        _refuse_updates(tokens)
        _refuse_files(tokens)
        _check_depth(tokens, limit=max_nesting)
        # The first is the reading of all engines, where `<` is not in doubt; in another the signs in an IRI would be counted.
        if number == 0 and joined(tokens) > max_joins:
            raise LimitExceededError("querying.too-joined", limit=max_joins)


def check_graph_name(iri: str) -> None:
    """Raise UsageError for a text that is no absolute IRI, ForbiddenError for a local file, with which other engines open the file."""
    try:
        _ = ox.NamedNode(iri)
    except ValueError:
        raise UsageError("querying.bad-graph", value=ascii(iri)[1:-1]) from None
    if iri.lower().startswith("file:"):
        raise ForbiddenError("querying.from-file")


def _is_keyword(token: Token, keyword: str) -> bool:
    return token.kind == "word" and token.text.lower() == keyword


def _refuse_service(tokens: Sequence[Token]) -> None:
    """Raise ForbiddenError for SERVICE, also without a space around the keyword: `SERVICEex:a {`, `trueSERVICE <…>`.

    A prefix may be `service`: a prefixed name with it is a call only before a group and not after GRAPH, FROM or NAMED.
    """
    if not any("service" in token.text.lower() for token in tokens):
        return
    for before, token, after in _neighbours(tokens):
        if token.kind == "word" and "service" in token.text.lower():
            raise ForbiddenError("querying.service")
        is_service_name = token.kind == "name" and "service" in token.text.partition(":")[0].lower()
        if is_service_name and after == "{" and before not in ("graph", "from", "named"):
            raise ForbiddenError("querying.service")


def _neighbours(tokens: Sequence[Token]) -> Iterator[tuple[str, Token, str]]:
    """Each token with the texts of the tokens before and after it, in lower case."""
    texts = ["", *(token.text.lower() for token in tokens), ""]
    return zip(texts, tokens, texts[2:], strict=False)


def _refuse_updates(tokens: Sequence[Token]) -> None:
    """Raise ForbiddenError for a keyword of SPARQL Update; in a query these words occur only in names, variables and strings."""
    for token in tokens:
        if token.keyword == "LOAD":
            raise ForbiddenError("querying.load")
        if token.keyword in _UPDATE_KEYWORDS:
            raise ForbiddenError("querying.update", word=token.keyword)


def _refuse_files(tokens: Sequence[Token]) -> None:
    """Raise ForbiddenError for FROM or FROM NAMED with a `file:` IRI, with which other engines open the file."""
    if not any("file:" in token.text.lower() for token in tokens):
        return
    prefixes = {
        name.text: iri.text
        for word, name, iri in zip(tokens, tokens[1:], tokens[2:], strict=False)
        if _is_keyword(word, "prefix") and name.kind == "name"
    }
    for before, token, _ in _neighbours(tokens):
        if before not in ("from", "named"):
            continue
        iri = token.text if token.kind == "iri" else prefixes.get(token.text.partition(":")[0] + ":", "")
        if iri[1:].lower().startswith("file:"):
            raise ForbiddenError("querying.from-file")


class _NestingDepth(Struct):
    """The nesting of the tokens read: the length of the operator chain in each open bracket, and the run of prefix operators."""

    limit: int
    chains: list[int] = field(default_factory=lambda: [0])
    run: int = 0

    def take(self, token: Token) -> None:
        """Count the token; raises LimitExceededError beyond the limit."""
        sign, is_sign = token.text, token.kind == "sign"
        self.run = self.run + 1 if is_sign and sign in _PREFIX_OPERATORS else 0
        if is_sign and sign in _OPENING_BRACKETS:
            self.chains.append(0)
        elif is_sign and sign in _CLOSING_BRACKETS and len(self.chains) > 1:
            self.chains.pop()
        elif token.keyword in _CHAINING_KEYWORDS or (is_sign and sign in _INFIX_OPERATORS):
            self.chains[-1] += 1  # `<` and `>` count, which also bounds reified triples `<< … >>`
        if len(self.chains) - 1 + self.run > self.limit:
            raise LimitExceededError("querying.too-deep", limit=self.limit)
        if self.chains[-1] > self.limit * _CHAIN_FACTOR:
            raise LimitExceededError("querying.too-chained", limit=self.limit * _CHAIN_FACTOR)


def _check_depth(tokens: Sequence[Token], *, limit: int) -> None:
    depth = _NestingDepth(limit)
    for token in tokens:
        if token.kind == "sign" or token.keyword in _CHAINING_KEYWORDS:
            depth.take(token)
        else:
            depth.run = 0


# Without these characters, no IRI can be read as a comparison.
_MAYBE_COMPARISON: Final = re.compile("[()!+]|--")
_CODEPOINT: Final = re.compile(r"\\u([0-9a-fA-F]{4})|\\U(00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4})")


def tokenisations(text: str) -> Iterator[tuple[Token, ...]]:
    r"""Every way in which an engine may tokenise the text: escapes decoded first or not, `<` as an IRI or a comparison.

    SPARQL 1.1, section 19.2, decodes `\u0053` before anything else; Oxigraph only inside strings and IRIs.
    """
    for variant in dict.fromkeys((text, decode_escapes(text))):
        tokens = tuple(sparql_tokens(variant))
        yield tokens
        if any(token.kind == "iri" and _MAYBE_COMPARISON.search(token.text) for token in tokens):
            yield tuple(sparql_tokens(variant, prefer_comparison=True))


def decode_escapes(text: str) -> str:
    """The text with its codepoint escapes decoded, except those of surrogates."""
    return _CODEPOINT.sub(lambda match: _character(int(match[1] or match[2], 16), match[0]), text)


def _character(code: int, escape: str) -> str:
    return escape if 0xD800 <= code <= 0xDFFF else chr(code)
