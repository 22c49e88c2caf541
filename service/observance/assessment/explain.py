"""The reasons of an answer, from the findings that gave it: because, why not another, under which readings, what it assumes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from observance.assessment.case import Case
from observance.assessment.derive import Derivation
from observance.assessment.values import Assessment, Duty, Finding, Moment, Parameter, Reading, Rule, Status
from observance.errors import NotFound
from observance.namespaces import OBS, RDF, local_name

_COUNTS: Final = ox.NamedNode(OBS + "countsBecauseOf")
_COUNTS_FOR: Final = ox.NamedNode(OBS + "countsFor")
_WITHDRAWN_BY: Final = ox.NamedNode(OBS + "withdrawnBy")
_RECEIVED: Final = ox.NamedNode(OBS + "receivedOn")
_UNUSABLE: Final = ox.NamedNode(OBS + "UnusableSubmission")
_TYPE: Final = ox.NamedNode(RDF + "type")
_LEFT_OUT: Final = ox.NamedNode(OBS + "leftOutOf")
_LEFT_OUT_BY: Final = ox.NamedNode(OBS + "leftOutBecauseOf")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One rule for a rival status: its findings, and whether it held and was only preceded by a rule of lower rank."""

    rule: Rule
    findings: tuple[Finding, ...]

    @property
    def failing(self) -> tuple[Finding, ...]:
        """The findings that keep the rule from matching, in the rule's order."""
        return tuple(finding for finding in self.findings if not finding.holds)


@dataclass(frozen=True, slots=True)
class Rival:
    """Why a status is not the answer: every rule of the norm that would conclude it; none if no rule does."""

    status: Status
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The answers under one reading for the same norm and bearer."""

    reading: Reading
    assessments: tuple[Assessment, ...]


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A document that stopped counting, the withdrawal, and the day on which that was received."""

    document: str
    withdrawal: str
    received: str


@dataclass(frozen=True, slots=True)
class Because:
    """The reasons of one answer: findings in the rule's order, parameters it rests on, and what was set aside on the way.

    `left_out` are documents that another reading would count, `withdrawn` those that were taken back, `unusable` those that cannot
    be processed as they stand.
    """

    assessment: Assessment
    findings: tuple[Finding, ...]
    parameters: tuple[Parameter, ...]
    left_out: tuple[str, ...]
    withdrawn: tuple[Withdrawn, ...]
    unusable: tuple[str, ...]
    covered: bool

    @property
    def assumptions(self) -> tuple[Parameter, ...]:
        """The parameters that the text does not state."""
        return tuple(parameter for parameter in self.parameters if parameter.assumed)

    @property
    def documents(self) -> frozenset[str]:
        """Every node that the answer names: witnesses, licences, and what was set aside."""
        taken = {node for found in self.withdrawn for node in (found.document, found.withdrawal)}
        return frozenset(_named(self.findings) | taken | {*self.left_out, *self.unusable})


def because(assessment: Assessment, *, derivation: Derivation) -> Because:
    """The reasons of the answer."""
    duty = assessment.duty
    findings = tuple(derivation.finding(premise, duty) for premise in assessment.rule.premises)
    left_out = _left_out(duty, derivation=derivation)
    used = {duty.set_by, *_named(findings), *_behind(findings, derivation=derivation), *(choice for _, choice in left_out)}
    parameters = tuple(parameter for parameter in derivation.reading.parameters if parameter.iri in used)
    return Because(
        assessment, findings, parameters,
        left_out=tuple(document for document, _ in left_out),
        withdrawn=tuple(_withdrawn(duty, store=derivation.store)),
        unusable=tuple(node for node in _unusable(duty, store=derivation.store) if node not in _named(findings)),
        covered=duty.iri in derivation.covering,
    )  # fmt: skip


