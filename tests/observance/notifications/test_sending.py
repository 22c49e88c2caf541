"""Sending through a real mail server: each message once, one sentence for each failure, and all others are delivered."""

import re
from collections.abc import Callable
from email import message_from_bytes
from pathlib import Path

import pyoxigraph as ox
import pytest

from mail_fixtures import AT, HERE, CompletedCommand, Launcher, addressed, outbox, recipient, transmission
from observance.core import OBS, PROV


@pytest.fixture
def run(launcher: Launcher) -> Callable[..., CompletedCommand]:
    """The command, in a process of its own."""
    return launcher.send


def records(register: Path) -> list[tuple[str, str, str]]:
    """The deliveries on record: body, day and Message-ID, in the order of bodies."""
    deliveries = []
    for file in register.rglob("*.ttl"):
        properties = {quad.predicate.value: quad.object.value for quad in ox.parse(path=file, format=ox.RdfFormat.TURTLE)}
        deliveries.append(
            (properties[OBS + "informedParty"][-2:], properties[OBS + "relayedOn"], properties["http://purl.org/dc/terms/identifier"])
        )
        assert {properties[PROV + "used"][:32], properties[OBS + "channel"]} == {"https://example.org/notification", OBS + "ByEMail"}
    return sorted(deliveries)


def test_delivers_and_records(run, start, register: Path, tmp_path: Path):
    """Every message reaches the server once and is recorded as an act with document, body, day and channel; a second run sends nothing."""
    server, box = start(), addressed(tmp_path / "out", "relay", "relay", "relay")
    first = run(box, register, **server.environment())
    second = run(box, register, at="2026-02-01T10:00:00Z", **server.environment())

    assert (first.returncode, first.stderr) == (0, "")
    assert "Delivered and recorded: 3 now" in first.stdout
    assert "0 now, 0 from earlier runs. On record before: 3." in second.stdout
    assert len(set(server.accepted())) == len(server.accepted()) == 3
    assert [(body, day) for body, day, _ in records(register)] == [("xb", "2026-01-05"), ("xc", "2026-01-05"), ("xd", "2026-01-05")]
    assert {message for _, _, message in records(register)} == set(server.accepted())


def test_messages_bear_the_time_of_sending(run, start, register: Path, tmp_path: Path):
    """A message bears the time at which it is sent, and none can be sent before the time as of which the register was read."""
    server, box = start(), addressed(tmp_path / "out", "relay")
    early = run(box, register, at="2024-06-14T16:59:59Z", **server.environment())
    run(box, register, at="2026-01-05T10:00:00Z", **server.environment())

    assert early.returncode == 2
    assert early.stderr.startswith("--at 2024-06-14T16:59:59Z: these messages were prepared from the register as known at 2024-06-14T17:00")
    assert [message_from_bytes(file.read_bytes())["Date"] for file in server.mailbox.iterdir()] == ["Mon, 05 Jan 2026 10:00:00 +0000"]


def test_refusals(run, start, register: Path, tmp_path: Path):
    """A permanent or temporary refusal gives a sentence, and the other messages are sent; a second run tries only the refused."""
    server, box = start(), addressed(tmp_path / "out", "relay", "refused", "later", "full", "relay")
    done = run(box, register, **server.environment())
    again = run(box, register, **server.environment())

    assert done.returncode == again.returncode == 1
    assert done.stderr.splitlines() == again.stderr.splitlines() == [
        "Refused for refused@customs.xc.example: 550 5.1.1 no such user here. Correct the address in the register and prepare again.",
        "Not taken for now, to later@customs.xd.example: 451 4.3.0 try again later. Run the command again later.",
        "Not taken for now, to full@customs.xe.example: 452 4.3.1 disk full. Run the command again later.",
    ]  # fmt: skip
    assert len(server.accepted()) == 2
    assert [body for body, _, _ in records(register)] == ["xb", "xf"]


@pytest.mark.parametrize("local", ["gone", "closing"])
def test_connection_lost_before_the_end(run, start, register: Path, tmp_path: Path, local: str):
    """A message whose connection is lost before its end may be sent again, and the next message gets a new connection."""
    server, box = start(), addressed(tmp_path / "out", "relay", local, "relay")
    done = run(box, register, **server.environment())

    assert done.returncode == 1
    assert re.fullmatch(rf"Not sent to {local}@customs.xc.example: the connection ended .*\n", done.stderr)
    assert len(server.accepted()) == len(records(register)) == 2


