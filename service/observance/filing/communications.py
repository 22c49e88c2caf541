"""The communications of a ledger: what was received, and where each stands, read from the entries that were added since the last look."""

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from observance.core import NotFoundError
from observance.ledger import DOCUMENT, ERASURE, RECORD, SEALING, STEP, VERDICT, LedgerEntry, Particulars
from observance.register import Audience
from oxishacl import EXTENSIONS

# Not imported: what is said of communications needs no database library, and a service over a folder has none to read.
if TYPE_CHECKING:
    from observance.ledger import Ledger, Stated


class CommunicationEvent(Struct, frozen=True):
    """Something that happened to a communication: its state since then, when it was entered, by whom, and with which words."""

    number: int
    state: str
    entered: datetime
    by: str
    text: str = ""
    is_verdict: bool = False


class CommunicationRecord(Struct, frozen=True):
    """A communication: its entry, what is stated of it (None: it was erased), its parties, and what happened to it, in order.

    `changed_by` are the numbers of the communications that revise, withdraw or transcribe it, each with which of these it does.
    """

    entry: LedgerEntry
    particulars: Particulars | None
    parties: tuple[str, ...] = ()
    events: tuple[CommunicationEvent, ...] = ()
    changed_by: tuple[tuple[str, int], ...] = ()

    @property
    def number(self) -> int:
        """The number of its entry."""
        return self.entry.number

    @property
    def state(self) -> str:
        """The state that the last event led to; `received` without any."""
        return self.events[-1].state if self.events else "received"

    @property
    def is_kept_back(self) -> bool:
        """Whether its bytes were sealed or erased."""
        return self.particulars is None or any(event.state in (SEALING, ERASURE) for event in self.events)

    def is_of(self, party: str) -> bool:
        """Whether it was sent for the party."""
        return party in self.parties

    def is_open_to(self, audience: Audience) -> bool:
        """Whether the audience reads it. An original, and what is kept back, is its party's and the Secretariat's."""
        if audience.disclosures is None or (audience.party is not None and self.is_of(audience.party)):
            return True
        stated = self.particulars
        if stated is None or self.is_kept_back or not stated.submissions:
            return False
        return audience.reads({stated.disclosure}) if stated.disclosure else audience.reads_members_only


class Communications:
    """The communications of a ledger; threads may share them."""

    def __init__(self, ledger: "Ledger") -> None:
        """Nothing is read yet."""
        self._ledger = ledger
        self._lock = threading.Lock()
        self._seen = 0
        self._records: dict[int, CommunicationRecord] = {}
        self._numbers: dict[str, int] = {}
        self._documents: dict[int, str] = {}

    def all(self) -> Sequence[CommunicationRecord]:
        """Return all communications, the last one first."""
        self._refresh()
        return list(reversed(self._records.values()))

    def find(self, number: int) -> CommunicationRecord:
        """Return the communication with the number; raises NotFoundError if there is none."""
        self._refresh()
        if number not in self._records:
            raise NotFoundError("filing.no-communication", number=number)
        return self._records[number]

    @property
    def numbers(self) -> Mapping[str, int]:
        """The number of the communication that holds each submission."""
        self._refresh()
        return self._numbers

    @property
    def newest(self) -> tuple[str, int]:
        """The name of the last entry that is a document of the register, empty if there is none, and the number of the last entry."""
        self._refresh()
        with self._lock:
            return next(reversed(self._documents.values()), ""), self._seen

    def _refresh(self) -> None:
        with self._lock:
            for stated in self._ledger.stated(after=self._seen):
                self._add(stated)
                self._seen = stated.entry.number

    def _add(self, stated: "Stated") -> None:
        entry, particulars = stated.entry, stated.particulars
        if entry.kind in (DOCUMENT, RECORD) and particulars is not None and not stated.decision and _is_document(particulars.name):
            self._documents[entry.number] = particulars.name
        elif entry.kind in (SEALING, ERASURE) and entry.about is not None:
            self._documents.pop(entry.about, None)
        if entry.kind == DOCUMENT:
            self._records[entry.number] = CommunicationRecord(entry, particulars, particulars.on_behalf_of if particulars else ())
            if particulars is not None:
                self._numbers.update(dict.fromkeys(particulars.submissions, entry.number))
                self._link(particulars, entry.number)
        elif entry.about in self._records and entry.kind in (VERDICT, STEP, SEALING, ERASURE):
            record, said = self._records[entry.about], particulars or Particulars()
            state = said.state if entry.kind in (VERDICT, STEP) else entry.kind
            event = CommunicationEvent(entry.number, state, entry.entered, said.entered_by, said.reason, is_verdict=entry.kind == VERDICT)
            kept, parties = (None, said.on_behalf_of) if entry.kind == ERASURE else (record.particulars, record.parties)
            if entry.kind in (SEALING, ERASURE):
                self._numbers = {node: number for node, number in self._numbers.items() if number != entry.about}
            self._records[entry.about] = replace(record, particulars=kept, parties=parties, events=(*record.events, event))

    def _link(self, particulars: Particulars, number: int) -> None:
        """Tell the communications that this one revises, withdraws or transcribes."""
        transcribed = [particulars.transcribes] if particulars.transcribes is not None else []
        changed = {"revised": particulars.revises, "withdrawn": particulars.withdraws}
        targets = [(how, self._numbers.get(node)) for how, nodes in changed.items() for node in nodes]
        for how, target in (*targets, *(("transcribed", original) for original in transcribed)):
            if target in self._records:
                record = self._records[target]
                self._records[target] = replace(record, changed_by=(*record.changed_by, (how, number)))


def _is_document(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in EXTENSIONS
