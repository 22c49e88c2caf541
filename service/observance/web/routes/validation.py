"""`/validate`: the report on a submission; from a form for people, as the body of a POST for programs."""

import contextlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import partial
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
from observance.submissions import REGISTER_FORM, SEVERITIES, RepairRequest, ReportRequest, statement_text
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
_MOST_ALIKE: Final = 3
"""As many findings of one shape are shown as a reader needs to see what they are about; the others are behind a summary."""
_MOST_LINES: Final = 5_000
_LONGEST_LINE: Final = 300
_AROUND: Final = 1
"""The lines that an excerpt shows on each side of the place of a finding."""
_REPAIR: Final = ("repair", "gap-of", "gap")
"""The fields of a form: the fingerprint of the finding to repair; and for each gap on the page that of its finding, and its value."""

blueprint = Blueprint("validation", __name__)


@blueprint.get("/validate")
def page() -> str:
    """The empty form."""
    return _page("")


@blueprint.post("/validate")
@accepts(*DOCUMENT, "asOf", "evidence", *_REPAIR)
@admits
def validate() -> Response:
    """The report on the document, with status 200 also if there are findings; a form may ask for one of them to be repaired first."""
    workbook = received_document.received_workbook()
    if workbook is not None:
        return _workbook_response(workbook)
    response_format = response_formats.requested_page_format(sarif=True)
    if response_format != PAGE:
        answer = _report(response_format, evidence=request.values.get("evidence") == "true")
        return Response(answer.body, content_type=answer.media_type, headers={"Content-Language": "fr, en"})
    return _page_response(received_document.received_text(), fingerprint=request.form.get(_REPAIR[0]))


def _page_response(text: str, *, fingerprint: str | None) -> Response:
    """The page with the report on the text, in which the finding with the fingerprint is repaired first if one is named."""
    try:
        if fingerprint is None:
            return make_response(_page(text, report=_page_report()))
        repaired = _repaired(fingerprint)
    except ObservanceError as error:
        problem, status = (error_sentences(error) or {})[language()], http_status(error)
    else:
        if repaired["line"] is not None:
            return make_response(_page(repaired["text"], report=repaired["report"], changed_line=repaired["line"]))
        return make_response(_page(text, report=repaired["report"], problem=response_formats.request_message("validate.not-repaired")), 409)
    report = None
    if fingerprint is not None:
        # The value for a gap is wrong, and the findings stay; or the document cannot be read, which the next report would say again.
        with contextlib.suppress(ObservanceError):
            report = _page_report()
    return make_response(_page(text, report=report, problem=problem), status)


def _page_report() -> Mapping[str, Any]:
    report: Mapping[str, Any] = json.loads(_report("json", evidence=True, most=_MOST_ON_A_PAGE).body)
    return report


def _repaired(fingerprint: str) -> Mapping[str, Any]:
    """The text with the finding repaired, the first line that changed, and the report on it."""
    values = tuple(value for of, value in zip(*map(request.form.getlist, _REPAIR[1:]), strict=False) if of == fingerprint)
    answer = _answer(RepairRequest, "json", evidence=True, most=_MOST_ON_A_PAGE, fingerprint=fingerprint, values=values)
    repaired: Mapping[str, Any] = json.loads(answer.body)
    return repaired


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
    return _answer(ReportRequest, format, evidence=evidence, most=most)


def _answer(kind: type[ReportRequest], format: str, **values: Any) -> SerializedAnswer:
    try:
        source = received_document.received_source()
        return site().kb.submissions.report(
            kind(
                name=source.name, content=source.content, media_type=source.media_type, format=format, lang=language(), as_of=_as_of(),
                audience=audience(), **values,
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


def _page(text: str, *, report: Mapping[str, Any] | None = None, problem: str | None = None, changed_line: int | None = None) -> str:
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
        changed_line=changed_line,
        lines=_numbered_lines(text, results),
        excerpt=partial(_excerpt, text.split("\n")),
        gaps=request.form.getlist("gap"),
        groups=[(number, _alike(entries)) for number, entries in groupby(results, key=_group)],
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


def _alike(results: Iterable[Mapping[str, Any]]) -> list[tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]]:
    """The results by severity and shape in the order of their first: those shown, and those behind a summary."""
    kinds: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for result in results:
        kinds.setdefault((result["severity"], result["shape"]), []).append(result)
    # One more line takes no more room than the summary of one.
    return [(kind, []) if len(kind) <= _MOST_ALIKE + 1 else (kind[:_MOST_ALIKE], kind[_MOST_ALIKE:]) for kind in kinds.values()]


def _excerpt(lines: Sequence[str], place: Mapping[str, Any]) -> list[tuple[int, str, bool]]:
    """The lines around a place: number, text, and whether the place is there; empty if the page does not hold the text."""
    first, last = place["line"], min(place["end_line"], place["line"] + _AROUND)
    numbers = range(max(1, first - _AROUND), min(last + _AROUND, len(lines)) + 1)
    return [(number, lines[number - 1][:_LONGEST_LINE], first <= number <= last) for number in numbers] if any(lines) else []


def _numbered_lines(text: str, results: Iterable[Mapping[str, Any]]) -> list[tuple[int, str, str]]:
    """The lines of the text: number, text, and the severity of the severest finding that begins there; of a very long text, none."""
    severities: dict[int, str] = {}
    for result in results:
        if result["place"]:
            line = result["place"]["line"]
            severities[line] = min(severities.get(line, SEVERITIES[-1]), result["severity"], key=SEVERITIES.index)
    lines = text.split("\n") if text else []
    return (
        []
        if len(lines) > _MOST_LINES
        else [(number, line[:_LONGEST_LINE], severities.get(number, "")) for number, line in enumerate(lines, 1)]
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
