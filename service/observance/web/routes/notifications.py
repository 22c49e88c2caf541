"""`/relay`: for each notification who is to receive it, who did and who is missing. Read only: nothing is prepared or sent here."""

from typing import Any

from flask import Blueprint, Response, make_response, render_template

from observance.core import NotFoundError, UsageError
from observance.handlers import TransmissionsRequest
from observance.web import assessment_requests, response_formats
from observance.web.language import language
from observance.web.problem_details import sentences_of, status_of
from observance.web.request_parameters import MOMENT, accepts, moment_fields, parameter, reading_choices, typed_values
from observance.web.response_formats import PAGE

blueprint = Blueprint("relay", __name__)


@blueprint.get("/relay")
@accepts(*MOMENT, "missing")
def page() -> Response:
    """The plan, as a page or for programs."""
    form = response_formats.requested_page_format()
    if form != PAGE:
        return assessment_requests.respond_with_data(_question(), form=form)
    try:
        return make_response(_page(assessment_requests.fetch_page_data(_question())))
    except (UsageError, NotFoundError) as error:
        return make_response(_page(None, problem=(sentences_of(error) or {})[language()]), status_of(error))


def _question() -> TransmissionsRequest:
    return TransmissionsRequest(**moment_fields(), missing=parameter("missing") is not None)


def _page(found: Any, *, problem: str | None = None) -> str:
    values = typed_values((*MOMENT, "missing"))
    return render_template("relay.html", found=found, values=values, readings=reading_choices(language()), problem=problem)
