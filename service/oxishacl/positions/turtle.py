"""The spans of the statements in Turtle, TriG, N-Triples and N-Quads documents that Oxigraph has parsed.

The spans are in the order of Oxigraph's quads: for each token the statements that it completes, the last one first.
"""

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from oxishacl.parsing.source import Span, StatementSpan

_TOKEN: Final = re.compile(
    rb"[ \t\r\n]++|\#[^\r\n]*+"
    rb'|(?P<string>"""(?:[^"\\]|\\.|"(?!""))*+"""'
    rb"|'''(?:[^'\\]|\\.|'(?!''))*+'''"
    rb'|"(?:[^"\\]|\\.)*+"'
    rb"|'(?:[^'\\]|\\.)*+')"
    rb"|(?P<suffix>@[A-Za-z]++(?:-[A-Za-z0-9]++)*+(?:--[a-z]++)?|\^\^)"
    rb"|(?P<reification><<\(|\)>>|<<|>>|\{\||\|\}|~)"
    rb"|(?P<word><[^>]*+>"  # numbers and keywords are words too
    rb"|(?:[^\s\"'<>\[\](){};,.#\\^@~|]|\\.|\.(?=[.]*+(?:[^\s\"'<>\[\](){};,.#^@~|])))++)"
    rb"|(?P<punctuation>[\[\](){};,.])",
    re.DOTALL,
)
# The number of tokens after each directive, its final dot included.
_DIRECTIVES: Final = {b"@prefix": 3, b"@base": 2, b"@version": 2, b"prefix": 2, b"base": 1, b"version": 1}
_STATEMENT, _LIST, _REIFIED, _ANNOTATION = b"", b"(", b"<<", b"{|"


class _Frame(Struct):
    """A statement, a blank node property list, a collection, a reified triple or an annotation that is being read."""

    kind: bytes
    subject: Span | None
    predicate: Span | None = None
    after_comma: bool = False
    """Whether the next object shares its predicate with the one before it."""
    is_object: bool = False
    members: int = 0
    start: int = 0
    reifier: Span | None = None


def statement_spans(text: bytes) -> Iterator[StatementSpan]:
    """The spans of the statements of a Turtle or TriG document."""
    automaton = _Automaton()
    for token in _TOKEN.finditer(text):
        if token.lastgroup is not None:
            automaton.read(token[0], token.lastgroup, token.span())
            yield from automaton.completed()


