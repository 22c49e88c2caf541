"""Tables of query results for templates: of any query, and of a question of the catalogue in words."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from observance.core import HOME, RDF, XSD, calendar, compact, format_day, format_month, format_time, local_name, translate
from observance.handlers import page_of
from observance.questions import Question, column_heading, has_name_column, name_column_target
from observance.rdf import is_iri
from observance.web.resource_addresses import has_page, resource_link

MAX_ROWS: Final = 500
"""The largest number of rows on a page; downloads are complete."""
_NUMBERS: Final = ("#integer", "#decimal", "#double")

Term = Mapping[str, Any]


class ResultCell(Struct, frozen=True):
    """A cell: `title` is the full IRI, `anchor` the anchor of a part of the instrument's text, `address` the page of the thing."""

    text: str
    kind: str = "literal"
    title: str | None = None
    anchor: str | None = None
    lang: str | None = None
    address: str | None = None


class ResultTable(Struct, frozen=True):
    """The headings and rows of one page of a result, with the total number of rows; `boolean` is the result of ASK.

    `page` is what the page says of itself, for a result that has pages.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[ResultCell, ...], ...]
    total: int
    boolean: bool | None = None
    page: Mapping[str, Any] | None = None


def result_table(body: bytes, *, anchors: Collection[str]) -> ResultTable:
    """The first rows of SPARQL results in JSON as they are; IRIs in `anchors` link to the instrument's text."""
    results = msgspec.json.decode(body)
    if "boolean" in results:
        return ResultTable((), (), 0, boolean=results["boolean"])
    bindings, columns = results["results"]["bindings"], tuple(results["head"]["vars"])
    rows = tuple(tuple(_cell(row.get(name), anchors=anchors) for name in columns) for row in bindings[:MAX_ROWS])
    return ResultTable(columns, rows, len(bindings))


def _cell(term: Term | None, *, anchors: Collection[str]) -> ResultCell:
    if term is None:
        return ResultCell("", kind="empty")
    value = term["value"]
    match term["type"]:
        case "uri":
            short = compact(value)
            kind = "address" if short.startswith("<") else "iri"
            anchor = local_name(value) if value in anchors else None
            return ResultCell(short.strip("<>"), kind=kind, title=value, anchor=anchor, address=_address(value))
        case "bnode":
            return ResultCell(f"_:{value}", kind="iri")
        case "triple":
            parts = (_cell(value[part], anchors=()) for part in ("subject", "predicate", "object"))
            return ResultCell(" ".join(part.text for part in parts), kind="iri")
        case _:
            return ResultCell(value, kind="number" if _is_number(term) else "literal", lang=term.get("xml:lang"))


def answer_table(
    body: bytes, question: Question, *, given: Collection[str], names: Callable[[str], str | None], page: int, lang: str
) -> ResultTable:
    """The page with this number of the answer to a question of the catalogue, in words and in the language.

    A thing is its name with a link to its page. Columns without any value, and those that repeat a parameter `given`, are omitted.
    `names` gives the name of an IRI that the answer does not name. Raises NotFoundError for a page that does not exist.
    """
    results = msgspec.json.decode(body)
    if "boolean" in results:
        return ResultTable((), (), 0, boolean=results["boolean"])
    variables: Sequence[str] = results["head"]["vars"]
    filled = frozenset[str]().union(*(row.keys() for row in results["results"]["bindings"]))
    columns = [column for column in _shown_columns(variables, question=question, given=given) if filled.intersection(column)]
    headings = tuple(column_heading(name, among=[column for column, _ in columns], lang=lang) for name, _ in columns)
    bindings, about = page_of(results["results"]["bindings"], page, size=MAX_ROWS)
    rows = tuple(
        tuple(_worded_cell(row.get(name), row.get(link or ""), names=names, lang=lang) for name, link in columns) for row in bindings
    )
    return ResultTable(headings, rows, about["total"], page=about)


