"""What the rows of a ledger say: its key, its last checkpoint, its entries, and the decisions about them."""

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from observance.core import InconsistentDataError, InvalidInputError
from observance.ledger.checkpoints import Verifier, parse_verifier
from observance.ledger.model import DECISIONS, ERASURE, LedgerEntry, Particulars, entry_from, particulars_from
from observance.ledger.tables import CHECKPOINTS, ENTRIES, LOG, PARTICULARS


class Stated(Struct, frozen=True):
    """An entry with what is stated of it; None if that was erased. `decision` is the kind of the decision about it, if there is one."""

    entry: LedgerEntry
    particulars: Particulars | None
    decision: str = ""


def log_row(connection: sa.Connection) -> tuple[Verifier, bool]:
    """Return the public key of the log, and whether this is a copy; raises InvalidInputError for a database that is no ledger."""
    rows = connection.execute(sa.select(LOG)).all()
    if len(rows) != 1 or not isinstance(rows[0].verifier, str):
        raise InvalidInputError("ledger.not-a-ledger")
    return parse_verifier(rows[0].verifier), bool(rows[0].is_copy)


def log_size(connection: sa.Connection) -> int:
    """Return the number of entries."""
    return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(ENTRIES.c.number), 0))).scalar_one())


def last_note(connection: sa.Connection) -> str | None:
    """Return the last signed checkpoint; None before the first entry."""
    return connection.execute(sa.select(CHECKPOINTS.c.note).order_by(CHECKPOINTS.c.size.desc()).limit(1)).scalar()


def last_entered(connection: sa.Connection) -> datetime | None:
    """Return the time of the last entry; None before the first one."""
    leaf = connection.execute(sa.select(ENTRIES.c.leaf).order_by(ENTRIES.c.number.desc()).limit(1)).scalar()
    return entry_from(leaf).entered if leaf is not None else None


def stated_entries(connection: sa.Connection, *, number: int | None = None, after: int = 0) -> Iterator[Stated]:
    """Yield the entries `after` a number in order, or the one with the number; raises InconsistentDataError for one that cannot be read."""
    query = (
        sa.select(ENTRIES.c.number, ENTRIES.c.leaf, PARTICULARS.c.bytes)
        .join_from(ENTRIES, PARTICULARS, ENTRIES.c.number == PARTICULARS.c.number, isouter=True)
        .where(ENTRIES.c.number > after)
        .order_by(ENTRIES.c.number)
    )
    decided = decisions(connection)
    for row in connection.execute(query if number is None else query.where(ENTRIES.c.number == number)):
        try:
            particulars = particulars_from(row.bytes) if row.bytes is not None else None
            yield Stated(entry_from(row.leaf), particulars, decided.get(row.number, ""))
        except msgspec.DecodeError:
            raise InconsistentDataError("ledger.entry-differs", number=row.number) from None


def decisions(connection: sa.Connection) -> Mapping[int, str]:
    """Return the kind of decision about each entry about which there is one; after an erasure there is no other."""
    query = sa.select(ENTRIES.c.about, ENTRIES.c.kind).where(ENTRIES.c.kind.in_(DECISIONS)).order_by(ENTRIES.c.number)
    decided: dict[int, str] = {}
    for about, kind in connection.execute(query):
        if decided.get(about) != ERASURE:
            decided[about] = kind
    return decided
