"""Reading the tokens of a query, and the terms that they stand for (SPARQL 1.1, section 4.1)."""

import re
from collections.abc import Mapping
from typing import Final, NoReturn
from urllib.parse import urljoin

import pyoxigraph as ox

from oxishacl.errors import InvalidInputError, Phrase
from oxishacl.sparql.syntax import Variable
from oxishacl.sparql.tokenizer import Token, sparql_tokens
from oxishacl.terms import XSD

MAX_DEPTH: Final = 100
"""The deepest nesting of brackets: the parsers, this one and Oxigraph's, are recursive."""

_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_ESCAPED: Final = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
_EXCERPT: Final = 30
_MAX_DIGITS: Final = 18
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


class QuerySyntaxError(InvalidInputError):
    """A text is no SPARQL 1.1 query; `line` and `column` of the values are its place in the text, counted from 1."""


class _Reader:
    """The tokens of a text; `next` is the first that is not read yet, at the end one of the kind `end`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._end = Token("end", "", len(text))
        self._tokens = [*sparql_tokens(text), self._end]
        self._index = 0
        self._depth = 0
        self.next = self._tokens[0]

    @property
    def tokens(self) -> tuple[Token, ...]:
        """All tokens, without the end."""
        return tuple(self._tokens[:-1])

    def after(self, ahead: int = 1) -> Token:
        """A token after the next one."""
        index = self._index + ahead
        return self._tokens[index] if index < len(self._tokens) else self._end

    def take(self) -> Token:
        """The next token, which is then read."""
        token = self.next
        self._move(1)
        return token

    def _move(self, count: int) -> None:
        self._index = min(self._index + count, len(self._tokens) - 1)
        self.next = self._tokens[self._index]

    def sign(self, signs: str) -> bool:
        """Whether these signs come next, without a space between them."""
        token = self.next
        if token.kind != "sign" or token.text != signs[0]:
            return False
        following = zip(signs[1:], map(self.after, range(1, len(signs))), strict=True)
        return len(signs) == 1 or all(
            other.kind == "sign" and other.text == sign and other.offset == token.offset + number
            for number, (sign, other) in enumerate(following, start=1)
        )

    def accept(self, signs: str) -> bool:
        """Read the signs if they come next; whether they did."""
        if not self.sign(signs):
            return False
        self._move(len(signs))
        return True

    def expect(self, signs: str) -> int:
        """Read the signs, and give the offset after them; raises QuerySyntaxError when they do not come next."""
        if not self.accept(signs):
            self.unexpected(f"« {signs} »")
        return self._tokens[self._index - 1].end

    def word(self, *words: str) -> bool:
        """Whether one of the keywords comes next."""
        return self.next.keyword in words

    def accept_word(self, word: str) -> bool:
        """Read the keyword if it comes next; whether it did."""
        if self.next.keyword != word:
            return False
        self._move(1)
        return True

    def expect_word(self, word: str) -> None:
        """Read the keyword; raises QuerySyntaxError when it does not come next."""
        if not self.accept_word(word):
            self.unexpected(word)

    def split_iri(self) -> None:
        """Read the `<` of what was taken for an IRI as a sign: an operator can stand here, an IRI cannot (`?a<?b&&?c>?d`)."""
        token = self.next
        if token.kind == "iri":
            start, inner = token.offset + 1, token.text[1:]
            # A comment may begin in it; without one, the tokens after it stay as they are.
            rest = [self._end] if "#" in inner else self._tokens[self._index + 1 :]
            written = self.text[start:] if "#" in inner else inner
            within = [Token(other.kind, other.text, other.offset + start, other.keyword) for other in sparql_tokens(written)]
            self.next = Token("sign", "<", token.offset)
            self._tokens[self._index :] = [self.next, *within, *rest]

    def enter(self) -> None:
        """Go one bracket deeper; raises QuerySyntaxError beyond MAX_DEPTH."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self.error("query-depth", self.next.offset, depth=MAX_DEPTH)

    def leave(self) -> None:
        """Come out of a bracket."""
        self._depth -= 1

    def error(self, code: str, offset: int, /, **values: object) -> NoReturn:
        """Raise QuerySyntaxError for what stands at the offset."""
        before = self.text[:offset]
        raise QuerySyntaxError(code, line=before.count("\n") + 1, column=offset - before.rfind("\n"), **values)

    def unexpected(self, expected: str | Phrase) -> NoReturn:
        """Raise QuerySyntaxError for the next token, where something else is expected."""
        token = self.next
        if token.kind == "end":
            self.error("query-ends", token.offset, expected=expected)
        if token.text == "\\":
            self.error("query-escape", token.offset)
        if token.text in {'"', "'"}:
            self.error("query-string", token.offset)
        found = token.text if len(token.text) <= _EXCERPT else token.text[: _EXCERPT - 1] + "…"
        self.error("query-unexpected", token.offset, found=found, expected=expected)


