"""The reasons of an assessment, from the findings that it rests on; rejected statuses; the statuses under other readings."""

from collections.abc import Iterable, Mapping, Sequence

import pyoxigraph as ox
from msgspec import Struct

from observance.assessment.derivation import Derivation
from observance.assessment.inputs import AssessmentInputs
from observance.assessment.model import Assessment, Duty, PremiseFinding, Reading, ReadingParameter, Rule, Status
from observance.core import OBS, NotFoundError, local_name
from observance.rdf import FactBase
from observance.register import HAS_FINDING, Moment


class RuleAttempt(Struct, frozen=True):
    """A rule that did not decide, with its findings; if all of them hold, a rule of lower precedence decided first."""

    rule: Rule
    findings: tuple[PremiseFinding, ...]

    @property
    def failing(self) -> tuple[PremiseFinding, ...]:
        """The findings about premises that do not hold, in the rule's order."""
        return tuple(finding for finding in self.findings if not finding.holds)


class RejectedStatus(Struct, frozen=True):
    """A status that the duty does not have, with every rule of the norm that concludes it."""

    status: Status
    attempts: tuple[RuleAttempt, ...]


class OtherReading(Struct, frozen=True):
    """The assessments under one reading of the duties under the same norm for the same bearer."""

    reading: Reading
    assessments: tuple[Assessment, ...]


class WithdrawnDocument(Struct, frozen=True):
    """A document that no longer counts, its withdrawal, and the day on which the withdrawal was received."""

    document: str
    withdrawal: str
    received: str


class DocumentToClarify(Struct, frozen=True):
    """A document that was received and does not count, with the findings to clarify and the day on which it was received."""

    document: str
    findings: tuple[str, ...]
    received: str


class Reasons(Struct, frozen=True):
    """The reasons of an assessment: the findings of the deciding rule, the parameters used, and the documents disregarded.

    `left_out` are documents that count only under another reading, `to_clarify` those about which clarification is requested, `covered`
    says whether a completeness statement covers the duty.
    """

    assessment: Assessment
    findings: tuple[PremiseFinding, ...]
    parameters: tuple[ReadingParameter, ...]
    left_out: tuple[str, ...]
    withdrawn: tuple[WithdrawnDocument, ...]
    to_clarify: tuple[DocumentToClarify, ...]
    covered: bool

    @property
    def assumptions(self) -> tuple[ReadingParameter, ...]:
        """The parameters that are assumptions."""
        return tuple(parameter for parameter in self.parameters if parameter.assumed)

    @property
    def documents(self) -> frozenset[str]:
        """The IRIs in the reasons: witnesses, completeness statements, and disregarded documents."""
        withdrawn = {iri for document in self.withdrawn for iri in (document.document, document.withdrawal)}
        return frozenset(_iris(self.findings) | withdrawn | {*self.left_out, *(document.document for document in self.to_clarify)})


def find_reasons(assessment: Assessment, *, derivation: Derivation) -> Reasons:
    """Return the reasons of an assessment of the derivation."""
    duty, facts = assessment.duty, derivation.facts
    findings = tuple(derivation.finding(premise, duty) for premise in assessment.rule.premises)
    left_out = _left_out(duty, facts=facts)
    used = {duty.set_by, *_iris(findings), *_choices_behind(findings, facts=facts), *(choice for _, choice in left_out)}
    return Reasons(
        assessment,
        findings,
        parameters=tuple(parameter for parameter in derivation.reading.parameters if parameter.iri in used),
        left_out=tuple(document for document, _ in left_out),
        withdrawn=tuple(_withdrawn(duty, facts=facts)),
        to_clarify=tuple(item for item in _to_clarify(duty, facts=facts) if item.document not in _iris(findings)),
        covered=bool(derivation.completeness_statements(duty)),
    )


def _documents_for(duty: Duty, *, facts: FactBase) -> list[str]:
    """The documents that count for the duty, superseded and withdrawn ones included."""
    return sorted(facts.subjects(OBS + "countsFor", duty.iri))


def _withdrawn(duty: Duty, *, facts: FactBase) -> Iterable[WithdrawnDocument]:
    for document in _documents_for(duty, facts=facts):
        for withdrawal in sorted(facts.objects(document, OBS + "withdrawnBy")):
            yield WithdrawnDocument(document, withdrawal, min(facts.objects(withdrawal, OBS + "receivedOn"), default=""))


