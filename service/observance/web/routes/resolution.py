"""`/resolution`: the text in both languages, with its norms beside each paragraph."""

from flask import Blueprint, render_template

from observance.core.model import Question
from observance.web.language import language
from observance.web.site import site

blueprint = Blueprint("resolution", __name__)


@blueprint.get("/resolution")
def page() -> str:
    """The whole text."""
    lang = language()
    blocks = site().blocks(lang)
    last_recital = max((place for place, block in enumerate(blocks) if block.unit == "Recital"), default=-1)
    return render_template(
        "resolution.html",
        instrument=site().instrument(lang),
        preamble=blocks[: last_recital + 1],
        operative=blocks[last_recital + 1 :],
        examples=site().kb.examples,
        questions={block.number: _about(block.number) for block in blocks if block.number},
    )


def _about(number: str) -> list[Question]:
    return [question for question in site().kb.questions if number in (question.paragraph or "").split(", ")]
