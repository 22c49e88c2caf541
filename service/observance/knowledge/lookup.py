"""Lookup of parties, paragraphs and examples by code or number, and the JSON-LD context of a knowledge base."""

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from observance.core import DCTERMS, ELI, HOME, OBS, SKOS, NotFoundError, local_name, nearest_iri
from observance.knowledge.loading import Knowledge

_EXAMPLES: Final = Path("shapes") / "examples"


class KnowledgeLookup(Struct, frozen=True, dict=True):
    """Finds parties, paragraphs and examples of a knowledge base by code or number."""

    knowledge: Knowledge
    declared: Callable[[], tuple[str, ...]] = tuple
    """The parties that the open register declares; it may describe parties that are on no list of the knowledge."""

    def party(self, code: str) -> str:
        """Return the IRI of the party with this code or IRI; raises NotFoundError with the most similar code."""
        listed = self.knowledge.instances(OBS + "ListedParty")
        if code in listed:
            return code
        for party in listed:
            if self.knowledge.objects(party, SKOS + "notation") == (code.upper(),):
                return party
        declared = self.declared()
        for party in declared:
            if code == party or code.casefold() == local_name(party).casefold():
                return party
        near = nearest_iri(code, among=(*listed, *declared))
        raise NotFoundError("validate.no-party", name=code, nearest=local_name(near) if near else "–")

    @cached_property
    def paragraphs(self) -> Mapping[str, str]:
        """The IRIs of the operative paragraphs by number, in the order of the text."""
        paragraphs = self.knowledge.instances(OBS + "OperativeParagraph")
        in_text_order = sorted(paragraphs, key=lambda iri: int(next(iter(self.knowledge.objects(iri, OBS + "position")), "0")))
        return {number: iri for iri in in_text_order for number in self.knowledge.objects(iri, ELI + "number")}

    def paragraph(self, number: str) -> str:
        """Return the IRI of the paragraph with this number or IRI; raises NotFoundError with the numbers that exist."""
        if number in self.paragraphs.values():
            return number
        if number not in self.paragraphs:
            raise NotFoundError("validate.no-paragraph", name=number, known=", ".join(self.paragraphs))
        return self.paragraphs[number]

    @cached_property
    def examples(self) -> Mapping[str, Path]:
        """The files of the examples by paragraph number."""
        return {number: file for number, iri in self.paragraphs.items() if (file := self._example(iri)).is_file()}

    def template(self, number: str) -> str:
        """Return the commented example of the paragraph in Turtle; raises NotFoundError if no submission exists for the paragraph."""
        self.paragraph(number)
        if number not in self.examples:
            raise NotFoundError("validate.no-template", name=number, known=", ".join(self.examples))
        return self.examples[number].read_text(encoding="utf-8")

    def _example(self, paragraph: str) -> Path:
        stem = next(iter(self.knowledge.objects(paragraph, DCTERMS + "identifier")), "")
        return self.knowledge.root / _EXAMPLES / f"{stem}.ttl"


CONTEXT: Final = HOME + "context.jsonld"
"""The IRI of the JSON-LD context in documents."""


def known_contexts(root: Path) -> Mapping[str, Mapping[str, Any]]:
    """Return the JSON-LD context of the knowledge base in the folder, by its IRI; empty if it has none."""
    file = root / "ontology" / "context.jsonld"
    return {CONTEXT: json.loads(file.read_text(encoding="utf-8"))["@context"]} if file.is_file() else {}
