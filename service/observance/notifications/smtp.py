"""The SMTP dialogue with a mail server (RFC 5321). After the end of a message only the server knows the outcome."""

import contextlib
import re
import smtplib
import ssl
from collections.abc import Callable
from types import TracebackType
from typing import Final, Protocol, Self

from msgspec import Struct

from observance.core import ObservanceError, Settings, UnavailableError, UsageError
from observance.notifications.outbox import sanitise_line

STARTTLS: Final = "starttls"
TLS: Final = "tls"
PLAIN: Final = "none"
_MAX_REPLY: Final = 200
_LEADING_DOT: Final = re.compile(rb"(?m)^\.")


class ServerReply(Struct, frozen=True):
    """A reply of the server: its code, and its text on one line."""

    code: int
    text: str

    @property
    def accepted(self) -> bool | None:
        """Whether the server accepted the message: 2xx yes, 4xx and 5xx no, None (unknown) for anything else."""
        return {2: True, 4: False, 5: False}.get(self.code // 100)

    @property
    def is_permanent(self) -> bool:
        """Whether the refusal is permanent (5xx), so that sending again is useless."""
        return self.code // 100 == 5

    def __str__(self) -> str:
        """The code and the text."""
        return f"{self.code} {self.text}".strip()


class ConnectionLostError(Exception):
    """The connection ended, or no reply came in time."""


class Envelope(Protocol):
    """From which address to which one a message goes."""

    @property
    def sender(self) -> str:
        """The address of the sender."""

    @property
    def to(self) -> str:
        """The address of the recipient."""


class MailServer:
    """The mail server of the settings, connected on first use and again after the connection was lost."""

    def __init__(self, settings: Settings) -> None:
        """Check the settings without connecting; raises UsageError if no server is set or if settings are contradictory."""
        if not settings.relay_host:
            raise UsageError("relay.off")
        if settings.relay_tls not in (STARTTLS, TLS, PLAIN):
            raise UsageError("relay.bad-tls", value=settings.relay_tls)
        if settings.relay_tls == PLAIN and settings.relay_user:
            raise UsageError("relay.plain-password")
        self._settings = settings
        self._address = f"{settings.relay_host}:{settings.relay_port}"
        self._smtp: smtplib.SMTP | None = None

    def deliver(self, message: Envelope, content: bytes, *, commit: Callable[[], None]) -> ServerReply:
        """Submit the message and return the first refusal, or else the reply to the end of the message.

        `commit` is called just before the end of the message. Until then the server may not deliver it (RFC 5321, section 4.1.1.10); from
        then on only the reply tells. Raises UnavailableError when no connection can be opened, ConnectionLostError when it ends.
        """
        if self._smtp is None:
            self._smtp = self._open_connection()
        try:
            return self._transaction(self._smtp, message, content, commit=commit)
        except (smtplib.SMTPException, OSError) as error:
            self._disconnect()
            raise ConnectionLostError(_reason(error)) from None
        except ObservanceError:  # the journal could not be written: the server must not get the end of the message
            self._disconnect()
            raise

    def _transaction(self, smtp: smtplib.SMTP, message: Envelope, content: bytes, *, commit: Callable[[], None]) -> ServerReply:
        for command, argument, expected in (("MAIL", f"FROM:<{message.sender}>", 2), ("RCPT", f"TO:<{message.to}>", 2), ("DATA", "", 3)):
            reply = _reply(*smtp.docmd(command, argument))
            if reply.code // 100 != expected:
                return self._reset_after_refusal(smtp, reply)
        text = _LEADING_DOT.sub(b"..", content)
        smtp.send(text if text.endswith(b"\r\n") else text + b"\r\n")
        commit()
        smtp.send(b".\r\n")
        return _reply(*smtp.getreply())

    def _reset_after_refusal(self, smtp: smtplib.SMTP, reply: ServerReply) -> ServerReply:
        """Reset the session and return the refusal; raises SMTPServerDisconnected for any other reply and for 421 (shutting down)."""
        if reply.accepted is not False or reply.code == 421:
            raise smtplib.SMTPServerDisconnected(str(reply))
        smtp.docmd("RSET")
        return reply

    def _open_connection(self) -> smtplib.SMTP:
        settings = self._settings
        try:
            if settings.relay_tls == TLS:
                smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                    settings.relay_host,
                    settings.relay_port,
                    local_hostname="localhost",
                    timeout=settings.relay_seconds,
                    context=ssl.create_default_context(),
                )
            else:
                smtp = smtplib.SMTP(settings.relay_host, settings.relay_port, local_hostname="localhost", timeout=settings.relay_seconds)
            _greet(smtp)
            if settings.relay_tls == STARTTLS:
                self._start_tls(smtp)
            if settings.relay_user:
                smtp.login(settings.relay_user, settings.relay_password)
        except smtplib.SMTPAuthenticationError:
            raise UnavailableError("relay.login-refused", server=self._address) from None
        except ssl.SSLError as error:
            raise UnavailableError("relay.tls-failed", server=self._address, reason=_reason(error)) from None
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise UnavailableError("relay.no-server", server=self._address, reason=_reason(error)) from None
        return smtp

    def _start_tls(self, smtp: smtplib.SMTP) -> None:
        # Never continue without TLS: a man in the middle could have removed the offer of STARTTLS.
        if not smtp.has_extn("starttls"):
            smtp.close()
            raise UnavailableError("relay.no-starttls", server=self._address)
        smtp.starttls(context=ssl.create_default_context())
        smtp.ehlo()

    def _disconnect(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None

    def __enter__(self) -> Self:
        """Return the server."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Quit the session, unless it ended already or an error occurred."""
        if self._smtp is not None and kind is None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                self._smtp.quit()
        self._disconnect()


def _greet(smtp: smtplib.SMTP) -> None:
    """Send EHLO with the local address as an address literal (RFC 5321, section 4.1.3)."""
    assert smtp.sock is not None
    address = smtp.sock.getsockname()[0]
    smtp.local_hostname = f"[IPv6:{address}]" if ":" in address else f"[{address}]"
    smtp.ehlo_or_helo_if_needed()


def _reply(code: int, text: bytes) -> ServerReply:
    return ServerReply(code, sanitise_line(text.decode("utf-8", "replace"))[:_MAX_REPLY])


def _reason(error: BaseException) -> str:
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return sanitise_line(str(reason))[:_MAX_REPLY]
