"""The messages: one for each missing recipient, in its language, with the information only; hostile data stays data."""

import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pyoxigraph as ox
import pytest
from msgspec.structs import replace

from mail_fixtures import SENDER, WORDING, plan, recipient, transmission
from observance.core import OBS, NotFoundError, UsageError
from observance.notifications import outbox, plan_transmissions
from observance.notifications.outbox import recipient_languages, sanitise_line

LATER = datetime(2026, 1, 5, tzinfo=UTC)
NODE = ox.NamedNode("https://example.org/notification-1")
STATEMENTS = (
    ox.Triple(NODE, ox.NamedNode(OBS + "intends"), ox.Literal(value=True)),
    ox.Triple(NODE, ox.NamedNode(OBS + "note"), ox.BlankNode()),
)
ADDRESS = "relay@customs.xb.example"


def prepared(*transmissions, attach: bool = False) -> outbox.Outbox:
    """The outbox of a plan with these transmissions."""
    return outbox.prepare_outbox(plan(*transmissions), sender=SENDER, attach=attach)


def messages(box: outbox.Outbox) -> list[EmailMessage]:
    """The messages of the outbox, parsed."""
    parsed = [message_from_bytes(content, policy=policy.default) for name, content in box.files.items() if name.endswith(".eml")]
    return [message for message in parsed if isinstance(message, EmailMessage)]


def text(message: EmailMessage) -> str:
    """The text of the message."""
    body = message.get_body()
    assert isinstance(body, EmailMessage)
    return body.get_content()


@pytest.mark.parametrize(
    ("tags", "languages"),
    [
        (("fr",), ("fr",)),
        (("en",), ("en",)),
        (("fr-CA",), ("fr",)),
        (("en", "fr"), ("fr", "en")),
        ((), ("fr", "en")),
        (("es",), ("fr", "en")),
    ],
)
def test_language(tags: tuple[str, ...], languages: tuple[str, ...]):
    """A message is in the recipient's languages, or in both if it has neither, and always quotes the French text."""
    body = recipient("XB", ADDRESS, languages=tags)
    (message,) = messages(prepared(transmission(body)))

    assert recipient_languages(body) == languages
    assert ("Altamar a notifié." in text(message)) == ("fr" in languages)
    assert ("Altamar has notified." in text(message)) == ("en" in languages)
    assert "« L'OMD transmettra cette information. »" in text(message)


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_no_working_translation_is_sent(lang: str):
    """A message quotes the version held and, where there is one, the official version in its language: never the working translation."""
    body = transmission(recipient("XB", ADDRESS, languages=(lang,)))
    official = replace(WORDING, official={lang: "The official words."})

    assert WORDING.translation not in outbox.message_text(body, wording=WORDING, lang=lang)
    assert "“" not in outbox.message_text(body, wording=WORDING, lang=lang)
    assert "The official words." in outbox.message_text(body, wording=official, lang=lang)


def test_information_not_document():
    """The message contains the information; the document itself is not enclosed, and the message says so."""
    (message,) = messages(prepared(transmission(recipient("XB", ADDRESS), statements=STATEMENTS)))

    assert not message.is_multipart()
    assert "what is passed on is the information" in text(message)
    assert all(value in text(message) for value in ("XA-2019-01", "28 January 2019", "1 February 2019"))


@pytest.mark.parametrize(
    ("disclosure", "union", "enclosed"),
    [
        ("Public", False, True),
        ("Public", True, True),
        ("MembersOnly", False, True),
        ("MembersOnly", True, False),
        ("Restricted", False, False),
        (None, False, False),
    ],
)
def test_disclosure(disclosure: str | None, union: bool, enclosed: bool):
    """The document is enclosed only if it is disclosed to the recipient: never without a disclosure, and Unions are not Members."""
    notification_transmission = transmission(
        recipient("XU", ADDRESS, union=union), disclosure=disclosure and OBS + disclosure, statements=STATEMENTS
    )
    box = prepared(notification_transmission, attach=True)
    (message,) = messages(box)
    attached = [part.get_filename() for part in message.iter_attachments()]

    assert attached == (["xa-2019-01.ttl"] if enclosed else [])
    assert box.withheld == (0 if enclosed else 1)
    assert ("has not opened it to you" in text(message)) == (not enclosed)


