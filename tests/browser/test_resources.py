"""Pages of things in a real Chromium: axe finds nothing, no page is wider than the screen, and everything is read without JavaScript."""

from importlib.resources import files

import pytest

from browsing import chromium, follow, home, lang, reader

__all__ = ["chromium", "home", "lang"]

pytestmark = pytest.mark.whole

PATHS = [
    "/parties/XA",
    "/parties/XU",
    "/parties/FR",
    "/demo/xa/timetable-1",
    "/demo/xa/report-1",
    "/wco/ecommerce-2018/p2.5",
    "/wco/ecommerce-2018/norm-2.5",
    "/links/luxor-partnerships",
    "/shapes/para-2-5-timetable",
    "/rules/para-2-5-timetable-fulfilled",
    "/readings/literal",
    "/ns",
    "/ns/Milestone",
    "/ns/Milestone?refersBy=http://www.w3.org/1999/02/22-rdf-syntax-ns%23type",
    "/parties/XYZ",
]


@pytest.mark.parametrize("path", PATHS)
def test_accessible(chromium, home, lang, path):
    """Axe finds nothing on the page, and nothing is wider than the screen."""
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    with reader(chromium, home, lang, is_scripted=True, has_policy=False) as open_page:
        page = open_page()
        page.goto(path)
        page.evaluate(axe)
        found = page.evaluate("axe.run()")
        assert found["passes"] and [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == []
        for width in (320, 390, 768, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0, width


def test_walk(chromium, home, lang):
    """Without JavaScript, from the page of a Member to a document, to the paragraph that it is under, and to the reasons of an item."""
    with reader(chromium, home, lang) as open_page:
        page = open_page()
        page.goto("/parties/XA")
        follow(page, page.locator('#documents ~ div a[href^="/demo/xa/timetable-1"]'))
        page.locator("main summary").first.click()
        follow(page, page.locator('a[href^="/wco/ecommerce-2018/p2.5"]').first)
        assert page.locator("blockquote[lang=fr]").count() == 1
        page.go_back()
        follow(page, page.locator('.items a[href^="/duties/XA/"]').first)
        assert page.locator("#because").count() == 1
