"""What the pages about review meetings and comparisons share: the form, the sheet below it, and where its links lead."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, make_response, render_template
from markupsafe import Markup
from msgspec.structs import replace

from observance.handlers import MEETING_KEY, PageAddresses, SheetRequest
from observance.web import assessment_requests
from observance.web.language import language, link
from observance.web.request_parameters import reading_choices
from observance.web.response_formats import PAGE
from observance.web.site import site


def link_addresses(kept: Mapping[str, str]) -> PageAddresses:
    """Where the paragraphs are shown, by number, and the meetings, with what the current request keeps."""
    address = site().paragraph_address(link)
    paragraphs = tuple((number, address(number)) for number in site().kb.lookup.paragraphs)
    return PageAddresses(paragraphs, link("meetings.one", key=MEETING_KEY, **kept))


def sheet_response(
    asked: SheetRequest, *, form: str, kept: Mapping[str, str], shown: Callable[[Mapping[str, Any]], Mapping[str, Any]]
) -> Response:
    """The answer for a program, or as a page with what `shown` makes of it; `kept` is what its form and its links keep."""
    if form != PAGE:
        return assessment_requests.respond_with_data(asked, form=form)
    found = assessment_requests.fetch_page_data(replace(asked, addresses=link_addresses(kept)))
    body = Markup(found["body"])  # noqa: S704 - made by our template, which escapes
    page = {"title": found["title"], "body": body, "values": kept, "readings": reading_choices(language()), "choices": (), "back": None}
    return make_response(render_template("review.html", **{**page, **shown(found)}))
