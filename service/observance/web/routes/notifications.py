"""`/relay`: the plan of transmissions, read-only: the recipients of each notification and their deliveries."""

from typing import Any

from flask import Blueprint, Response, make_response, render_template

from observance.core import NotFoundError, UsageError
from observance.handlers import TransmissionsRequest
from observance.web import assessment_requests, response_formats
from observance.web.language import language
from observance.web.problem_details import error_sentences, http_status
from observance.web.request_parameters import MOMENT, accepts, moment_fields, page_number, parameter, reading_choices, typed_values
from observance.web.response_formats import PAGE

blueprint = Blueprint("relay", __name__)


@blueprint.get("/relay")
@accepts(*MOMENT, "missing", "page")
def page() -> Response:
    """The plan of transmissions, as a page or as data."""
    response_format = response_formats.requested_page_format(tables=True)
    if response_format != PAGE:
        return assessment_requests.respond_with_data(_transmissions_request(), format=response_format)
    try:
        return make_response(_page(assessment_requests.fetch_page_data(_transmissions_request())))
    except (UsageError, NotFoundError) as error:
        return make_response(_page(None, problem=(error_sentences(error) or {})[language()]), http_status(error))


def _transmissions_request() -> TransmissionsRequest:
    return TransmissionsRequest(**moment_fields(), missing=parameter("missing") is not None, page=page_number())


def _page(data: Any, *, problem: str | None = None) -> str:
    values = typed_values((*MOMENT, "missing"))
    return render_template("relay.html", data=data, values=values, readings=reading_choices(language()), problem=problem)
