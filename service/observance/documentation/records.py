"""The results of the queries in `queries/pages`, read once for all pages, as rows, texts, facts and instruments."""

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import groupby
from typing import Final

from msgspec import Struct, field

from observance.core import DCTERMS, OBS, RDFS, SKOS, compact

_LABELS: Final = (SKOS + "prefLabel", RDFS + "label", DCTERMS + "title")
DEFINITION: Final = SKOS + "definition"

_SPACED_PUNCTUATION: Final = re.compile(r" ([;:?!»])")
_DESCRIBED_WITH_NORMS: Final = frozenset(OBS + name for name in ("OperativeParagraph", "Recital", "NormativeStatement"))
_QUERIES: Final = (
    "ontologies",
    "classes",
    "properties",
    "code-lists",
    "paragraph-norms",
    "point-list",
    "reading-list",
    "instrument-list",
    "parts",
    "links",
    "statements",
    "party-list",
    "facts",
)


class NodeText(Struct, frozen=True):
    """A text with its language, None if it is the same in all languages; `code` marks an identifier."""

    value: str
    lang: str | None = None
    code: bool = False


class NodeTexts:
    """The texts of the knowledge by node and property. Languages are primary subtags, without region."""

    def __init__(self, texts: Iterable[tuple[str, str, str, str]]) -> None:
        """`texts` are tuples of node, property, text and language."""
        by_property: dict[tuple[str, str], list[NodeText]] = defaultdict(list)
        for node, prop, value, lang in texts:
            by_property[node, prop].append(NodeText(value, lang.partition("-")[0].lower()))
        self._texts = {key: tuple(sorted(texts, key=lambda text: (text.lang or "", text.value))) for key, texts in by_property.items()}

    def in_language(self, node: str, prop: str, *, lang: str) -> tuple[NodeText, ...]:
        """The texts of a property in the language; if there are none, those in all languages."""
        texts = self._texts.get((node, prop), ())
        return tuple(text for text in texts if text.lang == lang) or texts

    def in_any_language(self, node: str, prop: str) -> tuple[NodeText, ...]:
        """The texts of a property in all languages, for quotations."""
        return self._texts.get((node, prop), ())

    def preferred(self, node: str, *props: str, lang: str) -> NodeText | None:
        """The text of the first property that has one in the language, or else of the first that has any; None if none has."""
        texts = [text for prop in props for text in self.in_language(node, prop, lang=lang)[:1]]
        return next((text for text in texts if text.lang == lang), texts[0] if texts else None)

    def label(self, node: str, *, lang: str) -> NodeText:
        """The label of the node, or else its compact IRI."""
        return self.preferred(node, *_LABELS, lang=lang) or NodeText(compact(node).strip("<>"), code=True)

    def sort_by_label(self, nodes: Iterable[str], *, lang: str) -> list[str]:
        """The nodes in alphabetical order of their labels, accents ignored."""
        return sorted(nodes, key=lambda node: (_sort_key(self.label(node, lang=lang).value), node))


class RecordTerm(Struct, frozen=True):
    """An IRI, or a literal with its language if it has one."""

    value: str
    is_iri: bool = False
    lang: str | None = None


Row = Mapping[str, RecordTerm]
PageQuery = Callable[[str], bytes]
"""Run a query of `queries/pages` by name and return its results as SPARQL JSON."""


class Records(Struct, frozen=True):
    """The rows of each query, the texts of the nodes, and the facts about each node as property to values, in reading order."""

    rows: Mapping[str, Sequence[Row]]
    texts: NodeTexts
    facts: Mapping[str, Mapping[str, Sequence[RecordTerm]]] = field(default_factory=dict)

    def values(self, query: str, column: str) -> tuple[str, ...]:
        """The distinct values of a column of a query, in row order."""
        return tuple(dict.fromkeys(row[column].value for row in self.rows[query] if column in row))

    def group_by(self, query: str, column: str) -> dict[str, list[Row]]:
        """The rows of a query that have a value in the column, by that value, in row order."""
        return group_rows(self.rows[query], column)


