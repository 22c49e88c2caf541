"""The display names of nodes: labels, days in words, identifiers of documents."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Final

import pyoxigraph as ox

from observance.core import DCTERMS, LANGUAGES, OBS, RDF, RDFS, SKOS, XSD, compact, format_day, format_days, translate
from observance.rdf import StatementRow

# A register's own label of a party takes precedence over that of the concept scheme.
_LABELS: Final = (RDFS + "label", SKOS + "prefLabel", DCTERMS + "title")
_IDENTIFIER: Final = DCTERMS + "identifier"
_DAY_TYPES: Final = frozenset({XSD + "date", XSD + "dateTime"})
_KIND_IF_FALSE: Final = OBS + "kindIfFalse"
_HELD_ON: Final = OBS + "heldOn"
_HELD_UNTIL: Final = OBS + "heldUntil"
_NAME_IN_SENTENCE: Final = OBS + "nameInSentence"
_INDEXED: Final = frozenset({*_LABELS, _NAME_IN_SENTENCE, _IDENTIFIER, _KIND_IF_FALSE, _HELD_ON, _HELD_UNTIL, RDF + "type"})


class NodeNames:
    """The display names of the nodes in some statements, in every language."""

    def __init__(self, *statements: Iterable[ox.Quad | StatementRow]) -> None:
        """The statements are indexed on first use."""
        self._statements = statements

    @property
    def _quads(self) -> Iterator[ox.Quad | StatementRow]:
        return chain.from_iterable(self._statements)

    @cached_property
    def _index(self) -> Mapping[tuple[str, str], list[ox.NamedNode | ox.Literal]]:
        """The objects by subject and predicate, for the predicates that names are made of."""
        index: dict[tuple[str, str], list[ox.NamedNode | ox.Literal]] = defaultdict(list)
        for quad in self._quads:
            subject, value = quad.subject, quad.object
            if quad.predicate.value in _INDEXED and isinstance(subject, ox.NamedNode) and isinstance(value, ox.NamedNode | ox.Literal):
                index[subject.value, quad.predicate.value].append(value)
        return index

    @cached_property
    def _denied_kinds(self) -> Mapping[str, str]:
        """The kind of each document that denies what makes it of its class, such as a notification without an intention."""
        kinds = {property_: values[0].value for (property_, predicate), values in self._index.items() if predicate == _KIND_IF_FALSE}
        false = (quad for quad in self._quads if quad.predicate.value in kinds and getattr(quad.object, "value", "") in {"false", "0"})
        return {quad.subject.value: kinds[quad.predicate.value] for quad in false if isinstance(quad.subject, ox.NamedNode)}

    def label(self, iri: str, lang: str) -> str | None:
        """The label in the language or else in another of LANGUAGES; None if there is none."""
        return self._text(iri, lang, predicates=_LABELS)

    def _text(self, iri: str, lang: str, *, predicates: Sequence[str]) -> str | None:
        for predicate in predicates:
            labels = {o.language: o.value for o in self._index.get((iri, predicate), ()) if isinstance(o, ox.Literal) and o.language}
            for language in (lang, *LANGUAGES):
                if language in labels:
                    return labels[language]
        return None

    def name(self, iri: str, lang: str) -> str:
        """The display name of a node.

        That is its label, for a meeting with its days; for a document its kind, with its identifier if it has one; else its compact IRI.
        """
        label = self.label(iri, lang)
        days = sorted(o.value for o in self._index.get((iri, _HELD_ON), ()))
        if label and days:
            until = sorted(o.value for o in self._index.get((iri, _HELD_UNTIL), ()))
            return f"{label} ({format_days(days[0], max([days[0], *until]), lang)})"
        identifiers = sorted(o.value for o in self._index.get((iri, _IDENTIFIER), ()))
        types = [self._denied_kinds[iri]] if iri in self._denied_kinds else [o.value for o in self._index.get((iri, RDF + "type"), ())]
        kinds = sorted(kind for type_ in types if (kind := self.label(type_, lang)))
        if label and not identifiers:
            return label
        if not identifiers:
            return kinds[0] if kinds else compact(iri)
        return translate("assessment.document", lang, kind=kinds[0], name=identifiers[0]) if kinds else identifiers[0]

    def in_sentence(self, iri: str, lang: str) -> str:
        """The name of a node as it stands within a sentence, with an article where it takes one."""
        return self._text(iri, lang, predicates=(_NAME_IN_SENTENCE,)) or self.name(iri, lang)

    def term(self, term: object, lang: str) -> str:
        """The text of a term within a sentence: the name of an IRI, a day in words, the lexical form of any other literal."""
        if isinstance(term, ox.NamedNode):
            return self.in_sentence(term.value, lang)
        if isinstance(term, ox.Literal):
            return format_day(term.value, lang) if term.datatype.value in _DAY_TYPES else term.value
        return translate("assessment.unnamed", lang)
