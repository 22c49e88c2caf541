"""The labels of things in one language: their own, else one that is put together from what they are about."""

from itertools import islice
from typing import Final

import pyoxigraph as ox
from msgspec import Struct, field

from observance.core import (
    DCTERMS,
    ELI,
    OBS,
    PREFIXES,
    RDF,
    RDFS,
    SH,
    SKOS,
    capitalise,
    compact,
    local_name,
    message_catalogue,
    translate,
    typographic,
)
from observance.rdf import Store
from observance.resources.model import ResourceValue

TYPE: Final = RDF + "type"
NAMES: Final = (SKOS + "prefLabel", RDFS + "label", DCTERMS + "title", SH + "name")
NOTATION: Final = SKOS + "notation"
_REFERENCE: Final = DCTERMS + "identifier"
_ENDS: Final = (OBS + "linkFrom", OBS + "linkTo")
_WHOLES: Final = (ELI + "is_part_of", OBS + "inEdition", OBS + "editionOf")
_ABOUT: Final = (
    *(OBS + name for name in ("onBehalfOf", "statesAbout", "provision", "participant", "numbers")),
    PREFIXES["org"] + "member",
)
"""What a thing without a name is about: the first of these properties that it has."""
_SAID: Final = OBS + "statesProperty"
"""The property by which a statement says something, which tells statements about one thing apart."""
_MOST_TEXTS: Final = 50
"""How many texts of one property are looked through for one in the language."""
_LONGEST: Final = 160
_MOST_STEPS: Final = 2
_WEB: Final = ("https://", "http://")


Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


class Labels(Struct, frozen=True, dict=True):
    """The labels in a language of the things in a store."""

    store: Store
    lang: str
    known: dict[str, str] = field(default_factory=dict)

    def of(self, iri: str, *, steps: int = _MOST_STEPS) -> str:
        """The label of the thing with the IRI; one without any is called by its kind and by what it is about, in so many steps."""
        if iri not in self.known:
            self.known[iri] = typographic(shortened(self.name(iri) or self._foreign(iri) or self._composed(iri, steps=steps)))
        return self.known[iri]

    def name(self, iri: str) -> str:
        """The name that the thing has in the language, else in any; empty if it has none."""
        found = ""
        for predicate in NAMES:
            texts = [value for value in self.values(iri, predicate, most=_MOST_TEXTS) if isinstance(value, ox.Literal)]
            for text in texts:
                if text.language == self.lang:
                    return text.value
            found = found or next((text.value for text in texts), "")
        return found

    def values(self, iri: str, predicate: str, *, most: int) -> list[Term]:
        """The first values of the property, so many at most."""
        return [triple.object for triple in islice(self.store.statements(subject=ox.NamedNode(iri), predicate=predicate), most)]

    def _within(self, iri: str, *, steps: int) -> str:
        """The label of a part with that of the whole, since parts of several texts have one name."""
        whole = next((found for predicate in _WHOLES if (found := self._first(iri, predicate))), "")
        label = self.of(iri, steps=steps)
        return f"{label} ({self.of(whole, steps=0)})" if whole else label

    def kind(self, iri: str) -> str:
        """The label of the first of its kinds; empty if it has none."""
        kind = self._first(iri, TYPE)
        return self.of(kind) if kind else ""

    def title(self, iri: str) -> str:
        """The name of the thing, else its reference; empty if it has none."""
        return shortened(self.name(iri) or self._reference(iri))

    def value(self, iri: str) -> ResourceValue:
        """The thing as a value, with its label."""
        return ResourceValue(self.of(iri), iri, is_described=self.is_described(iri))

    def _foreign(self, iri: str) -> str:
        """What the program calls a term of another vocabulary; empty if it does not know it."""
        key = compact(iri).replace(":", "-")
        return translate(f"terms.{key}", self.lang) if key in message_catalogue("terms") else ""

    def is_described(self, iri: str) -> bool:
        """Whether anything is said of the thing."""
        return next(self.store.statements(subject=ox.NamedNode(iri)), None) is not None

    def _composed(self, iri: str, *, steps: int) -> str:
        if not self.is_described(iri):
            return iri if iri.startswith(_WEB) else local_name(iri) or iri
        ends = [self._first(iri, end) for end in _ENDS]
        if steps and all(ends):
            return " → ".join(self._within(end, steps=steps - 1) for end in ends)
        kind = self._first(iri, TYPE)
        called = self.of(kind, steps=0) if kind and steps else ""
        about = next((found for predicate in _ABOUT if steps and (found := self._first(iri, predicate))), "")
        said = self._first(iri, _SAID)
        reference = self._reference(iri) or (self.of(said, steps=0) if said and steps else "")
        parts = [capitalise(called), self.of(about, steps=steps - 1) if about else "", reference or ("" if about else local_name(iri))]
        return ", ".join(part for part in parts if part) or iri

    def _reference(self, iri: str) -> str:
        return next((value.value for value in self.values(iri, _REFERENCE, most=1) if isinstance(value, ox.Literal)), "")

    def _first(self, iri: str, predicate: str) -> str:
        """The IRI of the first value of the property that has one."""
        values = self.values(iri, predicate, most=_MOST_TEXTS)
        return next((value.value for value in values if isinstance(value, ox.NamedNode)), "")


def shortened(text: str) -> str:
    """The text, without its end if it is longer than a label may be."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
