"""What pages say of a thing in one language: its label, texts and facts, and the address of its description."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from msgspec import Struct

from observance.core import HOME, OBS, local_name, translate
from observance.documentation.contents import PageAddress
from observance.documentation.records import DEFINITION, NodeText, Records, RecordTerm

_CONFIDENCE: Final = OBS + "confidence"
_YES_NO: Final = {"true": "publishing.yes", "false": "publishing.no"}
_NOTES: Final = (DEFINITION, OBS + "gist", OBS + "confidenceNote", "http://www.w3.org/2004/02/skos/core#note")


class DescribedValue(Struct, frozen=True):
    """A value on a page: its text, link and IRI (`title`), the degree of confidence it stands for, and its paragraph number."""

    text: NodeText
    href: str | None = None
    title: str | None = None
    confidence: str | None = None
    number: str | None = None


class DescribedFact(Struct, frozen=True):
    """The name of a property, and its values."""

    name: NodeText
    values: tuple[DescribedValue, ...]


class Describer:
    """Describes things for the pages of one language."""

    def __init__(self, records: Records, *, addresses: Mapping[str, PageAddress], lang: str) -> None:
        """`addresses` are the addresses of all things described."""
        self.records, self.addresses, self.lang = records, addresses, lang
        self._own = (HOME, *records.values("ontologies", "namespace"))
        self._numbers = {row["paragraph"].value: row["number"].value for row in records.rows["paragraph-norms"] if "number" in row}

    def label(self, iri: str) -> NodeText:
        """The label of the thing."""
        return self.records.texts.label(iri, lang=self.lang)

    def notes(self, iri: str) -> list[NodeText]:
        """The definition, gist and notes of the thing."""
        return [text for prop in _NOTES for text in self.records.texts.in_language(iri, prop, lang=self.lang)]

    def text(self, iri: str, name: str) -> NodeText | None:
        """The value of a text property of the vocabulary."""
        return self.records.texts.preferred(iri, OBS + name, lang=self.lang)

    def quotations(self, iri: str, name: str) -> tuple[NodeText, ...]:
        """The values of a property of the vocabulary that quotes a text, in the language of that text."""
        return self.records.texts.in_any_language(iri, OBS + name)

    def cues(self, norm: str, *, paragraph: str) -> list[NodeText]:
        """The cues of a norm in reading order: first those of the opening words, then those of its paragraph."""
        wording = " ".join(text.value for text in self.quotations(paragraph, "authenticText"))
        return sorted(self.quotations(norm, "cue"), key=lambda text: wording.find(text.value))

    def href(self, iri: str, *, page: str) -> str | None:
        """The link to the description of the thing from a page; for a thing of others its IRI, if it is a web address."""
        address = self.addresses.get(iri)
        if address is None:
            return iri if iri.startswith(("http://", "https://")) and not iri.startswith(self._own) else None
        return f"#{address.anchor}" if address.page == page else f"{address.page}.html#{address.anchor}"

    def anchor(self, iri: str) -> str:
        """The anchor of the description."""
        return self.addresses[iri].anchor

    def value(self, term: RecordTerm, *, page: str, prop: str = "") -> DescribedValue:
        """The value as the page shows it."""
        if not term.is_iri:
            text = translate(_YES_NO[term.value], self.lang) if term.value in _YES_NO else term.value
            return DescribedValue(NodeText(text, term.lang.partition("-")[0].lower() if term.lang else None))
        confidence = local_name(term.value) if prop == _CONFIDENCE else None
        number = self._numbers.get(term.value)
        return DescribedValue(self.label(term.value), self.href(term.value, page=page), term.value, confidence, number)

    def reference(self, iri: str, *, page: str) -> DescribedValue:
        """The reference to a thing on the page."""
        return self.value(RecordTerm(iri, is_iri=True), page=page)

    def references(self, iris: Iterable[str], *, page: str) -> list[DescribedValue]:
        """The references to the things on the page, each once."""
        return [self.reference(iri, page=page) for iri in dict.fromkeys(iris)]

    def facts(self, iri: str, *, page: str, without: Collection[str] = ()) -> list[DescribedFact]:
        """The facts about the thing, texts excepted; `without` are local names of properties to leave out."""
        facts = self.records.facts.get(iri, {})
        shown = {prop: terms for prop, terms in facts.items() if local_name(prop) not in without}
        return [DescribedFact(self._name(prop), self._values(prop, terms, page=page)) for prop, terms in shown.items()]

    def _values(self, prop: str, terms: Iterable[RecordTerm], *, page: str) -> tuple[DescribedValue, ...]:
        values = list(terms)
        # Of a text in several languages the page shows the one in its own.
        texts = [term for term in values if term.lang and term.lang.startswith(self.lang)] or [term for term in values if term.lang]
        return tuple(self.value(term, page=page, prop=prop) for term in values if not term.lang or term in texts)

    def _name(self, prop: str) -> NodeText:
        label = self.label(prop)
        return NodeText(translate(f"publishing.fact-{local_name(prop)}", self.lang)) if label.code else label

    def sort_by_label(self, iris: Iterable[str]) -> list[str]:
        """The things in alphabetical order of their labels."""
        return self.records.texts.sort_by_label(iris, lang=self.lang)