def test_same_bytes():
    """The same plan and sender give the same bytes; each recipient has its own Message-ID; the message has no date until it is sent."""
    bodies = recipient("XB", ADDRESS), recipient("XC", "relay@customs.xc.example")
    first, second = (prepared(transmission(*bodies, statements=STATEMENTS), attach=True) for _ in range(2))

    assert first.files == second.files
    assert len({message.message for message in first.messages}) == 2
    assert messages(first)[0]["Date"] is None
    content = next(first.files[message.file] for message in first.messages)
    sent = message_from_bytes(outbox.dated(content, at=LATER), policy=policy.default)
    assert (sent["Date"], sent["Message-ID"]) == ("Mon, 05 Jan 2026 00:00:00 +0000", messages(first)[0]["Message-ID"])


HOSTILE = [
    "a@b.example\r\nBcc: eve@evil.example", "a@b.example\n", "a@b.example>", "<a@b.example>", "a@b", "a b@c.example", "@b.example", "a@",
    "a@b.example,c@d.example", "a..b@c.example", ".a@b.example", "a@-b.example", "é@b.example", "a@b.exa\u0000mple", "",
    "a" * 65 + "@b.example", "a@" + "b" * 260 + ".example", "mailto:a@b.example?bcc=c@d.example", "a@b.example NOTIFY=NEVER",
]  # fmt: skip


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_address(hostile: str):
    """A recipient whose address is not exactly one plain address is unreachable; the others get their messages."""
    box = prepared(transmission(recipient("XB", hostile), recipient("XC", "relay@customs.xc.example")))

    assert [message.to for message in box.messages] == ["relay@customs.xc.example"]
    assert [entry.fault for entry in box.unreachable] == [outbox.MALFORMED_ADDRESS]
    assert b"evil" not in b"".join(box.files.values())


@pytest.mark.parametrize(("addresses", "fault"), [((), outbox.NO_ADDRESS), (("a@b.example", "c@d.example"), outbox.SEVERAL_ADDRESSES)])
def test_no_single_address(addresses: tuple[str, ...], fault: str):
    """A recipient without an address or with several is unreachable: none of several is chosen."""
    box = prepared(transmission(recipient("XB", *addresses)))

    assert (box.messages, [entry.fault for entry in box.unreachable]) == ((), [fault])


@pytest.mark.parametrize(
    "hostile", ["X\r\nBcc: eve@evil.example\r\n\r\nbody", "X\u202egro", "X\u0000\u0007", '"; <eve@evil.example>', "=?utf-8?q?x?="]
)
def test_hostile_name(hostile: str):
    """A name from a register stays on one line in one header, and is text in the feed."""
    box = prepared(transmission(recipient("XB", ADDRESS, name=hostile), author_name={"en": hostile, "fr": hostile}, identifier=hostile))
    (message,) = messages(box)

    assert message["Bcc"] is None
    assert [address.addr_spec for address in message["To"].addresses] == [ADDRESS]
    assert len(message.keys()) == len(set(message.keys())) == 9
    assert text(message).startswith(f"{sanitise_line(hostile)} has notified.")
    assert ET.fromstring(box.files["feed.atom"]).tag.endswith("feed")


def test_braces_in_a_name():
    """Braces in a name are text, not placeholders."""
    (message,) = messages(prepared(transmission(recipient("XB", ADDRESS), author_name={"en": "{bearer.__class__} {0}", "fr": "{x}"})))

    assert text(message).startswith("{bearer.__class__} {0} has notified.")


