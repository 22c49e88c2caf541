"""The glossary: its page, and words in sentences that open their meaning."""

import re

from flask import render_template_string
from html5rdf import parse

from conftest import BROWSER
from observance.core import collation_key

TEXT = "A <b>provision</b>, provisionally: follow-up items; one follow-up item, and Provisions."


def render(app, text: str) -> str:
    """The text with its words marked, as a page of the service shows it."""
    names: list[str] = []

    def view() -> str:
        names.append(render_template_string("{{ text|glossed }}{{ text|glossed }}", text=text))
        return ""

    app.view_functions["glossary.page"], page = view, app.view_functions["glossary.page"]
    try:
        app.test_client().get("/glossary?lang=en")
    finally:
        app.view_functions["glossary.page"] = page
    return names[0]


def test_page(client):
    """Each word stands once under its anchor, in the order of the language, with its meaning and the term that it speaks of."""
    orders = []
    for lang in ("en", "fr"):
        html = client.get(f"/glossary?lang={lang}", headers={"Accept": BROWSER}).text
        anchors = re.findall(r'<div id="(term-[^"]+)"', html)
        orders.append(anchors)
        assert len(set(anchors)) == len(anchors) > 15
        assert 'href="/ns/DutyInstance?lang=' in html
        labels = re.findall(r"<dfn>(.*?)</dfn>", html)
        assert len(labels) == len(anchors)
        assert labels == sorted(labels, key=collation_key)
    assert orders[0] != orders[1]
    assert set(orders[0]) == set(orders[1])


def test_statuses_and_forces(client):
    """What can be said of an item and the force of words stand there too, each with a meaning."""
    html = client.get("/glossary?lang=en", headers={"Accept": BROWSER}).text

    assert re.search(r'<div id="Unknown"><dt>.*?not established.*?</dt><dd>.+?</dd>', html)
    assert re.search(r'<div id="Should"><dt>', html)


def test_first_of_each_word_is_marked(app):
    """A word is marked once on a page, in the form that stands there; parts of longer words are not, and markup in a text stays text."""
    html = render(app, TEXT)

    assert re.findall(r"<button[^>]*>(.*?)</button>", html) == ["provision", "follow-up items"]
    assert "&lt;b&gt;" in html
    assert "<b>" not in html
    assert html.count('id="term-provision"') == 1
    parse(html)


def test_every_page_names_words_that_are_there(client):
    """The marked words of pages lead to entries of the glossary."""
    entries = set(re.findall(r'id="(term-[^"]+)"', client.get("/glossary?lang=fr", headers={"Accept": BROWSER}).text))
    named = set()
    for path in ("/duties", "/readings", "/what-if", "/questions", "/file", "/relay"):
        named |= set(re.findall(r'popovertarget="([^"]+)"', client.get(f"{path}?lang=fr", headers={"Accept": BROWSER}).text))

    assert named
    assert named <= entries


def test_without_words(app, monkeypatch):
    """Where the knowledge has no glossary a sentence stays as it is."""
    monkeypatch.setattr("observance.web.glossary.glossary", lambda _lang: ())

    assert "<button" not in render(app, TEXT)
