"""A mail server in a process of its own, and outboxes with messages to invented administrations."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email import message_from_bytes
from pathlib import Path

import pytest

from observance.core import HOME, OBS
from observance.notifications import TransmissionPlan, prepare_outbox, write_outbox
from observance.notifications.plan import Recipient, Transmission, Wording

HERE = Path(__file__).parent / "observance" / "notifications"
PARTIES = HOME + "parties/"
NORM = HOME + "norm"
NOTIFICATION = "https://example.org/notification"
SENDER = "relay@organization.example"
AT = "2026-01-05T10:00:00Z"
MOMENT = datetime(2024, 6, 14, 17, tzinfo=UTC)


@dataclass
class MailServer:
    """A running mail server: its process, its port, and the folder of accepted messages."""

    process: subprocess.Popen[str]
    port: int
    mailbox: Path

    def accepted(self) -> list[str]:
        """The Message-IDs of the accepted messages, in the order of arrival."""
        files = sorted(self.mailbox.iterdir(), key=lambda file: file.name)
        return [message_from_bytes(file.read_bytes())["Message-ID"] for file in files]

    def environment(self, **settings: object) -> dict[str, str]:
        """The environment variables of a sender that uses this server."""
        values = {"host": "127.0.0.1", "port": self.port, "tls": "none", "seconds": 5, "settle_seconds": 0.2, **settings}
        return {f"OBSERVANCE_RELAY_{name.upper()}": str(value) for name, value in values.items()}


@pytest.fixture(scope="session")
def servers(tmp_path_factory) -> Iterator[Callable[..., MailServer]]:
    """A function that starts mail servers, one for each set of options; they end with the session."""
    running: dict[tuple[str, ...], MailServer] = {}

    def start_server(*options: str) -> MailServer:
        if options not in running:
            mailbox = tmp_path_factory.mktemp("mailbox")
            command = [sys.executable, str(HERE / "server.py"), str(mailbox), *options]
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            assert process.stdout is not None
            running[options] = MailServer(process, int(process.stdout.readline()), mailbox)
        return running[options]

    yield start_server
    for server in running.values():
        server.process.kill()
        server.process.communicate()


@pytest.fixture
def start(servers: Callable[..., MailServer]) -> Callable[..., MailServer]:
    """A function that returns a running server with these options and an empty mailbox."""

    def start_server(*options: str) -> MailServer:
        server = servers(*options)
        for file in server.mailbox.iterdir():
            file.unlink()
        return server

    return start_server


@dataclass
class CompletedCommand:
    """A command that ended: its exit code (None if it was killed), its output, and its duration."""

    returncode: int | None
    stdout: str
    stderr: str
    seconds: float


class Launcher:
    """Runs `observance relay send`, each time in a process of its own."""

    def __init__(self) -> None:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("OBSERVANCE_")}
        command = [sys.executable, str(HERE / "launcher.py")]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)

    def send(
        self, outbox_folder: Path, register: Path, *options: str, kill: float | None = None, step: int | None = None, **more: str
    ) -> CompletedCommand:
        """Run the command in a process that is killed after `kill` seconds or before its `step`-th step.

        `more` are the options `at` and `lang`, and environment variables.
        """
        environment = {"at": AT, "lang": "en", **more}
        arguments = [
            "relay",
            "send",
            str(outbox_folder),
            "--register",
            str(register),
            "--at",
            environment.pop("at"),
            "--lang",
            environment.pop("lang"),
            *options,
        ]
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps({"arguments": arguments, "environment": environment, "kill": kill, "step": step}) + "\n")
        self.process.stdin.flush()
        response = json.loads(self.process.stdout.readline())
        return CompletedCommand(response["code"], response["stdout"], response["stderr"], response["seconds"])


@pytest.fixture(scope="session")
def launcher() -> Iterator[Launcher]:
    """One launcher for all tests."""
    instance = Launcher()
    yield instance
    instance.process.communicate()


@pytest.fixture
def register(tmp_path: Path) -> Path:
    """The folder of an empty register."""
    folder = tmp_path / "register"
    folder.mkdir()
    return folder


def recipient(code: str, *addresses: str, languages: tuple[str, ...] = ("en",), union: bool = False, name: str | None = None) -> Recipient:
    """An administration of an invented Member, or an invented Union."""
    party = PARTIES + code
    labels = {"en": name or f"Customs of {code}", "fr": name or f"Douane de {code}"}
    body = party if union else f"https://example.org/customs-{code.lower()}"
    return Recipient(body, OBS + "Body", None if union else party, labels, languages, addresses, True, ())


def transmission(
    *recipients: Recipient, number: int = 1, disclosure: str | None = OBS + "Public", is_in_force: bool = True, **more
) -> Transmission:
    """The transmission of a notification of an invented Member to these recipients."""
    node = f"{NOTIFICATION}-{number}"
    values = {
        "duty": f"{HOME}duties/{number}", "norm": NORM, "notification": node, "document": node, "versions": (node,),
        "is_in_force": is_in_force, "identifier": f"XA-2019-{number:02d}",
        "author": PARTIES + "XA",
        "author_name": {"en": "Altamar", "fr": "Altamar"},
        "author_in_sentence": more.get("author_name", {"en": "Altamar", "fr": "Altamar"}),
        "submitted": "2019-01-28", "received": "2019-02-01", "disclosure": disclosure, "status": {},
        "recipients_fixed_on": "2024-06-14", "recipients": recipients, "statements": (), **more,
    }  # fmt: skip
    return Transmission(**values)


WORDING = Wording(
    {"en": "{author} has notified.", "fr": "{author} a notifié."}, "3", "L'OMD transmettra cette information.", {},
    "The WCO will transmit.",
    {"en": "Resolution", "fr": "Résolution"}, "https://example.org/organization", {"en": "Organization", "fr": "Organisation"},
    {"en": "the Organization", "fr": "l'Organisation"}, OBS + "NotificationRelay", {"en": "notification", "fr": "notification"},
)  # fmt: skip


def plan(*transmissions: Transmission) -> TransmissionPlan:
    """A plan with these transmissions, made without rules, which sending does not need."""
    return TransmissionPlan(date(2024, 6, 14), MOMENT, "literal", {"en": "Literal", "fr": "Littérale"}, transmissions, {NORM: WORDING}, {})


def outbox(folder: Path, *transmissions: Transmission) -> Path:
    """An outbox in the folder, with the messages for these transmissions."""
    write_outbox(prepare_outbox(plan(*transmissions), sender=SENDER), folder)
    return folder


def addressed(folder: Path, *local_parts: str, number: int = 1) -> Path:
    """An outbox with one message to each address of these local parts."""
    codes = "BCDEFGHIJLMNOPQRSTUVW"
    bodies = [
        recipient(f"X{code}", f"{local_part}@customs.x{code.lower()}.example") for code, local_part in zip(codes, local_parts, strict=False)
    ]
    return outbox(folder, transmission(*bodies, number=number))
