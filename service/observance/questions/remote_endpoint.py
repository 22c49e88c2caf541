"""Queries to another SPARQL endpoint, always one that the user names.

The call runs in a worker process with network access and a deadline: SPARQLWrapper's timeout applies to each read, so an
endpoint that sends one byte a second would block the caller for ever.
"""

import csv
import importlib.util
import io
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from email.message import Message
from http.client import HTTPException
from itertools import pairwise
from typing import Any, Final
from urllib.parse import urlsplit
from xml.parsers import expat

import pyoxigraph as ox

from observance.core import (
    PREFIXES,
    InvalidInputError,
    LimitExceededError,
    ObservanceError,
    SerializedAnswer,
    Settings,
    UnavailableError,
    UsageError,
)
from observance.questions import query_policy
from observance.questions.model import GRAPH_FORMATS, TABLE_FORMATS, check_format
from observance.workers import Loaded, Request, WorkerPool
from oxishacl import sparql_tokens

# The handlers of urllib for http and https only, so that no redirect leads to a file or to ftp.
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
    """Return the complete answer of the endpoint in the format; the project's prefixes need no declaration.

    `deadline` is in seconds. Raises what `check_query` raises; UsageError for an address that is not http or https;
    UnavailableError without the extra `remote` and for an endpoint that fails or violates the protocol; LimitExceededError;
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
    """A query to another endpoint, with its prefixes declared; `limit` is the largest size of the answer in bytes."""

    query: str
    format: str
    limit: int


def open_endpoint(argument: Mapping[str, Any]) -> Loaded:
    """The handler that sends queries to `argument["endpoint"]`."""
    endpoint = argument["endpoint"]
    opener = urllib.request.OpenerDirector()
    for handler in _HANDLERS:
        opener.add_handler(handler())
    urllib.request.install_opener(opener)

    def query(request: RemoteQueryRequest) -> SerializedAnswer:
        answer_format = TABLE_FORMATS.get(request.format) or GRAPH_FORMATS[request.format]
        body = _fetch(endpoint, request.query, media_type=answer_format.media_type.partition(";")[0], limit=request.limit)
        _check_complete(body, name=request.format, endpoint=endpoint)
        return SerializedAnswer(answer_format.media_type, body)

    return Loaded({RemoteQueryRequest: query})


def _check_address(endpoint: str) -> None:
    try:
        parts = urlsplit(endpoint)
        valid = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        valid = False
    if not valid or any(character.isspace() or ord(character) < 32 for character in endpoint):
        raise UsageError("querying.endpoint-address", endpoint=endpoint)


def _fetch(endpoint: str, text: str, *, media_type: str, limit: int) -> bytes:
    """The body of the endpoint's answer, with the media type and the Content-Length checked."""
    from SPARQLWrapper import POST, SPARQLWrapper  # an optional extra
    from SPARQLWrapper.SPARQLExceptions import QueryBadFormed, SPARQLWrapperException

    wrapper = SPARQLWrapper(endpoint)
    wrapper.setMethod(POST)
    wrapper.setOnlyConneg(True)  # otherwise it requests XML in the query string, whatever Accept says
    wrapper.setQuery(text)
    wrapper.queryType = "SELECT"  # it may mistake a query for an update; the query policy has excluded updates
    wrapper.addCustomHttpHeader("Accept", media_type)
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
    if headers.get_content_type() != media_type:
        raise UnavailableError("querying.remote-format", endpoint=endpoint, wanted=media_type, found=headers.get_content_type())
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


def _check_complete(body: bytes, *, name: str, endpoint: str) -> None:
    """Check that the body is complete: some servers truncate a cancelled answer, with status 200 and no other sign.

    pyoxigraph ignores text after JSON results and a missing end of XML; `json` and `expat` do not.
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


def with_prefixes(text: str) -> str:
    """The query with PREFIX declarations for the project's prefixes that it uses and does not declare, on its first line."""
    tokens = tuple(sparql_tokens(text))
    names = [token.text.partition(":")[0] for token in tokens if token.kind == "name"]
    declared = {
        token.text.partition(":")[0] for keyword, token in pairwise(tokens) if keyword.kind == "word" and keyword.text.lower() == "prefix"
    }
    used = [name for name in dict.fromkeys(names) if name in PREFIXES and name not in declared]
    return "".join(f"PREFIX {name}: <{PREFIXES[name]}> " for name in used) + text