def _to_clarify(duty: Duty, *, facts: FactBase) -> Iterable[DocumentToClarify]:
    for document in sorted(facts.subjects(OBS + "receivedFor", duty.iri)):
        findings = tuple(sorted(facts.objects(document, HAS_FINDING)))
        yield DocumentToClarify(document, findings, min(facts.objects(document, OBS + "receivedOn"), default=""))


def _iris(findings: Iterable[PremiseFinding]) -> set[str]:
    """The IRIs in the rows and completeness statements of the findings."""
    return {term.value for f in findings for row in (*f.rows, *f.statements) for term in row.values() if isinstance(term, ox.NamedNode)}


def _choices_behind(findings: Iterable[PremiseFinding], *, facts: FactBase) -> set[str]:
    """The choices of the reading due to which documents in the findings count."""
    return {choice for iri in _iris(findings) for choice in facts.objects(iri, OBS + "countsBecauseOf")}


def _left_out(duty: Duty, *, facts: FactBase) -> list[tuple[str, str]]:
    """The documents that count only under another reading, each with the choice that excludes it."""
    documents = set(facts.subjects(OBS + "leftOutOf", duty.iri))
    return sorted((document, choice) for document in documents for choice in facts.objects(document, OBS + "leftOutBecauseOf"))


def why_not(assessment: Assessment, *, status: str, derivation: Derivation) -> RejectedStatus:
    """Return why the duty does not have the status of this name; raises what `find_status` raises."""
    duty = assessment.duty
    rejected = find_status(status, derivation=derivation)
    rules = [rule for rule in derivation.rule_set.rules[duty.norm] if rule.status == rejected.iri]
    return RejectedStatus(rejected, tuple(_attempt(rule, duty, derivation=derivation) for rule in rules))


def rejected_rules(assessment: Assessment, *, derivation: Derivation) -> tuple[RuleAttempt, ...]:
    """The rules of the norm that did not decide, in order of precedence."""
    duty = assessment.duty
    rules = derivation.rule_set.rules[duty.norm]
    return tuple(_attempt(rule, duty, derivation=derivation) for rule in rules if rule != assessment.rule)


def _attempt(rule: Rule, duty: Duty, *, derivation: Derivation) -> RuleAttempt:
    return RuleAttempt(rule, tuple(derivation.finding(premise, duty) for premise in rule.premises))


def find_status(name: str, *, derivation: Derivation) -> Status:
    """The status with this IRI, local name or label; raises NotFoundError, which lists the local names."""
    statuses = sorted(derivation.rule_set.statuses.values(), key=lambda status: status.position)
    status = next((s for s in statuses if name in (s.iri, local_name(s.iri), *s.label.values())), None)
    if status is None:
        raise NotFoundError("assessment.no-status", name=name, known=", ".join(local_name(s.iri) for s in statuses))
    return status


def assess_under_readings(duty: Duty, *, inputs: AssessmentInputs, readings: Mapping[str, Reading], at: Moment) -> tuple[OtherReading, ...]:
    """Assess the duty under each of the readings.

    Where a reading gives the norm and bearer a duty for the same occasion, only that one; else all of their duties.
    """
    narrowed = inputs.narrowed_to(duty)
    results = []
    for reading in readings.values():
        derivation = narrowed.derive(reading=reading, at=at)
        assessments = [a for a in derivation.assessments if (a.duty.norm, a.duty.bearer) == (duty.norm, duty.bearer)]
        same_occasion = [a for a in assessments if a.duty.occasion == duty.occasion]
        results.append(OtherReading(reading, tuple(same_occasion or assessments)))
    return tuple(results)


def sort_by_difference(other_readings: Sequence[OtherReading], *, than: str) -> tuple[OtherReading, ...]:
    """The readings in the order of explanations: first those under which the status is another one than this IRI."""
    return tuple(sorted(other_readings, key=lambda other: not differs(other, than=than)))


def differs(other: OtherReading, *, than: str) -> bool:
    """Whether the assessments under the reading have another status than this IRI, or there are none."""
    return {assessment.status.iri for assessment in other.assessments} != {than}
