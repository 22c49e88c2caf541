"""Requests to a worker process about the register: statuses, readings, transmissions, meetings, comparisons.

Moments, readings, parties and paragraphs are texts as typed; the handler parses and resolves them. `format` is `json`, `turtle` or
`html`; the answer for `html` is the data of a page, as JSON.
"""

from datetime import datetime

from msgspec import Struct

from observance.questions import QuestionRequest, SparqlRequest
from observance.register import Audience
from observance.workers import Request

EVERY_READING = "*"
"""The name that selects all readings."""


class MomentRequest(Request, frozen=True, kw_only=True):
    """The base of requests about a snapshot under a reading: `as_of` a day, `known_at` a time; None selects the default.

    The answer tells what the `audience` may read; None: everything but restricted documents.
    """

    as_of: str | None = None
    known_at: str | None = None
    reading: str | None = None
    lang: str = "en"
    format: str = "html"
    audience: Audience | None = None


class DutiesRequest(MomentRequest, frozen=True, kw_only=True):
    """The statuses of the duties of these parties under these paragraphs (all if empty), under one reading or EVERY_READING.

    `statuses`, `marks` and `regions` (by their names, all if empty) narrow the answer; parties with an item of a mark in `without` are left
    out. In the format `html` the answer has the duties of the parties of one `page` in the `order` (`name`, `region` or `count`), and the
    counts of all; with `has_counts_alone`, the answer in any format has nothing but counts.
    """

    members: tuple[str, ...] = ()
    paragraphs: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    order: str | None = None
    page: int = 1
    has_counts_alone: bool = False


class OverviewRequest(MomentRequest, frozen=True, kw_only=True):
    """The register in one picture."""


class CompareRequest(MomentRequest, frozen=True, kw_only=True):
    """What moved between two days, both as known at one time: `since` is the earlier day; None: that of the last meeting held before.

    The duties are those of these parties under these paragraphs (all if empty). In the format `html` the answer has the changes of one
    `page` in the `order` (`name` or `paragraph`), and how many there are of each kind of all.
    """

    since: str | None = None
    members: tuple[str, ...] = ()
    paragraphs: tuple[str, ...] = ()
    order: str | None = None
    page: int = 1


class DutyRequest(MomentRequest, frozen=True, kw_only=True):
    """The explanation of one duty, with `why_not` of a status that it does not have, and with the changes `since` a day."""

    duty: str
    why_not: str | None = None
    since: str | None = None


class DocumentUseRequest(DutiesRequest, frozen=True, kw_only=True):
    """The verdict on a document of these parties, and those of their duties whose status rests on it; `document` is its IRI."""

    document: str


class HistoryRequest(MomentRequest, frozen=True, kw_only=True):
    """The statuses of one duty over time."""

    duty: str


class ReadingsRequest(Request, frozen=True, kw_only=True):
    """The readings with their parameters."""

    lang: str = "en"
    format: str = "html"


class CustomReadingRequest(DutiesRequest, frozen=True, kw_only=True):
    """The differences between a custom reading in `content` and the one that `reading` names; the content is not stored."""

    name: str
    content: bytes
    media_type: str | None = None


class WhatIfRequest(CustomReadingRequest, frozen=True, kw_only=True):
    """The differences if the document in `content` were in the register; the content is not stored."""


class TransmissionsRequest(MomentRequest, frozen=True, kw_only=True):
    """The recipients of each notification and their deliveries; with `missing`, only recipients without a delivery.

    In the format `html` the answer has the notifications of one `page`.
    """

    missing: bool = False
    page: int = 1


class PageAddresses(Struct, frozen=True):
    """The addresses for the links of a page: each paragraph with its number, and a meeting with MEETING_KEY in place of its key."""

    paragraphs: tuple[tuple[str, str | None], ...]
    meeting: str


MEETING_KEY = "meeting-key"
"""The placeholder for the key of a meeting in an address."""


class SheetRequest(MomentRequest, frozen=True, kw_only=True):
    """The base of requests for a sheet; the format `html` needs `addresses`."""

    addresses: PageAddresses = PageAddresses((), "")


class MeetingsRequest(SheetRequest, frozen=True, kw_only=True):
    """The review meetings of the register."""


class MeetingRequest(SheetRequest, frozen=True, kw_only=True):
    """The dossier of one meeting."""

    key: str


class BenchmarkRequest(SheetRequest, frozen=True, kw_only=True):
    """The comparison of progress by a grouping; with `member`, that party beside the others."""

    by: str
    member: str | None = None


class ExaminationRequest(Request, frozen=True, kw_only=True):
    """What was received, to be examined beside what the `audience` may read of the register (None: all of it).

    `is_made_here` says that this program made the document for its sender.
    """

    name: str
    content: bytes
    media_type: str | None = None
    audience: Audience | None = None
    is_made_here: bool = False


