"""The write-ahead journal of a register's deliveries, and the records of deliveries in Turtle beside it.

Both are in the folder of the register, so that all outboxes share them. One process at a time may write to the journal.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pyoxigraph as ox
from msgspec import Struct
from msgspec.structs import asdict

from observance.core import (
    DCTERMS,
    HOME,
    OBS,
    PROV,
    RDF,
    XSD,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    UsageError,
    sync_folder,
    write_durably,
)
from observance.notifications.plan import PreparedMessage
from observance.rdf import serialize_turtle

RECORDS_FOLDER: Final = "transmissions"
_JOURNAL_FILE: Final = "journal.jsonl"
INTENT: Final = "intent"
"""The end of the message is about to be sent: until another entry follows, its acceptance by the server is in doubt."""
SENT: Final = "sent"
"""The server accepted the message, or the doubt was resolved so."""
NOT_SENT: Final = "not-sent"
"""The server did not accept the message, or the doubt was resolved so: the message may be sent again."""
RECORDED: Final = "recorded"
"""The record of the delivery is in the register."""
_STATES: Final = (INTENT, SENT, NOT_SENT, RECORDED)
_ACT_NAMESPACE: Final = HOME + "transmissions/"
_CHANNEL: Final = OBS + "ByEMail"


class JournalEntry(Struct, frozen=True):
    """The state of a message, the time of sending as xsd:dateTime, and the reply of the server."""

    state: str
    message: PreparedMessage
    at: str
    reply: str


class Journal:
    """The locked journal of one register: the last entry of each message, by the key of the message."""

    def __init__(self, folder: Path, handle: int, entries: dict[str, JournalEntry]) -> None:
        """Called by `open_journal` only, which holds the lock; `handle` is the descriptor of the locked file."""
        self.folder = folder
        self._handle = handle
        self._entries = entries

    @property
    def entries(self) -> Mapping[str, JournalEntry]:
        """The last entry of each message, in the order of first entries."""
        return self._entries

    def state(self, key: str) -> str | None:
        """The state of the message with this key; None if it has no entry."""
        entry = self._entries.get(key)
        return entry.state if entry else None

    def append(self, state: str, message: PreparedMessage, *, at: str, reply: str = "") -> None:
        """Append an entry and flush it to disk; raises UsageError when it cannot be written."""
        line = json.dumps({"state": state, "at": at, "reply": reply, "letter": asdict(message)}, ensure_ascii=False) + "\n"
        try:
            remaining = line.encode()
            while remaining:
                remaining = remaining[os.write(self._handle, remaining) :]
            os.fsync(self._handle)
        except OSError as error:
            raise UsageError(
                "cli.cannot-write", folder=self.folder / _JOURNAL_FILE, reason=error.strerror or type(error).__name__
            ) from None
        self._entries[message.key] = JournalEntry(state, message, at, reply)


@contextmanager
def open_journal(register: Path) -> Iterator[Journal]:
    """Open and lock the journal in the register's folder.

    A last line that a crash cut short is removed, because the step that it announces had not begun. Raises NotFoundError for a folder
    that does not exist, ForbiddenError while another process has the lock, InvalidInputError for a damaged journal, UsageError when it
    cannot be written.
    """
    if not register.is_dir():
        raise NotFoundError("relay.no-register", folder=register)
    folder = register / RECORDS_FOLDER
    try:
        folder.mkdir(exist_ok=True)
        handle = os.open(folder / _JOURNAL_FILE, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    except OSError as error:
        raise UsageError("cli.cannot-write", folder=folder, reason=error.strerror or type(error).__name__) from None
    try:
        _lock(handle, folder=folder)
        sync_folder(folder)
        sync_folder(register)
        yield Journal(folder, handle, _read_entries(handle, path=folder / _JOURNAL_FILE))
    finally:
        os.close(handle)


def _lock(handle: int, *, folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ForbiddenError("relay.locked", folder=folder) from None


def _read_entries(handle: int, *, path: Path) -> dict[str, JournalEntry]:
    with os.fdopen(os.dup(handle), "rb") as file:
        file.seek(0)
        text = file.read()
    complete = text[: text.rfind(b"\n") + 1]
    if len(complete) < len(text):
        os.ftruncate(handle, len(complete))
        os.fsync(handle)
    entries: dict[str, JournalEntry] = {}
    for number, line in enumerate(complete.splitlines(), start=1):
        entry = _parse_entry(line, path=path, number=number)
        entries[entry.message.key] = entry
    return entries


def _parse_entry(line: bytes, *, path: Path, number: int) -> JournalEntry:
    try:
        row = json.loads(line)
        message = PreparedMessage(**{**row["letter"], "versions": tuple(row["letter"]["versions"])})
        if row["state"] not in _STATES:
            raise ValueError(row["state"])
        return JournalEntry(row["state"], message, row["at"], row["reply"])
    except (ValueError, KeyError, TypeError):
        raise InvalidInputError("relay.bad-journal", name=path, line=number) from None


def record_name(message: PreparedMessage) -> str:
    """The stem of the record's file name, a digest of document and body: it does not depend on the message that informed the body."""
    return hashlib.sha256(message.key.encode()).hexdigest()[:16]


def delivery_record(message: PreparedMessage, *, at: str) -> str:
    """The act of informing a body, as Turtle: document, body, bearer, day, channel and Message-ID.

    `at` is an xsd:dateTime, and the day of the act is the one written in it. Raises ValueError if an identifier is no IRI.
    """
    act = ox.NamedNode(_ACT_NAMESPACE + record_name(message))
    properties: list[tuple[str, ox.NamedNode | ox.Literal]] = [
        (RDF + "type", ox.NamedNode(message.record)),
        (PROV + "used", ox.NamedNode(message.document)),
        (PROV + "wasAssociatedWith", ox.NamedNode(message.bearer)),
        (OBS + "relayedOn", _typed_literal(at[:10], "date")),
        (OBS + "informedParty", ox.NamedNode(message.recipient)),
        (OBS + "channel", ox.NamedNode(_CHANNEL)),
        (DCTERMS + "identifier", ox.Literal(message.message)),
        (OBS + "recordedAt", _typed_literal(at, "dateTime")),
    ]
    return serialize_turtle(ox.Triple(act, ox.NamedNode(predicate), value) for predicate, value in properties)


def write_record(message: PreparedMessage, *, at: str, folder: Path) -> Path:
    """Write the record of the delivery into the folder and return its path; idempotent. Raises UsageError when it cannot be written."""
    path = folder / f"{record_name(message)}.ttl"
    write_durably(path, delivery_record(message, at=at).encode())
    return path


def _typed_literal(text: str, kind: str) -> ox.Literal:
    return ox.Literal(text, datatype=ox.NamedNode(XSD + kind))
