"""Ten tasks of a policy expert in a real Chromium, from the first page, in both languages, with and without JavaScript, in few clicks."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pytest

from browsing import chromium, follow, home, lang, reader
from conftest import ROOT
from observance.core import PREFIXES

__all__ = ["chromium", "home", "lang"]

pytestmark = pytest.mark.whole

NO_TIMETABLE = {"XB", "XE", "XI", "XJ", "XL", "XM", "XN", "XO"}
"""On 30 June 2022: of whom the register is said to be complete, and has no timetable that counts; XL's is withdrawn, XN's its Union's."""
NOTHING = {"XD", "XM", "XS"}
"""Of whom nothing is on record on that day, under any paragraph."""
DAY = "2022-06-30"
FAULTY = (
    (ROOT / "shapes" / "examples" / "para-2-5-timetable.ttl")
    .read_text(encoding="utf-8")
    .replace("obs:disclosure obs:Public ", "obs:disclosure obs:Publik ")
    .replace('dcterms:dateSubmitted "2019-06-03"', 'dcterms:dateSubmitted "03/06/2019"')
)
INTERVAL = "obs:milestone/0/obs:plannedInterval/0/{end}/0/time:inXSDDate/0"


class Visitor:
    """Who begins at the first page, and counts each click."""

    def __init__(self, open_page: Callable, *, most: int):
        self.page, self.open_page, self.most, self.clicks = open_page(), open_page, most, 0
        self.page.goto("/")

    def click(self, selector: str) -> None:
        """Follow the first link, or press the first button, that the page has of this kind."""
        self._count()
        follow(self.page, self.page.locator(selector).first)

    def download(self, selector: str, file: Path) -> Path:
        """The file that the link or button gives."""
        self._count()
        with self.page.expect_download() as download:
            self.page.locator(selector).first.click()
        download.value.save_as(file)
        return file

    def task(self, endpoint: str) -> None:
        """Choose what to do on the first page."""
        self.click(f'.tasks a[href="{endpoint}"]')

    def codes(self) -> set[str]:
        """The codes of the parties that the table of where things stand names."""
        return set(self.page.locator("table.matrix tbody th .status").all_inner_texts())

    def _count(self) -> None:
        self.clicks += 1
        assert self.clicks <= self.most


@pytest.fixture(params=[False, True], ids=["no-script", "script"])
def visit(chromium, home, lang, request) -> Iterator[Callable[[int], Visitor]]:
    """What brings a visitor to the first page, who may click so often at the most."""
    with reader(chromium, home, lang, is_scripted=request.param) as open_page:
        yield lambda most: Visitor(open_page, most=most)


def test_who_sent_no_timetable(visit, tmp_path: Path):
    """1: who has sent no timetable by a day, as a list and as a spreadsheet."""
    visitor = visit(3)
    visitor.click('.tasks a[href*="mark=none"]')
    visitor.page.locator("#asOf").fill(DAY)
    visitor.click("form.ask button")
    assert visitor.codes() == NO_TIMETABLE
    book = openpyxl.load_workbook(visitor.download('.take-away a[href*="format=xlsx"]', tmp_path / "list.xlsx"))
    cover, table = book.worksheets
    assert {row[1] for row in table.iter_rows(min_row=2, values_only=True)} == NO_TIMETABLE
    assert any("2022" in str(row[1]) for row in cover.iter_rows(values_only=True))


def test_why(visit):
    """2: why a Member stands where it stands under 2.5, with the words of the paragraph and the documents."""
    visitor = visit(2)
    visitor.task("/duties")
    visitor.click('a.square[href^="/duties/XA/norm-2.5"]')
    assert visitor.page.locator("#because").is_visible()
    assert visitor.page.locator(".wording [lang=fr]").first.is_visible()
    assert visitor.page.locator('#because ~ * a[href^="/demo/xa/"]').count()


def test_what_changed_between_two_meetings(visit):
    """3: any two meetings; each change leads to its reasons."""
    visitor = visit(3)
    visitor.task("/compare")
    visitor.page.locator("#fromMeeting").select_option("2021-04-20")
    visitor.page.locator("#toMeeting").select_option("2023-11-07")
    visitor.click("form.ask button")
    visitor.click('tbody a[href^="/duties/XC/norm-2.1"][href*="asOf=2023-11-07"]')
    assert visitor.page.locator("#because").is_visible()


