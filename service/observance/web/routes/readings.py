"""`/readings`: the readings with their parameters, and the comparison with a custom reading, which is not stored."""

from pathlib import Path
from typing import Final

from flask import Blueprint, Response, make_response, render_template

from observance.core import NotFoundError
from observance.handlers import EVERY_READING, CustomReadingRequest, ReadingsRequest
from observance.web import assessment_requests, response_formats
from observance.web.admission import admits
from observance.web.language import language
from observance.web.request_parameters import DOCUMENT, MOMENT, accepts
from observance.web.response_formats import PAGE
from observance.web.site import site

blueprint = Blueprint("readings", __name__)

_FOLDER: Final = Path("rules") / "readings"


@blueprint.get("/readings")
def page() -> Response:
    """The readings with their parameters and sources."""
    response_format = response_formats.requested_page_format(turtle=False, tables=True)
    if response_format != PAGE:
        return assessment_requests.respond_with_data(_readings_request(), format=response_format)
    return make_response(_page())


@blueprint.get("/readings/<name>.ttl")
def file(name: str) -> Response:
    """The file of a reading in Turtle, as an attachment."""
    files = _files()
    if name not in files:
        raise NotFoundError("assessment.no-reading", name=name, known=", ".join(files))
    headers = {"Content-Disposition": f'attachment; filename="{name}.ttl"'}
    return Response(files[name].read_text(encoding="utf-8"), content_type="text/turtle; charset=utf-8", headers=headers)


@blueprint.post("/readings")
@accepts(*MOMENT, "member", "paragraph", *DOCUMENT)
@admits
def compare() -> Response:
    """The differences between the custom reading in the request and the one that `reading` names (by default the literal one)."""
    return assessment_requests.respond_to_document(CustomReadingRequest, render=_page)


def _files() -> dict[str, Path]:
    """The file of each reading in the knowledge base, by its name."""
    return {file.stem: file for file in sorted((site().kb.root / _FOLDER).glob("*.ttl"))}


def _readings_request() -> ReadingsRequest:
    return ReadingsRequest(lang=language())


def _page(text: str = "", *, comparison: object = None, problem: str | None = None) -> str:
    meanings = {row["iri"]: row for row in site().rows("reading-meanings", language())}
    return render_template(
        "readings.html",
        readings=assessment_requests.fetch_page_data(_readings_request()),
        meanings={iri: row["meaning"] for iri, row in meanings.items()},
        files=_files(),
        every_reading=EVERY_READING,
        **assessment_requests.document_form_context(text, comparison=comparison, problem=problem),
    )
