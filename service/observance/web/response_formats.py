"""The format of a response: `?format=`, else by the Accept header; for pages and for answers to queries."""

from collections.abc import Mapping
from typing import Final

from flask import Response, request

from observance.core import SerializedAnswer, UsageError, translate
from observance.questions import check_format, query_form
from observance.web.language import language
from observance.web.negotiation import HTML, best_media_type
from observance.web.problem_details import NotAcceptableError
from observance.web.site import site

PAGE: Final = "html"
PDF: Final = "pdf"
TABLES: Final = ("xlsx", "csv")
"""The formats for spreadsheets."""
_WORKBOOK: Final = {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx"}
_PAGE_OFFERS: Final = {
    "application/json": "json", "text/turtle": "turtle", "application/sarif+json": "sarif", HTML: PAGE,
    **_WORKBOOK, "text/csv": "csv", "application/pdf": PDF,
}  # fmt: skip


def requested_page_format(*, turtle: bool = True, sarif: bool = False, tables: bool = False, pdf: bool = False) -> str:
    """The format of the response to the current request: PAGE, `json`, and if they are offered `turtle`, `sarif`, TABLES and PDF.

    Raises NotAcceptableError if the client accepts none of them, UsageError for another value of `format`.
    """
    optional = {"turtle": turtle, "sarif": sarif, **dict.fromkeys(TABLES, tables), PDF: pdf}
    excluded = {name for name, available in optional.items() if not available}
    offers = {kind: name for kind, name in _PAGE_OFFERS.items() if name not in excluded}
    return requested_format(offers)


def requested_format(offers: Mapping[str, str]) -> str:
    """The format of the response to the current request, of those offered by media type; raises what `requested_page_format` raises."""
    requested = request.values.get("format")
    if requested is not None:
        if requested in offers.values():
            return requested
        raise UsageError("querying.unknown-format", name=requested, formats=", ".join(dict.fromkeys(offers.values())))
    media_type = best_media_type(tuple(offers))
    if media_type is None:
        raise NotAcceptableError("web.not-acceptable", offers=", ".join(offers))
    return offers[media_type]


_TABLE_OFFERS: Final = {
    "application/sparql-results+json": "json",
    "application/json": "json",
    "application/sparql-results+xml": "xml",
    "application/xml": "xml",
    "text/xml": "xml",
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    **_WORKBOOK,
    HTML: PAGE,
}
_GRAPH_OFFERS: Final = {
    "text/turtle": "turtle",
    "application/n-triples": "ntriples",
    "application/rdf+xml": "rdfxml",
    "application/ld+json": "jsonld",
    "application/trig": "trig",
    "application/n-quads": "nquads",
    HTML: PAGE,
}
_GRAPH_SYNONYMS: Final = {
    "xml": "rdfxml", "rdf": "rdfxml", "rdf+xml": "rdfxml", "ttl": "turtle", "n3": "turtle", "text/n3": "turtle", "text/rdf+n3": "turtle",
    "application/turtle": "turtle", "nt": "ntriples", "json-ld": "jsonld", "application/x-json+ld": "jsonld",
}  # fmt: skip
"""What other clients and endpoints call the formats of graphs, as values of `format`."""
_OFFERS_BY_FORM: Final = {"SELECT": _TABLE_OFFERS, "ASK": _TABLE_OFFERS, "CONSTRUCT": _GRAPH_OFFERS, "DESCRIBE": _GRAPH_OFFERS}


def requested_query_format(text: str) -> tuple[str, str]:
    """The format for the answer to the query, and the media type from the Accept header (empty with `?format=`).

    Raises NotAcceptableError if the client accepts no format that fits the query form, UsageError for an unknown format.
    """
    return _requested_format(offered_media_types(text))


def requested_graph_format() -> tuple[str, str]:
    """The format for a graph, and the media type from the Accept header; raises what `requested_query_format` raises."""
    return _requested_format({kind: name for kind, name in _GRAPH_OFFERS.items() if kind != HTML})


def requests_graph() -> bool:
    """Whether the client of the current request requests a graph, or prefers one to a page."""
    return request.values.get("format", PAGE) != PAGE or best_media_type(tuple(_GRAPH_OFFERS)) not in (HTML, None)


def _requested_format(offers: Mapping[str, str]) -> tuple[str, str]:
    requested = request.values.get("format")
    if requested is not None:
        name = requested.strip().replace(" ", "+")  # a sign that clients forget to encode
        synonyms = {**offers, **({} if offers is _TABLE_OFFERS else _GRAPH_SYNONYMS)}
        is_own = name in (PAGE, *_WORKBOOK.values()) and name in offers.values()
        return (name if is_own else check_format(synonyms.get(name, name))), ""
    media_type = best_media_type(tuple(offers))
    if media_type is None:
        raise NotAcceptableError("web.not-acceptable", offers=", ".join(offers))
    return offers[media_type], media_type


def offered_media_types(text: str) -> dict[str, str]:
    """The media types for the answer to the query, with their formats: those of a table, or of a graph for CONSTRUCT and DESCRIBE."""
    # `check_query` refuses a longer query later; tokenising it here would take too long.
    return _OFFERS_BY_FORM[query_form(text[: site().kb.settings.max_query_length])]


def page_result_format(text: str) -> str:
    """The format in which a page needs the answer to the query."""
    return "turtle" if offered_media_types(text) is _GRAPH_OFFERS else "json"


def answer_response(answer: SerializedAnswer, *, media_type: str, name: str | None = None) -> Response:
    """The answer under the requested media type; `name` is the file name for a download."""
    content_type = answer.media_type
    if media_type and not content_type.startswith(media_type):
        content_type = media_type  # a synonym: application/json for SPARQL results
    response = Response(answer.body, content_type=content_type)
    if name:
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def request_message(key: str, **values: object) -> str:
    """The message in the language of the request."""
    return translate(key, language(), **values)
