"""`/`: what this is, for whom, and the paragraphs at a glance."""

from flask import Blueprint, render_template

from observance.web.language import language
from observance.web.site import site

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def page() -> str:
    """The first page."""
    lang = language()
    return render_template(
        "home.html",
        instrument=site().instrument(lang),
        paragraphs=[block for block in site().blocks(lang) if block.unit == "OperativeParagraph"],
        modalities=site().rows("modalities", lang),
        bearers=site().rows("bearers", lang),
    )
