"""SPARQL results (JSON) as a text table for people."""

import json
import shutil
import textwrap
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from observance.core import AnswerBasis, compact, format_day, format_time, message_catalogue, translate

_GAP: Final = "  "
_NARROWEST: Final = 8


def render_text_table(
    body: bytes, *, lang: str, width: int | None = None, excluded: Collection[str] = (), translate_headings: bool = False
) -> str:
    """The results as aligned columns, wrapped to `width` characters (by default the terminal's).

    Columns in `excluded` are omitted. `translate_headings`, for the catalogue, translates the column names and omits the IRI column of
    a node that has a name column. ASK gives yes or no; an empty result gives a sentence. Control characters are escaped.
    """
    results = json.loads(body)
    if "boolean" in results:
        return translate("querying.yes" if results["boolean"] else "querying.no", lang) + "\n"
    rows = results["results"]["bindings"]
    if not rows:
        return translate("querying.no-answer", lang) + "\n"
    variables = results["head"]["vars"]
    names = [name for name in variables if name not in excluded and not (translate_headings and has_name_column(name, among=variables))]
    headings = [column_heading(name, among=variables, lang=lang) for name in names] if translate_headings else names
    return align_columns([headings, *([_cell(row.get(name)) for name in names] for row in rows)], width=width)


def align_columns(cells: Sequence[Sequence[str]], *, width: int | None = None) -> str:
    """The rows as aligned columns with the first row as headings, wrapped to `width` characters (by default the terminal's)."""
    escaped = [["".join(_escape_control(character) for character in text) for text in row] for row in cells]
    widths = _column_widths(escaped, width=shutil.get_terminal_size((120, 24)).columns if width is None else width)
    lines = [escaped[0], ["-" * size for size in widths], *escaped[1:]]
    return "".join(line.rstrip() + "\n" for row in lines for line in _wrap_row(row, widths=widths))


def _cell(term: Mapping[str, Any] | None) -> str:
    if term is None:
        return ""
    value = term["value"]
    match term["type"]:
        case "uri":
            text = compact(value)
        case "bnode":
            text = f"_:{value}"
        case "triple":
            text = "<<( " + " ".join(_cell(value[part]) for part in ("subject", "predicate", "object")) + " )>>"
        case _:
            text = value
    return text


def _escape_control(character: str) -> str:
    """The character; an escape for one that would control the terminal or change the direction of text."""
    if character in "\n\t":
        return " "
    return f"\\u{ord(character):04x}" if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") else character


def _column_widths(cells: Sequence[Sequence[str]], *, width: int) -> list[int]:
    """The width of each column: its natural width, or an equal share of the available width if not all columns fit."""
    natural = [max(1, *(len(row[column]) for row in cells)) for column in range(len(cells[0]))]
    available = width - len(_GAP) * (len(natural) - 1)
    widths = list(natural)
    for done, column in enumerate(sorted(range(len(natural)), key=natural.__getitem__)):
        share = max(_NARROWEST, available // (len(natural) - done))
        widths[column] = min(natural[column], share)
        available -= widths[column]
    return widths


def _wrap_row(row: Sequence[str], *, widths: Sequence[int]) -> list[str]:
    wrapped = [textwrap.wrap(text, size) or [""] for text, size in zip(row, widths, strict=True)]
    return [
        _GAP.join((part[number] if number < len(part) else "").ljust(size) for part, size in zip(wrapped, widths, strict=True))
        for number in range(max(map(len, wrapped)))
    ]


def basis_sentence(basis: AnswerBasis, *, lang: str) -> str:
    """The basis of the answer in words: its moment, its reading if it depends on one, and any fault of the register."""
    key = "querying.basis-default" if basis.default else "querying.basis"
    day, time = format_day(basis.as_of.isoformat(), lang), format_time(basis.known_at, lang)
    sentence = translate(key, lang, asOf=day, knownAt=time)
    parts = [sentence, translate("querying.basis-reading", lang, reading=basis.reading[lang]) if basis.reading is not None else ""]
    return " ".join(filter(None, [*parts, basis.warning.get(lang)]))


_NAME_SUFFIXES: Final = ("_label", "_name")


def column_heading(name: str, *, among: Collection[str], lang: str) -> str:
    """The heading of a column in the language; the name with spaces for underscores if the messages have none.

    A node may have two columns: its name in `x_label` or `x_name`, its IRI in `x`. The heading of the second says that it is an IRI.
    """
    base = next((name.removesuffix(suffix) for suffix in _NAME_SUFFIXES if name.endswith(suffix)), name)
    if base not in message_catalogue("columns"):
        return name.replace("_", " ")
    heading = translate(f"columns.{base}", lang)
    return translate("querying.heading-iri", lang, heading=heading) if has_name_column(name, among=among) else heading


def has_name_column(name: str, *, among: Collection[str]) -> bool:
    """Whether another column holds the name of the node whose IRI this column holds."""
    return any(name + suffix in among for suffix in _NAME_SUFFIXES)


def name_column_target(name: str, *, among: Collection[str]) -> str | None:
    """The column of the IRI of the node whose name this column holds; None if there is none."""
    bases = (name.removesuffix(suffix) for suffix in _NAME_SUFFIXES if name.endswith(suffix))
    return next((base for base in bases if base in among), None)
