"""A ledger keeps what is entered, in order, and nothing is entered over anything; a decision keeps bytes back, and leaves their proof."""

import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import sqlalchemy as sa

from ledger_drafts import NOW, draft, later
from observance.core import InconsistentDataError, InvalidInputError, NotFoundError, UnavailableError, UsageError
from observance.ledger import (
    DOCUMENT,
    ERASURE,
    SEALING,
    Draft,
    Ledger,
    LedgerGrownError,
    Particulars,
    copy_ledger,
    is_ledger,
    locate,
    make_receipt,
    verify_ledger,
)
from observance.ledger.checkpoints import Checkpoint, Signer
from observance.ledger.database import reading, writing
from observance.ledger.tables import ENTRIES, PARTICULARS
from postgresql import Server

SECRET = b"what nobody may read any more, long enough to be found again"


def names(ledger: Ledger) -> list[str | None]:
    """The names of the entries; None where nothing is stated any more."""
    return [each.particulars.name if each.particulars else None for each in ledger.stated()]


def test_what_is_entered_is_kept(ledger: Ledger):
    """Entries have their bytes, what was stated of them and their time, also when the ledger is opened again."""
    ledger.append([draft("a"), draft("b", b"")], now=NOW)
    ledger.append([draft("c")], now=later(1))
    again = Ledger(ledger.location)

    assert (again.size, names(again)) == (3, ["a", "b", "c"])
    assert [content for _, _, content in again.documents()] == [b"a", b"", b"c"]
    assert [each.entry.entered for each in again.stated()] == [NOW, NOW, later(1)]
    assert again.entry(2).entry.number == again.number_of("b") == 2
    assert again.number_of("d") is None
    assert verify_ledger(again).faults == ()
    again.close()


def test_nothing_is_entered_over_anything(ledger: Ledger):
    """A name is given once, and drafts of which one has a name that is taken are not entered at all."""
    ledger.append([draft("a")], now=NOW)
    for drafts in ([draft("b"), draft("a", b"other")], [draft("c"), draft("c")]):
        with pytest.raises(UsageError, match="already named"):
            ledger.append(drafts, now=NOW)
    assert names(ledger) == ["a"]


def test_the_clock_may_go_back(ledger: Ledger):
    """No entry has an earlier time than the one before; a clock that is a day behind is to be set right first."""
    for minutes in (5, 0, 10):
        ledger.append([draft(f"{minutes}")], now=later(minutes))
    with pytest.raises(UsageError, match="more than a day behind"):
        ledger.append([draft("x")], now=later(-1440))
    assert [each.entry.entered for each in ledger.stated()] == [later(5), later(5), later(10)]


def test_threads_and_openings_share_a_ledger(ledger: Ledger):
    """What several threads and openings of a ledger enter at once is entered once, and one that is refused refuses no other."""
    openings = [ledger, Ledger(ledger.location)]

    def enter(number: int) -> bool:
        try:
            openings[number % 2].append([draft(f"{number % 60}")], now=NOW)
        except UsageError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        accepted = sum(pool.map(enter, range(120)))
    assert accepted == ledger.size == 60
    assert sorted(names(ledger)) == sorted(map(str, range(60)))
    assert verify_ledger(ledger).faults == ()
    openings[1].close()


@pytest.mark.parametrize(("first", "second"), [("a", "a/b"), ("a/b", "a"), ("a/b/c", "a/b")])
def test_no_name_is_a_folder_of_another(ledger: Ledger, first: str, second: str):
    """A name that is the folder of another could not be exported beside it, and is refused, together and one after the other."""
    with pytest.raises(UsageError, match="folder of that name"):
        ledger.append([draft(first), draft(second)], now=NOW)
    ledger.append([draft(first)], now=NOW)
    with pytest.raises(UsageError, match="folder of that name"):
        ledger.append([draft(second)], now=NOW)
    ledger.append([draft(f"{first}-b")], now=NOW)


@pytest.mark.parametrize("name", ["/a", "a/", "a//b", "../a", "a/./b", "a\nb", "a\0", "\ud800", "\u202ea", "a\\b", "a" * 300])
def test_what_is_no_name(ledger: Ledger, name: str):
    """A name that is no path of printable signs is refused, alone: what others enter at the same time is entered."""
    with pytest.raises(InvalidInputError, match="cannot name an entry"):
        ledger.append([draft(name, b"")], now=NOW)
    assert ledger.size == 0


def test_text_that_is_none(ledger: Ledger):
    """What is stated in signs that are no text is refused."""
    with pytest.raises(InvalidInputError, match="no text"):
        ledger.append([Draft(DOCUMENT, b"", Particulars(name="a", sender="\ud800"))], now=NOW)


