"""The validation request to a worker process."""

from observance.register import Audience
from observance.workers import Request


class ReportRequest(Request, frozen=True):
    """A document to validate and the form of its report: `format` is json, turtle or sarif; `as_of` a date as the client wrote it.

    `most` is the number of findings after which the others are only counted, and evidence is left out; None: there is no such number.
    With an `audience`, the document is validated against the register that is left for it.
    """

    name: str
    content: bytes
    media_type: str | None
    format: str
    lang: str = "en"
    as_of: str | None = None
    evidence: bool = False
    most: int | None = None
    audience: Audience | None = None


class RepairRequest(ReportRequest, frozen=True):
    """A document of which the finding with this fingerprint is to be repaired; `values` are for the gaps of the repair, in their order."""

    fingerprint: str = ""
    values: tuple[str, ...] = ()
