"""Workers over two small files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from observance.workers import WorkerPool

HERE = Path(__file__).parent
FILES = [[str(HERE / "data.ttl"), "https://example.org/graph/data"], [str(HERE / "other.trig"), "https://example.org/graph/other"]]


def _opened() -> WorkerPool:
    return WorkerPool("file_handlers:open_files", {"files": FILES}, count=1, memory_mb=1024)


@pytest.fixture(scope="session")
def workers() -> Iterator[WorkerPool]:
    with _opened() as opened:
        yield opened


@pytest.fixture
def others() -> Iterator[WorkerPool]:
    """Another process over the same files."""
    with _opened() as opened:
        yield opened
