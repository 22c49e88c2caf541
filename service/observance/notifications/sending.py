"""What is prepared becomes delivered and recorded, each once, whenever the program may be ended in between.

What is guaranteed: a letter is never given to the server a second time unless the server said that it did not take it, or
someone settled a doubt so; and what the server took is recorded, at the latest by the next run. Between the end of a message
and our line about the reply no protocol can tell which of the two happened: such a letter is *in doubt*, and stays so until it is
looked up in an archive of the server or someone says what to do.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from observance.core.errors import InvalidInputError, ObservanceError, UnavailableError
from observance.notifications.journal import INTENT, RECORDED, SENT, UNSENT, Journal, JournalEntry, delivery_record, write_record
from observance.notifications.model import PreparedMessage
from observance.notifications.smtp import ConnectionLostError, MailServer

RESEND: Final = "resend"
ASSUME: Final = "assume-sent"
CHECK: Final = "check"

DELIVERED: Final = "delivered"
RECOVERED: Final = "recovered"
SETTLED: Final = "settled-sent"
ALREADY: Final = "already"
DOUBT: Final = "in-doubt"
REFUSED: Final = "refused"
DEFERRED: Final = "deferred"
LOST: Final = "lost"
DAMAGED: Final = "damaged"
FAULTS: Final = frozenset({DOUBT, REFUSED, DEFERRED, LOST, DAMAGED})
"""The outcomes after which something is left to do."""

_MOST_LOSSES: Final = 3


@dataclass(frozen=True, slots=True)
class SendingOutcome:
    """What became of one letter, and what the server or the file said."""

    kind: str
    letter: PreparedMessage
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SendingOptions:
    """What a run is given: its time in the form of xsd:dateTime, what is on record already as (document, body), how to settle doubts.

    `settle` is None, RESEND, ASSUME or CHECK; `taken` gives those of the Message-IDs that the server's archive holds.
    """

    at: str
    on_record: Collection[tuple[str, str]] = frozenset()
    settle: str | None = None
    taken: Callable[[Collection[str]], Collection[str]] = frozenset

    def records(self, letter: PreparedMessage) -> bool:
        """Whether some act on record informed the body of some version of the document."""
        return any((version, letter.recipient) in self.on_record for version in letter.versions)


def send_messages(
    letters: Iterable[PreparedMessage],
    *,
    journal: Journal,
    server: MailServer,
    content: Callable[[PreparedMessage], bytes],
    given: SendingOptions,
) -> Iterator[SendingOutcome]:
    """The outcome of each letter as it comes about, after what earlier runs left unfinished.

    Raises UnavailableError when the server cannot be reached, or ends the connection again and again; what was not tried stays as it was.
    """
    yield from recover_records(journal, given=given)
    yield from settle_doubts(journal, given=given)
    losses = 0
    for letter in letters:
        if journal.state(letter.key) == INTENT:
            continue  # told by `settle`
        outcome = _one(letter, journal=journal, server=server, content=content, given=given)
        yield outcome
        losses = losses + 1 if outcome.kind in (LOST, DOUBT) else 0
        if losses == _MOST_LOSSES:
            raise UnavailableError("relay.server-failing", times=losses, reason=outcome.detail)


def recover_records(journal: Journal, *, given: SendingOptions) -> Iterator[SendingOutcome]:
    """What a server took and an earlier run did not come to record is recorded; what someone else recorded meanwhile is settled."""
    for entry in [*journal.entries.values()]:
        if entry.state in (SENT, INTENT) and given.records(entry.letter):
            journal.append(RECORDED, entry.letter, at=entry.at)
            yield SendingOutcome(ALREADY, entry.letter)
        elif entry.state == SENT:
            _record(entry, journal=journal)
            yield SendingOutcome(RECOVERED, entry.letter)


def settle_doubts(journal: Journal, *, given: SendingOptions) -> Iterator[SendingOutcome]:
    """What is in doubt is told, or settled as it was asked: never in silence."""
    doubtful = [entry for entry in journal.entries.values() if entry.state == INTENT]
    held = frozenset(given.taken([entry.letter.message for entry in doubtful])) if given.settle == CHECK and doubtful else frozenset()
    for entry in doubtful:
        if given.settle is None:
            yield SendingOutcome(DOUBT, entry.letter, entry.at)
        elif given.settle == ASSUME or entry.letter.message in held:
            journal.append(SENT, entry.letter, at=entry.at, reply=given.settle)
            _record(journal.entries[entry.letter.key], journal=journal)
            yield SendingOutcome(SETTLED, entry.letter)
        else:
            journal.append(UNSENT, entry.letter, at=entry.at, reply=given.settle)


def _one(
    letter: PreparedMessage, *, journal: Journal, server: MailServer, content: Callable[[PreparedMessage], bytes], given: SendingOptions
) -> SendingOutcome:
    if journal.state(letter.key) == RECORDED or given.records(letter):
        return SendingOutcome(ALREADY, letter)
    try:
        message = content(letter)
        delivery_record(letter, at=given.at)  # what could not be recorded is not sent
    except (InvalidInputError, ValueError) as error:
        return SendingOutcome(DAMAGED, letter, error.key if isinstance(error, ObservanceError) else str(error))
    begun: list[None] = []

    def commit() -> None:
        journal.append(INTENT, letter, at=given.at)
        begun.append(None)

    try:
        reply = server.deliver(letter, message, commit=commit)
    except ConnectionLostError as lost:
        return SendingOutcome(DOUBT if begun else LOST, letter, str(lost))
    if begun and reply.accepted is None:
        return SendingOutcome(DOUBT, letter, str(reply))
    if not reply.accepted:
        journal.append(UNSENT, letter, at=given.at, reply=str(reply))
        return SendingOutcome(REFUSED if reply.lasting else DEFERRED, letter, str(reply))
    journal.append(SENT, letter, at=given.at, reply=str(reply))
    _record(journal.entries[letter.key], journal=journal)
    return SendingOutcome(DELIVERED, letter, str(reply))


def _record(entry: JournalEntry, *, journal: Journal) -> None:
    write_record(entry.letter, at=entry.at, folder=journal.folder)
    journal.append(RECORDED, entry.letter, at=entry.at)
