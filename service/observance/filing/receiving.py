"""Receiving communications into a ledger: none is refused, and each gets a number, a place in the log, and a verdict.

What holds submissions in RDF becomes a document of the register, as it came. Anything else is kept as a file, with a record of the register
that says from whom it came, so that nothing is concluded from silence until it is transcribed.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import count
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from observance.core import OBS, RDFS, VERSION, ConflictError, ForbiddenError, NotFoundError, UsageError, compact
from observance.filing.communications import CommunicationRecord, Communications
from observance.filing.examination import ORIGINAL, Examination, kept_as_file, on_record
from observance.filing.records import Record, original_record, receipt_record, record_turtle, withdrawal_record
from observance.knowledge import Knowledge
from observance.ledger import (
    DISCLOSED,
    DOCUMENT,
    FIRST_OF_APPEND,
    RECORD,
    SEALING,
    STEP,
    VERDICT,
    Draft,
    LedgerEntry,
    Particulars,
)
from observance.register import party_audience
from oxishacl import EXTENSIONS, Source

# Not imported: see `communications`.
if TYPE_CHECKING:
    from observance.ledger import Ledger

_DIGITS: Final = 12
_ATTEMPTS: Final = 5
_TURTLE: Final = "text/turtle"
_RECEIPTS: Final = "receipts/"
CONFIRMED: Final = "confirmed"
"""The state of a transcription that its party has confirmed."""
STEPS: Final = ("clarification-requested", "noted", DISCLOSED)
"""The steps of the Secretariat about a communication."""
_LONGEST_ENDING: Final = 8
# An unreadable document must not have the name of a document that is read.
_UNREAD_ENDING: Final = ".txt"


class Communication(Struct, frozen=True, kw_only=True):
    """What arrived: the bytes, the file name and media type that came with them, from whom and for which party, and who enters it.

    `dated` is the day of the document and `received` that of its receipt. What the Secretariat enters (`is_of_secretariat`) may be of
    several parties, and may transcribe the entry with the number `transcribes`, with what `converter` says.
    """

    content: bytes
    file_name: str
    media_type: str
    sender: str
    party: str
    entered_by: str
    received: date
    dated: date | None = None
    is_of_secretariat: bool = False
    transcribes: int | None = None
    converter: str = ""


class Received(Struct, frozen=True):
    """The entry of a communication, what was found out about it, and whether it was entered just now."""

    entry: LedgerEntry
    examination: Examination
    is_new: bool


class Receiver(Struct, frozen=True):
    """Enters communications, and what is done about them, in a ledger; `communications` are those that it has."""

    ledger: "Ledger"
    communications: Communications

    def receive(self, communication: Communication, examination: Examination, *, register: str, now: datetime) -> Received:
        """Enter the communication, with its receipt or the record of an original, and the verdict on it.

        The same bytes of the same sender for the same party are entered once. `register` is the IRI of the register. Raises ForbiddenError
        for a document on behalf of another party, ConflictError for one that revises or withdraws what another party sent, NotFoundError
        for the transcription of what is no original of the party, and what appending raises.
        """
        base = register.removesuffix("register")
        attempts = 0
        while True:
            attempts += 1
            found = self._beside_ledger(communication, examination)
            known = self.ledger.with_content(communication.content, sender=communication.sender, party=communication.party)
            if known is not None:
                return Received(known.entry, examination, is_new=False)
            self._check_party(communication, found)
            drafts = self._drafts(communication, found, base=base, now=now)
            try:
                entry = self.ledger.append(drafts, now=now)[0]
            except UsageError:  # a name was given meanwhile: by the same bytes, or by a submission with the same IRI
                if attempts == _ATTEMPTS or self._has_room(drafts):
                    raise
                continue
            return Received(entry, found, is_new=True)

    def check(self, communication: Communication, examination: Examination) -> None:
        """Raise what `receive` would raise for what is another party's, without entering anything."""
        self._check_party(communication, self._beside_ledger(communication, examination))

    def _has_room(self, drafts: Sequence[Draft]) -> bool:
        """Whether no entry has the name of one of the drafts."""
        return all(self.ledger.number_of(draft.particulars.name) is None for draft in drafts if draft.particulars.name)

    def _beside_ledger(self, communication: Communication, examination: Examination) -> Examination:
        """Return the examination with what was entered since the register was read: an original says over again what is on record."""
        numbers = self.communications.numbers
        again = next((node for node in examination.stated.submissions if node in numbers), None)
        if again is None or not examination.ending:
            return examination
        is_own = self.communications.find(numbers[again]).is_of(communication.party)
        return replace(examination, state=ORIGINAL, ending="", problem=on_record(again) if is_own else kept_as_file())

    def _check_party(self, communication: Communication, examination: Examination) -> None:
        """Raise for what is another party's; an original states nothing, so that nothing of it can be."""
        stated, own = examination.stated, communication.party
        if not examination.ending:
            return
        others = [party for party in stated.on_behalf_of if party != own]
        if others and not (communication.is_of_secretariat and own in stated.on_behalf_of):
            raise ForbiddenError("filing.other-party", party=compact(others[0]), own=compact(own))
        if communication.is_of_secretariat:
            return
        numbers, audience = self.communications.numbers, party_audience(own)
        changed = [self.communications.find(numbers[node]) for node in (*stated.revises, *stated.withdraws) if node in numbers]
        # Of what the sender may not read, not even whose it is may be told: validation will say that it is not this party's.
        owners = {*examination.owners, *(party for record in changed if record.is_open_to(audience) for party in record.parties)}
        if owners - {own}:
            raise ConflictError("filing.not-yours")

    def _drafts(self, communication: Communication, examination: Examination, *, base: str, now: datetime) -> list[Draft]:
        identity = "\0".join((communication.sender, communication.party)).encode()
        digest = hashlib.sha256(hashlib.sha256(communication.content).digest() + identity).hexdigest()
        stem = self._free(f"{communication.received.isoformat()}-{digest[:_DIGITS]}", folder="received")
        stated = examination.stated if examination.ending else Particulars()
        particulars = replace(
            stated,
            name=f"received/{stem}{examination.ending or _ending(communication.file_name)}",
            file_name=communication.file_name,
            media_type=communication.media_type,
            sender=communication.sender,
            on_behalf_of=tuple(dict.fromkeys((communication.party, *stated.on_behalf_of))),
            entered_by=communication.entered_by,
            dated=communication.dated,
            received=communication.received,
            transcribes=communication.transcribes if examination.ending else None,
            converter=communication.converter if examination.ending else "",
        )
        records = self._records(communication, examination, base=base, stem=stem, now=now)
        return [
            Draft(DOCUMENT, communication.content, particulars),
            *(
                Draft(RECORD, record_turtle(record), _of_record(record, by=communication.entered_by, document=particulars.name))
                for record in records
            ),
            _verdict_draft(examination, about=FIRST_OF_APPEND),
        ]

    def _records(self, communication: Communication, examination: Examination, *, base: str, stem: str, now: datetime) -> Iterator[Record]:
        """Yield the receipt of each submission, named after its IRI, so that each is received once; or the record of an original."""
        sender, received, number = communication.sender, communication.received, communication.transcribes
        original = self._original(number, party=communication.party, base=base) if number is not None else None
        if not examination.ending:
            path = f"originals/{stem}"
            yield original_record(path, base=base, party=communication.party, sender=sender, received=received, entered=now)
        for submission in examination.stated.submissions if examination.ending else ():
            name = self._free(hashlib.sha256(submission.encode()).hexdigest()[:_DIGITS], folder="receipts")
            yield receipt_record(
                f"receipts/{name}", [submission],
                sender=sender, received=received, addressed=communication.dated, entered=now, transcribes=original,
            )  # fmt: skip

    def _free(self, stem: str, *, folder: str) -> str:
        """Return the stem, with a number after it if what had it was sealed."""
        name, numbers = stem, count(2)
        while any(self._is_kept_back(f"{folder}/{name}{ending}") for ending in (*EXTENSIONS, _UNREAD_ENDING)):
            name = f"{stem}-{next(numbers)}"
        return name

    def _is_kept_back(self, name: str) -> bool:
        number = self.ledger.number_of(name)
        return number is not None and bool(self.ledger.entry(number).decision)

    def _original(self, number: int, *, party: str, base: str) -> str:
        """Return the IRI of the record of the party's original with this number; raises NotFoundError if the entry is none."""
        record = self.communications.find(number)
        stem = PurePosixPath(record.particulars.name).stem if record.particulars is not None else ""
        if not stem or not record.is_of(party) or self.ledger.number_of(f"originals/{stem}.ttl") is None:
            raise NotFoundError("filing.no-original", number=number)
        return f"{base}originals/{stem}"

    def add_verdict(self, number: int, examination: Examination, *, now: datetime) -> None:
        """Enter what an examination found about the entry; an earlier verdict stays."""
        self.ledger.append([_verdict_draft(examination, about=number)], now=now)

    def add_record(self, name: str, content: bytes, *, by: str, seen: int, now: datetime) -> LedgerEntry:
        """Enter a record of the Secretariat, in Turtle, under the name; `seen` is the number of the last entry when it was checked.

        Raises ConflictError if there are more entries meanwhile, and what appending raises.
        """
        from observance.ledger import LedgerGrownError  # only where there is a ledger: it takes database libraries

        draft = Draft(RECORD, content, Particulars(name=name, media_type=_TURTLE, entered_by=by))
        try:
            (entry,) = self.ledger.append([draft], now=now, seen=seen)
        except LedgerGrownError:
            raise ConflictError("filing.register-moves-on") from None
        return entry

    def decide(self, kind: str, number: int, *, reason: str, by: str, register: str, now: datetime) -> None:
        """Seal or erase the communication with its receipts; raises what `Ledger.decide` raises, NotFoundError if there is none.

        What is sealed was sent all the same: the record of an original takes the place of its receipts, so that nothing is concluded from
        silence. What is erased leaves none.
        """
        record = self.communications.find(number)
        stated = record.particulars
        beside = self._beside(stated.name) if stated is not None else {}
        is_sealed = kind == SEALING
        for each in (number, *(n for n, name in beside.items() if not is_sealed or name.startswith(_RECEIPTS))):
            self.ledger.decide(kind, each, reason=reason, by=by, now=now)
        if is_sealed and stated is not None and stated.received is not None and any(name.startswith(_RECEIPTS) for name in beside.values()):
            made = original_record(
                f"originals/{PurePosixPath(stated.name).stem}", base=register.removesuffix("register"),
                party=record.parties[0], sender=stated.sender, received=stated.received, entered=now,
            )  # fmt: skip
            self.ledger.append([Draft(RECORD, record_turtle(made), _of_record(made, by=by, document=stated.name))], now=now)

    def _beside(self, document: str) -> Mapping[int, str]:
        """The numbers and names of the entries of records that go with the document and are not kept back."""
        stated = ((s.entry.number, s.particulars) for s in self.ledger.stated() if not s.decision)
        return {number: particulars.name for number, particulars in stated if particulars is not None and particulars.beside == document}

    def last_verdict(self, record: CommunicationRecord) -> Mapping[str, Any] | None:
        """Return what was found last about the communication; None if it was never examined."""
        number = next((event.number for event in reversed(record.events) if event.is_verdict), None)
        found: Mapping[str, Any] | None = None if number is None else msgspec.json.decode(self.ledger.content(number))
        return found

    def add_step(self, number: int, step: str, *, by: str, reason: str, now: datetime) -> LedgerEntry:
        """Enter what the Secretariat did about a communication.

        Raises NotFoundError if there is none with the number, UsageError for a step that is none.
        """
        if step not in STEPS:
            raise UsageError("filing.no-step", step=ascii(step), known=", ".join(STEPS))
        self.communications.find(number)
        return self._step(number, step, by=by, reason=reason, now=now)

    def confirm(self, number: int, *, by: str, now: datetime) -> LedgerEntry:
        """Enter that its party has confirmed a transcription; raises UsageError for what is none."""
        stated = self.communications.find(number).particulars
        if stated is None or stated.transcribes is None:
            raise UsageError("filing.no-transcription", number=number)
        return self._step(number, CONFIRMED, by=by, reason="", now=now)

    def _step(self, number: int, step: str, *, by: str, reason: str, now: datetime) -> LedgerEntry:
        (entry,) = self.ledger.append([Draft(STEP, b"", Particulars(entered_by=by, state=step, reason=reason), number)], now=now)
        return entry


