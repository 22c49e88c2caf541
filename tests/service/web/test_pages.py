"""Every page, in both languages: well-formed, labelled, linked, without script, and alike."""

import re
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import urldefrag, urljoin

import html5rdf
import pytest

from observance.core import LANGUAGES

PATHS = [
    "/",
    "/resolution",
    "/duties",
    "/duties?reading=*",
    "/duties?reading=per-meeting&member=XB",
    "/duties?asOf=2017-01-01",
    "/duties/XB/norm-2.5?reading=benchmark&whyNot=Fulfilled&since=2020-01-01",
    "/duties/XA/norm-2.7/nothing",
    "/duties/XC/norm-2.5/history?reading=benchmark",
    "/readings",
    "/what-if",
    "/questions",
    "/relay",
    "/questions/addressees-on-a-date",
    "/questions/alternative-readings?paragraph=2.5",
    "/questions/every-norm-has-its-paragraph",
    "/questions/nothing-like-this",
    "/sparql",
    "/sparql?query=SELECT * { ?norm obs:leavesOpen ?open } LIMIT 3",
    "/sparql?query=CONSTRUCT WHERE { ?norm obs:leavesOpen ?open }",
    "/sparql?query=ASK {}",
    "/sparql?query=SELECT broken",
    "/validate",
    "/guide",
    "/guide/filing",
    "/guide/asking",
    "/guide/programs",
    "/guide/nothing",
    "/nowhere",
]


def page(browser, path: str, lang: str):
    """The response to the path in the language, and its tree; a page that is not well-formed HTML fails here."""
    response = browser.get(path + ("&" if "?" in path else "?") + f"lang={lang}")
    tree = html5rdf.HTMLParser(strict=True, namespaceHTMLElements=False).parse(response.text)
    return response, tree


def elements(tree, *names: str) -> Iterator:
    """The elements of these names in document order."""
    return (node for node in tree.iter() if isinstance(node.tag, str) and (not names or node.tag in names))


def words(node) -> str:
    """The text of an element."""
    return " ".join("".join(node.itertext()).split())


@pytest.fixture(params=LANGUAGES)
def lang(request):
    return request.param


@pytest.mark.parametrize("path", PATHS)
def test_well_formed(browser, path, lang):
    """A page parses without an error, says its language in element and header, and varies with what was asked for."""
    response, tree = page(browser, path, lang)

    assert response.content_type == "text/html; charset=utf-8"
    assert next(elements(tree, "html")).get("lang") == lang
    assert response.headers["Content-Language"] == lang
    assert {"Accept", "Accept-Language"} <= set(re.split(r",\s*", response.headers["Vary"]))


@pytest.mark.parametrize("path", PATHS)
def test_headings(browser, path, lang):
    """A page has a title of its own, one heading of the first level, and skips no level after it."""
    _, tree = page(browser, path, lang)
    levels = [int(node.tag[1]) for node in elements(tree, "h1", "h2", "h3", "h4", "h5", "h6")]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert words(next(elements(tree, "title"))).removesuffix("· Observance").strip()


@pytest.mark.parametrize("path", PATHS)
def test_labels(browser, path, lang):
    """Every control has a label that says something, and every identifier is there once."""
    _, tree = page(browser, path, lang)
    labels = {node.get("for"): words(node) for node in elements(tree, "label")}
    controls = [node for node in elements(tree, "input", "select", "textarea") if node.get("type") != "hidden"]
    identifiers = [node.get("id") for node in elements(tree) if node.get("id")]

    assert [node.get("name") for node in controls if not labels.get(node.get("id"))] == []
    assert [words(node) for node in elements(tree, "button") if not words(node)] == []
    assert len(identifiers) == len(set(identifiers))
    described = {
        name for node in elements(tree) for key in ("aria-describedby", "aria-labelledby") for name in (node.get(key) or "").split()
    }
    assert described <= set(identifiers)


@pytest.mark.parametrize("path", PATHS)
def test_no_script_and_nothing_from_elsewhere(browser, path, lang):
    """A page has no script, no style of its own and no handler, and loads nothing from elsewhere."""
    response, tree = page(browser, path, lang)
    attributes = {name for node in elements(tree) for name in node.attrib}

    assert list(elements(tree, "script", "style", "iframe")) == []
    assert not any(name == "style" or name.startswith("on") for name in attributes)
    assert [src for node in elements(tree) if (src := node.get("src")) and not src.startswith("/static/")] == []
    assert [href for node in elements(tree, "link") if not (href := node.get("href")).startswith("/")] == []
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    assert "unsafe" not in response.headers["Content-Security-Policy"]


