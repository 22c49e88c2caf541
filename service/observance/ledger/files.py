"""The files that name a ledger, told apart from others without the libraries that open one: most registers are folders."""

from pathlib import Path
from typing import Final

APPLICATION: Final = 0x4F425356
"""The number by which a file of SQLite is known as a ledger (its `application_id`)."""
POINTER: Final = ".toml"
"""The ending of the name of a file that says where a ledger is."""
_SQLITE: Final = b"SQLite format 3\0"
_APPLICATION_AT: Final = 68


def is_ledger(file: Path) -> bool:
    """Whether the file names a ledger."""
    if file.suffix.lower() == POINTER:
        return file.is_file()
    try:
        if not file.is_file():
            return False
        with file.open("rb") as opened:
            head = opened.read(_APPLICATION_AT + 4)
    except (OSError, ValueError):
        return False
    return head.startswith(_SQLITE) and head[_APPLICATION_AT:] == APPLICATION.to_bytes(4, "big")
