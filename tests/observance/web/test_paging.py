"""Long pages are numbered: each entry is on one of them, data are complete, and the links lead on."""

import html
import re

import pytest
from flask.testing import FlaskClient

from observance.core import NotFoundError
from observance.handlers import assessment, notifications, open_handlers
from observance.handlers.paging import page_of

DUTIES = "/duties?lang=en&asOf=2021-06-01"
RELAY = "/relay?lang=en"


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
    """Pages of five bearers and of two notifications: the handlers run in this process, where their constants can be changed."""
    kb = app.extensions["observance"].present.kb
    settings = {name: value for name, value in kb.settings.public_values.items() if name != "registers"}
    handlers = open_handlers({"settings": settings, "registers": [], "is_prepared": False}).handlers
    monkeypatch.setattr(kb.answers, "call", lambda page_request, **_: handlers[type(page_request)](page_request))
    monkeypatch.setattr(assessment, "_BEARERS_ON_A_PAGE", 5)
    monkeypatch.setattr(notifications, "_TRANSMISSIONS_ON_A_PAGE", 2)


@pytest.fixture
def whole(browser: FlaskClient) -> dict[str, str]:
    """Each page as it is where one page holds all."""
    return {path: browser.get(path).text for path in (DUTIES, RELAY)}


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
    return page.partition('id="counts"')[2].partition("</section>")[0]


def test_pages_of_transmissions(whole: dict[str, str], short_pages: None, browser: FlaskClient) -> None:
    """Every notification is on one page, in the order of the whole."""
    titles = [re.findall(r"<summary>(.*?)</summary>", page.partition("<main")[2]) for page in pages(browser, RELAY)]
    assert [title for of_page in titles for title in of_page] == re.findall(r"<summary>(.*?)</summary>", whole[RELAY].partition("<main")[2])


@pytest.mark.parametrize("path", ["/duties", "/relay"])
@pytest.mark.parametrize(("number", "status"), [("0", 404), ("99", 404), ("x", 400), ("-1", 400), ("1.5", 400), ("9" * 30, 400)])
def test_no_such_page(client: FlaskClient, browser: FlaskClient, path: str, number: str, status: int) -> None:
    """A page that does not exist, or that is no number, is an error in words."""
    response = browser.get(f"{path}?page={number}&lang=en")
    assert response.status_code == status
    assert "page" in response.text
    assert client.get(f"{path}?page=1").status_code == 200
