"""Search in a real Chromium: suggestions while one types, and the page of results without a script."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from browsing import chromium, enter, home, lang, press_until, reader

__all__ = ["chromium", "home", "lang"]

pytestmark = pytest.mark.whole

WORDS = {"fr": "calend", "en": "timeta"}
FIRST = {"fr": "Calendrier indicatif", "en": "Indicative timetable"}


@pytest.fixture
def page(chromium, home, lang):
    """A page of a reader of the language who has JavaScript."""
    with reader(chromium, home, lang, is_scripted=True) as open_page:
        yield open_page()


def typed(page, words: str) -> None:
    """Type the words into the field of the header, by keyboard, and wait for suggestions."""
    page.goto("/questions")
    press_until(page, name="q")
    page.keyboard.type(words)
    page.wait_for_selector("[role=option]")


def test_suggestions(page, lang):
    """Suggestions are a list that arrow keys go through, that is announced, and that Escape closes."""
    typed(page, WORDS[lang])
    field, options = page.get_by_role("combobox"), page.locator("[role=option]")
    assert field.get_attribute("aria-expanded") == "true"
    assert FIRST[lang] in options.first.inner_text()
    assert re.match(r"\d+ r", page.locator(".search-field [role=status]").inner_text())
    page.keyboard.press("ArrowUp")
    assert field.get_attribute("aria-activedescendant") == options.last.get_attribute("id")
    page.keyboard.press("ArrowDown")
    assert field.get_attribute("aria-activedescendant") == options.first.get_attribute("id")
    assert options.first.get_attribute("aria-selected") == "true"
    page.keyboard.press("Escape")
    assert field.get_attribute("aria-expanded") == "false"
    assert not options.first.is_visible()
    assert field.input_value() == WORDS[lang]


def test_choice(page, lang):
    """Arrow and Enter lead to what is chosen; a tap does too; Enter alone leads to the page of results."""
    typed(page, WORDS[lang])
    page.keyboard.press("ArrowDown")
    address = page.locator("[role=option]").first.get_attribute("data-address")
    enter(page)
    assert page.url == address
    typed(page, WORDS[lang])
    with page.expect_navigation():
        page.locator("[role=option]").nth(1).click()
    assert page.url != address
    typed(page, WORDS[lang])
    enter(page)
    assert "/search?q=" in page.url


def test_without_a_script(chromium, home, lang):
    """Without a script Enter leads to the page of results, on a telephone too; axe finds nothing there."""
    with reader(chromium, home, lang) as open_page:
        page = open_page()
        page.set_viewport_size({"width": 320, "height": 700})
        page.goto("/questions")
        press_until(page, name="q")
        page.keyboard.type(WORDS[lang])
        enter(page)
        assert FIRST[lang] in page.locator(".search-hits").first.inner_text()
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
    with reader(chromium, home, lang, is_scripted=True, has_policy=False) as open_page:
        page = open_page()
        for path in ("/search", f"/search?q={WORDS[lang]}", "/search?q=tmetable", "/search?q=a&kind=document"):
            page.goto(path)
            assert Axe().run(page).response["violations"] == []
