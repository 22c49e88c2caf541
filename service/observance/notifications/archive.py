"""Whether a server took a message, looked up where it keeps a copy of all that it takes: a Maildir, an mbox or a log."""

import os
import re
import time
from collections.abc import Collection
from pathlib import Path
from typing import Final

from observance.core.errors import InvalidInputError, NotFoundError

_IDENTIFIER: Final = re.compile(rb"(?im)(?:^|\s)message-id[:=]\s*(<[^<>\s]{1,998}>)")


def archived_messages(messages: Collection[str], *, archive: Path, settle: float) -> frozenset[str]:
    """Those of the Message-IDs that the archive holds.

    What it lacks is looked for once more `settle` seconds later: a server may still be writing what it was given before a crash.
    Raises NotFoundError for an archive that is not there, InvalidInputError for one that may not be read.
    """
    found = _held(archive)
    if messages and not found.issuperset(messages):
        time.sleep(settle)
        found = _held(archive)
    return found.intersection(messages)


def _held(archive: Path) -> frozenset[str]:
    if not archive.exists():
        raise NotFoundError("relay.no-archive", name=archive)
    try:
        files = (
            [Path(parent, name) for parent, _, names in os.walk(archive, onerror=_raise) for name in names]
            if archive.is_dir()
            else [archive]
        )
        return frozenset(match.decode("ascii", "replace") for file in files for match in _IDENTIFIER.findall(_read(file)))
    except OSError as error:
        raise InvalidInputError("relay.no-archive-read", name=archive, reason=error.strerror or type(error).__name__) from None


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:  # a Maildir moves files while it is read; where it moves them to is read too
        return b""


def _raise(error: OSError) -> None:
    raise error
