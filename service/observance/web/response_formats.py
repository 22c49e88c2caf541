"""The format of a response: `?format=` when it is given, else by the Accept header; for pages with data and for answers to queries."""

from typing import Final

from flask import Response, request

from observance.core import SerializedAnswer, UsageError, translate
from observance.questions import check_format
from observance.web.language import language
from observance.web.negotiation import HTML, best_media_type
from observance.web.problem_details import NotAcceptableError
from observance.web.site import site
from oxishacl import sparql_tokens

PAGE: Final = "html"
_OFFERS: Final = {"application/json": "json", "text/turtle": "turtle", "application/sarif+json": "sarif", HTML: PAGE}


def requested_page_format(*, turtle: bool = True, sarif: bool = False) -> str:
    """The format that is wanted of the answer to the current request; `turtle`: whether there is a graph, `sarif`: or findings.

    Raises NotAcceptableError when the client accepts none, UsageError for a format that there is not.
    """
    left_out = {name for name, there in (("turtle", turtle), ("sarif", sarif)) if not there}
    offers = {kind: name for kind, name in _OFFERS.items() if name not in left_out}
    asked = request.values.get("format")
    if asked is not None:
        if asked in offers.values():
            return asked
        raise UsageError("querying.unknown-format", name=asked, formats=", ".join(offers.values()))
    media_type = best_media_type(tuple(offers))
    if media_type is None:
        raise NotAcceptableError("web.not-acceptable", offers=", ".join(offers))
    return offers[media_type]


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


def requested_query_format(text: str) -> tuple[str, str]:
    """The format for the answer to the query, and the media type that was asked for.

    Raises NotAcceptableError when the client accepts none, UsageError for a format that does not exist.
    """
    offers = offered_media_types(text)
    asked = request.values.get("format")
    if asked is not None:
        return (asked if asked == PAGE else check_format(asked)), ""
    media_type = best_media_type(tuple(offers))
    if media_type is None:
        raise NotAcceptableError("web.not-acceptable", offers=", ".join(offers))
    return offers[media_type], media_type


def offered_media_types(text: str) -> dict[str, str]:
    """The media types for the answer to the query: a table's, or a graph's for CONSTRUCT and DESCRIBE."""
    # What is longer is refused, but not here; cutting it into tokens would take too long.
    bounded = text[: site().kb.settings.max_query_length]
    words = (token.text.lower() for token in sparql_tokens(bounded) if token.kind == "word")
    return next((_FORMS[word] for word in words if word in _FORMS), _TABLES)


def page_result_format(text: str) -> str:
    """The format of the answer that a page shows."""
    return "turtle" if offered_media_types(text) is _GRAPHS else "json"


def answer_response(answer: SerializedAnswer, *, media_type: str, name: str | None = None) -> Response:
    """The answer under the media type that was asked for; with `name`, what a browser saves it as."""
    kind = answer.media_type
    if media_type and not kind.startswith(media_type):
        kind = media_type  # another name of the same: application/json for SPARQL results
    response = Response(answer.body, content_type=kind)
    if name:
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def request_message(phrase: str, **values: object) -> str:
    """The phrase in the language of the request."""
    return translate(phrase, language(), **values)