class RecordCheckRequest(Request, frozen=True, kw_only=True):
    """A record of the Secretariat that a form states, to be checked in its place in the register, where it is entered under the name.

    `newest` is the name of the last document of the register, beside which it must be checked; `entered` the time of entry.
    """

    name: str
    filled: bytes
    newest: str
    entered: datetime


class WorkbookRequest(Request, frozen=True, kw_only=True):
    """The report on a workbook; in the format `xlsx` the workbook itself, with what was found at its cells.

    In the format `form` it is the form as the workbook fills it in, with what could not be taken and what is to be known.
    """

    name: str
    content: bytes
    lang: str = "en"
    format: str = "json"
    audience: Audience | None = None


class NewWorkbookRequest(Request, frozen=True, kw_only=True):
    """A workbook to fill in, of the form with the name."""

    form: str
    lang: str = "en"
    audience: Audience | None = None


class RegisterWorkbookRequest(Request, frozen=True, kw_only=True):
    """The submissions of the register as a workbook, those that the audience may read."""

    lang: str = "en"
    audience: Audience | None = None


class ResourceRequest(Request, frozen=True, kw_only=True):
    """The description of the first of these IRIs of which anything is said, as far as the `audience` may read it.

    In the format `html` the answer has the data of a page; with `refers_by`, the IRI of a property, one `page` of what refers to the
    thing by it. Where nothing is said of any, the answer in that format has the IRIs that are `closest`.
    """

    iris: tuple[str, ...]
    refers_by: str = ""
    page: int = 1
    lang: str = "en"
    format: str = "html"
    audience: Audience | None = None


class HeadingsRequest(Request, frozen=True, kw_only=True):
    """The kind and the title of each of these things, as far as the `audience` may read of them."""

    iris: tuple[str, ...]
    lang: str = "en"
    audience: Audience | None = None


class FormsRequest(Request, frozen=True, kw_only=True):
    """The forms, without their fields; `audience` as in MomentRequest."""

    audience: Audience | None = None


class FormRequest(FormsRequest, frozen=True, kw_only=True):
    """The form with the name, with the choices that the audience may read."""

    name: str


class FormReadingRequest(FormRequest, frozen=True, kw_only=True):
    """The form as a document fills it in, or as what the register says of the submission `node` does.

    A `name` that is empty, or of which the document holds nothing, selects its first submission. `start` is empty, or `revision` or `next`
    for a new submission that begins with what the earlier one says.
    """

    file: str = ""
    content: bytes = b""
    media_type: str | None = None
    node: str = ""
    start: str = ""


class FormCheckRequest(FormsRequest, frozen=True, kw_only=True):
    """What is found out about a filled form, which is given as JSON."""

    filled: bytes


class FormDocumentRequest(FormsRequest, frozen=True, kw_only=True):
    """What a filled form, which is given as JSON, states in the syntax with this media type."""

    filled: bytes
    media_type: str


class SearchRequest(Request, frozen=True, kw_only=True):
    """The things, documents and pages that have the words, among what the audience may read (None: all of it).

    `kind` is empty or the only kind; from the first-th hit as many as `limit`, or of each kind as many as `per_kind`, if that is not 0.
    """

    words: str
    lang: str = "en"
    kind: str = ""
    first: int = 0
    limit: int = 20
    per_kind: int = 0
    audience: Audience | None = None


class ExportRequest(Request, frozen=True, kw_only=True):
    """The base of requests for an answer to be taken away: `format` is `xlsx` or `csv`, `bom` puts a byte order mark before CSV.

    The cover tells the `address` of the page of the answer, its `readers` in words, and the `sentences`.
    """

    lang: str = "en"
    format: str = "xlsx"
    bom: bool = False
    address: str = ""
    readers: str = ""
    sentences: tuple[str, ...] = ()


class AnswerExportRequest(ExportRequest, frozen=True, kw_only=True):
    """The answer to another request, to be taken away."""

    of: (
        DutiesRequest
        | CompareRequest
        | CustomReadingRequest
        | WhatIfRequest
        | DutyRequest
        | HistoryRequest
        | ReadingsRequest
        | TransmissionsRequest
        | MeetingsRequest
        | MeetingRequest
        | BenchmarkRequest
        | QuestionRequest
    )


class QueryExportRequest(ExportRequest, frozen=True, kw_only=True):
    """The answer to a query, to be taken away."""

    untrusted = True

    of: SparqlRequest


class TableExportRequest(ExportRequest, frozen=True, kw_only=True):
    """A table that is given, to be taken away: its columns, each with heading and kind, and its rows; see `observance.exports`."""

    title: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str | int | None, ...], ...]


class PdfRequest(Request, frozen=True, kw_only=True):
    """A page in HTML as a PDF, with what stands below each of its pages, and when it was made, as an xsd:dateTime."""

    untrusted = True

    page: str
    stylesheet: str
    source: str
    made: str
