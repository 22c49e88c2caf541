"""`/meetings`: the review meetings of the register, and the dossier of each."""

from flask import Blueprint, Response, url_for

from observance.web import response_formats
from observance.web.language import link
from observance.web.request_parameters import moment_parameters
from observance.web.sheet_pages import sheet_response

blueprint = Blueprint("meetings", __name__)


@blueprint.get("/meetings")
def listing() -> Response:
    """Every meeting, as a page or as JSON."""
    return _shown("meetings", endpoint="meetings.listing")


@blueprint.get("/meetings/<key>")
def one(key: str) -> Response:
    """The dossier of one meeting; NotFoundError for one that the register does not know at the moment."""
    return _shown("meeting", endpoint="meetings.one", key=key)


def _shown(ask: str, *, endpoint: str, **names: str) -> Response:
    form, asked_for = response_formats.requested_page_format(turtle=False), moment_parameters()
    kept = dict(asked_for.values)
    page = {
        "action": url_for(endpoint, _external=False, **names),
        "back": link("meetings.listing", **kept) if names else None,
        "downloads": [("json", link(endpoint, format="json", **names, **kept))],
    }
    return sheet_response(asked_for.question(ask, **names), form=form, kept=kept, shown=lambda _found: page)
