"""The statements of each kind of record, and the name of its file. The same entry gives the same statements in the same order."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from functools import singledispatch
from itertools import count
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from observance.core import DCTERMS, OBS, PREFIXES, PROV, RDF, RDFS, SKOS, XSD, calendar, local_name
from observance.filing.model import (
    AttendanceEntry,
    CompletenessEntry,
    Entry,
    MeetingEntry,
    MembershipEntry,
    PartyEntry,
    Texts,
    TransmissionEntry,
)
from observance.rdf import missing_prefixes, snippet

_ORG: Final = PREFIXES["org"]
_TIME: Final = PREFIXES["time"]
_SCHEMA: Final = PREFIXES["schema"]

Term = ox.NamedNode | ox.BlankNode | ox.Literal
Resolver = Callable[[str], str]
"""Gives the IRI that a name stands for; raises NotFoundError."""


class Record(Struct, frozen=True):
    """A record for a file of its own: the file's path in the register without its ending, and the statements in order."""

    path: str
    triples: tuple[ox.Triple, ...]


class RecordMaker(Struct, frozen=True):
    """Makes the records of entries for one register.

    `register` is its IRI, `resolve` gives the IRI of a name, `is_taken` says whether the register has a record at a path.
    """

    register: str
    resolve: Resolver
    is_taken: Callable[[str], bool]

    @property
    def base(self) -> str:
        """The IRI with which the IRIs of the register's records begin."""
        return self.register[: len(self.register) - len(local_name(self.register))]

    def records(self, entry: Entry) -> tuple[Record, ...]:
        """Return the records of the entry, each for a file of its own. Raises NotFoundError for a name that stands for nothing."""
        return tuple(_records(entry, self))

    def path(self, name: str, entry: Entry) -> str:
        """Return the path of a record: the name, with a number after it for a revision if the name is taken."""
        numbers = count(2)
        path = name
        while entry.revises and self.is_taken(path):
            path = f"{name}-{next(numbers)}"
        return path

    def record(self, path: str, entry: Entry, triples: Sequence[ox.Triple]) -> Record:
        """Return the record with what every record says of itself: the one that it revises and the time of entry."""
        return Record(path, (*triples, *self.entered(self.node(path), entry)))

    def entered(self, node: ox.NamedNode, entry: Entry) -> tuple[ox.Triple, ...]:
        """Return which record the node revises, and when it was entered."""
        revised = (_triple(node, PROV + "wasRevisionOf", ox.NamedNode(self.resolve(entry.revises))),) if entry.revises else ()
        return (*revised, _triple(node, OBS + "recordedAt", _time(entry.entered)))

    def node(self, path: str) -> ox.NamedNode:
        """Return the node of the record at the path."""
        return ox.NamedNode(self.base + path)

    def named(self, name: str) -> ox.NamedNode:
        """Return the node that a name stands for."""
        return ox.NamedNode(self.resolve(name))


@singledispatch
def _records(entry: Entry, _: RecordMaker) -> Iterator[Record]:
    raise TypeError(type(entry).__name__)


@_records.register
def _party(entry: PartyEntry, maker: RecordMaker) -> Iterator[Record]:
    party = maker.named(entry.party)
    path = maker.path(f"parties/{local_name(party.value).lower()}", entry)
    triples = [
        _triple(ox.NamedNode(maker.register), OBS + "declares", party),
        _triple(party, RDF + "type", maker.named(entry.kind)),
        *_texts(party, RDFS + "label", entry.name),
    ]
    body: ox.NamedNode = party
    if entry.administration:
        body = maker.node(f"{path}-customs")
        triples += [
            _triple(body, RDF + "type", ox.NamedNode(OBS + "CustomsAdministration")),
            _triple(body, _ORG + "unitOf", party),
            *_texts(body, SKOS + "prefLabel", entry.administration),
        ]
    if entry.language:
        triples.append(_triple(body, DCTERMS + "language", ox.Literal(entry.language, datatype=ox.NamedNode(XSD + "language"))))
    if entry.email:
        triples.append(_triple(body, _SCHEMA + "email", ox.Literal(entry.email)))
    if body is not party:
        triples += maker.entered(body, entry)
    yield Record(path, tuple(triples))


