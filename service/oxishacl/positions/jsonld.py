"""The JSON value that a quad of a JSON-LD document comes from, with its JSON pointer (RFC 6901).

Oxigraph expands JSON-LD; here it parses the text without its last values. The value whose addition first gives a quad is where the quad
comes from, and bisection finds it in few parses.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import pyoxigraph as ox
from msgspec import Struct, field

from oxishacl.parsing.jsonld_contexts import ResolvedContexts
from oxishacl.parsing.source import StatementSpan

_TOKEN: Final = re.compile(rb'(?P<string>"(?:[^"\\]|\\.)*+")|(?P<bracket>[{}\[\]])|(?P<scalar>[-+.\w]++)', re.DOTALL)
# The bytes that all parses of one document may read.
_MAX_PARSED: Final = 100_000_000
_NO_QUADS: Final = frozenset({b"@context", b"@id", b"@index", b"@language", b"@direction", b"@base", b"@vocab", b"@version"})
_TYPE, _GRAPH, _VALUE = b"@type", b"@graph", b"@value"


class _Node(Struct):
    """A JSON value: its span in bytes, its pointer, and its members with their keys (in an array, their indexes)."""

    start: int
    pointer: str
    end: int = 0
    bracket: bytes = b""
    """`{` of an object, `[` of an array, empty for a scalar."""
    members: list[tuple[bytes, "_Node"]] = field(default_factory=list)
    order: int = -1
    """Its position in the order in which values are added to the text; -1: it is added with its parent."""
    is_atomic: bool = False
    """Whether it is added with all its members at once."""


class JsonLdPositions:
    """A JSON-LD text that Oxigraph has parsed, and the truncated texts that bisection needs."""

    def __init__(self, resolved: ResolvedContexts) -> None:
        self._resolved = resolved
        content = self._content = resolved.content
        self._root = _parsed(content)
        self._aliases = dict(_aliases(self._root, content=content))
        self._ordered: list[_Node] = []
        self._number(self._root)
        self._counts: dict[int, Mapping[tuple[str, ...], int]] = {}
        self._parsed_bytes = 0

    def find(self, quads: Sequence[ox.Quad], number: int) -> StatementSpan | None:
        """The span of one of the document's quads, given by its number; None when the search would take too long."""
        node = self._first_with(*_occurrence(quads, number))
        if node is None:
            return None
        start = self._resolved.original_offset(node.start)
        end = start + 1 if node.bracket else self._resolved.original_offset(node.end - 1) + 1
        return StatementSpan((start, end), (start, end), node.pointer, node.pointer)

    def _first_with(self, pattern: tuple[str, ...], occurrence: int) -> _Node | None:
        """The value whose addition gives the quad with this pattern for the nth time."""
        low, high = 0, len(self._ordered)
        while low < high:
            middle = (low + high) // 2
            counts = self._quad_counts(middle + 1)
            if counts is None:
                return None
            if counts.get(pattern, 0) >= occurrence:
                high = middle
            else:
                low = middle + 1
        return self._ordered[low] if low < len(self._ordered) else None

    def _quad_counts(self, until: int) -> Mapping[tuple[str, ...], int] | None:
        if until not in self._counts:
            text = b"".join(self._truncated(self._root, until=until))
            self._parsed_bytes += len(text)
            if self._parsed_bytes > _MAX_PARSED:
                return None
            counts: dict[tuple[str, ...], int] = {}
            for quad in ox.parse(text, format=ox.RdfFormat.JSON_LD):
                pattern = _pattern(quad)
                counts[pattern] = counts.get(pattern, 0) + 1
            self._counts[until] = counts
        return self._counts[until]

    def _number(self, node: _Node, *, key: bytes = b"") -> None:
        """Number the values that can give quads: in an object types first and graphs last, in the order in which Oxigraph expands them."""
        if key in _NO_QUADS:
            node.is_atomic = True
            return
        if node.bracket != b"[" or not node.members:
            node.order = len(self._ordered)
            self._ordered.append(node)
        keys = {self._keyword(name) for name, _ in node.members} if node.bracket == b"{" else set()
        node.is_atomic = not node.members or _VALUE in keys or (bool(keys) and keys <= _NO_QUADS)
        if node.is_atomic:
            return
        members = [(self._keyword(name), member) for name, member in node.members]
        for name, member in sorted(members, key=lambda member: (member[0] != _TYPE, member[0] == _GRAPH)):
            self._number(member, key=name)

    def _keyword(self, key: bytes) -> bytes:
        return self._aliases.get(key, key)

    def _truncated(self, node: _Node, *, until: int) -> Iterator[bytes]:
        """The text of the value without the values that are added later, with empty arrays in their place."""
        if node.is_atomic:
            yield self._content[node.start : node.end]
            return
        yield node.bracket
        first = True
        for key, member in node.members:
            if member.order >= until:
                continue
            yield b"" if first else b","
            first = False
            if node.bracket == b"{":
                yield b'"' + key + b'":'
            yield from self._truncated(member, until=until)
        yield b"}" if node.bracket == b"{" else b"]"


def _occurrence(quads: Sequence[ox.Quad], number: int) -> tuple[tuple[str, ...], int]:
    pattern = _pattern(quads[number])
    return pattern, sum(_pattern(quad) == pattern for quad in quads[: number + 1])


def _pattern(quad: ox.Quad) -> tuple[str, ...]:
    """The quad with all blank nodes replaced by the same placeholder."""
    return tuple("_" if isinstance(term, ox.BlankNode) else str(term) for term in quad)


def _parsed(content: bytes) -> _Node:
    """The root of the JSON text, which is well-formed."""
    root = _Node(0, "")
    stack, key = [root], None
    for token in _TOKEN.finditer(content):
        parent, text = stack[-1], token[0]
        if text in (b"}", b"]"):
            parent.end = token.end()
            stack.pop()
        elif parent.bracket == b"{" and key is None:
            key = text[1:-1]
        else:
            name = key if key is not None else str(len(parent.members)).encode()
            node = _Node(token.start(), parent.pointer + "/" + _escaped(name) if parent is not root else "", token.end())
            parent.members.append((name, node))
            key = None
            if text in (b"{", b"["):
                node.bracket = text
                stack.append(node)
    return root.members[0][1]


def _escaped(key: bytes) -> str:
    return _decoded(key).replace("~", "~0").replace("/", "~1")


def _decoded(key: bytes) -> str:
    """The string of a JSON string's text without its quotation marks."""
    return str(json.loads(b'"' + key + b'"')) if b"\\" in key else key.decode("utf-8", errors="replace")


def _aliases(root: _Node, *, content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The terms that a context defines as aliases of keywords: `"type": "@type"` or `"type": {"@id": "@type"}`."""
    stack = [(b"", root, False)]
    while stack:
        key, node, in_context = stack.pop()
        for name, member in node.members:
            stack.append((name, member, in_context or name == b"@context"))
            text = content[member.start : member.end]
            if in_context and text.startswith(b'"@'):
                term = key if name == b"@id" else name
                if not term.startswith(b"@"):
                    yield term, text[1:-1]
