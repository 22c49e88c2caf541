"""The values that pass between the steps of the relay: frozen, with nothing of any resolution in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

import pyoxigraph as ox

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Receipt:
    """One act on record that informed a body: its day, and its channel where the record names one."""

    act: str
    day: str
    channel: str | None


@dataclass(frozen=True, slots=True)
class Recipient:
    """A body that is to receive something, or received it though it is not `due`.

    `kind` is its class and `party` the party of which it is a unit, if it is one; `languages` are those that the register gives it;
    `addresses` are as the register has them, so not to be trusted; `receipts` are in the order of their days.
    """

    body: str
    kind: str
    party: str | None
    name: Labels = field(hash=False)
    languages: tuple[str, ...]
    addresses: tuple[str, ...]
    due: bool
    receipts: tuple[Receipt, ...]

    @property
    def missing(self) -> bool:
        """Whether it is due to the body and nothing on record says that it received it."""
        return self.due and not self.receipts


@dataclass(frozen=True, slots=True)
class Transmission:
    """What is to be passed on because of one document, and to whom.

    `notification` is the document that called for it, `versions` every version of it, `document` the one that stands now or, when
    `stands` is false, the last one known; `fixed_on` the day on which the recipients were or would be settled.
    """

    duty: str
    norm: str
    notification: str
    document: str
    versions: tuple[str, ...]
    stands: bool
    identifier: str | None
    author: str
    author_name: Labels = field(hash=False)
    submitted: str | None
    received: str
    disclosure: str | None
    status: Labels = field(hash=False)
    fixed_on: str
    recipients: tuple[Recipient, ...]
    statements: tuple[ox.Triple, ...] = field(repr=False, compare=False)

    @property
    def missing(self) -> tuple[Recipient, ...]:
        """To whom it is still to be passed on; nobody once the document no longer stands."""
        return tuple(recipient for recipient in self.recipients if recipient.missing) if self.stands else ()


@dataclass(frozen=True, slots=True)
class Wording:
    """What messages say of a norm: the information itself (`{author}` stands for who gave it), the paragraph, who passes it on, as what."""

    information: Labels = field(hash=False)
    number: str
    authentic: str
    translation: str
    instrument: Labels = field(hash=False)
    bearer: str
    bearer_name: Labels = field(hash=False)
    record: str
    kind_name: Labels = field(hash=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """For every document that calls for it who is to receive, who did and who is missing, at a moment and under a reading."""

    as_of: date
    known_at: datetime
    reading: str
    reading_name: Labels = field(hash=False)
    transmissions: tuple[Transmission, ...]
    wordings: Mapping[str, Wording] = field(hash=False)
    channels: Mapping[str, Labels] = field(hash=False)


@dataclass(frozen=True, slots=True)
class PreparedMessage:
    """One message that is ready: what it passes on, to whom, and its file in the outbox.

    `message` is its Message-ID with the angle brackets; `record` the class of the record of its delivery, `bearer` who passes it on.
    """

    message: str
    file: str
    digest: str
    sender: str
    to: str
    recipient: str
    notification: str
    document: str
    versions: tuple[str, ...]
    record: str
    bearer: str

    @property
    def key(self) -> str:
        """What must reach one body once: the document that calls for it, and the body."""
        return f"{self.notification} {self.recipient}"
