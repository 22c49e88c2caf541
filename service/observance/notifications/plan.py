"""Who is to receive, who did, who is missing: read from the facts that the rules concluded, so that plan and status cannot differ."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Final, Protocol

import pyoxigraph as ox

from observance.core.i18n import LANGUAGES
from observance.core.namespaces import DCTERMS, ELI, OBS, PREFIXES, RDF
from observance.knowledge.loading import Knowledge
from observance.notifications.model import Labels, Plan, Receipt, Recipient, Transmission, Wording

_EMAIL: Final = PREFIXES["schema"] + "email"
_LANGUAGE: Final = DCTERMS + "language"
_UNIT: Final = PREFIXES["org"] + "unitOf"

Name = Callable[[str, str], str]
"""The name of what an IRI stands for, in a language."""


class NamedReading(Protocol):
    """What is told of the reading: its name, and its label in every language."""

    @property
    def name(self) -> str:
        """Its short name."""

    @property
    def label(self) -> Labels:
        """What it is called."""


class RegisterMoment(Protocol):
    """The day of the world that is looked at, and the time as of which the register is read."""

    @property
    def as_of(self) -> date:
        """The day."""

    @property
    def known_at(self) -> datetime:
        """The time."""


class DerivedFacts(Protocol):
    """What the rules concluded, and what they concluded it from; everything is named by its IRI, a literal by its value."""

    def objects(self, subject: str, predicate: str) -> Iterable[str]:
        """The objects of the statements with this subject and predicate."""

    def subjects(self, predicate: str, target: str) -> Iterable[str]:
        """The subjects of the statements with this predicate and object."""

    def pairs(self, predicate: str) -> Mapping[str, list[str]]:
        """The objects by subject of the statements with this predicate."""


@dataclass(frozen=True)
class RelayFacts:
    """What the rules concluded from a register under a reading, and the register as it stood at that moment."""

    concluded: DerivedFacts
    register: Sequence[ox.Triple]
    statuses: Mapping[str, Labels]
    name: Name

    def objects(self, subject: str, name: str) -> list[str]:
        """What was concluded, in order."""
        return sorted(set(self.concluded.objects(subject, OBS + name)))

    def subjects(self, name: str, target: str) -> list[str]:
        """The subjects of such a fact, in order."""
        return sorted(set(self.concluded.subjects(OBS + name, target)))

    @cached_property
    def said(self) -> Mapping[tuple[str, str], list[str]]:
        """What the register says, by subject and predicate."""
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        for triple in self.register:
            found[_text(triple.subject), triple.predicate.value].append(_text(triple.object))
        return found

    @cached_property
    def about(self) -> Mapping[object, list[ox.Triple]]:
        """The statements of the register, by subject."""
        found: dict[object, list[ox.Triple]] = defaultdict(list)
        for triple in self.register:
            found[triple.subject].append(triple)
        return found

    def first(self, subject: str, predicate: str) -> str | None:
        """The first value of the register in the order of texts; None if there is none."""
        return min(self.said.get((subject, predicate), ()), default=None)

    def labels(self, iri: str) -> Labels:
        """The name in every language."""
        return {lang: self.name(iri, lang) for lang in LANGUAGES}


def build_plan(facts: RelayFacts, *, knowledge: Knowledge, reading: NamedReading, moment: RegisterMoment) -> Plan:
    """For each instance of a duty whose recipients are settled, who they are and who received.

    Source: the facts `obs:recipientsFixedOn`, `obs:dueTo` and `obs:passesOn`, which the rules of a norm conclude.
    """
    duties = sorted(facts.concluded.pairs(OBS + "recipientsFixedOn"))
    found = sorted((_transmission(duty, facts=facts, knowledge=knowledge) for duty in duties), key=lambda t: (t.received, t.notification))
    used = {receipt.channel for t in found for recipient in t.recipients for receipt in recipient.receipts if receipt.channel}
    norms = {t.norm for t in found}
    return Plan(
        moment.as_of, moment.known_at, reading.name, reading.label, tuple(found),
        {norm: _wording(norm, knowledge=knowledge, facts=facts) for norm in sorted(norms)},
        {channel: facts.labels(channel) for channel in sorted(used)},
    )  # fmt: skip


def _transmission(duty: str, *, facts: RelayFacts, knowledge: Knowledge) -> Transmission:
    (norm,), (notification,) = facts.objects(duty, "ofNorm"), facts.objects(duty, "occasion")
    standing = facts.objects(notification, "standsAs")
    later = facts.subjects("laterVersionOf", notification)
    document = max(standing or [notification, *later], key=lambda iri: (facts.first(iri, OBS + "receivedOn") or "", iri))
    author = next(iter(facts.objects(notification, "occurredFor")), "")
    return Transmission(
        duty, norm, notification, document, tuple(sorted({notification, *later})), bool(standing),
        identifier=facts.first(document, DCTERMS + "identifier"),
        author=author, author_name=facts.labels(author),
        submitted=facts.first(document, DCTERMS + "dateSubmitted"),
        received=facts.objects(notification, "occurredOn")[0],
        disclosure=_only(facts.said.get((document, OBS + "disclosure"), [])),
        status=facts.statuses.get(duty, {}),
        fixed_on=facts.objects(duty, "recipientsFixedOn")[0],
        recipients=tuple(_recipients(duty, norm=norm, facts=facts, knowledge=knowledge)),
        statements=tuple(_closure(ox.NamedNode(document), facts=facts)),
    )  # fmt: skip


def _recipients(duty: str, *, norm: str, facts: RelayFacts, knowledge: Knowledge) -> Iterator[Recipient]:
    """Those to whom it is due, and those that were informed all the same; by kind in the norm's order, then by name of the IRI."""
    receipts: dict[str, list[Receipt]] = defaultdict(list)
    for act in facts.subjects("passesOn", duty):
        channel = facts.first(act, OBS + "channel")
        for body in facts.objects(act, "informedParty"):
            receipts[body].append(Receipt(act, min(facts.objects(act, "relayedOn"), default=""), channel))
    due = set(facts.objects(duty, "dueTo"))
    kinds = knowledge.objects(norm, OBS + "recipientClass")
    found = {body: _kind(body, kinds=kinds, facts=facts) for body in due | set(receipts)}
    for body in sorted(found, key=lambda body: (kinds.index(found[body]) if found[body] in kinds else len(kinds), body)):
        yield Recipient(
            body, found[body], facts.first(body, _UNIT), facts.labels(body),
            tuple(sorted(set(facts.said.get((body, _LANGUAGE), ())))),
            tuple(sorted(set(facts.said.get((body, _EMAIL), ())))),
            body in due,
            tuple(sorted(receipts[body], key=lambda receipt: (receipt.day, receipt.act))),
        )  # fmt: skip


