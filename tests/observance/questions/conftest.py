"""Workers over two small files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from observance.workers import WorkerPool

HERE = Path(__file__).parent
FILES = [[str(HERE / "data.ttl"), "https://example.org/graph/data"], [str(HERE / "other.trig"), "https://example.org/graph/other"]]


def _open_workers() -> WorkerPool:
    return WorkerPool("file_handlers:open_files", {"files": FILES}, count=1, memory_mb=1024)


@pytest.fixture(scope="session")
def workers() -> Iterator[WorkerPool]:
    with _open_workers() as opened:
        yield opened


@pytest.fixture
def other_workers() -> Iterator[WorkerPool]:
    """Another process over the same files."""
    with _open_workers() as opened:
        yield opened
