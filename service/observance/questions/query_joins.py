"""How much a query joins: an engine takes more than the cube of that to order the joins, before any deadline of its own."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct, field

from oxishacl import Token

_TERMS: Final = frozenset({"iri", "string", "variable", "blank", "name", "number"})
_SEPARATORS: Final = frozenset(".;/")
# What stands before a group whose content is not joined with what is around it.
_BARRIERS: Final = frozenset({"OPTIONAL", "UNION", "EXISTS", "MINUS"})
_NO_TOKEN: Final = Token(kind="", text="", offset=0)


class _Bracket(Struct):
    """An open bracket; what is joined in it is joined with what is around it, unless it `is_apart`."""

    text: str
    is_apart: bool = False
    joined: int = 0


class _Count(Struct):
    """What is joined in each open group, and the most that was joined in any."""

    open: list[_Bracket] = field(default_factory=lambda: [_Bracket("{", is_apart=True)])
    most: int = 0
    is_data: bool = False
    """Whether the next group holds data (VALUES)."""

    def add(self, number: int) -> None:
        """Count so many in the innermost group."""
        group = next(bracket for bracket in reversed(self.open) if bracket.text in "{V")
        group.joined += 0 if group.text == "V" else number
        self.most = max(self.most, group.joined)

    def take(self, before: Token, token: Token, after: Token) -> None:
        """Count a token."""
        if token.kind == "sign":
            self._take_sign(before, token.text, after)
        elif token.keyword == "VALUES":
            self.is_data = True
        elif token.kind in _TERMS and before.kind in _TERMS and self.open[-1].text == "(" and not self.is_data:
            self.add(1)  # a member of a collection

    def _take_sign(self, before: Token, sign: str, after: Token) -> None:
        if sign == "{":
            self.open.append(self._group(before, after))
        elif sign in "([":
            self.add(sign == "[")
            self.open.append(_Bracket(sign))
        elif sign == "}":
            self._close_group(after)
        elif sign in ")]":
            self._close()
        elif sign in _SEPARATORS or (sign == "," and self.open[-1].text != "("):
            self.add(1)

    def _group(self, before: Token, after: Token) -> _Bracket:
        text, self.is_data = "V" if self.is_data else "{", False
        return _Bracket(text, is_apart=before.keyword in _BARRIERS or after.keyword == "SELECT")

    def _close(self) -> None:
        if self.open[-1].text not in "{V":
            self.open.pop()

    def _close_group(self, after: Token) -> None:
        while self.open[-1].text not in "{V":
            self.open.pop()
        if len(self.open) > 1:
            closed = self.open.pop()
            # The groups of the query itself are its template and its pattern.
            is_apart = closed.is_apart or len(self.open) == 1 or after.keyword == "UNION"
            self.add(1 if is_apart else 1 + closed.joined)


def joined(tokens: Sequence[Token]) -> int:
    """The most triple patterns, steps of paths, members of collections and groups that the query joins with one another, or a few more."""
    count = _Count()
    for before, token, after in zip((_NO_TOKEN, *tokens), tokens, (*tokens[1:], _NO_TOKEN), strict=False):
        count.take(before, token, after)
    return count.most
