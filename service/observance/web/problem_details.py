"""Responses to exceptions: the HTTP status of each, as problem details (RFC 9457) or as a page."""

import json
import secrets
from collections.abc import Mapping
from typing import Final

from flask import Flask, Response, current_app, make_response, render_template
from werkzeug.exceptions import HTTPException, SecurityError

from observance.core import (
    HOME,
    LANGUAGES,
    ConflictError,
    DeadlineExceededError,
    ForbiddenError,
    InconsistentDataError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
    ObservanceError,
    UnavailableError,
    UnsupportedFormatError,
    UsageError,
    WorkerDiedError,
    translate,
)
from observance.web.access import UnauthenticatedError
from observance.web.admission import TooManyRequestsError
from observance.web.language import language
from observance.web.negotiation import prefers_html

STATUSES: Final = {
    TooManyRequestsError: 429,
    UnauthenticatedError: 401,
    ConflictError: 409,
    InvalidInputError: 400,
    UsageError: 400,
    ForbiddenError: 403,
    NotFoundError: 404,
    LimitExceededError: 413,
    UnsupportedFormatError: 415,
    InconsistentDataError: 500,
    DeadlineExceededError: 503,
    WorkerDiedError: 503,
    UnavailableError: 503,
}
_TITLES: Final = {
    400: "web.title-400",
    401: "web.title-401",
    403: "web.title-403",
    404: "web.title-404",
    405: "web.title-405",
    406: "web.title-406",
    408: "web.title-408",
    409: "web.title-409",
    413: "web.title-413",
    415: "web.title-415",
    429: "web.title-429",
    431: "web.title-413",
    500: "web.title-500",
    503: "web.title-503",
}
DETAILS: Final = {
    400: "web.detail-400",
    404: "web.detail-404",
    405: "web.detail-405",
    408: "web.detail-408",
    413: "web.detail-413",
    415: "web.detail-415",
    431: "web.detail-431",
}
# The sentences for these errors name options of the command line; on pages others take their place.
_PAGE_MESSAGES: Final = {
    "assessment.no-duty": "duties.no-duty",
    "assessment.no-moment": "duties.no-moment",
    "querying.too-long": "web.too-long",
    "querying.service": "web.service",
    "querying.load": "web.load",
    "querying.from-file": "web.from-file",
    "querying.deadline": "web.deadline",
    "querying.worker-died": "web.worker-died",
    "querying.no-query": "web.no-question",
    "querying.no-query-near": "web.no-question-near",
    "querying.no-parameter": "web.no-parameter",
    "querying.missing-parameter": "web.missing-parameter",
}
MEDIA_TYPE: Final = "application/problem+json"
_RETRY_SECONDS: Final = "10"


class NotAcceptableError(UsageError):
    """The client accepts none of the offered media types."""

    code = "NotAcceptable"


def register_error_handlers(app: Flask) -> None:
    """Install the handler for all exceptions of the application."""
    app.register_error_handler(Exception, error_response)
    app.after_request(_add_retry_after)


def error_response(error: Exception) -> Response:
    """Return the response to an exception: its status, and one sentence in the language of the request."""
    if isinstance(error, HTTPException) and (error.code or 500) < 400:
        return make_response(error.get_response())
    status, sentences = http_status(error), error_sentences(error)
    number = _log_incident(error) if sentences is None else None
    if sentences is None:
        sentences = {lang: translate("web.incident", lang, number=number) for lang in LANGUAGES}
    response = (
        _page_response(status, sentences, number=number)
        # A page has links, and under a name that is not ours there are no addresses.
        if prefers_html() and not isinstance(error, SecurityError)
        else _problem_response(status, sentences, error=error, number=number)
    )
    response.status_code = status
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, HTTPException):
        for name, value in error.get_headers():
            if name == "Allow":
                response.headers[name] = ", ".join(sorted(value.split(", ")))
    return response


def _add_retry_after(response: Response) -> Response:
    """Add Retry-After to each response with status 429 or 503, also to pages that report the error themselves."""
    if response.status_code in {429, 503}:
        response.headers["Retry-After"] = _RETRY_SECONDS
    return response


def http_status(error: Exception) -> int:
    """The HTTP status of an exception."""
    if isinstance(error, HTTPException):
        return error.code or 500
    if isinstance(error, NotAcceptableError):
        return 406
    return next((status for error_type, status in STATUSES.items() if isinstance(error, error_type)), 500)


def error_sentences(error: Exception) -> dict[str, str] | None:
    """The sentence of an exception by language; None for an unexpected one, whose text no client may see."""
    if isinstance(error, ObservanceError):
        key = _PAGE_MESSAGES.get(error.key)
        return {lang: translate(key, lang, **error.values) for lang in LANGUAGES} if key is not None else error.sentences()
    if isinstance(error, SecurityError):
        return {lang: translate("web.other-host", lang) for lang in LANGUAGES}
    if isinstance(error, HTTPException) and error.code in DETAILS:
        return {lang: translate(DETAILS[error.code], lang) for lang in LANGUAGES}
    return None


def _log_incident(error: Exception) -> str:
    """Log the exception under a random incident number and return the number."""
    number = secrets.token_hex(4)
    current_app.logger.error("incident %s", number, exc_info=error)
    return number


def status_title(status: int, lang: str) -> str:
    """The title of the status in the language."""
    return translate(_TITLES.get(status, "web.title-500"), lang)


def _page_response(status: int, sentences: dict[str, str], *, number: str | None) -> Response:
    lang = language()
    page = render_template("problem.html", status=status, title=status_title(status, lang), sentence=sentences[lang], number=number)
    return make_response(page)


def _problem_response(status: int, sentences: dict[str, str], *, error: Exception, number: str | None) -> Response:
    lang = language()
    kind = HOME + f"problems/{error.code}" if isinstance(error, ObservanceError) else "about:blank"
    body = problem_json(status, sentences, lang=lang, kind=kind, number=number)
    return Response(body, content_type=MEDIA_TYPE, headers={"Content-Language": lang})


def problem_json(status: int, sentences: Mapping[str, str], *, lang: str, kind: str, number: str | None = None) -> str:
    """Problem details in JSON: `detail` is the sentence in the language, `detail_<lang>` that in each language."""
    problem: dict[str, object] = {"type": kind, "title": status_title(status, lang), "status": status, "detail": sentences[lang]}
    problem |= {f"detail_{code}": sentence for code, sentence in sorted(sentences.items())}
    if number is not None:
        problem["incident"] = number
    return json.dumps(problem, ensure_ascii=False, indent=2) + "\n"
