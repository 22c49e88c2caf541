"""The handler for validation: a hostile document can end its worker process, but not the service."""

from observance.core import LimitExceededError, SerializedAnswer, UsageError
from observance.handlers.table import HandlerContext, json_answer, turtle_answer
from observance.submissions import (
    RepairRequest,
    ReportOptions,
    ReportRequest,
    SubmissionReport,
    report_to_json,
    reports_to_json,
    reports_to_sarif,
    reports_to_turtle,
)
from oxishacl import Source


def report(request: ReportRequest, context: HandlerContext) -> SerializedAnswer:
    """Return the report on the document, with repairs and provenance; raises what parsing and validating raise.

    Raises LimitExceededError if the report is larger than the largest answer of a query.
    """
    source = Source(request.name, request.content, request.media_type)
    return _bounded(_serialised(_report(source, request, context), request), context)


def repair(request: RepairRequest, context: HandlerContext) -> SerializedAnswer:
    """Return the `text` with the finding repaired, the first `line` that changed (null: none), and the `report` on it.

    Raises what `report` raises, and InvalidInputError for a value that is missing or cannot stand where its gap is.
    """
    submissions = context.disclosed(request.audience).submissions
    source = Source(request.name, request.content, request.media_type)
    source, line = submissions.repaired(source, fingerprint=request.fingerprint, values=request.values)
    report_object = report_to_json(_report(source, request, context))
    return _bounded(json_answer({"text": source.content.decode(errors="replace"), "line": line, "report": report_object}), context)


def _report(source: Source, request: ReportRequest, context: HandlerContext) -> SubmissionReport:
    options = ReportOptions(repairs=True, evidence=request.evidence, provenance=True, as_of=request.as_of, most=request.most)
    return context.disclosed(request.audience).submissions.validate(source, options=options)


def _bounded(answer: SerializedAnswer, context: HandlerContext) -> SerializedAnswer:
    limit = context.kb.settings.max_answer_bytes
    if len(answer.body) > limit:
        raise LimitExceededError("querying.answer-too-large", limit=limit)
    return answer


def _serialised(submission_report: SubmissionReport, request: ReportRequest) -> SerializedAnswer:
    match request.format:
        case "json":
            return SerializedAnswer("application/json", (reports_to_json([submission_report], several=False) + "\n").encode())
        case "turtle":
            return turtle_answer(reports_to_turtle([submission_report]))
        case "sarif":
            return SerializedAnswer("application/sarif+json", (reports_to_sarif([submission_report], lang=request.lang) + "\n").encode())
        case unknown:
            raise UsageError("querying.unknown-format", name=unknown, formats="json, turtle, sarif")
