"""The results of a query as a table to be taken away: for people, names before the IRIs of things; for programs, what the query gives."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

from observance.core import compact, translate
from observance.exports import ExportColumn, ExportTable, Kind, Value
from observance.questions import column_heading, has_name_column

_NUMBERS: Final = ("#integer", "#decimal", "#double", "#float", "#int", "#long", "#nonNegativeInteger")
_KINDS: Final[Mapping[str, Kind]] = {"#date": "date", "#dateTime": "time", **dict.fromkeys(_NUMBERS, "number")}

Term = Mapping[str, Any]


def results_table(
    body: bytes, *, title: str, lang: str, hidden: Collection[str] = (), name: Callable[[str], str] | None = None
) -> ExportTable:
    """Return the table of SPARQL results in JSON, without the columns in `hidden`.

    With `name`, a function from an IRI to a name, it is one for people: headings in words, and the IRIs in the last columns.
    """
    results = json.loads(body)
    if "boolean" in results:
        text = translate("querying.yes" if results["boolean"] else "querying.no", lang)
        return ExportTable(title, (ExportColumn(translate("exports.column-answer", lang)),), ((text,),))
    variables = results["head"]["vars"]
    rows: Sequence[Mapping[str, Term]] = results["results"]["bindings"]
    columns = [_column(variable, [row.get(variable) for row in rows]) for variable in variables if variable not in hidden]
    if name is not None:
        columns = _for_people(columns, variables, name=name, lang=lang)
    return ExportTable(title, tuple(column for column, _ in columns), tuple(zip(*(values for _, values in columns), strict=True)))


def _column(variable: str, terms: Sequence[Term | None]) -> tuple[ExportColumn, list[Value]]:
    kinds = {_kind(term) for term in terms if term is not None}
    return ExportColumn(variable, kinds.pop() if len(kinds) == 1 else "text"), [_text(term) for term in terms]


def _kind(term: Term) -> Kind:
    if term["type"] == "uri":
        return "iri"
    datatype = term.get("datatype", "")
    return next((kind for ending, kind in _KINDS.items() if datatype.endswith(ending)), "text")


def _text(term: Term | None) -> str | None:
    if term is None:
        return None
    if term["type"] == "triple":
        return " ".join(_text(term["value"][part]) or "" for part in ("subject", "predicate", "object"))
    return f"_:{term['value']}" if term["type"] == "bnode" else str(term["value"])


def _for_people(
    columns: Sequence[tuple[ExportColumn, list[Value]]], variables: Collection[str], *, name: Callable[[str], str], lang: str
) -> list[tuple[ExportColumn, list[Value]]]:
    """The columns with headings in words, those of IRIs last; before them the names of things that the query does not name itself."""
    shown, iris = [], []
    for column, values in columns:
        heading = column_heading(column.heading, among=variables, lang=lang)
        if column.kind != "iri":
            shown.append((ExportColumn(heading, column.kind), values))
            continue
        names: list[Value] = [name(str(value)) if value else None for value in values]
        has_names = has_name_column(column.heading, among=variables) or any(_are_same(names, told) for _, told in columns)
        if has_names or not any(_is_name(n, value) for n, value in zip(names, values, strict=True)):
            iris.append((ExportColumn(heading, "iri"), values))
            continue
        shown.append((ExportColumn(heading), names))
        iris.append((ExportColumn(translate("querying.heading-iri", lang, heading=heading), "iri"), values))
    return [*shown, *iris]


def _are_same(names: Sequence[Value], told: Sequence[Value]) -> bool:
    return [str(name).casefold() for name in names] == [str(value).casefold() for value in told]


def _is_name(name: Value, iri: Value) -> bool:
    return bool(name) and name not in (iri, compact(str(iri)))