def test_in_doubt_is_reported(run, start, register: Path, tmp_path: Path):
    """A connection lost between the end of a message and the reply leaves it in doubt: reported at every run, never sent again."""
    server, box = start(), addressed(tmp_path / "out", "taken", "relay")
    first, second = (run(box, register, **server.environment()) for _ in range(2))

    assert first.returncode == second.returncode == 1
    assert "In doubt, to taken@customs.xb.example" in first.stderr
    assert "--resolve-doubt" in first.stderr
    assert "In doubt, to taken@customs.xb.example" in second.stderr
    assert len(server.accepted()) == 2
    assert [body for body, _, _ in records(register)] == ["xc"]


@pytest.mark.parametrize(
    ("choice", "messages", "bodies"),
    [("assume-sent", 1, ["xb"]), ("check", 1, ["xb"]), ("resend", 2, [])],
    ids=["assume", "check", "resend"],
)
def test_doubt_is_resolved(run, start, register: Path, tmp_path: Path, choice: str, messages: int, bodies: list[str]):
    """A message in doubt is recorded as sent, looked up in the server's archive, or sent again, as the option says."""
    server, box = start(), addressed(tmp_path / "out", "taken")
    run(box, register, **server.environment())
    archive = ("--archive", str(server.mailbox)) if choice == "check" else ()
    run(box, register, "--resolve-doubt", choice, *archive, at="2026-03-01T10:00:00Z", **server.environment())

    assert len(server.accepted()) == messages
    assert [body for body, _, _ in records(register)] == bodies
    # The day on record is that of the sending, not that of the resolution.
    assert {day for _, day, _ in records(register)} <= {"2026-01-05"}


def test_missing_in_archive_is_sent_again(run, start, register: Path, tmp_path: Path):
    """A message in doubt that the server's archive does not hold is sent again."""
    first, second, box = start("--timeout", "60"), start(), addressed(tmp_path / "out", "silent")
    doubtful = run(box, register, **first.environment(seconds=0.5))
    settled = run(box, register, "--resolve-doubt", "check", "--archive", str(second.mailbox), **second.environment(seconds=0.5))

    assert "In doubt" in doubtful.stderr
    assert first.accepted() == second.accepted() == []
    # The second server does not reply to `silent@` either, so the message was sent again and is in doubt again.
    assert "In doubt" in settled.stderr


def test_undefined_reply(run, start, register: Path, tmp_path: Path):
    """A reply that neither accepts nor refuses leaves the message in doubt."""
    server, box = start(), addressed(tmp_path / "out", "nonsense")
    done = run(box, register, **server.environment())

    assert (done.returncode, len(server.accepted()), records(register)) == (1, 1, [])
    assert "In doubt" in done.stderr


def test_server_down(run, register: Path, tmp_path: Path):
    """If no server answers, there is one sentence and nothing is recorded."""
    box = addressed(tmp_path / "out", "relay", "relay")
    done = run(box, register, OBSERVANCE_RELAY_HOST="127.0.0.1", OBSERVANCE_RELAY_PORT="1", OBSERVANCE_RELAY_TLS="none")

    assert done.returncode == 2
    assert done.stderr.startswith("The mail server 127.0.0.1:1 does not answer as one: ")
    assert records(register) == []


def test_repeated_connection_loss(run, start, register: Path, tmp_path: Path):
    """After three lost connections in a row, sending stops with one sentence."""
    server, box = start(), addressed(tmp_path / "out", "gone", "gone", "gone", "gone", "relay")
    done = run(box, register, **server.environment())

    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("The server ended the connection 3 times in a row")
    assert server.accepted() == []


def test_slow_server(run, start, register: Path, tmp_path: Path):
    """A server that replies slowly, within the timeout, gets every message."""
    server, box = start("--delay", "0.4"), addressed(tmp_path / "out", "relay", "relay")

    assert run(box, register, **server.environment()).returncode == 0
    assert len(server.accepted()) == 2


