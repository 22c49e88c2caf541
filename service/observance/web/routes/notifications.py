"""`/relay`: for each notification who is to receive it, who did and who is missing. Read only: nothing is prepared or sent here."""

from typing import Any

from flask import Blueprint, Response, make_response, render_template, request

from observance.core import NotFoundError, UsageError
from observance.web import assessment_requests, response_formats
from observance.web.language import language
from observance.web.problem_details import sentences_of, status_of
from observance.web.request_parameters import moment_parameters, reading_choices
from observance.web.response_formats import PAGE

blueprint = Blueprint("relay", __name__)


@blueprint.get("/relay")
def page() -> Response:
    """The plan, as a page or for programs."""
    form = response_formats.requested_page_format()
    if form != PAGE:
        return assessment_requests.respond_with_data(_question(), form=form)
    try:
        return make_response(_page(assessment_requests.fetch_page_data(_question())))
    except (UsageError, NotFoundError) as error:
        return make_response(_page(None, problem=(sentences_of(error) or {})[language()]), status_of(error))


def _question() -> dict[str, Any]:
    return moment_parameters().question("relay", missing=bool(request.args.get("missing")))


def _page(found: Any, *, problem: str | None = None) -> str:
    values = {name: request.args.get(name, "") for name in ("as-of", "known-at", "reading", "missing")}
    return render_template("relay.html", found=found, values=values, readings=reading_choices(language()), problem=problem)
