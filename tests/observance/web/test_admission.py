"""Work of clients' own making is bounded, so that it holds neither the threads of the server nor those of other clients."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from flask import Flask

from observance.core import Settings
from observance.web import close, create_app
from observance.web.admission import SPARE_THREADS, Admission, TooManyRequestsError

WORKERS = 2
MOST = WORKERS + 2
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
    admission: Admission = app.extensions[Admission.KEY]
    return admission._in_progress.total()


def ask(app: Flask, environ: dict[str, str]) -> int:
    """The status of an endless query of a client."""
    return app.test_client().get("/sparql", query_string={"query": ENDLESS}, environ_base=environ).status_code


def test_endless_queries_hold_no_page(app: Flask) -> None:
    """Of many endless queries a few are in progress and the others are told at once to come again; pages do not wait for any of them."""
    with ThreadPoolExecutor(3 * MOST) as pool:
        killers: list[Future[int]] = [pool.submit(ask, app, {"REMOTE_ADDR": "127.0.0.1"}) for _ in range(3 * MOST)]
        until = time.monotonic() + 30
        while sum(killer.done() for killer in killers) < 2 * MOST:
            assert time.monotonic() < until
            time.sleep(0.02)
        refused = [killer.result() for killer in killers if killer.done()]
        pages = [app.test_client().get(path) for path in ("/", "/resolution", "/duties", "/validate", "/static/observance.css")]
        turned_away = app.test_client().post("/validate", data="x", content_type="text/turtle")
        close(app)

    assert refused == [429] * (2 * MOST)
    assert [page.status_code for page in pages] == [200] * 5
    for page in pages:
        page.close()
    assert turned_away.status_code == 429
    assert turned_away.headers["Retry-After"]
    assert MOST < WORKERS + SPARE_THREADS, "threads are left"


def test_one_client_leaves_room_for_others() -> None:
    """Another machine gets half of what is in progress at most; this one, and several machines together, get all."""
    admission = Admission(workers=WORKERS)
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