@pytest.mark.parametrize("mode", ["starttls", "tls"])
def test_secure(run, start, register: Path, tmp_path: Path, mode: str):
    """With TLS, a trusted certificate and the right password, messages are delivered."""
    server = start("--mode", mode, "--certificate", str(HERE / "loopback.crt"))
    box = addressed(tmp_path / "out", "relay")
    environment = server.environment(tls=mode, user="secretariat", password="right", host="localhost")
    done = run(box, register, SSL_CERT_FILE=str(HERE / "loopback.crt"), **environment)

    assert (done.returncode, done.stderr, len(server.accepted())) == (0, "", 1)


@pytest.mark.parametrize(
    ("options", "settings", "sentence"),
    [
        (("--mode", "starttls"), {"tls": "starttls"}, "No secure connection to"),
        (("--mode", "tls"), {"tls": "tls"}, "No secure connection to"),
        ((), {"tls": "starttls"}, "does not offer STARTTLS, and nothing is sent without"),
        ((), {"tls": "tls"}, "No secure connection to"),
        ((), {"tls": "ssl"}, "OBSERVANCE_RELAY_TLS is “ssl”"),
        ((), {"tls": "none", "user": "secretariat", "password": "right"}, "a password is never sent without TLS"),
        (("--mode", "starttls"), {"tls": "starttls", "user": "secretariat", "password": "wrong", "trusted": "1"}, "does not accept"),
    ],
)
def test_faults_of_tls(run, start, register: Path, tmp_path: Path, options: tuple[str, ...], settings: dict[str, str], sentence: str):
    """For an untrusted certificate, missing TLS or a wrong password there is one sentence, and nothing is sent."""
    certificate = ("--certificate", str(HERE / "loopback.crt")) if options else ()
    server, box = start(*options, *certificate), addressed(tmp_path / "out", "relay")
    trusted = {"SSL_CERT_FILE": str(HERE / "loopback.crt")} if settings.pop("trusted", None) else {}
    done = run(box, register, **server.environment(**settings), **trusted)

    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert "right" not in done.stderr
    assert server.accepted() == []
    assert records(register) == []


def test_already_on_record(run, start, register: Path, tmp_path: Path):
    """A delivery recorded by hand, even twice and in other acts, is not sent."""
    by_hand = (HERE / "by-hand.ttl").read_text(encoding="utf-8")
    (register / "one.ttl").write_text(by_hand, encoding="utf-8")
    (register / "two.ttl").write_text(by_hand.replace("ex:act-1", "ex:act-2"), encoding="utf-8")
    server, box = start(), addressed(tmp_path / "out", "relay", "relay")
    done = run(box, register, **server.environment())

    assert (done.returncode, len(server.accepted())) == (0, 1)
    assert "On record before: 1." in done.stdout


def test_one_sender_at_a_time(run, start, register: Path, tmp_path: Path):
    """While one sender has locked the register, a second one says so and sends nothing."""
    from observance.notifications import journal

    server, box = start(), addressed(tmp_path / "out", "relay")
    with journal.open_journal(register):
        done = run(box, register, lang="fr", **server.environment())

    assert (done.returncode, server.accepted()) == (2, [])
    assert done.stderr.startswith("Un autre « relay send » écrit dans ")


def test_line_cut_short(run, start, register: Path, tmp_path: Path):
    """A last line of the journal that a crash cut short is removed, because the step that it announces had not begun."""
    server, box = start(), addressed(tmp_path / "out", "relay", "relay")
    run(box, register, **server.environment())
    file = register / "transmissions" / "journal.jsonl"
    before = file.read_bytes()
    file.write_bytes(before + b'{"state": "intent", "at": "20')
    done = run(box, register, **server.environment())

    assert (done.returncode, len(server.accepted())) == (0, 2)
    assert file.read_bytes() == before


@pytest.mark.parametrize("damage", [b"nonsense\n", b'{"state": "eaten"}\n', b"\xff\n"])
def test_damaged_journal(run, start, register: Path, tmp_path: Path, damage: bytes):
    """A damaged journal is refused with the line number, because without it a message could be sent twice."""
    server, box = start(), addressed(tmp_path / "out", "relay")
    run(box, register, **server.environment())
    file = register / "transmissions" / "journal.jsonl"
    file.write_bytes(damage + file.read_bytes())
    done = run(box, register, **server.environment())

    assert (done.returncode, len(server.accepted())) == (2, 1)
    assert "line 1: the journal of deliveries is damaged" in done.stderr


