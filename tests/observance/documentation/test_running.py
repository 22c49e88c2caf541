"""What the guide for programs says of running the service: its unit and its site of a reverse proxy, tried."""

import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPSConnection
from pathlib import Path

import pytest

from conftest import ROOT

GUIDES = ROOT / "service" / "observance" / "documentation" / "guides"
NAME = "observance.example.org"
PROGRAM = "/opt/observance/.venv/bin/observance"
WAIT_SECONDS = 120


def block(lang: str, kind: str) -> str:
    """The block of the guide in the language."""
    found = re.search(rf"```{kind}\n(.*?)```", (GUIDES / lang / "programs.md").read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found[1]


def needed(program: str) -> str:
    """The path of a program; the test is skipped where there is none."""
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin")
    if found is None:
        pytest.skip(f"no {program}")
    return found


@pytest.mark.parametrize("kind", ["ini", "nginx"])
def test_same_in_both_languages(kind: str) -> None:
    """Both guides have the same files."""
    assert block("en", kind) == block("fr", kind)


def test_unit(tmp_path: Path) -> None:
    """The unit is one that systemd finds nothing to say about."""
    unit = tmp_path / "observance.service"
    unit.write_text(block("en", "ini").replace(PROGRAM, str(Path(sys.executable).parent / "observance")), encoding="utf-8")
    done = subprocess.run([needed("systemd-analyze"), "verify", str(unit)], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, [line for line in done.stderr.splitlines() if unit.name in line]) == (0, [])


def free_port() -> int:
    """A port on loopback that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(command: list[str], port: int, environment: dict[str, str] | None = None) -> Iterator[None]:
    """A process that listens on the port."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment) as process:
        try:
            until = time.monotonic() + WAIT_SECONDS
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except OSError:
                    assert time.monotonic() < until
                    assert process.poll() is None
                    time.sleep(0.1)
            yield
        finally:
            process.terminate()
            process.wait(timeout=60)


@contextmanager
def proxied(folder: Path) -> Iterator[int]:
    """The port of nginx with the site of the guide, before a service as its unit starts it."""
    nginx, theirs, ours = needed("nginx"), free_port(), free_port()
    key, certificate = folder / "observance.key", folder / "observance.crt"
    request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={NAME}", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([needed("openssl"), *request], check=True, capture_output=True)
    site = block("en", "nginx").replace("listen 443 ssl", f"listen 127.0.0.1:{theirs} ssl").replace("127.0.0.1:8000", f"127.0.0.1:{ours}")
    site = site.replace("/etc/ssl/observance.crt", str(certificate)).replace("/etc/ssl/observance.key", str(key))
    paths = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    file = folder / "nginx.conf"
    file.write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}} http {{ access_log off; {paths}\n{site}\n}}",
        encoding="utf-8",
    )
    tried = subprocess.run([nginx, "-t", "-c", str(file)], capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stderr
    settings = dict(re.findall(r"(OBSERVANCE_(?:HOSTS|PROXY))=(\S+)", block("en", "ini")))
    assert len(settings) == 2
    service = [sys.executable, "-m", "observance", "serve", "--port", str(ours)]
    with (
        running(service, ours, {"PYTHONPATH": str(ROOT / "service"), "LC_ALL": "C.UTF-8", **settings}),
        running([nginx, "-c", str(file)], theirs),
    ):
        yield theirs


@pytest.mark.whole
def test_behind_the_proxy(tmp_path: Path) -> None:
    """Pages and queries come through the proxy under the name of the service, metrics and other names do not."""
    with proxied(tmp_path) as port:

        def status(path: str, name: str = NAME) -> int:
            context = ssl.create_default_context(cafile=str(tmp_path / "observance.crt"))
            context.check_hostname = False
            with closing(HTTPSConnection("127.0.0.1", port, context=context, timeout=WAIT_SECONDS)) as connection:
                connection.request("GET", path, headers={"Host": name})
                return connection.getresponse().status

        assert [status(path) for path in ("/resolution", "/ready", "/sparql?query=ASK%20%7B%7D")] == [200, 200, 200]
        assert status("/metrics") == 404
        assert status("/resolution", "other.example.org") == 400
