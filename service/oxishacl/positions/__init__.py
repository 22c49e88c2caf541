"""Where in a document each of its quads was written: looked up only when there is something to say about one."""

from collections.abc import Sequence
from functools import cached_property

from observance.core.model import Document, Place
from observance.core.settings import Settings
from oxishacl.parsing import jsonld_contexts
from oxishacl.parsing.parser import Contexts
from oxishacl.parsing.syntaxes import JSON_LD, N_QUADS, N_TRIPLES, RDF_XML, text_of
from oxishacl.positions import rdfxml, turtle
from oxishacl.positions.jsonld import Cuts
from oxishacl.positions.spans import Lines, Statement


class Positions:
    """The places of the quads of one document; nothing is read again before the first is asked for."""

    def __init__(self, document: Document, *, settings: Settings, contexts: Contexts) -> None:
        self._document, self._settings, self._contexts = document, settings, contexts

    def of(self, quad: int) -> Place | None:
        """Where the quad with this place in the document is written: predicate and object, or its element or JSON value."""
        found = self._statement(quad)
        return None if found is None else self._lines.place(found.own, pointer=found.pointer)

    def of_subject(self, quad: int) -> Place | None:
        """Where the subject of the quad is written, or the element or JSON value that the quad comes from."""
        found = self._statement(quad)
        return None if found is None else self._lines.place(found.subject, pointer=found.subject_pointer)

    def _statement(self, quad: int) -> Statement | None:
        if self._document.syntax == JSON_LD:
            return self._cuts.find(self._document.quads, quad)
        return self._statements[quad] if self._statements else None

    @cached_property
    def _text(self) -> bytes:
        return text_of(self._document.source)

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self._text)

    @cached_property
    def _statements(self) -> Sequence[Statement]:
        """The statements in the order of the quads; none at all when they are not as many, which no text is known to bring about."""
        readers = {RDF_XML: rdfxml.statements, N_TRIPLES: turtle.lines, N_QUADS: turtle.lines}
        found = list(readers.get(self._document.syntax, turtle.statements)(self._text))
        return found if len(found) == len(self._document.quads) else ()

    @cached_property
    def _cuts(self) -> Cuts:
        name, settings = self._document.source.name, self._settings
        return Cuts(jsonld_contexts.resolve(self._text, name=name, settings=settings, contexts=self._contexts))
