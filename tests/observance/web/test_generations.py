"""The files of the register are watched: every answer rests on one version, says which, and broken files change nothing."""

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from conftest import BROWSER, ROOT
from observance.core import Settings, WorkerDiedError
from observance.knowledge_base import KnowledgeBase
from observance.ledger import RECORD, Draft, Ledger, Particulars, locate
from observance.web import close, create_app

PATIENCE = 60.0
ENTERED = datetime(2026, 11, 30, 9, 30, tzinfo=UTC)
COUNT = {"query": "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s obs:receivedOn ?day }", "format": "csv"}
ADDED = """
@prefix obs: <https://w3id.org/observance/ns#> .
@prefix demo: <https://w3id.org/observance/demo/> .
@prefix party: <https://w3id.org/observance/id/parties/fictional/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
demo:added-%d a obs:IntentionNotification ; obs:submittedBy party:XA ; obs:receivedOn "2019-02-0%d"^^xsd:date .
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Path]]:
    """A service over a copy of the demo register."""
    folder = tmp_path_factory.mktemp("served") / "register"
    shutil.copytree(ROOT / "queries" / "demo", folder, ignore=shutil.ignore_patterns(".*"))
    application = create_app(Settings(workers=2, registers=(folder,)))
    yield application, folder
    close(application)


@pytest.fixture
def app(service: tuple[Flask, Path]) -> Flask:
    return service[0]


@pytest.fixture
def folder(service: tuple[Flask, Path]) -> Iterator[Path]:
    """The folder of the register, which is afterwards as it was before, and answered from again."""
    app, folder = service
    first = version(app.test_client())
    yield folder
    for file in folder.glob("added-*.ttl"):
        file.unlink()
    wait_for(lambda: version(app.test_client()) == first)


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds."""
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.02)


def version(client: FlaskClient) -> str:
    """The version that an answer names in its header."""
    return client.get("/readings").headers["Observance-Register"]


def wait_for_another(client: FlaskClient, *, than: str) -> str:
    """Wait until answers rest on another version, and return it."""
    wait_for(lambda: version(client) != than)
    return version(client)


def count(client: FlaskClient) -> int:
    """The number of submissions on record."""
    return int(client.get("/sparql", query_string=COUNT).text.split()[1])


def add(folder: Path, number: int) -> None:
    """Add a document as a careful program does: written elsewhere, then renamed."""
    draft = folder.parent / "draft.ttl"
    draft.write_text(ADDED % (number, number), encoding="utf-8")
    draft.rename(folder / f"added-{number}.ttl")


def test_every_answer_has_a_document_that_is_added(app: Flask, folder: Path) -> None:
    """Pages, data and SPARQL rest on the new version together, from whichever worker they come; all of them name it."""
    client = app.test_client()
    before, first = count(client), version(client)
    add(folder, 1)
    second = wait_for_another(client, than=first)

    for _ in range(3):
        assert count(client) == before + 1
        found = client.get("/duties?member=XA")
        assert found.json["register"] == found.headers["Observance-Register"] == second
        page = client.get("/duties?member=XA&lang=en", headers={"Accept": BROWSER})
        assert f"Version {second} of the register" in page.text
        assert second in page.headers["ETag"]


@pytest.mark.whole
def test_the_same_files_are_the_same_version(app: Flask, folder: Path) -> None:
    """A file that is written again with the same contents changes nothing; one that is removed brings the version before back."""
    client = app.test_client()
    generations = app.extensions["observance"]
    first, generation = version(client), generations.present
    file = next(folder.glob("*.ttl"))
    file.write_bytes(file.read_bytes())
    add(folder, 1)
    wait_for_another(client, than=first)
    (folder / "added-1.ttl").unlink()
    wait_for(lambda: version(client) == first)
    assert generations.present is not generation
    generation = generations.present
    os.utime(file)
    handled = generations._handled
    wait_for(lambda: generations._handled is not handled)
    time.sleep(0.2)
    assert generations.present is generation