def _kind(body: str, *, kinds: Sequence[str], facts: RelayFacts) -> str:
    types = facts.said.get((body, RDF + "type"), [])
    return next((kind for kind in kinds if kind in types), min(types, default=""))


def _wording(norm: str, *, knowledge: Knowledge, facts: RelayFacts) -> Wording:
    paragraph = next(iter(knowledge.objects(norm, OBS + "expressedBy")), "")
    bearer = next(iter(knowledge.objects(norm, OBS + "bearer")), "")
    informing = [iri for iri in knowledge.instances(OBS + "RelayedInformation") if norm in knowledge.objects(iri, OBS + "appliesToNorm")]
    return Wording(
        information=_in_languages(informing, OBS + "information", knowledge=knowledge),
        number=next(iter(knowledge.objects(paragraph, ELI + "number")), ""),
        authentic=next(iter(knowledge.objects(paragraph, OBS + "authenticText")), ""),
        translation=next(iter(knowledge.objects(paragraph, OBS + "workingTranslation")), ""),
        instrument=facts.labels(next(iter(knowledge.objects(paragraph, ELI + "is_part_of")), "")),
        bearer=bearer,
        bearer_name=facts.labels(bearer),
        record=next(iter(knowledge.objects(norm, OBS + "evidencedBy")), ""),
        kind_name=facts.labels(next(iter(knowledge.objects(norm, OBS + "triggeredBy")), "")),
    )


def _in_languages(nodes: Iterable[str], predicate: str, *, knowledge: Knowledge) -> Labels:
    wanted = set(nodes)
    quads = (q for q in knowledge.quads if q.predicate.value == predicate and _text(q.subject) in wanted)
    return {q.object.language: q.object.value for q in quads if isinstance(q.object, ox.Literal) and q.object.language}


def _closure(node: object, *, facts: RelayFacts) -> Iterator[ox.Triple]:
    """What the register says about the node and, below it, about nodes without a name."""
    todo, seen = [node], set[object]()
    while todo:
        current = todo.pop(0)
        if current not in seen:
            seen.add(current)
            for triple in sorted(facts.about.get(current, ()), key=str):
                yield triple
                todo += [triple.object] if isinstance(triple.object, ox.BlankNode) else []


def _only(values: Sequence[str]) -> str | None:
    """The one value; None when there is none or they differ, so that nothing follows from a contradiction."""
    return values[0] if len(set(values)) == 1 else None


def _text(term: object) -> str:
    return term.value if isinstance(term, ox.NamedNode | ox.Literal | ox.BlankNode) else str(term)
