"""`/duties`: the statuses of duties as a matrix and a table; `/duties/<name>`: the explanation of one; both also as data."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlencode

from flask import Blueprint, Response, copy_current_request_context, make_response, render_template, request, url_for
from msgspec.structs import replace

from observance.assessment import compare_readings, group_by_occasion, status_matrix
from observance.core import LANGUAGES, DeadlineExceededError, ObservanceError, UnavailableError, local_name, translate
from observance.handlers import EVERY_READING, DutiesRequest, DutyRequest, HistoryRequest
from observance.web import assessment_requests, response_formats
from observance.web.instrument_text import Row, Segment, highlight
from observance.web.language import language, link
from observance.web.pdf import has_pdf, pdf_response
from observance.web.problem_details import error_sentences, http_status
from observance.web.request_parameters import (
    MOMENT,
    SELECTION,
    accepts,
    moment_fields,
    page_number,
    parameter,
    preserved_parameters,
    selection_fields,
)
from observance.web.response_formats import PAGE, PDF, request_message
from observance.web.sharing import titled
from observance.web.site import site
from observance.web.status_line import StatusLine, status_line
from observance.web.views import timeline

blueprint = Blueprint("duties", __name__)


@blueprint.get("/duties")
@accepts(*MOMENT, *SELECTION, "order", "page")
def page() -> Response:
    """The statuses of the duties on a day, under one reading or under all."""
    return _duties_response(DutiesRequest(**moment_fields(), **selection_fields(), order=parameter("order"), page=page_number()))


@blueprint.get("/members/<code>/duties")
@accepts(*MOMENT, "paragraph")
def of_member(code: str) -> Response:
    """The statuses of the duties of one Member or Union."""
    return _duties_response(DutiesRequest(**moment_fields(), members=(code,), paragraphs=selection_fields()["paragraphs"]), pdf=True)


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
    history_request, response_format = (
        HistoryRequest(**moment_fields(), duty=name),
        response_formats.requested_page_format(turtle=False, tables=True),
    )
    if response_format != PAGE:
        return assessment_requests.respond_with_data(history_request, format=response_format)
    data = assessment_requests.fetch_page_data(history_request)
    return make_response(
        render_template(
            "history.html",
            data=data,
            line=status_line(data["spans"], meetings=data["meetings"]),
            statuses=site().statuses(language()),
            preserved=preserved_parameters(),
        )
    )


def _duties_response(duties_request: DutiesRequest, *, pdf: bool = False) -> Response:
    response_format = response_formats.requested_page_format(tables=True, pdf=pdf)
    if response_format == PDF:
        data = assessment_requests.fetch_page_data(duties_request)
        return pdf_response(_table(data, duties_request), moment=data["moment"])
    if response_format != PAGE:
        return assessment_requests.respond_with_data(duties_request, format=response_format)
    try:
        data = assessment_requests.fetch_page_data(duties_request)
    except ObservanceError as error:
        # The form with the typed values, so that they can be corrected, and no other answer than the one that was asked for.
        choices = assessment_requests.fetch_page_data(DutiesRequest(lang=language()))
        problem = (error_sentences(error) or {})[language()]
        return make_response(
            _table({**choices, "rows": [], "counts": [], "notices": []}, duties_request, problem=problem), http_status(error)
        )
    return make_response(_table(data, duties_request))


def _table(data: dict[str, Any], duties_request: DutiesRequest, *, problem: str | None = None) -> str:
    lang = language()
    norms, rows = site().rows("norms", lang), data["rows"]
    every_reading = duties_request.reading == EVERY_READING and problem is None
    borne = [row for row in rows if row["bearer"]]
    # What was typed wrongly is not carried on.
    preserved = {} if problem else preserved_parameters()
    return render_template(
        "duties.html",
        formats=(*(("pdf",) if request.endpoint == "duties.of_member" and has_pdf() else ()), "xlsx", "csv", "json", "turtle"),
        titles=_titles(() if data["countsAlone"] else duties_request.members),
        data=data,
        duties_request=duties_request,
        problem=problem,
        every_reading=EVERY_READING,
        matrix=None if every_reading or not borne else status_matrix(borne, norms=norms),
        compared=compare_readings(borne, readings=data["readings"]) if every_reading else None,
        proceedings=group_by_occasion([row for row in rows if not row["bearer"]]),
        statuses=site().statuses(lang),
        marks=dict.fromkeys(status["mark"] for status in site().statuses(lang).values()),
        views=[(row["label"], _view_address(row["parameters"], moment=preserved)) for row in site().rows("duty-views", lang)],
        paragraphs=site().blocks(lang),
        preserved=preserved,
        narrowed=_narrowed(data),
        toggled=_toggled,
    )


def _titles(members: Sequence[str]) -> dict[str, str]:
    """The title of the page in each language, with the name of the one party whose items it shows."""
    names = {lang: row["name"] for lang in LANGUAGES for row in site().rows("bearers", lang) if members == (row["code"],)}
    return {lang: translate("exports.title-duties-of", lang, name=names[lang]) for lang in names} or titled("duties.title")


def _view_address(parameters: str, *, moment: Mapping[str, str]) -> str:
    """The address of a selection that is told in words, at the moment and under the reading of the page."""
    return link("duties.page", **moment, **parse_qs(parameters))


def _narrowed(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What narrows the answer, each in words with the address of the page without it."""
    regions = {region["name"]: region["label"] for region in data["regions"]}
    bearers = {bearer["code"]: bearer["name"] for bearer in data["bearers"]}
    statuses = {local_name(iri): row["label"] for iri, row in site().statuses(language()).items()}
    words = {"region": regions, "member": bearers, "status": statuses}
    return [
        (_in_words(name, value, words=words), _toggled(name, value))
        for name, value in request.args.items(multi=True)
        if name in SELECTION and value.strip()
    ]