@_records.register
def _membership(entry: MembershipEntry, maker: RecordMaker) -> Iterator[Record]:
    party = maker.named(entry.party)
    organization = maker.named(entry.organization) if entry.organization else None
    role = maker.named(entry.role) if entry.role else None
    quality = local_name((organization or role or party).value).lower()
    path = maker.path(f"memberships/{local_name(party.value).lower()}-{quality}-{entry.since.isoformat()}", entry)
    node, interval = maker.node(path), ox.BlankNode("interval")
    triples = [
        _triple(node, RDF + "type", ox.NamedNode(_ORG + "Membership")),
        _triple(node, _ORG + "member", party),
        *([_triple(node, _ORG + "organization", organization)] if organization else []),
        *([_triple(node, _ORG + "role", role)] if role else []),
        _triple(node, _ORG + "memberDuring", interval),
        _triple(interval, RDF + "type", ox.NamedNode(_TIME + "ProperInterval")),
        *_bound(interval, "hasBeginning", entry.since),
        *(_bound(interval, "hasEnd", entry.until) if entry.until else ()),
    ]
    yield maker.record(path, entry, triples)


@_records.register
def _meeting(entry: MeetingEntry, maker: RecordMaker) -> Iterator[Record]:
    path = maker.path(f"meetings/{entry.name}", entry)
    node = maker.node(path)
    days = (("plannedFor", entry.planned), ("heldOn", entry.held), ("heldUntil", entry.until))
    triples = [
        _triple(node, RDF + "type", ox.NamedNode(OBS + "ReviewMeeting")),
        *_texts(node, SKOS + "prefLabel", entry.title),
        _triple(node, OBS + "meetingState", maker.named(entry.state)),
        *(_triple(node, OBS + name, _day(day)) for name, day in days if day),
        *([_triple(node, OBS + "postponedTo", maker.named(entry.postponed_to))] if entry.postponed_to else []),
        *(_triple(node, OBS + "discussed", maker.named(report)) for report in entry.discussed),
    ]
    yield maker.record(path, entry, triples)


@_records.register
def _attendance(entry: AttendanceEntry, maker: RecordMaker) -> Iterator[Record]:
    meeting = maker.named(entry.meeting)
    for name in entry.parties:
        party = maker.named(name)
        path = maker.path(f"participation/{local_name(meeting.value)}-{local_name(party.value).lower()}", entry)
        node = maker.node(path)
        triples = [
            _triple(node, RDF + "type", ox.NamedNode(OBS + "Participation")),
            _triple(node, OBS + "meeting", meeting),
            _triple(node, OBS + "participant", party),
            _triple(node, OBS + "attendance", maker.named(entry.attendance)),
        ]
        yield maker.record(path, entry, triples)


@_records.register
def _completeness(entry: CompletenessEntry, maker: RecordMaker) -> Iterator[Record]:
    path = maker.path(f"completeness/until-{entry.until.isoformat()}", entry)
    node = maker.node(path)
    triples = [
        _triple(node, RDF + "type", ox.NamedNode(OBS + "CompletenessStatement")),
        *(_triple(node, OBS + "completeFor", maker.named(kind)) for kind in entry.kinds),
        *(_triple(node, OBS + "completeAbout", maker.named(party)) for party in entry.parties),
        _triple(node, OBS + "completeUntil", _day(entry.until)),
        _triple(node, OBS + "statedBy", maker.named(entry.stated_by)),
    ]
    yield maker.record(path, entry, triples)


@_records.register
def _transmission(entry: TransmissionEntry, maker: RecordMaker) -> Iterator[Record]:
    notification = maker.named(entry.notification)
    path = maker.path(f"transmissions/{entry.day.isoformat()}-{local_name(notification.value)}", entry)
    node = maker.node(path)
    triples = [
        _triple(node, RDF + "type", ox.NamedNode(OBS + "NotificationRelay")),
        _triple(node, PROV + "used", notification),
        *([_triple(node, PROV + "wasAssociatedWith", maker.named(entry.sent_by))] if entry.sent_by else []),
        *(_triple(node, OBS + "informedParty", maker.named(body)) for body in entry.recipients),
        _triple(node, OBS + "relayedOn", _day(entry.day)),
        *([_triple(node, OBS + "channel", maker.named(entry.channel))] if entry.channel else []),
    ]
    yield maker.record(path, entry, triples)


