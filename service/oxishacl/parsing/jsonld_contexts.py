"""JSON-LD contexts: a remote context that the caller supplies is inlined, any other is refused; nothing is fetched.

The text is read token by token and a supplied context replaces the IRI that names it, so that everything else, and all line numbers,
stay as written. A name that occurs twice in one object, which JSON parsers accept, is refused here.
"""

import json
import re
from collections.abc import Mapping
from typing import Final

from msgspec import Struct, field

from oxishacl.errors import ForbiddenError, InvalidInputError, LimitExceededError
from oxishacl.parsing.source import Limits, line_bounds, position, quote

# Oxigraph defines the terms that a term depends on recursively: a chain of 7,000 ends the process (SIGSEGV).
MAX_TERMS: Final = 1_000
# The terms that one document makes Oxigraph copy, about a microsecond each: a context is copied wherever another extends it.
MAX_COPIED_TERMS: Final = 5_000_000

_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[{}\[\],]', re.DOTALL)
_LINK_CONTEXT: Final = re.compile(r"<([^>]*+)>[^,<]*?\brel\s*=\s*\"?[^\",;]*?http://www\.w3\.org/ns/json-ld#context", re.IGNORECASE)
_DATA, _CONTEXT, _DEFINITION, _LITERAL = "data", "context", "definition", "literal"


class ResolvedContexts(Struct, frozen=True):
    """A JSON-LD text with all contexts inline, and the number of its contexts.

    `insertions` are (byte offset in `source`, characters added), in order.
    """

    content: bytes
    source: bytes
    contexts: int
    insertions: tuple[tuple[int, int], ...] = ()

    def original(self, *, line: int, column: int) -> dict[str, int]:
        """The place in `source` of a place in `content`; inlined contexts add no lines."""
        start, end = line_bounds(self.source, line)
        original_column, previous = 1, start
        for offset, added in self.insertions:
            if start <= offset < end:
                original_column += len(_text(self.source[previous:offset]))
                previous = offset
                column = max(original_column, column - added) if column > original_column else column
        return {"line": line, "column": column}

    def original_offset(self, offset: int) -> int:
        """The byte offset in `source` of a byte offset in `content`; inside an inlined context, that of the IRI which names it."""
        shift = 0
        for inserted_at, added in self.insertions:
            if inserted_at + shift < offset:
                shift = min(shift + added, offset - inserted_at)
        return offset - shift


class _Frame(Struct):
    """An open object or array: its role, the current key, and the number of terms that its contexts define."""

    closer: bytes
    role: str
    scoped: bool = False
    key: str | None = None
    keys: set[str] = field(default_factory=set)
    terms: int = 0
    nested_terms: int = 0
    context_terms: int = 0
    scoped_terms: int = 0
    contexts: int = 0
    objects: int = 0
    copied_terms: int = 0


def resolve_contexts(content: bytes, *, name: str, limits: Limits, contexts: Mapping[str, Mapping[str, object]]) -> ResolvedContexts:
    """The JSON-LD text with each context of `contexts` (IRI to context object) inlined where the text names it.

    Raises ForbiddenError for any other remote context and for `@import`, InvalidInputError for a name that occurs twice in one object
    and for a bracket that does not match, LimitExceededError for contexts that would take too long to process. Other errors are left
    to the parser. (JSON-LD 1.1, sections 3.1 and 4.1.)
    """
    return _ContextResolver(content, name=quote(name), limits=limits, contexts=contexts).resolved()


def refuse_linked_context(header: str, *, name: str) -> None:
    """Raise ForbiddenError when the HTTP Link header names a JSON-LD context (JSON-LD 1.1, section 6.1)."""
    match = _LINK_CONTEXT.search(header)
    if match:
        raise ForbiddenError("linked-context", name=quote(name), iri=quote(match[1]))


