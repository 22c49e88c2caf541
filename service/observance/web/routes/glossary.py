"""`/glossary`: the words of the pages, what can be said of an item, and the force of words, each with its meaning."""

from flask import Blueprint, render_template

from observance.web.glossary import glossary, glossed
from observance.web.language import language
from observance.web.site import site

blueprint = Blueprint("glossary", __name__)
blueprint.add_app_template_filter(glossed)


@blueprint.get("/glossary")
def page() -> str:
    """The words in alphabetical order, the statuses in theirs, and the modalities."""
    lang = language()
    return render_template(
        "glossary.html", words=glossary(lang), statuses=site().statuses(lang), modalities=site().rows("modalities", lang)
    )