def _in_words(name: str, value: str, *, words: Mapping[str, Mapping[str, str]]) -> str:
    if name in words:
        return words[name].get(value, value)
    if name == "paragraph":
        return request_message("duties.paragraph-n", number=value)
    known = {row["mark"] for row in site().statuses(language()).values()}
    mark = request_message(f"duties.mark-{value}") if value in known else value
    return request_message("duties.without", mark=mark) if name == "without" else mark


def _toggled(name: str, value: str) -> str:
    """The address of this page with the value of the parameter, or without it if it has that value; from the first page on."""
    kept = [(key, one) for key, one in request.args.items(multi=True) if key != "page" and one.strip()]
    without = [pair for pair in kept if pair != (name, value)]
    return f"{url_for('duties.page')}?{urlencode(without if len(without) < len(kept) else [*kept, (name, value)])}"


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


def _line(duty_request: DutyRequest) -> StatusLine | None:
    """The history of the duty as a line; None where it cannot be told in time, since the page says enough without it."""
    asked = {name: getattr(duty_request, name) for name in ("as_of", "known_at", "reading", "lang", "duty")}
    try:
        history = assessment_requests.fetch_page_data(HistoryRequest(**asked))
    except (DeadlineExceededError, UnavailableError):
        return None
    return status_line(history["spans"], meetings=history["meetings"])


def _duty_response(name: str) -> Response:
    duty_request = DutyRequest(**moment_fields(), duty=name, why_not=parameter("whyNot"), since=parameter("since"))
    response_format = response_formats.requested_page_format(tables=True)
    if response_format != PAGE:
        return assessment_requests.respond_with_data(duty_request, format=response_format)
    # Another worker derives the history meanwhile: at thousands of submissions it takes longer than the reasons.
    with ThreadPoolExecutor(1) as aside:
        line = aside.submit(copy_current_request_context(_line), duty_request)
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
            titles=data["titles"],
            duty_request=duty_request,
            problem=problem,
            words=_governing_text(duty_data),
            timeline=timeline(duty_data["events"]),
            line=line.result(),
            statuses=site().statuses(language()),
            preserved=preserved_parameters(),
        ),
        status,
    )
