"""A register in a ledger: what is kept there is what is kept in a folder; receipts, copies, decisions and verification by commands."""

import os
import shutil
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from conftest import ROOT
from kept_register import NOTIFICATION, enter, invoke, keep
from observance.core import InvalidInputError, NotFoundError, ObservanceError, UsageError
from observance.ledger import DOCUMENT, Draft, Ledger, Particulars
from observance.register import Register, RegisterService

DEMO = ROOT / "queries" / "demo"
TIME = datetime(2026, 11, 30, 9, 30, tzinfo=UTC)


def contents(folder: Path) -> dict[str, bytes]:
    """The content of each file of the folder, by its path there."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands still."""
    for module in ("ledger", "register"):
        monkeypatch.setattr(f"observance.cli.{module}.current_time", lambda: TIME)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """A ledger with the documents of the demo register."""
    file = tmp_path / "register.db"
    invoke("register", "import", DEMO, file, "--origin", "register.example.org/demo")
    return file


def number_of(name: str) -> int:
    """The number of the entry with the file of the demo register."""
    return sorted(contents(DEMO)).index(name) + 1


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    """A notification as it was received."""
    file = tmp_path / "letter.ttl"
    file.write_text(NOTIFICATION, encoding="utf-8")
    return file


def test_a_ledger_is_kept_as_a_folder_is(tmp_path: Path, letter: Path):
    """The same commands give the same documents in a ledger, in a folder, and in a ledger that is exported."""
    folder, file = keep(tmp_path / "kept", letter), keep(tmp_path / "kept.db", letter)
    invoke("register", "export", file, tmp_path / "exported")

    assert contents(tmp_path / "exported") == contents(folder)
    assert invoke("register", "verify", file, "--lang", "en").output == f"{len(contents(folder))} entries; everything matches the log.\n"
    for command in ("assess --format json", "check --format json --register"):
        arguments = command.split()
        answers = [invoke(*arguments, *(() if "check" in arguments else ("--register",)), path).stdout for path in (folder, file)]
        assert answers[0].replace(str(folder), str(file)) == answers[1]
    with pytest.raises(UsageError, match="on record"):
        enter(file, f"receive {letter} --by parties/xa-customs --on 2024-01-05")


def test_import_and_export_are_the_same_bytes(ledger: Path, tmp_path: Path):
    """A folder that is imported and exported has the same names and bytes; nothing is imported twice or exported over anything."""
    invoke("register", "export", ledger, tmp_path / "out")
    assert contents(tmp_path / "out") == contents(DEMO)
    with pytest.raises(UsageError, match="already named"):
        invoke("register", "import", DEMO, ledger)
    with pytest.raises(UsageError, match="exists"):
        invoke("register", "export", ledger, tmp_path / "out")


def test_a_receipt(ledger: Path, tmp_path: Path):
    """A receipt is read by people in both languages, and proves its file to `receipt verify`, which needs no ledger."""
    number, proof = number_of("xa.ttl"), tmp_path / "proof.json"
    english = invoke("register", "receipt", ledger, number, "--to", proof, "--lang", "en").output
    french = invoke("register", "receipt", ledger, number, "--lang", "fr").output
    key = invoke("register", "key", ledger).output.strip()
    ledger.unlink()
    proved = invoke("receipt", "verify", DEMO / "xa.ttl", proof, "--key", key, "--lang", "en")
    by_its_key = invoke("receipt", "verify", DEMO / "xa.ttl", proof, "--lang", "en")
    refused = invoke("receipt", "verify", DEMO / "xb.ttl", proof, "--lang", "en")

    lines = [f"Receipt, entry {number}", "Register: register.example.org/demo", "Document: xa.ttl"]
    lines += ["On behalf of: https://w3id.org/observance/parties/XA", "Entered: 30 November 2026, 09:30 UTC"]
    assert "\n".join(lines) in english
    assert f"Récépissé, inscription {number}\nRegistre : register.example.org/demo" in french
    assert proved.return_value is by_its_key.return_value is None
    assert proved.output.endswith("according to the log with the key you gave.\n")
    assert by_its_key.output.endswith(f"Compare it with the key that the register publishes: {key}\n")
    assert (refused.return_value, refused.output) == (1, "✗ The file is not the one that was entered: its digest differs.\n")


