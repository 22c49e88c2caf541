"""`/resolution/<number>/basis`: what a paragraph rests on, step by step."""

import msgspec
from flask import Blueprint, Response, make_response, render_template

from observance.core import NotFoundError
from observance.web.basis import paragraph_basis
from observance.web.instrument_links import instrument_links
from observance.web.language import language
from observance.web.request_parameters import accepts
from observance.web.response_formats import PAGE, requested_page_format
from observance.web.site import site

blueprint = Blueprint("basis", __name__)


@blueprint.get("/resolution/<path:number>/basis")
@accepts()
def page(number: str) -> Response:
    """The chain of one operative paragraph, as a page or as JSON."""
    lang = language()
    response_format = requested_page_format(turtle=False)
    blocks = site().blocks(lang)
    paragraphs = [block for block in blocks if block.unit == "OperativeParagraph" and block.number]
    block = next((block for block in paragraphs if block.number == number), None)
    if block is None:
        raise NotFoundError("instruments.no-paragraph", number=number, known=", ".join(str(block.number) for block in paragraphs))
    links = instrument_links(site().rows, names=site().names(lang), lang=lang)
    basis = paragraph_basis(block, blocks=blocks, links=links, rows=site().rows, lang=lang)
    if response_format != PAGE:
        return Response(msgspec.json.encode(basis), content_type="application/json")
    return make_response(render_template("paragraph-basis.html", basis=basis, paragraphs=paragraphs))
