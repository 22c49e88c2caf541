"""Whether a page, JSON, Turtle or SARIF is wanted: `?format=` when it is given, else by the Accept header."""

from typing import Final

from flask import request

from observance.core.errors import UsageError
from observance.web.negotiation import HTML, accepted
from observance.web.problem_details import NotAcceptableError
from observance.web.query_formats import PAGE

_OFFERS: Final = {"application/json": "json", "text/turtle": "turtle", "application/sarif+json": "sarif", HTML: PAGE}


def form(*, turtle: bool = True, sarif: bool = False) -> str:
    """The format that is wanted of the answer to the current request; `turtle`: whether there is a graph, `sarif`: or findings.

    Raises NotAcceptable when the client accepts none, Misused for a format that there is not.
    """
    left_out = {name for name, there in (("turtle", turtle), ("sarif", sarif)) if not there}
    offers = {kind: name for kind, name in _OFFERS.items() if name not in left_out}
    asked = request.values.get("format")
    if asked is not None:
        if asked in offers.values():
            return asked
        raise UsageError("querying.unknown-format", name=asked, formats=", ".join(offers.values()))
    media_type = accepted(tuple(offers))
    if media_type is None:
        raise NotAcceptableError("web.not-acceptable", offers=", ".join(offers))
    return offers[media_type]
