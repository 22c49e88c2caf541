"""Delivery of prepared messages and records of the deliveries, each exactly once, even if the program is killed at any point.

Guarantees: a message is submitted again only if the server did not accept it, or a doubt was resolved so; and every accepted message is
recorded, at the latest by the next run. Between the end of a message and the journal entry about the reply no protocol can tell whether
it was accepted: such a message is *in doubt* until it is looked up in an archive of the server or the user resolves the doubt.
"""

import os
import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct

from observance.core import InvalidInputError, NotFoundError, ObservanceError, UnavailableError, calendar
from observance.notifications.journal import INTENT, NOT_SENT, RECORDED, SENT, Journal, JournalEntry, delivery_record, write_record
from observance.notifications.outbox import dated
from observance.notifications.plan import PreparedMessage
from observance.notifications.smtp import ConnectionLostError, MailServer

RESEND: Final = "resend"
ASSUME_SENT: Final = "assume-sent"
CHECK_ARCHIVE: Final = "check"

DELIVERED: Final = "delivered"
RECOVERED: Final = "recovered"
SETTLED_SENT: Final = "settled-sent"
ALREADY_RECORDED: Final = "already"
IN_DOUBT: Final = "in-doubt"
REFUSED: Final = "refused"
DEFERRED: Final = "deferred"
CONNECTION_LOST: Final = "lost"
DAMAGED: Final = "damaged"
FAULTS: Final = frozenset({IN_DOUBT, REFUSED, DEFERRED, CONNECTION_LOST, DAMAGED})
"""The outcomes that require further action."""

_MAX_LOSSES: Final = 3
_MESSAGE_ID: Final = re.compile(rb"(?im)(?:^|\s)message-id[:=]\s*(<[^<>\s]{1,998}>)")


class SendingOutcome(Struct, frozen=True):
    """The outcome for one message; `detail` is the reply of the server or the fault of the message's file."""

    kind: str
    message: PreparedMessage
    detail: str = ""


class SendingOptions(Struct, frozen=True):
    """The time of a run as xsd:dateTime, the deliveries on record as pairs (document, body), and how to resolve doubts.

    `doubt_resolution` is None, RESEND, ASSUME_SENT or CHECK_ARCHIVE; `archived` returns those of the Message-IDs that are in the archive
    of the server.
    """

    at: str
    on_record: Collection[tuple[str, str]] = frozenset()
    doubt_resolution: str | None = None
    archived: Callable[[Collection[str]], Collection[str]] = frozenset

    def is_on_record(self, message: PreparedMessage) -> bool:
        """Whether an act on record informed the recipient of some version of the document."""
        return any((version, message.recipient) in self.on_record for version in message.versions)


def send_messages(
    messages: Iterable[PreparedMessage],
    *,
    journal: Journal,
    server: MailServer,
    content: Callable[[PreparedMessage], bytes],
    options: SendingOptions,
) -> Iterator[SendingOutcome]:
    """Complete the deliveries of earlier runs, send the messages, and yield each outcome as it occurs.

    `content` returns the bytes of a message, to which the time of the run is added as its date. Raises UnavailableError when the server
    cannot be reached or repeatedly ends the connection; the remaining messages are then not tried.
    """
    yield from recover_records(journal, options=options)
    yield from resolve_doubts(journal, options=options)
    losses = 0
    for message in messages:
        if journal.state(message.key) == INTENT:
            continue  # reported by `resolve_doubts`
        outcome = _send_message(message, journal=journal, server=server, content=content, options=options)
        yield outcome
        losses = losses + 1 if outcome.kind in (CONNECTION_LOST, IN_DOUBT) else 0
        if losses == _MAX_LOSSES:
            raise UnavailableError("relay.server-failing", times=losses, reason=outcome.detail)


def recover_records(journal: Journal, *, options: SendingOptions) -> Iterator[SendingOutcome]:
    """Record the accepted messages that an earlier run left unrecorded; mark as recorded those that are on record from elsewhere."""
    for entry in [*journal.entries.values()]:
        if entry.state in (SENT, INTENT) and options.is_on_record(entry.message):
            journal.append(RECORDED, entry.message, at=entry.at)
            yield SendingOutcome(ALREADY_RECORDED, entry.message)
        elif entry.state == SENT:
            _record(entry, journal=journal)
            yield SendingOutcome(RECOVERED, entry.message)


