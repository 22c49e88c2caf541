"""Serialisation of assessments: JSON, Turtle, and rows of a table."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import pyoxigraph as ox
from msgspec import Struct
from msgspec.structs import replace

from observance.assessment.derivation import Derivation
from observance.assessment.explanation.counterfactuals import Change
from observance.assessment.explanation.reasons import NoteFinding, OtherReading, Reasons, RejectedStatus, find_reasons
from observance.assessment.explanation.verbalise import Verbaliser
from observance.assessment.inputs import AssessmentInputs
from observance.assessment.model import Assessment, PremiseFinding, Reading, ReadingParameter, Status
from observance.core import OBS, PREFIXES, RDF, XSD, calendar, local_name
from observance.rdf import Row, serialize_turtle
from observance.register import DISCLOSURE, RESTRICTED, disclosed_rows

_PROV: Final = PREFIXES["prov"]


class Tally(Struct, frozen=True):
    """The number of assessments with each status.

    `counted` leaves out duties that do not apply or are not yet active. Of the counted ones at least `lower` and at most `upper` are
    fulfilled on the record; `undetermined` is the difference.
    """

    statuses: tuple[tuple[Status, int], ...]
    counted: int
    lower: int
    upper: int
    undetermined: int


def tally(assessments: Sequence[Assessment]) -> Tally:
    """Count the assessments by status, in the order of the list of statuses."""
    counts = Counter(assessment.status.iri for assessment in assessments)
    statuses = {a.status.iri: replace(a.status, label=a.status.general) for a in assessments}
    ordered = tuple((statuses[iri], counts[iri]) for iri in sorted(counts, key=lambda iri: statuses[iri].position))
    lower = sum(count for status, count in ordered if status.tally == "yes")
    undetermined = sum(count for status, count in ordered if status.tally == "undetermined")
    counted = sum(count for status, count in ordered if status.tally != "outside")
    return Tally(ordered, counted, lower, lower + undetermined, undetermined)


def assessment_to_json(assessment: Assessment, *, verbaliser: Verbaliser) -> dict[str, Any]:
    """The assessment as a JSON object: IRIs in full, days as xsd:date; null for a missing bearer, occasion or window."""
    duty = assessment.duty
    window = None
    if duty.closes is not None:
        window = {"opens": duty.opens.isoformat() if duty.opens else None, "closes": duty.closes.isoformat()}
    return {
        "duty": duty.iri,
        "bearer": duty.bearer,
        "paragraph": verbaliser.paragraph(duty.norm),
        "norm": duty.norm,
        "occasion": verbaliser.inputs.disclosed_occasion(duty),
        "window": window,
        "status": local_name(assessment.status.iri),
        "reading": assessment.reading,
        "asOf": assessment.moment.as_of.isoformat(),
        "knownAt": calendar.format_time(assessment.moment.known_at),
        "assessment": assessment.iri,
        "rules": verbaliser.inputs.rule_set.version,
        **warning_to_json(verbaliser.inputs),
    }


def warning_to_json(inputs: AssessmentInputs) -> dict[str, Any]:
    """The warning that the register has faults, by language, under `registerWarning`; empty if it has none."""
    return {"registerWarning": dict(inputs.warning)} if inputs.warning else {}


def assessment_rows(assessments: Iterable[Assessment], *, verbaliser: Verbaliser) -> Iterator[tuple[str, ...]]:
    """A row for each assessment: bearer, paragraph, label of the norm, occasion or end of the window, status."""
    for assessment in assessments:
        duty = assessment.duty
        occasion = duty.occasion and verbaliser.name(duty.occasion)
        closes = f"→ {duty.closes.isoformat()}" if duty.closes and not occasion else ""
        bearer = verbaliser.name(duty.bearer) if duty.bearer else "–"
        label = assessment.status.label[verbaliser.lang]
        yield bearer, verbaliser.paragraph(duty.norm), verbaliser.norm_label(duty.norm), occasion or closes, label


def status_counts(assessments: Sequence[Assessment]) -> dict[str, Any]:
    """The tally as a JSON object."""
    counts = tally(assessments)
    return {
        "statuses": {local_name(status.iri): count for status, count in counts.statuses},
        "counted": counts.counted,
        "fulfilledAtLeast": counts.lower,
        "fulfilledAtMost": counts.upper,
        "undetermined": counts.undetermined,
    }


def explanation_to_json(
    reasons: Reasons,
    *,
    verbaliser: Verbaliser,
    changes: Sequence[Change] | None,
    other_readings: Sequence[OtherReading],
    rejected: RejectedStatus | None,
) -> dict[str, Any]:
    """The explanation as a JSON object, without restricted documents; `withheld` says whether some were left out."""
    assessment, withheld = reasons.assessment, verbaliser.inputs.withheld
    explanation: dict[str, Any] = {
        **assessment_to_json(assessment, verbaliser=verbaliser),
        "rule": assessment.rule.iri,
        "because": [_finding(finding, verbaliser=verbaliser, assessment=assessment) for finding in reasons.findings],
        "parameters": [parameter_to_json(p, verbaliser=verbaliser) for p in reasons.parameters],
        "notes": [_note(finding, verbaliser=verbaliser, assessment=assessment) for finding in reasons.notes],
        "counts": [{"count": c.count.iri, "numbers": c.numbers(withheld=withheld)} for c in reasons.counts],
        "withheld": not withheld.isdisjoint(reasons.documents),
        "underReadings": [
            {"reading": other.reading.name, "answers": [assessment_to_json(a, verbaliser=verbaliser) for a in other.assessments]}
            for other in other_readings
        ],
        "sentences": list(verbaliser.explanation(reasons, changes=changes, other_readings=other_readings, rejected=rejected)),
    }
    if changes is not None:
        explanation["wouldChange"] = [
            {
                "actions": [action.iri for action in c.actions], "status": local_name(c.status.iri),
                "sentence": verbaliser.change(c, assessment=assessment),
            }
            for c in changes
        ]  # fmt: skip
    if rejected is not None:
        explanation["whyNot"] = {
            "status": local_name(rejected.status.iri),
            "rules": [
                {"rule": a.rule.iri, "failing": [_finding(f, verbaliser=verbaliser, assessment=assessment) for f in a.failing]}
                for a in rejected.attempts
            ],
            "sentence": verbaliser.why_not(rejected, assessment=assessment),
        }
    return explanation


def _note(finding: NoteFinding, *, verbaliser: Verbaliser, assessment: Assessment) -> dict[str, Any]:
    rows = disclosed_rows(finding.rows, withheld=verbaliser.inputs.withheld)
    return {
        "note": finding.note.iri,
        "setAside": finding.note.sets_aside,
        "sentence": verbaliser.note(finding, assessment=assessment),
        "witnesses": [_row(row) for row in rows],
    }


def _finding(finding: PremiseFinding, *, verbaliser: Verbaliser, assessment: Assessment) -> dict[str, Any]:
    premise = finding.premise
    witnesses, statements = (disclosed_rows(rows, withheld=verbaliser.inputs.withheld) for rows in (finding.rows, finding.statements))
    return {
        "premise": premise.iri,
        "label": premise.label[verbaliser.lang],
        "holds": finding.holds,
        "sentence": verbaliser.sentence(finding, assessment=assessment) if finding.holds else None,
        "anchor": premise.anchor,
        "convention": premise.convention.get(verbaliser.lang),
        "witnesses": [_row(row) for row in witnesses],
        "withheld": len(witnesses) + len(statements) < len(finding.rows) + len(finding.statements),
        "licence": premise.licence,
        "licensedBy": [_row(row) for row in statements],
    }


def _row(row: Row) -> dict[str, str]:
    return {name: term.value if isinstance(term, ox.NamedNode | ox.Literal) else str(term) for name, term in row.items()}


def parameter_to_json(parameter: ReadingParameter, *, verbaliser: Verbaliser) -> dict[str, Any]:
    """A parameter of a reading as a JSON object; `validFrom` and `validThrough` are null for an unlimited validity."""
    return {
        "parameter": parameter.iri,
        "label": parameter.label.get(verbaliser.lang),
        "value": parameter.duration or parameter.chosen or parameter.cycle or sorted(parameter.admits),
        "source": parameter.source,
        "assumption": parameter.assumed,
        "validFrom": None if parameter.valid[0] == calendar.EARLIEST else parameter.valid[0].isoformat(),
        "validThrough": None if parameter.valid[1] == calendar.LATEST else parameter.valid[1].isoformat(),
    }


def assessments_to_turtle(assessments: Iterable[Assessment], *, derivation: Derivation, inputs: AssessmentInputs) -> str:
    """The assessments with their duties and premise reports in Turtle, without the withheld witnesses."""
    return serialize_turtle(
        triple
        for assessment in assessments
        for triple in disclosed_triples(find_reasons(assessment, derivation=derivation), derivation, inputs=inputs)
    )


def disclosed_triples(reasons: Reasons, derivation: Derivation, *, inputs: AssessmentInputs) -> Iterator[ox.Triple]:
    """The triples of `reason_triples` that may be told, with one node in place of the withheld witnesses of a premise.

    Of this node nothing is said but that it is restricted, if that is so.
    """
    withheld = inputs.withheld
    disclosed = tuple(
        replace(f, rows=disclosed_rows(f.rows, withheld=withheld), statements=disclosed_rows(f.statements, withheld=withheld))
        for f in reasons.findings
    )
    yield from filter(inputs.may_tell, reason_triples(replace(reasons, findings=disclosed), derivation=derivation))
    for number, (finding, disclosed_finding) in enumerate(zip(reasons.findings, disclosed, strict=True), 1):
        if len(disclosed_finding.rows) < len(finding.rows):
            report = f"{reasons.assessment.iri}#{number}"
            witness = ox.NamedNode(f"{report}.withheld")
            yield ox.Triple(ox.NamedNode(report), ox.NamedNode(OBS + "witness"), witness)
            if inputs.withholds_restricted_alone:
                yield ox.Triple(witness, ox.NamedNode(DISCLOSURE), ox.NamedNode(RESTRICTED))


def reason_triples(reasons: Reasons, *, derivation: Derivation) -> Iterator[ox.Triple]:
    """The triples of an assessment with its duty, its assumptions and its premise reports."""
    assessment, node = reasons.assessment, ox.NamedNode(reasons.assessment.iri)
    yield from status_triples(assessment, reading=derivation.reading)
    for parameter in reasons.assumptions:
        yield ox.Triple(node, ox.NamedNode(OBS + "assumption"), ox.NamedNode(parameter.iri))
    for number, finding in enumerate(reasons.findings, 1):
        yield from premise_report(finding, node=assessment.iri, report=f"{assessment.iri}#{number}", position=number)
        for name, term in _variables_and_iris(finding.rows):
            if name == "submission":
                yield ox.Triple(node, ox.NamedNode(_PROV + "wasDerivedFrom"), term)


def status_triples(assessment: Assessment, *, reading: Reading) -> Iterator[ox.Triple]:
    """The triples of an assessment with its duty, without reasons."""
    duty = assessment.duty
    node, duty_node = ox.NamedNode(assessment.iri), ox.NamedNode(duty.iri)
    yield ox.Triple(duty_node, ox.NamedNode(RDF + "type"), ox.NamedNode(OBS + "DutyInstance"))
    for name, iri in (("ofNorm", duty.norm), ("bearer", duty.bearer), ("occasion", duty.occasion)):
        if iri:
            yield ox.Triple(duty_node, ox.NamedNode(OBS + name), ox.NamedNode(iri))
    yield ox.Triple(node, ox.NamedNode(RDF + "type"), ox.NamedNode(OBS + "Assessment"))
    links = {
        "assesses": duty.iri,
        "hasStatus": assessment.status.iri,
        "underInterpretation": reading.iri,
        "decidedBy": assessment.rule.iri,
    }
    for name, iri in links.items():
        yield ox.Triple(node, ox.NamedNode(OBS + name), ox.NamedNode(iri))
    for name, day in (("asOf", assessment.moment.as_of), ("opensOn", duty.opens), ("closesOn", duty.closes)):
        if day:
            yield ox.Triple(node, ox.NamedNode(OBS + name), _typed(day.isoformat(), "date"))
    yield ox.Triple(node, ox.NamedNode(OBS + "knownAt"), _typed(calendar.format_time(assessment.moment.known_at), "dateTime"))


def premise_report(finding: PremiseFinding, *, node: str, report: str, position: int) -> Iterator[ox.Triple]:
    """The triples of the finding about one premise: a premise report with the IRI `report`, at `position`, of the node `node`."""
    subject = ox.NamedNode(report)
    state = "Satisfied" if finding.holds else "Unsatisfied"
    yield ox.Triple(ox.NamedNode(node), ox.NamedNode(PREFIXES["report"] + "premiseReport"), subject)
    yield ox.Triple(subject, ox.NamedNode(RDF + "type"), ox.NamedNode(PREFIXES["report"] + "PremiseReport"))
    yield ox.Triple(subject, ox.NamedNode(OBS + "premise"), ox.NamedNode(finding.premise.iri))
    yield ox.Triple(subject, ox.NamedNode(OBS + "position"), _typed(str(position), "integer"))
    yield ox.Triple(subject, ox.NamedNode(PREFIXES["report"] + "satisfactionState"), ox.NamedNode(PREFIXES["report"] + state))
    for _, term in _variables_and_iris(finding.rows):
        yield ox.Triple(subject, ox.NamedNode(OBS + "witness"), term)
    if not finding.holds:
        return
    for _, term in _variables_and_iris(finding.statements):
        yield ox.Triple(subject, ox.NamedNode(OBS + "absenceLicensedBy"), term)
    if finding.premise.licence and not finding.statements:
        yield ox.Triple(subject, ox.NamedNode(OBS + "absenceLicensedBy"), ox.NamedNode(finding.premise.licence))


def _variables_and_iris(rows: Sequence[Row]) -> list[tuple[str, ox.NamedNode]]:
    """The distinct IRIs in the rows, each with the variable that it is bound to, sorted by IRI."""
    variables = {term: name for row in rows for name, term in row.items() if isinstance(term, ox.NamedNode)}
    return sorted(((name, term) for term, name in variables.items()), key=lambda pair: pair[1].value)


def _typed(text: str, datatype: str) -> ox.Literal:
    return ox.Literal(text, datatype=ox.NamedNode(XSD + datatype))
