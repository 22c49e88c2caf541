"""What a worker process is asked to validate."""

from observance.workers import Request


class ReportRequest(Request, frozen=True):
    """A document to validate, and what its report is to be: `format` is json, turtle or sarif; `as_of` a date as it was given."""

    name: str
    content: bytes
    media_type: str | None
    format: str
    lang: str = "en"
    as_of: str | None = None
    evidence: bool = False
