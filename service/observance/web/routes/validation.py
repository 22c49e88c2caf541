"""`/validate`: the report on a submission; from a form for people, as the body of a POST for programs."""

import json
from collections.abc import Mapping
from datetime import date
from itertools import groupby
from typing import Any, Final

from flask import Blueprint, Response, make_response, render_template, request

from observance.core import (
    ForbiddenError,
    InvalidInputError,
    LimitExceededError,
    ObservanceError,
    SerializedAnswer,
    UnsupportedFormatError,
    UsageError,
)
from observance.submissions import REGISTER_FORM, SEVERITIES, ReportRequest, statement_text
from observance.web import received_document, response_formats
from observance.web.admission import admits
from observance.web.audience import audience
from observance.web.language import language
from observance.web.negotiation import HTML, best_media_type
from observance.web.problem_details import error_sentences, http_status
from observance.web.request_parameters import DOCUMENT, accepts, parameter
from observance.web.response_formats import PAGE
from observance.web.site import site
from observance.web.workbook_reports import workbook_response
from oxishacl import Source, quote

_MOST_ON_A_PAGE: Final = 200
_MOST_NAMED: Final = 20

blueprint = Blueprint("validation", __name__)


@blueprint.get("/validate")
def page() -> str:
    """The empty form."""
    return _page("")


@blueprint.post("/validate")
@accepts(*DOCUMENT, "asOf", "evidence")
@admits
def validate() -> Response:
    """The report on the document, with status 200 also if there are findings."""
    workbook = received_document.received_workbook()
    if workbook is not None:
        return _workbook_response(workbook)
    response_format = response_formats.requested_page_format(sarif=True)
    if response_format != PAGE:
        answer = _report(response_format, evidence=request.values.get("evidence") == "true")
        return Response(answer.body, content_type=answer.media_type, headers={"Content-Language": "fr, en"})
    text = received_document.received_text()
    try:
        report: Mapping[str, Any] = json.loads(_report("json", evidence=True, most=_MOST_ON_A_PAGE).body)
    except ObservanceError as error:
        sentence = (error_sentences(error) or {})[language()]
        return make_response(_page(text, problem=sentence), http_status(error))
    return make_response(_page(text, report=report))


def _workbook_response(workbook: Source) -> Response:
    """The report on a workbook; a page says why it cannot be read."""
    try:
        return workbook_response(workbook)
    except ForbiddenError as error:
        problem: ObservanceError = InvalidInputError(error.key, **error.values)
    except (InvalidInputError, UnsupportedFormatError, LimitExceededError) as error:
        problem = error
    if best_media_type(("application/json", HTML)) != HTML or request.values.get("format", PAGE) != PAGE:
        raise problem
    return make_response(_page("", problem=(error_sentences(problem) or {})[language()]), http_status(problem))


def _report(format: str, *, evidence: bool, most: int | None = None) -> SerializedAnswer:
    try:
        source = received_document.received_source()
        return site().kb.submissions.report(
            ReportRequest(
                name=source.name, content=source.content, media_type=source.media_type, format=format, lang=language(), as_of=_as_of(),
                evidence=evidence, most=most, audience=audience(),
            )
        )  # fmt: skip
    except ForbiddenError as error:
        # For the client, a document with a DOCTYPE or a remote context is unreadable (400), not a forbidden action (403).
        raise InvalidInputError(error.key, **error.values) from None


def _as_of() -> str | None:
    """The date of the report as an ISO date, None if missing; raises UsageError for any other text."""
    text = parameter("asOf")
    if text is None:
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise UsageError("web.as-of", found=quote(text)) from None


def _page(text: str, *, report: Mapping[str, Any] | None = None, problem: str | None = None) -> str:
    results = report["results"] if report else []
    evidence = report.get("evidence", {}) if report else {}
    left_out = report.get("left_out", {}) if report else {}
    return render_template(
        "validate.html",
        text=text,
        report=report,
        problem=problem,
        syntaxes=received_document.SYNTAXES,
        chosen=request.form.get("syntax", ""),
        groups=[(number, list(entries)) for number, entries in groupby(results, key=_group)],
        met=[(number, list(entries)) for number, entries in groupby(evidence.get("met", []), key=lambda entry: entry["paragraph"])],
        counts=[
            (severity, sum(result["severity"] == severity for result in results) + left_out.get(severity, 0)) for severity in SEVERITIES
        ],
        left_out=sum(left_out.values()),
        shown=len(results),
        submissions=(report["submissions"] if report else [])[:_MOST_NAMED],
        digests=_digests(report["provenance"]) if report else [],
        triple=statement_text,
        labels=site().labels(language()),
        examples=site().kb.lookup.examples,
    )


def _group(result: Mapping[str, Any]) -> str | None:
    """The heading that a result stands under: the form of the register, or its paragraph."""
    return "form" if result["fault_of"] == REGISTER_FORM else result["paragraph"]


def _digests(provenance: Mapping[str, str | None]) -> list[tuple[str, str]]:
    """The provenance of the report in display order: digests and versions, without those that are missing."""
    digests = {
        "submission": provenance["rdfc10"],
        "file": provenance["sha256"],
        "shapes": provenance["shapes"],
        "knowledge": provenance["knowledge"],
        "register": provenance["register"],
        "engine": f"{provenance['engine']} {provenance['version']}",
        "as-of": provenance["as_of"],
    }
    return [(name, text) for name, text in digests.items() if text]