def test_repair(visit, tmp_path: Path):
    """4: a faulty timetable is checked, repaired beside its findings, and checked again; what was mended by hand stays."""
    visitor = visit(4)
    visitor.task("/validate")
    file = tmp_path / "timetable.ttl"
    file.write_text(FAULTY, encoding="utf-8")
    visitor.page.locator("#file").set_input_files(file)
    visitor.click("form.ask button")
    assert visitor.page.locator(".verdict.poor").is_visible() and visitor.page.locator(".finding.Violation").count() == 2
    visitor.page.locator('.finding input[type="text"]').first.fill("2019-06-03")
    visitor.click(".finding.Violation button >> nth=0")
    visitor.click(".finding.Violation button")
    assert visitor.page.locator(".verdict.good").is_visible() and visitor.page.locator(".finding").count() == 0
    text = visitor.page.locator("#document").input_value()
    assert "Publik" not in text and '"2019-06-03"^^xsd:date' in text and "# Planned by the month." in text


def test_what_a_paragraph_rests_on(visit):
    """5: from the words of 2.5 to the recital, the principle and the standards, each step with who asserts it."""
    visitor = visit(2)
    visitor.task("/resolution")
    visitor.click('a[href^="/resolution/2.5/basis"]')
    steps = visitor.page.locator("ol.chain > li")
    assert steps.count() >= 3
    assert visitor.page.locator('ol.chain a[href^="/wco/luxor"]').count() and visitor.page.locator('ol.chain a[href*="standard-"]').count()


def test_prepare_without_rdf(visit, tmp_path: Path):
    """6: a timetable is filled in as a form, checked, and taken away, without a line of RDF."""
    visitor = visit(4)
    visitor.task("/file")
    visitor.click('a[href^="/file/2.5"]')
    page = visitor.page
    for name in ("obs:onBehalfOf/0", "obs:submittedBy/0"):
        page.locator(f'[name="{name}"]').select_option(PREFIXES["party"] + "XA")
    page.locator(f'[name="{INTERVAL.format(end="time:hasBeginning")}"]').fill("2024-05")
    page.locator(f'[name="{INTERVAL.format(end="time:hasEnd")}"]').fill("2025")
    visitor.click("button[value=check] >> nth=-1")
    assert page.locator(".summary.good").is_visible()
    content = visitor.download('button[value="download:turtle"]', tmp_path / "timetable.ttl").read_text(encoding="utf-8")
    assert "2024-05" in content


def test_who_has_nothing_on_record(visit):
    """7: a list of those about whom nothing is on record."""
    visitor = visit(3)
    visitor.task("/duties")
    visitor.click('a[href*="without="]')
    visitor.page.locator("#asOf").fill(DAY)
    visitor.click("form.ask button")
    assert visitor.codes() == NOTHING


def test_cite(visit):
    """8: an answer as a link that does not move with the register, and as a citation in both languages."""
    visitor = visit(2)
    visitor.task("/duties")
    visitor.click('a.square[href^="/duties/XA/norm-2.5"]')
    page = visitor.page
    page.locator("details.share > summary").click()
    address = page.locator("#share-link").input_value()
    assert {"asOf", "knownAt", "reading", "register"} <= parse_qs(urlsplit(address).query).keys()
    citations = {each.get_attribute("lang"): each.input_value() for each in page.locator("details.share textarea").all()}
    assert citations.keys() == {"fr", "en"} and all("2.5" in text and "2024" in text for text in citations.values())
    said = page.locator("#because ~ *").all_inner_texts()
    other = visitor.open_page()
    other.goto(address)
    assert other.locator("#because ~ *").all_inner_texts() == said


def test_search(visit, lang):
    """9: a word, as people write it, leads to the paragraph and to the form."""
    visitor = visit(1)
    visitor.page.locator(".search-field input").fill({"fr": "calendriers", "en": "timetables"}[lang])
    visitor.click(".search-field button[type=submit]")
    found = visitor.page.locator(".search-hits a")
    addresses = [link.get_attribute("href").partition("?")[0] for link in found.all()]
    assert "/wco/ecommerce-2018/p2.5" in addresses[:3] and "/file/2.5" in addresses


def test_filter(visit, tmp_path: Path):
    """10: items of a region, on another day, under another reading, taken away."""
    visitor = visit(3)
    visitor.task("/duties")
    page = visitor.page
    page.locator("#asOf").fill(DAY)
    page.locator("#reading").select_option("benchmark")
    page.locator("#region").select_option("region-leeward")
    visitor.click("form.ask button")
    shown = visitor.codes()
    assert shown and page.locator("#reading").input_value() == "benchmark" and page.locator("#asOf").input_value() == DAY
    book = openpyxl.load_workbook(visitor.download('.take-away a[href*="format=xlsx"]', tmp_path / "region.xlsx"))
    assert {row[1] for row in book.worksheets[1].iter_rows(min_row=2, values_only=True)} - {None} == shown
