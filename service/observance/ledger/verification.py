"""Verification of a ledger against its own signed log, and against what was given out of it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec import Struct, field

from observance.core import InvalidInputError, translate
from observance.ledger.checkpoints import Checkpoint, parse_checkpoint
from observance.ledger.database import reading
from observance.ledger.ledger import Ledger
from observance.ledger.merkle import Peaks, leaf_hash
from observance.ledger.model import ERASURE, LedgerEntry, digest_of, entry_from, particulars_from
from observance.ledger.rows import decisions, log_row
from observance.ledger.tables import CHECKPOINTS, CONTENTS, ENTRIES, NAMES, PARTICULARS


class LedgerFault(Struct, frozen=True):
    """Something by which a ledger differs from its log: the key of the message, and its values."""

    key: str
    values: Mapping[str, object] = field(default_factory=dict)

    def sentence(self, lang: str) -> str:
        """Return the message in the language."""
        return translate(self.key, lang, **self.values)


class Verification(Struct, frozen=True):
    """The number of entries that a ledger has, and its faults."""

    size: int
    faults: tuple[LedgerFault, ...]


def verify_ledger(ledger: Ledger, *, notes: Sequence[str] = ()) -> Verification:
    """Recompute everything that the ledger states of itself; `notes` are checkpoints that were given out of it.

    A changed byte, a deleted or inserted entry, and a log that was written anew are faults. Raises InvalidInputError for a database that is
    no ledger, UnavailableError if it cannot be read.
    """
    with reading(ledger.engine) as connection:
        check = _Verification(connection)
        faults = list[LedgerFault]()
        try:
            faults += check.faults(notes)
        except (sa.exc.SQLAlchemyError, ValueError, TypeError, AttributeError, OverflowError) as error:
            if isinstance(error, sa.exc.DBAPIError) and not isinstance(error, sa.exc.DatabaseError):
                raise
            faults.append(LedgerFault("ledger.unreadable", {"detail": str(error).strip().splitlines()[0] if str(error).strip() else ""}))
        return Verification(check.peaks.size, tuple(faults))


class _Verification:
    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._verifier, self._is_copy = log_row(connection)
        self._entries: dict[int, LedgerEntry | None] = {}
        self._roots: dict[int, bytes] = {}
        self.peaks = Peaks()

    def faults(self, notes: Sequence[str]) -> Iterator[LedgerFault]:
        if self._connection.dialect.name == "sqlite":
            for line in self._connection.exec_driver_sql("PRAGMA integrity_check(20)").scalars():
                if line != "ok":
                    yield LedgerFault("ledger.damaged", {"detail": str(line)})
        yield from self._faults_of_entries()
        decided = decisions(self._connection)
        yield from self._faults_of_bytes(CONTENTS, decided)
        yield from self._faults_of_bytes(PARTICULARS, decided)
        yield from self._faults_of_names(decided)
        kept = self._connection.execute(sa.select(CHECKPOINTS).order_by(CHECKPOINTS.c.size)).all()
        for row in kept:
            yield from self._faults_of_note(row.note, size=row.size, key="ledger.checkpoint")
        last = kept[-1].size if kept else 0
        if last != self.peaks.size:
            yield LedgerFault("ledger.not-acknowledged", {"size": last, "count": self.peaks.size})
        for note in notes:
            yield from self._faults_of_note(note, size=None, key="ledger.given-checkpoint")

    def _faults_of_entries(self) -> Iterator[LedgerFault]:
        previous: LedgerEntry | None = None
        for row in self._connection.execute(sa.select(ENTRIES).order_by(ENTRIES.c.number)):
            self.peaks.add(leaf_hash(_as_bytes(row.leaf)))
            self._roots[self.peaks.size] = self.peaks.root
            entry = _entry(row)
            is_after = entry is not None and (previous is None or previous.entered <= entry.entered)
            if not is_after or row.number != self.peaks.size:
                yield LedgerFault("ledger.entry-differs", {"number": row.number})
            self._entries[row.number] = entry
            previous = entry or previous

    def _faults_of_bytes(self, table: sa.Table, decided: Mapping[int, str]) -> Iterator[LedgerFault]:
        """Yield a fault for each entry whose bytes in the table are others or none, and for bytes that are left."""
        found, left = set[int](), 0
        rows = self._connection.execution_options(stream_results=True, yield_per=1).execute(sa.select(table).order_by(table.c.number))
        for number, content in rows:
            found.add(number)
            entry = self._entries.get(number)
            expected = entry and (entry.content if table is CONTENTS else entry.particulars)
            if number not in self._entries or decided.get(number) == ERASURE:
                left += 1
            elif entry is not None and (not isinstance(content, bytes) or digest_of(content) != expected):
                yield LedgerFault("ledger.bytes-changed", {"number": number})
        for number in self._entries.keys() - found:
            # A copy lacks what is sealed, and no ledger has what is erased.
            if number not in decided or (decided[number] != ERASURE and not self._is_copy):
                yield LedgerFault("ledger.bytes-missing", {"number": number})
        if left:
            yield LedgerFault("ledger.bytes-left", {"count": left})

    def _faults_of_names(self, decided: Mapping[int, str]) -> Iterator[LedgerFault]:
        """Yield a fault for each entry whose name is not the one that is stated of it."""
        names = {(row.number, row.name) for row in self._connection.execute(sa.select(NAMES))}
        for number, content in self._connection.execute(sa.select(PARTICULARS).order_by(PARTICULARS.c.number)):
            try:
                stated = particulars_from(_as_bytes(content)).name
            except msgspec.DecodeError:
                stated = None
            if number in self._entries and decided.get(number) != ERASURE:
                if stated is None or (stated and (number, stated) not in names):
                    yield LedgerFault("ledger.entry-differs", {"number": number})
                names.discard((number, stated or ""))
        for number in sorted({number for number, _ in names}, key=str):
            yield LedgerFault("ledger.entry-differs", {"number": number})

    def _faults_of_note(self, note: object, *, size: int | None, key: str) -> Iterator[LedgerFault]:
        checkpoint = _parsed(note) if isinstance(note, str) else None
        if checkpoint is None or checkpoint.origin != self._verifier.name or not self._verifier.has_signed(str(note)):
            yield LedgerFault(f"{key}-not-signed", {"size": size or (checkpoint.size if checkpoint else 0)})
        elif (size is not None and checkpoint.size != size) or self._roots.get(checkpoint.size) != checkpoint.root:
            yield LedgerFault(f"{key}-differs", {"size": checkpoint.size})


def _entry(row: sa.Row[Any]) -> LedgerEntry | None:
    """Return the entry in the leaf of a row; None if the leaf is none, or if a column says something else."""
    try:
        entry = entry_from(row.leaf)
    except msgspec.DecodeError:
        return None
    stated = entry.number, entry.kind, entry.about, entry.content
    return entry if stated == (row.number, row.kind, row.about, row.content) else None


def _as_bytes(value: object) -> bytes:
    """Return the bytes of a value of the database, in which SQLite may keep a text all the same."""
    return value if isinstance(value, bytes) else str(value).encode()


def _parsed(note: str) -> Checkpoint | None:
    try:
        return parse_checkpoint(note)
    except InvalidInputError:
        return None
