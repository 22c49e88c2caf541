"""`/sparql`: the query operation of the SPARQL 1.1 Protocol, and a page to write a query on."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote_to_bytes

from flask import Blueprint, Response, make_response, render_template, request
from werkzeug.datastructures import MultiDict

from observance.core import ForbiddenError, InvalidInputError, ObservanceError, UnsupportedFormatError, UsageError
from observance.web import response_formats
from observance.web.language import language
from observance.web.negotiation import prefers_html
from observance.web.problem_details import sentences_of, status_of
from observance.web.request_parameters import accepts
from observance.web.site import site
from observance.web.views import ResultTable, result_table

blueprint = Blueprint("sparql", __name__)

_FORM: Final = "application/x-www-form-urlencoded"
_QUERY: Final = "application/sparql-query"
_UPDATE: Final = "application/sparql-update"
# Parameters of the protocol that choose another dataset: the registers opened here are the only one.
_DATASETS: Final = ("default-graph-uri", "named-graph-uri", "using-graph-uri", "using-named-graph-uri")
# A character of a query takes at most this many bytes in a form: four in UTF-8, each written %XX.
_BYTES_PER_CHARACTER: Final = 12
_OTHER_FIELDS: Final = 2_000


@blueprint.route("/sparql", methods=["GET", "POST"])
@accepts(others=True)
def query() -> Response:
    """The answer to a query (SPARQL 1.1 Protocol, section 2.1), or the page when a browser brings none."""
    request.max_content_length = site().kb.settings.max_query_length * _BYTES_PER_CHARACTER + _OTHER_FIELDS
    text = _text()
    if text is None and prefers_html():
        return make_response(_page(""))
    if text is None:
        raise UsageError("web.no-query")
    form, media_type = response_formats.requested_query_format(text)
    if form != response_formats.PAGE:
        return response_formats.answer_response(site().kb.questions.ask(text, format=form), media_type=media_type)
    try:
        return make_response(_page(text, found=_answered(text)))
    except ObservanceError as error:
        sentence = (sentences_of(error) or {})[language()]
        return make_response(_page(text, problem=sentence), status_of(error))


def _text() -> str | None:
    """The one query of the request; None when there is none."""
    _check_text(request.query_string)
    if request.method != "POST":
        return _single(request.args)
    match request.mimetype:
        case kind if kind == _FORM:
            _check_text(request.get_data())
            text = _single(request.form)
            _refuse_others(request.args)
        case kind if kind == _QUERY:
            text = _decoded(request.get_data())
            _refuse_others(request.args)
            if "query" in request.args:
                raise UsageError("web.query-twice")
        case kind if kind == _UPDATE:
            raise ForbiddenError("web.update")
        case kind:
            raise UnsupportedFormatError("web.sparql-media-type", found=kind or "–", known=f"{_FORM}, {_QUERY}")
    if text is None:
        raise UsageError("web.no-query")
    return text


def _single(fields: MultiDict[str, str]) -> str | None:
    _refuse_others(fields)
    queries = fields.getlist("query")
    if len(queries) > 1:
        raise UsageError("web.query-twice")
    return queries[0] if queries else None


def _refuse_others(fields: Iterable[str]) -> None:
    """No update, and no dataset of the client's own."""
    names = set(fields)
    if "update" in names:
        raise ForbiddenError("web.update")
    if chosen := sorted(names.intersection(_DATASETS)):
        raise UsageError("web.dataset", name=chosen[0])


def _check_text(encoded: bytes) -> None:
    _decoded(unquote_to_bytes(encoded))


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidInputError("web.not-utf-8") from None


def _answered(text: str) -> str | ResultTable:
    form = response_formats.page_result_format(text)
    body = site().kb.questions.ask(text, format=form).body
    return body.decode() if form == "turtle" else result_table(body, anchors=site().kb.lookup.paragraphs.values())


def _page(text: str, *, found: str | ResultTable | None = None, problem: str | None = None) -> str:
    turtle = response_formats.page_result_format(text) == "turtle"
    return render_template(
        "sparql.html",
        text=text,
        found=found,
        problem=problem,
        downloads=("turtle", "ntriples") if turtle else ("json", "xml", "csv", "tsv"),
        examples=[question for question in site().kb.questions.catalogue.questions if not any(param.required for param in question.params)],
    )
