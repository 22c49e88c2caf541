"""Looking up: what people call a party, a paragraph or an example, and what it is in the knowledge."""

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from observance.core import DCTERMS, ELI, HOME, OBS, SKOS, NotFoundError, local_name, nearest_iri
from observance.knowledge.loading import Knowledge

_EXAMPLES: Final = Path("shapes") / "examples"


class KnowledgeLookup(Struct, frozen=True, dict=True):
    """Finds parties, paragraphs and examples of a knowledge base by what people call them."""

    knowledge: Knowledge

    def party(self, code: str) -> str:
        """The IRI of the party with this code or IRI; NotFoundError names the nearest."""
        listed = self.knowledge.instances(OBS + "ListedParty")
        if code in listed:
            return code
        for party in listed:
            if self.knowledge.objects(party, SKOS + "notation") == (code.upper(),):
                return party
        near = nearest_iri(code, among=listed)
        raise NotFoundError("validate.no-party", name=code, nearest=local_name(near) if near else "–")

    @cached_property
    def paragraphs(self) -> Mapping[str, str]:
        """The IRI of each operative paragraph, by its number, in the order of the text."""
        listed = self.knowledge.instances(OBS + "OperativeParagraph")
        ordered = sorted(listed, key=lambda iri: int(next(iter(self.knowledge.objects(iri, OBS + "position")), "0")))
        return {number: iri for iri in ordered for number in self.knowledge.objects(iri, ELI + "number")}

    def paragraph(self, number: str) -> str:
        """The IRI of the paragraph with this number or IRI; NotFoundError lists those that exist."""
        if number in self.paragraphs.values():
            return number
        if number not in self.paragraphs:
            raise NotFoundError("validate.no-paragraph", name=number, known=", ".join(self.paragraphs))
        return self.paragraphs[number]

    @cached_property
    def examples(self) -> Mapping[str, Path]:
        """The file of the example of each paragraph that has one, by number."""
        return {number: file for number, iri in self.paragraphs.items() if (file := self._example(iri)).is_file()}

    def template(self, number: str) -> str:
        """The commented example of the paragraph, in Turtle; NotFoundError when no submission exists under it."""
        self.paragraph(number)
        if number not in self.examples:
            raise NotFoundError("validate.no-template", name=number, known=", ".join(self.examples))
        return self.examples[number].read_text(encoding="utf-8")

    def _example(self, paragraph: str) -> Path:
        stem = next(iter(self.knowledge.objects(paragraph, DCTERMS + "identifier")), "")
        return self.knowledge.root / _EXAMPLES / f"{stem}.ttl"


CONTEXT: Final = HOME + "context.jsonld"
"""The IRI by which a document names the context."""


def known_contexts(root: Path) -> Mapping[str, Mapping[str, Any]]:
    """The JSON-LD context of the knowledge base in the folder by its IRI; empty if it has none."""
    file = root / "ontology" / "context.jsonld"
    return {CONTEXT: json.loads(file.read_text(encoding="utf-8"))["@context"]} if file.is_file() else {}
