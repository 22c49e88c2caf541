"""What stands on each page, in order: the records grouped as people read them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from observance.core.namespaces import OWL, RDF, RDFS, compact, local_name
from observance.documentation.records import Records, Row, by


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The terms of one ontology."""

    ontology: str
    about: Row
    classes: tuple[str, ...]
    properties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VocabularyTerm:
    """A class or property: what is above and below it, what it is said of and with what values."""

    kind: str
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    domain: tuple[str, ...] = ()
    range: tuple[str, ...] = ()
    of: tuple[str, ...] = ()
    reserved: bool = False


def vocabularies(records: Records) -> list[Vocabulary]:
    """The ontologies that define terms."""
    classes, properties = records.by("classes", "home"), records.by("properties", "home")
    return [
        Vocabulary(home, row, column(classes.get(home, ()), "class"), column(properties.get(home, ()), "property"))
        for row in records.rows["ontologies"]
        if (home := row["ontology"].value)
    ]


def terms(records: Records) -> dict[str, VocabularyTerm]:
    """Every class and property."""
    rows = records.by("properties", "property")
    said = {iri: {name: column(found, "value") for name, found in by(of, "said").items()} for iri, of in rows.items()}
    return {**_classes(records, said=said), **{iri: _property(found) for iri, found in said.items()}}


def _classes(records: Records, *, said: Mapping[str, Mapping[str, tuple[str, ...]]]) -> dict[str, VocabularyTerm]:
    above = records.by("classes", "above")
    domains = [(iri, name) for iri, found in said.items() for name in (*found.get(RDFS + "domain", ()), *_included(found, "domain"))]
    return {
        iri: VocabularyTerm(
            "class",
            above=column(rows, "above"),
            below=column(above.get(iri, ()), "class"),
            of=tuple(prop for prop, domain in domains if domain == iri),
            reserved=any(row["reserved"].value == "true" for row in rows if "reserved" in row),
        )
        for iri, rows in records.by("classes", "class").items()
    }


def _property(found: Mapping[str, tuple[str, ...]]) -> VocabularyTerm:
    kinds = [local_name(kind) for kind in found.get(RDF + "type", ()) if kind.startswith(OWL)]
    return VocabularyTerm(
        kinds[0] if kinds else "ObjectProperty",
        above=found.get(RDFS + "subPropertyOf", ()),
        domain=(*found.get(RDFS + "domain", ()), *_included(found, "domain")),
        range=(*found.get(RDFS + "range", ()), *_included(found, "range")),
    )


def _included(found: Mapping[str, tuple[str, ...]], name: str) -> tuple[str, ...]:
    return next((values for prop, values in found.items() if local_name(prop) == f"{name}Includes"), ())


def code_lists(records: Records) -> dict[str, dict[str, tuple[str, ...]]]:
    """The concepts of each code list in order, each with those that are broader."""
    lists = records.by("code-lists", "scheme")
    return {scheme: {iri: column(found, "broader") for iri, found in by(rows, "concept").items()} for scheme, rows in lists.items()}


def norms(records: Records) -> dict[str, dict[str, list[Row]]]:
    """The norms of each paragraph in the order of the text, each with its rows: kind and qualifiers."""
    return {paragraph: by(rows, "norm") for paragraph, rows in records.by("paragraph-norms", "paragraph").items()}


def points(records: Records) -> dict[str, dict[str, list[Row]]]:
    """The alternatives of each open point in order, each with its rows: the norms that have it and the readings that choose it."""
    return {point: by(rows, "alternative") for point, rows in records.by("point-list", "point").items()}


def readings(records: Records) -> dict[str, dict[str, list[Row]]]:
    """The parameters of each reading, each with its rows."""
    return {reading: by(rows, "parameter") for reading, rows in records.by("reading-list", "reading").items()}


def links(records: Records) -> dict[str, list[list[Row]]]:
    """The links of each thing that is linked, each with its rows: one for each source."""
    return {start: list(by(rows, "link").values()) for start, rows in records.by("links", "from").items()}


def parties(records: Records) -> dict[str, list[Row]]:
    """The parties of each list, in the order of their codes."""
    return {name: list(_first(rows, "party")) for name, rows in records.by("party-list", "list").items()}


def _first(rows: Iterable[Row], name: str) -> Iterable[Row]:
    return (found[0] for found in by(rows, name).values())


def column(rows: Iterable[Row], name: str) -> tuple[str, ...]:
    """The different values of a column, in order."""
    return tuple(dict.fromkeys(row[name].value for row in rows if name in row))


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
