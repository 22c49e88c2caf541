"""The operative paragraphs of a knowledge base and the example of a submission under each."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from observance.core.namespaces import DCTERMS, ELI, OBS
from observance.knowledge.loading import Knowledge

_EXAMPLES: Final = Path("shapes") / "examples"


def paragraphs(knowledge: Knowledge) -> Mapping[str, str]:
    """The IRI of each operative paragraph, by its number, in the order of the text."""
    found = knowledge.instances(OBS + "OperativeParagraph")
    ordered = sorted(found, key=lambda iri: int(next(iter(knowledge.objects(iri, OBS + "position")), "0")))
    return {number: iri for iri in ordered for number in knowledge.objects(iri, ELI + "number")}


def examples(knowledge: Knowledge, *, paragraphs: Mapping[str, str]) -> Mapping[str, Path]:
    """The file of the example of each paragraph that has one, by number."""
    return {number: file for number, iri in paragraphs.items() if (file := _example(knowledge, iri)).is_file()}


def _example(knowledge: Knowledge, paragraph: str) -> Path:
    stem = next(iter(knowledge.objects(paragraph, DCTERMS + "identifier")), "")
    return knowledge.root / _EXAMPLES / f"{stem}.ttl"