def things_table(body: bytes, *, names: Callable[[str], str | None], page: int, lang: str) -> ResultTable:
    """The page with this number of any answer, with each of its columns in words; raises NotFoundError for a page that does not exist."""
    results = msgspec.json.decode(body)
    variables = results["head"]["vars"]
    bindings, about = page_of(results["results"]["bindings"], page, size=MAX_ROWS)
    rows = tuple(tuple(_worded_cell(row.get(name), None, names=names, lang=lang) for name in variables) for row in bindings)
    return ResultTable(tuple(variables), rows, about["total"], page=about)


def _shown_columns(variables: Sequence[str], *, question: Question, given: Collection[str]) -> list[tuple[str, str | None]]:
    """The columns that people see, each with the column of the IRI to which it links."""
    linked = {name: question.links.get(name, name_column_target(name, among=variables)) for name in variables}
    targets = {target for target in linked.values() if target}
    return [
        (name, target)
        for name, target in linked.items()
        if name not in targets and name not in given and not has_name_column(name, among=variables)
    ]


def _worded_cell(term: Term | None, link: Term | None, *, names: Callable[[str], str | None], lang: str) -> ResultCell:
    if term is None:
        return ResultCell("", kind="empty") if link is None else _worded_cell(link, None, names=names, lang=lang)
    value = term["value"]
    if term["type"] == "uri":
        return _named_cell(value, names=names)
    if term["type"] != "literal":
        return _cell(term, anchors=())
    address = _address(link["value"]) if link is not None and link["type"] == "uri" and link["value"] != RDF + "nil" else None
    text_lang = None if term.get("xml:lang") == lang else term.get("xml:lang")
    kind = "number" if _is_number(term) else "literal"
    return ResultCell(in_words(term, lang=lang), kind, lang=text_lang, address=address)


def _named_cell(iri: str, *, names: Callable[[str], str | None]) -> ResultCell:
    """An IRI under its name, else without the address of the project or of a known vocabulary; `rdf:nil` stands for nothing.

    Of a thing of others without a name here, nothing is said on a page.
    """
    if iri == RDF + "nil":
        return ResultCell("", kind="empty")
    short = compact(iri)
    rest = iri.removeprefix(HOME) if short.startswith("<") or iri.startswith(HOME) else short.partition(":")[2]
    name = names(iri)
    return ResultCell(name or rest, title=iri, address=_address(iri) if name or iri.startswith(HOME) else None)


def _address(iri: str) -> str | None:
    """The address of the page of a thing; None where there is none."""
    return resource_link(iri) if has_page(iri) and is_iri(iri) else None


def in_words(term: Term, *, lang: str) -> str:
    """A literal in words and in the language: yes or no, days, months, times and durations; any other text unchanged."""
    value: str = term["value"]
    match term.get("datatype", "").removeprefix(XSD):
        case "boolean":
            return translate("web.yes" if value in ("true", "1") else "web.no", lang)
        case "date":
            return format_day(value, lang)
        case "gYearMonth":
            return _month_in_words(value, lang=lang)
        case "dateTime":
            return format_time(value, lang)
        case "duration" | "yearMonthDuration" | "dayTimeDuration":
            return _duration_in_words(value, lang=lang)
        case _:
            return value


def _month_in_words(value: str, *, lang: str) -> str:
    """A month; any other text unchanged."""
    try:
        return format_month(calendar.first_day(value), lang)
    except ValueError:
        return value


def _duration_in_words(value: str, *, lang: str) -> str:
    """A duration as years, months and days; any other text unchanged."""
    try:
        months, days = calendar.parse_duration(value)
    except ValueError:
        return value
    parts = {"years": months // 12, "months": months % 12, "days": days}
    return ", ".join(translate(f"questions.{unit}", lang, count=count) for unit, count in parts.items() if count)


def _is_number(term: Term) -> bool:
    return bool(term.get("datatype", "").endswith(_NUMBERS))
