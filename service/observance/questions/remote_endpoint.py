"""A query put to another SPARQL endpoint, only ever one that the user names.

The call runs in a worker of its own, with sockets: SPARQLWrapper's time limit counts from byte to byte, so an endpoint
that sends one byte a second would hold a caller for ever.
"""

import csv
import importlib.util
import io
import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from email.message import Message
from http.client import HTTPException
from itertools import pairwise
from typing import Any, Final
from urllib.parse import urlsplit
from xml.parsers import expat

import pyoxigraph as ox

from observance.core import (
    PREFIXES,
    InconsistentDataError,
    InvalidInputError,
    LimitExceededError,
    ObservanceError,
    SerializedAnswer,
    Settings,
    UnavailableError,
    UsageError,
)
from observance.questions import query_policy
from observance.questions.model import GRAPH_FORMATS, TABLE_FORMATS, Term, check_format
from observance.workers import Handlers, Request, WorkerPool
from oxishacl import Token, sparql_tokens

# The handlers of a call: http and https and nothing else, so that no redirect leads to a file or to ftp.
_HANDLERS: Final = (
    urllib.request.ProxyHandler,
    urllib.request.UnknownHandler,
    urllib.request.HTTPHandler,
    urllib.request.HTTPSHandler,
    urllib.request.HTTPDefaultErrorHandler,
    urllib.request.HTTPRedirectHandler,
    urllib.request.HTTPErrorProcessor,
)


def query_endpoint(endpoint: str, text: str, *, settings: Settings, deadline: float, format: str) -> SerializedAnswer:
    """The endpoint's answer in the format, whole; the project's prefixes need no declaration.

    `deadline` is in seconds. Raises what `guard.check` raises; UsageError for an address that is not http or https;
    UnavailableError without the extra `remote` and for an endpoint that does not answer as it should; LimitExceededError;
    DeadlineExceededError.
    """
    query_policy.check_query(text, settings=settings)
    check_format(format)
    _check_address(endpoint)
    if importlib.util.find_spec("SPARQLWrapper") is None:
        raise UnavailableError("querying.no-sparqlwrapper")
    request = RemoteQueryRequest(query=with_prefixes(text), format=format, limit=settings.max_answer_bytes)
    target = f"{__name__}:open_endpoint"
    with WorkerPool(target, {"endpoint": endpoint}, count=1, memory_mb=settings.worker_memory_mb, network=True) as workers:
        return workers.call(request, deadline=deadline)


class RemoteQueryRequest(Request, frozen=True):
    """A query for another endpoint, with its prefixes declared; `limit` is the largest answer in bytes."""

    query: str
    format: str
    limit: int


def open_endpoint(argument: Mapping[str, Any]) -> Handlers:
    """The handler that puts queries to `argument["endpoint"]`."""
    endpoint = argument["endpoint"]
    opener = urllib.request.OpenerDirector()
    for handler in _HANDLERS:
        opener.add_handler(handler())
    urllib.request.install_opener(opener)

    def query(request: RemoteQueryRequest) -> SerializedAnswer:
        chosen = TABLE_FORMATS.get(request.format) or GRAPH_FORMATS[request.format]
        body = _fetch(endpoint, request.query, wanted=chosen.media_type.partition(";")[0], limit=request.limit)
        _check_whole(body, name=request.format, endpoint=endpoint)
        return SerializedAnswer(chosen.media_type, body)

    return {RemoteQueryRequest: query}


def _check_address(endpoint: str) -> None:
    try:
        parts = urlsplit(endpoint)
        good = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good or any(character.isspace() or ord(character) < 32 for character in endpoint):
        raise UsageError("querying.endpoint-address", endpoint=endpoint)


def _fetch(endpoint: str, text: str, *, wanted: str, limit: int) -> bytes:
    """The body of the endpoint's answer, which is of the media type wanted and as long as it said."""
    from SPARQLWrapper import POST, SPARQLWrapper  # an optional extra
    from SPARQLWrapper.SPARQLExceptions import QueryBadFormed, SPARQLWrapperException

    wrapper = SPARQLWrapper(endpoint)
    wrapper.setMethod(POST)
    wrapper.setOnlyConneg(True)  # else it asks for XML in the query string, whatever Accept says
    wrapper.setQuery(text)
    wrapper.queryType = "SELECT"  # its own guess may take a query for an update; the guard knows better
    wrapper.addCustomHttpHeader("Accept", wanted)
    try:
        response = wrapper.query().response
        headers: Message = response.info()
        body: bytes = response.read(limit + 1)
    except QueryBadFormed:
        raise InvalidInputError("querying.remote-refused", endpoint=endpoint) from None
    except (SPARQLWrapperException, urllib.error.URLError, HTTPException, OSError, ValueError) as error:
        raise _unavailable(error, endpoint=endpoint) from None
    if len(body) > limit:
        raise LimitExceededError("querying.answer-too-large", limit=limit)
    if headers.get_content_type() != wanted:
        raise UnavailableError("querying.remote-format", endpoint=endpoint, wanted=wanted, found=headers.get_content_type())
    declared = headers.get("Content-Length", "")
    if declared.isdigit() and int(declared) != len(body):
        raise UnavailableError("querying.remote-cut", endpoint=endpoint)
    return body


