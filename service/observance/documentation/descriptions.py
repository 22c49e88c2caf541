"""What a page may say of a thing, in one language: its name, its words, its facts and where it is described."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from observance.core.i18n import translate
from observance.core.namespaces import HOME, OBS, local_name
from observance.documentation.contents import PageAddress
from observance.documentation.records import DEFINITION, LabelText, Records, RecordTerm

_CONFIDENCE: Final = OBS + "confidence"
_YES_NO: Final = {"true": "publishing.yes", "false": "publishing.no"}
_NOTES: Final = (DEFINITION, OBS + "gist", OBS + "confidenceNote", "http://www.w3.org/2004/02/skos/core#note")


@dataclass(frozen=True, slots=True)
class DescribedValue:
    """A value as it is shown: its text, where it leads, what stands behind it, and its number in the text that it is part of."""

    text: LabelText
    href: str | None = None
    title: str | None = None
    mark: str | None = None
    number: str | None = None


@dataclass(frozen=True, slots=True)
class DescribedFact:
    """A property and its values."""

    name: LabelText
    values: tuple[DescribedValue, ...]


class Describer:
    """The records, read for the pages of one language."""

    def __init__(self, records: Records, *, places: Mapping[str, PageAddress], lang: str) -> None:
        """`places` says where each thing is described."""
        self.records, self.places, self.lang = records, places, lang
        self._own = (HOME, *records.values("ontologies", "namespace"))
        self._numbers = {row["paragraph"].value: row["number"].value for row in records.rows["paragraph-norms"] if "number" in row}

    def label(self, iri: str) -> LabelText:
        """What the thing is called."""
        return self.records.words.label(iri, lang=self.lang)

    def definition(self, iri: str) -> LabelText | None:
        """What it is."""
        return self.records.words.one(iri, DEFINITION, lang=self.lang)

    def notes(self, iri: str) -> list[LabelText]:
        """What is said of it in sentences: definition, gist, notes."""
        return [text for prop in _NOTES for text in self.records.words.all(iri, prop, lang=self.lang)]

    def said(self, iri: str, name: str) -> LabelText | None:
        """What is said of it with a property of the vocabulary."""
        return self.records.words.one(iri, OBS + name, lang=self.lang)

    def quoted(self, iri: str, name: str) -> tuple[LabelText, ...]:
        """The words of a text that are quoted with a property of the vocabulary, in the language of the text."""
        return self.records.words.every(iri, OBS + name)

    def cues(self, norm: str, *, paragraph: str) -> list[LabelText]:
        """The words that a norm rests on as one reads them: those of the opening words first, then those of its paragraph."""
        wording = " ".join(text.value for text in self.quoted(paragraph, "authenticText"))
        return sorted(self.quoted(norm, "cue"), key=lambda text: wording.find(text.value))

    def href(self, iri: str, *, page: str) -> str | None:
        """Where the thing is described, seen from a page; for what is not ours its own address."""
        place = self.places.get(iri)
        if place is None:
            return iri if iri.startswith(("http://", "https://")) and not iri.startswith(self._own) else None
        return f"#{place.anchor}" if place.page == page else f"{place.page}.html#{place.anchor}"

    def anchor(self, iri: str) -> str:
        """The anchor under which it is described."""
        return self.places[iri].anchor

    def value(self, term: RecordTerm, *, page: str, prop: str = "") -> DescribedValue:
        """A value as it is shown on the page."""
        if not term.is_iri:
            text = translate(_YES_NO[term.value], self.lang) if term.value in _YES_NO else term.value
            return DescribedValue(LabelText(text, term.lang.partition("-")[0].lower() if term.lang else None))
        mark = local_name(term.value) if prop == _CONFIDENCE else None
        return DescribedValue(self.label(term.value), self.href(term.value, page=page), term.value, mark, self._numbers.get(term.value))

    def reference(self, iri: str, *, page: str) -> DescribedValue:
        """The thing as it is referred to on the page."""
        return self.value(RecordTerm(iri, is_iri=True), page=page)

    def references(self, iris: Iterable[str], *, page: str) -> list[DescribedValue]:
        """The things as they are referred to on the page, each once."""
        return [self.reference(iri, page=page) for iri in dict.fromkeys(iris)]

    def facts(self, iri: str, *, page: str, without: Collection[str] = ()) -> list[DescribedFact]:
        """What is said of the thing besides words; `without` names properties by their local names."""
        found = self.records.facts.get(iri, {})
        kept = {prop: terms for prop, terms in found.items() if local_name(prop) not in without}
        return [DescribedFact(self._name(prop), self._values(prop, terms, page=page)) for prop, terms in kept.items()]

    def _values(self, prop: str, terms: Iterable[RecordTerm], *, page: str) -> tuple[DescribedValue, ...]:
        known = list(terms)
        # A text in several languages is said once, in that of the page.
        spoken = [term for term in known if term.lang and term.lang.startswith(self.lang)] or [term for term in known if term.lang]
        return tuple(self.value(term, page=page, prop=prop) for term in known if not term.lang or term in spoken)

    def _name(self, prop: str) -> LabelText:
        label = self.label(prop)
        return LabelText(translate(f"publishing.fact-{local_name(prop)}", self.lang)) if label.code else label

    def ordered(self, iris: Iterable[str]) -> list[str]:
        """The things in the order of the alphabet."""
        return self.records.words.ordered(iris, lang=self.lang)