def resolve_doubts(journal: Journal, *, options: SendingOptions) -> Iterator[SendingOutcome]:
    """Report the messages in doubt, or resolve each doubt according to the options."""
    in_doubt = [entry for entry in journal.entries.values() if entry.state == INTENT]
    archived: Collection[str] = ()
    if in_doubt and options.doubt_resolution == CHECK_ARCHIVE:
        archived = options.archived([entry.message.message for entry in in_doubt])
    for entry in in_doubt:
        if options.doubt_resolution is None:
            yield SendingOutcome(IN_DOUBT, entry.message, entry.at)
        elif options.doubt_resolution == ASSUME_SENT or entry.message.message in archived:
            journal.append(SENT, entry.message, at=entry.at, reply=options.doubt_resolution)
            _record(journal.entries[entry.message.key], journal=journal)
            yield SendingOutcome(SETTLED_SENT, entry.message)
        else:
            journal.append(NOT_SENT, entry.message, at=entry.at, reply=options.doubt_resolution)


def _send_message(
    message: PreparedMessage, *, journal: Journal, server: MailServer, content: Callable[[PreparedMessage], bytes], options: SendingOptions
) -> SendingOutcome:
    if journal.state(message.key) == RECORDED or options.is_on_record(message):
        return SendingOutcome(ALREADY_RECORDED, message)
    try:
        content_bytes = dated(content(message), at=calendar.parse_time(options.at))
        delivery_record(message, at=options.at)  # a message whose delivery cannot be recorded is not sent
    except (InvalidInputError, ValueError) as error:
        return SendingOutcome(DAMAGED, message, error.key if isinstance(error, ObservanceError) else str(error))
    committed: list[None] = []

    def commit() -> None:
        journal.append(INTENT, message, at=options.at)
        committed.append(None)

    try:
        reply = server.deliver(message, content_bytes, commit=commit)
    except ConnectionLostError as error:
        return SendingOutcome(IN_DOUBT if committed else CONNECTION_LOST, message, str(error))
    if committed and reply.accepted is None:
        return SendingOutcome(IN_DOUBT, message, str(reply))
    if not reply.accepted:
        journal.append(NOT_SENT, message, at=options.at, reply=str(reply))
        return SendingOutcome(REFUSED if reply.is_permanent else DEFERRED, message, str(reply))
    journal.append(SENT, message, at=options.at, reply=str(reply))
    _record(journal.entries[message.key], journal=journal)
    return SendingOutcome(DELIVERED, message, str(reply))


def _record(entry: JournalEntry, *, journal: Journal) -> None:
    write_record(entry.message, at=entry.at, folder=journal.folder)
    journal.append(RECORDED, entry.message, at=entry.at)


def archived_messages(messages: Collection[str], *, archive: Path, retry_delay: float) -> frozenset[str]:
    """Those of the Message-IDs that occur in the archive of messages that the server accepted: a Maildir, an mbox or a log.

    If any is missing, the archive is read again after `retry_delay` seconds, because the server may still be writing. Raises
    NotFoundError for an archive that does not exist, InvalidInputError for one that cannot be read.
    """
    identifiers = _message_ids(archive)
    if messages and not identifiers.issuperset(messages):
        time.sleep(retry_delay)
        identifiers = _message_ids(archive)
    return identifiers.intersection(messages)


def _message_ids(archive: Path) -> frozenset[str]:
    if not archive.exists():
        raise NotFoundError("relay.no-archive", name=archive)
    try:
        files = (
            [Path(parent, name) for parent, _, names in os.walk(archive, onerror=_raise) for name in names]
            if archive.is_dir()
            else [archive]
        )
        return frozenset(match.decode("ascii", "replace") for file in files for match in _MESSAGE_ID.findall(_read_bytes(file)))
    except OSError as error:
        raise InvalidInputError("relay.no-archive-read", name=archive, reason=error.strerror or type(error).__name__) from None


def _read_bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:  # a file of a Maildir may be moved while it is read; it is found in its new place
        return b""


def _raise(error: OSError) -> None:
    raise error
