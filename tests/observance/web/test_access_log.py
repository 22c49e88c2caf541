"""The access log: a line of JSON for each request, and nothing of the client's in it."""

import json

import pytest

from observance.core import Settings, UsageError
from observance.web import close, create_app


def test_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """A line says what was asked for by the name of what answers, and how it was answered; no parameter, address or name."""
    made = create_app(Settings(workers=1, log="json"))
    try:
        client = made.test_client()
        page = client.get("/resolution?lang=en")
        client.get("/sparql?query=SECRET7351", headers={"Authorization": "Bearer t7351", "User-Agent": "a7351"})
        client.get("/members/7351/duties", environ_base={"REMOTE_ADDR": "192.0.2.73"})
        client.open("/nowhere-7351", method="WORD7351")
    finally:
        close(made)

    text = capsys.readouterr().err
    lines = [json.loads(line) for line in text.splitlines()]
    assert [(line["method"], line["endpoint"], line["status"]) for line in lines] == [
        ("GET", "instrument.text", 200), ("GET", "sparql.query", 400), ("GET", "duties.of_member", 404), ("other", "none", 404),
    ]  # fmt: skip
    assert (lines[0]["bytes"], set(lines[0])) == (len(page.data), {"time", "method", "endpoint", "status", "milliseconds", "bytes"})
    assert "7351" not in text
    assert "192.0.2" not in text


def test_silent(client, capsys: pytest.CaptureFixture[str]) -> None:
    """By default nothing is written."""
    client.get("/resolution")
    assert capsys.readouterr().err == ""


def test_unknown_form() -> None:
    """A form of log that does not exist is refused at the start."""
    with pytest.raises(UsageError):
        create_app(Settings(workers=1, log="xml"))
