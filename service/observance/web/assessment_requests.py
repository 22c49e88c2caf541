"""Requests about the register: answered by worker processes with a deadline.

A request may name any day and reading and bring a document of ten megabytes, and neither the rule engine nor a parser can be interrupted.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec
from flask import Response, make_response, render_template, request
from markupsafe import Markup
from msgspec.structs import replace

from observance.accounts import AccountError
from observance.core import ForbiddenError, InconsistentDataError, InvalidInputError, ObservanceError, SerializedAnswer
from observance.handlers import (
    MEETING_KEY,
    CompareRequest,
    CustomReadingRequest,
    DutiesRequest,
    MomentRequest,
    PageAddresses,
    ReadingsRequest,
    SheetRequest,
    TransmissionsRequest,
    WhatIfRequest,
)
from observance.web import received_document, response_formats
from observance.web.export_requests import export_response
from observance.web.language import language, link
from observance.web.pdf import pdf_response
from observance.web.problem_details import error_sentences, http_status
from observance.web.request_parameters import MOMENT, moment_fields, reading_choices, selection_fields, typed_values
from observance.web.response_formats import PAGE, PDF, TABLES
from observance.web.site import shown, site
from observance.web.status_disclosure import disclosed_request

PageRequest = MomentRequest | ReadingsRequest


def fetch_page_data(page_request: PageRequest) -> Any:
    """Return the data of a page; raises what `fetch_answer` raises."""
    return shown(msgspec.json.decode(fetch_answer(page_request, format=PAGE).body))


def fetch_answer(page_request: PageRequest, *, format: str) -> SerializedAnswer:
    """Return the answer in a format; one about a document in the request is not kept.

    Raises what the handler raises, but InvalidInputError for any fault of such a document, DeadlineExceededError and WorkerDiedError.
    """
    kb = site().kb
    call = kb.workers.call if isinstance(page_request, CustomReadingRequest) else kb.answers.call
    # Data are complete, whichever page is asked for.
    whole = {"page": 1} if format != PAGE and isinstance(page_request, CompareRequest | DutiesRequest | TransmissionsRequest) else {}
    with _faults_of_a_document(page_request):
        if isinstance(page_request, MomentRequest):
            page_request = disclosed_request(page_request)
        return call(replace(page_request, format=format, **whole), deadline=kb.settings.assess_seconds)


@contextmanager
def _faults_of_a_document(page_request: PageRequest) -> Iterator[None]:
    """Raise InvalidInputError for a fault of the data if the request brings a document, whose fault it is."""
    try:
        yield
    except (ForbiddenError, InconsistentDataError) as error:
        if isinstance(error, AccountError) or not isinstance(page_request, CustomReadingRequest):
            raise
        raise InvalidInputError(error.key, **error.values) from None


def respond_to_document(request_type: type[CustomReadingRequest | WhatIfRequest], *, render: Callable[..., str]) -> Response:
    """Return the answer about the document in the request: as data, or in the page that `render` makes of it or of the error."""
    response_format = response_formats.requested_page_format(turtle=False, tables=True)
    text = "" if response_format != PAGE else received_document.received_text()
    try:
        source = received_document.received_source()
        page_request = request_type(
            **moment_fields(), **selection_fields(), name=source.name, content=source.content, media_type=source.media_type
        )
        if response_format != PAGE:
            return respond_with_data(page_request, format=response_format)
        return make_response(render(text, comparison=fetch_page_data(page_request)))
    except ObservanceError as error:
        if response_format != PAGE:
            raise
        return make_response(render(text, problem=(error_sentences(error) or {})[language()]), http_status(error))


def document_form_context(text: str, *, comparison: object, problem: str | None) -> dict[str, Any]:
    """The template context of a form for a document, with the comparison or the sentence of an error if there is one."""
    return {
        "text": text,
        "comparison": comparison,
        "problem": problem,
        "syntaxes": received_document.SYNTAXES,
        "chosen": request.form.get("syntax", ""),
        "values": typed_values(MOMENT),
        "statuses": site().statuses(language()),
    }


def respond_with_data(page_request: PageRequest, *, format: str) -> Response:
    """Return the answer as data, in one of TABLES as an attachment."""
    if format in TABLES:
        with _faults_of_a_document(page_request):
            return export_response(page_request, format=format)
    answer = fetch_answer(page_request, format=format)
    return Response(answer.body, content_type=answer.media_type, headers={"Content-Language": language()})


def link_addresses(preserved: Mapping[str, str]) -> PageAddresses:
    """The addresses of paragraphs and meetings; those of meetings with the `preserved` query parameters."""
    address = site().paragraph_address(link)
    paragraphs = tuple((number, address(number)) for number in site().kb.lookup.paragraphs)
    return PageAddresses(paragraphs, link("meetings.dossier", key=MEETING_KEY, **preserved))


def sheet_response(
    page_request: SheetRequest, *, format: str, preserved: Mapping[str, str], context: Callable[[Mapping[str, Any]], Mapping[str, Any]]
) -> Response:
    """Return the sheet as data, or as a page with the template variables from `context`; its links have the `preserved` parameters."""
    if format not in (PAGE, PDF):
        return respond_with_data(page_request, format=format)
    data = fetch_page_data(replace(page_request, addresses=link_addresses(preserved)))
    body = Markup(data["body"])  # noqa: S704 - rendered by a template of this project, which escapes
    defaults = {
        "title": data["title"],
        "titles": data.get("titles", data["title"]),
        "moment": data["moment"],
        "body": body,
        "values": preserved,
        "readings": reading_choices(language()),
        "choices": (),
        "back": None,
        "comparisons": (),
    }
    page = render_template("review.html", **{**defaults, **context(data)})
    return pdf_response(page, moment=data["moment"]) if format == PDF else make_response(page)
