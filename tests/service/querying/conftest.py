"""Workers over two small files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from observance.graph.workers import Workers

HERE = Path(__file__).parent
FILES = [[str(HERE / "data.ttl"), "https://example.org/graph/data"], [str(HERE / "other.trig"), "https://example.org/graph/other"]]


def _opened() -> Workers:
    return Workers("observance.querying.evaluate:open_dataset", {"files": FILES}, count=1, memory_mb=1024)


@pytest.fixture(scope="session")
def workers() -> Iterator[Workers]:
    with _opened() as opened:
        yield opened


@pytest.fixture
def others() -> Iterator[Workers]:
    """Another process over the same files."""
    with _opened() as opened:
        yield opened
