"""A mail server on loopback, in a process of its own: accepted messages are on the disk before it replies.

The local part of the address decides how a recipient is treated: `refused@` is refused for ever, `later@` for now, `silent@` gets no
reply in time, `gone@` loses the connection before the end of the message, `taken@` after acceptance and before the reply, `nonsense@`
gets a reply with an undefined code. Every reply is delayed by a random time.
"""

import argparse
import asyncio
import os
import random
import ssl
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session


class Handler:
    """Stores accepted messages in the folder `mailbox`, one file each, named in the order of arrival."""

    def __init__(self, mailbox: Path, *, delay: float) -> None:
        self.mailbox = mailbox
        self.delay = delay
        self.count = 0

    async def wait(self) -> None:
        await asyncio.sleep(random.uniform(0, self.delay))

    async def handle_RCPT(self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]) -> str:  # noqa: N802
        await self.wait()
        match address.partition("@")[0]:
            case "refused":
                return "550 5.1.1 no such user here"
            case "later":
                return "451 4.3.0 try again later"
            case "closing":
                return "421 4.3.2 closing down"
            case "gone":
                server.transport.abort()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        await self.wait()
        local = envelope.rcpt_tos[0].partition("@")[0]
        if local == "full":
            return "452 4.3.1 disk full"
        if local == "silent":
            await asyncio.sleep(60)
        self.store(envelope)
        await self.wait()
        if local == "taken":
            server.transport.abort()
        return "600 what?" if local == "nonsense" else "250 2.0.0 taken"

    def store(self, envelope: Envelope) -> None:
        self.count += 1
        file = self.mailbox / f"{os.getpid()}-{self.count:06d}.eml"
        with file.open("wb") as opened:
            opened.write(b"Delivered-To: " + envelope.rcpt_tos[0].encode() + b"\r\n" + envelope.content)
            opened.flush()
            os.fsync(opened.fileno())


async def serve(options: argparse.Namespace) -> None:
    """Print the port, then serve until standard input ends."""
    context = None
    if options.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate, options.certificate.with_suffix(".key"))
    handler = Handler(options.mailbox, delay=options.delay)

    def authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"secretariat", b"right"), handled=False)

    def protocol() -> SMTP:
        return SMTP(
            handler, hostname="loopback", tls_context=context if options.mode == "starttls" else None, timeout=options.timeout,
            authenticator=authenticate, auth_require_tls=options.mode != "tls", require_starttls=options.mode == "starttls",
        )  # fmt: skip

    loop = asyncio.get_running_loop()
    server = await loop.create_server(protocol, "127.0.0.1", options.port, ssl=context if options.mode == "tls" else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mailbox", type=Path)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--timeout", type=float, default=60.0)
    parser.add_argument("--certificate", type=Path)
    parser.add_argument("--mode", choices=["none", "starttls", "tls"], default="none")
    parser.add_argument("--port", type=int, default=0)
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
