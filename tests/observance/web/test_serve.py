"""`observance serve` as a real process on a loopback port."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from conftest import ROOT
from observance.cli import run

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "service"), "LC_ALL": "C.UTF-8", "OBSERVANCE_WORKERS": "1"}


@contextmanager
def start_service(*arguments: str, interrupts: signal.Handlers | None = None) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process and the line with its address; ended with SIGTERM. `interrupts` is its handler for SIGINT, by default inherited.

    A shell starts what it puts into the background with Ctrl-C ignored.
    """
    command = [sys.executable, "-m", "observance", "serve", "--port", "0", *arguments]

    def prepare() -> None:
        if interrupts is not None:
            signal.signal(signal.SIGINT, interrupts)

    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
        preexec_fn=prepare,  # noqa: PLW1509 - one thread
    ) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline()
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(timeout=60)
                finally:
                    # Popen waits as well, and for ever.
                    process.kill()


@contextmanager
def connection(address_line: str) -> Iterator[http.client.HTTPConnection]:
    """A connection to the address in the line that the process printed."""
    found = re.search(r"http://([^/]+)/", address_line)
    assert found, address_line
    with closing(http.client.HTTPConnection(found[1], timeout=60)) as made:
        yield made


@pytest.fixture
def http_connection(service) -> Iterator[http.client.HTTPConnection]:
    with connection(service) as made:
        yield made


def children(parent: int) -> list[int]:
    """The processes below the process."""
    found = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split()
    return [int(child) for child in found]


def running(process: int) -> bool:
    """Whether there is such a process, and it has not ended: one that nobody has waited for yet is still listed."""
    try:
        status = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    with start_service("--lang", "en") as (_, address_line):
        yield address_line


def test_address_is_printed(service, http_connection):
    """The service prints its address in one line and answers there, on the loopback address only."""
    http_connection.request("GET", "/health")
    response = http_connection.getresponse()

    assert service.startswith("Open http://127.0.0.1:")
    assert (response.status, json.loads(response.read())["status"]) == (200, "ok")
    assert response.getheader("Server") is None


def test_a_file_of_the_pages(http_connection):
    """The style of the pages goes through the real server as it is; who has it is told so."""
    http_connection.request("GET", "/static/observance.css", headers={"Accept-Encoding": "gzip"})
    response = http_connection.getresponse()
    style = ROOT / "service" / "observance" / "web" / "static" / "observance.css"
    assert (response.status, response.read()) == (200, style.read_bytes())
    http_connection.request("GET", "/static/observance.css", headers={"If-None-Match": response.getheader("ETag")})
    assert http_connection.getresponse().status == 304


def test_a_query_and_a_validation(http_connection):
    """A query and a validation go through the real server."""
    http_connection.request(
        "POST", "/sparql", body="ASK { res:p3 a obs:OperativeParagraph }", headers={"Content-Type": "application/sparql-query"}
    )
    assert json.loads(http_connection.getresponse().read())["boolean"] is True
    body = (ROOT / "shapes" / "examples" / "para-2-5-timetable.ttl").read_bytes()
    http_connection.request("POST", "/validate", body=body, headers={"Content-Type": "text/turtle"})
    assert json.loads(http_connection.getresponse().read())["conforms"] is True


def test_passed_on(http_connection):
    """Through the real server too, a request that a reverse proxy passed on is not taken for one of this machine's own."""
    statuses = []
    for headers in ({}, {"X-Forwarded-For": "192.0.2.1"}, {"Forwarded": "for=192.0.2.1"}):
        http_connection.request("GET", "/metrics", headers=headers)
        response = http_connection.getresponse()
        statuses.append(response.status)
        response.read()
    assert statuses == [200, 403, 403]


def test_request_in_progress_when_told_to_stop():
    """At SIGTERM a request in progress is answered, and the service ends with exit code 0."""
    with start_service() as (process, address_line), connection(address_line) as http_connection:
        http_connection.request("GET", "/questions/attendance-at-review-meetings")
        time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert http_connection.getresponse().status == 200
        assert process.wait(timeout=30) == 0