class _ContextResolver:
    """Reads a JSON text once."""

    def __init__(self, content: bytes, *, name: str, limits: Limits, contexts: Mapping[str, Mapping[str, object]]) -> None:
        self._content, self._name, self._limit = content, name, limits.max_bytes
        self._inline = {iri: _inline(context) for iri, context in contexts.items()}
        self._stack = [_Frame(b"", _DATA)]
        self._pieces: list[bytes] = []
        self._insertions: list[tuple[int, int]] = []
        self._copied_until = self._added_bytes = self._contexts = 0

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
        content = b"".join((*self._pieces, self._content[self._copied_until :]))
        return ResolvedContexts(content, self._content, self._contexts, tuple(self._insertions))

    def _string(self, text: bytes, *, offset: int) -> None:
        frame = self._stack[-1]
        if frame.closer == b"}" and frame.key is None:
            self._key(_decoded(text), frame=frame, offset=offset)
        elif frame.role != _LITERAL and (frame.key == "@context" or (frame.role == _CONTEXT and frame.closer == b"]")):
            self._reference(_decoded(text), offset=offset, length=len(text))

    def _key(self, key: str, *, frame: _Frame, offset: int) -> None:
        if key in frame.keys:
            raise InvalidInputError("duplicate-key", name=self._name, key=quote(key), **self._position(offset))
        frame.keys.add(key)
        frame.key = key
        if frame.role == _CONTEXT:
            frame.terms += 1
            if key == "@import":
                raise ForbiddenError("context-import", name=self._name, **self._position(offset))
        if key == "@context" and frame.role != _LITERAL:
            self._contexts += 1
            frame.contexts += 1

    def _reference(self, iri: str, *, offset: int, length: int) -> None:
        inline = self._inline.get(iri)
        if inline is None:
            raise ForbiddenError("remote-context", name=self._name, iri=quote(iri), **self._position(offset))
        self._added_bytes += len(inline) - length
        if len(self._content) + self._added_bytes > self._limit + len(inline):
            raise LimitExceededError("context-repeated", name=self._name, iri=quote(iri), **self._position(offset))
        self._insertions.append((offset, len(inline) - len(_text(self._content[offset : offset + length]))))
        self._pieces += (self._content[self._copied_until : offset], inline)
        self._copied_until = offset + length

    def _open(self, text: bytes) -> None:
        outer = self._stack[-1]
        scoped = outer.scoped or outer.role == _DEFINITION
        frame = _Frame(b"}" if text == b"{" else b"]", _role(outer), scoped=scoped)
        frame.objects = int(text == b"{")
        self._stack.append(frame)

    def _close(self, text: bytes, *, offset: int) -> None:
        frame = self._stack.pop()
        if frame.closer != text:
            raise InvalidInputError("bracket", name=self._name, bracket=text.decode(), **self._position(offset))
        outer = self._stack[-1]
        total_terms = frame.terms + frame.nested_terms
        # The terms of a context within a context add to those of the outer one, whose definitions Oxigraph nests.
        outer.nested_terms = max(outer.nested_terms, total_terms) if frame.role != _DATA else outer.nested_terms
        outer.contexts += frame.contexts
        outer.objects += frame.objects
        outer.copied_terms += frame.copied_terms
        if frame.role in {_CONTEXT, _DEFINITION}:
            outer.context_terms += frame.terms + frame.context_terms
            outer.scoped_terms += frame.scoped_terms + (frame.terms if frame.scoped and frame.role == _CONTEXT else 0)
        else:
            outer.copied_terms += frame.context_terms * frame.contexts + frame.scoped_terms * frame.objects
        if total_terms > MAX_TERMS or outer.copied_terms > MAX_COPIED_TERMS:
            raise LimitExceededError("context-too-big", name=self._name, limit=MAX_TERMS, **self._position(offset))

    def _position(self, offset: int) -> dict[str, int]:
        return position(self._content, offset)


def _role(outer: _Frame) -> str:
    if outer.role == _LITERAL or outer.key == "@value":
        return _LITERAL
    if outer.key == "@context":
        return _CONTEXT
    if outer.role == _CONTEXT:
        return _CONTEXT if outer.closer == b"]" else _DEFINITION
    return outer.role


def _inline(context: Mapping[str, object]) -> bytes:
    # A context document holds its context under "@context" (JSON-LD 1.1, section 3.1); ASCII, so that each byte is a character.
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
