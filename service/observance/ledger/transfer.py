"""Copies of a ledger: backups, and what is restored from one. What a decision keeps back is in none."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from observance.ledger.database import locate, new_database, reading
from observance.ledger.ledger import Ledger
from observance.ledger.rows import decisions, log_row
from observance.ledger.tables import CHECKPOINTS, CONTENTS, ENTRIES, LOG, NAMES, PARTICULARS

_ROWS_AT_ONCE: Final = 500


def copy_ledger(source: Ledger, file: Path) -> Ledger:
    """Copy the ledger, as it is at one moment, to where the file says, and return the copy; it has no private key.

    Raises UsageError if there is a ledger already, UnavailableError if it cannot be written; then nothing is left of it.
    """
    location = locate(file)
    with reading(source.engine) as old, new_database(location) as new:
        new.execute(LOG.insert().values(verifier=str(log_row(old)[0]), is_copy=True))
        for table, rows in _rows(old):
            new.execute(table.insert(), rows)
    return Ledger(location)


def _rows(old: sa.Connection) -> Iterator[tuple[sa.Table, list[dict[str, Any]]]]:
    """Yield the rows of each table, some at a time, of contents one at a time, without what decisions keep back."""
    decided = decisions(old)
    for table in (ENTRIES, CHECKPOINTS, PARTICULARS, NAMES, CONTENTS):
        at_once = 1 if table is CONTENTS else _ROWS_AT_ONCE
        result = old.execution_options(stream_results=True, yield_per=at_once).execute(sa.select(table))
        for rows in result.partitions(at_once):
            kept = [row._asdict() for row in rows if table in (ENTRIES, CHECKPOINTS) or row.number not in decided]
            if kept:
                yield table, kept
