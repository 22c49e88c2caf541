"""`/relay`: the plan of transmissions as a page, JSON and Turtle; read only, without access to files of the server."""

import json

import pytest
from flask.testing import FlaskClient


@pytest.mark.parametrize(("lang", "state"), [("en", "not on record"), ("fr", "sans trace au registre")])
def test_page(browser: FlaskClient, lang: str, state: str):
    """The page shows the recipients of each notification, informed and missing, and quotes the French text."""
    page = browser.get(f"/relay?lang={lang}").get_data(as_text=True)

    assert state in page
    assert "XF-2022-01" in page
    assert "qui auront adressé pareille notification" in page
    assert {"en": "Working translation, not official:", "fr": "Traduction de travail en anglais, non officielle"}[lang] in page


def test_same_as_the_command(client: FlaskClient):
    """The JSON is that of `observance relay plan --format json`."""
    from observance.knowledge_base import KnowledgeBase
    from observance.notifications import plan_to_json, plan_transmissions

    with KnowledgeBase.open() as kb:
        expected = plan_to_json(plan_transmissions(kb.assessment.assess(reading="relay-to-later-unions")), lang="en")
    answer = client.get("/relay?reading=relay-to-later-unions&lang=en")

    assert answer.mimetype == "application/json"
    assert json.loads(answer.data) == {"register": answer.headers["Observance-Register"], **expected}


def test_turtle(client: FlaskClient):
    """With the header Accept: text/turtle the plan is Turtle."""
    answer = client.get("/relay?as-of=2019-01-01", headers={"Accept": "text/turtle"})

    assert answer.mimetype == "text/turtle"
    assert b"obs:dueTo" in answer.data


def test_missing_only(client: FlaskClient):
    """The parameter `missing` restricts the plan to missing recipients."""
    transmissions = json.loads(client.get("/relay?missing=1&as-of=2024-06-14").data)["transmissions"]

    assert transmissions
    assert all(recipient["missing"] for transmission in transmissions for recipient in transmission["recipients"])


@pytest.mark.parametrize(
    ("query", "code"),
    [("as-of=yesterday", 400), ("known-at=noon", 400), ("as-of=2001-01-01", 400), ("reading=/etc/x.ttl", 404), ("reading=none", 404)],
)
def test_bad_input(client: FlaskClient, browser: FlaskClient, query: str, code: int):
    """A malformed day or time, a day before the resolution, an unknown reading or a path is an error, as a page too."""
    assert client.get(f"/relay?{query}").status_code == code
    page = browser.get(f"/relay?{query}&lang=fr")
    assert page.status_code == code
    assert 'role="alert"' in page.get_data(as_text=True)


def test_read_only(client: FlaskClient):
    """POST is not allowed."""
    assert client.post("/relay").status_code == 405


def test_not_acceptable(client: FlaskClient):
    """A client that accepts none of the formats gets 406."""
    assert client.get("/relay", headers={"Accept": "image/png"}).status_code == 406