def test_only_what_is_missing():
    """No message is prepared for a recipient that was informed or is not due, or for a notification that is no longer in force."""
    from msgspec.structs import replace

    from observance.notifications.plan import Receipt

    received = replace(recipient("XB", ADDRESS), receipts=(Receipt("act", "2020-01-01", None),))
    not_due = replace(recipient("XC", ADDRESS), is_due=False)
    box = prepared(transmission(received, not_due), transmission(recipient("XD", ADDRESS), number=2, is_in_force=False))

    assert (box.messages, box.unreachable) == ((), ())


def test_feed():
    """The feed has the elements that RFC 4287 requires, and one entry for each notification, in both languages."""
    box = prepared(transmission(recipient("XB", ADDRESS), recipient("XC", ADDRESS)), transmission(recipient("XB", ADDRESS), number=2))
    root = ET.fromstring(box.files["feed.atom"])
    atom = "{http://www.w3.org/2005/Atom}"
    entries = root.findall(f"{atom}entry")

    assert {child.tag.removeprefix(atom) for child in root} == {"id", "title", "updated", "author", "entry"}
    assert len({entry.findtext(f"{atom}id") for entry in entries}) == len(entries) == 2
    assert all(entry.findtext(f"{atom}updated") == "2024-06-14T17:00:00Z" for entry in entries)
    paragraphs = entries[0].findall(".//{http://www.w3.org/1999/xhtml}p")
    assert [p.get("{http://www.w3.org/XML/1998/namespace}lang") for p in paragraphs] == ["fr", "en"]


def test_write_and_read(tmp_path: Path):
    """The outbox is written into a new folder and read back; an existing folder is not changed, a folder without an outbox is an error."""
    box = prepared(transmission(recipient("XB", ADDRESS)))
    outbox.write_outbox(box, tmp_path / "out")

    assert outbox.read_outbox(tmp_path / "out") == box.messages
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    with pytest.raises(UsageError):
        outbox.write_outbox(box, tmp_path / "out")
    with pytest.raises(NotFoundError):
        outbox.read_outbox(tmp_path)


@pytest.mark.parametrize("sender", ["", "nobody", "a@b.example\r\nBcc: c@d.example"])
def test_bad_sender(sender: str):
    """A sender that is not an address is an error."""
    with pytest.raises(UsageError):
        outbox.prepare_outbox(plan(), sender=sender)


def test_command(tmp_path: Path, capfd):
    """The command prepares the messages of the demo register, names the unreachable recipients, and exits with 1 because of them."""
    from observance.cli import run

    code = run(["relay", "prepare", str(tmp_path / "out"), "--sender", SENDER, "--lang", "en"])
    out, err = capfd.readouterr()

    assert code == 1
    assert "Lumeria Revenue Authority is not written to about Felucca (XF-2022-01): the register gives no address." in err
    assert f"Messages prepared in {tmp_path / 'out'}: 60. Nothing was sent." in out
    assert run(["relay", "prepare", str(tmp_path / "other"), "--lang", "en"]) == 2
    assert "No address is given from which to send." in capfd.readouterr().err


def test_deliveries_count(tmp_path: Path):
    """The records of `relay send` count as transmissions in the rules: once they are written, only unreachable recipients are missing."""
    import shutil

    from observance.knowledge_base import KnowledgeBase
    from observance.notifications import journal

    register = tmp_path / "register"
    shutil.copytree(Path(__file__).parents[3] / "queries" / "demo", register)
    with KnowledgeBase.open(registers=[register]) as kb:
        before = plan_transmissions(kb.assessment.assess())
    box = outbox.prepare_outbox(before, sender=SENDER)
    for message in box.messages:
        journal.write_record(message, at="2024-06-14T16:00:00Z", folder=register)
    with KnowledgeBase.open(registers=[register]) as kb:
        after = plan_transmissions(kb.assessment.assess())

    missing = {(t.notification, r.body) for t in after.transmissions for r in t.missing_recipients}
    assert missing == {(entry.transmission.notification, entry.recipient.body) for entry in box.unreachable}
    assert {name["en"] for name in after.channels.values()} == {"e-mail"}
