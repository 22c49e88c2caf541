"""Notices by e-mail that something was received or done, through the mail server of the relay: its number, and nothing of its content.

They are sent by a thread of their own: no request waits for the mail server, and one that does not answer is noted in the log.
"""

import logging
import queue
import threading
from collections.abc import Iterable
from datetime import date
from email.message import EmailMessage
from email.policy import SMTP
from typing import ClassVar, Final

from msgspec import Struct

from observance.accounts import RECORD, Account
from observance.core import LANGUAGES, ObservanceError, Settings, translate
from observance.filing import CommunicationRecord
from observance.notifications import ConnectionLostError, MailServer

_LOG: Final = logging.getLogger("observance")
_MOST_WAITING: Final = 1_000


class _Notice(Struct, frozen=True):
    sender: str
    to: str
    subject: str
    text: str


class Notices:
    """Sends notices, if the settings name a mail server and a sender."""

    KEY: ClassVar = "observance.notices"

    def __init__(self, settings: Settings) -> None:
        """Start nothing yet."""
        self._settings = settings
        self._waiting: queue.Queue[_Notice | None] = queue.Queue(_MOST_WAITING)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def tell(self, record: CommunicationRecord, *, address: str, accounts: Iterable[Account], day: date) -> None:
        """Tell the Secretariat and the contacts of the party, as far as their accounts have an address, how a communication stands."""
        settings = self._settings
        if not (settings.relay_host and settings.relay_sender):
            return
        subject = " / ".join(translate("communications.one", lang, number=record.number) for lang in LANGUAGES)
        states = [translate(f"communications.said-{record.state}", lang) for lang in LANGUAGES]
        text = "\n".join([*states, "", address, ""])
        for account in accounts:
            concerns = record.is_of(account.party) if account.party else RECORD in account.scopes
            if account.email and account.is_valid_on(day) and concerns:
                self._put(_Notice(settings.relay_sender, account.email, subject, text))

    def _put(self, notice: _Notice) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._send_all, name="notices", daemon=True)
                self._thread.start()
        try:
            self._waiting.put_nowait(notice)
        except queue.Full:
            _LOG.warning("A notice was left out, because very many wait.")

    def _send_all(self) -> None:
        while (notice := self._waiting.get()) is not None:
            try:
                with MailServer(self._settings) as server:
                    reply = server.deliver(notice, _content(notice), commit=lambda: None)
                if reply.accepted is not True:
                    _LOG.warning("The mail server did not take a notice: %s", reply.code)
            except (ObservanceError, ConnectionLostError) as error:
                _LOG.warning("A notice could not be sent: %s", error)

    def close(self) -> None:
        """Send what waits, and end the thread."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join(timeout=self._settings.relay_seconds)


def _content(notice: _Notice) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = notice.sender, notice.to, notice.subject
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(notice.text)
    return message.as_bytes()