# A picture of duties leads to hundreds of pages of one kind, each of which is derived and explained.
MOST_DUTIES = 6


@pytest.mark.parametrize("path", PATHS)
def test_links_lead_somewhere(browser, path, lang):
    """Every link of a page within the service is answered, and its anchor exists."""
    _, tree = page(browser, path, lang)
    anchors: dict[str, set[str]] = {}
    for node in elements(tree, "a", "link"):
        target, anchor = urldefrag(urljoin(f"http://localhost{path.replace(' ', '+')}", node.get("href")))
        if not target.startswith("http://localhost/"):
            continue
        if node.get("href").startswith("#"):
            anchors.setdefault("", {n.get("id") for n in elements(tree) if n.get("id")})
            assert anchor in anchors[""], node.get("href")
        elif target not in anchors:
            if "/duties/" in target and sum("/duties/" in known for known in anchors) >= MOST_DUTIES:
                continue
            with browser.get(target.removeprefix("http://localhost")) as found:
                # A page that says what is wrong leads to itself in the other language.
                assert found.status_code == 200 or node.get("hreflang"), target
                anchors[target] = set(re.findall(r' id="([^"]+)"', found.text)) if found.mimetype == "text/html" else set()
        if anchor and not node.get("href").startswith("#"):
            assert anchor in anchors[target], node.get("href")


@pytest.mark.parametrize("path", PATHS)
def test_both_languages_have_the_same_parts(browser, path):
    """The French and the English page have the same elements in the same order: nothing is said in one of them only."""
    trees = [page(browser, path, lang)[1] for lang in ("fr", "en")]
    outlines = [
        # A span may mark words that are quoted in the other language.
        [
            (node.tag, node.get("class"), node.get("id"), node.get("name"))
            for node in elements(tree)
            if (node.tag, *node.keys()) != ("span", "lang")
        ]
        for tree in trees
    ]

    assert outlines[0] == outlines[1]


@pytest.mark.parametrize("path", PATHS)
def test_other_language(browser, path, lang):
    """Every page has a link to itself in the other language, marked with that language, and a link over the navigation."""
    _, tree = page(browser, path, lang)
    (other,) = [code for code in LANGUAGES if code != lang]
    links = [node for node in elements(tree, "a") if node.get("hreflang") == other]

    assert [node.get("lang") for node in links] == [other]
    assert f"lang={other}" in links[0].get("href")
    first = next(elements(tree, "a"))
    assert first.get("href") == "#main"
    assert any(node.get("id") == "main" for node in elements(tree, "main"))


@pytest.mark.parametrize(
    ("header", "lang"),
    [("fr", "fr"), ("fr-CA,en;q=0.5", "fr"), ("en;q=0.3,fr;q=0.7", "fr"), ("de,en", "en"), ("de", "en"), (None, "en")],
)
def test_language_of_the_browser(browser, header, lang):
    """Without `?lang=` the browser's wish decides, and English where it wishes for neither."""
    headers = {"Accept-Language": header} if header else {}
    assert f'<html lang="{lang}">' in browser.get("/", headers=headers).text


def test_language_asked_for_stays(browser):
    """A language asked for by hand wins over the browser's and is kept by the links of the page."""
    text = browser.get("/?lang=fr", headers={"Accept-Language": "en"}).text

    assert '<html lang="fr">' in text
    assert 'href="/resolution?lang=fr"' in text
    assert '<html lang="en">' in browser.get("/?lang=xx").text


def test_a_link_to_the_other_language_stays_here(browser):
    """Parameters of a request never lead the link to the other language anywhere else."""
    text = browser.get("/?_scheme=javascript&_external=1&_anchor=x&lang=fr").text

    assert "javascript:" not in text
    assert 'href="/?_scheme=javascript&amp;_external=1&amp;_anchor=x&amp;lang=en"' in text


def test_headers(client):
    """Every response forbids framing, guessing of types and referrers."""
    for path in ("/", "/health", "/nowhere", "/static/observance.css"):
        with client.get(path) as response:
            headers = response.headers
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"


def test_style_loads_nothing(client):
    """The style sheet fetches nothing."""
    with client.get("/static/observance.css") as response:
        sheet = response.text
    assert "url(" not in sheet
    assert "@import" not in sheet
