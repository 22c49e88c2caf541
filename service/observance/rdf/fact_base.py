"""Statements in memory, each a triple of terms in N-Triples syntax: the input of rules.

Terms are strings because a rule compares and looks up many more than it returns, and a string computes its hash only once.
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
    """Return the term of an N-Triples text."""
    if text.startswith("<"):
        return ox.NamedNode(text[1:-1])
    if text.startswith("_:"):
        return ox.BlankNode(text[2:])
    match = _LITERAL.fullmatch(text)
    assert match is not None, text
    datatype = match["datatype"]
    return ox.Literal(
        _ESCAPE.sub(_unescape, match["value"]), datatype=ox.NamedNode(datatype) if datatype else None, language=match["language"]
    )


def _unescape(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    return chr(int(code, 16)) if code else _ESCAPED.get(match[3], match[3])


def iri_of(text: str) -> str:
    """Return the IRI, `_:label` or lexical form of a term in N-Triples syntax."""
    if text.startswith("_:"):
        return text
    return text[1:-1] if text.startswith("<") else parse_term(text).value


def node_text(node: str) -> str:
    """Return the N-Triples text of a node, an IRI or `_:label`: the inverse of `iri_of`."""
    return node if node.startswith("_:") else f"<{node}>"


def index_key(pattern: Triple) -> str:
    """Return the key by which a triple pattern is indexed: its predicate, or the class if it asks for instances of a given class."""
    _, predicate, object_ = pattern
    return object_ if predicate == TYPE and not object_.startswith("?") else predicate


def index_keys(triple: Triple) -> tuple[str, ...]:
    """Return the keys of the patterns that can match a statement."""
    return (triple[2], TYPE) if triple[1] == TYPE else (triple[1],)


class FactBase:
    """Statements, indexed by predicate and subject or object.

    Retracted statements are still found through the indexes, so that changes can be derived from the state before and after;
    `retracted` holds them, for callers that need the current state. `commit` removes them.
    """

    def __init__(self, triples: Iterable[Triple] = ()) -> None:
        """Hold the statements without duplicates."""
        self._objects: dict[str, Index] = {}
        self._subjects: dict[str, Index] = {}
        self.retracted: set[Triple] = set()
        self.size = 0
        """The number of statements, with the retracted ones."""
        for triple in triples:
            self.add(triple)

    def copy(self) -> "FactBase":
        """Return a fact base of the same statements, which can change without changing this one; nothing may be retracted."""
        assert not self.retracted
        copy = FactBase()
        copy.size = self.size
        copy._objects = {predicate: {s: dict(objects) for s, objects in index.items()} for predicate, index in self._objects.items()}
        return copy

    def add(self, triple: Triple) -> bool:
        """Add a statement; return whether it is new."""
        subject, predicate, object_ = triple
        objects = self.objects_by_subject(predicate).setdefault(subject, {})
        if object_ in objects:
            if triple in self.retracted:
                self.retracted.discard(triple)
                return True
            return False
        objects[object_] = None
        self.size += 1
        inverse = self._subjects.get(predicate)
        if inverse is not None:
            inverse.setdefault(object_, {})[subject] = None
        return True

    def retract(self, triple: Triple) -> bool:
        """Retract a statement; return whether it was present."""
        if triple not in self:
            return False
        self.retracted.add(triple)
        return True

    def commit(self) -> None:
        """Remove the retracted statements from the indexes."""
        self.size -= len(self.retracted)
        for subject, predicate, object_ in self.retracted:
            _remove(self.objects_by_subject(predicate), subject, object_)
            if predicate in self._subjects:
                _remove(self._subjects[predicate], object_, subject)
        self.retracted.clear()

    def objects_by_subject(self, predicate: str) -> Index:
        """Return the objects by subject of the statements with this predicate; always the same dict, which later changes update."""
        index = self._objects.get(predicate)
        if index is None:
            index = self._objects[predicate] = {}
        return index

    def subjects_by_object(self, predicate: str) -> Index:
        """Return the subjects by object of the statements with this predicate; always the same dict, which later changes update."""
        index = self._subjects.get(predicate)
        if index is None:
            index = self._subjects[predicate] = {}
            for subject, objects in self.objects_by_subject(predicate).items():
                for object_ in objects:
                    index.setdefault(object_, {})[subject] = None
        return index

    def __contains__(self, triple: Triple) -> bool:
        return triple[2] in self.objects_by_subject(triple[1]).get(triple[0], ()) and triple not in self.retracted

    def __iter__(self) -> Iterator[Triple]:
        for predicate, index in self._objects.items():
            for subject, objects in index.items():
                for object_ in objects:
                    if (subject, predicate, object_) not in self.retracted:
                        yield subject, predicate, object_

    def objects(self, subject: str, predicate: str) -> Iterable[str]:
        """Return the objects of the statements with this subject and predicate; nodes are given as IRIs or `_:label`."""
        return (iri_of(object_) for object_ in self.objects_by_subject(node_text(predicate)).get(node_text(subject), ()))

    def subjects(self, predicate: str, object_: str) -> Iterable[str]:
        """Return the subjects of the statements with this predicate and object; nodes are given as IRIs or `_:label`."""
        return (iri_of(subject) for subject in self.subjects_by_object(node_text(predicate)).get(node_text(object_), ()))

    def pairs(self, predicate: str) -> Mapping[str, list[str]]:
        """Return the objects by subject of the statements with this predicate, without retracted ones; nodes as IRIs or `_:label`."""
        pairs: dict[str, list[str]] = {}
        for subject, objects in self.objects_by_subject(f"<{predicate}>").items():
            if current := [object_ for object_ in objects if (subject, f"<{predicate}>", object_) not in self.retracted]:
                pairs[iri_of(subject)] = [iri_of(object_) for object_ in current]
        return pairs


def _remove(index: Index, key: str, member: str) -> None:
    del index[key][member]
    if not index[key]:
        del index[key]
