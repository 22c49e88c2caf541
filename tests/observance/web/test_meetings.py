"""The pages and data of meetings and of the comparison, in both languages."""

import html
import json
import re

import pytest

BROWSER = {"Accept": "text/html"}
PROGRAM = {"Accept": "application/json"}


@pytest.mark.parametrize(
    "path",
    [
        "/meetings",
        "/meetings/meeting-2023",
        "/meetings/meeting-2024?reading=per-meeting",
        "/benchmarking",
        "/benchmarking?by=region",
        "/benchmarking?by=peer-group&member=XA",
    ],
)
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_pages(client, path: str, lang: str):
    """Each page exists in both languages, quotes the authentic text and has no words of violation."""
    address = path + ("&" if "?" in path else "?") + f"lang={lang}"
    page = client.get(address, headers=BROWSER)
    text = page.get_data(as_text=True)

    assert page.status_code == 200
    assert f'<html lang="{lang}">' in text
    assert '<q lang="fr">' in text
    assert "violat" not in text.lower()
    assert "non établi" in text if lang == "fr" else "not established" in text


def test_drawings_are_accessible(client):
    """Each drawing is inline, has an accessible name, and precedes a table with the same data; one with links in it is no image."""
    for path, role in (("/meetings?lang=en", "group"), ("/meetings/meeting-2023?lang=en", "img"), ("/benchmarking?lang=en", "img")):
        text = client.get(path, headers=BROWSER).get_data(as_text=True)
        assert f'<svg xmlns="http://www.w3.org/2000/svg" role="{role}" aria-label="' in text
        assert "the table below says the same" in text
        assert text.index("<svg xmlns") < text.index("<tbody>")


@pytest.mark.parametrize(
    ("path", "compared"),
    [
        ("/meetings?", [(None, "2023-11-07", "2024-06-14")]),
        ("/meetings/meeting-2023?", [("2022-05-17", "2022-05-17", "2023-11-07"), ("2023-11-07", "2023-11-07", "2024-06-14")]),
        (
            "/meetings/meeting-2022?asOf=2023-01-01",
            [("2021-04-20", "2021-04-20", "2022-05-17"), ("2022-05-17", "2022-05-17", "2023-01-01")],
        ),
        ("/meetings/meeting-2019?", [("2019-10-15", "2019-10-15", "2024-06-14")]),
    ],
)
def test_comparisons(client, path: str, compared: list[tuple[str | None, str, str]]):
    """Pages about meetings lead to what changed from the meeting before and since then, on the days and as known as on the page."""
    page = client.get(f"{path}&reading=benchmark&lang=en", headers=BROWSER).get_data(as_text=True)
    addresses = [html.unescape(address) for address in re.findall(r'href="(/compare\?[^"]*reading[^"]*)"', page)]

    assert [re.search(r"fromMeeting=([^&]*)", address) is not None for address in addresses] == [
        named is not None for named, *_ in compared
    ]
    found = [client.get(address, headers=PROGRAM).json for address in addresses]
    assert [(each["from"], each["to"]) for each in found] == [(first, last) for _, first, last in compared]


def test_dossier_as_json(client):
    """The dossier as JSON has the moment, the attendance, the undiscussed reports, and no withheld document."""
    dossier = client.get("/meetings/meeting-2023?reading=per-meeting", headers=PROGRAM).json

    assert (dossier["asOf"], dossier["reading"], dossier["since"]) == ("2024-06-14", "per-meeting", "2022-05-17")
    assert len(dossier["attendance"]) == 19
    assert len(dossier["neverTakenUp"]) == 5
    assert dossier["withheld"] == 2
    assert "Restricted" not in json.dumps(dossier)


def test_comparison_as_json_and_turtle(client):
    """The comparison has bounds with every count, and its cube is Turtle."""
    comparison = client.get("/benchmarking?by=region", headers=PROGRAM).json
    cube = client.get("/benchmarking?by=region&format=turtle")

    assert all(group["atLeast"] <= group["atMost"] <= group["counted"] for group in comparison["groups"])
    assert cube.content_type == "text/turtle; charset=utf-8"
    assert b"a qb:DataSet" in cube.data


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/meetings/nowhere", 404),
        ("/meetings/meeting-2023?as-of=2020-01-01", 404),
        ("/meetings?as-of=yesterday", 400),
        ("/meetings?as-of=2010-01-01", 400),
        ("/meetings?reading=strict", 404),
        ("/meetings?reading=rules/readings/literal.ttl", 404),
        ("/meetings?format=pdf", 400),
        ("/benchmarking?by=beauty", 400),
        ("/benchmarking?member=XU&lang=en", 400),
        ("/benchmarking?member=ZZ", 404),
    ],
)
def test_bad_requests(client, path: str, status: int):
    """An unknown meeting, day, reading, format or grouping is an error with a sentence; a reading cannot be a file of the server."""
    for headers in (BROWSER, PROGRAM):
        response = client.get(path, headers=headers)
        assert response.status_code == status
    assert response.json["detail"]


def test_moment_in_links(client):
    """The links from the list to dossiers keep the day and the reading."""
    text = client.get("/meetings?as-of=2022-06-01&reading=per-meeting&lang=en", headers=BROWSER).get_data(as_text=True)

    assert "/meetings/meeting-2022?asOf=2022-06-01&amp;reading=per-meeting&amp;lang=en" in text
    assert "meeting-2023" not in text
