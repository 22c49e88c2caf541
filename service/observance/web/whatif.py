"""`/what-if`: what would change if a document were in the register. It is laid over the register and stored nowhere."""

from flask import Blueprint, Response, make_response, render_template, request

from observance.errors import ObservanceError
from observance.web import assessing, offers, received
from observance.web.formats import PAGE
from observance.web.language import language
from observance.web.problems import status_of, told
from observance.web.site import site

blueprint = Blueprint("whatif", __name__)


@blueprint.get("/what-if")
def page() -> str:
    """The form."""
    return _page()


@blueprint.post("/what-if")
def suppose() -> Response:
    """The duties whose answer would be another one, before and after."""
    form, question = offers.form(turtle=False), assessing.asked("what_if")
    if form != PAGE:
        return assessing.sent(question, form=form, source=received.source())
    text = received.text()
    try:
        return make_response(_page(text, found=assessing.page(question, received.source())))
    except ObservanceError as error:
        return make_response(_page(text, problem=(told(error) or {})[language()]), status_of(error))


def _page(text: str = "", *, found: object = None, problem: str | None = None) -> str:
    return render_template(
        "what-if.html",
        text=text,
        found=found,
        problem=problem,
        syntaxes=received.SYNTAXES,
        chosen=request.form.get("syntax", ""),
        asked={name: request.form.get(name, "") for name in ("asOf", "knownAt", "reading")},
        readings=assessing.page({"ask": "readings", "lang": language()}),
        examples=site().house.examples,
        statuses=site().statuses(language()),
    )
