"""Which value of a JSON-LD text a quad comes from, as a JSON pointer (RFC 6901).

JSON-LD is expanded by Oxigraph, not here: the text is cut off after some of its values, and the value with which a quad first
appears is where it comes from. Bisection finds it with few cuts.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import pyoxigraph as ox
from msgspec import Struct, field

from oxishacl.parsing.jsonld_contexts import ResolvedContexts
from oxishacl.positions.spans import StatementSpan

_TOKEN: Final = re.compile(rb'(?P<string>"(?:[^"\\]|\\.)*+")|(?P<sign>[{}\[\]])|(?P<scalar>[-+.\w]++)', re.DOTALL)
# What is cut is read again, this many bytes in all at most.
_MOST_READ: Final = 100_000_000
_ALWAYS: Final = frozenset({b"@context", b"@id", b"@index", b"@language", b"@direction", b"@base", b"@vocab", b"@version"})
_TYPE, _GRAPH, _VALUE = b"@type", b"@graph", b"@value"


class _Node(Struct):
    """A JSON value: where it stands, its pointer, its members by key (of an object) or in order (of an array)."""

    start: int
    pointer: str
    end: int = 0
    sign: bytes = b""
    members: list[tuple[bytes, "_Node"]] = field(default_factory=list)
    order: int = -1
    """When it appears as the text grows; -1: with what holds it."""
    whole: bool = False
    """Whether it is never cut."""


class JsonLdPositions:
    """A JSON-LD text that Oxigraph has read, and what is left of it when it is cut."""

    def __init__(self, resolved: ResolvedContexts) -> None:
        self._resolved = resolved
        content = self._content = resolved.content
        self._root = _read(content)
        self._aliases = dict(_aliases(self._root, content=content))
        self._ordered: list[_Node] = []
        self._number(self._root)
        self._seen: dict[int, Mapping[tuple[str, ...], int]] = {}
        self._read = 0

    def find(self, quads: Sequence[ox.Quad], place: int) -> StatementSpan | None:
        """The statement for one of the quads (all that the text gives, in order); None when looking for it would take too long."""
        node = self._first(*_occurrence(quads, place))
        if node is None:
            return None
        start = self._resolved.offset(node.start)
        end = start + 1 if node.sign else self._resolved.offset(node.end - 1) + 1
        return StatementSpan((start, end), (start, end), node.pointer, node.pointer)

    def _first(self, sign: tuple[str, ...], times: int) -> _Node | None:
        """The value with which a quad like this one is there for the nth time."""
        low, high = 0, len(self._ordered)
        while low < high:
            middle = (low + high) // 2
            counts = self._counts(middle + 1)
            if counts is None:
                return None
            if counts.get(sign, 0) >= times:
                high = middle
            else:
                low = middle + 1
        return self._ordered[low] if low < len(self._ordered) else None

    def _counts(self, until: int) -> Mapping[tuple[str, ...], int] | None:
        if until not in self._seen:
            text = b"".join(self._cut(self._root, until=until))
            self._read += len(text)
            if self._read > _MOST_READ:
                return None
            counts: dict[tuple[str, ...], int] = {}
            for quad in ox.parse(text, format=ox.RdfFormat.JSON_LD):
                sign = _sign(quad)
                counts[sign] = counts.get(sign, 0) + 1
            self._seen[until] = counts
        return self._seen[until]

    def _number(self, node: _Node, *, key: bytes = b"") -> None:
        """Give each value that may make a quad its turn: types first and graphs last in an object, as Oxigraph takes them."""
        if key in _ALWAYS:
            node.whole = True
            return
        if node.sign != b"[" or not node.members:
            node.order = len(self._ordered)
            self._ordered.append(node)
        keys = {self._keyword(name) for name, _ in node.members} if node.sign == b"{" else set()
        node.whole = not node.members or _VALUE in keys or (bool(keys) and keys <= _ALWAYS)
        if node.whole:
            return
        ranked = [(self._keyword(name), member) for name, member in node.members]
        for name, member in sorted(ranked, key=lambda each: (each[0] != _TYPE, each[0] == _GRAPH)):
            self._number(member, key=name)

    def _keyword(self, key: bytes) -> bytes:
        return self._aliases.get(key, key)

    def _cut(self, node: _Node, *, until: int) -> Iterator[bytes]:
        """The value without what comes later than the first values, empty arrays in its place."""
        if node.whole:
            yield self._content[node.start : node.end]
            return
        yield node.sign
        first = True
        for key, member in node.members:
            if member.order >= until:
                continue
            yield b"" if first else b","
            first = False
            if node.sign == b"{":
                yield b'"' + key + b'":'
            yield from self._cut(member, until=until)
        yield b"}" if node.sign == b"{" else b"]"


def _occurrence(quads: Sequence[ox.Quad], place: int) -> tuple[tuple[str, ...], int]:
    sign = _sign(quads[place])
    return sign, sum(_sign(quad) == sign for quad in quads[: place + 1])


def _sign(quad: ox.Quad) -> tuple[str, ...]:
    """The quad with all blank nodes alike."""
    return tuple("_" if isinstance(term, ox.BlankNode) else str(term) for term in quad)


def _read(content: bytes) -> _Node:
    """The tree of the text."""
    root = _Node(0, "")
    stack, key = [root], None
    for token in _TOKEN.finditer(content):
        around, text = stack[-1], token[0]
        if text in (b"}", b"]"):
            around.end = token.end()
            stack.pop()
        elif around.sign == b"{" and key is None:
            key = text[1:-1]
        else:
            name = key if key is not None else str(len(around.members)).encode()
            node = _Node(token.start(), around.pointer + "/" + _escaped(name) if around is not root else "", token.end())
            around.members.append((name, node))
            key = None
            if text in (b"{", b"["):
                node.sign = text
                stack.append(node)
    return root.members[0][1]


def _escaped(key: bytes) -> str:
    return _decoded(key).replace("~", "~0").replace("/", "~1")


def _decoded(key: bytes) -> str:
    """The text of a JSON string without its quotation marks."""
    return str(json.loads(b'"' + key + b'"')) if b"\\" in key else key.decode("utf-8", errors="replace")


def _aliases(root: _Node, *, content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The terms that some context makes stand for a keyword: `"type": "@type"` or `"type": {"@id": "@type"}`."""
    todo = [(b"", root, False)]
    while todo:
        key, node, in_context = todo.pop()
        for name, member in node.members:
            todo.append((name, member, in_context or name == b"@context"))
            text = content[member.start : member.end]
            if in_context and text.startswith(b'"@'):
                term = key if name == b"@id" else name
                if not term.startswith(b"@"):
                    yield term, text[1:-1]