def test_no_answer_mixes_two_versions(app: Flask, folder: Path) -> None:
    """While documents come and go under load, all answers that name the same version say the same, and none fails."""
    seen: dict[tuple[str, str], set[bytes]] = {}
    faults: list[str] = []
    stopped = threading.Event()

    def ask(path: str, query: dict[str, str]) -> None:
        client = app.test_client()
        while not stopped.is_set():
            response = client.get(path, query_string=query)
            if response.status_code != 200:
                faults.append(response.text)
            seen.setdefault((path, response.headers["Observance-Register"]), set()).add(response.data)
            time.sleep(0.005)  # the threads that wait for a worker have their turn

    threads = [
        threading.Thread(target=ask, args=arguments)
        for arguments in [("/sparql", COUNT), ("/sparql", COUNT), ("/duties", {"member": "XA"}), ("/members/XA/duties", {})]
    ]
    for thread in threads:
        thread.start()
    client = app.test_client()
    current = version(client)
    try:
        for number in (1, 2):
            add(folder, number)
            current = wait_for_another(client, than=current)
        (folder / "added-1.ttl").unlink()
        wait_for_another(client, than=current)
    finally:
        stopped.set()
        for thread in threads:
            thread.join()

    assert not faults
    assert len({named for _, named in seen}) == 4
    assert {key: len(bodies) for key, bodies in seen.items() if len(bodies) > 1} == {}
    assert len({next(iter(bodies)) for (path, _), bodies in seen.items() if path == "/sparql"}) == 3


def test_an_old_generation_ends_with_its_last_request(app: Flask, folder: Path) -> None:
    """Its processes end once no request uses it, and not before."""
    client = app.test_client()
    generations = app.extensions["observance"]
    old = generations.present
    first = version(client)
    with generations._in_use() as (used, _):
        add(folder, 1)
        wait_for_another(client, than=first)
        assert used is old
        assert old.kb.questions.page("alive", {}).body
    wait_for(lambda: not old.kb.workers._children)


@pytest.mark.whole
def test_a_worker_goes_on_while_its_loader_cannot_load(app: Flask, folder: Path) -> None:
    """If the loader dies while files are broken, the worker that there is answers, and no error of the files reaches a client."""
    client = app.test_client()
    pool = app.extensions["observance"].present.kb.workers
    before = count(client)
    (folder / "added-1.ttl").write_text("@prefix obs: <broken", encoding="utf-8")
    wait_for(lambda: client.get("/health").json["status"] == "outdated")
    pool._loader.kill()
    assert count(client) == before
    for child in list(pool._children):
        child.kill()
    assert count(client) == before, "an answer that is kept is given all the same"
    response = client.get("/sparql", query_string={**COUNT, "query": f"{COUNT['query']} # another"})
    assert response.status_code == 503
    assert str(folder) not in response.text
    (folder / "added-1.ttl").unlink()
    wait_for(lambda: client.get("/health").json["status"] == "ok")
    assert count(client) == before


