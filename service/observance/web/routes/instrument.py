"""`/`: the home page; `/resolution`: the text in both languages, with the norms beside each paragraph."""

from flask import Blueprint, render_template

from observance.questions import Question
from observance.web.language import language
from observance.web.site import site

blueprint = Blueprint("instrument", __name__)


@blueprint.get("/")
def home() -> str:
    """The home page: the paragraphs with their norms, and links to the other pages."""
    lang = language()
    return render_template(
        "home.html",
        instrument=site().instrument(lang),
        paragraphs=[block for block in site().blocks(lang) if block.unit == "OperativeParagraph"],
        modalities=site().rows("modalities", lang),
        bearers=site().rows("bearers", lang),
    )


@blueprint.get("/resolution")
def text() -> str:
    """The text of the instrument, preamble and operative part."""
    lang = language()
    blocks = site().blocks(lang)
    last_recital = max((index for index, block in enumerate(blocks) if block.unit == "Recital"), default=-1)
    return render_template(
        "resolution.html",
        instrument=site().instrument(lang),
        preamble=blocks[: last_recital + 1],
        operative=blocks[last_recital + 1 :],
        examples=site().kb.lookup.examples,
        questions={block.number: _questions_about(block.number) for block in blocks if block.number},
    )


def _questions_about(number: str) -> list[Question]:
    return [question for question in site().kb.questions.catalogue.questions if number in (question.paragraph or "").split(", ")]
