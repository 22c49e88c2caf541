"""The program's messages in French and English, with plurals, months and days from CLDR.

`messages/` holds a JSON file for each area (`intake.json`, `web.json` …): `{"key": {"en": "…", "fr": "…"}}`. A message is named
`area.key`; the area `oxishacl` holds the validator's own messages. Where the words depend on `count`, a language has a text for each
plural category (CLDR: `one`, `other` …): `{"one": "{count} fault", "other": "{count} faults"}`.
A test checks that both languages have the same placeholders and that every message is used.
"""

import json
import re
from collections.abc import Mapping
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from observance.core import calendar
from observance.core.spelling import unaccented
from oxishacl import MESSAGES as _OXISHACL_MESSAGES
from oxishacl import errors

if TYPE_CHECKING:
    from babel import Locale

LANGUAGES: Final = ("fr", "en")
_OTHER: Final = "other"
_ELIDABLE: Final = re.compile(r"\b([Dd]|[Qq]u|[Jj]usqu)e \{(\w+)\}")
_KEPT_TEXTS: Final = 4_096
_OPENING, _CLOSING = "«“", "»”"
_CAPITAL_VOWELS: Final = tuple("AEIOUÀÂÉÈÊËÎÏÔÛ")

Message = str | dict[str, str]


@cache
def message_catalogue(name: str) -> dict[str, dict[str, Message]]:
    """Return the messages of one area: key to language to text, or to the texts by plural category."""
    file = _OXISHACL_MESSAGES if name == "oxishacl" else Path(__file__).parent / "messages" / f"{name}.json"
    text = file.read_text(encoding="utf-8")
    messages: dict[str, dict[str, Message]] = json.loads(text)
    return messages


@lru_cache(_KEPT_TEXTS)
def typographic(text: str) -> str:
    """Return the text with curved apostrophes between letters, except inside quotation marks, where words stand as they were written."""
    quoted, signs = 0, list(text)
    for n, sign in enumerate(signs):
        if sign in _OPENING:
            quoted += 1
        elif sign in _CLOSING:
            quoted = max(0, quoted - 1)
        elif sign == "'" and not quoted and text[max(0, n - 1) : n].isalpha() and text[n + 1 : n + 2].isalpha():
            signs[n] = "’"
    return "".join(signs)


def translate(name: str, lang: str, /, **values: object) -> str:
    """Return the message `area.key` in the language, with its placeholders filled; `count` chooses the plural.

    A value that is an error or a phrase of oxishacl stands there in its own words. Raises KeyError for a message, language or placeholder
    that does not exist, which is a programming error.
    """
    area, _, key = name.partition(".")
    message = message_catalogue(area)[key][lang]
    values = {
        placeholder: value.sentence(lang) if isinstance(value, errors.OxishaclError | errors.Phrase) else value
        for placeholder, value in values.items()
    }
    if isinstance(message, dict):
        count = values["count"]
        assert isinstance(count, int)
        message = message.get(_locale(lang).plural_form(count), message[_OTHER])
    return fill(message, lang, values)


def fill(template: str, lang: str, values: Mapping[str, object]) -> str:
    """Return the template with its placeholders filled; in French, with the elision before a value that begins with a vowel: d'Estavie."""

    def elided(match: re.Match[str]) -> str:
        begins_with_vowel = str(values.get(match[2], ""))[:1] in _CAPITAL_VOWELS
        return f"{match[1]}'{{{match[2]}}}" if begins_with_vowel else match[0]

    return (_ELIDABLE.sub(elided, template) if lang == "fr" else template).format(**values)


def capitalise(text: str) -> str:
    """Return the text with a capital letter first, as a sentence begins; the other letters stay as they are."""
    return text[:1].upper() + text[1:]


def collation_key(name: str) -> str:
    """Return the key by which names are put in alphabetical order in French and English: without accents, case and punctuation."""
    return "".join(sign for sign in unaccented(name) if sign.isalnum() or sign == " ")


def format_day(text: str, lang: str) -> str:
    """Return an ISO date in words (1 June 2020, 1er juin 2020); any other text unchanged."""
    try:
        day = calendar.first_day(text[:10])
    except ValueError:
        return text
    # CLDR writes the first of a month as a plain number; French writes an ordinal.
    number = translate("core.first-of-month", lang) if day.day == 1 else str(day.day)
    return f"{number} {format_month(day, lang)}"


def format_days(first: str, last: str, lang: str) -> str:
    """Return the days from the first to the last, ISO dates, in words: 18–19 January 2022, 31 January 2022 – 1 February 2022."""
    if first == last:
        return format_day(first, lang)
    if first[:7] != last[:7]:
        return f"{format_day(first, lang)} – {format_day(last, lang)}"
    return f"{format_day(first, lang).partition(' ')[0]}–{format_day(last, lang)}"


def format_time(text: str, lang: str) -> str:
    """Return an xsd:dateTime in UTC in words (1 June 2020, 09:30 UTC; seconds where there are some); any other text unchanged."""
    try:
        time = calendar.parse_time(text)
    except ValueError:
        return text
    return translate("core.time", lang, day=format_day(time.date().isoformat(), lang), time=f"{time:%H:%M:%S}".removesuffix(":00"))


def format_month(day: date, lang: str) -> str:
    """Return the month of a day in words: June 2018, juin 2018."""
    return f"{_locale(lang).months['format']['wide'][day.month]} {day.year}"


@cache
def _locale(lang: str) -> "Locale":
    # Imported here because most commands format no plural or month, and importing Babel takes as long as they run.
    from babel import Locale

    return Locale.parse(lang)
