"""Statements in memory, each a triple of texts in N-Triples syntax: what rules are tried on.

Texts and not terms, because a rule compares and looks up far more than it shows: a text is hashed once, a term at each look-up.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import pyoxigraph as ox

from observance.core import RDF

Triple = tuple[str, str, str]
Term = ox.NamedNode | ox.BlankNode | ox.Literal
Row = Mapping[str, Term]
Index = dict[str, dict[str, None]]
TYPE: Final = f"<{RDF}type>"
_LITERAL: Final = re.compile(r'"(?P<value>(?:[^"\\]|\\.)*)"(?:\^\^<(?P<datatype>[^>]*)>|@(?P<language>[A-Za-z0-9-]+))?', re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_ESCAPED: Final = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}


def parse_term(text: str) -> Term:
    """The term that the text stands for."""
    if text.startswith("<"):
        return ox.NamedNode(text[1:-1])
    if text.startswith("_:"):
        return ox.BlankNode(text[2:])
    found = _LITERAL.fullmatch(text)
    assert found is not None, text
    datatype = found["datatype"]
    return ox.Literal(
        _ESCAPE.sub(_unescaped, found["value"]), datatype=ox.NamedNode(datatype) if datatype else None, language=found["language"]
    )


def _unescaped(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    return chr(int(code, 16)) if code else _ESCAPED.get(match[3], match[3])


def iri_of(text: str) -> str:
    """The IRI, or the blank node as it is written, or the value of the literal."""
    if text.startswith("_:"):
        return text
    return text[1:-1] if text.startswith("<") else parse_term(text).value


def node_text(iri: str) -> str:
    """The text of a node, given by its IRI or, if it is blank, as it is written: the inverse of `iri`."""
    return iri if iri.startswith("_:") else f"<{iri}>"


def index_key(triple: Triple) -> str:
    """What the triple of a pattern speaks of: its predicate, and for a type that is named the class."""
    _, predicate, target = triple
    return target if predicate == TYPE and not target.startswith("?") else predicate


def index_keys(triple: Triple) -> tuple[str, ...]:
    """What patterns that a statement may belong to speak of."""
    return (triple[2], TYPE) if triple[1] == TYPE else (triple[1],)


class FactBase:
    """Statements, found by predicate and subject or object.

    `gone` are statements that have been taken back while something is being worked out from what was and what is: they are still
    found, and whoever asks what is now leaves them out. `settle` forgets them.
    """

    def __init__(self, triples: Iterable[Triple] = ()) -> None:
        """The statements, each once."""
        self._out: dict[str, Index] = {}
        self._into: dict[str, Index] = {}
        self.gone: set[Triple] = set()
        for triple in triples:
            self.add(triple)

    def add(self, triple: Triple) -> bool:
        """Whether the statement is new."""
        subject, predicate, target = triple
        objects = self.out(predicate).setdefault(subject, {})
        if target in objects:
            if triple in self.gone:
                self.gone.discard(triple)
                return True
            return False
        objects[target] = None
        inverse = self._into.get(predicate)
        if inverse is not None:
            inverse.setdefault(target, {})[subject] = None
        return True

    def retract(self, triple: Triple) -> bool:
        """Whether the statement was there; it is gone now."""
        if triple not in self:
            return False
        self.gone.add(triple)
        return True

    def commit(self) -> None:
        """What is gone is found no longer."""
        for subject, predicate, target in self.gone:
            _drop(self.out(predicate), subject, target)
            if predicate in self._into:
                _drop(self._into[predicate], target, subject)
        self.gone.clear()

    def out(self, predicate: str) -> Index:
        """The objects by subject of the statements with this predicate; the same dict at every call."""
        found = self._out.get(predicate)
        if found is None:
            found = self._out[predicate] = {}
        return found

    def into(self, predicate: str) -> Index:
        """The subjects by object of the statements with this predicate; the same dict at every call."""
        found = self._into.get(predicate)
        if found is None:
            found = self._into[predicate] = {}
            for subject, objects in self.out(predicate).items():
                for target in objects:
                    found.setdefault(target, {})[subject] = None
        return found

    def __contains__(self, triple: Triple) -> bool:
        return triple[2] in self.out(triple[1]).get(triple[0], ()) and triple not in self.gone

    def __iter__(self) -> Iterator[Triple]:
        for predicate, index in self._out.items():
            for subject, objects in index.items():
                for target in objects:
                    if (subject, predicate, target) not in self.gone:
                        yield subject, predicate, target

    def objects(self, subject: str, predicate: str) -> Iterable[str]:
        """The objects of the statements with this subject and predicate, all three given by their IRIs where they have one."""
        return (iri_of(found) for found in self.out(node_text(predicate)).get(node_text(subject), ()))

    def subjects(self, predicate: str, target: str) -> Iterable[str]:
        """The subjects of the statements with this predicate and object."""
        return (iri_of(found) for found in self.into(node_text(predicate)).get(node_text(target), ()))

    def pairs(self, predicate: str) -> Mapping[str, list[str]]:
        """The objects by subject of the statements with this predicate, without those that have been retracted."""
        pairs: dict[str, list[str]] = {}
        for subject, objects in self.out(f"<{predicate}>").items():
            if current := [target for target in objects if (subject, f"<{predicate}>", target) not in self.gone]:
                pairs[iri_of(subject)] = [iri_of(target) for target in current]
        return pairs


def _drop(index: Index, one: str, other: str) -> None:
    del index[one][other]
    if not index[one]:
        del index[one]
