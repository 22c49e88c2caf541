"""What the questions of `queries/pages` answer, read once for all pages."""

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Final

from observance.core.namespaces import DCTERMS, OBS, RDFS, SKOS, compact

QUESTIONS: Final = (
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


@dataclass(frozen=True, slots=True)
class LabelText:
    """Words and their language; no language for what is the same in all, and `code` for a name that machines read."""

    value: str
    lang: str | None = None
    code: bool = False


class NodeLabels:
    """Every text of the knowledge by node and property."""

    def __init__(self, texts: Iterable[tuple[str, str, str, str]]) -> None:
        """From (node, property, text, language)."""
        found: dict[tuple[str, str], list[LabelText]] = defaultdict(list)
        for node, prop, value, lang in texts:
            found[node, prop].append(LabelText(value, lang.partition("-")[0].lower()))
        self._texts = {key: tuple(sorted(texts, key=lambda text: (text.lang or "", text.value))) for key, texts in found.items()}

    def all(self, node: str, prop: str, *, lang: str) -> tuple[LabelText, ...]:
        """What is said of the node with the property: in the language, or else whatever there is in another."""
        texts = self._texts.get((node, prop), ())
        return tuple(text for text in texts if text.lang == lang) or texts

    def every(self, node: str, prop: str) -> tuple[LabelText, ...]:
        """What is said of the node with the property in any language: for words that are quoted."""
        return self._texts.get((node, prop), ())

    def one(self, node: str, *props: str, lang: str) -> LabelText | None:
        """The first of the properties that says something in the language, or else in another."""
        found = [text for prop in props for text in self.all(node, prop, lang=lang)[:1]]
        return next((text for text in found if text.lang == lang), found[0] if found else None)

    def label(self, node: str, *, lang: str) -> LabelText:
        """What the node is called; its short name where nothing says it."""
        return self.one(node, *LABELS, lang=lang) or LabelText(compact(node).strip("<>"), code=True)

    def ordered(self, nodes: Iterable[str], *, lang: str) -> list[str]:
        """The nodes in the order of the alphabet, whatever the accents."""
        return sorted(nodes, key=lambda node: (_key(self.label(node, lang=lang).value), node))


@dataclass(frozen=True, slots=True)
class RecordTerm:
    """An IRI, or a literal with its language, if it has one."""

    value: str
    is_iri: bool = False
    lang: str | None = None


Row = Mapping[str, RecordTerm]
Ask = Callable[[str], bytes]


@dataclass(frozen=True)
class Records:
    """The rows of each question, the words of each node, and its facts: property to values, in the order in which one reads them."""

    rows: Mapping[str, Sequence[Row]]
    words: NodeLabels
    facts: Mapping[str, Mapping[str, Sequence[RecordTerm]]] = field(default_factory=dict)

    def values(self, question: str, name: str) -> tuple[str, ...]:
        """The different values of a column, in the order of the rows."""
        return tuple(dict.fromkeys(row[name].value for row in self.rows[question] if name in row))

    def by(self, question: str, name: str) -> dict[str, list[Row]]:
        """The rows by their value in a column, in the order of the rows."""
        return by(self.rows[question], name)


def by(rows: Iterable[Row], name: str) -> dict[str, list[Row]]:
    """The rows that have the column, by their value in it, in order."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if name in row:
            found[row[name].value].append(row)
    return dict(found)


def read_records(ask: Ask) -> Records:
    """The answers to every question; `ask` gives the SPARQL results in JSON of the question named."""
    rows = {name: _rows(ask(name)) for name in QUESTIONS}
    texts = ((row["node"].value, row["property"].value, row["text"].value, row["text"].lang or "") for row in _rows(ask("texts")))
    facts: dict[str, Mapping[str, Sequence[RecordTerm]]] = {}
    for node, found in by(rows["facts"], "node").items():
        groups = groupby(found, key=lambda row: row["property"].value)
        facts[node] = {name: tuple(row["value"] for row in group) for name, group in groups}
    return Records(rows, NodeLabels(texts), facts)


def _rows(body: bytes) -> tuple[Row, ...]:
    bindings = json.loads(body)["results"]["bindings"]
    return tuple({name: _term(term) for name, term in row.items()} for row in bindings)


def _term(term: Mapping[str, str]) -> RecordTerm:
    return RecordTerm(term["value"], is_iri=term["type"] == "uri", lang=term.get("xml:lang"))


@dataclass(frozen=True)
class Instruments:
    """The instruments of the records, in the order of their dates, those without a date first."""

    records: Records

    @cached_property
    def all(self) -> tuple[str, ...]:
        """Every instrument."""
        return self.records.values("instrument-list", "instrument")

    @cached_property
    def told(self) -> frozenset[str]:
        """Those whose operative paragraphs the knowledge holds."""
        return frozenset(row["instrument"].value for row in self.records.rows["instrument-list"] if row["told"].value == "true")

    @cached_property
    def dates(self) -> dict[str, str]:
        """The date of each that has one, as precise as it is known."""
        rows = self.records.by("instrument-list", "instrument")
        return {iri: min(row["date"].value for row in found if "date" in row) for iri, found in rows.items() if "date" in found[0]}

    def of(self, iri: str) -> str | None:
        """The instrument that the thing is, or is a part of; the nearest, if one instrument is a part of another."""
        seen: set[str] = set()
        while iri not in self.all:
            seen.add(iri)
            wholes = [whole for whole in self._wholes.get(iri, ()) if whole not in seen]
            if not wholes:
                return None
            iri = wholes[0]
        return iri

    def outermost(self, iri: str, *, alone: Collection[str]) -> str:
        """The instrument that this one is a part of, if any, else itself; some stand alone whatever they are parts of."""
        wholes = [whole for whole in self._wholes.get(iri, ()) if whole in self.all and whole != iri]
        return wholes[0] if wholes and iri not in alone else iri

    @cached_property
    def parts(self) -> dict[str, dict[str, list[Row]]]:
        """The editions and provisions of each instrument, each with its rows: what it is part of, its place and number there."""
        found: dict[str, dict[str, list[Row]]] = defaultdict(dict)
        for row in self.records.rows["parts"]:
            part = row["part"].value
            owner = self.of(part)
            if owner and part not in self.all and row["kind"].value not in self._words:
                found[owner].setdefault(part, []).append(row)
        return dict(found)

    @cached_property
    def _wholes(self) -> dict[str, Sequence[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for row in self.records.rows["parts"]:
            found[row["part"].value].append(row["whole"].value)
        return dict(found)

    @cached_property
    def _words(self) -> frozenset[str]:
        """What is described with the norms instead."""
        return frozenset(OBS + name for name in ("OperativeParagraph", "Recital", "NormativeStatement"))


LABELS: Final = (SKOS + "prefLabel", RDFS + "label", DCTERMS + "title")
DEFINITION: Final = SKOS + "definition"

_LOOSE: Final = re.compile(r" ([;:?!»])")


def typeset(value: str) -> str:
    """French signs that stand after a space stay on the line of their word; other text is as it was."""
    return _LOOSE.sub("\u00a0\\1", value).replace("« ", "«\u00a0")


def _key(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c))
