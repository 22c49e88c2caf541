"""Every page, in both languages: well-formed, labelled, linked, without script, and alike."""

import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple
from urllib.parse import urldefrag, urljoin

import html5rdf
import pytest
from flask.testing import FlaskClient
from html5rdf.html5parser import ParseError
from werkzeug.test import TestResponse

from conftest import BROWSER, check_each
from observance.core import LANGUAGES

THINGS = [
    "/parties/XA",
    "/demo/xa/timetable-1",
    "/wco/ecommerce-2018/p2.5",
    "/links/luxor-partnerships",
    "/ns/Milestone",
    "/resource?iri=https://cldr.unicode.org/",
]
PATHS = [
    "/",
    "/resolution",
    "/duties",
    "/duties?reading=*&member=XA&member=XB",
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
    "/questions/communications-over-time",
    "/questions/current-timetable?party=QQ&asOf=2017-01-01",
    "/questions/justified-delays?party=XA",
    "/questions/build?kind1=https%3A%2F%2Fw3id.org%2Fobservance%2Fns%23IndicativeTimetable",
    "/resolution/2.6/basis",
    "/instruments",
    "/sparql",
    "/sparql?query=SELECT * { ?norm obs:leavesOpen ?open } LIMIT 3",
    "/sparql?query=CONSTRUCT WHERE { ?norm obs:leavesOpen ?open }",
    "/sparql?query=ASK {}",
    "/sparql?query=SELECT broken",
    "/validate",
    "/glossary",
    "/guide",
    "/health",
    "/guide/filing",
    "/guide/asking",
    "/guide/programs",
    "/guide/nothing",
    *THINGS,
    "/nowhere",
]


class Page(NamedTuple):
    """A page as it was asked for: its path and language, the response, and the tree of its elements."""

    path: str
    lang: str
    response: TestResponse
    tree: Any


def page(browser: FlaskClient, path: str, lang: str) -> Page:
    """The page at the path in the language; one that is not well-formed HTML fails here."""
    response = browser.get(path + ("&" if "?" in path else "?") + f"lang={lang}")
    try:
        tree = html5rdf.HTMLParser(strict=True, namespaceHTMLElements=False).parse(response.text)
    except ParseError as error:
        error.add_note(f"{path} in {lang}")
        raise
    return Page(path, lang, response, tree)


def elements(tree, *names: str) -> Iterator:
    """The elements of these names in document order."""
    return (node for node in tree.iter() if isinstance(node.tag, str) and (not names or node.tag in names))


def words(node) -> str:
    """The text of an element."""
    return " ".join("".join(node.itertext()).split())


@pytest.fixture(scope="module")
def pages(app) -> Mapping[tuple[str, str], Page]:
    """Each page in each language, asked for once."""
    browser = app.test_client()
    browser.environ_base["HTTP_ACCEPT"] = BROWSER
    return {(path, lang): page(browser, path, lang) for path in PATHS for lang in LANGUAGES}


def check_pages(check: Callable[[Page], None], pages: Mapping[tuple[str, str], Page]) -> None:
    """Check each page, and say of each fault where it is."""
    check_each(lambda key: check(pages[key]), pages, name=lambda key: f"{key[0]} in {key[1]}")


def test_well_formed(pages):
    """A page parses without an error, says its language in element and header, and varies with what was asked for."""

    def check(shown: Page) -> None:
        assert shown.response.content_type == "text/html; charset=utf-8"
        assert next(elements(shown.tree, "html")).get("lang") == shown.lang
        assert shown.response.headers["Content-Language"] == shown.lang
        assert {"Accept", "Accept-Language"} <= set(re.split(r",\s*", shown.response.headers["Vary"]))

    check_pages(check, pages)


def test_headings(pages):
    """A page has a title of its own, one heading of the first level, and skips no level after it."""

    def check(shown: Page) -> None:
        levels = [int(node.tag[1]) for node in elements(shown.tree, "h1", "h2", "h3", "h4", "h5", "h6")]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))
        assert words(next(elements(shown.tree, "title"))).removesuffix("· Observance").strip()

    check_pages(check, pages)


def test_labels(pages):
    """Every control has a label that says something, and every identifier is there once."""

    def check(shown: Page) -> None:
        tree = shown.tree
        labels = {node.get("for"): words(node) for node in elements(tree, "label")}
        controls = [node for node in elements(tree, "input", "select", "textarea") if node.get("type") != "hidden"]
        identifiers = [node.get("id") for node in elements(tree) if node.get("id")]
        described = {
            name for node in elements(tree) for key in ("aria-describedby", "aria-labelledby") for name in (node.get(key) or "").split()
        }
        assert [node.get("name") for node in controls if not labels.get(node.get("id"))] == []
        assert [words(node) for node in elements(tree, "button") if not words(node)] == []
        assert len(identifiers) == len(set(identifiers))
        assert described <= set(identifiers)

    check_pages(check, pages)


def test_no_script_and_no_external_resource(pages):
    """A page has no script, style or event handler within itself, and loads nothing from another origin."""

    def check(shown: Page) -> None:
        tree, policy = shown.tree, shown.response.headers["Content-Security-Policy"]
        attributes = {name for node in elements(tree) for name in node.attrib}
        assert list(elements(tree, "style", "iframe")) == []
        assert [node.text for node in elements(tree, "script") if node.text or not node.get("src", "").startswith("/static/")] == []
        assert not any(name == "style" or name.startswith("on") for name in attributes)
        assert [src for node in elements(tree) if (src := node.get("src")) and not src.startswith("/static/")] == []
        assert [href for node in elements(tree, "link") if not (href := node.get("href")).startswith("/")] == []
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy

    check_pages(check, pages)


