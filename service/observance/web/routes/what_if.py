"""`/what-if`: the differences if a document were in the register; the document is not stored."""

from flask import Blueprint, Response, render_template

from observance.handlers import ReadingsRequest, WhatIfRequest
from observance.web import assessment_requests
from observance.web.admission import admits
from observance.web.language import language
from observance.web.request_parameters import DOCUMENT, MOMENT, accepts
from observance.web.site import site

blueprint = Blueprint("whatif", __name__)


@blueprint.get("/what-if")
def page() -> str:
    """The empty form."""
    return _page()


@blueprint.post("/what-if")
@accepts(*MOMENT, "member", "paragraph", *DOCUMENT)
@admits
def suppose() -> Response:
    """The duties whose status would change, before and after."""
    return assessment_requests.respond_to_document(WhatIfRequest, render=_page)


def _page(text: str = "", *, comparison: object = None, problem: str | None = None) -> str:
    return render_template(
        "what-if.html",
        readings=assessment_requests.fetch_page_data(ReadingsRequest(lang=language())),
        examples=site().kb.lookup.examples,
        **assessment_requests.document_form_context(text, comparison=comparison, problem=problem),
    )
