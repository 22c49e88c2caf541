"""`/meetings`: the review meetings of the register, and the dossier of each."""

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
    """Every meeting, as a page or as JSON."""
    return _shown(MeetingsRequest(**moment_fields()), endpoint="meetings.listing")


@blueprint.get("/meetings/<key>")
@accepts(*MOMENT)
def one(key: str) -> Response:
    """The dossier of one meeting; NotFoundError for one that the register does not know at the moment."""
    return _shown(MeetingRequest(**moment_fields(), key=key), endpoint="meetings.one", key=key)


def _shown(asked: SheetRequest, *, endpoint: str, **names: str) -> Response:
    form, kept = response_formats.requested_page_format(turtle=False), preserved_parameters()
    page = {
        "action": url_for(endpoint, _external=False, **names),
        "back": link("meetings.listing", **kept) if names else None,
        "downloads": [("json", link(endpoint, format="json", **names, **kept))],
    }
    return sheet_response(asked, form=form, kept=kept, shown=lambda _found: page)
