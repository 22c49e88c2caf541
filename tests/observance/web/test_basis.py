"""What a paragraph rests on: the chain of each, as a page and as JSON."""

import html

import pytest

from conftest import check_each
from observance.core import LANGUAGES

SERVED = ("2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "2.7", "2.8", "3")


def principles(client, number: str) -> dict[str, list[str]]:
    """The principles in the chain of the paragraph, each with the numbers of the standards shown under it."""
    basis = client.get(f"/resolution/{number}/basis?lang=en").json
    return {step["label"]: [standard["row"].get("number", "") for standard in step["standards"]] for step in basis["principles"]}


def test_whole_framework(client):
    """Paragraph 2.5 names the Framework as a whole: all eight principles follow, seven with a counterpart, and all sixteen standards."""
    basis = client.get("/resolution/2.5/basis?lang=en").json

    assert basis["is_whole"] is True
    assert [(link["asserter_label"], link["confidence_label"]) for link in basis["links"]] == [("the text itself", "confirmed")]
    assert len(basis["principles"]) == 8
    assert sum(bool(step["counterparts"]) for step in basis["principles"]) == 7
    assert sum(len(step["standards"]) for step in basis["principles"]) == 16


def test_named_principles_and_standards(client):
    """Where a paragraph leads to single principles or standards, these alone follow: judged on the table of links."""
    assert principles(client, "2.3") == {
        "Advance Electronic Data and Risk Management": ["1"],
        "Public Awareness, Outreach and Capacity Building": ["13"],
    }
    assert principles(client, "2.6") == {"Partnerships": ["11", "12"]}
    assert principles(client, "2.9") == {}


def test_what_touches_a_paragraph(client):
    """Paragraph 2.9 serves no principle; two instruments touch it, by this project's own inference, with the sources of each."""
    links = client.get("/resolution/2.9/basis?lang=en").json["links"]

    assert [link["from_label"][:13] for link in links] == ["WCO Performan", "Guide to Meas"]
    assert {(link["asserter_label"], link["confidence_label"]) for link in links} == {("this project", "unconfirmed")}
    assert "WCO, Performance Measurement Mechanism" in links[0]["sources"]


def test_recitals_by_their_words(client):
    """A recital stands in the chain with the words that it shares with the paragraph, and these are marked in its text."""
    (recital,) = client.get("/resolution/2.3/basis").json["recitals"]

    assert recital["block"]["anchor"] == "r8"
    assert recital["words"] == ["amendements", "cadre légal"]
    assert [segment["text"] for segment in recital["marked"] if segment["marked"]] == ["amendements", "cadre légal"]
    assert client.get("/resolution/2.5/basis").json["recitals"] == []


def test_each_step_says_who_and_how_sure(browser):
    """In both languages each link has who asserts it, how sure it is, and the words it rests on; each thing is linked."""
    said = {"en": ("asserted by: this project", "unconfirmed"), "fr": ("affirmé par : ce projet", "non confirmé")}
    for lang in LANGUAGES:
        page = html.unescape(browser.get(f"/resolution/2.6/basis?lang={lang}").text).replace("\xa0", " ")
        assert all(words in page for words in said[lang])
        assert f'href="/wco/ecommerce-framework/principle-partnerships?lang={lang}"' in page
        assert f'href="/wco/luxor-2017/principle-partnerships?lang={lang}"' in page


@pytest.mark.whole
def test_every_paragraph(browser):
    """Every paragraph has its chain, linked from the text; one without any link says so."""
    text = browser.get("/resolution?lang=en").text

    def check(number: str) -> None:
        page = browser.get(f"/resolution/{number}/basis?lang=en")
        assert page.status_code == 200
        assert f'href="/resolution/{number}/basis?lang=en"' in text
        assert ("No link between this paragraph" in page.text) is (number == "2")

    check_each(check, ["1", "2", *SERVED, "2.9"])


def test_unknown_paragraph(client, browser):
    """A paragraph that is not there is named, with those that are."""
    assert "2.10" in client.get("/resolution/2.10/basis").json["detail"]
    page = browser.get("/resolution/<b>/basis")
    assert page.status_code == 404
    assert "<b>/" not in page.text
