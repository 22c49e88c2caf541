"""Writing files atomically and durably: after a crash or a power failure a file is complete or absent."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from observance.core.errors import UsageError


def write_durably(path: Path, content: bytes) -> None:
    """Replace the file's content atomically and flush it to the disk; readers see the old content or the new.

    Raises UsageError if the file cannot be written.
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
        _remove(partial)
        raise UsageError("cli.cannot-write", folder=path, reason=error.strerror or type(error).__name__) from None


def create_durably(path: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Create the file with its folders and these permissions, complete or not at all, and flush it to the disk.

    Raises UsageError if the file exists, whoever made it and however late, or cannot be written.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(partial, path)
        sync_folder(path.parent)
    except FileExistsError:
        raise UsageError("register.file-exists", file=path) from None
    except OSError as error:
        raise UsageError("cli.cannot-write", folder=path, reason=error.strerror or type(error).__name__) from None
    finally:
        _remove(partial)


def _remove(partial: Path) -> None:
    """Remove what was written of a file, so that a full disk is not left fuller."""
    with suppress(OSError):
        partial.unlink()


def sync_folder(folder: Path) -> None:
    """Flush the folder's entries to the disk, so that renamed and deleted files stay so after a power failure."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
