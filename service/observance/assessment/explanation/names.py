"""How things are called in an answer: documents by their identifier, days in words, everything else by its label."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Final

import pyoxigraph as ox

from observance.core import DCTERMS, LANGUAGES, OBS, RDF, RDFS, SKOS, XSD, compact, format_day, translate

# A register's own name for a party comes before the list's.
_LABELS: Final = (RDFS + "label", SKOS + "prefLabel", DCTERMS + "title")
_IDENTIFIER: Final = DCTERMS + "identifier"
_DAYS: Final = frozenset({XSD + "date", XSD + "dateTime"})
_HELD: Final = OBS + "heldOn"
_WANTED: Final = frozenset({*_LABELS, _IDENTIFIER, _HELD, RDF + "type"})


class NodeNames:
    """The names in the statements given, in every language."""

    def __init__(self, quads: Iterable[ox.Quad]) -> None:
        """Nothing is indexed before a name is asked for."""
        self._quads = quads

    @cached_property
    def _index(self) -> Mapping[tuple[str, str], list[ox.NamedNode | ox.Literal]]:
        found: dict[tuple[str, str], list[ox.NamedNode | ox.Literal]] = defaultdict(list)
        for quad in self._quads:
            subject, named = quad.subject, quad.object
            if quad.predicate.value in _WANTED and isinstance(subject, ox.NamedNode) and isinstance(named, ox.NamedNode | ox.Literal):
                found[subject.value, quad.predicate.value].append(named)
        return found

    def label(self, iri: str, lang: str) -> str | None:
        """The label in the language; None when there is none in any of ours."""
        for predicate in _LABELS:
            found = {o.language: o.value for o in self._index.get((iri, predicate), ()) if isinstance(o, ox.Literal) and o.language}
            for language in (lang, *LANGUAGES):
                if language in found:
                    return found[language]
        return None

    def name(self, iri: str, lang: str) -> str:
        """What the thing is called: its label, a meeting with its day, a record by its kind with its identifier or short IRI."""
        label = self.label(iri, lang)
        days = sorted(o.value for o in self._index.get((iri, _HELD), ()))
        if label and days:
            return f"{label} ({format_day(days[0], lang)})"
        identifiers = sorted(o.value for o in self._index.get((iri, _IDENTIFIER), ()))
        kinds = sorted(kind for o in self._index.get((iri, RDF + "type"), ()) if (kind := self.label(o.value, lang)))
        if label and not identifiers:
            return label
        name = identifiers[0] if identifiers else compact(iri)
        return translate("assessment.document", lang, kind=kinds[0], name=name) if kinds else name

    def term(self, term: object, lang: str) -> str:
        """The term as a sentence shows it."""
        if isinstance(term, ox.NamedNode):
            return self.name(term.value, lang)
        if isinstance(term, ox.Literal):
            return format_day(term.value, lang) if term.datatype.value in _DAYS else term.value
        return translate("assessment.unnamed", lang)
