"""One message for one recipient: the information that is owed, in the recipient's language, with the words that it rests on."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

import pyoxigraph as ox

from observance.core.i18n import LANGUAGES, translate
from observance.core.namespaces import OBS
from observance.notifications.model import Recipient, Transmission, Wording
from observance.rdf.turtle import serialize_turtle

_RULE: Final = "\n" + 20 * "–" + "\n\n"
_EVERYONE: Final = OBS + "Public"
_MEMBERS: Final = OBS + "MembersOnly"


@dataclass(frozen=True, slots=True)
class MailMessage:
    """A message as it will be sent: its Message-ID, its bytes in the form of RFC 5322 with nothing but ASCII in them."""

    identifier: str
    content: bytes


def languages(recipient: Recipient) -> tuple[str, ...]:
    """Those of ours that the register gives the recipient, whatever the region; all of ours when it gives none of them."""
    wished = {tag.partition("-")[0].lower() for tag in recipient.languages}
    return tuple(lang for lang in LANGUAGES if lang in wished) or LANGUAGES


def disclosed(transmission: Transmission, *, to: Recipient) -> bool:
    """Whether the document itself may go to the recipient: by default it may not. A Union is no Member."""
    return transmission.disclosure == _EVERYONE or (transmission.disclosure == _MEMBERS and to.party is not None)


def compose_message(
    transmission: Transmission, recipient: Recipient, *, wording: Wording, sender: str, date: datetime, attach: bool = False
) -> MailMessage:
    """The message to the recipient's first address, which is to be well formed.

    Its Message-ID depends on what it says and to whom, not on `date`: the same message made again is the same message.
    """
    spoken = languages(recipient)
    enclosed = attach and disclosed(transmission, to=recipient)
    subject = " / ".join(dict.fromkeys(_subject(transmission, wording=wording, lang=lang) for lang in spoken))
    text = _RULE.join(body(transmission, wording=wording, lang=lang, attach=attach, enclosed=enclosed) for lang in spoken)
    document = _document(transmission.statements) if enclosed else ""
    said = (transmission.notification, transmission.document, recipient.body, recipient.addresses[0], sender, subject, text, document)
    digest = hashlib.sha256("\0".join(said).encode()).hexdigest()
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(clean(wording.bearer_name[spoken[0]]), addr_spec=sender)
    message["To"] = Address(clean(recipient.name[spoken[0]]), addr_spec=recipient.addresses[0])
    message["Subject"] = subject
    message["Date"] = format_datetime(date)
    message["Message-ID"] = f"<{digest[:40]}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text, cte="quoted-printable")
    message["Content-Language"] = ", ".join(spoken)
    if enclosed:
        name = f"{slug(transmission.identifier or transmission.document)}.ttl"
        message.add_attachment(document.encode(), maintype="text", subtype="turtle", filename=name, cte="base64")
        # A boundary by chance would make other bytes at every run.
        message.set_boundary(f"=_{digest[:40]}")
    return MailMessage(message["Message-ID"], message.as_bytes())


def body(transmission: Transmission, *, wording: Wording, lang: str, attach: bool = False, enclosed: bool = False) -> str:
    """What the message says in a language; `attach` says whether the document was to go with it, `enclosed` whether it does."""
    note = f"relay.message-{'attached' if enclosed else 'withheld'}" if attach else "relay.message-document"
    return translate(
        "relay.message", lang, **_values(transmission, wording=wording, lang=lang), submitted=transmission.submitted or "–",
        received=transmission.received, number=wording.number, instrument=wording.instrument[lang], authentic=wording.authentic,
        translation=wording.translation, document=translate(note, lang),
    )  # fmt: skip


def information(transmission: Transmission, *, wording: Wording, lang: str) -> str:
    """« cette information », in a sentence."""
    return wording.information[lang].replace("{author}", clean(transmission.author_name[lang]))


def _subject(transmission: Transmission, *, wording: Wording, lang: str) -> str:
    kind = wording.kind_name[lang]
    values = _values(transmission, wording=wording, lang=lang)
    return translate("relay.subject", lang, kind=kind[:1].upper() + kind[1:], **values)


def _values(transmission: Transmission, *, wording: Wording, lang: str) -> Mapping[str, str]:
    return {
        "information": information(transmission, wording=wording, lang=lang),
        "author": clean(transmission.author_name[lang]),
        "identifier": clean(transmission.identifier or transmission.document),
        "bearer": clean(wording.bearer_name[lang]),
    }


def _document(statements: Sequence[ox.Triple]) -> str:
    """The statements as Turtle, nodes without a name called by RDFC-1.0, so that the bytes are the same at every run."""
    dataset = ox.Dataset(ox.Quad(*triple) for triple in statements)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return serialize_turtle(sorted((quad.triple for quad in dataset), key=str))


def clean(text: str) -> str:
    """The text on one line and without what acts instead of being read: a name from a register cannot become a header."""
    spaced = "".join(" " if c.isspace() else c for c in text)
    return " ".join("".join(c for c in spaced if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn")).split())


def slug(text: str) -> str:
    """The text as part of a file's name: small letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[-40:] or "x"


# RFC 5321, section 4.1.2, without quoted local parts and address literals; ASCII only, so no SMTPUTF8 is needed.
_ADDRESS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]")  # fmt: skip  # noqa: E501
_LONGEST: Final = 254
_LONGEST_LOCAL: Final = 64
NONE: Final = "no-address"
SEVERAL: Final = "several-addresses"
MALFORMED: Final = "malformed-address"


def address_fault(addresses: tuple[str, ...]) -> str | None:
    """What keeps the addresses of a body from being written to: NONE, SEVERAL or MALFORMED; None when there is one good address."""
    if not addresses:
        return NONE
    if len(addresses) > 1:
        return SEVERAL
    return None if well_formed(addresses[0]) else MALFORMED


def well_formed(address: str) -> bool:
    """Whether the text is one plain address and nothing else."""
    return len(address) <= _LONGEST and len(address.partition("@")[0]) <= _LONGEST_LOCAL and _ADDRESS.fullmatch(address) is not None
