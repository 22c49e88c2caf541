"""The reasons of an answer, from the findings that gave it: because, why not another, under which readings, what it assumes."""

from collections.abc import Iterable, Mapping, Sequence

import pyoxigraph as ox
from msgspec import Struct

from observance.assessment.derivation import Derivation
from observance.assessment.inputs import AssessmentInputs
from observance.assessment.model import Assessment, Duty, PremiseFinding, Reading, ReadingParameter, Rule, Status
from observance.core import OBS, NotFoundError, local_name
from observance.rdf import TYPE, FactBase
from observance.register import Moment


class RuleAttempt(Struct, frozen=True):
    """One rule for a rival status: its findings, and whether it held and was only preceded by a rule of lower rank."""

    rule: Rule
    findings: tuple[PremiseFinding, ...]

    @property
    def failing(self) -> tuple[PremiseFinding, ...]:
        """The findings that keep the rule from matching, in the rule's order."""
        return tuple(finding for finding in self.findings if not finding.holds)


class RejectedStatus(Struct, frozen=True):
    """Why a status is not the answer: every rule of the norm that would conclude it; none if no rule does."""

    status: Status
    attempts: tuple[RuleAttempt, ...]


class OtherReading(Struct, frozen=True):
    """The answers under one reading for the same norm and bearer."""

    reading: Reading
    assessments: tuple[Assessment, ...]


class WithdrawnDocument(Struct, frozen=True):
    """A document that stopped counting, the withdrawal, and the day on which that was received."""

    document: str
    withdrawal: str
    received: str


class Reasons(Struct, frozen=True):
    """The reasons of one answer: findings in the rule's order, parameters it rests on, and what was set aside on the way.

    `left_out` are documents that another reading would count, `withdrawn` those that were taken back, `unusable` those that cannot
    be processed as they stand.
    """

    assessment: Assessment
    findings: tuple[PremiseFinding, ...]
    parameters: tuple[ReadingParameter, ...]
    left_out: tuple[str, ...]
    withdrawn: tuple[WithdrawnDocument, ...]
    unusable: tuple[str, ...]
    covered: bool

    @property
    def assumptions(self) -> tuple[ReadingParameter, ...]:
        """The parameters that the text does not state."""
        return tuple(parameter for parameter in self.parameters if parameter.assumed)

    @property
    def documents(self) -> frozenset[str]:
        """Every node that the answer names: witnesses, licences, and what was set aside."""
        taken = {node for found in self.withdrawn for node in (found.document, found.withdrawal)}
        return frozenset(_named(self.findings) | taken | {*self.left_out, *self.unusable})


def find_reasons(assessment: Assessment, *, derivation: Derivation) -> Reasons:
    """The reasons of the answer."""
    duty, facts = assessment.duty, derivation.facts
    findings = tuple(derivation.finding(premise, duty) for premise in assessment.rule.premises)
    left_out = _left_out(duty, facts=facts)
    used = {duty.set_by, *_named(findings), *_behind(findings, facts=facts), *(choice for _, choice in left_out)}
    parameters = tuple(parameter for parameter in derivation.reading.parameters if parameter.iri in used)
    return Reasons(
        assessment, findings, parameters,
        left_out=tuple(document for document, _ in left_out),
        withdrawn=tuple(_withdrawn(duty, facts=facts)),
        unusable=tuple(node for node in _unusable(duty, facts=facts) if node not in _named(findings)),
        covered=bool(derivation.covering(duty)),
    )  # fmt: skip


def _filed(duty: Duty, *, facts: FactBase) -> list[str]:
    """The documents that count for the instance, current or not."""
    return sorted(facts.subjects(OBS + "countsFor", duty.iri))


def _withdrawn(duty: Duty, *, facts: FactBase) -> Iterable[WithdrawnDocument]:
    for document in _filed(duty, facts=facts):
        for withdrawal in sorted(facts.objects(document, OBS + "withdrawnBy")):
            yield WithdrawnDocument(document, withdrawal, min(facts.objects(withdrawal, OBS + "receivedOn"), default=""))


def _unusable(duty: Duty, *, facts: FactBase) -> Iterable[str]:
    return (node for node in _filed(duty, facts=facts) if (f"<{node}>", TYPE, f"<{OBS}UnusableSubmission>") in facts)


def _named(findings: Iterable[PremiseFinding]) -> set[str]:
    """Every node that a finding names."""
    return {term.value for f in findings for row in (*f.rows, *f.statements) for term in row.values() if isinstance(term, ox.NamedNode)}


def _behind(findings: Iterable[PremiseFinding], *, facts: FactBase) -> set[str]:
    """The choices because of which a document that is named counts."""
    return {choice for node in _named(findings) for choice in facts.objects(node, OBS + "countsBecauseOf")}


def _left_out(duty: Duty, *, facts: FactBase) -> list[tuple[str, str]]:
    """The documents that would count under another reading, each with the choice that leaves it out."""
    documents = set(facts.subjects(OBS + "leftOutOf", duty.iri))
    return sorted((node, choice) for node in documents for choice in facts.objects(node, OBS + "leftOutBecauseOf"))


def why_not(assessment: Assessment, *, status: str, derivation: Derivation) -> RejectedStatus:
    """Why the status named is not the answer; NotFoundError lists the statuses for a name that is none."""
    duty = assessment.duty
    rival = status_named(status, derivation=derivation)
    rules = [rule for rule in derivation.book.rules[duty.norm] if rule.status == rival.iri]
    return RejectedStatus(rival, tuple(_attempt(rule, duty, derivation=derivation) for rule in rules))


def rejected_statuses(assessment: Assessment, *, derivation: Derivation) -> tuple[RuleAttempt, ...]:
    """Every rule of the norm that did not decide, in the order of trial."""
    duty = assessment.duty
    return tuple(_attempt(rule, duty, derivation=derivation) for rule in derivation.book.rules[duty.norm] if rule != assessment.rule)


def _attempt(rule: Rule, duty: Duty, *, derivation: Derivation) -> RuleAttempt:
    return RuleAttempt(rule, tuple(derivation.finding(premise, duty) for premise in rule.premises))


def status_named(name: str, *, derivation: Derivation) -> Status:
    """The status with this IRI, end of it or label; NotFoundError lists the statuses for a name that is none."""
    known = sorted(derivation.book.statuses.values(), key=lambda found: found.position)
    status = next((found for found in known if name in (found.iri, local_name(found.iri), *found.label.values())), None)
    if status is None:
        raise NotFoundError("assessment.no-status", name=name, known=", ".join(local_name(found.iri) for found in known))
    return status


def under_readings(duty: Duty, *, case: AssessmentInputs, readings: Mapping[str, Reading], at: Moment) -> tuple[OtherReading, ...]:
    """The answers for the duty's norm and bearer under every reading.

    Where the reading has an instance for the same occasion, only that one; else all of its instances.
    """
    near = case.about(duty)
    found = []
    for reading in readings.values():
        every = [a for a in near.derive(reading=reading, at=at).assessments if (a.duty.norm, a.duty.bearer) == (duty.norm, duty.bearer)]
        same = [a for a in every if a.duty.occasion == duty.occasion]
        found.append(OtherReading(reading, tuple(same or every)))
    return tuple(found)


def deciding_readings(elsewhere: Sequence[OtherReading], *, than: str) -> tuple[OtherReading, ...]:
    """The readings in the order in which they are told: those whose answer is another one first."""
    return tuple(sorted(elsewhere, key=lambda found: not _differs(found, than=than)))


def _differs(found: OtherReading, *, than: str) -> bool:
    return {assessment.status.iri for assessment in found.assessments} != {than}
