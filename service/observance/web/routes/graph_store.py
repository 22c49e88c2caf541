"""`/rdf-graph-store`: reading the graphs of the dataset by their names (SPARQL 1.1 Graph Store HTTP Protocol, section 5.2)."""

import json
from collections.abc import Mapping
from typing import Final

from flask import Blueprint, Response, request

from observance.core import NotFoundError, SerializedAnswer, UsageError
from observance.questions import check_graph_name
from observance.web import response_formats
from observance.web.admission import admitted_query
from observance.web.audience import audience
from observance.web.cross_origin import allow_other_origins
from observance.web.request_parameters import accepts
from observance.web.site import site

blueprint = Blueprint("graph_store", __name__)
blueprint.after_request(allow_other_origins)

_MOST_TOLD: Final = 200
"""The number of characters of a name that an error repeats."""


@blueprint.get("/rdf-graph-store", strict_slashes=False)
@accepts("graph", "default")
def graph() -> Response:
    """A graph: the one that `graph` names, or with `default` the merge of all; status 404 for a name without statements."""
    names = request.args.getlist("graph")
    if len(names) + ("default" in request.args) != 1:
        raise UsageError("web.graph-or-default")
    response_format, media_type = response_formats.requested_graph_format()
    if not names:
        return response_formats.answer_response(_answer("default-graph", {}, format=response_format), media_type=media_type)
    (name,) = names
    check_graph_name(name)
    if not json.loads(_answer("graph-exists", {"graph": name}, format="json").body)["boolean"]:
        raise NotFoundError("web.no-graph", name=name[:_MOST_TOLD])
    return response_formats.answer_response(_answer("graph", {"graph": name}, format=response_format), media_type=media_type)


def _answer(question: str, values: Mapping[str, str], *, format: str) -> SerializedAnswer:
    questions = site().kb.questions
    text = questions.catalogue.page_text(question, values)
    return questions.ask(text, format=format, audience=audience(), admission=admitted_query)
