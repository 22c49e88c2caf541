"""Adding entries to a ledger within one transaction, and signing the log that they make."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from msgspec import Struct

from observance.core import InconsistentDataError, NotFoundError, ObservanceError, UsageError
from observance.ledger.checkpoints import Checkpoint, Signer, parse_checkpoint
from observance.ledger.merkle import Peaks, leaf_hash
from observance.ledger.model import ERASURE, FIRST_OF_APPEND, Draft, LedgerEntry, digest_of
from observance.ledger.rows import last_entered, last_note
from observance.ledger.tables import CHECKPOINTS, CONTENTS, ENTRIES, NAMES, PARTICULARS

_TOLERANCE: Final = timedelta(days=1)
"""How far the clock may have gone back since the last entry."""
_AT_ONCE: Final = 500


class LedgerGrownError(ObservanceError):
    """Entries were added since the state that the caller has seen; to be tried again."""


class Prepared(Struct, frozen=True):
    """A draft with its bytes in their final form."""

    draft: Draft
    stated: bytes
    content: str
    particulars: str


def prepared_draft(draft: Draft) -> Prepared:
    """Return the draft with its bytes; raises InvalidInputError for a text that is none."""
    stated = draft.particulars.to_bytes()
    return Prepared(draft, stated, digest_of(draft.content), digest_of(stated))


class Appender:
    """Adds entries within one transaction."""

    def __init__(self, connection: sa.Connection, peaks: Peaks, *, signer: Signer) -> None:
        """`peaks` are those of some state of the log before. Raises InconsistentDataError for a log that is not as it was signed."""
        self._connection, self._signer = connection, signer
        self.peaks = peaks.copy()
        later = sa.select(ENTRIES.c.leaf).where(ENTRIES.c.number > peaks.size).order_by(ENTRIES.c.number)
        for leaf in connection.execute(later).scalars():
            self.peaks.add(leaf_hash(leaf))
        self._first_size = self.peaks.size
        note = last_note(connection)
        is_signed = note is not None and signer.verifier.has_signed(note) and parse_checkpoint(note) == self._checkpoint
        number = ENTRIES.c.number
        numbers = connection.execute(sa.select(sa.func.count(), sa.func.min(number), sa.func.max(number)).select_from(ENTRIES)).one()
        is_whole = tuple(numbers) == (self.peaks.size, *((1, self.peaks.size) if self.peaks.size else (None, None)))
        if not (is_signed or (note is None and self.peaks.size == 0)) or not is_whole:
            raise InconsistentDataError("ledger.not-as-signed")
        self._last = last_entered(connection)
        self._rows: dict[sa.Table, list[dict[str, Any]]] = {ENTRIES: [], CONTENTS: [], PARTICULARS: [], NAMES: []}

    @property
    def _checkpoint(self) -> Checkpoint:
        return Checkpoint(self._signer.verifier.name, self.peaks.size, self.peaks.root)

    def add(self, drafts: Sequence[Prepared], *, now: datetime, seen: int | None) -> tuple[LedgerEntry, ...]:
        """Add entries for the drafts; raises what `Ledger.append` raises, before anything of them is added."""
        if seen is not None and seen != self.peaks.size:
            raise LedgerGrownError("ledger.grown")
        if self._last is not None and now < self._last - _TOLERANCE:
            raise UsageError("ledger.clock-behind")
        for prepared in drafts:
            about = prepared.draft.about
            if about not in (None, FIRST_OF_APPEND) and not 0 < about <= self.peaks.size:
                raise NotFoundError("ledger.no-entry", number=about)
        self._refuse_names([prepared.draft.particulars.name for prepared in drafts if prepared.draft.particulars.name])
        self._last = max(now, self._last) if self._last is not None else now
        first = self.peaks.size + 1
        entries = tuple(self._add(prepared, entered=self._last, first=first) for prepared in drafts)
        self._write()
        for prepared in drafts:
            if prepared.draft.kind == ERASURE:
                for table in (CONTENTS, PARTICULARS, NAMES):
                    self._connection.execute(table.delete().where(table.c.number == prepared.draft.about))
        return entries

    def _refuse_names(self, names: Sequence[str]) -> None:
        """Raise UsageError for a name that an entry has, that is the folder of one, or whose folder is one."""
        given, folders = set(names), {name[:at] for name in names for at in range(len(name)) if name[at] == "/"}
        taken = next(iter(sorted(given & folders)), None)
        if len(given) < len(names):
            taken = next(name for name in names if names.count(name) > 1)
        looked_for = sorted(given | folders)
        for start in range(0, len(looked_for), _AT_ONCE):
            found = sa.select(NAMES.c.name).where(NAMES.c.name.in_(looked_for[start : start + _AT_ONCE])).order_by(NAMES.c.name)
            taken = taken or self._connection.execute(found).scalars().first()
        for name in names if taken is None else ():
            below = sa.select(NAMES.c.name).where(NAMES.c.name > f"{name}/", NAMES.c.name < f"{name}0").limit(1)
            taken = taken or self._connection.execute(below).scalar()
        if taken is not None:
            raise UsageError("ledger.name-exists", name=taken)

    def _add(self, prepared: Prepared, *, entered: datetime, first: int) -> LedgerEntry:
        draft, number = prepared.draft, self.peaks.size + 1
        about = first if draft.about == FIRST_OF_APPEND else draft.about
        entry = LedgerEntry(number, draft.kind, entered, prepared.content, prepared.particulars, about)
        columns = {"number": number, "leaf": entry.leaf, "kind": entry.kind, "about": entry.about, "content": entry.content}
        self._rows[ENTRIES].append(columns)
        self._rows[CONTENTS].append({"number": number, "bytes": draft.content})
        self._rows[PARTICULARS].append({"number": number, "bytes": prepared.stated})
        if draft.particulars.name:
            self._rows[NAMES].append({"name": draft.particulars.name, "number": number})
        self.peaks.add(leaf_hash(entry.leaf))
        return entry

    def _write(self) -> None:
        for table, rows in self._rows.items():
            if rows:
                self._connection.execute(table.insert(), rows)
                rows.clear()

    def finish(self) -> None:
        """Sign the new state of the log, if anything was added."""
        if self.peaks.size > self._first_size:
            self._connection.execute(CHECKPOINTS.insert().values(size=self.peaks.size, note=self._signer.sign(self._checkpoint)))
