"""`/search`: what is found as a page and as JSON, for an audience; the field on every page; the description for browsers."""

import html
import re
from urllib.parse import quote

import msgspec
import pytest

from conftest import check_each
from observance.core import LANGUAGES, SerializedAnswer
from observance.search import KINDS, Hit, SearchResult
from observance.search.entries import page_entries

HOSTILE = '"><script>alert(1)</script>'


def test_json(client):
    """Programs get the hits in order, with addresses, and the counts of all kinds."""
    answer = client.get("/search?q=calendrier&lang=fr&limit=3").json

    assert answer["hits"][0]["label"] == "Calendrier indicatif"
    assert answer["hits"][0]["iri"].endswith("/p2.5")
    assert answer["hits"][0]["address"] == "/wco/ecommerce-2018/p2.5?lang=fr"
    assert {"text": "calendrier", "isFound": True} in answer["hits"][0]["excerpt"]
    assert len(answer["hits"]) == 3
    assert answer["total"] == sum(answer["counts"].values()) > 3
    assert answer["summary"] == f"{answer['total']} résultats"
    second = client.get("/search?q=calendrier&lang=fr&limit=3&page=2").json
    assert not {hit["address"] for hit in second["hits"]} & {hit["address"] for hit in answer["hits"]}
    assert set(answer["counts"]) <= set(KINDS)


def test_page(browser):
    """People get groups with what was found marked, links to each kind, and pages of one kind."""
    page = browser.get("/search?q=timetable&lang=en").text
    assert "Indicative <mark>timetable</mark>" in page
    assert "(working translation, unofficial)" in page
    kinds = re.findall(r'href="(/search\?q=timetable&amp;kind=\w+&amp;lang=en|/search\?[^"]*kind=document[^"]*)"', page)
    assert kinds
    documents = browser.get(html.unescape(next(address for address in kinds if "document" in address)))
    assert documents.text.count("<li><a") >= 20
    assert 'rel="next"' in documents.text
    assert browser.get("/search?q=timetable&kind=document&page=2").status_code == 200


def test_empty(browser, client):
    """Without words there are examples, each of which finds something; programs get no hit."""
    page = browser.get("/search").text
    examples = re.findall(r'href="(/search\?q=[^"]+)"', page)
    assert len(examples) >= 3
    check_each(lambda address: client.get(html.unescape(address)).json["hits"][0], examples)
    assert client.get("/search").json["hits"] == []


def test_nothing_found(browser):
    """Where nothing is found, the page says what to try, and what may have been meant."""
    page = browser.get("/search?q=tmetable&lang=en").text
    assert "0 results" in page
    assert 'href="/search?q=timetable&amp;lang=en">timetable</a>' in page
    assert 'href="/questions?lang=en"' in page


@pytest.mark.parametrize("lang", LANGUAGES)
def test_hostile(browser, lang):
    """What was typed stays in the field, as text; very long words are cut, and that is said."""
    page = browser.get(f"/search?q={quote(HOSTILE)}&lang={lang}").text
    assert "<script>alert" not in page
    assert f'value="{html.escape(HOSTILE).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")}"' in page
    assert 'class="notice"' in browser.get(f"/search?q={'timetable+' * 200}&lang={lang}").text


def test_hostile_label(app, browser, monkeypatch):
    """HTML in what is found is text, in labels, codes and excerpts."""
    text = ((HOSTILE, False), ("word", True))
    hit = Hit("document", "https://t.example/x", "", HOSTILE, text, "en", text, "en")
    found = SearchResult("word", {"document": 1}, 1, (hit,), suggestion=HOSTILE)
    answers = app.extensions["observance"].present.kb.answers
    monkeypatch.setattr(answers, "call", lambda *_, **__: SerializedAnswer("application/json", msgspec.json.encode(found)))
    page = browser.get("/search?q=word").text
    assert "<mark>word</mark>" in page
    assert page.count(html.escape("<script>alert(1)")) >= 4
    assert "<script>alert" not in page


def test_faults(client):
    """A kind, number or page that does not exist is refused with what to write instead."""
    faults = [
        ("kind=dokument", 400, "document"),
        ("limit=0", 400, "100"),
        ("limit=x", 400, "100"),
        ("page=99999", 404, ""),
        ("qq=a", 400, "q"),
    ]

    def check(fault: tuple[str, int, str]) -> None:
        query, status, named = fault
        response = client.get(f"/search?q=timetable&{query}")
        assert response.status_code == status
        assert named in response.text

    check_each(check, faults, name=str)


def test_pages_exist(browser, client):
    """Every page of the service that can be found answers."""
    check_each(lambda path: browser.get(path).status_code == 200 or pytest.fail(path), [entry.path for entry in page_entries()])
    words = ("send", "status", "selection", "none", "filing", "validation")
    hits = [
        hit for word in words for kind in ("page", "guide") for hit in client.get(f"/search?q={word}&kind={kind}&limit=100").json["hits"]
    ]
    found = {hit["address"] for hit in hits}
    assert len(found) > 20
    check_each(lambda path: browser.get(path).status_code == 200 or pytest.fail(path), sorted(found))


def test_opensearch(client, browser):
    """A browser learns from every page how to search here."""
    page = browser.get("/questions?lang=fr").text
    assert 'href="/opensearch.xml?lang=fr"' in page
    assert 'role="search" action="/search?lang=fr"' in page
    description = client.get("/opensearch.xml?lang=fr")
    assert description.content_type.startswith("application/opensearchdescription+xml")
    assert 'template="http://localhost/search?lang=fr&amp;q={searchTerms}"' in description.text
