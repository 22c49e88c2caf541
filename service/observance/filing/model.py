"""What the keeper of a register enters: one value for each kind of record, with names as a person writes them.

A name is a code of a party, the name of a record in the register (`meetings/2019`), a term with a prefix (`wco:council`) or an IRI; a term
of the vocabulary may stand without its prefix. A text is given by language.
"""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

from msgspec import Struct

Texts = Mapping[str, str]


class Entry(Struct, frozen=True, kw_only=True):
    """A record to enter: when it is entered, and the record that it revises, if any."""

    entered: datetime
    revises: str | None = None


class PartyEntry(Entry, frozen=True, kw_only=True):
    """A party that the register declares: its class, its name, and the body to which a transmission goes.

    `administration` is the name of its customs administration; without one, language and address are the party's own.
    """

    party: str
    kind: str
    name: Texts
    administration: Texts
    language: str | None
    email: str | None


class MembershipEntry(Entry, frozen=True, kw_only=True):
    """A role of a party in time, or its membership in a Union, which gives no role; without `until` it lasts."""

    party: str
    organization: str | None
    role: str | None
    since: date
    until: date | None


class MeetingEntry(Entry, frozen=True, kw_only=True):
    """A review meeting with its state and days; `until` is the last of several days."""

    name: str
    title: Texts
    state: str
    planned: date | None
    held: date | None
    until: date | None
    postponed_to: str | None
    discussed: tuple[str, ...]


class AttendanceEntry(Entry, frozen=True, kw_only=True):
    """The attendance of parties at a meeting: a record for each party."""

    meeting: str
    parties: tuple[str, ...]
    attendance: str


class CompletenessEntry(Entry, frozen=True, kw_only=True):
    """The statement that the register holds everything of some kinds about some parties until a day."""

    kinds: tuple[str, ...]
    parties: tuple[str, ...]
    until: date
    stated_by: str


class TransmissionEntry(Entry, frozen=True, kw_only=True):
    """The transmission of a notification to bodies on one day."""

    notification: str
    recipients: tuple[str, ...]
    day: date
    channel: str | None
    sent_by: str | None


class ReceiptEntry(Entry, frozen=True, kw_only=True):
    """The receipt of the submissions in a file: the body that sent it, the day of receipt, and the day of addressing if it is known."""

    file: Path
    sender: str
    received: date
    addressed: date | None
