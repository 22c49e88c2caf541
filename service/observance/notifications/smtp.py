"""The conversation with a mail server (RFC 5321), up to the one point after which only the server knows."""

import contextlib
import re
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from observance.core.errors import ObservanceError, UnavailableError, UsageError
from observance.core.settings import Settings
from observance.notifications.composition import clean
from observance.notifications.model import PreparedMessage

STARTTLS: Final = "starttls"
TLS: Final = "tls"
PLAIN: Final = "none"
_LONGEST_REPLY: Final = 200
_STUFFED: Final = re.compile(rb"(?m)^\.")


@dataclass(frozen=True, slots=True)
class ServerReply:
    """What the server said, on one line; `accepted` says whether it took the message, None that its answer means nothing."""

    code: int
    text: str

    @property
    def accepted(self) -> bool | None:
        """2xx: yes; 4xx and 5xx: no; anything else: unknown."""
        return {2: True, 4: False, 5: False}.get(self.code // 100)

    @property
    def lasting(self) -> bool:
        """Whether the server says that it will not take it later either."""
        return self.code // 100 == 5

    def __str__(self) -> str:
        """The code and the text."""
        return f"{self.code} {self.text}".strip()


class ConnectionLostError(Exception):
    """The connection ended or nothing came in time."""


class MailServer:
    """The mail server of the settings; connected when it is first needed, and again after the connection was lost."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is sent yet; raises UsageError when no server is named or the settings contradict themselves."""
        if not settings.relay_host:
            raise UsageError("relay.off")
        if settings.relay_tls not in (STARTTLS, TLS, PLAIN):
            raise UsageError("relay.bad-tls", value=settings.relay_tls)
        if settings.relay_tls == PLAIN and settings.relay_user:
            raise UsageError("relay.plain-password")
        self._settings = settings
        self._place = f"{settings.relay_host}:{settings.relay_port}"
        self._smtp: smtplib.SMTP | None = None

    def connect(self) -> None:
        """There is a connection, with TLS and login as the settings say; raises UnavailableError."""
        if self._smtp is None:
            self._smtp = self._opened()

    def deliver(self, letter: PreparedMessage, content: bytes, *, commit: Callable[[], None]) -> ServerReply:
        """What the server says to the letter: the first refusal, or its answer to the end of the message.

        `commit` is called just before the end of the message is given: until then the server may not deliver it (RFC 5321, section
        4.1.1.10), from then on only the reply tells. Raises UnavailableError when there is no connection to be had, Lost when it ended.
        """
        self.connect()
        assert self._smtp is not None
        try:
            return self._talk(self._smtp, letter, content, commit=commit)
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise ConnectionLostError(_reason(error)) from None
        except ObservanceError:  # the journal could not be written: the server must not get the end of the message
            self._drop()
            raise

    def _talk(self, smtp: smtplib.SMTP, letter: PreparedMessage, content: bytes, *, commit: Callable[[], None]) -> ServerReply:
        for command, argument, wanted in (("MAIL", f"FROM:<{letter.sender}>", 2), ("RCPT", f"TO:<{letter.to}>", 2), ("DATA", "", 3)):
            reply = _reply(*smtp.docmd(command, argument))
            if reply.code // 100 != wanted:
                return self._refused(smtp, reply)
        text = _STUFFED.sub(b"..", content)
        smtp.send(text if text.endswith(b"\r\n") else text + b"\r\n")
        commit()
        smtp.send(b".\r\n")
        return _reply(*smtp.getreply())

    def _refused(self, smtp: smtplib.SMTP, reply: ServerReply) -> ServerReply:
        """The refusal, the server being ready for the next message; what is no refusal is an end of the conversation."""
        if reply.accepted is not False or reply.code == 421:
            raise smtplib.SMTPServerDisconnected(str(reply))
        smtp.docmd("RSET")
        return reply

    def _opened(self) -> smtplib.SMTP:
        chosen = self._settings
        try:
            if chosen.relay_tls == TLS:
                smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                    chosen.relay_host,
                    chosen.relay_port,
                    local_hostname="localhost",
                    timeout=chosen.relay_seconds,
                    context=ssl.create_default_context(),
                )
            else:
                smtp = smtplib.SMTP(chosen.relay_host, chosen.relay_port, local_hostname="localhost", timeout=chosen.relay_seconds)
            _greet(smtp)
            if chosen.relay_tls == STARTTLS:
                self._secure(smtp)
            if chosen.relay_user:
                smtp.login(chosen.relay_user, chosen.relay_password)
        except smtplib.SMTPAuthenticationError:
            raise UnavailableError("relay.login-refused", server=self._place) from None
        except ssl.SSLError as error:
            raise UnavailableError("relay.tls-failed", server=self._place, reason=_reason(error)) from None
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise UnavailableError("relay.no-server", server=self._place, reason=_reason(error)) from None
        return smtp

    def _secure(self, smtp: smtplib.SMTP) -> None:
        # Never without: whoever sits in between could take the offer away.
        if not smtp.has_extn("starttls"):
            smtp.close()
            raise UnavailableError("relay.no-starttls", server=self._place)
        smtp.starttls(context=ssl.create_default_context())
        smtp.ehlo()

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None

    def __enter__(self) -> Self:
        """The server itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Say goodbye, if there still is someone to say it to."""
        if self._smtp is not None and kind is None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                self._smtp.quit()
        self._drop()


def _greet(smtp: smtplib.SMTP) -> None:
    """EHLO with the address of our end, as RFC 5321, section 4.1.3 asks of a host that has no name."""
    assert smtp.sock is not None
    own = smtp.sock.getsockname()[0]
    smtp.local_hostname = f"[IPv6:{own}]" if ":" in own else f"[{own}]"
    smtp.ehlo_or_helo_if_needed()


def _reply(code: int, text: bytes) -> ServerReply:
    return ServerReply(code, clean(text.decode("utf-8", "replace"))[:_LONGEST_REPLY])


def _reason(error: BaseException) -> str:
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return clean(str(said))[:_LONGEST_REPLY]
