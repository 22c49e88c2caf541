"""The pages of meetings and of comparison: the same answers as the command line, in two languages and for programs."""

import json

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
    """Each page is there in both languages, quotes the authentic words and never speaks of anything as broken."""
    address = path + ("&" if "?" in path else "?") + f"lang={lang}"
    page = client.get(address, headers=BROWSER)
    text = page.get_data(as_text=True)

    assert page.status_code == 200
    assert f'<html lang="{lang}">' in text
    assert '<q lang="fr">' in text
    assert "violat" not in text.lower()
    assert "inconnu" in text if lang == "fr" else "unknown" in text


def test_charts_have_text(client):
    """Each chart is inline SVG with a name, and a table beside it has the same data."""
    for path in ("/meetings?lang=en", "/meetings/meeting-2023?lang=en", "/benchmarking?lang=en"):
        text = client.get(path, headers=BROWSER).get_data(as_text=True)
        assert '<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="' in text
        assert "the table below says the same" in text
        assert text.index("<svg xmlns") < text.index("<tbody>")


def test_as_json(client):
    """The dossier for programs has the moment, the presences, what was never taken up, and nothing that only the Organization may see."""
    found = client.get("/meetings/meeting-2023?reading=per-meeting", headers=PROGRAM).json

    assert (found["asOf"], found["reading"], found["since"]) == ("2024-06-14", "per-meeting", "2022-05-17")
    assert len(found["attendance"]) == 19
    assert len(found["neverTakenUp"]) == 5
    assert found["withheld"] == 2
    assert "Restricted" not in json.dumps(found)


def test_comparison_as_json_and_turtle(client):
    """The comparison has bounds with every count, and its cube is Turtle."""
    found = client.get("/benchmarking?by=region", headers=PROGRAM).json
    cube = client.get("/benchmarking?by=region&format=turtle")

    assert all(group["atLeast"] <= group["atMost"] <= group["counted"] for group in found["groups"])
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
    """A meeting, day, reading, format or grouping that does not exist is one sentence; a reading is never a file of the server."""
    for headers in (BROWSER, PROGRAM):
        response = client.get(path, headers=headers)
        assert response.status_code == status
    assert response.json["detail"]


def test_moment_is_preserved(client):
    """The dossiers that the list links to are of the same day and reading."""
    text = client.get("/meetings?as-of=2022-06-01&reading=per-meeting&lang=en", headers=BROWSER).get_data(as_text=True)

    assert "/meetings/meeting-2022?asOf=2022-06-01&amp;reading=per-meeting&amp;lang=en" in text
    assert "meeting-2023" not in text