def _verdict_draft(examination: Examination, *, about: int) -> Draft:
    content = msgspec.json.encode(examination.verdict, order="sorted")
    stated = Particulars(media_type="application/json", entered_by=f"observance {VERSION}", state=examination.state)
    return Draft(VERDICT, content, stated, about)


def _of_record(record: Record, *, by: str, document: str) -> Particulars:
    """What is stated of a record about a document, which goes with it."""
    return Particulars(name=f"{record.path}.ttl", media_type=_TURTLE, entered_by=by, beside=document)


def _ending(file_name: str) -> str:
    """The ending of the name under which an original is kept, which is no ending of a document."""
    ending = PurePosixPath(file_name.replace("\\", "/")).suffix.lower()
    is_plain = ending[1:].isascii() and ending[1:].isalnum() and len(ending) <= _LONGEST_ENDING
    return ending if is_plain and ending not in EXTENSIONS else _UNREAD_ENDING


def withdrawal_document(
    record: CommunicationRecord, *, party: str, day: date, reason: str, lang: str, register: str, knowledge: Knowledge
) -> Source:
    """Return the document by which the party withdraws the submissions of the communication, which has its bytes."""
    stated = record.particulars
    assert stated is not None
    (kind,) = knowledge.objects(OBS + "withdraws", RDFS + "domain")
    digest = hashlib.sha256(reason.encode()).hexdigest()[:_DIGITS]
    triples = [
        triple
        for number, submission in enumerate(stated.submissions, 1)
        for triple in withdrawal_record(
            f"withdrawals/{record.number}-{number}-{digest}", kind=kind, base=register.removesuffix("register"),
            withdrawn=submission, party=party, filer=stated.sender, day=day, disclosure=stated.disclosure, reason=reason, lang=lang,
        ).triples
    ]  # fmt: skip
    return Source("withdrawal.ttl", record_turtle(Record("withdrawal", tuple(triples))), _TURTLE)
