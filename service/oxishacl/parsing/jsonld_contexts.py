"""JSON-LD contexts: those that the caller knows are put in place, any other remote one is refused by name, none is ever fetched.

The text is walked token by token and a known context is spliced in where it is named, so numbers, line numbers and all else
stay as they were written. Structural faults that a JSON parser lets pass (a name twice in one object) are found here.
"""

import json
import re
from collections.abc import Mapping
from typing import Final

from msgspec import Struct, field

from oxishacl.errors import ForbiddenError, InvalidInputError, LimitExceededError
from oxishacl.parsing import text_positions
from oxishacl.parsing.source import Limits

# Oxigraph defines a term by defining the terms it rests on, recursively: a chain of 7,000 ends the process (SIGSEGV).
MOST_TERMS: Final = 1_000
# A context is copied wherever another one is put over it: terms copied in one document, about a microsecond each.
MOST_WORK: Final = 5_000_000

_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[{}\[\],]', re.DOTALL)
_LINK_CONTEXT: Final = re.compile(r"<([^>]*+)>[^,<]*?\brel\s*=\s*\"?[^\",;]*?http://www\.w3\.org/ns/json-ld#context", re.IGNORECASE)
_PLAIN, _CONTEXT, _DEFINITION, _LITERAL = "plain", "context", "definition", "literal"


class ResolvedContexts(Struct, frozen=True):
    """A JSON-LD text whose contexts are all inline, and how many there are.

    `splices` holds (byte offset in `source`, characters added) in order.
    """

    content: bytes
    source: bytes
    contexts: int
    splices: tuple[tuple[int, int], ...] = ()

    def original(self, *, line: int, column: int) -> dict[str, int]:
        """The place in the text as it was sent of a place in the resolved text, where no context adds a line."""
        start, end = text_positions.line_bounds(self.source, line)
        place, before = 1, start
        for offset, added in self.splices:
            if start <= offset < end:
                place += len(_text(self.source[before:offset]))
                before = offset
                column = max(place, column - added) if column > place else column
        return {"line": line, "column": column}

    def offset(self, place: int) -> int:
        """The byte in the text as it was sent of a byte in the resolved text; for one inside a context put in place, its name."""
        moved = 0
        for offset, added in self.splices:
            if offset + moved < place:
                moved = min(moved + added, place - offset)
        return place - moved


class _Frame(Struct):
    """An open object or array: its role, the key being read, and the weight of the contexts within."""

    closer: bytes
    role: str
    scoped: bool = False
    key: str | None = None
    keys: set[str] = field(default_factory=set)
    terms: int = 0
    deepest: int = 0
    own_terms: int = 0
    scoped_terms: int = 0
    contexts: int = 0
    objects: int = 0
    work: int = 0


def resolve_contexts(content: bytes, *, name: str, limits: Limits, contexts: Mapping[str, Mapping[str, object]]) -> ResolvedContexts:
    """The JSON-LD text with each context of `contexts` (IRI to context object) put in place wherever it is named.

    Raises ForbiddenError for any other remote context and for `@import`, InvalidInputError for a name that occurs twice in one object
    and for a bracket that does not match, LimitExceededError for contexts that would take too long to process. What else is wrong
    with the text is left to the parser. (JSON-LD 1.1, sections 3.1 and 4.1.)
    """
    return _ContextResolver(content, name=text_positions.quote(name), limits=limits, contexts=contexts).resolved()


def refuse_linked_context(header: str, *, name: str) -> None:
    """Nothing, when the HTTP Link header names no JSON-LD context; raises ForbiddenError when it does (JSON-LD 1.1, section 6.1)."""
    match = _LINK_CONTEXT.search(header)
    if match:
        raise ForbiddenError("linked-context", name=text_positions.quote(name), iri=text_positions.quote(match[1]))


