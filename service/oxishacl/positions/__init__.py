"""Where in a document each of its quads was written: looked up only when there is something to say about one."""

from collections.abc import Sequence
from functools import cached_property

from oxishacl.parsing import jsonld_contexts
from oxishacl.parsing.parser import Contexts
from oxishacl.parsing.source import Document, Limits, Place
from oxishacl.parsing.syntaxes import JSON_LD, N_QUADS, N_TRIPLES, RDF_XML, decode_text
from oxishacl.positions import rdfxml, turtle
from oxishacl.positions.jsonld import JsonLdPositions
from oxishacl.positions.spans import LineIndex, StatementSpan


class SourcePositions:
    """The places of the quads of one document; nothing is read again before the first is asked for."""

    def __init__(self, document: Document, *, limits: Limits, contexts: Contexts) -> None:
        self._document, self._limits, self._contexts = document, limits, contexts

    def of(self, quad: int) -> Place | None:
        """Where the quad with this place in the document is written: predicate and object, or its element or JSON value."""
        found = self._statement(quad)
        return None if found is None else self._lines.place(found.predicate_object, pointer=found.pointer)

    def of_subject(self, quad: int) -> Place | None:
        """Where the subject of the quad is written, or the element or JSON value that the quad comes from."""
        found = self._statement(quad)
        return None if found is None else self._lines.place(found.subject, pointer=found.subject_pointer)

    def _statement(self, quad: int) -> StatementSpan | None:
        if self._document.syntax == JSON_LD:
            return self._cuts.find(self._document.quads, quad)
        return self._statements[quad] if self._statements else None

    @cached_property
    def _text(self) -> bytes:
        return decode_text(self._document.source)

    @cached_property
    def _lines(self) -> LineIndex:
        return LineIndex(self._text)

    @cached_property
    def _statements(self) -> Sequence[StatementSpan]:
        """The statements in the order of the quads; none at all when they are not as many, which no text is known to bring about."""
        readers = {RDF_XML: rdfxml.statements, N_TRIPLES: turtle.lines, N_QUADS: turtle.lines}
        found = list(readers.get(self._document.syntax, turtle.statements)(self._text))
        return found if len(found) == len(self._document.quads) else ()

    @cached_property
    def _cuts(self) -> JsonLdPositions:
        name, limits = self._document.source.name, self._limits
        return JsonLdPositions(jsonld_contexts.resolve_contexts(self._text, name=name, limits=limits, contexts=self._contexts))
