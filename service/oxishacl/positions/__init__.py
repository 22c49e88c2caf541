"""Where in a document each of its quads is written, and which quad a validation result is about; computed only when asked for."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain

import pyoxigraph as ox
from msgspec import Struct

from oxishacl.parsing import Contexts
from oxishacl.parsing.jsonld_contexts import resolve_contexts
from oxishacl.parsing.source import Document, Limits, LineIndex, Place, StatementSpan
from oxishacl.parsing.syntaxes import JSON_LD, N_QUADS, N_TRIPLES, RDF_XML, decode_text
from oxishacl.positions import rdfxml, turtle
from oxishacl.positions.jsonld import JsonLdPositions
from oxishacl.terms import Term


class SourcePositions:
    """The places of the quads of one document; a quad is given by its number in the document, from 0."""

    def __init__(self, document: Document, *, limits: Limits, contexts: Contexts) -> None:
        self._document, self._limits, self._contexts = document, limits, contexts

    def of(self, quad: int) -> Place | None:
        """The place of the quad's predicate and object, or of its element or JSON value; None where it cannot be found."""
        span = self._span(quad)
        return None if span is None else self._lines.place(span.predicate_object, pointer=span.pointer)

    def of_subject(self, quad: int) -> Place | None:
        """The place of the quad's subject, or of its element or JSON value; None where it cannot be found."""
        span = self._span(quad)
        return None if span is None else self._lines.place(span.subject, pointer=span.subject_pointer)

    def _span(self, quad: int) -> StatementSpan | None:
        if self._document.syntax == JSON_LD:
            return self._json_ld.find(self._document.quads, quad)
        return self._spans[quad] if self._spans else None

    @cached_property
    def _text(self) -> bytes:
        return decode_text(self._document.source)

    @cached_property
    def _lines(self) -> LineIndex:
        return LineIndex(self._text)

    @cached_property
    def _spans(self) -> Sequence[StatementSpan]:
        """The spans in the order of the quads; empty if their numbers differ, as they do for triple terms in RDF/XML."""
        readers = {RDF_XML: rdfxml.statement_spans, N_TRIPLES: turtle.line_spans, N_QUADS: turtle.line_spans}
        spans = list(readers.get(self._document.syntax, turtle.statement_spans)(self._text))
        return spans if len(spans) == len(self._document.quads) else ()

    @cached_property
    def _json_ld(self) -> JsonLdPositions:
        name, limits = self._document.source.name, self._limits
        return JsonLdPositions(resolve_contexts(self._text, name=name, limits=limits, contexts=self._contexts))


class LocatedQuad(Struct, frozen=True):
    """A quad by its number in the data graph; with `subject_only`, just its subject is meant."""

    number: int
    subject_only: bool = False


class QuadFinder:
    """Finds the quad of a data graph that a validation result is about."""

    def __init__(self, quads: Iterable[ox.Quad]) -> None:
        self._quads = tuple(quads)
        self._by_subject: dict[Term, list[int]] = defaultdict(list)
        self._by_object: dict[Term, list[int]] = defaultdict(list)
        self._by_ends: dict[tuple[Term, Term], list[int]] = defaultdict(list)
        for number, quad in enumerate(self._quads):
            self._by_subject[quad.subject].append(number)  # type: ignore[index]
            self._by_object[quad.object].append(number)  # type: ignore[index]
            self._by_ends[quad.subject, quad.object].append(number)  # type: ignore[index]
        self._by_predicate: dict[Term, dict[Term, list[int]]] = {}
        self._mentions: dict[Term, dict[Term, tuple[int]]] = {}

    def find(self, focus: Term, *, path: Term | None, value: Term | None) -> LocatedQuad | None:
        """The quad focus node–path–value; else one of the focus node with that path; else the subject of its first quad."""
        with_subject = self._by_subject.get(focus, ())
        number = self._best_match(focus, path=path, value=value) if value is not None or path is not None else None
        if number is not None:
            return LocatedQuad(number)
        if with_subject:
            return LocatedQuad(with_subject[0], subject_only=True)
        with_object = self._by_object.get(focus, ())
        return LocatedQuad(with_object[0]) if with_object else None

    def _best_match(self, focus: Term, *, path: Term | None, value: Term | None) -> int | None:
        quads = self._quads
        if value is None:
            with_path = () if path is None else self._with_predicate(focus).get(path, ())
            return with_path[-1] if with_path else None
        with_value = self._by_ends.get((focus, value), ())
        candidates = chain(
            (number for number in with_value if quads[number].predicate == path),
            with_value,
            self._first_mentions(focus).get(value, ()),
            self._by_object.get(value, ()) if path is not None and value not in self._by_subject else (),
        )
        return next(candidates, None)

    def _first_mentions(self, subject: Term) -> Mapping[Term, Sequence[int]]:
        """The number of the subject's first quad with each predicate or datatype."""
        numbers = self._mentions.get(subject)
        if numbers is None:
            numbers = self._mentions[subject] = {}
            for number in self._by_subject.get(subject, ()):
                quad = self._quads[number]
                for term in (quad.predicate, getattr(quad.object, "datatype", None)):
                    if term is not None:
                        numbers.setdefault(term, (number,))
        return numbers

    def _with_predicate(self, subject: Term) -> Mapping[Term, Sequence[int]]:
        """The numbers of the subject's quads by their predicates."""
        numbers = self._by_predicate.get(subject)
        if numbers is None:
            numbers = self._by_predicate[subject] = {}
            for number in self._by_subject.get(subject, ()):
                numbers.setdefault(self._quads[number].predicate, []).append(number)
        return numbers


class PositionFinder:
    """Finds the place in one document that a validation result is about."""

    def __init__(self, quads: Iterable[ox.Quad], *, positions: SourcePositions) -> None:
        self._quads, self._positions = QuadFinder(quads), positions

    def place(self, focus: Term, *, path: Term | None, value: Term | None) -> Place | None:
        """The place of the quad that `QuadFinder.find` gives; None for a node that the document does not name."""
        quad = self._quads.find(focus, path=path, value=value)
        if quad is None:
            return None
        return self._positions.of_subject(quad.number) if quad.subject_only else self._positions.of(quad.number)
