"""The record of one delivery, in Turtle, in a file of its own beside the journal."""

import hashlib
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from observance.core import durable_files
from observance.core.namespaces import DCTERMS, HOME, OBS, PROV, RDF, XSD
from observance.notifications.model import PreparedMessage
from observance.rdf.turtle_writer import serialize_turtle

_ACTS: Final = HOME + "transmissions/"
_CHANNEL: Final = OBS + "ByEMail"


def record_name(letter: PreparedMessage) -> str:
    """The name of the record, the same for one document and one body whatever message brought it."""
    return hashlib.sha256(letter.key.encode()).hexdigest()[:16]


def delivery_record(letter: PreparedMessage, *, at: str) -> str:
    """The act as the register has acts: what it used, whom it informed, when, how, under which Message-ID.

    `at` is a time in the form of xsd:dateTime; the day is the one written in it. Raises ValueError for what is no IRI.
    """
    act = ox.NamedNode(_ACTS + record_name(letter))
    said: list[tuple[str, ox.NamedNode | ox.Literal]] = [
        (RDF + "type", ox.NamedNode(letter.record)),
        (PROV + "used", ox.NamedNode(letter.document)),
        (PROV + "wasAssociatedWith", ox.NamedNode(letter.bearer)),
        (OBS + "relayedOn", _typed(at[:10], "date")),
        (OBS + "informedParty", ox.NamedNode(letter.recipient)),
        (OBS + "channel", ox.NamedNode(_CHANNEL)),
        (DCTERMS + "identifier", ox.Literal(letter.message)),
        (OBS + "recordedAt", _typed(at, "dateTime")),
    ]
    return serialize_turtle(ox.Triple(act, ox.NamedNode(predicate), value) for predicate, value in said)


def write_record(letter: PreparedMessage, *, at: str, folder: Path) -> Path:
    """The register holds the record; writing it again changes nothing. Raises Misused when it cannot be written."""
    path = folder / f"{record_name(letter)}.ttl"
    durable_files.write_durably(path, delivery_record(letter, at=at).encode())
    return path


def _typed(text: str, kind: str) -> ox.Literal:
    return ox.Literal(text, datatype=ox.NamedNode(XSD + kind))