def register_record(register: str, *, title: Texts, version: str) -> Record:
    """Return the record of a new register, which follows this version of the vocabulary."""
    node = ox.NamedNode(register)
    triples = (
        _triple(node, RDF + "type", ox.NamedNode(OBS + "Register")),
        *_texts(node, DCTERMS + "title", title),
        _triple(node, _SCHEMA + "schemaVersion", ox.Literal(version)),
    )
    return Record(local_name(register), triples)


def receipt_record(
    path: str,
    submissions: Sequence[str],
    *,
    sender: str,
    received: date,
    addressed: date | None,
    entered: datetime,
    transcribes: str | None = None,
) -> Record:
    """Return the receipt of submissions: the day of addressing, the day of receipt and the time of entry are three statements.

    `transcribes` is the IRI of the original that they transcribe.
    """
    triples = []
    for iri in submissions:
        node = ox.NamedNode(iri)
        triples += [
            _triple(node, OBS + "receivedFrom", ox.NamedNode(sender)),
            *([_triple(node, OBS + "addressedOn", _day(addressed))] if addressed else []),
            _triple(node, OBS + "receivedOn", _day(received)),
            _triple(node, OBS + "recordedAt", _time(entered)),
            *([_triple(node, OBS + "transcribes", ox.NamedNode(transcribes))] if transcribes else []),
        ]
    return Record(path, tuple(triples))


def original_record(path: str, *, base: str, party: str, sender: str, received: date, entered: datetime) -> Record:
    """Return the record of an original that a party sent; `base` is the IRI with which the IRIs of the register's records begin."""
    node = ox.NamedNode(base + path)
    triples = (
        _triple(node, RDF + "type", ox.NamedNode(OBS + "ReceivedOriginal")),
        _triple(node, OBS + "onBehalfOf", ox.NamedNode(party)),
        _triple(node, OBS + "receivedFrom", ox.NamedNode(sender)),
        _triple(node, OBS + "receivedOn", _day(received)),
        _triple(node, OBS + "recordedAt", _time(entered)),
    )
    return Record(path, triples)


def record_turtle(record: Record) -> bytes:
    """Return the document of the record, in Turtle."""
    body = snippet(record.triples)
    prefixes = missing_prefixes(body, declared={})
    return f"{prefixes}\n{body}\n".encode()


def _bound(interval: ox.BlankNode, name: str, day: date) -> Iterator[ox.Triple]:
    instant = ox.BlankNode(name)
    yield _triple(interval, _TIME + name, instant)
    yield _triple(instant, RDF + "type", ox.NamedNode(_TIME + "Instant"))
    yield _triple(instant, _TIME + "inXSDDate", _day(day))


def _texts(node: ox.NamedNode, predicate: str, texts: Texts) -> Iterator[ox.Triple]:
    return (_triple(node, predicate, ox.Literal(text, language=lang)) for lang, text in texts.items())


def _day(day: date) -> ox.Literal:
    return ox.Literal(day.isoformat(), datatype=ox.NamedNode(XSD + "date"))


def _time(when: datetime) -> ox.Literal:
    return ox.Literal(calendar.format_time(when), datatype=ox.NamedNode(XSD + "dateTime"))


def _triple(subject: ox.NamedNode | ox.BlankNode, predicate: str, value: Term) -> ox.Triple:
    return ox.Triple(subject, ox.NamedNode(predicate), value)


def withdrawal_record(
    path: str, *, kind: str, base: str, withdrawn: str, party: str, filer: str, day: date, disclosure: str, reason: str, lang: str
) -> Record:
    """Return the submission by which the party withdraws an earlier one, with its reason in the language, if it gives one.

    `kind` is the class of such submissions.
    """
    node = ox.NamedNode(base + path)
    triples = (
        _triple(node, RDF + "type", ox.NamedNode(kind)),
        _triple(node, OBS + "onBehalfOf", ox.NamedNode(party)),
        _triple(node, OBS + "submittedBy", ox.NamedNode(filer)),
        _triple(node, DCTERMS + "dateSubmitted", _day(day)),
        _triple(node, DCTERMS + "language", ox.Literal(lang, datatype=ox.NamedNode(XSD + "language"))),
        *([_triple(node, OBS + "disclosure", ox.NamedNode(disclosure))] if disclosure else []),
        _triple(node, OBS + "withdraws", ox.NamedNode(withdrawn)),
        *([_triple(node, DCTERMS + "description", ox.Literal(reason, language=lang))] if reason else []),
    )
    return Record(path, triples)
