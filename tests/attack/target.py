"""The service that is attacked, and a canary: a listener on loopback that nobody may ever contact."""

import http.client
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from msgspec import Struct

ROOT = Path(__file__).parents[2]
NAME = "example.org"
"""The name under which the service is attacked, so that it takes nobody for its own machine."""
SECONDS = 30.0
"""The longest wait for a response."""


class Response(Struct, frozen=True):
    """A response: status 0 if there was none."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float


class Canary:
    """Counts the connections to it."""

    def __init__(self) -> None:
        """Listen on a free port."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.contacts = 0
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            self.contacts += 1
            connection.close()


class Target:
    """The service, and its canary."""

    def __init__(self, port: int, process: int) -> None:
        """Know the port and the process of the service."""
        self.port, self._process, self.canary = port, process, Canary()

    def connect(self) -> socket.socket:
        """A connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS)

    def ask(
        self, path: str, body: bytes | None = None, *, kind: str = "", accept: str = "", headers: Mapping[str, str] | None = None
    ) -> Response:
        """The response to a request; a POST if there is a body."""
        sent = {"Host": NAME} | ({"Content-Type": kind} if kind else {}) | ({"Accept": accept} if accept else {}) | dict(headers or {})
        began = time.perf_counter()
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)) as connection:
            try:
                connection.request("GET" if body is None else "POST", path, body, sent)
                answer = connection.getresponse()
                content = answer.read()
                return Response(answer.status, dict(answer.getheaders()), content, time.perf_counter() - began)
            except (OSError, http.client.HTTPException):
                return Response(0, {}, b"", time.perf_counter() - began)

    def query(self, text: str, accept: str = "application/sparql-results+json") -> Response:
        """The response to a query."""
        return self.ask("/sparql", text.encode(), kind="application/sparql-query", accept=accept)

    def memory_mb(self) -> float:
        """The resident memory of the main process, in MB."""
        status = Path(f"/proc/{self._process}/status").read_text(encoding="ascii", errors="replace")
        return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024


@contextmanager
def serving(**settings: str) -> Iterator[Target]:
    """A service over the demo register, under its defaults but for these variables of the environment."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OBSERVANCE_")}
    command = [sys.executable, "-m", "observance", "serve", "--port", "0", "--lang", "en"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment | {"OBSERVANCE_HOSTS": NAME} | settings,
        cwd=ROOT,
    ) as process:
        try:
            assert process.stdout is not None
            found = re.search(r":(\d+)/", process.stdout.readline())
            assert found, "the service did not start"
            yield Target(int(found[1]), process.pid)
        finally:
            process.terminate()
            process.wait(timeout=60)
