"""Content negotiation by the Accept header (RFC 9110, section 12.5.1)."""

from collections.abc import Sequence
from typing import Final

from flask import request
from werkzeug.http import parse_accept_header

HTML: Final = "text/html"


def best_match(header: str | None, offers: Sequence[str]) -> str | None:
    """The offer of the highest quality, then of the most specific range, then the first; None if none is acceptable.

    The most specific range that covers an offer decides, so that `text/csv;q=0, */*` refuses CSV.
    """
    if not header:
        return offers[0] if offers else None
    ranges = [(value.partition(";")[0].strip().lower(), quality) for value, quality in parse_accept_header(header)]
    ratings = [(_rating(offer, ranges), -index) for index, offer in enumerate(offers)]
    (quality, _), index = max(ratings, default=((0.0, 0), 0))
    return offers[-index] if quality > 0 else None


def _rating(offer: str, ranges: Sequence[tuple[str, float]]) -> tuple[float, int]:
    ranges_of_offer = (offer, offer.partition("/")[0] + "/*", "*/*")
    for specificity, media_range in zip((2, 1, 0), ranges_of_offer, strict=True):
        qualities = [quality for value, quality in ranges if value == media_range]
        if qualities:
            return max(qualities), specificity
    return 0.0, 0


def best_media_type(offers: Sequence[str]) -> str | None:
    """The best of the offers for the current request."""
    return best_match(request.headers.get("Accept"), offers)


def prefers_html() -> bool:
    """Whether the client of the current request prefers a page to data."""
    return best_media_type(("application/json", HTML)) == HTML
