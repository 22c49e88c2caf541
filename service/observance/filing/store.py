"""Where a register keeps its documents: a folder of files, or a ledger."""

import mimetypes
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

from observance.core import UsageError, create_durably
from observance.ledger import DOCUMENT, RECORD, Draft, Ledger, Particulars, is_ledger, opened_ledger
from oxishacl import EXTENSIONS, MEDIA_TYPES

_LEDGER_ENDINGS: Final = (".db", ".sqlite", ".toml")
"""The endings by which the name of a new register says that it is a ledger."""


class NewDocument(Struct, frozen=True):
    """A document to add: its bytes, whether somebody sent it, and what is stated of it."""

    content: bytes
    is_received: bool = False
    particulars: Particulars = Particulars()


class RegisterStore(Protocol):
    """The documents of one register; nothing is ever written over another one."""

    def state(self) -> int | None:
        """Return what tells the present state of the register from later ones; None if nothing does."""

    def has(self, name: str) -> bool:
        """Whether there is a document with the name, which is a path below the register."""

    def add(self, documents: Mapping[str, NewDocument], *, now: datetime, seen: int | None) -> None:
        """Add the documents; raises UsageError for a name that exists, and if they cannot be written.

        Raises LedgerGrownError if the register is not in the state any more that was `seen`.
        """


class FolderStore(Struct, frozen=True):
    """A folder with a file for each document. Files are added one after the other, each complete or not at all."""

    folder: Path

    def state(self) -> int | None:
        """See `RegisterStore`."""
        return None

    def has(self, name: str) -> bool:
        """See `RegisterStore`."""
        return (self.folder / name).exists()

    def add(self, documents: Mapping[str, NewDocument], *, now: datetime, seen: int | None) -> None:  # noqa: ARG002 - of ledgers alone
        """See `RegisterStore`."""
        for name, document in documents.items():
            create_durably(self.folder / name, document.content)


class LedgerStore(Struct, frozen=True):
    """A ledger. Documents are added together or not at all; they are durable then, and `now` is the time of their entry."""

    file: Path

    def state(self) -> int | None:
        """See `RegisterStore`."""
        with opened_ledger(self.file) as ledger:
            return ledger.size

    def has(self, name: str) -> bool:
        """See `RegisterStore`."""
        with opened_ledger(self.file) as ledger:
            return ledger.number_of(name) is not None

    def add(self, documents: Mapping[str, NewDocument], *, now: datetime, seen: int | None) -> None:
        """See `RegisterStore`."""
        with opened_ledger(self.file) as ledger:
            ledger.append([_draft(name, document) for name, document in documents.items()], now=now, seen=seen)


def _draft(name: str, document: NewDocument) -> Draft:
    stated = replace(document.particulars, name=name, media_type=document.particulars.media_type or _media_type(name))
    return Draft(DOCUMENT if document.is_received else RECORD, document.content, stated)


def _media_type(name: str) -> str:
    syntax = EXTENSIONS.get(Path(name).suffix.lower())
    of_syntax = next((media_type for media_type, other in MEDIA_TYPES.items() if other == syntax), None)
    return of_syntax or mimetypes.guess_type(name)[0] or "application/octet-stream"


def register_store(path: Path) -> RegisterStore:
    """Return where the register with this path keeps its documents."""
    return LedgerStore(path) if is_ledger(path) else FolderStore(path)


def create_register(path: Path, *, base: str) -> None:
    """Prepare the path for a new register: it becomes a ledger if its name ends as that of a database does, else a folder.

    Raises UsageError if the path holds anything.
    """
    if path.suffix.lower() in _LEDGER_ENDINGS:
        Ledger.create(path, origin=base.partition("://")[2].rstrip("/#")).close()
    elif path.exists() and not path.is_dir():
        raise UsageError("ledger.exists", file=path)
    elif path.exists() and any(path.iterdir()):
        raise UsageError("register.not-empty", folder=path)
