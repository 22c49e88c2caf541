"""From the value of a cell to the texts of entries: what is beyond doubt is taken, anything else is a problem, and nothing is guessed."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from observance.core import LANGUAGES, XSD, format_day
from observance.forms import Field, precision, read_date
from observance.workbooks.grid import BOOLEAN, DATE, ERROR, GENERAL, NUMBER, TEXT, TIME, UNCOMPUTED, Value
from observance.workbooks.labels import SEPARATOR, LabelFinder, boolean_labels
from observance.workbooks.model import ILL_FORMED, sentences, well_formed

_BOOLEANS: Final = {text: text for text in ("true", "false", "1", "0")}
_CALENDAR: Final = frozenset({"date", "gYearMonth", "gYear"})
_NUMERIC: Final = frozenset(
    XSD + name for name in ("integer", "decimal", "double", "float", "int", "long", "nonNegativeInteger", "positiveInteger", "short")
)
_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_SECOND_ADDRESS: Final = re.compile(r"[;,|]\s*(?:https?|ftp|urn|mailto):", re.IGNORECASE)
_NO_DATE_SIGNS: Final = re.compile(r'h+(?:"[^"]*"|\\.|[:.])*m+|m+[:.]+s+|"[^"]*"?|\\.|[_*].|\[[^\]]*\]', re.IGNORECASE)
"""What is no sign of day, month or year in a number format: quoted, escaped and filling signs, what is in brackets, and minutes."""
_LINES: Final = re.compile(r"[\r\n]+")
_INVISIBLE: Final = frozenset({"Cf", "Cc"})
_PLAIN_FORMATS: Final = frozenset({GENERAL, "@", "0"})
_YEARS: Final = range(1800, 2200)
_SHOWN_DIGITS: Final = 11
_SHOWN: Final = 60


class Taken(Struct, frozen=True):
    """What a cell gives: texts of entries, or a sentence by language that says why it gives none; `notice` says what to know of them."""

    texts: tuple[str, ...] = ()
    problem: Mapping[str, str] | None = None
    notice: Mapping[str, str] | None = None


def take(value: Value, asked: Field, *, choices: LabelFinder) -> Taken:
    """Return what the cell gives for the field; a blank one gives nothing."""
    taken = _take(value, asked, choices=choices)
    if value.is_formula and taken.texts and taken.problem is None:
        return Taken(taken.texts, None, sentences("workbooks.formula-taken", found=shown(value.text)))
    return taken


def _take(value: Value, asked: Field, *, choices: LabelFinder) -> Taken:
    if value.kind == UNCOMPUTED:
        return Taken(problem=sentences("workbooks.formula-without-value"))
    if value.kind == ERROR:
        return Taken(problem=sentences("workbooks.error-value", found=shown(value.text)))
    if value.kind == TEXT and ILL_FORMED.search(value.text):
        return Taken(problem=sentences("workbooks.invisible-sign", found=shown(value.text)))
    if value.kind == TEXT:
        return _take_text(trimmed(value.text), asked, choices=choices)
    datatypes = {alternative.datatype for alternative in asked.alternatives}
    if value.kind == BOOLEAN and XSD + "boolean" in datatypes:
        return Taken(("true" if value.text in {"1", "true"} else "false",))
    if value.kind == DATE and takes_calendar(asked):
        return _take_day(value, asked)
    if value.kind == TIME and takes_calendar(asked):
        return Taken(problem=sentences("workbooks.time-of-day", found=shown(value.text)))
    if value.kind == NUMBER:
        return _take_number(value, asked, datatypes, choices=choices)
    kinds = {BOOLEAN: "workbooks.kind-boolean", DATE: "workbooks.kind-date", TIME: "workbooks.kind-date"}
    kind = sentences(kinds[value.kind])
    return Taken(problem=sentences("workbooks.other-kind", kind=kind, taken=expected(asked)))


def takes_calendar(asked: Field) -> bool:
    """Whether its values are days, months or years."""
    return not _CALENDAR.isdisjoint(asked.precisions)


def expected(asked: Field) -> Mapping[str, str]:
    """Return by language what the field takes, in a few words."""
    if asked.choices:
        return sentences("workbooks.takes-choice")
    if takes_calendar(asked):
        return sentences("workbooks.takes-month" if "gYearMonth" in asked.precisions else "workbooks.takes-day")
    datatypes = {alternative.datatype for alternative in asked.alternatives}
    if XSD + "boolean" in datatypes:
        return sentences("workbooks.takes-boolean")
    if not _NUMERIC.isdisjoint(datatypes):
        return sentences("workbooks.takes-number")
    return sentences("workbooks.takes-address" if None in datatypes else "workbooks.takes-text")


def trimmed(text: str) -> str:
    """Return the text without blanks and invisible signs around it, its lines ended as in RDF."""
    first, last = 0, len(text)
    while first < last and _is_invisible(text[first]):
        first += 1
    while last > first and _is_invisible(text[last - 1]):
        last -= 1
    return text[first:last].replace("\r\n", "\n")


def _is_invisible(sign: str) -> bool:
    return sign.isspace() or unicodedata.category(sign) in _INVISIBLE


def shown(text: str) -> str:
    """Return the text as a message quotes it: signs that cannot be seen by their code, and no more than a line."""
    visible = "".join(f"[U+{ord(sign):04X}]" if sign != " " and _is_invisible(sign) else sign for sign in text[: _SHOWN + 1])
    return well_formed(visible if len(text) <= _SHOWN else visible[:_SHOWN] + "…")


def _take_text(text: str, asked: Field, *, choices: LabelFinder) -> Taken:
    if not text:
        return Taken()
    if asked.takes_language:
        return Taken((text,))
    found: list[str] = []
    for piece in _pieces(text, asked, choices=choices):
        taken = _take_piece(piece, asked, choices=choices)
        if taken.problem is not None:
            return taken
        found += taken.texts
    return Taken(tuple(found))


def _pieces(text: str, asked: Field, *, choices: LabelFinder) -> list[str]:
    """The values that one cell holds, where the field takes several that can be told apart."""
    if asked.most == 1 or _is_free_text(asked):
        return [text]
    if asked.choices and choices.find(asked, text) is not None:
        return [text]
    lines = [line for line in _LINES.split(text) if line]
    is_address = not asked.choices and None in {alternative.datatype for alternative in asked.alternatives}
    # An address may hold the separator: between two of them a blank follows it.
    separator = re.compile(rf"{SEPARATOR}\s+|{SEPARATOR}$" if is_address or asked.is_open else SEPARATOR)
    return [piece for line in lines for one in separator.split(line) if (piece := trimmed(one))]


def _is_free_text(asked: Field) -> bool:
    datatypes = {alternative.datatype for alternative in asked.alternatives}
    return not asked.choices and XSD + "string" in datatypes


def _take_piece(text: str, asked: Field, *, choices: LabelFinder) -> Taken:
    takes_address = None in {alternative.datatype for alternative in asked.alternatives}
    if asked.choices:
        term = choices.find(asked, text)
        if term is not None:
            return Taken((term,))
        if _IRI.fullmatch(text):
            return _take_address(text)
        if asked.is_open and not any(map(_is_invisible, text.replace(" ", ""))) and asked.alternatives[0].datatype is not None:
            return Taken((text,))
        nearest = choices.nearest(asked, text)
        if nearest is None:
            return Taken(problem=sentences("workbooks.not-on-list", found=shown(text)))
        return Taken(problem=sentences("workbooks.no-choice", found=shown(text), nearest=nearest))
    if XSD + "boolean" in {alternative.datatype for alternative in asked.alternatives}:
        return _take_boolean(text)
    if takes_calendar(asked):
        return _take_date(text, asked)
    if not _is_free_text(asked) and any(_is_invisible(sign) and sign != " " for sign in text):
        return Taken(problem=sentences("workbooks.invisible-sign", found=shown(text)))
    return _take_address(text) if takes_address and not _is_free_text(asked) else Taken((text,))


def _take_address(text: str) -> Taken:
    """An address; one that holds what may be a second one is in angle brackets."""
    if text.startswith("<") and text.endswith(">"):
        return Taken((text[1:-1],))
    if _SECOND_ADDRESS.search(text):
        return Taken(problem=sentences("workbooks.two-addresses", found=shown(text)))
    return Taken((text,))


def address_text(text: str) -> str:
    """Return the address as a cell holds it."""
    return f"<{text}>" if _SECOND_ADDRESS.search(text) else text


def _take_boolean(text: str) -> Taken:
    for lang in LANGUAGES:
        words = {**{label.casefold(): value for value, label in boolean_labels(lang).items()}, **_BOOLEANS}
        if text.casefold() in words:
            return Taken((words[text.casefold()],))
    return Taken(problem=sentences("workbooks.no-boolean", found=shown(text)))


def _take_date(text: str, asked: Field) -> Taken:
    found = read_date(" ".join(text.split()))
    if len(found.dates) > 1:
        first, second = found.dates
        days = {name: {lang: format_day(day, lang) for lang in LANGUAGES} for name, day in (("first", first), ("second", second))}
        return Taken(problem=sentences("forms.ambiguous-date", found=shown(text), **days))
    if not found.dates:
        return Taken(problem=sentences("workbooks.no-date", found=shown(text), taken=expected(asked)))
    return _dated(found.dates[0], shown(text), asked)


def _dated(iso: str, text: str, asked: Field) -> Taken:
    if precision(iso) not in asked.precisions:
        return Taken(problem=sentences("workbooks.no-date", found=text, taken=expected(asked)))
    return Taken((iso,))


def _take_day(value: Value, asked: Field) -> Taken:
    """What a cell with a date gives: a day, or no more of it than its format shows."""
    signs = set(_NO_DATE_SIGNS.sub("", value.format).partition(";")[0].casefold())
    if "y" not in signs:
        return Taken(problem=sentences("workbooks.no-year", found=value.text, taken=expected(asked)))
    length = 10 if "d" in signs else 7 if "m" in signs else 4
    return _dated(value.text[:length], value.text[:length], asked)


def _take_number(value: Value, asked: Field, datatypes: set[str | None], *, choices: LabelFinder) -> Taken:
    number = float(value.text)
    is_whole = number.is_integer() and abs(number) < 10**_SHOWN_DIGITS
    text = str(int(number)) if is_whole else repr(number)
    if takes_calendar(asked):
        is_year = is_whole and value.format in _PLAIN_FORMATS and int(number) in _YEARS
        return _dated(text, text, asked) if is_year else Taken(problem=sentences("workbooks.number-for-date", found=text))
    if not _NUMERIC.isdisjoint(datatypes):
        return Taken((text,)) if "%" not in value.format else Taken(problem=sentences("workbooks.percentage", found=text))
    if is_whole and value.format in _PLAIN_FORMATS and not asked.takes_language and XSD + "boolean" not in datatypes:
        return _take_text(text, asked, choices=choices)
    return Taken(problem=sentences("workbooks.other-kind", kind=sentences("workbooks.kind-number"), taken=expected(asked)))