# A picture of duties leads to hundreds of pages of one kind, each of which is derived and explained.
MOST_DUTIES = 6


@pytest.mark.whole
def test_internal_links_resolve(pages, browser):
    """Every link of a page within the service is answered, and its anchor exists."""

    @cache
    def found(target: str) -> tuple[int, frozenset[str]]:
        with browser.get(target.removeprefix("http://localhost")) as response:
            return response.status_code, frozenset(identifiers(response.text) if response.mimetype == "text/html" else ())

    def check(shown: Page) -> None:
        own = {node.get("id") for node in elements(shown.tree) if node.get("id")}
        duties: set[str] = set()
        for node in elements(shown.tree, "a", "link"):
            target, anchor = urldefrag(urljoin(f"http://localhost{shown.path.replace(' ', '+')}", node.get("href")))
            if node.get("href").startswith("#"):
                assert anchor in own, node.get("href")
            elif target.startswith("http://localhost/"):
                if "/duties/" in target and target not in duties and len(duties) >= MOST_DUTIES:
                    continue
                duties |= {target} if "/duties/" in target else set()
                status, anchors = found(target)
                # A page that says what is wrong leads to itself in the other language.
                assert status == 200 or node.get("hreflang"), target
                assert not anchor or anchor in anchors, node.get("href")

    check_pages(check, pages)


def identifiers(text: str) -> list[str]:
    """The identifiers of a page's elements."""
    return re.findall(r' id="([^"]+)"', text)


def test_both_languages_have_the_same_parts(pages):
    """The French and the English page have the same elements in the same order: nothing is said in one of them only.

    Guides are prose; their own test compares their sections. What is in alphabetical order is in another order in the other language, and
    which words of the glossary a sentence has depends on its language.
    """

    def outline(path: str, lang: str) -> list[tuple[str, ...]]:
        tree = pages[path, lang].tree
        explained = {part for node in elements(tree, "span") if node.get("class") == "gloss" for part in node.iter()}
        outlined = [
            (str(node.tag), *(node.get(name) or "" for name in ("class", "id", "name"))) for node in elements(tree) if node not in explained
        ]
        is_by_name = path in (*THINGS, "/instruments") or path.startswith(("/duties", "/glossary"))
        return sorted(outlined) if is_by_name else outlined

    assert [path for path in PATHS if not path.startswith("/guide/") and outline(path, "fr") != outline(path, "en")] == []


def test_other_language(pages):
    """Every page has a link to itself in the other language, marked with that language, and a link over the navigation."""

    def check(shown: Page) -> None:
        (other,) = [code for code in LANGUAGES if code != shown.lang]
        links = [node for node in elements(shown.tree, "a") if node.get("hreflang") == other]
        assert [node.get("lang") for node in links] == [other]
        assert f"lang={other}" in links[0].get("href")
        assert next(elements(shown.tree, "a")).get("href") == "#main"
        assert any(node.get("id") == "main" for node in elements(shown.tree, "main"))

    check_pages(check, pages)


@pytest.mark.parametrize(
    ("header", "lang"),
    [("fr", "fr"), ("fr-CA,en;q=0.5", "fr"), ("en;q=0.3,fr;q=0.7", "fr"), ("de,en", "en"), ("de", "en"), (None, "en")],
)
def test_language_of_the_browser(browser, header, lang):
    """Without `?lang=` the browser's preference decides; without a supported one the language is English."""
    headers = {"Accept-Language": header} if header else {}
    assert f'<html lang="{lang}">' in browser.get("/", headers=headers).text


def test_lang_parameter_is_preserved(browser):
    """`lang` takes precedence over the browser's preference, and the links of the page preserve it."""
    text = browser.get("/?lang=fr", headers={"Accept-Language": "en"}).text

    assert '<html lang="fr">' in text
    assert 'href="/resolution?lang=fr"' in text
    assert '<html lang="en">' in browser.get("/?lang=xx").text


def test_language_link_stays_on_the_site(browser):
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
    """The style sheet fetches nothing but the faces that lie beside it."""
    with client.get("/static/observance.css") as response:
        sheet = response.text
    assert all(address.startswith('"fonts/') for address in sheet.split("url(")[1:])
    assert "@import" not in sheet


def test_style_sheet(client):
    """The style sheet's blocks end before the next section begins: a block left open takes the rules after it with it."""
    depth, left_open = 0, []
    with client.get("/static/observance.css") as response:
        lines = response.text.splitlines()
    for line in lines:
        if line.startswith("/*") and depth:
            left_open.append(line)
        depth += line.count("{") - line.count("}")
    assert (left_open, depth) == ([], 0)


def test_authentic_words_stand_byte_for_byte(client, kb):
    """The words of the instrument have the apostrophes that they have in the source, and the sentences of pages have curved ones."""
    words = [block["authentic"] for block in json.loads(kb.questions.page("text", {"lang": "fr"}).body)["results"]["bindings"]]
    pages = [
        re.sub(r"<[^>]+>", "", html.unescape(client.get(path, headers={"Accept": BROWSER}).text))
        for path in ("/resolution?lang=fr", "/relay?lang=fr")
    ]

    assert sum("'" in text["value"] for text in words) > 5
    assert [text["value"] for text in words if text["value"] not in pages[0]] == []
    assert any(text["value"] in pages[1] for text in words)
    assert "n’a pas été consultée" in pages[0]
