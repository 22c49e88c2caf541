"""Messages composed from a plan, and the outbox: a folder of messages ready to be sent, with an index and a feed."""

import hashlib
import json
import re
import shutil
import unicodedata
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final

import pyoxigraph as ox
from msgspec import Struct
from msgspec.structs import asdict

from observance.core import (
    HOME,
    LANGUAGES,
    OBS,
    InvalidInputError,
    NotFoundError,
    UsageError,
    calendar,
    capitalise,
    format_day,
    local_name,
    sync_folder,
    translate,
)
from observance.notifications.plan import PreparedMessage, Recipient, Transmission, TransmissionPlan, Wording
from observance.rdf import serialize_turtle

_SEPARATOR: Final = "\n" + 20 * "–" + "\n\n"
_PUBLIC: Final = OBS + "Public"
_MEMBERS_ONLY: Final = OBS + "MembersOnly"
# RFC 5321, section 4.1.2, without quoted local parts and address literals. ASCII only, so that no SMTPUTF8 is needed.
_ADDRESS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]")  # fmt: skip  # noqa: E501
_MAX_ADDRESS: Final = 254
_MAX_LOCAL_PART: Final = 64
NO_ADDRESS: Final = "no-address"
SEVERAL_ADDRESSES: Final = "several-addresses"
MALFORMED_ADDRESS: Final = "malformed-address"


class MailMessage(Struct, frozen=True):
    """A message ready to be sent: its Message-ID, and its bytes in the format of RFC 5322, ASCII only."""

    identifier: str
    content: bytes


def recipient_languages(recipient: Recipient) -> tuple[str, ...]:
    """The languages of messages to the recipient: those of LANGUAGES that the register gives, regions ignored, or else all of LANGUAGES."""
    subtags = {tag.partition("-")[0].lower() for tag in recipient.languages}
    return tuple(lang for lang in LANGUAGES if lang in subtags) or LANGUAGES


def is_disclosed_to(transmission: Transmission, *, recipient: Recipient) -> bool:
    """Whether the document itself may be sent: public documents to all recipients, documents for Members only to units of Members."""
    return transmission.disclosure == _PUBLIC or (transmission.disclosure == _MEMBERS_ONLY and recipient.party is not None)


def compose_message(
    transmission: Transmission, recipient: Recipient, *, wording: Wording, sender: str, attach: bool = False
) -> MailMessage:
    """Compose the message to the recipient's first address, which must be a plain address.

    With `attach`, the document is enclosed if it is disclosed to the recipient. The Message-ID depends on content and recipient alone:
    composing the same message again gives the same Message-ID. The message bears no date until it is sent (`dated`).
    """
    languages = recipient_languages(recipient)
    enclosed = attach and is_disclosed_to(transmission, recipient=recipient)
    subject = " / ".join(dict.fromkeys(_subject(transmission, wording=wording, lang=lang) for lang in languages))
    text = _SEPARATOR.join(message_text(transmission, wording=wording, lang=lang, attach=attach, enclosed=enclosed) for lang in languages)
    document = _canonical_turtle(transmission.statements) if enclosed else ""
    parts = (transmission.notification, transmission.document, recipient.body, recipient.addresses[0], sender, subject, text, document)
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(sanitise_line(wording.bearer_name[languages[0]]), addr_spec=sender)
    message["To"] = Address(sanitise_line(recipient.name[languages[0]]), addr_spec=recipient.addresses[0])
    message["Subject"] = subject
    message["Message-ID"] = f"<{digest[:40]}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text, cte="quoted-printable")
    message["Content-Language"] = ", ".join(languages)
    if enclosed:
        name = f"{file_slug(transmission.identifier or transmission.document)}.ttl"
        message.add_attachment(document.encode(), maintype="text", subtype="turtle", filename=name, cte="base64")
        # A random boundary would give other bytes at every run.
        message.set_boundary(f"=_{digest[:40]}")
    return MailMessage(message["Message-ID"], message.as_bytes())


def dated(content: bytes, *, at: datetime) -> bytes:
    """The message with the time at which it is sent as its `Date` header (RFC 5322, section 3.6.1)."""
    return f"Date: {format_datetime(at)}\r\n".encode() + content


def message_text(transmission: Transmission, *, wording: Wording, lang: str, attach: bool = False, enclosed: bool = False) -> str:
    """The text of the message in one language; `attach` tells whether the document was to be enclosed, `enclosed` whether it is."""
    official = translate("relay.message-official", lang, text=wording.official[lang]) if lang in wording.official else ""
    note_key = f"relay.message-{'attached' if enclosed else 'withheld'}" if attach else "relay.message-document"
    return translate(
        "relay.message", lang, **_placeholders(transmission, wording=wording, lang=lang), number=wording.number,
        submitted=format_day(transmission.submitted or "–", lang), received=format_day(transmission.received, lang),
        instrument=wording.instrument[lang], authentic=wording.authentic, official=official, document=translate(note_key, lang),
    )  # fmt: skip


def information_sentence(transmission: Transmission, *, wording: Wording, lang: str) -> str:
    """The information to be transmitted (« cette information » in the paragraph), as a sentence."""
    return capitalise(wording.information[lang].replace("{author}", sanitise_line(transmission.author_in_sentence[lang])))


