"""The menu: its pages are there, one of them is marked, and what the service does not have is left out."""

import re

import pytest

from conftest import BROWSER
from observance.web.navigation import MENU

ENDPOINTS = [endpoint for _, pages in MENU for endpoint, _ in pages]


def test_every_entry_is_an_endpoint(app):
    """No entry names a page that no route answers, and none stands twice."""
    assert set(ENDPOINTS) <= set(app.view_functions)
    assert len(set(ENDPOINTS)) == len(ENDPOINTS)


@pytest.mark.parametrize("path", ["/resolution", "/glossary", "/sparql", "/duties", "/meetings", "/file"])
def test_current_page_and_group(path, client):
    """The page that is shown is marked in the menu, once, and its group with it."""
    html = client.get(f"{path}?lang=en", headers={"Accept": BROWSER}).text
    navigation = html[html.index("<nav") : html.index("</nav>")]
    marked = re.findall(r'<a href="([^"?]+)[^>]*aria-current="page"', navigation)

    assert marked == [path]
    assert navigation.count('class="current"') == 1


def test_nothing_is_marked_on_the_first_page(client):
    """The first page is of no group."""
    html = client.get("/?lang=en", headers={"Accept": BROWSER}).text

    assert "aria-current" not in html[html.index("<nav") : html.index("</nav>")]


def test_what_is_missing_is_left_out(app, client, monkeypatch):
    """An entry without a route is left out, and so is the page that needs a ledger."""
    monkeypatch.delitem(app.view_functions, "relay.page")
    html = client.get("/?lang=en", headers={"Accept": BROWSER}).text
    navigation = html[html.index("<nav") : html.index("</nav>")]

    assert "/relay" not in navigation
    assert "/submissions" not in navigation
    assert "/meetings" in navigation
