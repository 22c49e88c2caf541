"""The handler for validation: a hostile document can end its worker process, but not the service."""

from observance.core import LimitExceededError, SerializedAnswer, UsageError
from observance.handlers.table import HandlerContext, turtle_answer
from observance.submissions import ReportOptions, ReportRequest, SubmissionReport, reports_to_json, reports_to_sarif, reports_to_turtle
from oxishacl import Source


def report(request: ReportRequest, context: HandlerContext) -> SerializedAnswer:
    """Return the report on the document, with repairs and provenance; raises what parsing and validating raise.

    Raises LimitExceededError if the report is larger than the largest answer of a query.
    """
    options = ReportOptions(repairs=True, evidence=request.evidence, provenance=True, as_of=request.as_of, most=request.most)
    submissions = context.disclosed(request.audience).submissions
    submission_report = submissions.validate(Source(request.name, request.content, request.media_type), options=options)
    answer = _serialised(submission_report, request)
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