def _unavailable(error: Exception, *, endpoint: str) -> ObservanceError:
    if isinstance(error, HTTPException) and not isinstance(error, OSError):
        return UnavailableError("querying.remote-cut", endpoint=endpoint)
    if isinstance(error, urllib.error.HTTPError):
        return UnavailableError("querying.remote-status", endpoint=endpoint, status=error.code)
    return UnavailableError("querying.remote-silent", endpoint=endpoint)


def _check_whole(body: bytes, *, name: str, endpoint: str) -> None:
    """The body reads to its end: some servers end a cancelled answer early, with status 200 and no other sign.

    pyoxigraph does not mind what follows JSON results, nor XML without an end.
    """
    try:
        if name == "csv":
            _check_rows(body)
        elif name in GRAPH_FORMATS:
            _check_xml(body, name=name)
            for _ in ox.parse(body, format=GRAPH_FORMATS[name].writer, base_iri=endpoint):
                pass
        else:
            _check_xml(body, name=name)
            _check_results(body, name=name)
    except (ValueError, SyntaxError, csv.Error, expat.ExpatError):
        raise UnavailableError("querying.remote-cut", endpoint=endpoint) from None


def _check_rows(body: bytes) -> None:
    rows = csv.reader(io.StringIO(body.decode("utf-8")), strict=True)
    if len({len(row) for row in rows if row}) > 1:
        raise ValueError


def _check_xml(body: bytes, *, name: str) -> None:
    if name in ("xml", "rdfxml"):
        expat.ParserCreate().Parse(body, True)


def _check_results(body: bytes, *, name: str) -> None:
    if name == "json":
        json.loads(body)
    results = ox.parse_query_results(body, format=TABLE_FORMATS[name].writer)
    if not isinstance(results, ox.QueryBoolean):
        for _ in results:
            pass


def inline_substitutions(text: str, substitutions: Mapping[str, Term]) -> str:
    """The query with its variables bound to the terms; raises InconsistentDataError where it has no group to hold them."""
    if not substitutions:
        return text
    cut = tuple(sparql_tokens(text))
    opening = _outermost(cut)
    closing = _closing(cut, opening=opening)
    values = _block(substitutions)
    first, last = cut[opening].offset, cut[closing].offset
    if cut[opening + 1].text.lower() == "select":  # a group that is a sub-select holds nothing else
        return f"{text[:first]}{{{values}{text[first:last]}}}}}{text[last + 1 :]}"
    return f"{text[:first]}{{{values}{text[first + 1 :]}"


def with_prefixes(text: str) -> str:
    """The query with the project's prefixes that it uses and does not declare; its line numbers stay."""
    cut = tuple(sparql_tokens(text))
    names = [token.text.partition(":")[0] for token in cut if token.kind == "name"]
    own = {token.text.partition(":")[0] for word, token in pairwise(cut) if word.kind == "word" and word.text.lower() == "prefix"}
    used = [name for name in dict.fromkeys(names) if name in PREFIXES and name not in own]
    return "".join(f"PREFIX {name}: <{PREFIXES[name]}> " for name in used) + text


def _block(substitutions: Mapping[str, Term]) -> str:
    names = " ".join(f"?{name}" for name in substitutions)
    terms = " ".join(str(term) for term in substitutions.values())
    return f" VALUES ({names}) {{ ({terms}) }} "


def _outermost(cut: Sequence[Token]) -> int:
    """The bracket that opens the outermost group: the first one, but in CONSTRUCT the one after the template."""
    words = [token.text.lower() for token in cut]
    # The form is the first keyword that opens one; the template of CONSTRUCT is a group of its own.
    form = next((word for word in words if word in ("select", "ask", "construct", "describe")), "")
    braces = [place for place, token in enumerate(cut) if token.kind == "sign" and token.text == "{"]
    if form == "construct" and braces and words[braces[0] - 1] == "construct":
        end = _closing(cut, opening=braces[0])
        braces = [place for place in braces if place > end]
    elif form == "construct":  # CONSTRUCT WHERE { … } is pattern and template in one and holds only triples
        braces = []
    elif form == "select":
        braces = [place for place in braces if _level(cut, place) == 0]
    if not braces:
        raise InconsistentDataError("querying.not-inlined")
    return braces[0]


def _level(cut: Sequence[Token], place: int) -> int:
    """How many round brackets are open at the place: SELECT (EXISTS { … } AS ?x) has a group of another kind."""
    signs = [token.text for token in cut[:place] if token.kind == "sign"]
    return signs.count("(") - signs.count(")")


def _closing(cut: Sequence[Token], *, opening: int) -> int:
    depth = 0
    for place in range(opening, len(cut)):
        if cut[place].kind == "sign":
            depth += {"{": 1, "}": -1}.get(cut[place].text, 0)
        if depth == 0:
            return place
    raise InconsistentDataError("querying.not-inlined")
