"""A new ledger for each test, in SQLite and in PostgreSQL."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from observance.ledger import Ledger
from postgresql import Server, postgresql

_NUMBERS = itertools.count()
ORIGIN = "register.example.org/test"


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server."""
    with postgresql() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Path]:
    """A function that gives, for a name, the file that names a ledger which there is not yet."""
    if request.param == "sqlite":
        return lambda name: tmp_path / f"{name}.db"
    server: Server = request.getfixturevalue("server")

    def pointer(name: str) -> Path:
        database = f"test{next(_NUMBERS)}"
        server.create(database)
        return server.pointer(tmp_path / f"{name}.toml", database=database)

    return pointer


@pytest.fixture
def ledger(place: Callable[[str], Path]) -> Iterator[Ledger]:
    """A ledger without entries."""
    opened = Ledger.create(place("register"), origin=ORIGIN)
    yield opened
    opened.close()