def group_rows(rows: Iterable[Row], column: str) -> dict[str, list[Row]]:
    """The rows that have a value in the column, by that value, in row order."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if column in row:
            groups[row[column].value].append(row)
    return dict(groups)


def read_records(run_query: PageQuery) -> Records:
    """Run all queries and return their results."""
    rows = {name: _rows(run_query(name)) for name in _QUERIES}
    texts = ((row["node"].value, row["property"].value, row["text"].value, row["text"].lang or "") for row in _rows(run_query("texts")))
    facts: dict[str, Mapping[str, Sequence[RecordTerm]]] = {}
    for node, node_rows in group_rows(rows["facts"], "node").items():
        groups = groupby(node_rows, key=lambda row: row["property"].value)
        facts[node] = {name: tuple(row["value"] for row in group) for name, group in groups}
    return Records(rows, NodeTexts(texts), facts)


def _rows(body: bytes) -> tuple[Row, ...]:
    bindings = json.loads(body)["results"]["bindings"]
    return tuple({name: _term(term) for name, term in row.items()} for row in bindings)


def _term(term: Mapping[str, str]) -> RecordTerm:
    return RecordTerm(term["value"], is_iri=term["type"] == "uri", lang=term.get("xml:lang"))


class Instruments(Struct, frozen=True, dict=True):
    """The instruments of the records, in the order of dates, those without a date first."""

    records: Records

    @cached_property
    def all(self) -> tuple[str, ...]:
        """The IRIs of all instruments."""
        return self.records.values("instrument-list", "instrument")

    @cached_property
    def formalised(self) -> frozenset[str]:
        """The instruments whose operative paragraphs are in the knowledge."""
        return frozenset(row["instrument"].value for row in self.records.rows["instrument-list"] if row["told"].value == "true")

    @cached_property
    def dates(self) -> dict[str, str]:
        """The date of each dated instrument, as a year, month or day."""
        groups = self.records.group_by("instrument-list", "instrument")
        return {iri: min(row["date"].value for row in rows if "date" in row) for iri, rows in groups.items() if "date" in rows[0]}

    def containing(self, iri: str) -> str | None:
        """The innermost instrument that the IRI is or is part of; None if there is none."""
        seen: set[str] = set()
        while iri not in self.all:
            seen.add(iri)
            wholes = [whole for whole in self._wholes.get(iri, ()) if whole not in seen]
            if not wholes:
                return None
            iri = wholes[0]
        return iri

    def outermost(self, iri: str, *, standalone: Collection[str]) -> str:
        """The instrument of which this one is a part, or itself if it is `standalone` or part of no other."""
        wholes = [whole for whole in self._wholes.get(iri, ()) if whole in self.all and whole != iri]
        return wholes[0] if wholes and iri not in standalone else iri

    @cached_property
    def parts(self) -> dict[str, dict[str, list[Row]]]:
        """The editions and provisions of each instrument, each with its rows, which give the whole, and position and number in it."""
        parts: dict[str, dict[str, list[Row]]] = defaultdict(dict)
        for row in self.records.rows["parts"]:
            part = row["part"].value
            instrument = self.containing(part)
            if instrument and part not in self.all and row["kind"].value not in _DESCRIBED_WITH_NORMS:
                parts[instrument].setdefault(part, []).append(row)
        return dict(parts)

    @cached_property
    def _wholes(self) -> dict[str, Sequence[str]]:
        wholes: dict[str, list[str]] = defaultdict(list)
        for row in self.records.rows["parts"]:
            wholes[row["part"].value].append(row["whole"].value)
        return dict(wholes)


def typeset(value: str) -> str:
    """Replace the spaces before French punctuation by no-break spaces."""
    return _SPACED_PUNCTUATION.sub("\u00a0\\1", value).replace("« ", "«\u00a0")


def _sort_key(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c))
