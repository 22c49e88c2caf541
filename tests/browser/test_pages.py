"""The pages in a real Chromium, without JavaScript: by keyboard only, in both languages, on a telephone and on paper."""

import re
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from browsing import MOST_KEYS, chromium, enter, follow, home, lang, press_until, reader
from conftest import ROOT, check_each, sample

__all__ = ["chromium", "home", "lang"]

pytestmark = pytest.mark.whole

FAULTY = (ROOT / "shapes" / "examples" / "para-2-5-timetable.ttl").read_text(encoding="utf-8").replace("party:XB ;", "party:X9 ;", 1)
PAGES = [
    "/",
    "/resolution",
    "/relay",
    "/questions",
    "/questions/alternative-readings?paragraph=2.5",
    "/questions?q=rien",
    "/questions/communications-by-region",
    "/questions/justified-delays?party=XA",
    "/questions/current-timetable?party=QQ&asOf=2017-01-01",
    "/questions/build?kind1=https%3A%2F%2Fw3id.org%2Fobservance%2Fns%23IndicativeTimetable",
    "/resolution/2.5/basis",
    "/instruments",
    "/meetings",
    "/meetings/meeting-2023",
    "/benchmarking",
    "/sparql?query=ASK+{}",
    "/validate",
    "/nowhere",
    "/glossary",
    "/duties",
    "/duties/XB/norm-2.5?reading=benchmark",
    "/duties/XB/norm-2.5/history?reading=benchmark",
    "/compare?from=2021-04-20",
    "/readings",
    "/members/XA/duties",
    "/what-if",
    "/health",
    "/guide",
    "/guide/filing",
    "/guide/programs",
]


@pytest.fixture
def page(chromium, home, lang):
    """A page of a reader of the language."""
    with reader(chromium, home, lang) as open_page:
        yield open_page()


@pytest.fixture(scope="module")
def pages(chromium, home):
    """Pages in a language, each opened once for the tests that look at all of them."""
    with reader(chromium, home, "fr") as french, reader(chromium, home, "en") as english:
        each = [(path, lang, open_page) for lang, open_page in (("fr", french), ("en", english)) for path in PAGES]
        opened = {(path, lang): open_page() for path, lang, open_page in sample(each, 16)}
        for (path, _), page in opened.items():
            page.goto(path)
        yield opened


def check_pages(check, pages) -> None:
    """Check each page, and say of each fault where it is."""
    check_each(lambda key: check(pages[key]), pages, name=lambda key: f"{key[0]} in {key[1]}")


def test_question_by_keyboard(page, lang):
    """From the first page to the answer of a question, with Tab, Enter and the arrow keys only."""
    page.goto("/")
    press_until(page, text="Questions")
    enter(page)
    summary = page.locator('a[href^="/questions/alternative-readings"]').inner_text()
    press_until(page, text=summary)
    enter(page)
    assert page.locator("h1").inner_text() == summary
    press_until(page, name="paragraph")
    page.keyboard.type("2.5")
    press_until(page, text={"fr": "Interroger", "en": "Ask"}[lang])
    enter(page)

    assert "paragraph=2.5" in page.url
    numbers = page.locator("tbody tr td:first-child").all_inner_texts()
    assert numbers
    assert set(numbers) == {"2.5"}


def test_filter_as_one_types(chromium, home, lang):
    """With JavaScript the catalogue shows what holds the words typed, without accents and capitals: as much as the server does without."""
    typed = {"fr": "REUNION bilan", "en": "review MEETING"}[lang]
    with reader(chromium, home, lang, is_scripted=True) as open_page:
        page = open_page()
        page.goto("/questions")
        everything = page.locator(".catalogue li:visible").count()
        page.locator("#q").type(typed)
        shown = page.locator(".catalogue li:visible").all_inner_texts()
        page.goto(f"/questions?q={typed.replace(' ', '+')}")

        assert 0 < len(shown) < everything
        assert page.locator(".catalogue li:visible").all_inner_texts() == shown


