"""Long pages are numbered: each entry is on one of them, data are complete, and the links lead on."""

import html
import re

import pytest
from flask.testing import FlaskClient

from observance.core import NotFoundError
from observance.handlers import assessment, comparison, notifications, open_handlers
from observance.handlers.paging import page_of

DUTIES = "/duties?lang=en&asOf=2021-06-01"
RELAY = "/relay?lang=en"
COMPARE = "/compare?lang=en&from=2022-05-17"


@pytest.mark.parametrize(("total", "size", "count"), [(0, 3, 1), (1, 3, 1), (3, 3, 1), (4, 3, 2), (9, 3, 3), (10, 3, 4)])
def test_each_item_is_on_one_page(total: int, size: int, count: int) -> None:
    """The pages together hold every item once, in order; there is always a first page, and none after the last."""
    items = list(range(total))
    pages = [page_of(items, number, size=size) for number in range(1, count + 1)]
    assert [item for shown, _ in pages for item in shown] == items
    assert all(page["count"] == count and page["total"] == total for _, page in pages)
    assert all(items[page["first"] - 1 : page["last"]] == shown for shown, page in pages)
    for number in (0, -1, count + 1):
        with pytest.raises(NotFoundError):
            page_of(items, number, size=size)


def shown(page: str) -> set[str]:
    """The bearers that a page has a row for."""
    return set(re.findall(r'class="status">([A-Z]{2})</span></th>', page))


@pytest.fixture
def short_pages(app, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of five bearers, seven changes or two notifications: the handlers run in this process, where their constants can be changed."""
    kb = app.extensions["observance"].present.kb
    settings = {name: value for name, value in kb.settings.public_values.items() if name != "registers"}
    handlers = open_handlers({"settings": settings, "registers": [], "is_prepared": False}).handlers
    monkeypatch.setattr(kb.answers, "call", lambda page_request, **_: handlers[type(page_request)](page_request))
    monkeypatch.setattr(assessment, "_BEARERS_ON_A_PAGE", 5)
    monkeypatch.setattr(comparison, "_CHANGES_ON_A_PAGE", 7)
    monkeypatch.setattr(notifications, "_TRANSMISSIONS_ON_A_PAGE", 2)


@pytest.fixture
def whole(browser: FlaskClient) -> dict[str, str]:
    """Each page as it is where one page holds all."""
    return {path: browser.get(path).text for path in (DUTIES, RELAY, COMPARE, f"{COMPARE}&order=paragraph")}


def pages(browser: FlaskClient, path: str) -> list[str]:
    """The pages to which the first one leads."""
    numbers = {int(number) for number in re.findall(r"page=(\d+)", browser.get(path).text)}
    return [browser.get(f"{path}&page={number}").text for number in range(1, max(numbers) + 1)]


def test_pages_of_duties(whole: dict[str, str], short_pages: None, browser: FlaskClient) -> None:
    """Every bearer is on one page; the counts are the same on all; the links keep the other parameters."""
    found = pages(browser, DUTIES)
    bearers = [shown(page) for page in found]

    assert set().union(*bearers) == shown(whole[DUTIES])
    assert sum(map(len, bearers)) == len(shown(whole[DUTIES]))
    assert len({_counts(page) for page in (whole[DUTIES], *found)}) == 1
    assert f'href="{html.escape(DUTIES)}&amp;page={len(found)}"' in found[0]
    assert 'rel="prev"' not in found[0] and 'rel="next"' in found[0]
    assert 'rel="prev"' in found[-1] and 'rel="next"' not in found[-1]


def _counts(page: str) -> str:
    return page[page.index('class="chips"') :].partition("</ul>")[0]


def test_pages_of_transmissions(whole: dict[str, str], short_pages: None, browser: FlaskClient) -> None:
    """Every notification is on one page, in the order of the whole."""
    titles = [re.findall(r"transmission\">\s*<summary>(.*?)</summary>", page) for page in pages(browser, RELAY)]
    assert [title for of_page in titles for title in of_page] == re.findall(r"transmission\">\s*<summary>(.*?)</summary>", whole[RELAY])


@pytest.mark.parametrize("order", ["", "&order=paragraph"])
def test_pages_of_changes(whole: dict[str, str], short_pages: None, browser: FlaskClient, order: str) -> None:
    """Every change is on one page, in the order of the whole; how many there are is told of all."""
    found = pages(browser, COMPARE + order)
    assert [row for page in found for row in _changes(page)] == _changes(whole[COMPARE + order])
    assert _changes(whole[COMPARE]) != _changes(whole[f"{COMPARE}&order=paragraph"])
    assert len({re.findall(r"<caption>.*?</table>", page, re.DOTALL)[0] for page in (*found, whole[COMPARE])}) == 1


def _changes(page: str) -> list[tuple[str, str]]:
    """The party and the provision of each change of a page."""
    return re.findall(r'<th scope="row">(.*?)</th><td>(.*?)</td>', page)


@pytest.mark.parametrize("path", ["/duties", "/relay", "/compare"])
@pytest.mark.parametrize(("number", "status"), [("0", 404), ("99", 404), ("x", 400), ("-1", 400), ("1.5", 400), ("9" * 30, 400)])
def test_no_such_page(client: FlaskClient, browser: FlaskClient, path: str, number: str, status: int) -> None:
    """A page that does not exist, or that is no number, is an error in words."""
    response = browser.get(f"{path}?page={number}&lang=en")
    assert response.status_code == status
    assert "page" in response.text
    assert client.get(f"{path}?page=1").status_code == 200
