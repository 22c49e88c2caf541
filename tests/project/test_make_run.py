"""`make run` sets everything up in a fresh copy, in a path with a space, and works twice in a row."""

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from conftest import ROOT

# Seconds to wait for the service.
TIMEOUT = 420
# The output before the service opens fits on one screen.
MAX_LINES = 40


def copy_project(folder: Path) -> Path:
    """Copy the files of a fresh clone into the folder, and return it."""
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


def becomes_healthy(port: int, process: subprocess.Popen[str]) -> bool:
    """Whether the service answers within the timeout, while its process runs."""
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    return False


@pytest.mark.whole
def test_make_run(tmp_path: Path):
    """On a fresh copy `make run` prints a report and the statuses and starts the service, in few lines; a second run does too."""
    project = copy_project(tmp_path / "a path with a space")
    environment = {key: value for key, value in os.environ.items() if key not in {"VIRTUAL_ENV", "PYTHONPATH", "MAKEFLAGS", "MAKELEVEL"}}
    for _ in range(2):
        port = free_port()
        process = subprocess.Popen(
            ["make", "run", f"PORT={port}"], cwd=project, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )  # fmt: skip
        try:
            is_healthy = becomes_healthy(port, process)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            output, _ = process.communicate(timeout=60)
        assert is_healthy, output
        assert "ready to be processed" in output
        assert "World Customs Organization" in output
        output_before, address, _ = output.partition(f"Open http://127.0.0.1:{port}/")
        assert address
        assert len(output_before.splitlines()) <= MAX_LINES, output_before
