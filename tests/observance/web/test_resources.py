"""A page for each thing: at the path of its IRI, as page and data, within what the reader may read."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from observance.core import HOME, OBS, PREFIXES, RDF, unaccented
from observance.register import MEMBERS, PUBLIC, SECRETARIAT, party_audience
from observance.web.audience import KEY
from observance.web.resource_addresses import has_page, resource_link
from observance.web.routes import resources
from served_ledger import browser as browser_of
from served_ledger import make

TYPE = ox.NamedNode(RDF + "type")
RESTRICTED = "/demo/xg/needs-1"
"""A document of the demo register that only its party and the Secretariat may read."""
HOSTILE = '<img src=x onerror="alert(1)">'


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A register in a ledger, with accounts."""
    return make(tmp_path_factory.mktemp("ledger"))


@pytest.fixture(scope="module")
def things(kb) -> dict[str, list[str]]:
    """The IRIs of everything that the knowledge or the demo register describes, by the kind of the thing."""
    found: dict[str, list[str]] = {}
    for triple in kb.evaluator.store.statements(predicate=TYPE.value):
        if isinstance(triple.subject, ox.NamedNode) and isinstance(triple.object, ox.NamedNode):
            found.setdefault(triple.object.value, []).append(triple.subject.value)
    return {kind: sorted(iris) for kind, iris in sorted(found.items())}


def address(client: FlaskClient, iri: str) -> str:
    """The address of the page of the thing."""
    with client.application.test_request_context():
        return resource_link(iri)


def faults(client: FlaskClient, iri: str) -> Iterator[str]:
    """What is wrong with the page of the thing, or with its data."""
    at = address(client, iri)
    page = client.get(at, headers={"Accept": "text/html"})
    if page.status_code != 200 or page.mimetype != "text/html":
        yield f"{at}: {page.status_code}"
    for media_type, syntax in (("text/turtle", ox.RdfFormat.TURTLE), ("application/ld+json", ox.RdfFormat.JSON_LD)):
        data = client.get(at, headers={"Accept": media_type})
        if data.status_code != 200 or data.mimetype != media_type or "Accept" not in data.headers["Vary"]:
            yield f"{at}: {data.status_code} {data.mimetype}"
        elif ox.NamedNode(iri) not in {quad.subject for quad in ox.parse(data.data, format=syntax)}:
            yield f"{at}: {media_type} does not speak of it"


def test_one_of_each_kind(client, things):
    """One thing of each kind answers at its path with a page, Turtle and JSON-LD about it."""
    iris = sorted({next((iri for iri in found if has_page(iri)), found[0]) for found in things.values()})

    assert len(iris) > 60
    assert [fault for iri in iris if has_page(iri) for fault in faults(client, iri)] == []


@pytest.mark.whole
def test_everything(client, things):
    """Everything that the knowledge or the demo register describes answers so."""
    iris = sorted({iri for found in things.values() for iri in found})

    assert [iri for iri in iris if not has_page(iri) and not iri.startswith(f"{HOME}graphs/")] in (
        [],
        [HOME],
        [HOME, f"{HOME}context.jsonld"],
    )
    assert [fault for iri in iris if has_page(iri) for fault in faults(client, iri)] == []


def test_negotiation(client):
    """A description says of what it is one, and where it stands in the format that was chosen; JSON is JSON-LD."""
    answer = client.get("/parties/XA", headers={"Accept": "application/json"})

    assert answer.headers["Link"] == f'<{HOME}parties/XA>; rel="describes"'
    assert answer.headers["Content-Location"] == "/parties/XA?format=jsonld"
    assert client.get(answer.headers["Content-Location"]).data == answer.data
    assert client.get("/parties/XA", headers={"Accept": "image/png"}).status_code == 406
    assert client.get("/parties/XA?format=docx").status_code == 400


