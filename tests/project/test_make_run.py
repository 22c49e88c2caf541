"""`make run` does all the set-up on a fresh machine, in a path with a space, and works twice in a row."""

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from conftest import ROOT

SECONDS = 420
# What is printed before the service opens fits on one screen.
MOST_LINES = 40


def copied(folder: Path) -> Path:
    """The project as a fresh clone would have it."""
    files = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    for name in files:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def free_port() -> int:
    """A port on loopback that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def healthy(port: int, process: subprocess.Popen[str]) -> bool:
    """Whether the service answers before the time is over and while the process lives."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    return False


def test_make_run(tmp_path: Path):
    """On a fresh copy `make run` shows a report, where each duty stands and a service that answers, in few lines; a second time too."""
    home = copied(tmp_path / "a path with a space")
    environment = {key: value for key, value in os.environ.items() if key not in {"VIRTUAL_ENV", "PYTHONPATH", "MAKEFLAGS", "MAKELEVEL"}}
    for _ in range(2):
        port = free_port()
        process = subprocess.Popen(
            ["make", "run", f"PORT={port}"], cwd=home, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )  # fmt: skip
        try:
            well = healthy(port, process)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            output, _ = process.communicate(timeout=60)
        assert well, output
        assert "ready to be processed" in output
        assert "World Customs Organization" in output
        before, opened, _ = output.partition(f"Open http://127.0.0.1:{port}/")
        assert opened
        assert len(before.splitlines()) <= MOST_LINES, before
