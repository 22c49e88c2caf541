"""`/compare`: what moved between two days or meetings."""

from typing import Final

from flask import Blueprint, Response, make_response, render_template, request

from observance.core import ObservanceError, UsageError
from observance.handlers import CompareRequest
from observance.web import assessment_requests, response_formats
from observance.web.language import language
from observance.web.problem_details import error_sentences, http_status
from observance.web.request_parameters import MOMENT, accepts, moment_fields, page_number, parameter, selection_fields, typed_values
from observance.web.response_formats import PAGE
from observance.web.site import site

blueprint = Blueprint("compare", __name__)

_FIELDS: Final = ("from", "fromMeeting", "to", "toMeeting", "knownAt", "reading", "member", "paragraph", "order")


@blueprint.get("/compare")
@accepts("from", "fromMeeting", "to", "toMeeting", *MOMENT, "member", "paragraph", "order", "page")
def page() -> Response:
    """The items that have another status on the later day than on the earlier one, with the statuses on both."""
    response_format = response_formats.requested_page_format(turtle=False, tables=True)
    if response_format != PAGE:
        return assessment_requests.respond_with_data(_request(), format=response_format)
    try:
        data, problem, status = assessment_requests.fetch_page_data(_request()), None, 200
    except ObservanceError as error:
        problem, status = (error_sentences(error) or {})[language()], http_status(error)
        data = assessment_requests.fetch_page_data(CompareRequest(lang=language()))
    return make_response(
        render_template(
            "compare.html",
            compared=data,
            problem=problem,
            values={name: value for name in _FIELDS if (value := request.args.get(name, "").strip())},
            statuses=site().statuses(language()),
            paragraphs=site().blocks(language()),
            preserved={name: value for name in ("knownAt", "reading") if (value := typed_values((name,))[name])},
        ),
        status,
    )


def _request() -> CompareRequest:
    moment, selection = moment_fields(), selection_fields()
    return CompareRequest(
        lang=moment["lang"],
        as_of=_day("to") or moment["as_of"],
        known_at=moment["known_at"],
        reading=moment["reading"],
        since=_day("from"),
        members=selection["members"],
        paragraphs=selection["paragraphs"],
        order=parameter("order"),
        page=page_number(),
    )


def _day(name: str) -> str | None:
    """The day that is named, by itself or by a meeting; raises UsageError if both are named and differ."""
    day, meeting = parameter(name), parameter(f"{name}Meeting")
    if day and meeting and day != meeting:
        raise UsageError("duties.compare-both", day=day[:60], meeting=meeting[:60])
    return day or meeting
