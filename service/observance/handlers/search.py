"""The handler for search."""

import msgspec

from observance.core import SerializedAnswer
from observance.handlers.requests import SearchRequest
from observance.handlers.table import HandlerContext
from observance.search import SearchQuery


def search(request: SearchRequest, context: HandlerContext) -> SerializedAnswer:
    """Return what is found, as JSON; raises UsageError for a kind that does not exist."""
    query = SearchQuery(request.words, request.lang, request.kind, request.first, request.limit, request.per_kind)
    result = context.disclosed(request.audience).search.search(query)
    return SerializedAnswer("application/json", msgspec.json.encode(result))
