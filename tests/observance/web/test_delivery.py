"""What every response says of itself: its version, its entity tag, its encoding."""

import gzip

import pytest
from flask.testing import FlaskClient

from conftest import BROWSER

PATHS = [
    "/duties",
    "/duties?format=json",
    "/duties?format=turtle",
    "/sparql?query=ASK+%7B%7D",
    "/questions/operative-paragraphs?format=csv",
    "/resolution",
]


@pytest.mark.parametrize("path", PATHS)
def test_version_and_entity_tag(client: FlaskClient, path: str) -> None:
    """Every answer names its version; who has it already is told so without a body; another language is another entity."""
    response = client.get(path)
    version = response.headers["Observance-Register"]
    again = client.get(path, headers={"If-None-Match": response.headers["ETag"]})
    assert response.status_code == 200
    assert version in response.headers["ETag"]
    assert (again.status_code, again.data) == (304, b"")


def test_another_language_is_another_entity(browser: FlaskClient) -> None:
    """The tag of a page in one language does not fit the page in the other."""
    tag = browser.get("/resolution?lang=fr").headers["ETag"]
    assert browser.get("/resolution?lang=en", headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/duties",
        "/duties?format=json",
        "/duties?format=turtle",
        *(f"/.well-known/void?format={name}" for name in ("turtle", "ntriples", "rdfxml", "jsonld", "trig", "nquads")),
    ],
)
def test_compressed_for_who_accepts_it(client: FlaskClient, path: str) -> None:
    """The compressed body holds the same, and the same bytes every time; who does not accept it receives it as it is."""
    plain = client.get(path, headers={"Accept": BROWSER})
    accepted = {"Accept": BROWSER, "Accept-Encoding": "gzip"}
    compressed = client.get(path, headers=accepted)
    assert "Content-Encoding" not in plain.headers
    assert compressed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(compressed.data) == plain.data
    assert len(compressed.data) < len(plain.data) / 3
    assert client.get(path, headers=accepted).data == compressed.data
    assert "Accept-Encoding" in compressed.headers["Vary"]


def test_refused_encoding(client: FlaskClient) -> None:
    """A client that refuses gzip does not receive it."""
    assert "Content-Encoding" not in client.get("/resolution", headers={"Accept-Encoding": "gzip;q=0, identity"}).headers
