"""`/`: the home page; `/resolution`: the text in both languages, with the norms beside each paragraph."""

from typing import Any

from flask import Blueprint, render_template

from observance.core import ObservanceError
from observance.handlers import DutiesRequest, OverviewRequest
from observance.questions import Question
from observance.web import assessment_requests
from observance.web.instrument_text import Block
from observance.web.language import language
from observance.web.site import site
from observance.web.status_disclosure import disclosed_request

blueprint = Blueprint("instrument", __name__)


@blueprint.get("/")
def home() -> str:
    """The home page: the paragraphs with their norms, and links to the other pages."""
    lang = language()
    overview = _overview()
    return render_template(
        "home.html",
        overview=overview,
        counts=overview["counts"] if overview else _counts_alone(),
        statuses=site().statuses(lang),
        first_view=next(iter(site().rows("duty-views", lang)), None),
        instruments=site().instruments(lang),
        paragraphs=[block for block in site().blocks(lang) if block.unit == "OperativeParagraph"],
        modalities=site().rows("modalities", lang),
        bearers=site().rows("bearers", lang),
    )


def _overview() -> Any:
    """The register in one picture; None for a reader who may not be told statuses, and for a register of which nothing can be derived."""
    try:
        asked = disclosed_request(OverviewRequest(lang=language()))
        # No worker is asked for what everybody is told: this page is answered also while all of them are busy.
        return site().overview(language()) if asked.known_at is None else assessment_requests.fetch_page_data(asked)
    except ObservanceError:
        return None


def _counts_alone() -> Any:
    """How many items have each status, for a reader who may be told that; else None."""
    try:
        counts = assessment_requests.fetch_page_data(DutiesRequest(lang=language()))["counts"]
    except ObservanceError:
        return None
    return counts[0] if counts else None


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
