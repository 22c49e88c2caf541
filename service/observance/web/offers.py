"""Whether a page, JSON or Turtle is wanted: `?format=` when it is given, else by the Accept header."""

from typing import Final

from flask import request

from observance.errors import Misused
from observance.web.formats import PAGE
from observance.web.negotiation import HTML, accepted
from observance.web.problems import NotAcceptable

_OFFERS: Final = {"application/json": "json", "text/turtle": "turtle", HTML: PAGE}


def form(*, turtle: bool = True) -> str:
    """The format that is wanted of the answer to the current request; `turtle`: whether there is a graph.

    Raises NotAcceptable when the client accepts none, Misused for a format that there is not.
    """
    offers = {kind: name for kind, name in _OFFERS.items() if turtle or name != "turtle"}
    asked = request.values.get("format")
    if asked is not None:
        if asked in offers.values():
            return asked
        raise Misused("querying.unknown-format", name=asked, formats=", ".join(offers.values()))
    media_type = accepted(tuple(offers))
    if media_type is None:
        raise NotAcceptable("web.not-acceptable", offers=", ".join(offers))
    return offers[media_type]
