"""The menu of the pages: groups of pages by what people come for."""

from typing import Any, Final

from flask import current_app, request

MENU: Final = (
    ("web.nav-resolution", (("instrument.text", "web.nav-text"), ("instruments.page", "web.nav-instruments"))),
    (
        "web.menu-standing",
        (
            ("duties.page", "duties.nav"),
            ("compare.page", "duties.nav-compare"),
            ("benchmarking.page", "web.nav-benchmarking"),
            ("readings.page", "duties.nav-readings"),
            ("whatif.page", "duties.what-if"),
        ),
    ),
    ("web.menu-meetings", (("meetings.listing", "web.nav-meetings"), ("relay.page", "relay.nav"))),
    (
        "web.menu-sending",
        (("forms.listing", "forms.title"), ("validation.page", "web.nav-validate"), ("submissions.listing", "communications.title-list")),
    ),
    ("web.nav-questions", (("questions.listing", "web.nav-questions"),)),
    (
        "web.menu-data",
        (
            ("glossary.page", "glossary.title"),
            ("builder.page", "web.nav-builder"),
            ("sparql.query", "web.nav-sparql"),
            ("resources.vocabulary", "web.nav-vocabulary"),
            ("guides.listing", "publishing.guides"),
            ("health.health", "web.nav-health"),
        ),
    ),
)
"""The groups with the message of each, and their pages: endpoint and message. A group of one page is a link."""
_OF_A_LEDGER: Final = ("submissions.listing",)
_OF_MANY_PAGES: Final = ("instrument", "resources")
"""The blueprints with pages that are not all about what the menu names."""


def menu(*, has_ledger: bool) -> list[dict[str, Any]]:
    """The groups of the menu with the pages that this service has; the page and group of the current request are marked."""
    groups = []
    for message, pages in MENU:
        shown = [
            {"endpoint": endpoint, "message": page_message, "is_current": _is_current(endpoint)}
            for endpoint, page_message in pages
            if endpoint in current_app.view_functions and (has_ledger or endpoint not in _OF_A_LEDGER)
        ]
        if shown:
            groups.append({"message": message, "pages": shown, "is_current": any(page["is_current"] for page in shown)})
    return groups


def _is_current(endpoint: str) -> bool:
    blueprint = endpoint.partition(".")[0]
    return request.endpoint == endpoint if blueprint in _OF_MANY_PAGES else request.blueprint == blueprint
