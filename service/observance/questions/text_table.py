"""SPARQL JSON results as a table for people."""

import json
import shutil
import textwrap
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from observance.core import AnswerBasis, compact, message_catalogue, translate

_GAP: Final = "  "
_NARROWEST: Final = 8


def render_text_table(body: bytes, *, lang: str, width: int | None = None, without: Collection[str] = (), headed: bool = False) -> str:
    """The results as aligned columns, wrapped to `width` characters (by default the terminal's).

    Columns named in `without` are left out. `headed`, for the catalogue, puts the names of the others into words and leaves out the
    IRI of what another column names. ASK is yes or no; no row is a sentence. Control characters of the data are shown, never
    sent to the terminal.
    """
    results = json.loads(body)
    if "boolean" in results:
        return translate("querying.yes" if results["boolean"] else "querying.no", lang) + "\n"
    rows = results["results"]["bindings"]
    if not rows:
        return translate("querying.no-answer", lang) + "\n"
    every = results["head"]["vars"]
    names = [name for name in every if name not in without and not (headed and names_column(name, among=every))]
    heads = [column_heading(name, among=every, lang=lang) for name in names] if headed else names
    return align_columns([heads, *([_cell(row.get(name)) for name in names] for row in rows)], width=width)


def align_columns(cells: Sequence[Sequence[str]], *, width: int | None = None) -> str:
    """The rows as aligned columns under the first one, wrapped to `width` characters (by default the terminal's)."""
    shown = [["".join(_visible(character) for character in text) for text in row] for row in cells]
    widths = _widths(shown, width=shutil.get_terminal_size((120, 24)).columns if width is None else width)
    ruled = [shown[0], ["-" * size for size in widths], *shown[1:]]
    return "".join(line.rstrip() + "\n" for row in ruled for line in _lines(row, widths=widths))


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


def _visible(character: str) -> str:
    """The character, unless it would act on the terminal or change the direction of what follows."""
    if character in "\n\t":
        return " "
    return f"\\u{ord(character):04x}" if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") else character


def _widths(cells: Sequence[Sequence[str]], *, width: int) -> list[int]:
    """A width for each column: what it needs, or where all do not fit a fair share of what is left."""
    needs = [max(1, *(len(row[column]) for row in cells)) for column in range(len(cells[0]))]
    left = width - len(_GAP) * (len(needs) - 1)
    widths = list(needs)
    for done, column in enumerate(sorted(range(len(needs)), key=needs.__getitem__)):
        share = max(_NARROWEST, left // (len(needs) - done))
        widths[column] = min(needs[column], share)
        left -= widths[column]
    return widths


def _lines(row: Sequence[str], *, widths: Sequence[int]) -> list[str]:
    wrapped = [textwrap.wrap(text, size) or [""] for text, size in zip(row, widths, strict=True)]
    return [
        _GAP.join((part[number] if number < len(part) else "").ljust(size) for part, size in zip(wrapped, widths, strict=True))
        for number in range(max(map(len, wrapped)))
    ]


def basis_sentence(basis: AnswerBasis, *, lang: str) -> str:
    """The moment of the answer, whether it was chosen by default, and the reading if the answer rests on one."""
    name = "querying.basis-default" if basis.default else "querying.basis"
    said = translate(name, lang, asOf=basis.as_of.isoformat(), knownAt=basis.known_at)
    return said if basis.reading is None else f"{said} {translate('querying.basis-reading', lang, reading=basis.reading[lang])}"


_ENDINGS: Final = ("_label", "_name")


def column_heading(name: str, *, among: Collection[str], lang: str) -> str:
    """What the column is called; one that no phrase knows keeps its name.

    A thing stands in two columns, `x_label` or `x_name` with what it is called and `x` with its IRI: the second says so.
    """
    base = next((name.removesuffix(ending) for ending in _ENDINGS if name.endswith(ending)), name)
    if base not in message_catalogue("columns"):
        return name.replace("_", " ")
    said = translate(f"columns.{base}", lang)
    return translate("querying.heading-iri", lang, heading=said) if names_column(name, among=among) else said


def names_column(name: str, *, among: Collection[str]) -> bool:
    """Whether another column says what this one's IRI is called."""
    return any(name + ending in among for ending in _ENDINGS)