def test_addresses_of_fragments_and_others(client, browser):
    """The last step may stand for a fragment; other IRIs are named by a parameter, and those of the project lead to their path."""
    milestone = f"{HOME}demo/xa/timetable-1#risk-management"

    assert milestone in browser.get("/demo/xa/timetable-1/risk-management").text
    moved = browser.get("/resource", query_string={"iri": milestone})
    assert (moved.status_code, moved.headers["Location"]) == (303, "/demo/xa/timetable-1/risk-management")
    assert browser.get("/members/xa?lang=fr").headers["Location"] == "/parties/XA?lang=fr"
    outer = browser.get("/resource", query_string={"iri": "https://cldr.unicode.org/"})
    assert outer.status_code == 200
    assert 'href="/resource?iri=https%3A%2F%2Fcldr.unicode.org%2F&amp;format=turtle"' in outer.text


def test_links_both_ways(browser):
    """A paragraph has its words, in the language of the text, and leads to its provision, its form and its items, and back."""
    page = browser.get("/wco/ecommerce-2018/p2.5?lang=en").text

    assert '<blockquote lang="fr">fournir à l&#39;OMD un calendrier indicatif' in page
    assert "working translation" in page.lower()
    for link in ("/wco/ecommerce-2018/norm-2.5", "/resolution", "/duties?", "/file/2.5", "/questions/", "/demo/xa/timetable-1"):
        assert f'href="{link}' in page, link
    assert 'href="/wco/ecommerce-2018/p2.5?lang=en"' in browser.get("/wco/ecommerce-2018/norm-2.5?lang=en").text


def test_provenance(browser):
    """A link between instruments says who asserts it, how sure it is, and the sources."""
    page = browser.get("/links/luxor-partnerships?lang=en").text
    provenance = page[page.index('id="provenance"') :]

    for said in ("Asserted by", "this project", "Confidence", "likely", "Customs Trade Asia"):
        assert said.lower() in provenance.lower(), said
    source = browser.get("/resource?iri=https://cldr.unicode.org/&lang=en").text
    assert '<a class="elsewhere" rel="noopener external" href="https://cldr.unicode.org/">' in source


def test_many_references_are_cut(browser):
    """Of many references the first are shown with their number, and a page holds all of them."""
    page = browser.get("/ns/Milestone?lang=en").text
    link = re.search(r'href="([^"]+refersBy[^"]+)"', page)
    assert link is not None
    everything = browser.get(link[1].replace("&amp;", "&")).text

    assert page.count("Milestone, ") == 12
    assert everything.count("Milestone, ") == 74


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_vocabulary(browser, lang):
    """The vocabulary is alphabetical, with each term at its anchor, and each has a page."""
    page = browser.get(f"/ns?lang={lang}").text
    terms = re.findall(r'<div id="(\w+)"><dt><a href="([^"]+)">([^<]+)</a>', page)

    assert len(terms) > 400
    assert [label for *_, label in terms] == sorted((label for *_, label in terms), key=unaccented)
    assert all(urlsplit(at).path == f"/ns/{name}" for name, at, _ in terms)
    assert f"{OBS}Milestone" in browser.get(f"/ns/Milestone?lang={lang}").text


def test_document_in_words(browser):
    """A document reads as its form: the statement, the fields in words, the chart, what was found and what it counts for."""
    page = browser.get("/demo/xa/timetable-1?lang=en").text

    assert "tells the WCO" in page
    assert "June 2020" in page
    assert "<svg" in page
    assert "no clarification is requested" in page
    assert re.search(r'href="/duties/XA/norm-2\.5\?lang=en"', page)
    assert 'href="/demo/xa/timetable-2?lang=en"' in page[page.index("Revised by") :]


