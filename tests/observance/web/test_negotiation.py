"""Content negotiation by quality, exactness and order."""

import pytest

from observance.web.negotiation import best_match

OFFERS = ("application/json", "text/turtle", "text/html")


@pytest.mark.parametrize(
    ("accept", "offer"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/*", "text/turtle"),
        ("text/html", "text/html"),
        ("TEXT/HTML", "text/html"),
        ("text/html, */*", "text/html"),
        ("text/html;q=0.5, */*;q=0.8", "application/json"),
        ("text/html;level=1", "text/html"),
        ("application/json;q=0, */*", "text/turtle"),
        ("text/*;q=0.3, text/html;q=0.7, */*;q=0.2", "text/html"),
        ("application/json;q=0.2, text/turtle;q=0.9", "text/turtle"),
        ("image/png", None),
        ("image/png, text/html;q=0", None),
        ("*/*;q=0", None),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
    ],
)
def test_best(accept, offer):
    """The most specific range that covers an offer rates it; the best rated, then most exactly named, then first offer wins."""
    assert best_match(accept, OFFERS) == offer


def test_nothing_offered():
    """Where nothing is offered nothing is acceptable."""
    assert best_match("*/*", ()) is None
    assert best_match(None, ()) is None