def _filed(duty: Duty, *, store: ox.Store) -> list[ox.NamedNode]:
    """The documents that count for the instance, current or not."""
    found = {quad.subject for quad in store.quads_for_pattern(None, _COUNTS_FOR, ox.NamedNode(duty.iri))}
    return sorted((node for node in found if isinstance(node, ox.NamedNode)), key=lambda node: node.value)


def _withdrawn(duty: Duty, *, store: ox.Store) -> Iterable[Withdrawn]:
    for node in _filed(duty, store=store):
        for quad in store.quads_for_pattern(node, _WITHDRAWN_BY, None):
            received = min((q.object.value for q in store.quads_for_pattern(quad.object, _RECEIVED, None)), default="")  # type: ignore[arg-type,union-attr]
            yield Withdrawn(node.value, quad.object.value, received)  # type: ignore[union-attr]


def _unusable(duty: Duty, *, store: ox.Store) -> Iterable[str]:
    return (node.value for node in _filed(duty, store=store) if ox.Quad(node, _TYPE, _UNUSABLE) in store)


def _named(findings: Iterable[Finding]) -> set[str]:
    """Every node that a finding names."""
    return {term.value for f in findings for row in (*f.rows, *f.statements) for term in row.values() if isinstance(term, ox.NamedNode)}


def _behind(findings: Iterable[Finding], *, derivation: Derivation) -> set[str]:
    """The choices because of which a document that is named counts."""
    found = (derivation.store.quads_for_pattern(ox.NamedNode(node), _COUNTS, None) for node in _named(findings))
    return {quad.object.value for quads in found for quad in quads}  # type: ignore[union-attr]


def _left_out(duty: Duty, *, derivation: Derivation) -> list[tuple[str, str]]:
    """The documents that would count under another reading, each with the choice that leaves it out."""
    store = derivation.store
    documents = [quad.subject for quad in store.quads_for_pattern(None, _LEFT_OUT, ox.NamedNode(duty.iri))]
    found = {(node.value, q.object.value) for node in documents for q in store.quads_for_pattern(node, _LEFT_OUT_BY, None)}  # type: ignore[union-attr]
    return sorted(found)


def why_not(assessment: Assessment, *, status: str, derivation: Derivation) -> Rival:
    """Why the status named is not the answer; NotFound lists the statuses for a name that is none."""
    duty = assessment.duty
    known = sorted(derivation.book.statuses.values(), key=lambda found: found.position)
    rival = next((found for found in known if status in (found.iri, local_name(found.iri), *found.label.values())), None)
    if rival is None:
        raise NotFound("assessment.no-status", name=status, known=", ".join(local_name(found.iri) for found in known))
    rules = [rule for rule in derivation.book.rules[duty.norm] if rule.status == rival.iri]
    attempts = (Attempt(rule, tuple(derivation.finding(premise, duty) for premise in rule.premises)) for rule in rules)
    return Rival(rival, tuple(attempts))


def under_readings(duty: Duty, *, case: Case, readings: Mapping[str, Reading], at: Moment) -> tuple[Elsewhere, ...]:
    """The answers for the duty's norm and bearer under every reading.

    Where the reading has an instance for the same occasion, only that one; else all of its instances.
    """
    near = case.about(duty)
    found = []
    for reading in readings.values():
        every = [a for a in near.derive(reading=reading, at=at).assessments if (a.duty.norm, a.duty.bearer) == (duty.norm, duty.bearer)]
        same = [a for a in every if a.duty.occasion == duty.occasion]
        found.append(Elsewhere(reading, tuple(same or every)))
    return tuple(found)


def flips(elsewhere: Sequence[Elsewhere], *, than: str) -> tuple[Elsewhere, ...]:
    """The readings in the order in which they are told: those whose answer is another one first."""
    return tuple(sorted(elsewhere, key=lambda found: not _differs(found, than=than)))


def _differs(found: Elsewhere, *, than: str) -> bool:
    return {assessment.status.iri for assessment in found.assessments} != {than}
