"""What shapes say of themselves: messages, severity, what they rest on, by the IRI of each."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

import pyoxigraph as ox

from observance.core.namespaces import DCTERMS, SH
from oxishacl.data_graph import Statement
from oxishacl.terms import Resource

_PROPERTY: Final = SH + "property"


class Said:
    """The shapes of a shapes graph as their author speaks in them; nothing is checked here."""

    def __init__(self, quads: Iterable[Statement]) -> None:
        """Keep what is said, in the order of the files."""
        self._values: dict[tuple[str, str], list[ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple]] = defaultdict(list)
        self._parents: dict[str, list[str]] = defaultdict(list)
        for quad in quads:
            subject, predicate, value = name(quad.subject), quad.predicate, quad.object
            self._values[subject, predicate.value].append(value)
            if predicate.value == _PROPERTY:
                self._parents[name(value)].append(subject)

    def messages(self, shape: str) -> dict[str, str]:
        """The messages of a shape, by language."""
        texts = self._values.get((shape, SH + "message"), ())
        return {text.language: text.value for text in texts if isinstance(text, ox.Literal) and text.language}

    def speaking(self) -> tuple[str, ...]:
        """The shapes that have a message, in the order of the files."""
        return tuple(shape for shape, predicate in self._values if predicate == SH + "message")

    def severity(self, shape: str) -> str:
        """The local name of the shape's severity; `Violation` when it has none (SHACL 1.0, section 2.1.4)."""
        return (self._first(shape, SH + "severity") or SH + "Violation").rpartition("#")[2]

    def source(self, shape: str) -> str | None:
        """What the shape rests on: its own `dcterms:source`, else that of a shape that it belongs to."""
        own = self._first(shape, DCTERMS + "source")
        if own is not None:
            return own
        return next((source for parent in self._parents.get(shape, ()) if (source := self.source(parent))), None)

    def wanted(self, shape: str) -> str | None:
        """The class that the values of the shape must have, if it asks for one."""
        return self._first(shape, SH + "class")

    def _first(self, shape: str, predicate: str) -> str | None:
        values = self._values.get((shape, predicate), ())
        return next((name(value) for value in values), None)


def name(term: Resource | ox.Literal | ox.Triple) -> str:
    """The IRI, `_:label` or lexical form."""
    return term.value if isinstance(term, ox.NamedNode | ox.Literal) else str(term)
