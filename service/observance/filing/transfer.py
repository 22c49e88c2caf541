"""Registers between a folder and a ledger: every document keeps its name and its bytes."""

import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, NoReturn

from observance.core import InvalidInputError, Settings, UsageError, create_durably
from observance.filing.store import LedgerStore, NewDocument
from observance.ledger import Ledger, Particulars, is_ledger, locate, opened_ledger
from observance.rdf import read_source

Received = Callable[[str, bytes], Particulars | None]
"""Gives, for the name and content of a file, what it states if somebody sent it; None for a record."""
_PRIVATE_KEY: Final = re.compile(rb"\s*-----BEGIN [A-Z ]*PRIVATE KEY-----")


def import_folder(
    folder: Path, file: Path, *, origin: str | None, now: datetime, settings: Settings, received: Received
) -> tuple[str, ...]:
    """Enter all files of the folder into the ledger that the file names, together or not at all, and return their names.

    With `origin`, the name of its log, the ledger is created. Hidden files and folders are left out; `received` tells what
    somebody sent from records. Raises UsageError if an entry has the name of a file, InvalidInputError for a file that
    cannot be read or is none (a link, a device), LimitExceededError for one that is too large, all before anything is entered.
    """
    location = locate(file)
    if any(folder.resolve() in path.resolve().parents for path in (location.file, location.key)):
        raise UsageError("ledger.inside", folder=folder, file=file)
    new = {name: _new_document(content, received(name, content)) for name, content in _contents(folder, settings=settings)}
    if not new:
        raise InvalidInputError("ledger.nothing-to-import", folder=folder)
    created = Ledger.create(file, origin=origin) if origin is not None else None
    try:
        LedgerStore(file).add(new, now=now, seen=None)
    except BaseException:
        if created is not None:
            created.discard()
        raise
    if created is not None:
        created.close()
    return tuple(new)


def _new_document(content: bytes, stated: Particulars | None) -> NewDocument:
    return NewDocument(content, is_received=stated is not None, particulars=stated or Particulars())


def _contents(folder: Path, *, settings: Settings) -> Iterator[tuple[str, bytes]]:
    """Yield the name of each file below the folder, as a path from there, and its content, in order."""
    for parent, folders, files in os.walk(folder, onerror=_raise):
        folders[:] = sorted(child for child in folders if not child.startswith("."))
        links = [child for child in folders if Path(parent, child).is_symlink()]
        for name in (*links, *sorted(file for file in files if not file.startswith("."))):
            path = Path(parent, name)
            try:
                is_file = stat.S_ISREG(path.lstat().st_mode)
            except OSError as error:
                _raise(error)
            if not is_file or not str(path).isprintable() or is_ledger(path):
                raise InvalidInputError("ledger.no-file-to-import", name=ascii(str(path)))
            content = read_source(path, settings=settings).content
            if _PRIVATE_KEY.match(content):
                raise InvalidInputError("ledger.no-file-to-import", name=ascii(str(path)))
            yield path.relative_to(folder).as_posix(), content


def _raise(error: OSError) -> NoReturn:
    raise InvalidInputError("intake.cannot-read", name=error.filename or "", detail=error.strerror or type(error).__name__) from None


def export_folder(file: Path, folder: Path) -> tuple[str, ...]:
    """Write every document of the ledger into the new folder, and return their names; what a decision keeps back is left out.

    Raises UsageError if the folder exists or cannot be written; then nothing is left of it.
    """
    if folder.exists():
        raise UsageError("cli.exists", folder=folder)
    names = []
    draft: Path | None = None
    try:
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        with opened_ledger(file) as ledger:
            for name, _, content in ledger.documents():
                create_durably(draft / name, content)
                names.append(name)
        draft.chmod(0o755)
        draft.rename(folder)
    except OSError as error:
        raise UsageError("cli.cannot-write", folder=folder, reason=error.strerror or type(error).__name__) from None
    finally:
        if draft is not None:
            shutil.rmtree(draft, ignore_errors=True)
    return tuple(names)
