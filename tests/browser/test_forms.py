"""Forms in a real Chromium: by keyboard only and without JavaScript, in both languages; axe finds nothing, and a telephone shows all."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from browsing import chromium, enter, follow, home, lang, press_until, reader, serving
from served_ledger import PASSWORD, make, served

__all__ = ["chromium", "home", "lang"]

pytestmark = pytest.mark.whole

INTERVAL = "obs:milestone/{row}/obs:plannedInterval/0/{end}/0/time:inXSDDate/0"
# Those of which axe looks at the preview, and that are measured at each width; test_form_kinds.py looks at all others.
FORMS = ["2.5", "2.8", "review-meeting"]
# A form has a control for each value of each row.
MOST_STEPS = 400
READY = {"fr": "Prêt à être envoyé", "en": "Ready to be sent"}


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Iterator[str]:
    """A service over a register in a ledger, with accounts."""
    with served(make(tmp_path_factory.mktemp("ledger"))) as app, serving(app) as address:
        yield address


def write(page, name: str, text: str) -> None:
    """Write by keyboard in the control with the name."""
    press_until(page, name=name, most=MOST_STEPS)
    page.keyboard.type(text)


def log_in(page) -> None:
    page.goto("/login")
    page.locator("#name").fill("xa")
    page.locator("#password").fill(PASSWORD)
    follow(page, page.locator("main form button"))


def test_first_timetable(chromium, home, lang, tmp_path: Path):
    """By keyboard and without JavaScript: from the first page to a checked timetable, mended once, and its file."""
    with reader(chromium, home, lang) as open_page:
        page = open_page()
        page.goto("/")
        press_until(page, text={"fr": "Préparer une communication", "en": "Prepare a communication"}[lang])
        enter(page)
        page.locator('a[href^="/file/2.5"]').focus()
        enter(page)
        write(page, "obs:onBehalfOf/0", "Altamar")
        write(page, "obs:submittedBy/0", "Altamar")
        write(page, INTERVAL.format(row=0, end="time:hasBeginning"), "2024-05")
        write(page, INTERVAL.format(row=0, end="time:hasEnd"), "soon")
        page.keyboard.press("Enter")
        page.wait_for_selector("#summary")

        assert page.locator(":focus").get_attribute("id") == "summary"
        page.locator('.summary a[href*="hasEnd"]').focus()
        page.keyboard.press("Enter")
        assert page.locator(":focus").get_attribute("name") == INTERVAL.format(row=0, end="time:hasEnd")
        page.keyboard.press("Control+A")
        page.keyboard.type("2025")
        page.keyboard.press("Enter")
        page.wait_for_selector(".summary.good")
        assert page.locator("#summary").inner_text() == READY[lang]
        assert page.locator(".gantt rect").count() == 1
        press_until(page, value="download:turtle", most=MOST_STEPS)
        with page.expect_download() as download:
            page.keyboard.press("Enter")
        download.value.save_as(tmp_path / "timetable.ttl")
        page.goto("/validate")
        page.locator("#file").set_input_files(tmp_path / "timetable.ttl")
        follow(page, page.locator("main form.ask button").first)
        assert page.locator(".verdict.poor").count() == 0 and page.locator(".verdict").count() == 1


def test_next_from_the_last(chromium, kept, lang):
    """By keyboard: a contact sends a notification, sees its receipt, and starts the next one and a revision from it."""
    with reader(chromium, kept, lang) as open_page:
        page = open_page()
        log_in(page)
        page.goto("/file/3")
        write(page, "obs:intends/0", " ")
        press_until(page, value="send", most=MOST_STEPS)
        enter(page)
        assert "/submissions/" in page.url and page.locator("dl code").first.inner_text().startswith("urn:uuid:")
        first = page.url.partition("?")[0].rpartition("/")[2]
        page.goto(f"/file/3?from={first}&as=next")
        assert page.locator('[name="obs:intends/0"]:checked').get_attribute("value") == "true"
        assert page.locator('[name="prov:wasRevisionOf/0"]').input_value() == ""
        page.goto(f"/file/3?from={first}")
        assert page.locator('[name="prov:wasRevisionOf/0"]').input_value().startswith("urn:uuid:")


def test_interrupted(chromium, kept, lang):
    """The log-in expires in between: what was written is there, and after logging in in another tab the form is sent from the first."""
    with reader(chromium, kept, lang) as open_page:
        page = open_page()
        log_in(page)
        page.goto("/file/3")
        page.locator('[name="obs:intends/0"]').first.check()
        page.locator('[name="dcterms:title/0"]').fill(f"Interrupted {lang}")
        page.context.clear_cookies()
        follow(page, page.locator("button[value=send]"))
        assert page.locator('[name="dcterms:title/0"]').input_value() == f"Interrupted {lang}"
        log_in(open_page())
        for _ in range(2):  # the page learns of the new session first
            if "/submissions/" not in page.url:
                follow(page, page.locator("button[value=check]").last)
                follow(page, page.locator("button[value=send]"))
        assert "/submissions/" in page.url


def test_report_from_the_last(chromium, home, lang):
    """A report starts with the levels of the last one; without their days it is not ready, with them it is."""
    with reader(chromium, home, lang) as open_page:
        page = open_page()
        page.goto("/file/2.8")
        last = page.locator('[name="prov:wasRevisionOf/0"] option[value$="/report-1"]').first.get_attribute("value")
        page.goto(f"/file/2.8?from={last}&as=next")
        levels = page.locator('[name$="/obs:level/0"]')
        chosen = [text for text in (level.input_value() for level in levels.all()) if text]
        assert chosen
        for end, day in (("time:hasBeginning", "2026-01"), ("time:hasEnd", "2026-06")):
            page.locator(f'[name="obs:coversPeriod/0/{end}/0/time:inXSDDate/0"]').fill(day)
        follow(page, page.locator("button[value=check]").last)
        assert page.locator("#summary").inner_text() == READY[lang]


@pytest.mark.parametrize("name", FORMS)
def test_accessible(chromium, home, lang, name):
    """Axe finds nothing on the form, with findings shown or in the preview, and nothing is wider than the screen."""
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")

    def examine(page) -> None:
        page.evaluate(axe)
        found = page.evaluate("axe.run()")
        assert found["passes"] and [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == []
        for width in (320, 390, 768, 1024, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0, width

    with reader(chromium, home, lang, is_scripted=True, has_policy=False) as open_page:
        page = open_page()
        page.goto("/file")
        examine(page)
        page.goto(f"/file/{name}")
        examine(page)
        if name == "2.5":
            for row, end in ((0, "2025"), (1, "x")):
                page.locator(f"[name='{INTERVAL.format(row=row, end='time:hasBeginning')}']").fill("2024-03")
                page.locator(f"[name='{INTERVAL.format(row=row, end='time:hasEnd')}']").fill(end)
        for button, shown in (("check", "#summary"), ("preview", "#preview")):
            follow(page, page.locator(f"button[value={button}]").last)
            page.wait_for_selector(shown)
            examine(page)


def test_comfort(chromium, home, lang):
    """With JavaScript a row is added without a reload, and the chart is drawn while one writes."""
    with reader(chromium, home, lang, is_scripted=True) as open_page:
        page = open_page()
        page.goto("/file/2.5")
        page.evaluate("window.isSame = true")
        page.locator(f"[name='{INTERVAL.format(row=0, end='time:hasBeginning')}']").fill("2024")
        page.locator(f"[name='{INTERVAL.format(row=0, end='time:hasEnd')}']").press_sequentially("2025")
        page.wait_for_selector(".gantt rect")
        rows = page.locator("table.rows tbody tr").count()
        page.locator("button[value='add:obs:milestone']").click()
        page.wait_for_selector(f"table.rows tbody tr:nth-child({rows + 1})")
        assert page.evaluate("window.isSame") is True
        assert page.locator(f"[name='{INTERVAL.format(row=0, end='time:hasEnd')}']").input_value() == "2025"
        assert page.locator(":focus").get_attribute("name") == f"obs:milestone/{rows}/obs:provision/0"
