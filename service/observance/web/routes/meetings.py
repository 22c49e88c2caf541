"""`/meetings`: the review meetings of the register; `/meetings/<key>`: the dossier of one."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, url_for

from observance.handlers import MeetingRequest, MeetingsRequest, SheetRequest
from observance.web import response_formats
from observance.web.assessment_requests import sheet_response
from observance.web.language import link
from observance.web.pdf import has_pdf
from observance.web.request_parameters import MOMENT, accepts, moment_fields, preserved_parameters
from observance.web.response_formats import request_message
from observance.web.sharing import titled

blueprint = Blueprint("meetings", __name__)


@blueprint.get("/meetings")
@accepts(*MOMENT)
def listing() -> Response:
    """The list of meetings, as a page or as JSON."""
    return _sheet_response(MeetingsRequest(**moment_fields()), endpoint="meetings.listing")


@blueprint.get("/meetings/<key>")
@accepts(*MOMENT)
def dossier(key: str) -> Response:
    """The dossier of one meeting; raises NotFoundError if the register has no such meeting at the moment."""
    return _sheet_response(MeetingRequest(**moment_fields(), key=key), endpoint="meetings.dossier", key=key)


def _sheet_response(page_request: SheetRequest, *, endpoint: str, **names: str) -> Response:
    response_format, preserved = response_formats.requested_page_format(turtle=False, tables=True, pdf=bool(names)), preserved_parameters()
    context: dict[str, Any] = {
        "action": url_for(endpoint, _external=False, **names),
        "back": link("meetings.listing", **preserved) if names else None,
        "formats": (*(("pdf",) if names and has_pdf() else ()), "xlsx", "csv", "json"),
    }
    if not names:
        context["titles"] = titled("review.meetings")
    return sheet_response(
        page_request, format=response_format, preserved=preserved, context=lambda found: {**context, "comparisons": _comparisons(found)}
    )


def _comparisons(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The comparisons that a page about meetings leads to: from the meeting before to this one, and from the last meeting to the day."""
    since, until, preserved = found.get("since"), found.get("until"), preserved_parameters()
    latest = link("compare.page", **({"fromMeeting": until} if until else {}), **preserved)
    comparisons = [(request_message("duties.compare-since-meeting" if until else "duties.compare-since-last"), latest)]
    if since and until:
        days = {"fromMeeting": since, "to": until, **{name: value for name, value in preserved.items() if name != "asOf"}}
        comparisons.insert(0, (request_message("duties.compare-before-meeting"), link("compare.page", **days)))
    return comparisons
