"""The values of passing on information: transmissions with their recipients, the plan of them, and prepared messages."""

from collections.abc import Mapping
from datetime import date, datetime

import pyoxigraph as ox
from msgspec import Struct

Labels = Mapping[str, str]


class Receipt(Struct, frozen=True):
    """An act on record that informed a body: its day, and its channel if the record names one."""

    act: str
    day: str
    channel: str | None


class Recipient(Struct, frozen=True):
    """A body to which a transmission `is_due`, or that received it although it is not.

    `kind` is its class and `party` the party of which it is a unit, if any; `languages` and `addresses` are those of the register,
    and not to be trusted; `receipts` are in the order of their days.
    """

    body: str
    kind: str
    party: str | None
    name: Labels
    languages: tuple[str, ...]
    addresses: tuple[str, ...]
    is_due: bool
    receipts: tuple[Receipt, ...]

    @property
    def is_missing(self) -> bool:
        """Whether the transmission is due to the body and no receipt is on record."""
        return self.is_due and not self.receipts


class Transmission(Struct, frozen=True):
    """What is to be passed on because of one notification, and to whom.

    `notification` is the document that called for it and `versions` are all its versions; `document` is the version in force or, if
    `is_in_force` is false, the last one known; `recipients_fixed_on` is the day on which the recipients were or would be settled.
    """

    duty: str
    norm: str
    notification: str
    document: str
    versions: tuple[str, ...]
    is_in_force: bool
    identifier: str | None
    author: str
    author_name: Labels
    submitted: str | None
    received: str
    disclosure: str | None
    status: Labels
    recipients_fixed_on: str
    recipients: tuple[Recipient, ...]
    statements: tuple[ox.Triple, ...]

    @property
    def missing_recipients(self) -> tuple[Recipient, ...]:
        """Recipients that have not received the document; empty if it was withdrawn."""
        return tuple(recipient for recipient in self.recipients if recipient.is_missing) if self.is_in_force else ()


class Wording(Struct, frozen=True):
    """The words of a norm for messages: the information (`{author}` stands for its author), the paragraph, the bearer, the kind."""

    information: Labels
    number: str
    authentic: str
    translation: str
    instrument: Labels
    bearer: str
    bearer_name: Labels
    record: str
    kind_name: Labels


class TransmissionPlan(Struct, frozen=True):
    """For each notification the recipients, those informed and those missing, at a moment and under a reading."""

    as_of: date
    known_at: datetime
    reading: str
    reading_name: Labels
    transmissions: tuple[Transmission, ...]
    wordings: Mapping[str, Wording]
    channels: Mapping[str, Labels]


class PreparedMessage(Struct, frozen=True):
    """A message in an outbox: what it passes on, to whom, and its file.

    `message` is its Message-ID with the angle brackets, `record` the class of the record of its delivery, `bearer` who passes it on.
    Outbox and journal hold it as JSON by the names of these fields.
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
        """What must reach a body once: the notification and the body."""
        return f"{self.notification} {self.recipient}"
