"""`/`: the home page; `/resolution`: the text in both languages, with the norms beside each paragraph."""

from flask import Blueprint, render_template

from observance.questions import Question
from observance.web.instrument_text import Block
from observance.web.language import language
from observance.web.site import site

blueprint = Blueprint("instrument", __name__)


@blueprint.get("/")
def home() -> str:
    """The home page: the paragraphs with their norms, and links to the other pages."""
    lang = language()
    return render_template(
        "home.html",
        instruments=site().instruments(lang),
        paragraphs=[block for block in site().blocks(lang) if block.unit == "OperativeParagraph"],
        modalities=site().rows("modalities", lang),
        bearers=site().rows("bearers", lang),
    )


@blueprint.get("/resolution")
def text() -> str:
    """The text of each instrument, preamble and operative part."""
    lang = language()
    blocks = site().blocks(lang)
    texts = [
        (row, *_parts([block for block in blocks if block.instrument == row.get("instrument", "")])) for row in site().instruments(lang)
    ]
    return render_template(
        "resolution.html",
        texts=texts,
        examples=site().kb.lookup.examples,
        questions={block.number: _questions_about(block.number) for block in blocks if block.number},
    )


def _parts(blocks: list[Block]) -> tuple[list[Block], list[Block]]:
    """The preamble, which ends with the last recital, and the operative part."""
    last_recital = max((index for index, block in enumerate(blocks) if block.unit == "Recital"), default=-1)
    return blocks[: last_recital + 1], blocks[last_recital + 1 :]


def _questions_about(paragraph: str) -> list[Question]:
    """The questions about the paragraph; they name it by its number, alone or after its instrument."""
    names = {paragraph, paragraph.rpartition("/")[2]}
    return [q for q in site().kb.questions.catalogue.questions if names.intersection((q.paragraph or "").split(", "))]
