"""What is shown, before it is text or a page: titles, sentences, tables, pictures and the words of the paragraphs, in one language."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from observance.core.i18n import translate
from observance.questions.text_table import align_columns


@dataclass(frozen=True, slots=True)
class ParagraphReference:
    """A cell or reference that leads to a paragraph of the text."""

    number: str


Cell = str | ParagraphReference
Address = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Table:
    """Heads and rows of one length; the first cell of a row is its head."""

    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """The authentic words of a paragraph, and their working translation where the page is in its language."""

    number: str
    text: str
    lang: str
    translation: str | None


@dataclass(frozen=True, slots=True)
class Section:
    """One part: sentences, then a picture, then the table that says the same and more; `narrow` is for where a line is short."""

    name: str
    title: str
    sentences: tuple[str, ...] = ()
    table: Table | None = None
    picture: str | None = None
    narrow: Table | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole: `lead` says what it is about and of when, `quotes` what it rests on."""

    title: str
    lead: tuple[str, ...]
    sections: tuple[Section, ...]
    quotes: tuple[Quote, ...] = field(default=())


def text(sheet: Sheet, *, lang: str, width: int | None = None) -> str:
    """The sheet as plain text; pictures are left to their tables."""
    return "\n\n".join(part.rstrip("\n") for part in _parts(sheet, lang=lang, width=width)) + "\n"


def _parts(sheet: Sheet, *, lang: str, width: int | None) -> Iterator[str]:
    yield f"{sheet.title}\n{'=' * len(sheet.title)}"
    yield from sheet.lead
    for section in sheet.sections:
        yield f"{section.title}\n{'-' * len(section.title)}"
        yield from section.sentences
        table = section.narrow or section.table
        if table is not None and table.rows:
            yield aligned(table, width=width)
    for quote in sheet.quotes:
        yield translate("assessment.quoted", lang, paragraph=quote.number, text=quote.text)
        if quote.translation:
            yield translate("assessment.translated", lang, text=quote.translation)


def aligned(table: Table, *, width: int | None = None) -> str:
    """The table in columns."""
    rows = [[cell.number if isinstance(cell, ParagraphReference) else cell for cell in row] for row in table.rows]
    return align_columns([list(table.heads), *rows], width=width)


def page(sheet: Sheet, *, lang: str) -> str:
    """The sheet as a page that stands alone: no other file, no script."""
    return render("page.html", sheet=sheet, lang=lang, translate=_translator(lang), address=_nowhere)


def fragment(sheet: Sheet, *, lang: str, address: Address) -> Markup:
    """The sheet as part of a page; `address` gives where a paragraph is shown."""
    return Markup(render("sheet.html", sheet=sheet, lang=lang, translate=_translator(lang), address=address))  # noqa: S704 - made by our template, which escapes


def render(template: str, **values: object) -> str:
    """A template of this folder, filled; every value is escaped."""
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    return Environment(loader=PackageLoader(__package__), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _translator(lang: str) -> Callable[..., str]:
    return lambda phrase, **values: translate(phrase, lang, **values)


def _nowhere(_number: str) -> str | None:
    return None


def counted_message(found: Mapping[str, int], *, phrase: str, lang: str) -> str:
    """« 12 attended, 3 absent »: what is counted, in its order, without what there is none of."""
    return ", ".join(f"{count} {translate(f'{phrase}{name}', lang)}" for name, count in found.items() if count)
