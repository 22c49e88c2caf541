"""The plan of transmissions, read from the facts that the rules conclude, so that the plan cannot contradict the statuses."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from types import MappingProxyType
from typing import Final

import pyoxigraph as ox
from msgspec import Struct
from msgspec.structs import replace

from observance.assessment import AssessmentSet, NodeNames, Reading
from observance.core import DCTERMS, ELI, LANGUAGES, OBS, PREFIXES, RDF
from observance.knowledge import Knowledge
from observance.rdf import FactBase
from observance.register import Moment

Labels = Mapping[str, str]


class Receipt(Struct, frozen=True):
    """An act on record that informed a body: its day, and its channel if the record names one."""

    act: str
    day: str
    channel: str | None


class Recipient(Struct, frozen=True):
    """A body to which the transmission `is_due`, or that received it without its being due.

    `kind` is its class and `party` the party of which it is a unit, if any; `languages` and `addresses` are untrusted values from the
    register; `receipts` are in the order of their days.
    """

    body: str
    kind: str
    party: str | None
    name: Labels
    languages: tuple[str, ...]
    addresses: tuple[str, ...]
    is_due: bool
    receipts: tuple[Receipt, ...]

    @property
    def is_missing(self) -> bool:
        """Whether the transmission is due to the body and no receipt is on record."""
        return self.is_due and not self.receipts


class Transmission(Struct, frozen=True):
    """The transmission that one notification calls for, with its recipients.

    `notification` is the first version of the document and `versions` are all versions; `document` is the version in force or, if
    `is_in_force` is false, the last one known, and `statements` describe it; `recipients_fixed_on` is the day as of which the recipients
    are determined.
    """

    duty: str
    norm: str
    notification: str
    document: str
    versions: tuple[str, ...]
    is_in_force: bool
    identifier: str | None
    author: str
    author_name: Labels
    author_in_sentence: Labels
    submitted: str | None
    received: str
    disclosure: str | None
    status: Labels
    recipients_fixed_on: str
    recipients: tuple[Recipient, ...]
    statements: tuple[ox.Triple, ...]

    @property
    def missing_recipients(self) -> tuple[Recipient, ...]:
        """Recipients that have not received the document; empty if it was withdrawn."""
        return tuple(recipient for recipient in self.recipients if recipient.is_missing) if self.is_in_force else ()


class Wording(Struct, frozen=True):
    """The words of messages under a norm.

    `information` is a sentence in which `{author}` stands for the author; `number`, `authentic`, `official` and `translation` are those of
    the paragraph: its text in the version held, in other official ones, and as a working translation, which no message holds; `record` is
    the class of the records of delivery, `kind_name` the name of the kind of notification.
    """

    information: Labels
    number: str
    authentic: str
    official: Labels
    translation: str
    instrument: Labels
    bearer: str
    bearer_name: Labels
    bearer_in_sentence: Labels
    record: str
    kind_name: Labels


class TransmissionPlan(Struct, frozen=True):
    """The transmissions at a moment and under a reading, with the wording of each norm and the name of each channel."""

    as_of: date
    known_at: datetime
    reading: str
    reading_name: Labels
    transmissions: tuple[Transmission, ...]
    wordings: Mapping[str, Wording]
    channels: Mapping[str, Labels]
    warning: Labels = MappingProxyType({})
    """The sentence that says, by language, that the register has faults; empty if it has none."""


class PreparedMessage(Struct, frozen=True):
    """A message in an outbox: the document that it is about, its recipient, and its file.

    `message` is its Message-ID with the angle brackets, `digest` the SHA-256 of its file, `record` the class of the record of its
    delivery, `bearer` the party whose duty the transmission is. The field names are the JSON keys in outbox and journal.
    """

    message: str
    file: str
    digest: str
    sender: str
    to: str
    recipient: str
    notification: str
    document: str
    versions: tuple[str, ...]
    record: str
    bearer: str

    @property
    def key(self) -> str:
        """The identity of a delivery, notification and body: at most one message with this key is delivered."""
        return f"{self.notification} {self.recipient}"


_EMAIL: Final = PREFIXES["schema"] + "email"
_LANGUAGE: Final = DCTERMS + "language"
_UNIT: Final = PREFIXES["org"] + "unitOf"


class TransmissionFacts(Struct, frozen=True, dict=True):
    """The facts concluded from a register under a reading, and the statements of the register's snapshot.

    `statuses` maps a duty to the labels of its status; `names` gives the names of nodes.
    """

    concluded: FactBase
    register: Sequence[ox.Triple]
    statuses: Mapping[str, Labels]
    names: NodeNames

    def objects(self, subject: str, name: str) -> list[str]:
        """The objects of a property of the vocabulary in the concluded facts, sorted."""
        return sorted(set(self.concluded.objects(subject, OBS + name)))

    def subjects(self, name: str, target: str) -> list[str]:
        """The subjects of a property of the vocabulary in the concluded facts, sorted."""
        return sorted(set(self.concluded.subjects(OBS + name, target)))

    @cached_property
    def register_values(self) -> Mapping[tuple[str, str], list[str]]:
        """The objects of the register's statements, by subject and predicate."""
        values: dict[tuple[str, str], list[str]] = defaultdict(list)
        for triple in self.register:
            values[_text(triple.subject), triple.predicate.value].append(_text(triple.object))
        return values

    @cached_property
    def triples_about(self) -> Mapping[object, list[ox.Triple]]:
        """The statements of the register, by subject."""
        triples: dict[object, list[ox.Triple]] = defaultdict(list)
        for triple in self.register:
            triples[triple.subject].append(triple)
        return triples

    def first_value(self, subject: str, predicate: str) -> str | None:
        """The first of the register's values in sort order; None if there is none."""
        return min(self.register_values.get((subject, predicate), ()), default=None)

    @cached_property
    def _labels(self) -> dict[str, Labels]:
        return {}

    def labels(self, iri: str) -> Labels:
        """The name in every language."""
        if iri not in self._labels:
            self._labels[iri] = {lang: self.names.name(iri, lang) for lang in LANGUAGES}
        return self._labels[iri]

    def labels_in_sentence(self, iri: str) -> Labels:
        """The name in every language, as it stands within a sentence."""
        return {lang: self.names.in_sentence(iri, lang) for lang in LANGUAGES}


