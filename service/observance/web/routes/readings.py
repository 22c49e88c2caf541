"""`/readings`: the readings side by side, and what a reading of the reader's own would change. Nothing that is sent is stored."""

from pathlib import Path
from typing import Final

from flask import Blueprint, Response, make_response, render_template

from observance.core import NotFoundError
from observance.handlers import EVERY_READING, CustomReadingRequest, ReadingsRequest
from observance.web import assessment_requests, response_formats
from observance.web.language import language
from observance.web.request_parameters import DOCUMENT, MOMENT, accepts
from observance.web.response_formats import PAGE
from observance.web.site import site

blueprint = Blueprint("readings", __name__)

_FOLDER: Final = Path("rules") / "readings"


@blueprint.get("/readings")
def page() -> Response:
    """What each reading assumes, with what source."""
    form = response_formats.requested_page_format(turtle=False)
    if form != PAGE:
        return assessment_requests.respond_with_data(_question(), form=form)
    return make_response(_page())


@blueprint.get("/readings/<name>")
def file(name: str) -> Response:
    """The file of a reading, in Turtle, to start from."""
    found = _files()
    if name not in found:
        raise NotFoundError("assessment.no-reading", name=name, known=", ".join(found))
    headers = {"Content-Disposition": f'attachment; filename="{name}.ttl"'}
    return Response(found[name].read_text(encoding="utf-8"), content_type="text/turtle; charset=utf-8", headers=headers)


@blueprint.post("/readings")
@accepts(*MOMENT, "member", "paragraph", *DOCUMENT)
def own() -> Response:
    """What the reading that was sent would change, beside the one that `reading` names (by default the literal one)."""
    return assessment_requests.respond_to_document(CustomReadingRequest, shown=_page)


def _files() -> dict[str, Path]:
    """The file of each shipped reading, by its name."""
    return {file.stem: file for file in sorted((site().kb.root / _FOLDER).glob("*.ttl"))}


def _question() -> ReadingsRequest:
    return ReadingsRequest(lang=language())


def _page(text: str = "", *, found: object = None, problem: str | None = None) -> str:
    given = {row["iri"]: row for row in site().rows("reading-meanings", language())}
    return render_template(
        "readings.html",
        readings=assessment_requests.fetch_page_data(_question()),
        meanings={iri: row["meaning"] for iri, row in given.items()},
        files=_files(),
        every=EVERY_READING,
        **assessment_requests.document_form_context(text, found=found, problem=problem),
    )