def test_reasons_by_keyboard(page, lang):
    """From the first page to the reasons of one duty and to why it is not fulfilled, with Tab, Enter and letters only."""
    page.goto("/")
    press_until(page, text={"fr": "Voir où en est chaque Membre et chaque Union", "en": "See where each Member and Union stands"}[lang])
    enter(page)
    press_until(page, name="reading")
    # A letter with an accent is no key press: what is typed has none.
    page.keyboard.type({"fr": "Hypoth", "en": "Twelve"}[lang])
    press_until(page, name="member")
    page.keyboard.type("Bor")
    press_until(page, text={"fr": "Afficher", "en": "Show"}[lang])
    enter(page)
    for _ in range(MOST_KEYS):
        page.keyboard.press("Tab")
        if page.locator(':focus[href^="/duties/XB/norm-2.5"]').count():
            break
    enter(page)
    assert page.locator("#verdict").inner_text().endswith({"fr": "délai supposé écoulé", "en": "assumed period elapsed"}[lang])
    press_until(page, name="whyNot")
    page.keyboard.type({"fr": "fourni", "en": "provided"}[lang])
    press_until(page, text={"fr": "Demander", "en": "Ask"}[lang])
    enter(page)

    assert "whyNot=Fulfilled" in page.url
    assert page.locator(".attempt .fails").count() >= 1


def test_axe_finds_nothing(chromium, home, lang):
    """axe-core finds no fault in any page, with the menu of a telephone open and the meaning of a word shown."""
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    with reader(chromium, home, lang, is_scripted=True, has_policy=False) as open_page:
        page = open_page()
        page.set_viewport_size({"width": 390, "height": 800})

        def check(path: str) -> None:
            page.goto(path)
            page.locator(".menu > summary").click()
            if page.locator(".term").count():
                page.locator(".term").first.click()
            page.evaluate(axe)
            assert [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in page.evaluate("axe.run()")["violations"]] == []

        check_each(check, sample(PAGES, 8), name=str)


def test_menu_on_a_telephone(page, lang):
    """On a narrow screen the menu is one word; it opens, and a group in it, by keyboard, and leads to a page that marks them."""
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto("/")
    menu = page.locator(".menu > ul")
    assert not menu.is_visible()
    press_until(page, text="Menu")
    page.keyboard.press("Enter")
    press_until(page, text={"fr": "Réunions", "en": "Meetings"}[lang])
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    enter(page)

    assert urlsplit(page.url).path == "/meetings"
    page.set_viewport_size({"width": 1280, "height": 800})
    assert menu.is_visible()
    assert not page.locator(".menu > summary").is_visible()
    assert page.locator("header.site").bounding_box()["height"] < 90
    assert page.locator("summary.current").count() == 1


def test_word_opens_its_meaning(page, lang):
    """A word of the glossary opens its meaning by keyboard, and closes with Escape; the meaning leads to the glossary."""
    word = {"fr": "point de suivi", "en": "follow-up item"}[lang]
    page.goto("/duties")
    press_until(page, text=word)
    page.keyboard.press("Enter")
    meaning = page.locator("#term-follow-up-item")
    assert meaning.is_visible()
    page.keyboard.press("Escape")
    assert not meaning.is_visible()
    page.keyboard.press("Enter")
    follow(page, meaning.locator("a"))

    page.wait_for_url("**/glossary#term-follow-up-item")


def test_validation_by_keyboard(page, lang):
    """A faulty document is typed in, checked, corrected in the form that came back, and checked again, by keyboard only."""
    check = {"fr": "Vérifier", "en": "Check"}[lang]
    page.goto("/validate")
    press_until(page, name="document")
    page.keyboard.insert_text(FAULTY)
    press_until(page, text=check)
    enter(page)

    assert page.locator(".verdict.poor").is_visible()
    assert "party:X9" in page.locator(".finding.Violation").inner_text()
    link = {"fr": "Paragraphe 2.5", "en": "Paragraph 2.5"}[lang]
    press_until(page, text=link)
    press_until(page, name="document")
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(FAULTY.replace("party:X9", "party:XB"))
    press_until(page, text=check)
    enter(page)

    assert page.locator(".verdict.good").is_visible()
    assert page.locator(".finding").count() == 0