class _Automaton:
    """A pushdown automaton over the tokens."""

    def __init__(self) -> None:
        self._stack = [_Frame(_STATEMENT, None)]
        self._completed: list[StatementSpan] = []
        self._pending_literal: Span | None = None
        self._has_datatype = False
        self._to_skip = 0
        self._triple_terms: list[int] = []
        """The starts of the triple terms that are being read, the outermost first."""
        self._tilde: Span | None = None
        """The sign `~` that has just been read; the term after it, if there is one, is the reifier."""
        self._reifier: Span | None = None
        """The reifier that was read last after this object; annotations after it are about it."""

    def completed(self) -> Iterator[StatementSpan]:
        """The statements that the last token completed, the last one first."""
        while self._completed:
            yield self._completed.pop()

    def read(self, token: bytes, kind: str, span: Span) -> None:
        """Read one token."""
        if self._to_skip:
            self._to_skip -= 1
        elif self._triple_terms:
            self._read_triple_term(token, span)
        elif self._belongs(token, kind, span):
            pass
        elif kind == "reification":
            self._read_reification(token, span)
        else:
            self._reifier = None
            self._read_other(token, kind, span)

    def _read_other(self, token: bytes, kind: str, span: Span) -> None:
        """Read a token of RDF 1.1."""
        if kind == "punctuation":
            self._read_punctuation(token, span)
        elif len(self._stack) == 1 and self._stack[0].subject is None and token.lower() in _DIRECTIVES:
            self._to_skip = _DIRECTIVES[token.lower()]
        elif len(self._stack) == 1 and self._stack[0].subject is None and token.lower() == b"graph":
            pass
        else:
            self._term(span, literal=kind == "string")

    def _belongs(self, token: bytes, kind: str, span: Span) -> bool:
        """Whether the token belongs to the one before it: to a string, or to the sign of a reifier."""
        return (self._pending_literal is not None and self._read_suffix(token, kind, span)) or (
            self._tilde is not None and self._read_reifier(kind, span)
        )

    def _read_suffix(self, token: bytes, kind: str, span: Span) -> bool:
        """Whether the token belongs to the string before it: a language tag, `^^` or a datatype."""
        assert self._pending_literal is not None
        start = self._pending_literal[0]
        if token == b"^^":
            self._has_datatype = True
            return True
        belongs = self._has_datatype or kind == "suffix"
        literal = (start, span[1]) if belongs else self._pending_literal
        self._pending_literal, self._has_datatype = None, False
        self._object(literal)
        return belongs

    def _term(self, span: Span, *, literal: bool = False) -> None:
        frame = self._stack[-1]
        if frame.kind == _LIST:
            self._member(frame, span)
        if literal:
            self._pending_literal = span
        elif frame.kind != _LIST and frame.subject is None:
            frame.subject = span
        elif frame.kind != _LIST and frame.predicate is None:
            frame.predicate = span
        else:
            self._object(span)

    def _read_punctuation(self, mark: bytes, span: Span) -> None:
        frame = self._stack[-1]
        if mark in b"[(":
            self._open(mark, span)
        elif mark in b"])":
            self._close(span)
        elif mark == b";":
            frame.predicate, frame.after_comma = None, False
        elif mark == b",":
            frame.after_comma = True
        else:  # . { }: the end of a statement, or of the name of a graph
            self._stack[-1] = _Frame(_STATEMENT, None)

    def _read_reification(self, mark: bytes, span: Span) -> None:
        """Read a sign of RDF 1.2: of a triple term, a reified triple, a reifier or an annotation."""
        frame = self._stack[-1]
        if mark == b"<<(":
            self._triple_terms.append(span[0])
        elif mark == b"~":
            self._tilde = span
        elif mark == b"<<":
            self._open(mark, span)
            self._stack[-1].subject, self._stack[-1].start = None, span[0]
        elif mark == b">>":
            self._stack.pop()
            whole = (frame.start, span[1])
            self._completed.append(StatementSpan(whole, whole))
            if frame.is_object:
                self._object(whole)
            else:
                self._stack[-1].subject = whole
        elif mark == b"{|":
            if self._reifier is None:
                self._completed.append(StatementSpan(span, span))
            self._stack.append(_Frame(_ANNOTATION, self._reifier or span, reifier=self._reifier))
        else:
            self._reifier = self._stack.pop().reifier

    def _read_triple_term(self, token: bytes, span: Span) -> None:
        """Read a token within a triple term, which states nothing."""
        if token == b"<<(":
            self._triple_terms.append(span[0])
        elif token == b")>>":
            start = self._triple_terms.pop()
            if not self._triple_terms:
                self._term((start, span[1]))

    def _read_reifier(self, kind: str, span: Span) -> bool:
        """Whether the token after `~` names the reifier; each reifier completes the statement of what it reifies."""
        assert self._tilde is not None
        is_named = kind == "word"
        self._reifier = span if is_named else self._tilde
        if self._stack[-1].kind == _REIFIED:
            self._reifier = None
        else:
            self._completed.append(StatementSpan(self._reifier, self._reifier))
        self._tilde = None
        return is_named

    def _open(self, mark: bytes, span: Span) -> None:
        frame = self._stack[-1]
        if frame.kind == _LIST:
            self._member(frame, span)
        is_object = frame.kind == _LIST or frame.predicate is not None
        self._stack.append(_Frame(mark, span, is_object=is_object))

    def _close(self, span: Span) -> None:
        frame = self._stack.pop()
        assert frame.subject is not None
        if frame.kind == _LIST and frame.members:
            self._completed.append(StatementSpan(frame.subject, span))
            if not frame.is_object:
                self._stack[-1].subject = frame.subject
        elif frame.is_object:
            self._object(frame.subject)
        else:
            self._stack[-1].subject = frame.subject

    def _member(self, frame: _Frame, span: Span) -> None:
        """Read a member of a collection: the first completes the statement whose object the collection is, each other one an rdf:rest."""
        assert frame.subject is not None
        frame.members += 1
        if frame.members > 1:
            self._completed.append(StatementSpan(frame.subject, span))
        elif frame.is_object:
            self._stack.pop()
            self._object(frame.subject)
            self._stack.append(frame)

    def _object(self, span: Span) -> None:
        frame = self._stack[-1]
        assert frame.subject is not None
        if frame.kind == _REIFIED:
            return
        start = span[0] if frame.kind == _LIST or frame.after_comma or frame.predicate is None else frame.predicate[0]
        self._completed.append(StatementSpan(frame.subject, (start, span[1])))


def line_spans(text: bytes) -> Iterator[StatementSpan]:
    """The spans of the statements of an N-Triples or N-Quads document, each of which ends with a dot."""
    terms: list[Span] = []
    triple_terms: list[int] = []
    for token in _TOKEN.finditer(text):
        if token[0] == b"<<(":
            triple_terms.append(token.start())
        elif token[0] == b")>>":
            start = triple_terms.pop()
            if not triple_terms:
                terms.append((start, token.end()))
        elif triple_terms:
            continue
        elif token[0] == b".":
            yield StatementSpan(terms[0], (terms[1][0], terms[2][1]))
            terms = []
        elif token.lastgroup == "suffix" or (terms and token.lastgroup == "word" and text[token.start() - 2 : token.start()] == b"^^"):
            terms[-1] = (terms[-1][0], token.end())
        elif token.lastgroup is not None:
            terms.append(token.span())
