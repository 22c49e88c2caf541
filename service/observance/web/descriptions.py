"""What the query service says of itself and of its dataset, in RDF: each description is the answer to a question about the dataset."""

from flask import Response, url_for

from observance.web import response_formats
from observance.web.admission import admitted_query
from observance.web.audience import audience
from observance.web.site import site


def endpoint_address() -> str:
    """The absolute address of the query service, under the name by which the client reached it."""
    return url_for("sparql.query", _external=True)


def description(name: str) -> Response:
    """The answer to the question of that name behind the pages about the service, in a format for graphs.

    Raises what `requested_graph_format`, `admitted_query` and `QuestionService.ask` raise.
    """
    response_format, media_type = response_formats.requested_graph_format()
    dataset = url_for("descriptions.dataset", _external=True, _anchor="dataset")
    questions = site().kb.questions
    text = questions.catalogue.page_text(name, {"endpoint": endpoint_address(), "dataset": dataset})
    answer = questions.ask(text, format=response_format, audience=audience(), admission=admitted_query)
    return response_formats.answer_response(answer, media_type=media_type)
