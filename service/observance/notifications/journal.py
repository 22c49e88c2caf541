"""The journal of a register's deliveries: what was about to be sent, what was accepted, what is recorded, written before and after.

It lies beside the records in the register, so that it is the same for every outbox. One sender at a time may write in it.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from observance.core import durable_files
from observance.core.durable_files import sync_folder
from observance.core.errors import ForbiddenError, InvalidInputError, NotFoundError, UsageError
from observance.core.namespaces import DCTERMS, HOME, OBS, PROV, RDF, XSD
from observance.notifications.model import PreparedMessage
from observance.rdf.turtle import serialize_turtle

FOLDER: Final = "transmissions"
_FILE: Final = "journal.jsonl"
INTENT: Final = "intent"
"""The end of the message was about to be given: until another line follows, whether the server took it is in doubt."""
SENT: Final = "sent"
"""The server said that it took it, or someone settled the doubt so."""
UNSENT: Final = "not-sent"
"""The server said that it did not take it, or someone settled the doubt so: it may be sent again."""
RECORDED: Final = "recorded"
"""The register holds the record."""
_STATES: Final = (INTENT, SENT, UNSENT, RECORDED)


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """The last that is known of one letter: its state, the time that was given for it, what the server said."""

    state: str
    letter: PreparedMessage
    at: str
    reply: str


class Journal:
    """The journal of one register, locked: the last entry of each letter by its key, and lines that are on the disk when written."""

    def __init__(self, folder: Path, handle: int, entries: dict[str, JournalEntry]) -> None:
        """What `opened` gives."""
        self.folder = folder
        self._handle = handle
        self._entries = entries

    @property
    def entries(self) -> Mapping[str, JournalEntry]:
        """The last entry of each letter, in the order in which they were first written."""
        return self._entries

    def state(self, key: str) -> str | None:
        """The state of the letter with this key; None when nothing was ever written about it."""
        entry = self._entries.get(key)
        return entry.state if entry else None

    def append(self, state: str, letter: PreparedMessage, *, at: str, reply: str = "") -> None:
        """The line is on the disk; raises UsageError when it cannot be written."""
        line = json.dumps({"state": state, "at": at, "reply": reply, "letter": asdict(letter)}, ensure_ascii=False) + "\n"
        try:
            left = line.encode()
            while left:
                left = left[os.write(self._handle, left) :]
            os.fsync(self._handle)
        except OSError as error:
            raise UsageError("cli.cannot-write", folder=self.folder / _FILE, reason=error.strerror or type(error).__name__) from None
        self._entries[letter.key] = JournalEntry(state, letter, at, reply)


@contextmanager
def open_journal(register: Path) -> Iterator[Journal]:
    """The journal of the register's folder, which nobody else may write in meanwhile.

    A last line that was cut short by a crash is taken away: what it announced had not begun. Raises NotFoundError for a folder that does
    not exist, ForbiddenError while another sender has it, InvalidInputError for a damaged journal, UsageError when it cannot be written.
    """
    if not register.is_dir():
        raise NotFoundError("relay.no-register", folder=register)
    folder = register / FOLDER
    try:
        folder.mkdir(exist_ok=True)
        handle = os.open(folder / _FILE, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    except OSError as error:
        raise UsageError("cli.cannot-write", folder=folder, reason=error.strerror or type(error).__name__) from None
    try:
        _lock(handle, folder=folder)
        sync_folder(folder)
        sync_folder(register)
        yield Journal(folder, handle, _read(handle, name=folder / _FILE))
    finally:
        os.close(handle)


def _lock(handle: int, *, folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ForbiddenError("relay.locked", folder=folder) from None


def _read(handle: int, *, name: Path) -> dict[str, JournalEntry]:
    with os.fdopen(os.dup(handle), "rb") as file:
        file.seek(0)
        text = file.read()
    whole = text[: text.rfind(b"\n") + 1]
    if len(whole) < len(text):
        os.ftruncate(handle, len(whole))
        os.fsync(handle)
    entries: dict[str, JournalEntry] = {}
    for number, line in enumerate(whole.splitlines(), start=1):
        entry = _entry(line, name=name, number=number)
        entries[entry.letter.key] = entry
    return entries


def _entry(line: bytes, *, name: Path, number: int) -> JournalEntry:
    try:
        row = json.loads(line)
        letter = PreparedMessage(**{**row["letter"], "versions": tuple(row["letter"]["versions"])})
        if row["state"] not in _STATES:
            raise ValueError(row["state"])
        return JournalEntry(row["state"], letter, row["at"], row["reply"])
    except (ValueError, KeyError, TypeError):
        raise InvalidInputError("relay.bad-journal", name=name, line=number) from None


_ACTS: Final = HOME + "transmissions/"
_CHANNEL: Final = OBS + "ByEMail"


def record_name(letter: PreparedMessage) -> str:
    """The name of the record, the same for one document and one body whatever message brought it."""
    return hashlib.sha256(letter.key.encode()).hexdigest()[:16]


def delivery_record(letter: PreparedMessage, *, at: str) -> str:
    """The act as the register has acts: what it used, whom it informed, when, how, under which Message-ID.

    `at` is a time in the form of xsd:dateTime; the day is the one written in it. Raises ValueError for what is no IRI.
    """
    act = ox.NamedNode(_ACTS + record_name(letter))
    said: list[tuple[str, ox.NamedNode | ox.Literal]] = [
        (RDF + "type", ox.NamedNode(letter.record)),
        (PROV + "used", ox.NamedNode(letter.document)),
        (PROV + "wasAssociatedWith", ox.NamedNode(letter.bearer)),
        (OBS + "relayedOn", _typed(at[:10], "date")),
        (OBS + "informedParty", ox.NamedNode(letter.recipient)),
        (OBS + "channel", ox.NamedNode(_CHANNEL)),
        (DCTERMS + "identifier", ox.Literal(letter.message)),
        (OBS + "recordedAt", _typed(at, "dateTime")),
    ]
    return serialize_turtle(ox.Triple(act, ox.NamedNode(predicate), value) for predicate, value in said)


def write_record(letter: PreparedMessage, *, at: str, folder: Path) -> Path:
    """The register holds the record; writing it again changes nothing. Raises UsageError when it cannot be written."""
    path = folder / f"{record_name(letter)}.ttl"
    durable_files.write_durably(path, delivery_record(letter, at=at).encode())
    return path


def _typed(text: str, kind: str) -> ox.Literal:
    return ox.Literal(text, datatype=ox.NamedNode(XSD + kind))