@pytest.mark.parametrize("kind", [SEALING, ERASURE])
def test_a_decision_keeps_bytes_back(ledger: Ledger, place: Callable[[str], Path], kind: str):
    """A decision is about one entry, and names the others with the same bytes; no copy made afterwards has the bytes, and both verify."""
    ledger.append([draft("a", SECRET), draft("b"), draft("c", SECRET)], now=NOW)
    decided = ledger.decide(kind, 1, reason="sent by mistake", by="The administrator", now=later(1))
    copy = copy_ledger(ledger, place("copy"))

    assert decided.entry is not None
    assert (decided.entry.about, decided.others, decided.is_cleared) == (1, (3,), True)
    assert [(name, content) for name, _, content in ledger.documents()] == [("b", b"b"), ("c", SECRET)]
    assert names(ledger)[:3] == ([None, "b", "c"] if kind == ERASURE else ["a", "b", "c"])
    assert names(copy)[:3] == [None, "b", "c"]
    decision = ledger.entry(4).particulars
    assert decision is not None
    assert (decision.reason, decision.entered_by) == ("sent by mistake", "The administrator")
    for each in (ledger, copy):
        assert verify_ledger(each, notes=[ledger.checkpoint]).faults == ()
        assert each.entry(1).entry == ledger.entry(1).entry
    copy.close()


def test_an_erasure_is_final(ledger: Ledger):
    """What is sealed may be erased; what is erased is not decided about again, but cleared from the disk as often as it is asked for."""
    ledger.append([draft("a", SECRET)], now=NOW)
    ledger.decide(SEALING, 1, reason="misfiled", by="x", now=NOW)
    ledger.decide(ERASURE, 1, reason="personal data", by="x", now=NOW)
    with pytest.raises(UsageError, match="was erased"):
        ledger.decide(SEALING, 1, reason="misfiled", by="x", now=NOW)
    again = ledger.decide(ERASURE, 1, reason="personal data", by="x", now=NOW)

    assert (again.entry, again.is_cleared, ledger.size) == (None, True, 3)
    assert verify_ledger(ledger).faults == ()


def test_what_is_erased_is_in_no_file(tmp_path: Path):
    """No file of a database of SQLite holds bytes that were erased, nor the name of their document; while somebody reads, it is said."""
    ledger = Ledger.create(tmp_path / "register.db", origin="x")
    ledger.append([draft("a-telling-name.ttl", SECRET)], now=NOW)
    with reading(ledger.engine) as reader:
        assert reader.exec_driver_sql("SELECT count(*) FROM entries").scalar() == 1
        assert not ledger.decide(ERASURE, 1, reason="personal data", by="The administrator", now=later(1)).is_cleared
    assert ledger.decide(ERASURE, 1, reason="personal data", by="The administrator", now=later(1)).is_cleared

    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert SECRET not in content
    assert b"telling" not in content
    with pytest.raises(UsageError, match="was erased"):
        make_receipt(ledger, 1)
    ledger.close()


def test_decisions_are_about_documents(ledger: Ledger):
    """A decision needs an entry, a reason, and an entry that is not a decision; of a decision there is no receipt."""
    ledger.append([draft("a")], now=NOW)
    ledger.decide(SEALING, 1, reason="misfiled", by="The administrator", now=NOW)
    for number in (9, 0, -1, 10**30):
        with pytest.raises(NotFoundError):
            ledger.decide(ERASURE, number, reason="misfiled", by="x", now=NOW)
    for number, reason in ((2, "misfiled"), (1, " ")):
        with pytest.raises(UsageError):
            ledger.decide(ERASURE, number, reason=reason, by="x", now=NOW)
    with pytest.raises(UsageError, match="is a decision"):
        make_receipt(ledger, 2)


def test_nothing_is_added_to_what_was_not_signed(ledger: Ledger):
    """Where entries were put in beside the log, nothing more is entered, so that nothing that was not acknowledged is ever signed."""
    ledger.append([draft("a")], now=NOW)
    with writing(ledger.writer) as connection:
        row = connection.execute(sa.select(ENTRIES)).one()
        connection.execute(
            ENTRIES.insert().values(**{**row._asdict(), "number": 2, "leaf": row.leaf.replace(b'"number":1', b'"number":2')})
        )
    for opened in (ledger, Ledger(ledger.location)):
        with opened, pytest.raises(InconsistentDataError, match="not as its log last signed it"):
            opened.append([draft("b")], now=NOW)
    assert {fault.key for fault in verify_ledger(ledger).faults} >= {"ledger.not-acknowledged"}


@pytest.mark.parametrize("number", [0, -5])
def test_numbers_begin_with_one(ledger: Ledger, number: int):
    """An entry put in before the first one keeps anything more from being entered, and is found."""
    ledger.append([draft("a")], now=NOW)
    with writing(ledger.writer) as connection:
        row = connection.execute(sa.select(ENTRIES)).one()
        connection.execute(ENTRIES.insert().values(**{**row._asdict(), "number": number}))
    with Ledger(ledger.location) as opened, pytest.raises(InconsistentDataError, match="not as its log last signed it"):
        opened.append([draft("b")], now=NOW)
    assert verify_ledger(ledger).faults