def _subject(transmission: Transmission, *, wording: Wording, lang: str) -> str:
    kind = wording.kind_name[lang]
    values = _placeholders(transmission, wording=wording, lang=lang)
    return translate("relay.subject", lang, kind=capitalise(kind), **values)


def _placeholders(transmission: Transmission, *, wording: Wording, lang: str) -> Mapping[str, str]:
    return {
        "information": information_sentence(transmission, wording=wording, lang=lang),
        "author": sanitise_line(transmission.author_name[lang]),
        "identifier": sanitise_line(transmission.identifier or transmission.document),
        "bearer": capitalise(sanitise_line(wording.bearer_in_sentence[lang])),
    }


def _canonical_turtle(statements: Sequence[ox.Triple]) -> str:
    """The statements as Turtle, sorted, with blank nodes labelled by RDFC-1.0: the same bytes at every run."""
    dataset = ox.Dataset(ox.Quad(*triple) for triple in statements)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return serialize_turtle(sorted((quad.triple for quad in dataset), key=str))


def sanitise_line(text: str) -> str:
    """The text on one line, without control and format characters, so that a name from a register cannot inject a header."""
    spaced = "".join(" " if c.isspace() else c for c in text)
    return " ".join("".join(c for c in spaced if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn")).split())


def file_slug(text: str) -> str:
    """The text as part of a file name: its last 40 lower-case letters, digits and hyphens; `x` if there are none."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[-40:] or "x"


def address_fault(addresses: tuple[str, ...]) -> str | None:
    """The fault of a body's addresses: NO_ADDRESS, SEVERAL_ADDRESSES or MALFORMED_ADDRESS; None for exactly one plain address."""
    if not addresses:
        return NO_ADDRESS
    if len(addresses) > 1:
        return SEVERAL_ADDRESSES
    return None if is_plain_address(addresses[0]) else MALFORMED_ADDRESS


def is_plain_address(address: str) -> bool:
    """Whether the text is exactly one address, without display name or parameters (RFC 5321, section 4.1.2)."""
    return len(address) <= _MAX_ADDRESS and len(address.partition("@")[0]) <= _MAX_LOCAL_PART and _ADDRESS.fullmatch(address) is not None


INDEX_FILE: Final = "outbox.json"
_MESSAGES_FOLDER: Final = "messages"
_ATOM: Final = "http://www.w3.org/2005/Atom"
_XHTML: Final = "http://www.w3.org/1999/xhtml"
_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"


class UnreachableRecipient(Struct, frozen=True):
    """A recipient without a usable address, and the fault of its addresses."""

    transmission: Transmission
    recipient: Recipient
    fault: str


class Outbox(Struct, frozen=True):
    """The files of an outbox by name, its messages, and the unreachable recipients.

    `withheld` counts the messages that do not enclose the document although that was requested.
    """

    files: Mapping[str, bytes]
    messages: tuple[PreparedMessage, ...]
    unreachable: tuple[UnreachableRecipient, ...]
    withheld: int


def prepare_outbox(plan: TransmissionPlan, *, sender: str, attach: bool = False) -> Outbox:
    """Prepare a message for each missing recipient that has an address; the same plan and sender give the same bytes.

    Raises UsageError for a sender that is not a plain address.
    """
    if not is_plain_address(sender):
        raise UsageError("relay.bad-sender", value=sender)
    missing = [(t, r, address_fault(r.addresses)) for t in plan.transmissions for r in t.missing_recipients]
    messages, files = [], {}
    for transmission, recipient, fault in missing:
        if fault is None:
            wording = plan.wordings[transmission.norm]
            mail = compose_message(transmission, recipient, wording=wording, sender=sender, attach=attach)
            message = _prepared_message(transmission, recipient, mail, sender=sender, wording=wording)
            files[message.file] = mail.content
            messages.append(message)
    pending = [t for t in plan.transmissions if t.missing_recipients]
    files["feed.atom"] = atom_feed(pending, wordings=plan.wordings, date=plan.known_at)
    files[INDEX_FILE] = _index(messages, plan=plan)
    withheld = sum(not is_disclosed_to(t, recipient=r) for t, r, fault in missing if fault is None) if attach else 0
    unreachable = tuple(UnreachableRecipient(t, r, fault) for t, r, fault in missing if fault is not None)
    return Outbox(files, tuple(messages), unreachable, withheld)


def _prepared_message(
    transmission: Transmission, recipient: Recipient, mail: MailMessage, *, sender: str, wording: Wording
) -> PreparedMessage:  # fmt: skip
    document = file_slug(transmission.identifier or local_name(transmission.notification))
    name = f"{document}--{file_slug(local_name(recipient.body))}-{mail.identifier[1:9]}"
    return PreparedMessage(
        mail.identifier, f"{_MESSAGES_FOLDER}/{name}.eml", hashlib.sha256(mail.content).hexdigest(), sender, recipient.addresses[0],
        recipient.body, transmission.notification, transmission.document, transmission.versions, wording.record, wording.bearer,
    )  # fmt: skip


def _index(messages: list[PreparedMessage], *, plan: TransmissionPlan) -> bytes:
    moment = {"asOf": plan.as_of.isoformat(), "knownAt": plan.known_at.isoformat(), "reading": plan.reading}
    index = {"preparedFor": moment, "letters": [asdict(message) for message in messages]}
    return (json.dumps(index, ensure_ascii=False, indent=2) + "\n").encode()


def write_outbox(outbox: Outbox, folder: Path) -> None:
    """Write the outbox into a new folder, atomically; raises UsageError when the folder exists or cannot be written."""
    if folder.exists():
        raise UsageError("cli.exists", folder=folder)
    partial = folder.with_name(folder.name + ".partial")
    try:
        (partial / _MESSAGES_FOLDER).mkdir(parents=True)
        for name, content in outbox.files.items():
            (partial / name).write_bytes(content)
        partial.rename(folder)
        sync_folder(folder.absolute().parent)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise UsageError("cli.cannot-write", folder=folder, reason=error.strerror or type(error).__name__) from None


def read_outbox(folder: Path) -> tuple[PreparedMessage, ...]:
    """The messages of the outbox in the folder; raises NotFoundError if there is none, InvalidInputError for a damaged index."""
    try:
        text = (folder / INDEX_FILE).read_text(encoding="utf-8")
    except OSError:
        raise NotFoundError("relay.no-outbox", folder=folder) from None
    except UnicodeDecodeError:
        raise InvalidInputError("relay.bad-outbox", folder=folder) from None
    try:
        return tuple(_validated_messages(json.loads(text)["letters"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InvalidInputError("relay.bad-outbox", folder=folder) from None


def prepared_for(folder: Path) -> datetime:
    """The time as of which the register was read for the outbox in the folder; raises InvalidInputError for a damaged index."""
    try:
        return calendar.parse_time(json.loads((folder / INDEX_FILE).read_text(encoding="utf-8"))["preparedFor"]["knownAt"])
    except (OSError, ValueError, KeyError, TypeError):
        raise InvalidInputError("relay.bad-outbox", folder=folder) from None


def _validated_messages(rows: list[dict[str, Any]]) -> Iterator[PreparedMessage]:
    for row in rows:
        message = PreparedMessage(**{**row, "versions": tuple(row["versions"])})
        path = PurePosixPath(message.file)
        is_printable = all(isinstance(value, str) and value.isprintable() for name, value in row.items() if name != "versions")
        is_inside = not path.is_absolute() and ".." not in path.parts
        if not (is_printable and is_inside and is_plain_address(message.to) and is_plain_address(message.sender)):
            raise ValueError(message.file)
        yield message


def message_content(message: PreparedMessage, *, folder: Path) -> bytes:
    """The bytes of the message as prepared; raises InvalidInputError when its file is missing or has changed since."""
    try:
        content = (folder / message.file).read_bytes()
    except OSError:
        content = b""
    if hashlib.sha256(content).hexdigest() != message.digest:
        raise InvalidInputError("relay.bad-letter", file=message.file)
    return content


def atom_feed(transmissions: Iterable[Transmission], *, wordings: Mapping[str, Wording], date: datetime) -> bytes:
    """The transmissions as an Atom feed of the given date, with an entry for each document. Reading the feed records no delivery."""
    root = ET.Element("feed", {"xmlns": _ATOM})
    updated = date.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    _add_text_element(root, "id", f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, HOME + 'relay')}")
    _add_text_element(root, "title", " / ".join(translate("relay.feed", lang) for lang in LANGUAGES))
    _add_text_element(root, "updated", updated)
    _add_text_element(ET.SubElement(root, "author"), "name", next((_in_every_language(w.bearer_name) for w in wordings.values()), "–"))
    for transmission in transmissions:
        _add_feed_entry(root, transmission, wording=wordings[transmission.norm], updated=updated)
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _add_feed_entry(root: ET.Element, transmission: Transmission, *, wording: Wording, updated: str) -> None:
    entry = ET.SubElement(root, "entry")
    _add_text_element(entry, "id", f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{transmission.notification} {transmission.document}')}")
    _add_text_element(entry, "title", f"{_in_every_language(wording.kind_name)}: {_in_every_language(transmission.author_name)}")
    _add_text_element(entry, "updated", updated)
    content = ET.SubElement(entry, "content", {"type": "xhtml"})
    div = ET.SubElement(content, "div", {"xmlns": _XHTML})
    for lang in LANGUAGES:
        sentence = information_sentence(transmission, wording=wording, lang=lang)
        dates = translate(
            "relay.feed-dates", lang, identifier=sanitise_line(transmission.identifier or transmission.document),
            submitted=format_day(transmission.submitted or "–", lang), received=format_day(transmission.received, lang),
        )  # fmt: skip
        ET.SubElement(div, "p", {_LANG: lang}).text = f"{sentence} {dates}"


def _add_text_element(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _in_every_language(labels: Mapping[str, str]) -> str:
    return " / ".join(dict.fromkeys(sanitise_line(labels[lang]) for lang in LANGUAGES))
