"""`/duties`: where each duty stands, as a picture and a table; `/duties/<name>`: why; and the same as data."""

from typing import Any

from flask import Blueprint, Response, make_response, render_template
from msgspec.structs import replace

from observance.assessment import compare_readings, group_by_occasion, status_matrices
from observance.core import ObservanceError
from observance.handlers import EVERY_READING, DutiesRequest, DutyRequest, HistoryRequest
from observance.web import assessment_requests, response_formats
from observance.web.instrument_text import Row, Segment, highlight
from observance.web.language import language
from observance.web.problem_details import sentences_of, status_of
from observance.web.request_parameters import MOMENT, accepts, moment_fields, parameter, preserved_parameters, selection_fields
from observance.web.response_formats import PAGE
from observance.web.site import site
from observance.web.views import strip, timeline

blueprint = Blueprint("duties", __name__)


@blueprint.get("/duties")
@accepts(*MOMENT, "member", "paragraph")
def page() -> Response:
    """Where the duties stand, on a day, under a reading or under all."""
    return _listed(DutiesRequest(**moment_fields(), **selection_fields()))


@blueprint.get("/members/<code>/duties")
@accepts(*MOMENT, "paragraph")
def of_member(code: str) -> Response:
    """The same for one Member or Union."""
    return _listed(DutiesRequest(**moment_fields(), members=(code,), paragraphs=selection_fields()["paragraphs"]))


@blueprint.get("/duties/<path:name>")
@accepts(*MOMENT, "whyNot", "since")
def duty(name: str) -> Response:
    """One duty with its five answers."""
    return _explained(name)


@blueprint.get("/duties/<path:name>/explanation")
@accepts(*MOMENT, "whyNot", "since")
def explanation(name: str) -> Response:
    """The same, under the name that programs look for."""
    return _explained(name)


@blueprint.get("/duties/<path:name>/history")
@accepts(*MOMENT)
def history(name: str) -> Response:
    """Where one duty stood from day to day."""
    question, form = HistoryRequest(**moment_fields(), duty=name), response_formats.requested_page_format(turtle=False)
    if form != PAGE:
        return assessment_requests.respond_with_data(question, form=form)
    found = assessment_requests.fetch_page_data(question)
    return make_response(
        render_template(
            "history.html", found=found, strip=strip(found["spans"]), statuses=site().statuses(language()), kept=preserved_parameters()
        )
    )


def _listed(question: DutiesRequest) -> Response:
    form = response_formats.requested_page_format()
    if form != PAGE:
        return assessment_requests.respond_with_data(question, form=form)
    try:
        found = assessment_requests.fetch_page_data(question)
    except ObservanceError as error:
        # The form again, with what was typed, so that it can be corrected.
        plain = assessment_requests.fetch_page_data(DutiesRequest(lang=language()))
        return make_response(_table(plain, question, problem=(sentences_of(error) or {})[language()]), status_of(error))
    return make_response(_table(found, question))


def _table(found: dict[str, Any], question: DutiesRequest, *, problem: str | None = None) -> str:
    lang = language()
    norms, rows = site().rows("norms", lang), found["rows"]
    every = question.reading == EVERY_READING and problem is None
    borne = [row for row in rows if row["bearer"]]
    return render_template(
        "duties.html",
        found=found,
        question=question,
        problem=problem,
        every=EVERY_READING,
        matrices=() if every else status_matrices(borne, norms=norms),
        compared=compare_readings(borne, readings=found["readings"]) if every else None,
        proceedings=group_by_occasion([row for row in rows if not row["bearer"]]),
        statuses=site().statuses(lang),
        paragraphs=site().blocks(lang),
        kept={} if problem else preserved_parameters(),
    )


def _words(shown: dict[str, Any]) -> list[tuple[Row, tuple[Segment, ...]]]:
    """The paragraph, after the opening words that govern it if the norm rests on them too, with what it rests on marked."""
    cues = [*shown["cues"], *(fact["anchor"] for fact in shown["facts"] if fact["anchor"])]
    blocks = [block for block in site().blocks(language()) if block.unit == "OperativeParagraph"]
    own = next((block for block in blocks if block.number == shown["paragraph"]), None)
    if own is None:
        return []
    elsewhere = [cue for cue in shown["cues"] if cue not in own.row["authentic"]]
    opening = [
        block for block in blocks if block is not own and not block.norms and any(cue in block.row["authentic"] for cue in elsewhere)
    ]
    return [(block.row, highlight(block.row["authentic"], cues)) for block in (*opening, own)]


def _explained(name: str) -> Response:
    question = DutyRequest(**moment_fields(), duty=name, why_not=parameter("whyNot"), since=parameter("since"))
    form = response_formats.requested_page_format()
    if form != PAGE:
        return assessment_requests.respond_with_data(question, form=form)
    try:
        found, problem, status = assessment_requests.fetch_page_data(question), None, 200
    except ObservanceError as error:
        if not (question.why_not or question.since):
            raise
        # What was added to the question does not fit: the page without it, and why.
        found, problem, status = (
            assessment_requests.fetch_page_data(replace(question, why_not=None, since=None)),
            (sentences_of(error) or {})[language()],
            status_of(error),
        )
    shown = found["duty"]
    return make_response(
        render_template(
            "duty.html",
            duty=shown,
            found=found,
            question=question,
            problem=problem,
            words=_words(shown),
            timeline=timeline(shown["events"]),
            statuses=site().statuses(language()),
            kept=preserved_parameters(),
        ),
        status,
    )
