"""SPARQL results as a table for a page."""

import json
from collections.abc import Collection, Mapping
from typing import Any, Final

from msgspec import Struct

from observance.core import compact, local_name
from observance.questions import column_heading

# A page with more rows than this helps nobody; the downloads are whole.
MOST_ROWS: Final = 500


class ResultCell(Struct, frozen=True):
    """What stands in a cell; `title` is the whole IRI, `anchor` that of a part of the text."""

    text: str
    kind: str = "literal"
    title: str | None = None
    anchor: str | None = None
    lang: str | None = None


class ResultTable(Struct, frozen=True):
    """Columns and the first rows of a result; `boolean` for ASK."""

    columns: tuple[str, ...]
    rows: tuple[tuple[ResultCell, ...], ...]
    total: int
    boolean: bool | None = None


def result_table(body: bytes, *, anchors: Collection[str], hidden: Collection[str] = (), lang: str | None = None) -> ResultTable:
    """The results in SPARQL JSON; IRIs in `anchors` link to the text, columns in `hidden` are left out.

    With `lang` the columns of the catalogue are called by words of that language.
    """
    results = json.loads(body)
    if "boolean" in results:
        return ResultTable((), (), 0, boolean=results["boolean"])
    bindings = results["results"]["bindings"]
    every = results["head"]["vars"]
    columns = tuple(name for name in every if name not in hidden)
    heads = columns if lang is None else tuple(column_heading(name, among=every, lang=lang) for name in columns)
    rows = tuple(tuple(_cell(row.get(name), anchors=anchors) for name in columns) for row in bindings[:MOST_ROWS])
    return ResultTable(heads, rows, len(bindings))


def _cell(term: Mapping[str, Any] | None, *, anchors: Collection[str]) -> ResultCell:
    if term is None:
        return ResultCell("", kind="empty")
    value = term["value"]
    match term["type"]:
        case "uri":
            short = compact(value)
            kind = "address" if short.startswith("<") else "iri"
            return ResultCell(short.strip("<>"), kind=kind, title=value, anchor=local_name(value) if value in anchors else None)
        case "bnode":
            return ResultCell(f"_:{value}", kind="iri")
        case "triple":
            parts = (_cell(value[part], anchors=()) for part in ("subject", "predicate", "object"))
            return ResultCell(" ".join(part.text for part in parts), kind="iri")
        case _:
            kind = "number" if term.get("datatype", "").endswith(("#integer", "#decimal", "#double")) else "literal"
            return ResultCell(value, kind=kind, lang=term.get("xml:lang"))
