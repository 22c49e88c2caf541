"""`/meetings`: the review meetings of the register, and the dossier of each."""

import json
from typing import Any

from flask import Blueprint, Response, make_response, render_template, url_for

from observance.assessment.tell import Teller
from observance.review import sheet, tell, written
from observance.review.asked import Asked
from observance.review.dossier import agenda, dossier
from observance.review.meetings import Meeting
from observance.web.formats import data_wanted
from observance.web.language import language, link
from observance.web.moment import Wanted, readings, wanted
from observance.web.site import site

blueprint = Blueprint("meetings", __name__)


@blueprint.get("/meetings")
def listing() -> Response:
    """Every meeting, as a page or as JSON."""
    asked_for = wanted()
    found = agenda(asked_for.answers())
    if data_wanted():
        return _json(written.listing(found))
    return _page(tell.listing(found, speaker=_speaker(found.asked, asked_for)), asked_for, endpoint="meetings.listing")


@blueprint.get("/meetings/<key>")
def one(key: str) -> Response:
    """The dossier of one meeting; NotFound for one that the register does not know at the moment."""
    asked_for = wanted()
    found = dossier(key, of=agenda(asked_for.answers()))
    speaker = _speaker(found.agenda.asked, asked_for)
    if data_wanted():
        return _json(written.dossier(found, teller=speaker.teller))
    return _page(tell.sheet(found, speaker=speaker), asked_for, endpoint="meetings.one", key=key)


def _speaker(asked: Asked, asked_for: Wanted) -> tell.Speaker:
    def address(meeting: Meeting) -> str:
        return link("meetings.one", key=meeting.key, **dict(asked_for.values))

    return tell.Speaker(Teller(asked.answers.case, language()), address)


def _json(found: dict[str, Any]) -> Response:
    return Response(json.dumps(found, ensure_ascii=False, indent=2) + "\n", content_type="application/json")


def _page(found: sheet.Sheet, asked_for: Wanted, *, endpoint: str, **names: str) -> Response:
    page = render_template(
        "review.html",
        sheet=found,
        body=sheet.fragment(found, lang=language(), address=site().paragraph_address(link)),
        form=url_for(endpoint, _external=False, **names),
        values=dict(asked_for.values),
        readings=readings(language()),
        choices=(),
        back=link("meetings.listing", **dict(asked_for.values)) if names else None,
        downloads=[("json", link(endpoint, format="json", **names, **dict(asked_for.values)))],
    )
    return make_response(page)
