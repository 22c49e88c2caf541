"""What pages and programs ask of a worker process about the register: statuses, readings, transmissions, meetings, comparisons.

Moments, readings, parties and paragraphs are texts as they were typed; the handler resolves them. `format` is json, turtle or html: what a
page is made from, as JSON.
"""

from msgspec import Struct

from observance.workers import Request

EVERY_READING = "*"
"""Stands for every reading, side by side."""


class MomentRequest(Request, frozen=True, kw_only=True):
    """The base of requests about a moment: its day, the time as of which the register is read, and the reading; None for the defaults."""

    as_of: str | None = None
    known_at: str | None = None
    reading: str | None = None
    lang: str = "en"
    format: str = "html"


class DutiesRequest(MomentRequest, frozen=True, kw_only=True):
    """Where duties stand, of these parties and under these paragraphs (none named: all), under one reading or EVERY_READING."""

    members: tuple[str, ...] = ()
    paragraphs: tuple[str, ...] = ()


class DutyRequest(MomentRequest, frozen=True, kw_only=True):
    """One duty with its reasons, why it has not the status `why_not`, and what changed since a day."""

    duty: str
    why_not: str | None = None
    since: str | None = None


class HistoryRequest(MomentRequest, frozen=True, kw_only=True):
    """Where one duty stood from day to day."""

    duty: str


class ReadingsRequest(Request, frozen=True, kw_only=True):
    """The readings with their parameters."""

    lang: str = "en"
    format: str = "html"


class OwnReadingRequest(DutiesRequest, frozen=True, kw_only=True):
    """What a reading of the sender's own changes beside the one that `reading` names; it is stored nowhere."""

    name: str
    content: bytes
    media_type: str | None = None


class WhatIfRequest(OwnReadingRequest, frozen=True, kw_only=True):
    """What would change if this document were in the register; it is stored nowhere."""


class TransmissionsRequest(MomentRequest, frozen=True, kw_only=True):
    """Who is to receive what was notified, who did and who is missing; with `missing`, only those who are."""

    missing: bool = False


class PageAddresses(Struct, frozen=True):
    """Where a page leads: number and address of each paragraph, and the address of a meeting, in which MEETING_KEY stands for its key."""

    paragraphs: tuple[tuple[str, str | None], ...]
    meeting: str


MEETING_KEY = "meeting-key"
"""Stands for the key of a meeting in the address of its page."""


class SheetRequest(MomentRequest, frozen=True, kw_only=True):
    """The base of requests for a sheet; `addresses` are needed for the format html."""

    addresses: PageAddresses = PageAddresses((), "")


class MeetingsRequest(SheetRequest, frozen=True, kw_only=True):
    """The review meetings of the register."""


class MeetingRequest(SheetRequest, frozen=True, kw_only=True):
    """The dossier of one meeting."""

    key: str


class BenchmarkRequest(SheetRequest, frozen=True, kw_only=True):
    """Progress compared by a grouping, with one party beside the others if one is named."""

    by: str
    member: str | None = None
