"""The same information as an Atom feed (RFC 4287), one entry for each document, in every language."""

import uuid
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from observance.core.i18n import LANGUAGES, translate
from observance.core.namespaces import HOME
from observance.notifications.composition import clean, information
from observance.notifications.model import Transmission, Wording

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
