"""`/meetings`: the review meetings of the register; `/meetings/<key>`: the dossier of one."""

from flask import Blueprint, Response, url_for

from observance.handlers import MeetingRequest, MeetingsRequest, SheetRequest
from observance.web import response_formats
from observance.web.assessment_requests import sheet_response
from observance.web.language import link
from observance.web.request_parameters import MOMENT, accepts, moment_fields, preserved_parameters

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
    response_format, preserved = response_formats.requested_page_format(turtle=False), preserved_parameters()
    context = {
        "action": url_for(endpoint, _external=False, **names),
        "back": link("meetings.listing", **preserved) if names else None,
        "downloads": [("json", link(endpoint, format="json", **names, **preserved))],
    }
    return sheet_response(page_request, format=response_format, preserved=preserved, context=lambda _found: context)
