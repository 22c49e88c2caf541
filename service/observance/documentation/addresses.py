"""Where each thing is described: page and anchor, the same in every language."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from observance.core.namespaces import compact, local_name
from observance.documentation.records import Records

PAGES: Final = ("index", "vocabulary", "code-lists", "norms", "open-points", "readings", "instruments", "links", "parties")
"""The pages of each language, in the order in which they are offered."""

# Which columns of which question hold what a page describes.
_DESCRIBED: Final = (
    ("vocabulary", "ontologies", "ontology"),
    ("vocabulary", "classes", "class"),
    ("vocabulary", "properties", "property"),
    ("code-lists", "code-lists", "scheme"),
    ("code-lists", "code-lists", "concept"),
    ("norms", "paragraph-norms", "paragraph"),
    ("norms", "paragraph-norms", "norm"),
    ("norms", "paragraph-norms", "qualifier"),
    ("open-points", "point-list", "point"),
    ("open-points", "point-list", "alternative"),
    ("readings", "reading-list", "reading"),
    ("readings", "reading-list", "parameter"),
    ("instruments", "instrument-list", "instrument"),
    ("links", "links", "link"),
    ("parties", "party-list", "list"),
    ("parties", "party-list", "party"),
)


@dataclass(frozen=True, slots=True)
class PageAddress:
    """A page and the anchor on it."""

    page: str
    anchor: str


def page_addresses(records: Records, *, parts: Iterable[str]) -> dict[str, PageAddress]:
    """The place of every IRI that is described; `parts` are the editions and provisions, described with their instruments."""
    found: dict[str, PageAddress] = {}
    taken: set[tuple[str, str]] = set()
    described = [(page, iri) for page, question, name in _DESCRIBED for iri in records.values(question, name)]
    for page, iri in (*described, *(("instruments", part) for part in parts)):
        if iri not in found:
            anchor = _anchor(iri, page=page, taken=taken)
            taken.add((page, anchor))
            found[iri] = PageAddress(page, anchor)
    return found


def _anchor(iri: str, *, page: str, taken: set[tuple[str, str]]) -> str:
    """The local name, or where another has it already the short name, or that with a number."""
    short = re.sub(r"[^\w.-]+", "-", compact(iri).strip("<>"))
    wished = [local_name(iri) or short, short, *(f"{short}-{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in wished if name and (page, name) not in taken)