def test_verdict_on_a_document(browser, kb):
    """What keeps a document from counting is said on its page."""
    verdicts = kb.assessment.inputs.opened_verdicts
    iri = next(node for node, _ in verdicts._counting if node.startswith(f"<{HOME}demo/x"))[1:-1]
    page = browser.get(urlsplit(iri.replace(HOME, "/")).path + "?lang=en").text

    assert "clarification is requested:" in page


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_page_of_a_member(browser, lang):
    """A Member's page says first that nothing is assessed, then items with their reasons, documents, timetable and attendance."""
    page = browser.get(f"/parties/XA?lang={lang}").text
    parts = ["fiche-top", 'id="items"', 'id="correction"', 'id="documents"', 'id="progress"', 'id="meetings"', 'id="periods"']

    assert [page.index(part) for part in parts] == sorted(page.index(part) for part in parts)
    assert page.index({"en": "makes no assessment of any Member", "fr": "aucune appréciation sur les Membres"}[lang]) < page.index("<table")
    assert page.count('href="/duties/XA/') >= 10
    assert page.count("<svg") >= 3
    assert "/demo/xa/timetable-2" in page


def test_reported_progress_stands_beside_the_plan(browser):
    """Beside each bar of the timetable stands what the newest report says of the same standard, in each language; no report, no words."""
    told = {
        lang: re.findall(r'<text class="beside"[^>]*>([^<]*)</text>', browser.get(f"/parties/XA?lang={lang}").text) for lang in ("en", "fr")
    }

    assert told == {"en": ["fully implemented"] * 15, "fr": ["mis en œuvre intégralement"] * 15}
    assert 'class="beside"' not in browser.get("/demo/xa/timetable-2").text


def test_attendance_is_told_once(browser):
    """A meeting stands once, on the day on which it was held, whoever recorded the attendance and whatever day was planned."""
    page = browser.get("/parties/XA?lang=en").text
    days = re.findall(r"<li>([^<]*?) <a[^>]*>(?:Second|Third) review meeting<", page)

    assert days == ["20 April 2021", "17 May 2022"]


def test_real_members_have_facts_alone(browser):
    """Of a party that the register does not declare, its list says a few facts, and nothing more is shown."""
    page = browser.get("/parties/FR?lang=en").text

    assert "France" in page
    assert "/duties/" not in page
    assert 'id="items"' not in page


def read_by(client: FlaskClient, path: str, audience: Any, accept: str = "text/html") -> tuple[int, str]:
    """The status and text of what the audience is told at the path."""
    answer = client.get(path, headers={"Accept": accept}, environ_overrides={KEY: audience})
    return answer.status_code, answer.text


@pytest.mark.parametrize("accept", ["text/html", "text/turtle", "application/ld+json"])
def test_disclosure(client, accept):
    """A document that the reader may not read is answered as one that does not exist; its party and the Secretariat read it."""
    own = party_audience(f"{PREFIXES['party']}XG")
    for reader in (SECRETARIAT, own):
        assert read_by(client, RESTRICTED, reader, accept)[0] == 200
    for reader in (PUBLIC, MEMBERS):
        status, text = read_by(client, RESTRICTED, reader, accept)
        missing, other = read_by(client, RESTRICTED + "x", reader, accept)
        assert (status, missing) == (404, 404)
        assert text.replace("needs-1", "needs-1x").replace("needs-1xx", "needs-1x") == other


def test_nothing_leads_to_what_is_withheld(client):
    """No page of what is connected with a withheld document names it: not its party, its kind, its paragraph or a list of references."""
    iri = HOME + RESTRICTED[1:]
    for path in ("/parties/XG", "/parties/XG?refersBy=" + OBS + "onBehalfOf", "/ns/CapacityNeedsStatement", "/ns/Restricted"):
        told = read_by(client, path, PUBLIC)[1]
        assert RESTRICTED not in told, path
        assert iri not in told
    assert RESTRICTED in read_by(client, "/parties/XG", SECRETARIAT)[1]


def test_statuses_are_told_to_whom_they_may_be(ledger_app):
    """Where there are accounts, a party is told its own items on its page and on those of its documents; nobody else is told any."""
    own, other, anybody = (browser_of(ledger_app, name) for name in ("xa", "xu", None))
    listed = own.get("/submissions?lang=en").text
    document = re.search(r'<a href="(/resource[^"]*)">Notification of intention</a>', listed)
    assert document is not None
    at = document[1].replace("&amp;", "&")

    assert 'href="/duties/XA/' in own.get("/parties/XA?lang=en").text
    assert 'href="/duties/XA/' in own.get(at).text
    for reader in (other, anybody):
        for path in ("/parties/XA?lang=en", at):
            page = reader.get(path).text
            assert "/duties/XA/" not in page, path
            assert 'class="notice"' in page or "No follow-up item rests on it" in page