class _ContextResolver:
    """One pass over a JSON text."""

    def __init__(self, content: bytes, *, name: str, limits: Limits, contexts: Mapping[str, Mapping[str, object]]) -> None:
        self._content, self._name, self._limit = content, name, limits.max_bytes
        self._inline = {iri: _inline(context) for iri, context in contexts.items()}
        self._stack = [_Frame(b"", _PLAIN)]
        self._pieces: list[bytes] = []
        self._splices: list[tuple[int, int]] = []
        self._copied = self._grown = self._contexts = 0

    def resolved(self) -> ResolvedContexts:
        for token in _TOKEN.finditer(self._content):
            text, offset = token[0], token.start()
            if text[:1] == b'"':
                self._string(text, offset=offset)
            elif text in b"{[":
                self._open(text)
            elif text == b",":
                self._stack[-1].key = None
            else:
                self._close(text, offset=offset)
        if not self._pieces:
            return ResolvedContexts(self._content, self._content, self._contexts)
        content = b"".join((*self._pieces, self._content[self._copied :]))
        return ResolvedContexts(content, self._content, self._contexts, tuple(self._splices))

    def _string(self, text: bytes, *, offset: int) -> None:
        frame = self._stack[-1]
        if frame.closer == b"}" and frame.key is None:
            self._key(_decoded(text), frame=frame, offset=offset)
        elif frame.role != _LITERAL and (frame.key == "@context" or (frame.role == _CONTEXT and frame.closer == b"]")):
            self._reference(_decoded(text), offset=offset, length=len(text))

    def _key(self, key: str, *, frame: _Frame, offset: int) -> None:
        if key in frame.keys:
            raise InvalidInputError("duplicate-key", name=self._name, key=text_positions.quote(key), **self._place(offset))
        frame.keys.add(key)
        frame.key = key
        if frame.role == _CONTEXT:
            frame.terms += 1
            if key == "@import":
                raise ForbiddenError("context-import", name=self._name, **self._place(offset))
        if key == "@context" and frame.role != _LITERAL:
            self._contexts += 1
            frame.contexts += 1

    def _reference(self, iri: str, *, offset: int, length: int) -> None:
        inline = self._inline.get(iri)
        if inline is None:
            raise ForbiddenError("remote-context", name=self._name, iri=text_positions.quote(iri), **self._place(offset))
        self._grown += len(inline) - length
        if len(self._content) + self._grown > self._limit + len(inline):
            raise LimitExceededError("context-repeated", name=self._name, iri=text_positions.quote(iri), **self._place(offset))
        self._splices.append((offset, len(inline) - len(_text(self._content[offset : offset + length]))))
        self._pieces += (self._content[self._copied : offset], inline)
        self._copied = offset + length

    def _open(self, text: bytes) -> None:
        outer = self._stack[-1]
        scoped = outer.scoped or outer.role == _DEFINITION
        frame = _Frame(b"}" if text == b"{" else b"]", _role(outer), scoped=scoped)
        frame.objects = int(text == b"{")
        self._stack.append(frame)

    def _close(self, text: bytes, *, offset: int) -> None:
        frame = self._stack.pop()
        if frame.closer != text:
            raise InvalidInputError("bracket", name=self._name, bracket=text.decode(), **self._place(offset))
        outer = self._stack[-1]
        weight = frame.terms + frame.deepest
        # Terms defined by contexts within a context count on top of it, for its definitions are read inside one another.
        outer.deepest = max(outer.deepest, weight) if frame.role != _PLAIN else outer.deepest
        outer.contexts += frame.contexts
        outer.objects += frame.objects
        outer.work += frame.work
        if frame.role in {_CONTEXT, _DEFINITION}:
            outer.own_terms += frame.terms + frame.own_terms
            outer.scoped_terms += frame.scoped_terms + (frame.terms if frame.scoped and frame.role == _CONTEXT else 0)
        else:
            outer.work += frame.own_terms * frame.contexts + frame.scoped_terms * frame.objects
        if weight > MOST_TERMS or outer.work > MOST_WORK:
            raise LimitExceededError("context-too-big", name=self._name, limit=MOST_TERMS, **self._place(offset))

    def _place(self, offset: int) -> dict[str, int]:
        return text_positions.position(self._content, offset)


def _role(outer: _Frame) -> str:
    if outer.role == _LITERAL or outer.key == "@value":
        return _LITERAL
    if outer.key == "@context":
        return _CONTEXT
    if outer.role == _CONTEXT:
        return _CONTEXT if outer.closer == b"]" else _DEFINITION
    return outer.role


def _inline(context: Mapping[str, object]) -> bytes:
    # A context document holds its context under "@context" (JSON-LD 1.1, section 3.1); ASCII, so bytes are characters.
    return json.dumps(context.get("@context", context)).encode("ascii")


def _decoded(text: bytes) -> str:
    if b"\\" not in text:
        return _text(text)[1:-1]
    try:
        return str(json.loads(text))
    except ValueError:
        return _text(text)[1:-1]


def _text(text: bytes) -> str:
    return text.decode("utf-8", errors="replace")
