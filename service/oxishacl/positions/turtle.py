"""Where each statement stands in Turtle, TriG, N-Triples and N-Quads: spans only, no terms; Oxigraph says what they mean.

Statements come out in the order in which Oxigraph gives its quads: for each token those that it completes, the last one first.
"""

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from oxishacl.positions.spans import Span, StatementSpan

_TOKEN: Final = re.compile(
    rb"[ \t\r\n]++|\#[^\r\n]*+"
    rb'|(?P<string>"""(?:[^"\\]|\\.|"(?!""))*+"""'
    rb"|'''(?:[^'\\]|\\.|'(?!''))*+'''"
    rb'|"(?:[^"\\]|\\.)*+"'
    rb"|'(?:[^'\\]|\\.)*+')"
    rb"|(?P<suffix>@[A-Za-z]++(?:-[A-Za-z0-9]++)*+|\^\^)"
    rb"|(?P<word><[^>]*+>"  # numbers and keywords are words too
    rb"|(?:[^\s\"'<>\[\](){};,.#\\^@]|\\.|\.(?=[.]*+(?:[^\s\"'<>\[\](){};,.#^@])))++)"
    rb"|(?P<sign>[\[\](){};,.])",
    re.DOTALL,
)
# How many tokens follow each directive, its final dot included.
_DIRECTIVES: Final = {b"@prefix": 3, b"@base": 2, b"@version": 2, b"prefix": 2, b"base": 1, b"version": 1}
_STATEMENT, _LIST = b"", b"("


class _Frame(Struct):
    """A statement, a blank node's properties or a list that is being read."""

    kind: bytes
    subject: Span | None
    predicate: Span | None = None
    again: bool = False
    """Whether the next object shares its predicate with the one before it."""
    as_object: bool = False
    members: int = 0


def statements(text: bytes) -> Iterator[StatementSpan]:
    """The statements of a text that Oxigraph has read, in its order."""
    reader = _Reader()
    for token in _TOKEN.finditer(text):
        if token.lastgroup is not None:
            reader.take(token[0], token.lastgroup, token.span())
            yield from reader.completed()


class _Reader:
    """A pushdown automaton over the tokens."""

    def __init__(self) -> None:
        self._stack = [_Frame(_STATEMENT, None)]
        self._done: list[StatementSpan] = []
        self._literal: Span | None = None
        self._typed = False
        self._skipped = 0

    def completed(self) -> Iterator[StatementSpan]:
        """The statements that the last token completed, the last one first."""
        while self._done:
            yield self._done.pop()

    def take(self, token: bytes, kind: str, span: Span) -> None:
        """Go on by one token."""
        if self._skipped:
            self._skipped -= 1
        elif self._literal is not None and self._suffixed(token, kind, span):
            pass
        elif kind == "sign":
            self._sign(token, span)
        elif len(self._stack) == 1 and self._stack[0].subject is None and token.lower() in _DIRECTIVES:
            self._skipped = _DIRECTIVES[token.lower()]
        elif len(self._stack) == 1 and self._stack[0].subject is None and token.lower() == b"graph":
            pass
        else:
            self._term(span, literal=kind == "string")

    def _suffixed(self, token: bytes, kind: str, span: Span) -> bool:
        """Whether the token belongs to the string before it: a language, `^^`, or the datatype."""
        assert self._literal is not None
        start = self._literal[0]
        if token == b"^^":
            self._typed = True
            return True
        belongs = self._typed or kind == "suffix"
        whole = (start, span[1]) if belongs else self._literal
        self._literal, self._typed = None, False
        self._object(whole)
        return belongs

    def _term(self, span: Span, *, literal: bool = False) -> None:
        frame = self._stack[-1]
        if frame.kind == _LIST:
            self._member(frame, span)
        if literal:
            self._literal = span
        elif frame.kind != _LIST and frame.subject is None:
            frame.subject = span
        elif frame.kind != _LIST and frame.predicate is None:
            frame.predicate = span
        else:
            self._object(span)

    def _sign(self, sign: bytes, span: Span) -> None:
        frame = self._stack[-1]
        if sign in b"[(":
            self._open(sign, span)
        elif sign in b"])":
            self._close(span)
        elif sign == b";":
            frame.predicate, frame.again = None, False
        elif sign == b",":
            frame.again = True
        else:  # . { }: a statement ends, or what was read is the name of a graph
            self._stack[-1] = _Frame(_STATEMENT, None)

    def _open(self, sign: bytes, span: Span) -> None:
        frame = self._stack[-1]
        if frame.kind == _LIST:
            self._member(frame, span)
        as_object = frame.kind == _LIST or frame.predicate is not None
        self._stack.append(_Frame(sign, span, as_object=as_object))

    def _close(self, span: Span) -> None:
        frame = self._stack.pop()
        assert frame.subject is not None
        if frame.kind == _LIST and frame.members:
            self._done.append(StatementSpan(frame.subject, span))
            if not frame.as_object:
                self._stack[-1].subject = frame.subject
        elif frame.as_object:
            self._object(frame.subject)
        else:
            self._stack[-1].subject = frame.subject

    def _member(self, frame: _Frame, span: Span) -> None:
        """A list goes on: its first member makes it the object of what is around it, every further one makes a cell."""
        assert frame.subject is not None
        frame.members += 1
        if frame.members > 1:
            self._done.append(StatementSpan(frame.subject, span))
        elif frame.as_object:
            self._stack.pop()
            self._object(frame.subject)
            self._stack.append(frame)

    def _object(self, span: Span) -> None:
        frame = self._stack[-1]
        assert frame.subject is not None
        start = span[0] if frame.kind == _LIST or frame.again or frame.predicate is None else frame.predicate[0]
        self._done.append(StatementSpan(frame.subject, (start, span[1])))


def lines(text: bytes) -> Iterator[StatementSpan]:
    """The statements of N-Triples or N-Quads, one for each that ends with a dot."""
    terms: list[Span] = []
    for token in _TOKEN.finditer(text):
        if token[0] == b".":
            yield StatementSpan(terms[0], (terms[1][0], terms[2][1]))
            terms = []
        elif token.lastgroup == "suffix" or (terms and token.lastgroup == "word" and text[token.start() - 2 : token.start()] == b"^^"):
            terms[-1] = (terms[-1][0], token.end())
        elif token.lastgroup is not None:
            terms.append(token.span())
