"""`/duties`: the statuses of duties as a matrix and a table; `/duties/<name>`: the explanation of one; both also as data."""

from typing import Any

from flask import Blueprint, Response, make_response, render_template
from msgspec.structs import replace

from observance.assessment import compare_readings, group_by_occasion, status_matrices
from observance.core import ObservanceError
from observance.handlers import EVERY_READING, DutiesRequest, DutyRequest, HistoryRequest
from observance.web import assessment_requests, response_formats
from observance.web.instrument_text import Row, Segment, highlight
from observance.web.language import language
from observance.web.problem_details import error_sentences, http_status
from observance.web.request_parameters import MOMENT, accepts, moment_fields, page_number, parameter, preserved_parameters, selection_fields
from observance.web.response_formats import PAGE
from observance.web.site import site
from observance.web.views import history_bar, timeline

blueprint = Blueprint("duties", __name__)


@blueprint.get("/duties")
@accepts(*MOMENT, "member", "paragraph", "page")
def page() -> Response:
    """The statuses of the duties on a day, under one reading or under all."""
    return _duties_response(DutiesRequest(**moment_fields(), **selection_fields(), page=page_number()))


@blueprint.get("/members/<code>/duties")
@accepts(*MOMENT, "paragraph")
def of_member(code: str) -> Response:
    """The statuses of the duties of one Member or Union."""
    return _duties_response(DutiesRequest(**moment_fields(), members=(code,), paragraphs=selection_fields()["paragraphs"]))


@blueprint.get("/duties/<path:name>")
@accepts(*MOMENT, "whyNot", "since")
def duty(name: str) -> Response:
    """The explanation of one duty."""
    return _duty_response(name)


@blueprint.get("/duties/<path:name>/explanation")
@accepts(*MOMENT, "whyNot", "since")
def explanation(name: str) -> Response:
    """The explanation of one duty, at an address of its own for programs."""
    return _duty_response(name)


@blueprint.get("/duties/<path:name>/history")
@accepts(*MOMENT)
def history(name: str) -> Response:
    """The statuses of one duty over time."""
    history_request, response_format = HistoryRequest(**moment_fields(), duty=name), response_formats.requested_page_format(turtle=False)
    if response_format != PAGE:
        return assessment_requests.respond_with_data(history_request, format=response_format)
    data = assessment_requests.fetch_page_data(history_request)
    return make_response(
        render_template(
            "history.html",
            data=data,
            history_bar=history_bar(data["spans"]),
            statuses=site().statuses(language()),
            preserved=preserved_parameters(),
        )
    )


def _duties_response(duties_request: DutiesRequest) -> Response:
    response_format = response_formats.requested_page_format()
    if response_format != PAGE:
        return assessment_requests.respond_with_data(duties_request, format=response_format)
    try:
        data = assessment_requests.fetch_page_data(duties_request)
    except ObservanceError as error:
        # The form with the typed values, so that they can be corrected.
        defaults = assessment_requests.fetch_page_data(DutiesRequest(lang=language()))
        return make_response(_table(defaults, duties_request, problem=(error_sentences(error) or {})[language()]), http_status(error))
    return make_response(_table(data, duties_request))


def _table(data: dict[str, Any], duties_request: DutiesRequest, *, problem: str | None = None) -> str:
    lang = language()
    norms, rows = site().rows("norms", lang), data["rows"]
    every_reading = duties_request.reading == EVERY_READING and problem is None
    borne = [row for row in rows if row["bearer"]]
    return render_template(
        "duties.html",
        data=data,
        duties_request=duties_request,
        problem=problem,
        every_reading=EVERY_READING,
        matrices=() if every_reading else status_matrices(borne, norms=norms),
        compared=compare_readings(borne, readings=data["readings"]) if every_reading else None,
        proceedings=group_by_occasion([row for row in rows if not row["bearer"]]),
        statuses=site().statuses(lang),
        paragraphs=site().blocks(lang),
        preserved={} if problem else preserved_parameters(),
    )


def _governing_text(duty: dict[str, Any]) -> list[tuple[Row, tuple[Segment, ...]]]:
    """The paragraph of the duty with its cue words marked, after the opening words if these contain cue words too."""
    cues = [*duty["cues"], *(fact["anchor"] for fact in duty["facts"] if fact["anchor"])]
    blocks = [block for block in site().blocks(language()) if block.unit == "OperativeParagraph"]
    paragraph = next((block for block in blocks if block.number == duty["paragraph"]), None)
    if paragraph is None:
        return []
    elsewhere = [cue for cue in duty["cues"] if cue not in paragraph.row["authentic"]]
    opening = [
        block
        for block in blocks
        if block is not paragraph
        and block.instrument == paragraph.instrument
        and not block.norms
        and any(cue in block.row["authentic"] for cue in elsewhere)
    ]
    return [(block.row, highlight(block.row["authentic"], cues)) for block in (*opening, paragraph)]


def _duty_response(name: str) -> Response:
    duty_request = DutyRequest(**moment_fields(), duty=name, why_not=parameter("whyNot"), since=parameter("since"))
    response_format = response_formats.requested_page_format()
    if response_format != PAGE:
        return assessment_requests.respond_with_data(duty_request, format=response_format)
    try:
        data, problem, status = assessment_requests.fetch_page_data(duty_request), None, 200
    except ObservanceError as error:
        if not (duty_request.why_not or duty_request.since):
            raise
        # `whyNot` or `since` is wrong: the page without them, and the error.
        data, problem, status = (
            assessment_requests.fetch_page_data(replace(duty_request, why_not=None, since=None)),
            (error_sentences(error) or {})[language()],
            http_status(error),
        )
    duty_data = data["duty"]
    return make_response(
        render_template(
            "duty.html",
            duty=duty_data,
            duty_request=duty_request,
            problem=problem,
            words=_governing_text(duty_data),
            timeline=timeline(duty_data["events"]),
            statuses=site().statuses(language()),
            preserved=preserved_parameters(),
        ),
        status,
    )
