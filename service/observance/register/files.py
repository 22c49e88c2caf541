"""The files of a register as the file system describes them, and ledgers by their length, to notice changes without reading them."""

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from observance.core import ObservanceError
from observance.ledger import is_ledger

FileStamp = tuple[int, int, int, int]
"""The times of the last change of the contents and of the file, in nanoseconds, the size and the number of a file."""


def file_stamp(path: Path) -> FileStamp | None:
    """The stamp of the file, or of what a link leads to; None if there is none. Whatever changes the contents changes the stamp."""
    try:
        return _stamp(path.stat())
    except (OSError, ValueError):
        return None


def _stamp_of_named(path: Path) -> FileStamp | None:
    """The stamp of a folder or file of a register; that of a ledger is its size and the beginning of the digest of its checkpoint.

    The files of a database change also where nothing is entered.
    """
    if not is_ledger(path):
        return file_stamp(path)
    # Imported here because a folder needs no database.
    from observance.ledger import Ledger, locate

    try:
        with Ledger(locate(path)) as ledger:
            size = ledger.size
            note = ledger.checkpoint if size else ""
            return size, int.from_bytes(hashlib.sha256(note.encode()).digest()[:8], "big"), 0, 0
    except ObservanceError:
        return None


def _stamp(status: os.stat_result) -> FileStamp:
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


class RegisterFiles(Struct, frozen=True):
    """What was seen of files and folders: a digest of all stamps, and the stamps of the folders, which change with the files in them."""

    digest: str
    folders: tuple[tuple[str, FileStamp | None], ...]

    @property
    def have_same_folders(self) -> bool:
        """Whether no file was added, removed or renamed since; much faster than looking at every file."""
        return all(_stamp_of_named(Path(folder)) == stamp for folder, stamp in self.folders)


def register_files(paths: Iterable[Path]) -> RegisterFiles:
    """Look at the files and folders, and at all that is below the folders but in hidden ones; what is not there has no stamp."""
    seen = [entry for path in paths for entry in _entries(path)]
    lines = "".join(f"{name}\0{stamp}\n" for name, stamp, _ in sorted(seen, key=lambda entry: entry[0]))
    folders = tuple((name, stamp) for name, stamp, is_folder in seen if is_folder)
    return RegisterFiles(hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest(), folders)


def _entries(path: Path) -> Iterator[tuple[str, FileStamp | None, bool]]:
    """Yield the name, the stamp and whether it is a folder, of the path and of all below it."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        yield str(path), None, False
        return
    is_folder = stat.S_ISDIR(status.st_mode)
    # A ledger is looked at as often as a folder, since that is as fast.
    yield str(path), _stamp(status) if is_folder else _stamp_of_named(path), is_folder or is_ledger(path)
    if is_folder:
        yield from _entries_below(str(path))


def _entries_below(folder: str) -> Iterator[tuple[str, FileStamp | None, bool]]:
    try:
        with os.scandir(folder) as scan:
            entries = list(scan)
    except OSError:
        return
    for entry in entries:
        try:
            is_folder = entry.is_dir(follow_symlinks=False)
            stamp = _stamp(entry.stat())
        except OSError:  # it has just been removed, or a link leads nowhere
            is_folder, stamp = False, None
        if is_folder and entry.name.startswith("."):
            continue
        yield entry.path, stamp, is_folder
        if is_folder:
            yield from _entries_below(entry.path)
