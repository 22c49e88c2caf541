"""What was read from rooms, kept between runs in the user's cache folder: making it again takes a third of the time of reading Turtle.

A file there is data, never code, and is named by the digest of all that it was made from. It is used only where nobody but the user can
have written it, and only when it is whole; whatever else is the matter, the rooms are read.
"""

import hashlib
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from observance.core import VERSION
from observance.rdf.statement_table import StatementTable

OFF: Final = "off"
_FORMAT: Final = 3
_MOST_FILES: Final = 6
_MOST_BYTES: Final = 200_000_000


def cache_folder(setting: str) -> Path | None:
    """The folder that the setting names: none for `off`, that of the user for an empty one; None too where files have no owner."""
    if setting == OFF or not hasattr(os, "getuid"):
        return None
    cache = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(cache) if Path(cache).is_absolute() else Path.home() / ".cache"
    return Path(setting) if setting else base / "observance"


def read_table(below: Path, *, digest: str) -> StatementTable | None:
    """The statements kept for the digest; None when there are none, or none that can be trusted and are whole."""
    try:
        check, _, body = _bytes(below, name=_name(digest)).partition(b"\n")
        return StatementTable.read(body) if check == hashlib.sha256(body).hexdigest().encode() else None
    except (OSError, ValueError, LookupError, TypeError):
        return None


def write_table(below: Path, statements: StatementTable, *, digest: str) -> None:
    """The statements are kept for the digest, if the folder is the user's own and what would be read again is the same."""
    content = statements.written()
    if content is None or list(StatementTable.read(content)) != list(statements):
        return
    with suppress(OSError):
        below.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_private(below.lstat(), kind=stat.S_ISDIR):
            return
        # Importing it takes longer than reading what is kept.
        import tempfile

        number, draft = tempfile.mkstemp(dir=below, suffix=".draft")
        with os.fdopen(number, "wb") as file:
            file.write(hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
        Path(draft).replace(below / _name(digest))
        for old in sorted(below.iterdir(), key=lambda each: each.stat().st_mtime, reverse=True)[_MOST_FILES:]:
            old.unlink()


def _name(digest: str) -> str:
    made_by = f"{_FORMAT} {VERSION} {ox.__version__} {sys.byteorder} {digest}"
    return hashlib.sha256(made_by.encode()).hexdigest()[:32] + ".kept"


def _bytes(below: Path, *, name: str) -> bytes:
    if not _is_private(below.lstat(), kind=stat.S_ISDIR):
        return b""
    with os.fdopen(os.open(below / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        return file.read(_MOST_BYTES) if _is_private(os.fstat(file.fileno()), kind=stat.S_ISREG) else b""


def _is_private(status: os.stat_result, *, kind: Any) -> bool:
    return kind(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077