def test_unknown_things(browser, client):
    """What nobody describes is answered with what was sought, the nearest names and the search, in both languages."""
    answer = browser.get("/wco/ecommerce-2018/norm-2.55?lang=fr")

    assert answer.status_code == 404
    assert f"{HOME}wco/ecommerce-2018/norm-2.55" in answer.text
    assert 'href="/wco/ecommerce-2018/norm-2.5?lang=fr"' in answer.text
    assert 'href="/search?q=norm-2.55' in answer.text
    problem = json.loads(client.get("/wco/nothing", headers={"Accept": "text/turtle"}).text)
    assert "Rien n’est dit" in problem["detail_fr"]
    assert "Nothing is said" in problem["detail_en"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/resource", 400),
        ("/resource?iri=", 400),
        ("/resource?iri=nothing", 400),
        ("/resource?iri=urn:x:<script>", 400),
        ("/resource?iri=urn:x:%00", 400),
        ("/resource?iri=javascript:alert(1)", 404),
        ("/resource?iri=urn:x:" + "a" * 3000, 404),
        ("/parties/%3Cscript%3E", 404),
        ("/parties/%22%3E%3Cb", 404),
        ("/parties/" + "x" * 3000, 404),
        ("/parties/..%2f..%2fetc", 404),
        ("/ns/%3Cb%3E", 404),
        ("/ns/Milestone?refersBy=%3Cb%3E", 200),
        ("/ns/Milestone?refersBy=urn:x:y&page=2", 404),
        ("/ns/Milestone?page=x", 400),
        ("/ns/Milestone?refersBy=http://www.w3.org/1999/02/22-rdf-syntax-ns%23type&page=2", 404),
        ("/ns/Milestone?unheard=1", 400),
    ],
)
def test_hostile_addresses(browser, path, status):
    """An address that is no IRI is refused or unknown, and nothing of it becomes markup."""
    answer = browser.get(path)

    assert answer.status_code == status
    assert "<script>" not in answer.text
    assert '"><b' not in unquote(answer.headers.get("Link", ""))


def test_markup_in_labels(browser, monkeypatch):
    """Markup in labels and texts stays text, and an address that a browser would run is no link."""
    value = {"text": HOSTILE, "iri": "", "lang": '"><b', "kind": "anyURI", "is_described": False, "statements": []}
    script = {**value, "text": "javascript:alert(1)", "lang": ""}
    outer = {**value, "text": HOSTILE, "iri": "javascript:alert(2)"}
    said = {"iri": f"{OBS}note", "label": HOSTILE, "values": [value, script, outer], "count": 5}
    found = {
        "iri": "urn:x:y", "label": HOSTILE, "code": HOSTILE, "names": [value], "kinds": [outer], "words": [said], "definition": [said],
        "statements": [said], "provenance": [said], "references": [{**said, "values": [outer]}], "is_cut": True, "graphs": [HOSTILE],
    }  # fmt: skip
    monkeypatch.setattr(resources, "fetch", lambda *_, **__: {"resource": found})
    page = browser.get("/resource?iri=urn:x:y").text

    assert "<img" not in page
    assert 'href="javascript:' not in page
    assert "&lt;img" in page


def test_what_rests_on_a_restricted_document(browser, client):
    """Of a restricted document nobody but its readers is told which items rest on it, not even on a machine of one's own."""
    assert "/duties/XG/" not in browser.get(RESTRICTED + "?lang=en").text
    assert "/duties/XG/norm-2.3" in read_by(client, RESTRICTED + "?lang=en", SECRETARIAT)[1]
