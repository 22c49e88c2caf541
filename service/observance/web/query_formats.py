"""In which format a query is answered: `?format=` when it is given, else by the Accept header."""

from typing import Final

from flask import Response, request

from observance.core.i18n import translate
from observance.core.model import SerializedAnswer
from observance.questions import result_formats
from observance.questions.tokenizer import tokens
from observance.web.language import language
from observance.web.negotiation import HTML, accepted
from observance.web.problem_details import NotAcceptableError
from observance.web.site import site

PAGE: Final = "html"

_TABLES: Final = {
    "application/sparql-results+json": "json",
    "application/json": "json",
    "application/sparql-results+xml": "xml",
    "application/xml": "xml",
    "text/xml": "xml",
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    HTML: PAGE,
}
_GRAPHS: Final = {
    "text/turtle": "turtle",
    "application/n-triples": "ntriples",
    "application/rdf+xml": "rdfxml",
    "application/ld+json": "jsonld",
    HTML: PAGE,
}
_FORMS: Final = {"select": _TABLES, "ask": _TABLES, "construct": _GRAPHS, "describe": _GRAPHS}


def chosen(text: str) -> tuple[str, str]:
    """The format for the answer to the query, and the media type that was asked for.

    Raises NotAcceptable when the client accepts none, Misused for a format that does not exist.
    """
    offers = offered(text)
    asked = request.values.get("format")
    if asked is not None:
        return (asked if asked == PAGE else result_formats.known(asked)), ""
    media_type = accepted(tuple(offers))
    if media_type is None:
        raise NotAcceptableError("web.not-acceptable", offers=", ".join(offers))
    return offers[media_type], media_type


def offered(text: str) -> dict[str, str]:
    """The media types for the answer to the query: a table's, or a graph's for CONSTRUCT and DESCRIBE."""
    # What is longer is refused, but not here; cutting it into tokens would take too long.
    bounded = text[: site().kb.settings.max_query_length]
    words = (token.text.lower() for token in tokens(bounded) if token.kind == "word")
    return next((_FORMS[word] for word in words if word in _FORMS), _TABLES)


def in_page(text: str) -> str:
    """The format of the answer that a page shows."""
    return "turtle" if offered(text) is _GRAPHS else "json"


def sent(answer: SerializedAnswer, *, media_type: str, name: str | None = None) -> Response:
    """The answer under the media type that was asked for; with `name`, what a browser saves it as."""
    kind = answer.media_type
    if media_type and not kind.startswith(media_type):
        kind = media_type  # another name of the same: application/json for SPARQL results
    response = Response(answer.body, content_type=kind)
    if name:
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def said(phrase: str, **values: object) -> str:
    """The phrase in the language of the request."""
    return translate(phrase, language(), **values)