class TermReader(_Reader):
    """Reads IRIs, literals and variables."""

    def __init__(self, text: str, prefixes: Mapping[str, str]) -> None:
        super().__init__(text)
        self.prefixes = dict(prefixes)
        self.base = ""
        self._blank_nodes = 0
        self._block = 0
        self._labels: dict[str, int] = {}

    def new_blank_node(self) -> Variable:
        """The variable of a blank node without a label."""
        self._blank_nodes += 1
        return Variable(f"_:{self._blank_nodes}")

    def end_block(self) -> None:
        """End a basic graph pattern: a label of a blank node is of one such pattern only."""
        self._block += 1

    def labelled_blank_node(self) -> Variable:
        """The variable of a blank node with a label; raises QuerySyntaxError for a label of another basic graph pattern."""
        token = self.take()
        if self._labels.setdefault(token.text, self._block) != self._block:
            self.error("query-blank-label", token.offset, label=token.text)
        return Variable("_:" + token.text)

    def variable(self) -> Variable:
        """A variable."""
        if self.next.kind != "variable":
            self.unexpected(Phrase("expected-variable"))
        return Variable(self.take().text[1:])

    def iri(self) -> ox.NamedNode:
        """An IRI or prefixed name, made absolute."""
        token = self.next
        if token.kind not in {"iri", "name"}:
            self.unexpected(Phrase("expected-iri"))
        self.take()
        if token.kind == "iri":
            return self._named_node(_resolved(self._unescaped(token.text[1:-1], token), base=self.base), token)
        prefix, _, local = token.text.partition(":")
        if prefix not in self.prefixes:
            self.error("query-prefix", token.offset, prefix=prefix)
        return self._named_node(self.prefixes[prefix] + local.replace("\\", ""), token)

    def _named_node(self, iri: str, token: Token) -> ox.NamedNode:
        try:
            return ox.NamedNode(iri)
        except ValueError:
            self.error("query-iri", token.offset, iri=token.text)

    def is_iri(self) -> bool:
        """Whether an IRI or a prefixed name comes next."""
        return self.next.kind in {"iri", "name"}

    def var_or_iri(self) -> ox.NamedNode | Variable:
        """[107] VarOrIri."""
        return self.variable() if self.next.kind == "variable" else self.iri()

    def is_literal(self) -> bool:
        """Whether a literal comes next."""
        token = self.next
        is_signed = token.text in {"+", "-"} and self.after().kind == "number" and self.after().offset == token.end
        return token.kind in {"string", "number"} or token.keyword in {"TRUE", "FALSE"} or is_signed

    def literal(self) -> ox.Literal:
        """A string, number or boolean; `is_literal` has said that one comes next."""
        token = self.take()
        if token.kind == "string":
            return self._string_literal(token)
        if token.kind == "word":
            return ox.Literal(token.text.lower(), datatype=ox.NamedNode(XSD + "boolean"))
        text = token.text + (self.take().text if token.kind == "sign" else "")
        kind = "double" if "e" in text.lower() else "decimal" if "." in text else "integer"
        return ox.Literal(text, datatype=ox.NamedNode(XSD + kind))

    def _string_literal(self, token: Token) -> ox.Literal:
        value = self._string_value(token)
        if self.next.kind == "language":
            tag = self.take()
            try:
                return ox.Literal(value, language=tag.text[1:])
            except ValueError:
                self.error("query-language", tag.offset, tag=tag.text)
        return ox.Literal(value, datatype=self.iri()) if self.accept("^^") else ox.Literal(value)

    def _string_value(self, token: Token) -> str:
        quotes = 3 if token.text[:3] in {'"""', "'''"} else 1
        return self._unescaped(token.text[quotes:-quotes], token)

    def _unescaped(self, text: str, token: Token) -> str:
        if "\\" not in text:
            return text
        try:
            return _ESCAPE.sub(lambda m: _ESCAPED.get(m[3], m[3]) if m[3] else chr(int(m[1] or m[2], 16)), text)
        except (ValueError, OverflowError):
            self.error("query-string", token.offset)

    def string(self) -> str:
        """The value of a string without language or datatype."""
        if self.next.kind != "string":
            self.unexpected(Phrase("expected-string"))
        return self._string_value(self.take())

    def integer(self) -> int:
        """A whole number without a sign."""
        if self.next.kind != "number" or not self.next.text.isdecimal() or len(self.next.text) > _MAX_DIGITS:
            self.unexpected(Phrase("expected-integer"))
        return int(self.take().text)


def _resolved(iri: str, *, base: str) -> str:
    """The IRI made absolute by the base, as RFC 3986 does, section 5.2; `urljoin` keeps and drops fragments otherwise."""
    if not base or _SCHEME.match(iri):
        return iri
    without_fragment = base.partition("#")[0]
    if not iri or iri.startswith("#"):
        return without_fragment + iri
    reference, sign, fragment = iri.partition("#")
    return urljoin(without_fragment, reference) + sign + fragment
