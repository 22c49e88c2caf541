"""`/.well-known/void` and `/.well-known/sparql-examples`: the dataset and queries of it, for programs; `/robots.txt`."""

from flask import Blueprint, Response, current_app, url_for

from observance.questions import graph_answer, question_examples
from observance.web import response_formats
from observance.web.cross_origin import allow_other_origins
from observance.web.descriptions import description, endpoint_address
from observance.web.site import site

blueprint = Blueprint("descriptions", __name__)
blueprint.after_request(allow_other_origins)


@blueprint.get("/.well-known/void")
def dataset() -> Response:
    """The description of the dataset in VoID."""
    return description("dataset-description")


@blueprint.get("/.well-known/sparql-examples")
def examples() -> Response:
    """The questions of the catalogue that can be put to the endpoint as they are."""
    response_format, media_type = response_formats.requested_graph_format()
    kb = site().kb

    def address(name: str) -> str:
        return url_for("questions.question", name=name, _external=True)

    triples = question_examples(kb.questions.catalogue.examples, address=address, endpoint=endpoint_address())
    answer = graph_answer(triples, format=response_format, limit=kb.settings.max_answer_bytes)
    return response_formats.answer_response(answer, media_type=media_type)


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Which addresses crawlers leave alone: those with answers that are computed."""
    return current_app.send_static_file("robots.txt")
