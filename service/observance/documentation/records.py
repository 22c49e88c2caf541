"""What the questions of `queries/pages` answer, read once for all pages."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from observance.documentation.node_labels import NodeLabels

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