@pytest.mark.whole
def test_what_failed_for_another_reason_is_tried_again(app: Flask, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A successor that dies for lack of memory is no fault of the files: they are taken up later without another change."""
    client, generations = app.test_client(), app.extensions["observance"]
    first, kb = version(client), generations.present.kb
    renewed, failures = kb.renewed, [WorkerDiedError("querying.worker-died")]

    def renew() -> object:
        if failures:
            raise failures.pop()
        return renewed()

    monkeypatch.setattr(kb, "renewed", renew)
    add(folder, 1)
    wait_for_another(client, than=first)
    assert not failures
    assert client.get("/health").json["status"] == "ok"


@pytest.mark.whole
def test_a_file_that_is_not_read_changes_the_version(app: Flask, folder: Path) -> None:
    """What answers warn of is part of the version: with and without the warning they are not the same bytes."""
    client = app.test_client()
    first = version(client)
    try:
        (folder / "extra.txt").write_text("<urn:x:a> <urn:x:p> <urn:x:b> .", encoding="utf-8")
        wait_for_another(client, than=first)
        assert client.get("/duties?lang=en").json["duties"][0]["registerWarning"]
    finally:
        (folder / "extra.txt").unlink()
    wait_for(lambda: version(client) == first)


def test_data_have_no_pages(app: Flask, folder: Path) -> None:
    """Data are complete whichever page is asked for, and one entry of the cache."""
    client = app.test_client()
    answers = app.extensions["observance"].present.kb.answers
    whole = client.get("/duties?format=json")
    size = len(answers._kept)
    assert client.get("/duties?format=json&page=7").data == whole.data
    assert len(answers._kept) == size


BROKEN = {
    "a broken document": lambda folder: (folder / "broken.ttl").write_text("@prefix obs: <broken", encoding="utf-8"),
    "a party on no list": lambda folder: (folder / "party.ttl").write_text(
        "@prefix obs: <https://w3id.org/observance/ns#> . <urn:x:r> obs:declares <urn:x:nobody> .", encoding="utf-8"
    ),
    "a folder that vanishes": lambda folder: folder.rename(folder.with_name("elsewhere")),
    "no document": lambda folder: [file.unlink() for file in folder.rglob("*.ttl")],
}


@pytest.mark.parametrize("harm", BROKEN.values(), ids=BROKEN)
def test_broken_files_leave_the_version_before(
    app: Flask, folder: Path, caplog: pytest.LogCaptureFixture, harm: Callable[[Path], object]
) -> None:
    """The old version goes on answering, and says so: to programs, in the log, and at the foot of pages. Repaired files are read."""
    client = app.test_client()
    kept = folder.with_name("kept")
    shutil.copytree(folder, kept)
    first, before = version(client), count(client)
    harm(folder)
    wait_for(lambda: client.get("/health").json["status"] == "outdated")

    health = client.get("/health")
    assert (health.status_code, health.json["register"]["version"]) == (200, first)
    assert set(health.json["register"]["problem"]) == {"fr", "en"}
    assert str(folder.parent) not in health.text
    assert (version(client), count(client)) == (first, before)
    assert "rests on the one before" in client.get("/duties?lang=en", headers={"Accept": BROWSER}).text
    assert "version before" in caplog.text

    shutil.rmtree(folder, ignore_errors=True)
    kept.rename(folder)
    wait_for(lambda: client.get("/health").json["status"] == "ok")
    assert (version(client), count(client)) == (first, before)


@pytest.mark.whole
def test_knowledge_is_watched_too(tmp_path: Path) -> None:
    """A label that is changed in the knowledge is on the pages without a restart."""
    for room in ("ontology", "shapes", "rules", "queries"):
        shutil.copytree(ROOT / room, tmp_path / room)
    application = create_app(Settings(workers=1, knowledge=str(tmp_path)))
    try:
        client = application.test_client()
        question = {"query": 'SELECT ?l { obs:Fulfilled skos:prefLabel ?l FILTER(LANG(?l) = "en") }', "format": "csv"}
        old = client.get("/sparql", query_string=question).text.split("\r\n")[1]
        changed = 0
        for file in (tmp_path / "ontology").rglob("*.ttl"):
            text = file.read_text(encoding="utf-8")
            if f'"{old}"@en' in text:
                file.write_text(text.replace(f'"{old}"@en', '"changed label"@en'), encoding="utf-8")
                changed += 1
        assert changed
        wait_for(lambda: "changed label" in client.get("/sparql", query_string=question).text)
    finally:
        close(application)


def test_a_ledger_is_watched(tmp_path: Path) -> None:
    """What is entered in a ledger is in every answer after a moment."""
    file = tmp_path / "register.db"
    with KnowledgeBase.open() as kb:
        kb.filing(file).import_folder(ROOT / "queries" / "demo", origin="register.example.org/demo", now=ENTERED)
    application = create_app(Settings(workers=1, registers=(file,)))
    try:
        client = application.test_client()
        first, before = version(client), count(client)
        with Ledger(locate(file)) as ledger:
            ledger.append([Draft(RECORD, (ADDED % (1, 1)).encode(), Particulars(name="added-1.ttl"))], now=ENTERED)
        wait_for_another(client, than=first)
        assert count(client) == before + 1
    finally:
        close(application)