def test_too_large_is_refused_unread(http_connection):
    """A body that announces more than the limit is refused with 413 and problem details before any of it is sent."""
    http_connection.putrequest("POST", "/validate")
    http_connection.putheader("Content-Type", "text/turtle")
    http_connection.putheader("Content-Length", "1000000000000")
    http_connection.endheaders()
    response = http_connection.getresponse()

    assert response.status == 413
    assert response.getheader("Content-Type") == "application/problem+json"
    assert json.loads(response.read())["status"] == 413


def test_too_large_in_pieces(http_connection):
    """A body without a length is refused as soon as it is over the limit."""
    http_connection.request(
        "POST", "/validate", body=(b"#" * 1_000_000 for _ in range(11)), headers={"Content-Type": "text/turtle"}, encode_chunked=True
    )
    response = http_connection.getresponse()

    assert response.status == 413
    assert response.getheader("Content-Type") == "application/problem+json"


def test_bad_http(http_connection):
    """A request that is not HTTP gets 400 as problem details, and the service goes on."""
    with socket.create_connection((http_connection.host, http_connection.port), timeout=60) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nbroken header\r\n\r\n")
        answer = raw.makefile("rb").read()

    assert re.match(rb"HTTP/1\.[01] 400 ", answer)
    assert b"application/problem+json" in answer
    http_connection.request("GET", "/health")
    assert http_connection.getresponse().status == 200


@pytest.mark.parametrize(
    ("number", "interrupts"),
    [(signal.SIGINT, signal.SIG_DFL), (signal.SIGTERM, signal.SIG_DFL), (signal.SIGTERM, signal.SIG_IGN)],
    ids=["Ctrl-C", "SIGTERM", "SIGTERM in the background of a shell"],
)
def test_ends_quietly(number, interrupts):
    """Ctrl-C and the signal to end both end the service with exit code 0, without a word and without a process left."""
    with start_service(interrupts=interrupts) as (process, address_line):
        with connection(address_line) as http_connection:
            http_connection.request("POST", "/validate", body=b"", headers={"Content-Type": "text/turtle"})
            assert http_connection.getresponse().status == 400
        below = children(process.pid)
        assert below
        process.send_signal(number)
        output, error = process.communicate(timeout=60)

    assert (process.returncode, output, error) == (0, "", "")
    assert [child for child in below if running(child)] == []


def test_ends_with_its_parent():
    """When the service is killed, its workers end by themselves."""
    with start_service() as (process, _):
        below = children(process.pid)
        process.kill()
        process.communicate(timeout=60)
        until = time.monotonic() + 60
        while any(running(child) for child in below) and time.monotonic() < until:
            time.sleep(0.05)
    assert below
    assert [child for child in below if running(child)] == []


@pytest.mark.parametrize(("lang", "told"), [("en", "is taken"), ("fr", "est occupé")])
def test_port_taken(capsys, lang, told):
    """A port that is taken is exit code 2 with a sentence that names it, before anything is loaded."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code = run(["serve", "--port", str(port), "--lang", lang])

    output = capsys.readouterr()
    assert (code, output.out) == (2, "")
    assert told in output.err
    assert str(port) in output.err


@pytest.mark.parametrize(
    "arguments",
    [["--host", "192.0.2.1"], ["--host", "no such host"], ["--port", "70000"], ["--register", "nowhere.ttl", "--port", "0"],
     ["--knowledge", "nowhere", "--port", "0"], ["--port", "x"]],
)  # fmt: skip
def test_cannot_start(capsys, arguments):
    """An address that is not this machine's, a register or a knowledge base that is not there: exit code 2 and one sentence."""
    code = run(["serve", *arguments])

    error = capsys.readouterr().err
    assert code == 2
    assert "Traceback" not in error
    assert len(error.strip().splitlines()) == 1


def test_in_french_on_another_address():
    """`--lang fr` is also the language of pages for those who wish for none; IPv6 addresses are written in brackets."""
    with start_service("--lang", "fr", "--host", "::1", "--register", str(ROOT / "queries" / "demo")) as (_, address_line):
        assert address_line.startswith("Ouvrez http://[::1]:")
        with connection(address_line) as http_connection:
            http_connection.request("GET", "/", headers={"Accept": "text/html"})
            page = http_connection.getresponse().read().decode()
        assert '<html lang="fr">' in page
