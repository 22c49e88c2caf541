"""Whatever is changed, deleted or inserted in a ledger beside its log is found, and a log that was written anew too."""

import shutil
import sqlite3
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from ledger_drafts import NOW, draft, later
from observance.core import ObservanceError
from observance.ledger import ERASURE, SEALING, Ledger, locate, verify_ledger

TAMPERING = tomllib.loads((Path(__file__).parent / "tampering.toml").read_text(encoding="utf-8"))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger in SQLite of twelve entries."""
    with Ledger.create(tmp_path / "register.db", origin="register.example.org/test") as opened:
        enter(opened)
        yield opened


def enter(ledger: Ledger, *, contents: bytes = b"") -> None:
    """Enter twelve entries, four at a time."""
    ledger.append([draft(str(number), contents + str(number).encode()) for number in range(1, 5)], now=NOW)
    ledger.append([draft(str(number)) for number in range(5, 9)], now=later(1))
    ledger.decide(ERASURE, 2, reason="personal data", by="The administrator", now=later(2))
    ledger.append([draft(str(number)) for number in range(10, 13)], now=later(3))


def faults(ledger: Ledger, *, notes: tuple[str, ...] = ()) -> set[str]:
    """The kinds of fault that verification finds."""
    verification = verify_ledger(ledger, notes=notes)
    assert all(fault.sentence(lang) for fault in verification.faults for lang in ("en", "fr"))
    return {fault.key.removeprefix("ledger.") for fault in verification.faults}


@pytest.mark.parametrize("name", TAMPERING)
def test_tampering_is_found(ledger: Ledger, name: str):
    """Each way of tampering is found and said to be what it is; before it, nothing is found."""
    assert faults(ledger) == set()
    with sqlite3.connect(ledger.location.file) as connection:
        connection.executescript(TAMPERING[name]["sql"])
    connection.close()

    assert faults(ledger) == set(TAMPERING[name]["found"])


def test_a_log_that_is_cut_short(ledger: Ledger):
    """Entries deleted at the end, with their checkpoint, show by a checkpoint that was given out."""
    given = ledger.checkpoint
    with sqlite3.connect(ledger.location.file) as connection:
        connection.executescript(
            "DELETE FROM checkpoints WHERE size > 9; DELETE FROM contents WHERE number > 9; DELETE FROM particulars WHERE number > 9;"
            "DELETE FROM names WHERE number > 9; DELETE FROM entries WHERE number > 9;"
        )
    connection.close()

    assert faults(ledger) == set()
    assert faults(ledger, notes=(given,)) == {"given-checkpoint-differs"}


def test_a_log_that_was_written_anew(ledger: Ledger, tmp_path: Path):
    """A ledger that its keeper wrote anew, with the same key, shows by a checkpoint of the first one; so does one of another key."""
    given, stranger = ledger.checkpoint, Ledger.create(tmp_path / "other.db", origin=ledger.verifier.name)
    enter(stranger)
    forged = tmp_path / "forged.db"
    shutil.copy(ledger.location.key, tmp_path / "forged.db.key")
    with Ledger.create(tmp_path / "seed.db", origin=ledger.verifier.name) as seed:
        seed.close()
        shutil.copy(tmp_path / "seed.db", forged)
        with sqlite3.connect(forged) as connection:
            connection.execute("UPDATE log SET verifier = ?", [str(ledger.verifier)])
        connection.close()
        with Ledger(locate(forged)) as anew:
            enter(anew, contents=b"other ")
            assert faults(anew) == set()
            assert faults(anew, notes=(given,)) == {"given-checkpoint-differs"}
            assert faults(anew, notes=(stranger.checkpoint, "x")) == {"given-checkpoint-not-signed"}
    stranger.close()


def test_sealed_bytes_are_kept(ledger: Ledger):
    """The bytes of a sealed entry may be missing from a copy, and from nothing else."""
    ledger.decide(SEALING, 5, reason="misfiled", by="x", now=later(4))
    assert faults(ledger) == set()
    with sqlite3.connect(ledger.location.file) as connection:
        connection.execute("DELETE FROM contents WHERE number = 5")
    connection.close()

    assert faults(ledger) == {"bytes-missing"}


def test_a_damaged_schema_is_told(ledger: Ledger):
    """A byte changed where SQLite keeps the names of the tables is told in a sentence, wherever it lies."""
    ledger.close()
    content = ledger.location.file.read_bytes()
    for at in range(100, 4096, 61):
        ledger.location.file.write_bytes(content[:at] + bytes([content[at] ^ 0x80]) + content[at + 1 :])
        with Ledger(ledger.location) as opened, suppress(ObservanceError):
            verify_ledger(opened)


def test_a_second_name_is_found(ledger: Ledger):
    """A second name of an entry, by which another could be decided about, is found."""
    with sqlite3.connect(ledger.location.file) as connection:
        connection.execute("INSERT INTO names (rowid, name, number) VALUES (-1, 'alias', 5)")
    connection.close()
    assert faults(ledger) == {"entry-differs"}


def test_a_damaged_index_is_found(ledger: Ledger):
    """A byte changed in an index, by which a name could be given twice, is found."""
    with sqlite3.connect(ledger.location.file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_names_1'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    content = bytearray(ledger.location.file.read_bytes())
    at = content.index(b"12", (page - 1) * size)
    content[at : at + 2] = b"99"
    ledger.close()
    ledger.location.file.write_bytes(content)
    with Ledger(ledger.location) as opened:
        assert "damaged" in faults(opened)
