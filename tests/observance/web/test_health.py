"""The small addresses: health, examples, context."""

from collections.abc import Iterator

import pytest
from flask import Flask

from observance import __version__
from observance.core import Settings
from observance.web import close, create_app
from oxishacl import Source


def test_healthy(client, kb):
    """/health says that a worker answers, the version, and how much the knowledge holds; nothing else."""
    response = client.get("/health")

    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert response.json == {
        "status": "ok", "version": __version__, "knowledge": {"triples": len(kb.knowledge.quads)},
        "register": {"version": kb.register.queried.version}, "workers": "alive",
    }  # fmt: skip


@pytest.fixture
def closed_app() -> Iterator[Flask]:
    """An application whose workers have ended."""
    made = create_app(Settings(workers=1))
    made.extensions["observance"].present.kb.workers.close()
    yield made
    close(made)


def test_not_healthy(closed_app):
    """Without a worker /health is 503 and says so; the pages are still there."""
    response = closed_app.test_client().get("/health")

    assert response.status_code == 503
    assert (response.json["status"], response.json["workers"]) == ("degraded", "not answering")
    assert closed_app.test_client().get("/resolution").status_code == 200
    assert closed_app.test_client().get("/sparql?query=ASK+%7B%7D").status_code == 503


def test_examples(client, kb):
    """Each example is Turtle to keep, under its own name, and conforms."""
    assert kb.lookup.examples
    for number, file in kb.lookup.examples.items():
        response = client.get(f"/templates/{number}")
        assert response.content_type == "text/turtle; charset=utf-8"
        assert response.data == file.read_bytes()
        assert response.headers["Content-Disposition"] == f'attachment; filename="{file.name}"'
        assert kb.submissions.validate(Source(file.name, response.data, "text/turtle")).conforms


@pytest.mark.parametrize("number", ["1", "2", "9.9", "x"])
def test_no_example(client, number):
    """A paragraph without an example, or that does not exist, is 404 and says which have one."""
    response = client.get(f"/templates/{number}")

    assert response.status_code == 404
    assert "2.5" in response.json["detail"]


def test_context(client, kb):
    """The context is the one that the program puts into documents; any site may load it."""
    response = client.get("/context.jsonld")

    assert response.content_type == "application/ld+json"
    assert [response.json["@context"]] == list(kb.contexts.values())
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in client.get("/duties").headers
