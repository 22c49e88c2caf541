"""Work of clients' own making is bounded, so that it holds neither the threads of the server nor those of other clients."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from flask import Flask

from observance.core import Settings
from observance.web import close, create_app
from observance.web.admission import QUERIES, SPARE_THREADS, Admission, TooManyRequestsError, is_own_machine
from observance.workers.answer_cache import _WAITING_FOR_SLOW

WORKERS = 2
MOST = WORKERS + 2
SLOW = 3
"""Slow queries in progress: one, and two that wait."""
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
ELSEWHERE = {"REMOTE_ADDR": "192.0.2.1"}


@pytest.fixture
def app() -> Iterator[Flask]:
    """A service in which a query may take long."""
    made = create_app(Settings(workers=WORKERS, query_seconds=60.0))
    yield made
    close(made)


def in_progress(app: Flask) -> int:
    """The number of requests that are counted."""
    return sum(app.extensions[key]._in_progress.total() for key in (Admission.KEY, Admission.QUERIES_KEY))


def ask(app: Flask, environ: dict[str, str], *, number: int = 0) -> int:
    """The status of an endless query of a client; with another number it is another query."""
    return app.test_client().get("/sparql", query_string={"query": f"{ENDLESS} # {number}"}, environ_base=environ).status_code


@pytest.mark.parametrize("are_equal", [False, True])
def test_endless_queries_hold_no_page(app: Flask, are_equal: bool) -> None:
    """Of many endless queries a few are in progress, and the others are told to come again; pages and quick queries do not wait for any."""
    count = 3 * QUERIES
    with ThreadPoolExecutor(count) as pool:
        killers: list[Future[int]] = [
            pool.submit(ask, app, {"REMOTE_ADDR": "127.0.0.1"}, number=0 if are_equal else number) for number in range(count)
        ]
        in_the_end = 1 + _WAITING_FOR_SLOW if are_equal else SLOW
        until = time.monotonic() + 60
        while sum(killer.done() for killer in killers) < count - in_the_end:
            assert time.monotonic() < until
            time.sleep(0.02)
        refused = {killer.result() for killer in killers if killer.done()}
        pages = [app.test_client().get(path) for path in ("/", "/resolution", "/duties", "/validate", "/static/observance.css")]
        quick = app.test_client().get("/sparql", query_string={"query": "ASK {}"})
        assert in_progress(app) == in_the_end
        close(app)

    assert refused == {429, 503}
    assert [page.status_code for page in pages] == [200] * 5
    for page in pages:
        page.close()
    assert quick.status_code == 200


def test_work_is_bounded_apart_from_queries(app: Flask) -> None:
    """As many validations as are taken at once turn away a further one, and no query; threads are left for both."""
    admission: Admission = app.extensions[Admission.KEY]
    with ExitStack() as stack:
        for _ in range(MOST):
            stack.enter_context(admission.admitted("127.0.0.1"))
        turned_away = app.test_client().post("/validate", data="x", content_type="text/turtle")
        assert app.test_client().get("/sparql", query_string={"query": "ASK {}"}).status_code == 200
    assert turned_away.status_code == 429
    assert turned_away.headers["Retry-After"]
    assert MOST + QUERIES + 4 <= WORKERS + SPARE_THREADS


def test_one_client_leaves_room_for_others() -> None:
    """Another machine gets half of what is in progress at most; this one, and several machines together, get all."""
    admission = Admission(most=MOST)
    with admission.admitted("192.0.2.1"), admission.admitted("192.0.2.1"):
        with pytest.raises(TooManyRequestsError), admission.admitted("192.0.2.1"):
            pass
        with admission.admitted("192.0.2.2"), admission.admitted("127.0.0.1"):
            for client in ("192.0.2.2", "127.0.0.1", "::1", ""):
                with pytest.raises(TooManyRequestsError), admission.admitted(client):
                    pass
        with admission.admitted("192.0.2.2"), admission.admitted("192.0.2.2"):
            pass
    with admission.admitted("::1"), admission.admitted("::1"), admission.admitted("::1"), admission.admitted("::1"):
        pass


def test_what_ends_is_not_counted(app: Flask) -> None:
    """Requests that were answered, refused or went wrong are counted no more."""
    client = app.test_client()
    for query in ("ASK {}", "SELECT", "CLEAR ALL", "ASK { SERVICE <http://127.0.0.1:9/> {} }"):
        client.get("/sparql", query_string={"query": query}, environ_base=ELSEWHERE)
    client.post("/validate", data="x", content_type="text/turtle", environ_base=ELSEWHERE)
    assert in_progress(app) == 0
    threads = [threading.Thread(target=lambda: client.get("/sparql", environ_base=ELSEWHERE)) for _ in range(MOST + 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.get("/sparql", headers={"Accept": "text/html"}, environ_base=ELSEWHERE).status_code == 200


def test_kept_answers_are_not_counted(app: Flask) -> None:
    """While nothing more is admitted, a query that was answered before is answered again; in another format it is work."""
    client, known = app.test_client(), {"query": "ASK { res:p3 a obs:OperativeParagraph }"}
    first = client.get("/sparql", query_string=known, environ_base=ELSEWHERE)
    admission: Admission = app.extensions[Admission.QUERIES_KEY]
    with ExitStack() as stack:
        for _ in range(QUERIES):
            stack.enter_context(admission.admitted("127.0.0.1"))
        again = client.get("/sparql", query_string=known, environ_base=ELSEWHERE)
        posted = client.post("/sparql", data=known, environ_base=ELSEWHERE)
        other = client.get("/sparql", query_string={**known, "format": "xml"}, environ_base=ELSEWHERE)
    assert (first.status_code, again.status_code, posted.status_code, other.status_code) == (200, 200, 200, 429)
    assert first.data == again.data == posted.data
    assert other.headers["Retry-After"]


@pytest.mark.parametrize(
    ("environ", "headers"),
    [(ELSEWHERE, {}), ({}, {"Host": "example.org"}), ({}, {"X-Forwarded-For": "192.0.2.1"}), ({}, {"Forwarded": "for=192.0.2.1"})],
    ids=["another machine", "another name", "passed on", "passed on, as standardised"],
)
def test_deadline_of_other_machines(environ: dict[str, str], headers: dict[str, str]) -> None:
    """A query that comes from another machine, also through a reverse proxy on this one, ends sooner than one from here."""
    app = create_app(Settings(workers=1, query_seconds=60.0, anonymous_query_seconds=0.5, hosts="localhost,example.org"))
    try:
        began = time.monotonic()
        response = app.test_client().get("/sparql", query_string={"query": ENDLESS}, environ_base=environ, headers=headers)
        assert (response.status_code, time.monotonic() - began < 10) == (503, True)
        with app.test_request_context(environ_base={"REMOTE_ADDR": "127.0.0.1"}):
            assert is_own_machine()
    finally:
        close(app)