def test_finding_leads_to_its_paragraph(page):
    """The paragraph of a finding is a link to its place in the text."""
    page.goto("/validate")
    page.locator("#document").fill(FAULTY)
    follow(page, page.locator("form.ask button").first)
    follow(page, page.locator(".finding .at-place a").first)

    assert urlsplit(page.url).fragment == "p2.5"
    # The address changes before the page is there.
    page.locator("#p2\\.5:target").wait_for(state="attached")


def test_upload(page, tmp_path: Path):
    """A file that is uploaded is checked, and its text comes back to be corrected."""
    file = tmp_path / "mine.ttl"
    file.write_text(FAULTY, encoding="utf-8")
    page.goto("/validate")
    page.locator("#file").set_input_files(file)
    follow(page, page.locator("form.ask button").first)

    assert "mine.ttl" in page.locator(".verdict").inner_text()
    assert page.locator("#document").input_value().strip() == FAULTY.strip()


def test_skip_link(page):
    """The first stop of the keyboard is a visible link over the navigation, and it goes to the content."""
    page.goto("/questions")
    page.keyboard.press("Tab")
    focused = page.locator(":focus")

    assert focused.get_attribute("href") == "#main"
    box = focused.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.locator("main :focus").count() == 1


def test_language_link(page, lang):
    """The link to the other language leads to the same page, where the link leads back."""
    other = {"fr": "en", "en": "fr"}[lang]
    page.goto("/questions/alternative-readings?paragraph=2.5")
    assert page.locator("html").get_attribute("lang") == lang
    follow(page, page.locator(f'.languages a[hreflang="{other}"]'))

    assert page.locator("html").get_attribute("lang") == other
    assert "paragraph=2.5" in page.url
    follow(page, page.locator(f'.languages a[hreflang="{lang}"]'))
    assert page.locator("html").get_attribute("lang") == lang


def test_prints(page):
    """On paper the navigation and the forms are gone, and what is folded on the screen is there."""
    page.goto("/resolution")
    page.emulate_media(media="print")

    assert not page.locator("header nav").is_visible()
    assert not page.locator(".contents").is_visible()
    assert page.locator("#p2\\.5 .qualifiers").is_visible()
    assert page.locator("#p2\\.5 .authentic").is_visible()


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, rgb(…) each (WCAG 2, relative luminance)."""

    def luminance(colour: str) -> float:
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


COLOURS = """nodes => nodes.filter(node => node.innerText && !node.closest('[aria-hidden]')).map(node => {
  let behind = node;
  while (behind && getComputedStyle(behind).backgroundColor === 'rgba(0, 0, 0, 0)') behind = behind.parentElement;
  const back = behind ? getComputedStyle(behind).backgroundColor : 'rgb(255, 255, 255)';
  return [getComputedStyle(node).color, back, node.innerText.slice(0, 40)];
})"""


def test_contrast(pages):
    """Every text stands out from what is behind it, 4.5 to 1 at least (WCAG 2.1, criterion 1.4.3)."""
    texts = "body :is(p, a, li, dt, dd, h1, h2, h3, h4, span, td, th, label, button, code, mark, summary)"

    def check(page) -> None:
        found = page.locator(texts).evaluate_all(COLOURS)
        assert found
        assert [text for front, behind, text in found if contrast(front, behind) < 4.5] == []

    check_pages(check, pages)


def test_focus_is_visible(pages):
    """What has the focus by keyboard has an outline."""

    def check(page) -> None:
        for _ in range(8):
            page.keyboard.press("Tab")
            # Playwright evaluates in a world of its own, also where pages may run no script.
            outline = page.locator(":focus").evaluate("node => getComputedStyle(node).outlineStyle + getComputedStyle(node).outlineWidth")
            assert outline == "solid3px"

    check_pages(check, pages)


def test_fits_a_telephone(pages):
    """No page is wider than a telephone or a tablet: what is wide scrolls in its own box."""

    def check(page) -> None:
        for width in sample((320, 400, 600, 768, 900, 1024), 2):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.locator("html").evaluate("node => node.scrollWidth - node.clientWidth") == 0, width

    check_pages(check, pages)
