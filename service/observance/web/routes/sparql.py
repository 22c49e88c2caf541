"""`/sparql`: the query operation of the SPARQL 1.1 Protocol, and a page with a query form."""

import re
from collections.abc import Iterable
from functools import partial
from typing import Final
from urllib.parse import unquote_to_bytes

from flask import Blueprint, Response, make_response, render_template, request
from werkzeug.datastructures import MultiDict

from observance.core import ForbiddenError, InvalidInputError, ObservanceError, SerializedAnswer, UnsupportedFormatError, UsageError
from observance.questions import SparqlRequest, check_graph_name, check_query
from observance.rdf import QueryDataset
from observance.web import response_formats
from observance.web.admission import admitted_query
from observance.web.audience import audience
from observance.web.cross_origin import allow_other_origins
from observance.web.descriptions import description
from observance.web.export_requests import query_export_response
from observance.web.language import language
from observance.web.negotiation import prefers_html
from observance.web.problem_details import error_sentences, http_status
from observance.web.query_deadline import query_deadline
from observance.web.request_parameters import accepts
from observance.web.result_tables import ResultTable, result_table
from observance.web.site import site

blueprint = Blueprint("sparql", __name__)
blueprint.after_request(allow_other_origins)

_FORM_TYPE: Final = "application/x-www-form-urlencoded"
_QUERY_TYPE: Final = "application/sparql-query"
_UPDATE_TYPE: Final = "application/sparql-update"
_DEFAULT_GRAPH: Final = "default-graph-uri"
_NAMED_GRAPH: Final = "named-graph-uri"
# Parameters of the protocol for updates.
_UPDATE_PARAMETERS: Final = ("using-graph-uri", "using-named-graph-uri")
# A character of a query takes at most this many bytes in a form: four in UTF-8, each written %XX.
_BYTES_PER_CHARACTER: Final = 12
_OTHER_FIELDS_BYTES: Final = 2_000
_BESIDE_QUERY: Final = frozenset({"format", "lang", "bom", "register"})
_BEYOND_ASCII: Final = re.compile(rb"(?:%[89a-fA-F][0-9a-fA-F]|[\x80-\xff])++")


@blueprint.route("/sparql", methods=["GET", "POST"], strict_slashes=False)
@accepts(others=True)
def query() -> Response:
    """The answer to a query (SPARQL 1.1 Protocol, section 2.1); without one the query form for a browser, for others the description."""
    request.max_content_length = site().kb.settings.max_query_length * _BYTES_PER_CHARACTER + _OTHER_FIELDS_BYTES
    text = _query_text()
    if text is None:
        return _without_query()
    ask = partial(
        site().kb.questions.ask, text, dataset=_dataset(), deadline=query_deadline(), audience=audience(), admission=admitted_query
    )
    response_format, media_type = response_formats.requested_query_format(text)
    if response_format == "xlsx":
        check_query(text, settings=site().kb.settings)
        asked = SparqlRequest(query=text, format="json", dataset=_dataset(), audience=audience())
        return query_export_response(asked, deadline=query_deadline())
    if response_format != response_formats.PAGE:
        return response_formats.answer_response(ask(format=response_format), media_type=media_type)
    try:
        return make_response(_page(text, result=_result(ask(format=response_formats.page_result_format(text)))))
    except ObservanceError as error:
        sentence = (error_sentences(error) or {})[language()]
        return make_response(_page(text, problem=sentence), http_status(error))


def _without_query() -> Response:
    """The description of the service, or the query form; raises UsageError for a client that accepts neither, or for a part of a query."""
    if request.args.keys() <= _BESIDE_QUERY and response_formats.requests_graph():
        return description("service-description")
    if prefers_html():
        return make_response(_page(""))
    raise UsageError("web.no-query")


def _query_text() -> str | None:
    """The query of the request; None for a GET request without one."""
    _check_text(request.query_string)
    if request.method != "POST":
        return _single_query(request.args)
    match request.mimetype:
        case kind if kind == _FORM_TYPE:
            _check_text(request.get_data())
            text = _single_query(request.form)
            _refuse_update(request.args)
        case kind if kind == _QUERY_TYPE:
            text = _decode(request.get_data())
            _refuse_update(request.args)
            if "query" in request.args:
                raise UsageError("web.query-twice")
        case kind if kind == _UPDATE_TYPE:
            raise ForbiddenError("web.update")
        case kind:
            raise UnsupportedFormatError("web.sparql-media-type", found=kind or "–", known=f"{_FORM_TYPE}, {_QUERY_TYPE}")
    if text is None:
        raise UsageError("web.no-query")
    return text


def _single_query(fields: MultiDict[str, str]) -> str | None:
    _refuse_update(fields)
    queries = fields.getlist("query")
    if len(queries) > 1:
        raise UsageError("web.query-twice")
    return queries[0] if queries else None


def _refuse_update(fields: Iterable[str]) -> None:
    """Raise ForbiddenError for an update, UsageError for the dataset of one."""
    names = set(fields)
    if "update" in names:
        raise ForbiddenError("web.update")
    if chosen := sorted(names.intersection(_UPDATE_PARAMETERS)):
        raise UsageError("web.dataset", name=chosen[0])


def _dataset() -> QueryDataset | None:
    """The dataset of the request (section 2.1.4), from its address and its form; None if it gives none.

    Raises UsageError for an IRI that is none, ForbiddenError for a file.
    """
    default, named = _graphs(_DEFAULT_GRAPH), _graphs(_NAMED_GRAPH)
    for graph in (*default, *named):
        check_graph_name(graph)
    return QueryDataset(default, named) if default or named else None


def _check_text(encoded: bytes) -> None:
    """Raise InvalidInputError for fields that are not UTF-8; only bytes beyond ASCII can be wrong."""
    for characters in _BEYOND_ASCII.findall(encoded):
        _decode(unquote_to_bytes(characters))


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidInputError("web.not-utf-8") from None


def _graphs(name: str) -> tuple[str, ...]:
    """The values of a parameter of the dataset, each once."""
    sources = (request.args, request.form) if request.mimetype == _FORM_TYPE else (request.args,)
    return tuple(dict.fromkeys(graph for fields in sources for graph in fields.getlist(name)))


def _result(answer: SerializedAnswer) -> str | ResultTable:
    if answer.media_type.startswith("text/turtle"):
        return answer.body.decode()
    return result_table(answer.body, anchors=site().kb.lookup.paragraphs.values())


def _page(text: str, *, result: str | ResultTable | None = None, problem: str | None = None) -> str:
    turtle = response_formats.page_result_format(text) == "turtle"
    graphs = {name: values for name in (_DEFAULT_GRAPH, _NAMED_GRAPH) if (values := _graphs(name))}
    return render_template(
        "sparql.html",
        text=text,
        graphs=graphs,
        result=result,
        problem=problem,
        downloads=("turtle", "ntriples") if turtle else ("xlsx", "json", "xml", "csv", "tsv"),
        examples=[question for question in site().kb.questions.catalogue.questions if not any(param.required for param in question.params)],
    )