def plan_transmissions(assessment_set: AssessmentSet) -> TransmissionPlan:
    """The plan at the moment and under the reading of the assessments, without notifications that are withheld from the audience."""
    inputs, derivation = assessment_set.inputs, assessment_set.derivation
    facts = TransmissionFacts(derivation.facts, derivation.snapshot.statements, assessment_set.statuses, inputs.names)
    plan = build_plan(facts, knowledge=inputs.knowledge, reading=derivation.reading, moment=derivation.moment)
    withheld = frozenset[str]() if inputs.disclosure is None else inputs.withheld
    told = tuple(t for t in plan.transmissions if withheld.isdisjoint((t.notification, t.document)))
    return replace(plan, transmissions=told, warning=inputs.warning)


def build_plan(facts: TransmissionFacts, *, knowledge: Knowledge, reading: Reading, moment: Moment) -> TransmissionPlan:
    """The plan with a transmission for each duty whose recipients are determined.

    Source: the facts `obs:recipientsFixedOn`, `obs:dueTo` and `obs:passesOn`, which the rules of a norm conclude.
    """
    duties = sorted(facts.concluded.pairs(OBS + "recipientsFixedOn"))
    transmissions = [_transmission(duty, facts=facts, knowledge=knowledge) for duty in duties]
    transmissions.sort(key=lambda t: (t.received, t.notification))
    channels = {receipt.channel for t in transmissions for recipient in t.recipients for receipt in recipient.receipts if receipt.channel}
    norms = {t.norm for t in transmissions}
    return TransmissionPlan(
        moment.as_of, moment.known_at, reading.name, reading.label, tuple(transmissions),
        {norm: _wording(norm, knowledge=knowledge, facts=facts) for norm in sorted(norms)},
        {channel: facts.labels(channel) for channel in sorted(channels)},
    )  # fmt: skip


def _transmission(duty: str, *, facts: TransmissionFacts, knowledge: Knowledge) -> Transmission:
    (norm,), (notification,) = facts.objects(duty, "ofNorm"), facts.objects(duty, "occasion")
    in_force = facts.objects(notification, "standsAs")
    later_versions = facts.subjects("laterVersionOf", notification)
    document = max(in_force or [notification, *later_versions], key=lambda iri: (facts.first_value(iri, OBS + "receivedOn") or "", iri))
    author = next(iter(facts.objects(notification, "occurredFor")), "")
    return Transmission(
        duty, norm, notification, document, tuple(sorted({notification, *later_versions})), bool(in_force),
        identifier=facts.first_value(document, DCTERMS + "identifier"),
        author=author, author_name=facts.labels(author), author_in_sentence=facts.labels_in_sentence(author),
        submitted=facts.first_value(document, DCTERMS + "dateSubmitted"),
        received=facts.objects(notification, "occurredOn")[0],
        disclosure=_single_value(facts.register_values.get((document, OBS + "disclosure"), [])),
        status=facts.statuses.get(duty, {}),
        recipients_fixed_on=facts.objects(duty, "recipientsFixedOn")[0],
        recipients=tuple(_recipients(duty, norm=norm, facts=facts, knowledge=knowledge)),
        statements=tuple(_document_triples(ox.NamedNode(document), facts=facts)),
    )  # fmt: skip


