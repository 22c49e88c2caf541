"""The outbox: a folder with one message for each recipient that is missing, a feed, and a list that says what is what."""

import hashlib
import json
import shutil
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final

from observance.core.durable_files import sync_folder
from observance.core.errors import InvalidInputError, NotFoundError, UsageError
from observance.core.i18n import LANGUAGES, translate
from observance.core.namespaces import HOME, local_name
from observance.notifications.composition import address_fault, clean, compose_message, disclosed, information, slug, well_formed
from observance.notifications.model import Plan, PreparedMessage, Recipient, Transmission, Wording

LIST: Final = "outbox.json"
_FOLDER: Final = "messages"


@dataclass(frozen=True, slots=True)
class LeftOutRecipient:
    """A recipient that cannot be written to, and why: a fault of its address."""

    transmission: Transmission
    recipient: Recipient
    fault: str


@dataclass(frozen=True, slots=True)
class Outbox:
    """What is ready to be sent, by file, and what is not; `withheld` counts the messages that go without the document."""

    files: Mapping[str, bytes]
    letters: tuple[PreparedMessage, ...]
    left_out: tuple[LeftOutRecipient, ...]
    withheld: int


def prepare_outbox(plan: Plan, *, sender: str, date: datetime, attach: bool = False) -> Outbox:
    """One message for each body that is missing and has an address; the same plan, sender and date give the same bytes.

    Raises UsageError for a sender that is not an address.
    """
    if not well_formed(sender):
        raise UsageError("relay.bad-sender", value=sender)
    pairs = [(t, r, address_fault(r.addresses)) for t in plan.transmissions for r in t.missing]
    letters, files = [], {}
    for transmission, recipient, fault in pairs:
        if fault is None:
            wording = plan.wordings[transmission.norm]
            message = compose_message(transmission, recipient, wording=wording, sender=sender, date=date, attach=attach)
            letter = _letter(transmission, recipient, message.identifier, message.content, sender=sender, plan=plan)
            files[letter.file] = message.content
            letters.append(letter)
    pending = [t for t in plan.transmissions if t.missing]
    files["feed.atom"] = atom_feed(pending, wordings=plan.wordings, date=date)
    files[LIST] = _list(letters, plan=plan)
    withheld = sum(not disclosed(t, to=r) for t, r, fault in pairs if fault is None) if attach else 0
    return Outbox(files, tuple(letters), tuple(LeftOutRecipient(t, r, fault) for t, r, fault in pairs if fault is not None), withheld)


def _letter(transmission: Transmission, recipient: Recipient, message: str, content: bytes, *, sender: str, plan: Plan) -> PreparedMessage:
    wording = plan.wordings[transmission.norm]
    name = f"{slug(transmission.identifier or local_name(transmission.notification))}--{slug(local_name(recipient.body))}-{message[1:9]}"
    return PreparedMessage(
        message, f"{_FOLDER}/{name}.eml", hashlib.sha256(content).hexdigest(), sender, recipient.addresses[0], recipient.body,
        transmission.notification, transmission.document, transmission.versions, wording.record, wording.bearer,
    )  # fmt: skip


def _list(letters: list[PreparedMessage], *, plan: Plan) -> bytes:
    moment = {"asOf": plan.as_of.isoformat(), "knownAt": plan.known_at.isoformat(), "reading": plan.reading}
    listed = {"preparedFor": moment, "letters": [asdict(letter) for letter in letters]}
    return (json.dumps(listed, ensure_ascii=False, indent=2) + "\n").encode()


def write_outbox(outbox: Outbox, folder: Path) -> None:
    """The new folder holds the outbox, whole; raises UsageError when it exists or cannot be written."""
    if folder.exists():
        raise UsageError("cli.exists", folder=folder)
    partial = folder.with_name(folder.name + ".partial")
    try:
        (partial / _FOLDER).mkdir(parents=True)
        for name, content in outbox.files.items():
            (partial / name).write_bytes(content)
        partial.rename(folder)
        sync_folder(folder.absolute().parent)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise UsageError("cli.cannot-write", folder=folder, reason=error.strerror or type(error).__name__) from None


def read_outbox(folder: Path) -> tuple[PreparedMessage, ...]:
    """The letters of an outbox; raises NotFoundError for a folder that is none, InvalidInputError for a list that is damaged."""
    try:
        text = (folder / LIST).read_text(encoding="utf-8")
    except OSError:
        raise NotFoundError("relay.no-outbox", folder=folder) from None
    except UnicodeDecodeError:
        raise InvalidInputError("relay.bad-outbox", folder=folder) from None
    try:
        return tuple(_checked(json.loads(text)["letters"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InvalidInputError("relay.bad-outbox", folder=folder) from None


def _checked(rows: list[dict[str, Any]]) -> Iterator[PreparedMessage]:
    for row in rows:
        letter = PreparedMessage(**{**row, "versions": tuple(row["versions"])})
        place = PurePosixPath(letter.file)
        plain = all(isinstance(v, str) and v.isprintable() for k, v in row.items() if k != "versions")
        if not plain or place.is_absolute() or ".." in place.parts or not (well_formed(letter.to) and well_formed(letter.sender)):
            raise ValueError(letter.file)
        yield letter


def message_content(letter: PreparedMessage, *, folder: Path) -> bytes:
    """The message's bytes as they were prepared; raises InvalidInputError when the file is gone or was changed since."""
    try:
        found = (folder / letter.file).read_bytes()
    except OSError:
        found = b""
    if hashlib.sha256(found).hexdigest() != letter.digest:
        raise InvalidInputError("relay.bad-letter", file=letter.file)
    return found


_ATOM: Final = "http://www.w3.org/2005/Atom"
_XHTML: Final = "http://www.w3.org/1999/xhtml"
_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"


def atom_feed(transmissions: Iterable[Transmission], *, wordings: Mapping[str, Wording], date: datetime) -> bytes:
    """The feed, `date` being when it was made; reading it is nobody's having been informed, so nothing is recorded of it."""
    root = ET.Element("feed", {"xmlns": _ATOM})
    updated = date.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    _text(root, "id", f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, HOME + 'relay')}")
    _text(root, "title", " / ".join(translate("relay.feed", lang) for lang in LANGUAGES))
    _text(root, "updated", updated)
    _text(ET.SubElement(root, "author"), "name", next((_both(w.bearer_name) for w in wordings.values()), "–"))
    for transmission in transmissions:
        _entry(root, transmission, wording=wordings[transmission.norm], updated=updated)
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _entry(root: ET.Element, transmission: Transmission, *, wording: Wording, updated: str) -> None:
    entry = ET.SubElement(root, "entry")
    _text(entry, "id", f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{transmission.notification} {transmission.document}')}")
    _text(entry, "title", f"{_both(wording.kind_name)}: {_both(transmission.author_name)}")
    _text(entry, "updated", updated)
    content = ET.SubElement(entry, "content", {"type": "xhtml"})
    block = ET.SubElement(content, "div", {"xmlns": _XHTML})
    for lang in LANGUAGES:
        told = information(transmission, wording=wording, lang=lang)
        dated = translate(
            "relay.feed-dates", lang, identifier=clean(transmission.identifier or transmission.document),
            submitted=transmission.submitted or "–", received=transmission.received,
        )  # fmt: skip
        ET.SubElement(block, "p", {_LANG: lang}).text = f"{told} {dated}"


def _text(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _both(labels: Mapping[str, str]) -> str:
    return " / ".join(dict.fromkeys(clean(labels[lang]) for lang in LANGUAGES))
