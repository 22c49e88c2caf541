"""The communications of the served register, and which of them the reader of the current request may see."""

from typing import Final

from flask import current_app

from observance.core import NotFoundError
from observance.filing import CommunicationRecord, Communications, Receiver
from observance.web.access import access, current_identity, party_of
from observance.web.audience import audience

_KEY: Final = "observance.communications"


def communications() -> Communications:
    """The communications of the ledger; raises NotFoundError if the register is kept in a folder."""
    ledger = access().ledger
    found: Communications = current_app.extensions.setdefault(_KEY, Communications(ledger))
    return found


def receiver() -> Receiver:
    """What enters communications in the ledger; raises what `communications` raises."""
    return Receiver(access().ledger, communications())


def may_read(record: CommunicationRecord) -> bool:
    """Whether the reader of the current request may see the communication."""
    reader = audience()
    return reader is None or record.is_open_to(reader)


def readable(number: int) -> CommunicationRecord:
    """The communication with the number; raises NotFoundError if there is none, and for one that the reader may not see."""
    record = communications().find(number)
    if not may_read(record):
        raise NotFoundError("filing.no-communication", number=number)
    return record


def changes(record: CommunicationRecord) -> tuple[tuple[str, int], ...]:
    """How and by which communications it was changed, as far as the reader may see these."""
    return tuple((how, number) for how, number in record.changed_by if may_read(communications().find(number)))


def is_involved(record: CommunicationRecord) -> bool:
    """Whether the reader is of the party or of the Secretariat, and may see who entered what."""
    identity = current_identity()
    return not access().is_controlled or (identity is not None and (identity.reads_all or record.is_of(party_of(identity))))
