"""The contents of each page in reading order, the address of each described IRI, and its description in one language."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from msgspec import Struct

from observance.core import HOME, OBS, OWL, RDF, RDFS, compact, local_name, translate
from observance.documentation.records import DEFINITION, NodeText, Records, RecordTerm, Row, group_rows


class Vocabulary(Struct, frozen=True):
    """The terms of one ontology; `about` is the row that describes the ontology."""

    ontology: str
    about: Row
    classes: tuple[str, ...]
    properties: tuple[str, ...]


class VocabularyTerm(Struct, frozen=True):
    """A class or property of a vocabulary.

    `kind` is `class` or the local name of an OWL property type; `parents` and `children` are superclasses or superproperties and
    subclasses; `properties` are those whose domain is the class; `reserved` classes may not be used in submissions.
    """

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
        iri: {name: column_values(name_rows, "value") for name, name_rows in group_rows(property_rows, "said").items()}
        for iri, property_rows in rows.items()
    }
    return {**_classes(records, values=values), **{iri: _property(property_values) for iri, property_values in values.items()}}


def _classes(records: Records, *, values: Mapping[str, Mapping[str, tuple[str, ...]]]) -> dict[str, VocabularyTerm]:
    children = records.group_by("classes", "above")
    domains = [(iri, domain) for iri, property_values in values.items() for domain in _domains_or_ranges(property_values, "domain")]
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
        scheme: {iri: column_values(concept_rows, "broader") for iri, concept_rows in group_rows(rows, "concept").items()}
        for scheme, rows in lists.items()
    }


def norms(records: Records) -> dict[str, dict[str, list[Row]]]:
    """The norms of each paragraph in the order of the text, each with its rows, which give its kind and qualifiers."""
    return {paragraph: group_rows(rows, "norm") for paragraph, rows in records.group_by("paragraph-norms", "paragraph").items()}


def open_points(records: Records) -> dict[str, dict[str, list[Row]]]:
    """The alternatives of each open point in order, each with its rows, which give the norms and the readings that choose it."""
    return {point: group_rows(rows, "alternative") for point, rows in records.group_by("point-list", "point").items()}


def readings(records: Records) -> dict[str, dict[str, list[Row]]]:
    """The parameters of each reading, each with its rows."""
    return {reading: group_rows(rows, "parameter") for reading, rows in records.group_by("reading-list", "reading").items()}


def links_by_source(records: Records) -> dict[str, list[list[Row]]]:
    """The links from each IRI, each with its rows, one for each documentary source."""
    return {source: list(group_rows(rows, "link").values()) for source, rows in records.group_by("links", "from").items()}


def parties(records: Records) -> dict[str, list[Row]]:
    """The first row of each party of each list, in the order of the codes."""
    return {
        name: [party_rows[0] for party_rows in group_rows(rows, "party").values()]
        for name, rows in records.group_by("party-list", "list").items()
    }


def column_values(rows: Iterable[Row], column: str) -> tuple[str, ...]:
    """The distinct values of a column, in row order."""
    return tuple(dict.fromkeys(row[column].value for row in rows if column in row))


PAGES: Final = ("index", "vocabulary", "code-lists", "norms", "open-points", "readings", "instruments", "links", "parties")
"""The pages of each language, in the order of the navigation."""

# The columns of query results with the IRIs that each page describes: page, query, column.
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
    """The address of every described IRI; `parts` are the editions and provisions, which are described with their instruments."""
    addresses: dict[str, PageAddress] = {}
    used_anchors: set[tuple[str, str]] = set()
    described = [(page, iri) for page, query, name in _DESCRIBED_COLUMNS for iri in records.values(query, name)]
    for page, iri in (*described, *(("instruments", part) for part in parts)):
        if iri not in addresses:
            anchor = _anchor(iri, page=page, used_anchors=used_anchors)
            used_anchors.add((page, anchor))
            addresses[iri] = PageAddress(page, anchor)
    return addresses


def _anchor(iri: str, *, page: str, used_anchors: set[tuple[str, str]]) -> str:
    """The local name or, if that is already used on the page, the compact IRI, if necessary with a number."""
    compact_name = re.sub(r"[^\w.-]+", "-", compact(iri).strip("<>"))
    candidates = [
        local_name(iri) or compact_name,
        compact_name,
        *(f"{compact_name}-{number}" for number in range(2, len(used_anchors) + 3)),
    ]
    return next(name for name in candidates if name and (page, name) not in used_anchors)


_CONFIDENCE: Final = OBS + "confidence"
_YES_NO: Final = {"true": "publishing.yes", "false": "publishing.no"}
_NOTES: Final = (DEFINITION, OBS + "gist", OBS + "confidenceNote", "http://www.w3.org/2004/02/skos/core#note")


class DescribedValue(Struct, frozen=True):
    """A value on a page: its text and link, and its IRI as `title`.

    `confidence` is the local name of a degree of confidence, `number` that of a paragraph.
    """

    text: NodeText
    href: str | None = None
    title: str | None = None
    confidence: str | None = None
    number: str | None = None


class DescribedFact(Struct, frozen=True):
    """A property of a described IRI: its name and its values."""

    name: NodeText
    values: tuple[DescribedValue, ...]


class Describer:
    """Descriptions of IRIs for the pages of one language."""

    def __init__(self, records: Records, *, addresses: Mapping[str, PageAddress], lang: str) -> None:
        """`addresses` are those of all described IRIs."""
        self.records, self.addresses, self.lang = records, addresses, lang
        self._own_namespaces = (HOME, *records.values("ontologies", "namespace"))
        self._numbers = {row["paragraph"].value: row["number"].value for row in records.rows["paragraph-norms"] if "number" in row}

    def label(self, iri: str) -> NodeText:
        """The label of the IRI."""
        return self.records.texts.label(iri, lang=self.lang)

    def notes(self, iri: str) -> list[NodeText]:
        """The definition, gist and notes of the IRI."""
        return [text for prop in _NOTES for text in self.records.texts.in_language(iri, prop, lang=self.lang)]

    def text(self, iri: str, name: str) -> NodeText | None:
        """The value of a text property of the vocabulary, in the language of the page if possible; None if there is none."""
        return self.records.texts.preferred(iri, OBS + name, lang=self.lang)

    def quotations(self, iri: str, name: str) -> tuple[NodeText, ...]:
        """The values of a property of the vocabulary that quotes a text, in the language of that text."""
        return self.records.texts.in_any_language(iri, OBS + name)

    def cues(self, norm: str, *, paragraph: str) -> list[NodeText]:
        """The cues of a norm in reading order; cues from the opening words, which its paragraph does not contain, come first."""
        wording = " ".join(text.value for text in self.quotations(paragraph, "authenticText"))
        return sorted(self.quotations(norm, "cue"), key=lambda text: wording.find(text.value))

    def href(self, iri: str, *, page: str) -> str | None:
        """The link from a page to the description of the IRI; for an IRI of another namespace that is a web address, the IRI itself."""
        address = self.addresses.get(iri)
        if address is None:
            return iri if iri.startswith(("http://", "https://")) and not iri.startswith(self._own_namespaces) else None
        return f"#{address.anchor}" if address.page == page else f"{address.page}.html#{address.anchor}"

    def anchor(self, iri: str) -> str:
        """The anchor of the IRI's description; raises KeyError for an IRI without one."""
        return self.addresses[iri].anchor

    def value(self, term: RecordTerm, *, page: str, prop: str = "") -> DescribedValue:
        """The term as a value on the page; `prop` is the property of which it is a value."""
        if not term.is_iri:
            text = translate(_YES_NO[term.value], self.lang) if term.value in _YES_NO else term.value
            return DescribedValue(NodeText(text, term.lang.partition("-")[0].lower() if term.lang else None))
        confidence = local_name(term.value) if prop == _CONFIDENCE else None
        number = self._numbers.get(term.value)
        return DescribedValue(self.label(term.value), self.href(term.value, page=page), term.value, confidence, number)

    def reference(self, iri: str, *, page: str) -> DescribedValue:
        """The IRI as a value on the page."""
        return self.value(RecordTerm(iri, is_iri=True), page=page)

    def references(self, iris: Iterable[str], *, page: str) -> list[DescribedValue]:
        """The IRIs as values on the page, without duplicates."""
        return [self.reference(iri, page=page) for iri in dict.fromkeys(iris)]

    def facts(self, iri: str, *, page: str, without: Collection[str] = ()) -> list[DescribedFact]:
        """The facts about the IRI, without texts; `without` are local names of properties to leave out."""
        facts = self.records.facts.get(iri, {})
        selected = {prop: terms for prop, terms in facts.items() if local_name(prop) not in without}
        return [DescribedFact(self._name(prop), self._values(prop, terms, page=page)) for prop, terms in selected.items()]

    def _values(self, prop: str, terms: Iterable[RecordTerm], *, page: str) -> tuple[DescribedValue, ...]:
        values = list(terms)
        # Of a text in several languages, only the version in the language of the page is a value.
        texts = [term for term in values if term.lang and term.lang.startswith(self.lang)] or [term for term in values if term.lang]
        return tuple(self.value(term, page=page, prop=prop) for term in values if not term.lang or term in texts)

    def _name(self, prop: str) -> NodeText:
        label = self.label(prop)
        return NodeText(translate(f"publishing.fact-{local_name(prop)}", self.lang)) if label.code else label

    def sort_by_label(self, iris: Iterable[str]) -> list[str]:
        """The IRIs in alphabetical order of their labels."""
        return self.records.texts.sort_by_label(iris, lang=self.lang)