def test_a_drill(ledger: Path, tmp_path: Path):
    """A ledger that is lost is restored from its backup, with its key, and its log goes on: receipts given before hold."""
    number, proof, backup, new = number_of("xa.ttl"), tmp_path / "proof.json", tmp_path / "backup.db", tmp_path / "new.db"
    invoke("register", "receipt", ledger, number, "--to", proof)
    told = invoke("register", "backup", ledger, backup, "--lang", "en").output
    key = ledger.with_name("register.db.key")
    for ending in ("", "-wal", "-shm"):
        ledger.with_name(ledger.name + ending).unlink(missing_ok=True)
    invoke("register", "restore", backup, new)
    with pytest.raises(InvalidInputError, match="no private key"):
        invoke("register", "seal", new, 1, "--reason", "x", "--by", "y")
    shutil.copy(key, f"{new}.key")
    invoke("register", "seal", new, 1, "--reason", "misfiled", "--by", "The administrator")

    assert f"put the log's private key in {backup}.key" in told
    assert invoke("register", "verify", new, "--given", proof).return_value is None
    invoke("register", "export", new, tmp_path / "out")
    assert contents(tmp_path / "out") == {name: content for name, content in contents(DEMO).items() if number_of(name) != 1}


def test_verification_says_what_differs(ledger: Path, tmp_path: Path):
    """What differs is told, and the exit code is 1; a checkpoint that was given out shows that a log is another."""
    note = tmp_path / "note"
    note.write_text(invoke("register", "checkpoint", ledger).output, encoding="utf-8")
    other = tmp_path / "other.db"
    invoke("register", "import", DEMO, other, "--origin", "register.example.org/demo")
    assert invoke("register", "verify", ledger, "--given", note).return_value is None
    assert invoke("register", "verify", other, "--given", note).return_value == 1
    with sqlite3.connect(ledger) as connection:
        connection.execute("UPDATE names SET name = 'other' WHERE name = 'xa.ttl'")
    connection.close()
    result = invoke("register", "verify", ledger, "--lang", "fr")

    number = number_of("xa.ttl")
    assert (result.return_value, result.output.splitlines()[0]) == (
        1,
        f"✗ Inscription {number} : les données conservées ne correspondent pas au journal, ou elle n'est pas à sa place.",
    )


def test_a_log_that_only_grew(ledger: Path, tmp_path: Path):
    """The proof that a log only grew holds for its own checkpoints, without the ledger, and for no others."""
    earlier, later, proof, other = (tmp_path / name for name in ("earlier", "later", "proof", "other"))
    earlier.write_text(invoke("register", "checkpoint", ledger).output, encoding="utf-8")
    invoke("register", "seal", ledger, 1, "--reason", "misfiled", "--by", "x")
    later.write_text(invoke("register", "checkpoint", ledger).output, encoding="utf-8")
    proof.write_text(invoke("register", "consistency", ledger, earlier).output, encoding="utf-8")
    invoke("register", "import", DEMO, tmp_path / "other.db", "--origin", "register.example.org/demo")
    other.write_text(invoke("register", "checkpoint", tmp_path / "other.db").output, encoding="utf-8")
    count, key = len(contents(DEMO)), invoke("register", "key", ledger).output.strip()
    shown = invoke("receipt", "consistency", earlier, proof, "--key", key, "--lang", "en")

    assert (shown.return_value, shown.output.partition(",")[0]) == (
        None,
        f"The log with the key below grew from {count} to {count + 1} entries",
    )
    for note in (later, other):
        assert invoke("receipt", "consistency", note, proof).return_value == 1
    with pytest.raises(UsageError, match="not the beginning"):
        invoke("register", "consistency", tmp_path / "other.db", later)


