"""Lookup of parties, paragraphs and examples by code or number, and the JSON-LD context of a knowledge base."""

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from observance.core import DCTERMS, ELI, HOME, OBS, SKOS, NotFoundError, UsageError, local_name, nearest_iri
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
        """The IRIs of the operative paragraphs by name, as `Knowledge.paragraph_names` gives them."""
        return {name: iri for iri, name in self.knowledge.paragraph_names.items()}

    def paragraph(self, name: str) -> str:
        """Return the IRI of the paragraph with this name, number or IRI.

        Raises NotFoundError with the names that exist, UsageError if paragraphs of several instruments have the number.
        """
        if name in self.knowledge.paragraph_names:
            return name
        instrument, _, number = name.rpartition("/")
        candidates = [iri for iri in self.knowledge.paragraph_names if self._is_called(iri, number=number, instrument=instrument)]
        if not candidates:
            raise NotFoundError("validate.no-paragraph", name=name, known=", ".join(self.paragraphs))
        if len(candidates) > 1:
            names = ", ".join(self.knowledge.paragraph_names[iri] for iri in candidates)
            raise UsageError("validate.several-paragraphs", name=name, names=names)
        return candidates[0]

    def _is_called(self, paragraph: str, *, number: str, instrument: str) -> bool:
        """Whether the paragraph has the number, in the instrument with the short name; in any, if that is empty."""
        if number not in self.knowledge.objects(paragraph, ELI + "number"):
            return False
        found = self.knowledge.instrument(paragraph)
        return not instrument or (found is not None and self.knowledge.instrument_name(found) == instrument)

    @cached_property
    def examples(self) -> Mapping[str, Path]:
        """The files of the examples by the name of the paragraph."""
        return {name: file for name, iri in self.paragraphs.items() if (file := self._example(iri)).is_file()}

    def example(self, paragraph: str) -> Path:
        """Return the file of the commented example for the paragraph; raises what `paragraph` raises, NotFoundError if there is none."""
        name = self.knowledge.paragraph_names[self.paragraph(paragraph)]
        if name not in self.examples:
            raise NotFoundError("validate.no-template", name=name, known=", ".join(self.examples))
        return self.examples[name]

    def template(self, paragraph: str) -> str:
        """Return the commented example for the paragraph in Turtle; raises what `example` raises."""
        return self.example(paragraph).read_text(encoding="utf-8-sig")

    def anchor(self, part: str) -> str:
        """Return the name of the part of a text within a page that shows all texts."""
        return self.knowledge.qualified(part, local_name(part), separator="-")

    def _example(self, paragraph: str) -> Path:
        stem = next(iter(self.knowledge.objects(paragraph, DCTERMS + "identifier")), "")
        return self.knowledge.root / _EXAMPLES / f"{stem}.ttl"


CONTEXT: Final = HOME + "context.jsonld"
"""The IRI of the JSON-LD context in documents."""


def known_contexts(root: Path) -> Mapping[str, Mapping[str, Any]]:
    """Return the JSON-LD context of the knowledge base in the folder, by its IRI; empty if it has none."""
    file = root / "ontology" / "context.jsonld"
    return {CONTEXT: json.loads(file.read_text(encoding="utf-8-sig"))["@context"]} if file.is_file() else {}
