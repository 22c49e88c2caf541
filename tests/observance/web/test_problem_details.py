"""One table from exception to status; an unknown exception says nothing but its number."""

import logging

import pytest
from flask.testing import FlaskClient

from observance.core import InconsistentDataError, ObservanceError, Settings, errors
from observance.web import close, create_app, problem_details
from observance.web.access import UnauthenticatedError
from observance.web.admission import TooManyRequestsError


def test_every_error_has_a_status():
    """Every class of the exception tree is in the table, and its status has a title in both languages."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ObservanceError)]

    assert {*kinds, TooManyRequestsError, UnauthenticatedError} - {ObservanceError} == set(problem_details.STATUSES)
    assert all(problem_details.status_title(status, lang) for status in problem_details.STATUSES.values() for lang in ("fr", "en"))


@pytest.mark.parametrize(("path", "method", "status"), [("/nowhere", "GET", 404), ("/validate", "DELETE", 405), ("/", "POST", 405)])
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_problem_details_and_page(app, path, method, status, lang):
    """An error is problem details for a program and a page for a browser, in the language of the request."""
    clients = app.test_client(), app.test_client()
    clients[1].environ_base["HTTP_ACCEPT"] = "text/html"
    problem, page = (who.open(f"{path}?lang={lang}", method=method) for who in clients)

    assert (problem.status_code, page.status_code) == (status, status)
    assert problem.content_type == "application/problem+json"
    assert problem.headers["Content-Language"] == lang
    assert problem.json["detail"] == problem.json[f"detail_{lang}"]
    assert problem.json["title"] == problem_details.status_title(status, lang)
    assert f"<h1>{problem_details.status_title(status, lang)}" in page.text.replace("&#39;", "'")


def test_allow(client: FlaskClient):
    """405 names the allowed methods."""
    assert set(client.post("/resolution").headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


@pytest.fixture
def failing_app():
    """The application with addresses that fail."""
    made = create_app(Settings(workers=1))
    made.add_url_rule("/secret", "secret", lambda: 1 / 0)

    def contradict() -> None:
        raise InconsistentDataError("querying.parameter-twice", file="x.rq", name="?x")

    made.add_url_rule("/contradiction", "contradiction", contradict)
    yield made
    close(made)


def test_unknown_exception(failing_app, caplog):
    """An unexpected exception is 500 with an incident number, in both formats; the log has the details under that number."""
    for accept in ("*/*", "text/html"):
        with caplog.at_level(logging.ERROR):
            response = failing_app.test_client().get("/secret", headers={"Accept": accept})
        record = caplog.records[-1]
        number = record.args[0]
        assert response.status_code == 500
        assert number in response.text
        assert "division" not in response.text
        assert "Traceback" not in response.text
        assert "ZeroDivisionError" in caplog.text
    assert failing_app.test_client().get("/secret").json["incident"] == caplog.records[-1].args[0]


def test_inconsistent_knowledge(failing_app):
    """A knowledge base that contradicts itself is 500, with the sentence of the error."""
    response = failing_app.test_client().get("/contradiction")

    assert response.status_code == 500
    assert "?x" in response.json["detail"]
    assert response.json["type"] == "https://w3id.org/observance/problems/Inconsistent"