def test_no_receipt_for_what_is_not_signed(ledger: Ledger):
    """Of an entry that was put in beside the log there is no receipt."""
    ledger.append([draft("a")], now=NOW)
    with writing(ledger.writer) as connection:
        row, stated = connection.execute(sa.select(ENTRIES)).one(), connection.execute(sa.select(PARTICULARS)).one()
        connection.execute(
            ENTRIES.insert().values(**{**row._asdict(), "number": 2, "leaf": row.leaf.replace(b'"number":1', b'"number":2')})
        )
        connection.execute(PARTICULARS.insert().values(number=2, bytes=stated.bytes))
    with pytest.raises(InconsistentDataError):
        make_receipt(ledger, 2)
    make_receipt(ledger, 1)


def test_a_damaged_log_of_the_database_loses_nothing(tmp_path: Path):
    """What is committed is in the database itself, as soon as no reader needs the state before."""
    with Ledger.create(tmp_path / "register.db", origin="x") as ledger:
        ledger.append([draft("a")], now=NOW)
        ledger.append([draft("b")], now=NOW)
        shutil.copy(ledger.location.file, tmp_path / "copy.db")
        with Ledger(locate(tmp_path / "copy.db")) as copy:
            assert names(copy) == ["a", "b"]


def test_what_was_seen_before(ledger: Ledger):
    """Who adds to a state that is not the present one any more is told, and adds nothing."""
    ledger.append([draft("a")], now=NOW, seen=0)
    with pytest.raises(LedgerGrownError):
        ledger.append([draft("b")], now=NOW, seen=0)
    ledger.append([draft("b")], now=NOW, seen=1)
    assert names(ledger) == ["a", "b"]


def test_an_interrupted_commit_acknowledges_nothing(ledger: Ledger, monkeypatch: pytest.MonkeyPatch):
    """Where the thread that commits for all is interrupted, none of those who wait is told that its entry is there."""
    ledger.append([draft("a")], now=NOW)
    sign = Signer.sign
    started, go_on = threading.Event(), threading.Event()

    def interrupted(signer: Signer, checkpoint: Checkpoint) -> str:
        if checkpoint.size == 2:
            started.set()
            go_on.wait(10)
            return sign(signer, checkpoint)
        raise KeyboardInterrupt

    monkeypatch.setattr(Signer, "sign", interrupted)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(ledger.append, [draft("b")], now=NOW)
        started.wait(10)
        others = [pool.submit(ledger.append, [draft(f"c{n}")], now=NOW) for n in range(3)]
        time.sleep(0.2)
        go_on.set()
        assert [entry.number for entry in first.result()] == [2]
        # The one that commits for all is interrupted itself; the others are told, and may try again.
        kinds = sorted(type(other.exception()).__name__ for other in others)
        assert kinds == ["KeyboardInterrupt", "UnavailableError", "UnavailableError"]
    monkeypatch.undo()
    assert names(ledger) == ["a", "b"]


def test_nothing_is_entered_without_the_key(ledger: Ledger):
    """Without its private key, or with another, a ledger is read and nothing is entered."""
    ledger.append([draft("a")], now=NOW)
    ledger.location.key.unlink()
    again = Ledger(ledger.location)
    with pytest.raises(InvalidInputError, match="no private key"):
        again.append([draft("b")], now=NOW)
    with Ledger.create(ledger.location.file.with_name("other.db"), origin="x") as other:
        ledger.location.key.write_bytes(other.location.key.read_bytes())
    with Ledger(ledger.location) as opened, pytest.raises(UsageError, match="another log"):
        opened.append([draft("b")], now=NOW)

    assert names(again) == ["a"]
    again.close()


def test_a_full_disk_loses_nothing(tmp_path: Path, full_disk: Callable[[], AbstractContextManager[None]]):
    """On a full disk nothing is entered, a sentence says so, and what was entered before is kept; afterwards entries are taken again."""
    ledger = Ledger.create(tmp_path / "register.db", origin="x")
    ledger.append([draft("a")], now=NOW)
    with full_disk(), pytest.raises(UnavailableError, match="could not be read or written"):
        ledger.append([draft("b", b"b" * 100_000)], now=NOW)

    assert names(ledger) == ["a"]
    ledger.append([draft("b")], now=NOW)
    assert names(ledger) == ["a", "b"]
    assert verify_ledger(ledger).faults == ()
    ledger.close()


