"""The outbox: a folder with a message for each missing recipient, an Atom feed (RFC 4287), and an index of the messages in JSON."""

import hashlib
import json
import shutil
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import asdict

from observance.core import HOME, LANGUAGES, InvalidInputError, NotFoundError, UsageError, local_name, sync_folder, translate
from observance.notifications.composition import (
    MailMessage,
    address_fault,
    compose_message,
    file_slug,
    information_sentence,
    is_disclosed_to,
    is_plain_address,
    sanitise_line,
)
from observance.notifications.model import PreparedMessage, Recipient, Transmission, TransmissionPlan, Wording

INDEX_FILE: Final = "outbox.json"
_MESSAGES_FOLDER: Final = "messages"
_ATOM: Final = "http://www.w3.org/2005/Atom"
_XHTML: Final = "http://www.w3.org/1999/xhtml"
_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"


class UnreachableRecipient(Struct, frozen=True):
    """A recipient that cannot be written to, and the fault of its address."""

    transmission: Transmission
    recipient: Recipient
    fault: str


class Outbox(Struct, frozen=True):
    """The files of an outbox by name, its messages and the unreachable recipients; `withheld` counts messages without the document."""

    files: Mapping[str, bytes]
    messages: tuple[PreparedMessage, ...]
    unreachable: tuple[UnreachableRecipient, ...]
    withheld: int


def prepare_outbox(plan: TransmissionPlan, *, sender: str, date: datetime, attach: bool = False) -> Outbox:
    """Prepare a message for each missing recipient that has an address; the same plan, sender and date give the same bytes.

    Raises UsageError for a sender that is not an address.
    """
    if not is_plain_address(sender):
        raise UsageError("relay.bad-sender", value=sender)
    pairs = [(t, r, address_fault(r.addresses)) for t in plan.transmissions for r in t.missing_recipients]
    messages, files = [], {}
    for transmission, recipient, fault in pairs:
        if fault is None:
            wording = plan.wordings[transmission.norm]
            mail = compose_message(transmission, recipient, wording=wording, sender=sender, date=date, attach=attach)
            message = _prepared_message(transmission, recipient, mail, sender=sender, wording=wording)
            files[message.file] = mail.content
            messages.append(message)
    pending = [t for t in plan.transmissions if t.missing_recipients]
    files["feed.atom"] = atom_feed(pending, wordings=plan.wordings, date=date)
    files[INDEX_FILE] = _index(messages, plan=plan)
    withheld = sum(not is_disclosed_to(t, recipient=r) for t, r, fault in pairs if fault is None) if attach else 0
    unreachable = tuple(UnreachableRecipient(t, r, fault) for t, r, fault in pairs if fault is not None)
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
    """Write the outbox into a new folder, all or nothing; raises UsageError when the folder exists or cannot be written."""
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
    """The messages of an outbox; raises NotFoundError for a folder that is no outbox, InvalidInputError for a damaged index."""
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


def _validated_messages(rows: list[dict[str, Any]]) -> Iterator[PreparedMessage]:
    for row in rows:
        message = PreparedMessage(**{**row, "versions": tuple(row["versions"])})
        path = PurePosixPath(message.file)
        is_printable = all(isinstance(v, str) and v.isprintable() for k, v in row.items() if k != "versions")
        is_inside = not path.is_absolute() and ".." not in path.parts
        if not (is_printable and is_inside and is_plain_address(message.to) and is_plain_address(message.sender)):
            raise ValueError(message.file)
        yield message


def message_content(message: PreparedMessage, *, folder: Path) -> bytes:
    """The bytes of the message as prepared; raises InvalidInputError when the file is missing or has changed since."""
    try:
        content = (folder / message.file).read_bytes()
    except OSError:
        content = b""
    if hashlib.sha256(content).hexdigest() != message.digest:
        raise InvalidInputError("relay.bad-letter", file=message.file)
    return content


def atom_feed(transmissions: Iterable[Transmission], *, wordings: Mapping[str, Wording], date: datetime) -> bytes:
    """The transmissions as an Atom feed made at `date`, an entry for each document; no delivery is recorded for who reads it."""
    root = ET.Element("feed", {"xmlns": _ATOM})
    updated = date.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    _text_element(root, "id", f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, HOME + 'relay')}")
    _text_element(root, "title", " / ".join(translate("relay.feed", lang) for lang in LANGUAGES))
    _text_element(root, "updated", updated)
    _text_element(ET.SubElement(root, "author"), "name", next((_in_every_language(w.bearer_name) for w in wordings.values()), "–"))
    for transmission in transmissions:
        _entry(root, transmission, wording=wordings[transmission.norm], updated=updated)
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _entry(root: ET.Element, transmission: Transmission, *, wording: Wording, updated: str) -> None:
    entry = ET.SubElement(root, "entry")
    _text_element(entry, "id", f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{transmission.notification} {transmission.document}')}")
    _text_element(entry, "title", f"{_in_every_language(wording.kind_name)}: {_in_every_language(transmission.author_name)}")
    _text_element(entry, "updated", updated)
    content = ET.SubElement(entry, "content", {"type": "xhtml"})
    block = ET.SubElement(content, "div", {"xmlns": _XHTML})
    for lang in LANGUAGES:
        sentence = information_sentence(transmission, wording=wording, lang=lang)
        dates = translate(
            "relay.feed-dates", lang, identifier=sanitise_line(transmission.identifier or transmission.document),
            submitted=transmission.submitted or "–", received=transmission.received,
        )  # fmt: skip
        ET.SubElement(block, "p", {_LANG: lang}).text = f"{sentence} {dates}"


def _text_element(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _in_every_language(labels: Mapping[str, str]) -> str:
    return " / ".join(dict.fromkeys(sanitise_line(labels[lang]) for lang in LANGUAGES))
