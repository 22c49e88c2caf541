"""The message to one recipient: the information to be passed on, in the recipient's language, with the paragraph that asks for it.

Addresses and names come from a register and are not trusted: they become part of SMTP commands and headers.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from observance.core import LANGUAGES, OBS, translate
from observance.notifications.model import Recipient, Transmission, Wording
from observance.rdf import serialize_turtle

_SEPARATOR: Final = "\n" + 20 * "–" + "\n\n"
_PUBLIC: Final = OBS + "Public"
_MEMBERS_ONLY: Final = OBS + "MembersOnly"
# RFC 5321, section 4.1.2, without quoted local parts and address literals; ASCII only, so no SMTPUTF8 is needed.
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
    """Our languages that the register gives for the recipient, whatever the region; all of ours if it gives none of them."""
    subtags = {tag.partition("-")[0].lower() for tag in recipient.languages}
    return tuple(lang for lang in LANGUAGES if lang in subtags) or LANGUAGES


def is_disclosed_to(transmission: Transmission, *, recipient: Recipient) -> bool:
    """Whether the document itself may be sent to the recipient; without a disclosure it may not. A Union is no Member."""
    return transmission.disclosure == _PUBLIC or (transmission.disclosure == _MEMBERS_ONLY and recipient.party is not None)


def compose_message(
    transmission: Transmission, recipient: Recipient, *, wording: Wording, sender: str, date: datetime, attach: bool = False
) -> MailMessage:
    """Compose the message to the recipient's first address, which must be a plain address.

    The Message-ID depends on content and recipient, not on `date`: composing the same message again gives the same Message-ID.
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
    message["Date"] = format_datetime(date)
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


def message_text(transmission: Transmission, *, wording: Wording, lang: str, attach: bool = False, enclosed: bool = False) -> str:
    """The text of the message in one language; `attach`: enclosing the document was requested, `enclosed`: it is enclosed."""
    note_key = f"relay.message-{'attached' if enclosed else 'withheld'}" if attach else "relay.message-document"
    return translate(
        "relay.message", lang, **_placeholders(transmission, wording=wording, lang=lang), submitted=transmission.submitted or "–",
        received=transmission.received, number=wording.number, instrument=wording.instrument[lang], authentic=wording.authentic,
        translation=wording.translation, document=translate(note_key, lang),
    )  # fmt: skip


def information_sentence(transmission: Transmission, *, wording: Wording, lang: str) -> str:
    """The information that the paragraph asks to pass on (« cette information »), as a sentence."""
    return wording.information[lang].replace("{author}", sanitise_line(transmission.author_name[lang]))


def _subject(transmission: Transmission, *, wording: Wording, lang: str) -> str:
    kind = wording.kind_name[lang]
    values = _placeholders(transmission, wording=wording, lang=lang)
    return translate("relay.subject", lang, kind=kind[:1].upper() + kind[1:], **values)


def _placeholders(transmission: Transmission, *, wording: Wording, lang: str) -> Mapping[str, str]:
    return {
        "information": information_sentence(transmission, wording=wording, lang=lang),
        "author": sanitise_line(transmission.author_name[lang]),
        "identifier": sanitise_line(transmission.identifier or transmission.document),
        "bearer": sanitise_line(wording.bearer_name[lang]),
    }


def _canonical_turtle(statements: Sequence[ox.Triple]) -> str:
    """The statements as Turtle with blank nodes labelled by RDFC-1.0, so that the bytes are the same at every run."""
    dataset = ox.Dataset(ox.Quad(*triple) for triple in statements)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return serialize_turtle(sorted((quad.triple for quad in dataset), key=str))


def sanitise_line(text: str) -> str:
    """The text on one line, without control and format characters: a name from a register cannot become a header."""
    spaced = "".join(" " if c.isspace() else c for c in text)
    return " ".join("".join(c for c in spaced if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn")).split())


def file_slug(text: str) -> str:
    """The text as part of a file name: lower-case letters, digits and hyphens, at most 40."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[-40:] or "x"


def address_fault(addresses: tuple[str, ...]) -> str | None:
    """Why a body cannot be written to (NO_ADDRESS, SEVERAL_ADDRESSES or MALFORMED_ADDRESS); None if it has one plain address."""
    if not addresses:
        return NO_ADDRESS
    if len(addresses) > 1:
        return SEVERAL_ADDRESSES
    return None if is_plain_address(addresses[0]) else MALFORMED_ADDRESS


def is_plain_address(address: str) -> bool:
    """Whether the text is one address and nothing else."""
    return len(address) <= _MAX_ADDRESS and len(address.partition("@")[0]) <= _MAX_LOCAL_PART and _ADDRESS.fullmatch(address) is not None