def _recipients(duty: str, *, norm: str, facts: TransmissionFacts, knowledge: Knowledge) -> Iterator[Recipient]:
    """The bodies to which the transmission is due, and those informed without that; by kind in the order of the norm, then by IRI."""
    receipts: dict[str, list[Receipt]] = defaultdict(list)
    for act in facts.subjects("passesOn", duty):
        channel = facts.first_value(act, OBS + "channel")
        for body in facts.objects(act, "informedParty"):
            receipts[body].append(Receipt(act, min(facts.objects(act, "relayedOn"), default=""), channel))
    due_bodies = set(facts.objects(duty, "dueTo"))
    kinds = knowledge.objects(norm, OBS + "recipientClass")
    kind_by_body = {body: _kind(body, kinds=kinds, facts=facts) for body in due_bodies | set(receipts)}
    for body in sorted(
        kind_by_body, key=lambda body: (kinds.index(kind_by_body[body]) if kind_by_body[body] in kinds else len(kinds), body)
    ):
        yield Recipient(
            body, kind_by_body[body], facts.first_value(body, _UNIT), facts.labels(body),
            tuple(sorted(set(facts.register_values.get((body, _LANGUAGE), ())))),
            tuple(sorted(set(facts.register_values.get((body, _EMAIL), ())))),
            body in due_bodies,
            tuple(sorted(receipts[body], key=lambda receipt: (receipt.day, receipt.act))),
        )  # fmt: skip


def _kind(body: str, *, kinds: Sequence[str], facts: TransmissionFacts) -> str:
    types = facts.register_values.get((body, RDF + "type"), [])
    return next((kind for kind in kinds if kind in types), min(types, default=""))


def _wording(norm: str, *, knowledge: Knowledge, facts: TransmissionFacts) -> Wording:
    paragraph = next(iter(knowledge.objects(norm, OBS + "expressedBy")), "")
    bearer = next(iter(knowledge.objects(norm, OBS + "bearer")), "")
    information_nodes = [
        iri for iri in knowledge.instances(OBS + "RelayedInformation") if norm in knowledge.objects(iri, OBS + "appliesToNorm")
    ]
    return Wording(
        information=_in_languages(information_nodes, OBS + "information", knowledge=knowledge),
        number=next(iter(knowledge.objects(paragraph, ELI + "number")), ""),
        authentic=next(iter(knowledge.objects(paragraph, OBS + "authenticText")), ""),
        official=_in_languages([paragraph], OBS + "officialText", knowledge=knowledge),
        translation=next(iter(knowledge.objects(paragraph, OBS + "workingTranslation")), ""),
        instrument=facts.labels(next(iter(knowledge.objects(paragraph, ELI + "is_part_of")), "")),
        bearer=bearer,
        bearer_name=facts.labels(bearer),
        bearer_in_sentence=facts.labels_in_sentence(bearer),
        record=next(iter(knowledge.objects(norm, OBS + "evidencedBy")), ""),
        kind_name=facts.labels(next(iter(knowledge.objects(norm, OBS + "triggeredBy")), "")),
    )


def _in_languages(nodes: Iterable[str], predicate: str, *, knowledge: Knowledge) -> Labels:
    subjects = set(nodes)
    values = (value for subject, value in knowledge.statements.pairs(ox.NamedNode(predicate)) if _text(subject) in subjects)
    return {value.language: value.value for value in values if isinstance(value, ox.Literal) and value.language}


def _document_triples(node: object, *, facts: TransmissionFacts) -> Iterator[ox.Triple]:
    """The statements of the register about the node and, recursively, about the blank nodes that are their objects."""
    pending, seen = [node], set[object]()
    while pending:
        current = pending.pop(0)
        if current not in seen:
            seen.add(current)
            for triple in sorted(facts.triples_about.get(current, ()), key=str):
                yield triple
                pending += [triple.object] if isinstance(triple.object, ox.BlankNode) else []


def _single_value(values: Sequence[str]) -> str | None:
    """The single distinct value; None if there is none or if values differ, so that nothing follows from a contradiction."""
    return values[0] if len(set(values)) == 1 else None


def _text(term: object) -> str:
    return term.value if isinstance(term, ox.NamedNode | ox.Literal | ox.BlankNode) else str(term)
