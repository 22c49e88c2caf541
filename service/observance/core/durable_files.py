"""Files that are there whole or not at all, also after the power failed."""

import os
from pathlib import Path

from observance.core.errors import UsageError


def write_durably(path: Path, content: bytes) -> None:
    """The file has the content and is on the disk; whoever looks in between sees the old one or none.

    Raises UsageError when it cannot be written.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        raise UsageError("cli.cannot-write", folder=path, reason=error.strerror or type(error).__name__) from None


def sync_folder(folder: Path) -> None:
    """The names in the folder are on the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
