"""To whom statuses are told: they rest on all documents, and have an audience of their own.

Where there is access control, a Member or Union is told its own, and the Secretariat all, at once. Other Members are told what was known
when the last of the disclosed communications was entered; everybody else, how many items have each status. A setting tells Members, or
everybody, all at once.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final, TypeVar

from msgspec.structs import replace

from observance.accounts import AccountError
from observance.core import NotFoundError, calendar
from observance.handlers import CompareRequest, CustomReadingRequest, DutiesRequest, DutyRequest, HistoryRequest, MomentRequest
from observance.questions import Question
from observance.register import PUBLIC, Audience
from observance.web.access import TOLD_TO, UnauthenticatedError, access
from observance.web.audience import audience
from observance.web.site import site

_Request = TypeVar("_Request", bound=MomentRequest)
_, _TO_MEMBERS, _TO_PUBLIC = TOLD_TO
_OF_DOCUMENTS: Final = frozenset({"facts", "validation"})
"""The layers that say nothing of statuses."""


def disclosed_request(page_request: _Request) -> _Request:
    """Return the request for the reader of the current request, with the time up to which the register may be known.

    Raises UnauthenticatedError or AccountError if the reader may not be told.
    """
    reader = audience()
    page_request = replace(page_request, audience=reader)
    if reader is None or not _is_limited(reader) or (reader.party and _party_asked(page_request) == reader.party):
        return page_request
    if (
        isinstance(page_request, DutiesRequest)
        and not isinstance(page_request, CustomReadingRequest)
        and (reader == PUBLIC or (not page_request.members and _disclosed_until() is None))
    ):
        # Of all items together, as they are now: from counts of a part, or of two days, those of one party could be told.
        return replace(
            page_request, members=(), paragraphs=(), statuses=(), marks=(), without=(), regions=(), as_of=None, known_at=None,
            has_counts_alone=True,
        )  # fmt: skip
    return replace(page_request, known_at=_known_at(page_request.known_at, reader=reader))


def disclosed_parameters(question: Question, values: Mapping[str, str]) -> Mapping[str, str]:
    """Return the parameters of the question for the reader of the current request; raises what `disclosed_request` raises."""
    reader = audience()
    if reader is None or not _is_limited(reader) or set(question.layers) <= _OF_DOCUMENTS:
        return values
    return {**values, "knownAt": _known_at(values.get("knownAt"), reader=reader)}


def _is_limited(reader: Audience) -> bool:
    """Whether statuses of others are told to the reader only as far as they were disclosed."""
    told_to = access().settings.statuses
    is_told = told_to == _TO_PUBLIC or (told_to == _TO_MEMBERS and reader != PUBLIC)
    return access().is_controlled and reader.disclosures is not None and not is_told


def _party_asked(page_request: MomentRequest) -> str | None:
    """The IRI of the one party whose items are asked for."""
    if isinstance(page_request, CompareRequest | DutiesRequest):
        names = page_request.members
    elif isinstance(page_request, DutyRequest | HistoryRequest):
        names = (page_request.duty.partition("/")[0],)
    else:
        names = ()
    with suppress(NotFoundError):  # whoever may be told learns that there is no such party
        return site().kb.lookup.party(names[0]) if len(names) == 1 else None
    return None


def _disclosed_until() -> datetime | None:
    accounts = access().accounts
    return accounts.disclosed_until() if accounts is not None else None


def _known_at(asked: str | None, *, reader: Audience) -> str:
    """The time up to which the register may be known: the one that is asked for, or the last one that was disclosed."""
    if reader == PUBLIC:
        raise UnauthenticatedError("accounts.statuses-of-members")
    until = _disclosed_until()
    if until is None:
        raise AccountError("accounts.nothing-disclosed")
    if asked is not None and _is_after(asked, until):
        raise AccountError("accounts.disclosed-until", time=calendar.format_time(until))
    return asked or calendar.format_time(until)


def _is_after(text: str, until: datetime) -> bool:
    """Whether the text is a time after the other; a text that is none is refused later."""
    try:
        return calendar.parse_time(text) > until
    except ValueError:
        return False