def test_changed_message(run, start, register: Path, tmp_path: Path):
    """A message that was changed after it was prepared is not sent; the others are."""
    server, box = start(), addressed(tmp_path / "out", "relay", "relay")
    file = sorted((box / "messages").iterdir())[0]
    file.write_bytes(file.read_bytes().replace(b"Subject:", b"Bcc: eve@evil.example\r\nSubject:"))
    done = run(box, register, **server.environment())

    assert (done.returncode, len(server.accepted())) == (1, 1)
    assert "is not what was prepared" in done.stderr


@pytest.mark.parametrize("injected", ["relay@customs.xb.example\\r\\nRCPT TO:<eve@evil.example>", "../../etc/passwd"])
def test_changed_index(run, start, register: Path, tmp_path: Path, injected: str):
    """An index in which an address or a file name was tampered with is refused."""
    server, box = start(), addressed(tmp_path / "out", "relay")
    file = box / "outbox.json"
    before = '"to": "relay@customs.xb.example"' if "RCPT" in injected else '"file": "messages/'
    file.write_text(
        file.read_text(encoding="utf-8").replace(before, before[: before.index(": ") + 3] + injected + '"' * ("RCPT" in injected))
    )
    done = run(box, register, **server.environment())

    assert (done.returncode, server.accepted()) == (2, [])
    assert "outbox.json" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--at", "yesterday"), "“yesterday” is not a time"),
        (("--resolve-doubt", "check"), "--resolve-doubt check and --archive go together"),
        (("--archive", "x"), "--resolve-doubt check and --archive go together"),
        (("--register", "nowhere"), "The folder nowhere does not exist"),
    ],
)
def test_misuse(run, start, register: Path, tmp_path: Path, arguments: tuple[str, ...], sentence: str):
    """A malformed time, an archive without a check or a missing register: one sentence, exit code 2."""
    server = start()
    done = run(addressed(tmp_path / "out", "relay"), register, *arguments, **server.environment())

    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


def test_off_by_default(run, register: Path, tmp_path: Path):
    """Without settings nothing is sent, and the sentence says so."""
    done = run(addressed(tmp_path / "out", "relay"), register, lang="fr")

    assert done.returncode == 2
    assert done.stderr.startswith("L'envoi est désactivé")


def test_no_outbox(run, register: Path, tmp_path: Path, start):
    """A folder without prepared messages is an error that says so."""
    done = run(tmp_path, register, **start().environment())

    assert (done.returncode, "holds no prepared messages" in done.stderr) == (2, True)


def test_prepared_again(run, start, register: Path, tmp_path: Path):
    """Messages prepared again for more recipients are sent only to those that have not received theirs."""
    server = start()
    run(addressed(tmp_path / "one", "relay"), register, **server.environment())
    done = run(addressed(tmp_path / "two", "relay", "relay"), register, **server.environment())

    assert "1 now, 0 from earlier runs. On record before: 1." in done.stdout
    assert len(set(server.accepted())) == 2


def test_journal_cannot_be_written(run, start, register: Path, tmp_path: Path, monkeypatch):
    """If the journal cannot be written, the end of the message is not sent, so nothing is delivered without an entry."""
    from observance.core import Settings, UsageError
    from observance.notifications import MailServer, SendingOptions, journal, message_content, read_outbox, send_messages

    server, box = start(), outbox(tmp_path / "out", transmission(recipient("XB", "relay@customs.xb.example")))
    (message,) = read_outbox(box)
    settings = Settings(relay_host="127.0.0.1", relay_port=server.port, relay_tls="none")

    def raise_full(*_arguments: object, **_values: object) -> None:
        raise UsageError("cli.cannot-write", folder="journal", reason="No space left on device")

    monkeypatch.setattr(journal.Journal, "append", raise_full)
    with journal.open_journal(register) as open_journal, MailServer(settings) as mail_server, pytest.raises(UsageError):
        list(
            send_messages(
                [message],
                journal=open_journal,
                server=mail_server,
                content=lambda prepared: message_content(prepared, folder=box),
                options=SendingOptions(AT),
            )
        )

    assert server.accepted() == []
