"""What stands in the triples of a query: its terms and paths, read from tokens (SPARQL 1.1, sections 4.1 and 9.1)."""

from collections.abc import Mapping, Sequence
from typing import Final

import pyoxigraph as ox

from observance.core.namespaces import RDF, XSD
from oxishacl import paths
from oxishacl.data_graph import Index
from oxishacl.paths import Step
from oxishacl.sparql.tokenizer import Token
from oxishacl.terms import TYPE, Term

OPENING: Final = frozenset({"{", "(", "["})
CLOSING: Final = frozenset({"}", ")", "]"})
BOOLEANS: Final = frozenset({"TRUE", "FALSE"})
_REPEATED: Final = frozenset({"*", "+", "?"})
_TEXTS: Final = frozenset({XSD + "string", RDF + "langString"})

End = Term | str
"""A term, or the name of a variable."""

_Ways = tuple[Step, Step]


class Enough(Exception):
    """Whether a group matches cannot be told from the index."""


class Unclear(Exception):
    """A part of the query is not one that is read here."""


def closing(parts: Sequence[Token], start: int) -> int:
    """Where the bracket that opens at `start` closes."""
    depth = 0
    for place in range(start, len(parts)):
        if parts[place].kind == "sign":
            depth += (parts[place].text in OPENING) - (parts[place].text in CLOSING)
        if not depth:
            return place
    raise Unclear


class Steps:
    """Reads the terms and paths of one query."""

    def __init__(self, parts: Sequence[Token], prefixes: Mapping[str, str]) -> None:
        """Nothing is read yet."""
        self.parts, self.prefixes = parts, prefixes

    def end(self, place: int, end: int) -> tuple[End, int]:
        """A term or a variable; Unclear for brackets, which stand for several triples."""
        if place >= end:
            raise Unclear
        part = self.parts[place]
        if part.kind == "variable":
            return part.text[1:], place + 1
        if part.kind == "word" and part.text in BOOLEANS:
            return ox.Literal(part.text.lower(), datatype=ox.NamedNode(XSD + "boolean")), place + 1
        return self._iri(part), place + 1

    def _iri(self, part: Token) -> ox.NamedNode:
        if part.kind == "word" and part.text == "A":
            return TYPE
        if part.kind == "iri" and ":" in part.text and "\\" not in part.text:
            return ox.NamedNode(part.text[1:-1])
        prefix, _, local = part.text.partition(":")
        if part.kind != "name" or "\\" in part.text or prefix == "_" or prefix not in self.prefixes:
            raise Unclear
        return ox.NamedNode(self.prefixes[prefix] + local)

    def path(self, place: int, end: int) -> tuple[_Ways, int]:
        """The steps ahead and back of the path that begins here. Section 9.1: alternatives of sequences of steps."""
        ways, place = self._sequence(place, end)
        found = [ways]
        while place < end and self.parts[place].text == "|":
            ways, place = self._sequence(place + 1, end)
            found.append(ways)
        if len(found) == 1:
            return found[0], place
        return (paths.alternative(ahead for ahead, _ in found), paths.alternative(back for _, back in found)), place

    def _sequence(self, place: int, end: int) -> tuple[_Ways, int]:
        ways, place = self._step(place, end)
        found = [ways]
        while place < end and self.parts[place].text == "/":
            ways, place = self._step(place + 1, end)
            found.append(ways)
        if len(found) == 1:
            return found[0], place
        return (paths.sequence(ahead for ahead, _ in found), paths.sequence(back for _, back in reversed(found))), place

    def _step(self, place: int, end: int) -> tuple[_Ways, int]:
        if place >= end:
            raise Unclear
        if self.parts[place].text == "^":
            (ahead, back), place = self._step(place + 1, end)
            return (back, ahead), place
        if self.parts[place].text == "(":
            last = closing(self.parts, place)
            (ahead, back), reached = self.path(place + 1, last)
            if reached != last:
                raise Unclear
            place = last + 1
        else:
            predicate = self._iri(self.parts[place])
            ahead, back, place = paths.forward(predicate), _backward(predicate), place + 1
        if place < end and self.parts[place].text in _REPEATED:
            suffix, place = self.parts[place].text, place + 1
            ahead, back = paths.repeated(ahead, suffix), paths.repeated(back, suffix)
        return (ahead, back), place


def _backward(predicate: ox.NamedNode) -> Step:
    def run(data: Index, node: Term) -> Sequence[Term]:
        if is_value(node):
            raise Enough
        return data.back_edges(node).get(predicate, ())

    return run


def is_value(term: Term) -> bool:
    """Whether the term is a literal that Oxigraph may hold in another form than the document, so that two forms are one there."""
    return isinstance(term, ox.Literal) and term.datatype.value not in _TEXTS