def test_what_is_erased_is_gone(ledger: Path, tmp_path: Path):
    """What is erased is in no answer, export or copy, and its entry says what was decided."""
    number = number_of("xa.ttl")
    decision = ("--reason", "personal data", "--by", "The administrator")
    said = invoke("register", "erase", ledger, number, *decision, "--lang", "en").output
    invoke("register", "export", ledger, tmp_path / "out")

    assert said.startswith(f"Entry {number} is erased")
    assert set(contents(DEMO)) - set(contents(tmp_path / "out")) == {"xa.ttl"}
    assert invoke("register", "verify", ledger).return_value is None
    assert said.endswith("It is overwritten on disk.\n")
    with pytest.raises(UsageError, match="was erased"):
        invoke("register", "receipt", ledger, number)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("export", DEMO, "out"), UsageError),
        (("verify", "absent.db"), NotFoundError),
        (("import", "absent", "x.db", "--origin", "x"), InvalidInputError),
        (("import", "empty", "x.db", "--origin", "x"), InvalidInputError),
        (("import", DEMO, "x.db", "--origin", "a b"), UsageError),
        (("import", DEMO, "absent.db"), NotFoundError),
        (("receipt", "register.db", "99"), NotFoundError),
        (("erase", "register.db", "1", "--reason", " ", "--by", "x"), UsageError),
        (("erase", "register.db", "9" * 30, "--reason", "x", "--by", "x"), NotFoundError),
        (("import", ".", "x.db", "--origin", "x"), UsageError),
        (("import", "linked", "x.db", "--origin", "x"), InvalidInputError),
        (("import", "piped", "x.db", "--origin", "x"), InvalidInputError),
        (("import", "misnamed", "x.db", "--origin", "x"), InvalidInputError),
        (("import", "long", "x.db", "--origin", "x"), InvalidInputError),
        (("import", "keyed", "x.db", "--origin", "x"), InvalidInputError),
        (("import", "nested", "x.db", "--origin", "x"), InvalidInputError),
        (("new", "empty.db", "--base", "https://example.org/"), UsageError),
        (("new", "note.txt", "--base", "https://example.org/"), UsageError),
        (("new", "x.db", "--base", "https://[::1/"), UsageError),
        (("receipt", "register.db", "\udcff"), NotFoundError),
        (("verify", "empty.db"), UsageError),
        (("verify", "register.db", "--given", "/dev/zero"), InvalidInputError),
        (("verify", "register.db", "--given", "empty.db"), InvalidInputError),
        (("receipt", "register.db", "xa.ttl", "--to", "empty.db"), UsageError),
        (("verify", "register.db", "--given", "absent"), NotFoundError),
        (("new", "register.db", "--base", "https://example.org/"), UsageError),
    ],
)
def test_mistakes_are_told(ledger: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[object, ...], error: type[ObservanceError]):
    """Each mistake is told in a sentence, and leaves nothing behind."""
    for name in ("empty", "linked", "piped", "misnamed", "long", "keyed", "nested"):
        (ledger.parent / name).mkdir()
    (ledger.parent / "linked" / "x.txt").symlink_to("/etc/hostname")
    os.mkfifo(ledger.parent / "piped" / "x")
    Path(os.fsdecode(bytes(ledger.parent / "misnamed") + b"/\xff.txt")).touch()
    (ledger.parent / "empty.db").touch()
    (ledger.parent / "note.txt").touch()
    (ledger.parent / "long" / ("a" * 220)).touch()
    shutil.copy(f"{ledger}.key", ledger.parent / "keyed" / "a.txt")
    shutil.copy(ledger, ledger.parent / "nested" / "a.db")
    monkeypatch.chdir(ledger.parent)
    before = set(ledger.parent.iterdir())
    with pytest.raises(error):
        invoke("register", *arguments)
    assert {path for path in set(ledger.parent.iterdir()) - before if not path.name.startswith("register.db-")} == set()


def test_two_who_receive_at_once(tmp_path: Path, letter: Path, monkeypatch: pytest.MonkeyPatch):
    """A letter that two enter at the same time is received once: the second reads again what the first has added."""
    file = keep(tmp_path / "kept.db", letter)
    other = tmp_path / "other.ttl"
    other.write_text(NOTIFICATION.replace("/notification>", "/second>"), encoding="utf-8")
    command = f"receive {other} --by parties/xa-customs --on 2024-01-05"
    copy = tmp_path / "copy.ttl"
    copy.write_bytes(other.read_bytes())
    open_register, done = RegisterService.open, []

    def slow(service: RegisterService, paths: Sequence[Path | str]) -> Register:
        register = open_register(service, paths)
        if not done:
            done.append(True)
            enter(file, command.replace(str(other), str(copy)))
        return register

    monkeypatch.setattr(RegisterService, "open", slow)
    with pytest.raises(UsageError, match="on record"):
        enter(file, command)
    monkeypatch.undo()
    invoke("register", "export", file, tmp_path / "exported")
    assert len(list((tmp_path / "exported" / "received").iterdir())) == 2


def test_a_time_that_is_still_to_come(tmp_path: Path, letter: Path):
    """Nothing is entered with a time that is still to come, in a folder or in a ledger."""
    for file in (tmp_path / "kept.db", tmp_path / "kept"):
        keep(file, letter)
        with pytest.raises(UsageError, match="still to come"):
            enter(file, "meeting 2999 --state MeetingPlanned --title en=Review --planned 2999-01-16", "--entered", "2999-01-01T00:00:00Z")


def test_a_receipt_prints_no_line_of_its_sender(tmp_path: Path):
    """Signs that would move the cursor, or turn the writing, are printed by their numbers."""
    sender = "Sender\nEntered: 1 January 2020\x1b[8m\u202e"
    with Ledger.create(tmp_path / "register.db", origin="x") as ledger:
        ledger.append([Draft(DOCUMENT, b"", Particulars(name="a", sender=sender))], now=TIME)
    lines = invoke("register", "receipt", tmp_path / "register.db", "a", "--lang", "en").output.splitlines()
    assert "Sender: Sender\\nEntered: 1 January 2020\\x1b[8m\\u202e" in lines
    assert [line for line in lines if line.startswith("Entered")] == ["Entered: 30 November 2026, 09:30 UTC"]
