"""The small addresses: health, readiness, metrics, examples, context."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from observance import __version__
from observance.core import Settings
from observance.web import close, create_app
from observance.web.admission import Admission
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


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_health_as_a_page(browser, lang):
    """A browser is told in words; whoever takes anything, as monitors do, gets JSON."""
    page = browser.get(f"/health?lang={lang}")

    assert page.mimetype == "text/html" and page.status_code == 200
    assert {"en": "The service answers, from the present version", "fr": "Le service répond, d’après la version actuelle"}[
        lang
    ] in page.text
    assert browser.get("/health", headers={"Accept": "*/*"}).mimetype == "application/json"
    assert browser.get("/health", headers={"Accept": "text/plain"}).mimetype == "application/json"
    assert browser.get("/health?format=json").mimetype == "application/json"


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


def test_ready(client):
    """/ready is 200 while a worker answers, and 503 from the moment at which the service is told to stop."""
    assert (client.get("/ready").status_code, client.get("/ready").json) == (200, {"ready": True})
    client.application.config["STOPPING"] = True
    try:
        assert (client.get("/ready").status_code, client.get("/ready").json) == (503, {"ready": False})
    finally:
        del client.application.config["STOPPING"]


def test_not_ready(closed_app):
    """Without a worker /ready is 503."""
    assert closed_app.test_client().get("/ready").status_code == 503


def test_busy_workers_hold_one_request(app, client, monkeypatch):
    """While one request waits for a busy worker, the others get the state of the last time at once."""
    assert client.get("/health").json["workers"] == "alive"
    asked, release = threading.Event(), threading.Event()

    def wait() -> str:
        asked.set()
        release.wait(30)
        return "busy"

    monkeypatch.setattr("observance.web.routes.health._asked_state", wait)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(lambda: app.test_client().get("/health"))
        assert asked.wait(30)
        assert client.get("/health").json["workers"] == "alive"
        release.set()
        assert first.result().json["workers"] == "busy"


def sample(text: str, name: str) -> float:
    """The value of a metric; 0 if it has not been counted."""
    return next((float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name + " ")), 0.0)


def test_metrics(client):
    """/metrics counts requests by endpoint, method and class of status, in the format of Prometheus, without a word of the clients'."""
    name = 'observance_requests_total{endpoint="instrument.text",method="GET",status="2xx"}'
    before = sample(client.get("/metrics").text, name)
    client.get("/resolution?lang=en")
    client.open("/nowhere-qxzzy", method="WORDQXZZY", headers={"User-Agent": "agent-qxzzy"})
    response = client.get("/metrics")

    text = response.text
    assert (response.status_code, response.headers["Content-Type"].split(";")[0]) == (200, "text/plain")
    assert sample(text, name) == before + 1
    assert sample(text, 'observance_requests_total{endpoint="none",method="other",status="4xx"}') >= 1
    assert sample(text, 'observance_request_seconds_count{endpoint="instrument.text"}') >= before + 1
    assert sample(text, "observance_knowledge_triples") > 1000
    assert sample(text, "observance_generation_age_seconds") > 0
    assert f'program="{__version__}"' in text
    assert "qxzzy" not in text.casefold()


def test_metrics_are_not_for_others(app, client):
    """Another machine gets no metrics, unless a setting opens them."""
    elsewhere = {"REMOTE_ADDR": "192.0.2.1"}
    assert client.get("/metrics", environ_base=elsewhere).status_code == 403
    made = create_app(Settings(workers=1, metrics="any"))
    try:
        assert made.test_client().get("/metrics", environ_base=elsewhere).status_code == 200
    finally:
        close(made)


def test_metrics_of_refusals_and_workers(monkeypatch):
    """Requests told to come again are counted, and workers that were ended."""
    made = create_app(Settings(workers=1, query_seconds=0.5))
    monkeypatch.setattr(made.extensions[Admission.QUERIES_KEY], "_most", 1)
    client = made.test_client()
    try:
        assert client.get("/sparql?query=SELECT+*+{?a+?b+?c.?d+?e+?f.?g+?h+?i}+ORDER+BY+?a").status_code == 503
        monkeypatch.setattr(made.extensions[Admission.QUERIES_KEY], "_most", 0)
        assert client.get("/sparql?query=ASK+{}").status_code == 429
        text = client.get("/metrics").text
        assert (sample(text, "observance_refused_total"), sample(text, "observance_workers_ended")) == (1, 1)
    finally:
        close(made)


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
