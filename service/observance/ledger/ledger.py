"""A ledger: documents and decisions in the order in which they were entered, each a leaf of a signed Merkle log.

Entries are only ever added. Entries that several threads add at once are made durable together, in one transaction. A decision may delete
the bytes of an entry and what was stated of them; their digests, the decision, its reason and its time stay.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Final, Self

import sqlalchemy as sa
from msgspec import Struct

from observance.core import InconsistentDataError, NotFoundError, ObservanceError, UnavailableError, UsageError
from observance.ledger.appending import Appender, Prepared, prepared_draft
from observance.ledger.checkpoints import Signer, Verifier, create_key, is_origin, read_signer
from observance.ledger.database import (
    Location,
    clear_deleted,
    delete_database,
    locate,
    new_database,
    open_engine,
    reading,
    upgrade,
    writing,
)
from observance.ledger.files import is_ledger
from observance.ledger.merkle import Peaks, leaf_hash
from observance.ledger.model import DECISIONS, DOCUMENT, ERASURE, Draft, LedgerEntry, Particulars, check_name, digest_of
from observance.ledger.rows import Stated, decisions, last_note, log_row, log_size, stated_entries
from observance.ledger.tables import CONTENTS, ENTRIES, LOG, NAMES

_GREATEST: Final = 2**63 - 1


class Decided(Struct, frozen=True):
    """A decision that was entered (None: the entry was erased before), and whether what is deleted is overwritten on disk.

    `others` are the numbers of further entries with the same bytes, about which nothing was decided.
    """

    entry: LedgerEntry | None
    is_cleared: bool
    others: tuple[int, ...]


class _Request:
    """Drafts that wait to be appended, and what came of them."""

    def __init__(self, drafts: Sequence[Prepared], *, now: datetime, seen: int | None) -> None:
        self.drafts, self.now, self.seen = drafts, now, seen
        self.entries: tuple[LedgerEntry, ...] | None = None
        self.error: BaseException | None = None

    @property
    def is_done(self) -> bool:
        return self.entries is not None or self.error is not None


class Ledger:
    """An open ledger; threads may share it, processes may not."""

    def __init__(self, location: Location) -> None:
        """Open the ledger at the location; raises NotFoundError where there is none."""
        self.location = location
        if location.is_sqlite and not location.file.is_file():
            raise NotFoundError("ledger.none", file=location.file)
        self.engine = open_engine(location, for_reading=True)
        self._lock, self._commit_lock = threading.Lock(), threading.Lock()
        self._waiting: list[_Request] = []
        self._peaks = Peaks()

    @classmethod
    def create(cls, file: Path, *, origin: str) -> "Ledger":
        """Create a ledger without entries where the file says, with a new key; raises UsageError if there is one, or for the key's file.

        `origin` is the name of the log, which no other log has, for example `register.example.org/ecommerce`.
        """
        location = locate(file)
        if not is_origin(origin):
            raise UsageError("ledger.bad-origin", value=ascii(origin))
        if location.key.exists():
            raise UsageError("ledger.key-exists", file=location.key)
        is_made = False
        try:
            with new_database(location) as connection:
                create_key(location.key)
                is_made = True
                verifier = read_signer(location.key, name=origin).verifier
                connection.execute(LOG.insert().values(verifier=str(verifier), is_copy=False))
        except BaseException:
            if is_made:
                location.key.unlink(missing_ok=True)
            raise
        return cls(location)

    @cached_property
    def verifier(self) -> Verifier:
        """The public key of the log; raises InvalidInputError for a database that is no ledger."""
        with reading(self.engine) as connection:
            return log_row(connection)[0]

    @cached_property
    def writer(self) -> sa.Engine:
        """The engine for writing, with the tables of this program's version; raises UsageError if they are of a later one."""
        engine = open_engine(self.location, for_reading=False)
        upgrade(engine)
        return engine

    @cached_property
    def _signer(self) -> Signer:
        signer = read_signer(self.location.key, name=self.verifier.name)
        if signer.verifier != self.verifier:
            raise UsageError("ledger.other-key", file=self.location.key)
        return signer

    def append(self, drafts: Sequence[Draft], *, now: datetime, seen: int | None = None) -> tuple[LedgerEntry, ...]:
        """Add entries for the drafts, all or none, and return them when they are durable.

        The time of entry is `now`, unless the clock has gone back: then it is that of the entry before. Raises InvalidInputError for a name
        that is none, UsageError for one that an entry has, or if the clock went back by more than a day, NotFoundError for a decision about
        an entry that does not exist, LedgerGrownError if there are more entries than the `seen` ones, InconsistentDataError for a ledger
        that is not as it was signed, UnavailableError if nothing could be written.
        """
        for draft in drafts:
            if draft.particulars.name:
                check_name(draft.particulars.name)
        request = _Request([prepared_draft(draft.salted()) for draft in drafts], now=now, seen=seen)
        with self._lock:
            self._waiting.append(request)
        with self._commit_lock:
            if not request.is_done:
                with self._lock:
                    batch, self._waiting = self._waiting, []
                self._commit(batch)
        if request.error is not None:
            raise request.error
        assert request.entries is not None
        return request.entries

    def _commit(self, batch: Sequence[_Request]) -> None:
        """Append what the requests ask for, in one transaction; each of them is done afterwards."""
        entered: list[tuple[_Request, tuple[LedgerEntry, ...]]] = []
        try:
            signer = self._signer
            with writing(self.writer) as connection:
                appender = Appender(connection, self._peaks, signer=signer)
                for request in batch:
                    try:
                        entered.append((request, appender.add(request.drafts, now=request.now, seen=request.seen)))
                    except ObservanceError as error:
                        request.error = error
                appender.finish()
        except BaseException as error:
            is_ordinary = isinstance(error, Exception)
            for request in batch:
                request.error = request.error or (error if is_ordinary else UnavailableError("ledger.interrupted"))
            if not is_ordinary:
                raise
            return
        self._peaks = appender.peaks
        for request, entries in entered:
            request.entries = entries

    def decide(self, kind: str, number: int, *, reason: str, by: str, now: datetime) -> Decided:
        """Enter a decision (SEALING or ERASURE) about the entry, and return it; erasing what was erased before only clears the disk again.

        Raises NotFoundError if there is no such entry, and UsageError without a reason, about a decision, or to seal what was erased.
        """
        stated = self.entry(number)
        if stated.entry.kind in DECISIONS:
            raise UsageError("ledger.about-decision", number=number)
        if not reason.strip():
            raise UsageError("ledger.no-reason", number=number)
        decision: LedgerEntry | None = None
        if stated.decision == ERASURE:
            if kind != ERASURE:
                raise UsageError("ledger.erased", number=number)
        else:
            parties = stated.particulars.on_behalf_of if stated.particulars else ()
            particulars = Particulars(reason=reason, entered_by=by, on_behalf_of=parties)
            (decision,) = self.append([Draft(kind, b"", particulars, number)], now=now)
        is_cleared = clear_deleted(self.writer) if kind == ERASURE else True
        return Decided(decision, is_cleared, self._others(stated.entry))

    def _others(self, entry: LedgerEntry) -> tuple[int, ...]:
        with reading(self.engine) as connection:
            decided = decisions(connection)
            same = sa.select(ENTRIES.c.number).where(ENTRIES.c.content == entry.content, ENTRIES.c.kind.not_in(DECISIONS))
            numbers = connection.execute(same.order_by(ENTRIES.c.number)).scalars()
            return tuple(number for number in numbers if number not in decided and number != entry.number)

    @property
    def size(self) -> int:
        """The number of entries."""
        with reading(self.engine) as connection:
            return log_size(connection)

    @property
    def checkpoint(self) -> str:
        """The last signed checkpoint; raises NotFoundError for a ledger without entries."""
        with reading(self.engine) as connection:
            note = last_note(connection)
        if note is None:
            raise NotFoundError("ledger.empty")
        return note

    def stated(self, *, after: int = 0) -> tuple[Stated, ...]:
        """Return the entries after that with a number, in order."""
        with reading(self.engine) as connection:
            return tuple(stated_entries(connection, after=after))

    def entry(self, number: int) -> Stated:
        """Return the entry with the number; raises NotFoundError if there is none."""
        found = None
        if 0 < number <= _GREATEST:
            with reading(self.engine) as connection:
                found = next(stated_entries(connection, number=number), None)
        if found is None:
            raise NotFoundError("ledger.no-entry", number=number)
        return found

    def number_of(self, name: str) -> int | None:
        """Return the number of the entry with the name."""
        with reading(self.engine) as connection:
            return connection.execute(sa.select(NAMES.c.number).where(NAMES.c.name == name)).scalar()

    def content(self, number: int) -> bytes:
        """Return the bytes of the entry; raises NotFoundError if there is none, UsageError if a decision keeps them back."""
        if self.entry(number).decision:
            raise UsageError("ledger.kept-back", number=number)
        with reading(self.engine) as connection:
            content = connection.execute(sa.select(CONTENTS.c.bytes).where(CONTENTS.c.number == number)).scalar()
        if not isinstance(content, bytes):
            raise InconsistentDataError("ledger.bytes-missing", number=number)
        return content

    def with_content(self, content: bytes, *, sender: str, party: str) -> Stated | None:
        """Return the first entry of a document that the sender sent for the party with these bytes; None if it is kept back."""
        same = sa.select(ENTRIES.c.number).where(ENTRIES.c.content == digest_of(content), ENTRIES.c.kind == DOCUMENT)
        with reading(self.engine) as connection:
            numbers = connection.execute(same.order_by(ENTRIES.c.number)).scalars().all()
            found = [next(stated_entries(connection, number=number)) for number in numbers]
        sent = (each for each in found if not each.decision and each.particulars and each.particulars.sender == sender)
        return next((each for each in sent if each.particulars and party in each.particulars.on_behalf_of), None)

    def documents(self) -> Iterator[tuple[str, LedgerEntry, bytes]]:
        """Yield the name, the entry and the bytes of each entry with a name about which nothing is decided, as they are at one moment.

        Raises InconsistentDataError if bytes are missing.
        """
        with reading(self.engine) as connection:
            for each in tuple(stated_entries(connection)):
                if each.particulars is None or each.decision or not each.particulars.name:
                    if each.particulars is None and not each.decision:
                        raise InconsistentDataError("ledger.bytes-missing", number=each.entry.number)
                    continue
                content = connection.execute(sa.select(CONTENTS.c.bytes).where(CONTENTS.c.number == each.entry.number)).scalar()
                if not isinstance(content, bytes):
                    raise InconsistentDataError("ledger.bytes-missing", number=each.entry.number)
                yield each.particulars.name, each.entry, content

    def leaves(self, size: int) -> list[bytes]:
        """Return the hashes of the first leaves of the log; raises InconsistentDataError if there are not so many."""
        with reading(self.engine) as connection:
            query = sa.select(ENTRIES.c.leaf).where(ENTRIES.c.number.between(1, size)).order_by(ENTRIES.c.number)
            leaves = connection.execute(query).scalars().all()
        if len(leaves) != size or not all(isinstance(leaf, bytes) for leaf in leaves):
            raise InconsistentDataError("ledger.not-as-signed")
        return list(map(leaf_hash, leaves))

    def discard(self) -> None:
        """Delete a ledger that was just created, with its key: what was to be entered in it could not be."""
        self.close()
        delete_database(self.location)
        self.location.key.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()
        if "writer" in self.__dict__:
            self.writer.dispose()

    def __enter__(self) -> Self:
        """Return the ledger, to be closed with the context."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()


@contextmanager
def opened_ledger(file: Path) -> Iterator[Ledger]:
    """The ledger that the file names, closed with the context; raises UsageError for a register in a folder, and for another file."""
    if file.is_dir():
        raise UsageError("ledger.is-folder", folder=file)
    if file.exists() and not is_ledger(file):
        raise UsageError("ledger.no-ledger", file=file)
    with Ledger(locate(file)) as ledger:
        yield ledger
