"""The contents of each page in reading order, and the address of each thing described: page and anchor, the same in every language."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from observance.core import OWL, RDF, RDFS, compact, local_name
from observance.documentation.records import Records, Row, group_rows


class Vocabulary(Struct, frozen=True):
    """The terms of one ontology."""

    ontology: str
    about: Row
    classes: tuple[str, ...]
    properties: tuple[str, ...]


class VocabularyTerm(Struct, frozen=True):
    """A class or property: its parents and children, its domain and range, and the properties of a class."""

    kind: str
    parents: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    domain: tuple[str, ...] = ()
    range: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()
    reserved: bool = False


def vocabularies(records: Records) -> list[Vocabulary]:
    """The ontologies that define terms."""
    classes, properties = records.group_by("classes", "home"), records.group_by("properties", "home")
    return [
        Vocabulary(home, row, column_values(classes.get(home, ()), "class"), column_values(properties.get(home, ()), "property"))
        for row in records.rows["ontologies"]
        if (home := row["ontology"].value)
    ]


def terms(records: Records) -> dict[str, VocabularyTerm]:
    """Every class and property."""
    rows = records.group_by("properties", "property")
    values = {
        iri: {name: column_values(of_name, "value") for name, of_name in group_rows(of_property, "said").items()}
        for iri, of_property in rows.items()
    }
    return {**_classes(records, values=values), **{iri: _property(of_property) for iri, of_property in values.items()}}


def _classes(records: Records, *, values: Mapping[str, Mapping[str, tuple[str, ...]]]) -> dict[str, VocabularyTerm]:
    children = records.group_by("classes", "above")
    domains = [(iri, domain) for iri, of_property in values.items() for domain in _domains_or_ranges(of_property, "domain")]
    return {
        iri: VocabularyTerm(
            "class",
            parents=column_values(rows, "above"),
            children=column_values(children.get(iri, ()), "class"),
            properties=tuple(prop for prop, domain in domains if domain == iri),
            reserved=any(row["reserved"].value == "true" for row in rows if "reserved" in row),
        )
        for iri, rows in records.group_by("classes", "class").items()
    }


def _property(values: Mapping[str, tuple[str, ...]]) -> VocabularyTerm:
    kinds = [local_name(kind) for kind in values.get(RDF + "type", ()) if kind.startswith(OWL)]
    return VocabularyTerm(
        kinds[0] if kinds else "ObjectProperty",
        parents=values.get(RDFS + "subPropertyOf", ()),
        domain=_domains_or_ranges(values, "domain"),
        range=_domains_or_ranges(values, "range"),
    )


def _domains_or_ranges(values: Mapping[str, tuple[str, ...]], name: str) -> tuple[str, ...]:
    """The values of rdfs:domain and domainIncludes, or of rdfs:range and rangeIncludes."""
    included = next((classes for prop, classes in values.items() if local_name(prop) == f"{name}Includes"), ())
    return (*values.get(RDFS + name, ()), *included)


def code_lists(records: Records) -> dict[str, dict[str, tuple[str, ...]]]:
    """The concepts of each code list in order, each with its broader concepts."""
    lists = records.group_by("code-lists", "scheme")
    return {
        scheme: {iri: column_values(of_concept, "broader") for iri, of_concept in group_rows(rows, "concept").items()}
        for scheme, rows in lists.items()
    }


def norms(records: Records) -> dict[str, dict[str, list[Row]]]:
    """The norms of each paragraph in the order of the text, each with its rows: kind and qualifiers."""
    return {paragraph: group_rows(rows, "norm") for paragraph, rows in records.group_by("paragraph-norms", "paragraph").items()}


def open_points(records: Records) -> dict[str, dict[str, list[Row]]]:
    """The alternatives of each open point in order, each with its rows: the norms that have it and the readings that choose it."""
    return {point: group_rows(rows, "alternative") for point, rows in records.group_by("point-list", "point").items()}


def readings(records: Records) -> dict[str, dict[str, list[Row]]]:
    """The parameters of each reading, each with its rows."""
    return {reading: group_rows(rows, "parameter") for reading, rows in records.group_by("reading-list", "reading").items()}


def links_by_source(records: Records) -> dict[str, list[list[Row]]]:
    """The links of each thing linked from, each with its rows: one for each source."""
    return {start: list(group_rows(rows, "link").values()) for start, rows in records.group_by("links", "from").items()}


def parties(records: Records) -> dict[str, list[Row]]:
    """The first row of each party of each list, in the order of the codes."""
    return {
        name: [of_party[0] for of_party in group_rows(rows, "party").values()]
        for name, rows in records.group_by("party-list", "list").items()
    }


def column_values(rows: Iterable[Row], name: str) -> tuple[str, ...]:
    """The distinct values of a column, in row order."""
    return tuple(dict.fromkeys(row[name].value for row in rows if name in row))


PAGES: Final = ("index", "vocabulary", "code-lists", "norms", "open-points", "readings", "instruments", "links", "parties")
"""The pages of each language, in the order in which they are offered."""

# Which columns of which question hold what a page describes.
_DESCRIBED_COLUMNS: Final = (
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


class PageAddress(Struct, frozen=True):
    """A page and the anchor on it."""

    page: str
    anchor: str


def page_addresses(records: Records, *, parts: Iterable[str]) -> dict[str, PageAddress]:
    """The address of every IRI described; `parts` are the editions and provisions, which are described with their instruments."""
    addresses: dict[str, PageAddress] = {}
    taken: set[tuple[str, str]] = set()
    described = [(page, iri) for page, question, name in _DESCRIBED_COLUMNS for iri in records.values(question, name)]
    for page, iri in (*described, *(("instruments", part) for part in parts)):
        if iri not in addresses:
            anchor = _anchor(iri, page=page, taken=taken)
            taken.add((page, anchor))
            addresses[iri] = PageAddress(page, anchor)
    return addresses


def _anchor(iri: str, *, page: str, taken: set[tuple[str, str]]) -> str:
    """The local name; if that is taken on the page, the compact IRI, or the compact IRI with a number."""
    short = re.sub(r"[^\w.-]+", "-", compact(iri).strip("<>"))
    candidates = [local_name(iri) or short, short, *(f"{short}-{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in candidates if name and (page, name) not in taken)
