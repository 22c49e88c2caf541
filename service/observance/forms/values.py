"""Between the text of an entry and an RDF term: in both directions, and without loss."""

import re
from collections.abc import Mapping
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from observance.core import LANGUAGES, XSD, format_day, translate
from observance.forms.dates import precision, read_date
from observance.forms.model import Field, FormEntry, ValueKind
from observance.rdf import is_iri
from oxishacl import is_well_formed

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple

_LANGUAGE_TAG: Final = re.compile(r"[a-zA-Z]{2,8}(-[a-zA-Z0-9]{1,8})*")
_FORMS: Final = {"date": re.compile(r"\d{4}-\d{2}-\d{2}"), "gYearMonth": re.compile(r"\d{4}-\d{2}"), "gYear": re.compile(r"\d{4}")}
"""The forms of dates that the shapes take: without hour or zone."""
_REFUSALS: Final = {
    "boolean": "forms.no-boolean",
    "dateTime": "forms.no-time",
    "language": "forms.no-language-tag",
    "integer": "forms.no-number",
    "decimal": "forms.no-number",
}
_UNWRITABLE: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Signs that XML cannot hold (XML 1.0, section 2.2), so that they could not be given in every syntax."""
_BLANKS: Final = " \t\r\n\u00a0\u202f\ufeff\u200b"


class Statement(Struct, frozen=True):
    """The property and the value that an entry states."""

    predicate: str
    value: ox.NamedNode | ox.Literal


class EntryError(Exception):
    """A text that is no value of its field; `message` is by language."""

    def __init__(self, name: str, **values: Mapping[str, str] | str) -> None:
        """Take the message and its values, those that differ by language as mappings."""
        self.message = {
            lang: translate(name, lang, **{key: value if isinstance(value, str) else value[lang] for key, value in values.items()})
            for lang in LANGUAGES
        }
        super().__init__(name)


def statement_of(asked: Field, entry: FormEntry) -> Statement:
    """Return what the entry states; its text is that of a value, or the label of a choice. Raises EntryError."""
    text = entry.text.replace("\r\n", "\n").strip(_BLANKS)
    if (sign := _UNWRITABLE.search(text)) is not None:
        raise EntryError("forms.unwritable-sign", code=f"U+{ord(sign[0]):04X}")
    if asked.takes_language:
        return Statement(asked.alternatives[0].predicate, _language_text(text, entry.language))
    if asked.choices:
        text = _choice(asked, text)
    elif asked.takes_dates:
        text = _date(asked, text)
    for alternative in asked.alternatives:
        term = _term(text, alternative)
        if term is not None:
            return Statement(alternative.predicate, term)
    raise EntryError(_refusal(asked), found=text[:80])


def _language_text(text: str, language: str) -> ox.Literal:
    if not _LANGUAGE_TAG.fullmatch(language):
        raise EntryError("forms.no-language", found=language[:20])
    return ox.Literal(text, language=language)


def _date(asked: Field, text: str) -> str:
    """The date in ISO form, where the text can be read in one way only and is as precise as the field takes it."""
    dates = read_date(" ".join(text.split())).dates
    if len(dates) > 1:
        first, second = ({lang: format_day(day, lang) for lang in LANGUAGES} for day in dates)
        raise EntryError("forms.ambiguous-date", found=text[:80], first=first, second=second)
    if not dates or precision(dates[0]) not in asked.precisions:
        raise EntryError(_refusal(asked), found=text[:80])
    return dates[0]


def _choice(asked: Field, text: str) -> str:
    """The value that the text is, or whose label it is in one of the languages."""
    if any(choice.term == text for choice in asked.choices):
        return text
    named = {choice.term for choice in asked.choices if text.casefold() in map(str.casefold, choice.label.values())}
    if len(named) == 1:
        return named.pop()
    if named:
        raise EntryError("forms.several-choices", found=text[:80])
    if asked.is_open:
        return text
    raise EntryError("forms.no-choice", found=text[:80], taken=_labels(asked))


def _labels(asked: Field) -> dict[str, str]:
    """The labels of the first choices, by language."""
    shown = asked.choices[:8]
    more = ", …" if len(asked.choices) > len(shown) else ""
    return {lang: ", ".join(choice.label.get(lang, choice.term) for choice in shown) + more for lang in LANGUAGES}


def _term(text: str, alternative: ValueKind) -> ox.NamedNode | ox.Literal | None:
    if alternative.datatype is None:
        return ox.NamedNode(text) if is_iri(text) else None
    name = alternative.datatype.removeprefix(XSD)
    if name in _FORMS and not _FORMS[name].fullmatch(text):
        return None
    if name == "language" and not _LANGUAGE_TAG.fullmatch(text):
        return None
    if not text or not is_well_formed(text, datatype=alternative.datatype):
        return None
    return ox.Literal(text, datatype=ox.NamedNode(alternative.datatype))


def _refusal(asked: Field) -> str:
    if asked.takes_dates:
        return "forms.no-date" if len(asked.alternatives) == 1 else "forms.no-day-month-or-year"
    datatype = asked.alternatives[0].datatype
    return "forms.no-iri" if datatype is None else _REFUSALS.get(datatype.removeprefix(XSD), "forms.no-value")


def entry_of(asked: Field, predicate: str, value: Term) -> FormEntry | None:
    """Return the entry that states the value; None if no entry of the field does so exactly."""
    if isinstance(value, ox.BlankNode | ox.Triple):
        return None
    language = value.language or "" if isinstance(value, ox.Literal) else ""
    entry = FormEntry(text=value.value, language=language)
    if not entry.text.strip(_BLANKS):
        return None
    try:
        stated = statement_of(asked, entry)
    except EntryError:
        return None
    return entry if stated == Statement(predicate, value) else None
