"""Sheets: headed sections of text, tables and drawings, and how one is written in a language."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from msgspec import Struct

from observance.assessment import AssessmentSet, Verbaliser
from observance.core import calendar, format_day, translate
from observance.datasets import RegisterQuestions, term_text
from observance.questions import align_columns


class ParagraphReference(Struct, frozen=True):
    """A table cell that links to a paragraph of the resolution."""

    number: str


Cell = str | ParagraphReference
ParagraphAddress = Callable[[str], str | None]


class Table(Struct, frozen=True):
    """Column headings, and rows of the same length; the first cell of a row is its heading."""

    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


class Quote(Struct, frozen=True):
    """The authentic text of a paragraph, and its working translation if that is in the language of the sheet."""

    number: str
    text: str
    lang: str
    translation: str | None


class Section(Struct, frozen=True):
    """Sentences, a drawing (SVG) and the table that says the same and more; `narrow` replaces the table in plain text."""

    name: str
    title: str
    sentences: tuple[str, ...] = ()
    table: Table | None = None
    picture: str | None = None
    narrow: Table | None = None


class Sheet(Struct, frozen=True):
    """A page: `lead` says what it is about and as of when, `quotes` which paragraphs it rests on."""

    title: str
    lead: tuple[str, ...]
    sections: tuple[Section, ...]
    quotes: tuple[Quote, ...] = ()


def render_text(sheet: Sheet, *, lang: str, width: int | None = None) -> str:
    """The sheet as plain text, without drawings: their tables say the same. `width` limits the columns of tables."""
    return "\n\n".join(part.rstrip("\n") for part in _parts(sheet, lang=lang, width=width)) + "\n"


def _parts(sheet: Sheet, *, lang: str, width: int | None) -> Iterator[str]:
    yield f"{sheet.title}\n{'=' * len(sheet.title)}"
    yield from sheet.lead
    for section in sheet.sections:
        yield f"{section.title}\n{'-' * len(section.title)}"
        yield from section.sentences
        table = section.narrow or section.table
        if table is not None and table.rows:
            yield align_table(table, width=width)
    for quote in sheet.quotes:
        yield translate("assessment.quoted", lang, paragraph=quote.number, text=quote.text)
        if quote.translation:
            yield translate("assessment.translated", lang, text=quote.translation)


def align_table(table: Table, *, width: int | None = None) -> str:
    """The table as plain text in aligned columns."""
    rows = [[cell.number if isinstance(cell, ParagraphReference) else cell for cell in row] for row in table.rows]
    return align_columns([list(table.headings), *rows], width=width)


def render_page(sheet: Sheet, *, lang: str) -> str:
    """The sheet as an HTML page that needs no other file and no script."""
    return render_template("page.html", sheet=sheet, lang=lang, translate=_translate_into(lang), address=_no_address)


def render_fragment(sheet: Sheet, *, lang: str, address: ParagraphAddress) -> Markup:
    """The sheet as part of an HTML page; `address` gives the address of a paragraph by its number, None if it has none."""
    return Markup(render_template("sheet.html", sheet=sheet, lang=lang, translate=_translate_into(lang), address=address))  # noqa: S704 - made by our template, which escapes


def render_template(template: str, **values: object) -> str:
    """Render a template of this package; every value is escaped."""
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    return Environment(loader=PackageLoader(__package__), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _translate_into(lang: str) -> Callable[..., str]:
    return lambda phrase, **values: translate(phrase, lang, **values)


def _no_address(_number: str) -> str | None:
    return None


def format_counts(counts: Mapping[str, int], *, key_prefix: str, lang: str) -> str:
    """The counts that are not zero, in their order, each with its message: “12 attended, 3 absent”."""
    return ", ".join(f"{count} {translate(f'{key_prefix}{name}', lang)}" for name, count in counts.items() if count)


class SheetWriter(Struct, frozen=True):
    """The words of sheets in the language of a verbaliser."""

    verbaliser: Verbaliser

    @property
    def lang(self) -> str:
        """The language of the sheet."""
        return self.verbaliser.lang

    def translate(self, key: str, **values: object) -> str:
        """A message of the area `review`."""
        return translate(f"review.{key}", self.lang, **values)

    def format_day(self, day: date | None) -> str:
        """A day in words, or that there is none."""
        return self.translate("no-day") if day is None else format_day(day.isoformat(), self.lang)

    def column_headings(self, *names: str) -> tuple[str, ...]:
        """The headings of a table's columns, from the message keys `head-…`."""
        return tuple(self.translate(f"head-{name}") for name in names)

    def moment_sentence(self, assessment_set: AssessmentSet) -> str:
        """The day, the time and the reading of assessments, as a sentence."""
        moment = moment_to_json(assessment_set)
        return translate("assessment.as-of", self.lang, **{**moment, "reading": self.verbaliser.reading(moment["reading"])})


def moment_to_json(assessment_set: AssessmentSet) -> dict[str, Any]:
    """The day, the time and the reading of assessments, as a JSON object."""
    moment, reading = assessment_set.derivation.moment, assessment_set.derivation.reading
    return {"asOf": moment.as_of.isoformat(), "knownAt": calendar.format_time(moment.known_at), "reading": reading.name}


def quoted_paragraphs(subject: str, *, questions: RegisterQuestions, lang: str) -> tuple[Quote, ...]:
    """The authentic texts of the paragraphs on a subject, each with its translation into the language if there is one."""
    quotes: dict[str, Quote] = {}
    for row in questions.term_rows("words"):
        number, translation = term_text(row["number"]), row.get("translation")
        is_translated = translation is not None and getattr(translation, "language", None) == lang
        if term_text(row["subject"]) == subject and (number not in quotes or is_translated):
            text_language = getattr(row["text"], "language", None) or ""
            quotes[number] = Quote(number, term_text(row["text"]), text_language, term_text(translation) if is_translated else None)
    return tuple(quotes.values())