def test_a_server_that_has_gone(server: Server, tmp_path: Path):
    """A database that does not answer gives a sentence; after a crash of the server what was acknowledged is there."""
    server.create("gone")
    ledger = Ledger.create(server.pointer(tmp_path / "gone.toml", database="gone"), origin="x")
    ledger.append([draft("a")], now=NOW)
    server.crash()
    assert names(ledger) == ["a"]
    ledger.append([draft("b")], now=NOW)
    assert verify_ledger(ledger).faults == ()
    ledger.close()

    (tmp_path / "absent.toml").write_text('url = "postgresql://postgres@127.0.0.1:9/x"\nkey = "gone.key"\n', encoding="utf-8")
    with pytest.raises(UnavailableError):
        Ledger(locate(tmp_path / "absent.toml")).stated()


@pytest.mark.parametrize(
    "text",
    [
        "", "url = 1", "x",
        'url = "postgresql://h:abc/db"\nkey = "k"', 'url = "postgresql://a/b?plugin=x"\nkey = "k"',
        'url = "postgresql://a/b?password=x"\nkey = "k"', 'url = "postgresql://a/b"\nkey = "\\u0000"', f"url = {'[' * 5000}",
        'url = "postgresql://a/b"', 'url = "sqlite:///x"\nkey = "k"', 'url = "mysql://a/b"\nkey = "k"', "\udcff",
        'url = "postgresql://a:secret@b/c"\nkey = "k"', 'url = "postgresql://a/b"\nkey = 1',
    ],
)  # fmt: skip
def test_other_files_name_no_ledger(tmp_path: Path, text: str):
    """A file that does not say where a ledger is, or that holds a password, is refused with a sentence."""
    file = tmp_path / "register.toml"
    file.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(InvalidInputError, match="does not say where"):
        locate(file)


@pytest.mark.parametrize("origin", ["", "a b", "a+b", "a\nb", "\ud800"])
def test_the_name_of_a_log(tmp_path: Path, origin: str):
    """A name that a signed note cannot hold is refused, and nothing is left behind."""
    with pytest.raises(UsageError, match="cannot name a log"):
        Ledger.create(tmp_path / "register.db", origin=origin)
    assert list(tmp_path.iterdir()) == []


def test_no_ledger_is_created_over_another(ledger: Ledger):
    """Where there is a ledger none is created, and nothing is touched; where there is none, none is opened."""
    key = ledger.location.key.read_bytes()
    with pytest.raises(UsageError):
        Ledger.create(ledger.location.file, origin="x")
    assert ledger.location.key.read_bytes() == key
    ledger.location.key.unlink()
    with pytest.raises(UsageError):
        Ledger.create(ledger.location.file, origin="x")
    assert not ledger.location.key.exists()
    if ledger.location.is_sqlite:
        with pytest.raises(NotFoundError):
            Ledger(locate(ledger.location.file.with_name("absent.db")))


@pytest.mark.parametrize("name", ["a?b.db", "a#%41.db", "a b.db", "é.db"])
def test_a_file_has_the_name_that_was_given(tmp_path: Path, name: str):
    """Signs that have a meaning in addresses are signs of a name."""
    with Ledger.create(tmp_path / name, origin="x") as ledger:
        ledger.append([draft("a")], now=NOW)
    assert is_ledger(tmp_path / name)
    assert {file.name for file in tmp_path.iterdir()} == {name, f"{name}.key"}


def test_reading_changes_no_file(tmp_path: Path):
    """To verify a ledger, or what is none, writes nothing; a ledger in a folder that cannot be written is read all the same."""
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE a (b)")
    connection.close()
    content = other.read_bytes()
    assert not is_ledger(other)
    with Ledger(locate(other)) as opened, pytest.raises(UnavailableError, match="no such table"):
        verify_ledger(opened)
    assert other.read_bytes() == content
    with Ledger.create(tmp_path / "register.db", origin="x") as ledger:
        ledger.append([draft("a")], now=NOW)
    content = ledger.location.file.read_bytes()
    with Ledger(ledger.location) as opened:
        assert verify_ledger(opened).faults == ()
    assert ledger.location.file.read_bytes() == content


def test_a_failed_creation_leaves_nothing(tmp_path: Path, full_disk: Callable[[], AbstractContextManager[None]]):
    """Where a ledger cannot be written, no file of it is left, and it can be created afterwards."""
    with full_disk(), pytest.raises((UnavailableError, UsageError)):
        Ledger.create(tmp_path / "register.db", origin="x")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "absent.toml").write_text('url = "postgresql://postgres@127.0.0.1:9/x"\nkey = "gone.key"\n', encoding="utf-8")
    with pytest.raises(UnavailableError):
        Ledger.create(tmp_path / "absent.toml", origin="x")
    assert [file.name for file in tmp_path.iterdir()] == ["absent.toml"]
    Ledger.create(tmp_path / "register.db", origin="x").close()
