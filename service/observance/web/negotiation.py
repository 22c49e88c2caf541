"""What a client wants to have, from its Accept header (RFC 9110, section 12.5.1)."""

from collections.abc import Sequence
from typing import Final

from flask import request
from werkzeug.http import parse_accept_header

HTML: Final = "text/html"


def best(header: str | None, offers: Sequence[str]) -> str | None:
    """The offer of the highest quality, then the one that is named most exactly, then the first; None: none is acceptable.

    The most specific range that covers an offer decides, so that `text/csv;q=0, */*` refuses CSV.
    """
    if not header:
        return offers[0] if offers else None
    ranges = [(value.partition(";")[0].strip().lower(), quality) for value, quality in parse_accept_header(header)]
    rated = [(_rating(offer, ranges), -place) for place, offer in enumerate(offers)]
    (quality, _), place = max(rated, default=((0.0, 0), 0))
    return offers[-place] if quality > 0 else None


def _rating(offer: str, ranges: Sequence[tuple[str, float]]) -> tuple[float, int]:
    kinds = (offer, offer.partition("/")[0] + "/*", "*/*")
    for exactness, kind in zip((2, 1, 0), kinds, strict=True):
        qualities = [quality for value, quality in ranges if value == kind]
        if qualities:
            return max(qualities), exactness
    return 0.0, 0


def best_media_type(offers: Sequence[str]) -> str | None:
    """The best of the offers for the current request."""
    return best(request.headers.get("Accept"), offers)


def prefers_html() -> bool:
    """Whether the client of the current request prefers a page to data."""
    return best_media_type(("application/json", HTML)) == HTML
