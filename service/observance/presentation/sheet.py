"""Sheets: the document model of sections with text, tables and drawings; its renderings; and the shared wording of sheets."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from msgspec import Struct

from observance.assessment import AssessmentSet, Verbaliser, warning_to_json
from observance.core import calendar, format_day, format_time, translate, typographic
from observance.datasets import RegisterQuestions, term_text
from observance.questions import align_columns


class ParagraphReference(Struct, frozen=True):
    """A table cell that links to a paragraph of the resolution."""

    number: str


class Day(Struct, frozen=True):
    """A table cell with a day, which is told in words."""

    day: date
    text: str


class Link(Struct, frozen=True):
    """A table cell that leads to a page."""

    text: str
    address: str


Cell = str | ParagraphReference | Day | Link
ParagraphAddress = Callable[[str], str | None]


class Table(Struct, frozen=True):
    """A table: column headings, and rows of the same length whose first cell is the row heading."""

    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


class Quote(Struct, frozen=True):
    """The authentic text of a paragraph, and its working translation if there is one in the language of the sheet."""

    number: str
    text: str
    lang: str
    translation: str | None


class Section(Struct, frozen=True):
    """A section: sentences, a drawing (SVG), and a table with at least the data of the drawing.

    `name` is its anchor in HTML; `narrow` is a table with fewer columns, used instead of `table` in plain text.
    """

    name: str
    title: str
    sentences: tuple[str, ...] = ()
    table: Table | None = None
    picture: str | None = None
    narrow: Table | None = None


class Sheet(Struct, frozen=True):
    """A page: `lead` are its first sentences, with subject and moment; `quotes` are the paragraphs on which it is based."""

    title: str
    lead: tuple[str, ...]
    sections: tuple[Section, ...]
    quotes: tuple[Quote, ...] = ()


def render_text(sheet: Sheet, *, lang: str, width: int | None = None) -> str:
    """The sheet as plain text, without drawings, whose data are in the tables; `width` limits tables, in characters."""
    return "\n\n".join(block.rstrip("\n") for block in _text_blocks(sheet, lang=lang, width=width)) + "\n"


def _text_blocks(sheet: Sheet, *, lang: str, width: int | None) -> Iterator[str]:
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
    """The table as plain text in aligned columns; `width` limits it, in characters."""
    return align_columns([list(table.headings), *([cell_text(cell) for cell in row] for row in table.rows)], width=width)


def cell_text(cell: Cell) -> str:
    """The text of a table cell."""
    if isinstance(cell, ParagraphReference):
        return cell.number
    return cell if isinstance(cell, str) else cell.text


def render_page(sheet: Sheet, *, lang: str) -> str:
    """The sheet as a self-contained HTML page without scripts."""
    return render_template("page.html", sheet=sheet, lang=lang, translate=_translate_into(lang), address=_no_address)


def render_fragment(sheet: Sheet, *, lang: str, address: ParagraphAddress) -> Markup:
    """The sheet as a fragment of an HTML page; `address` returns the address of a paragraph, given by number, or None."""
    return Markup(render_template("sheet.html", sheet=sheet, lang=lang, translate=_translate_into(lang), address=address))  # noqa: S704 - the template escapes all values


def render_template(template: str, **values: object) -> str:
    """Render a template of this package with autoescaping."""
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["typographic"] = typographic
    return environment


def _translate_into(lang: str) -> Callable[..., str]:
    return lambda key, **values: translate(key, lang, **values)


def _no_address(_number: str) -> str | None:
    return None


def format_counts(counts: Mapping[str, int], *, key_prefix: str, lang: str) -> str:
    """The counts that are not zero, each in the message `<name>-count`, such as “12 attended, 3 absent”."""
    return ", ".join(translate(f"{key_prefix}{name}-count", lang, count=count) for name, count in counts.items() if count)


class SheetWriter(Struct, frozen=True):
    """A writer of the sentences, headings and days of sheets, in the language of its verbaliser."""

    verbaliser: Verbaliser

    @property
    def lang(self) -> str:
        """The language of the sheet."""
        return self.verbaliser.lang

    def translate(self, key: str, **values: object) -> str:
        """The message with this key in the area `review`."""
        return translate(f"review.{key}", self.lang, **values)

    def format_day(self, day: date | None) -> str:
        """The day in words; for None, the message that there is no day."""
        return self.translate("no-day") if day is None else format_day(day.isoformat(), self.lang)

    def day_cell(self, day: date | None) -> Cell:
        """The day as a table cell; for None, the message that there is no day."""
        return self.format_day(day) if day is None else Day(day, self.format_day(day))

    def column_headings(self, *names: str) -> tuple[str, ...]:
        """The column headings of a table, from the messages `head-<name>`."""
        return tuple(self.translate(f"head-{name}") for name in names)

    def moment_sentence(self, assessment_set: AssessmentSet) -> str:
        """The sentence that states the moment and the reading of the assessments, and the warning if the register has faults."""
        moment = moment_to_json(assessment_set)
        day, time = format_day(moment["asOf"], self.lang), format_time(moment["knownAt"], self.lang)
        sentence = translate("assessment.as-of", self.lang, asOf=day, knownAt=time, reading=self.verbaliser.reading(moment["reading"]))
        return " ".join((sentence, *filter(None, [assessment_set.inputs.warning.get(self.lang)])))


def moment_to_json(assessment_set: AssessmentSet) -> dict[str, Any]:
    """The moment and the reading of the assessments as a JSON object: `asOf`, `knownAt`, `reading`, any `registerWarning`."""
    moment, reading = assessment_set.moment, assessment_set.reading
    at = {"asOf": moment.as_of.isoformat(), "knownAt": calendar.format_time(moment.known_at), "reading": reading.name}
    return {**at, **warning_to_json(assessment_set.inputs)}


def quoted_paragraphs(subject: str, *, questions: RegisterQuestions, lang: str) -> tuple[Quote, ...]:
    """The authentic texts of the paragraphs on a subject, such as `meetings`, each with its translation into the language if any."""
    quotes: dict[str, Quote] = {}
    for row in questions.term_rows("words"):
        number, translation = term_text(row["number"]), row.get("translation")
        is_translated = translation is not None and getattr(translation, "language", None) == lang
        if term_text(row["subject"]) == subject and (number not in quotes or is_translated):
            text_language = getattr(row["text"], "language", None) or ""
            quotes[number] = Quote(number, term_text(row["text"]), text_language, term_text(translation) if is_translated else None)
    return tuple(quotes.values())
