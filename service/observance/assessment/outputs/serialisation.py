"""Answers written out: JSON for programs, Turtle for graphs, lines for people."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import pyoxigraph as ox
from msgspec import Struct
from msgspec.structs import replace

from observance.assessment.derivation import Derivation
from observance.assessment.explanation.counterfactuals import Change
from observance.assessment.explanation.reasons import OtherReading, Reasons, RejectedStatus
from observance.assessment.explanation.reasons import find_reasons as reasons
from observance.assessment.explanation.verbalise import Verbaliser
from observance.assessment.model import Assessment, PremiseFinding, ReadingParameter, Status
from observance.core import OBS, PREFIXES, RDF, XSD, calendar, local_name
from observance.rdf import Row, serialize_turtle
from observance.register import DISCLOSURE, RESTRICTED, disclosed_rows

_PROV: Final = PREFIXES["prov"]


class Tally(Struct, frozen=True):
    """The counts of one set of answers.

    `counted` leaves out what does not apply or is not yet active. At least `lower` of them are fulfilled on the record, at most
    `upper`: what lies between cannot be told, and `undetermined` says how many those are.
    """

    statuses: tuple[tuple[Status, int], ...]
    counted: int
    lower: int
    upper: int
    undetermined: int


def tally(assessments: Sequence[Assessment]) -> Tally:
    """The counts."""
    found = Counter(assessment.status.iri for assessment in assessments)
    statuses = {assessment.status.iri: assessment.status for assessment in assessments}
    ordered = tuple((statuses[iri], found[iri]) for iri in sorted(found, key=lambda iri: statuses[iri].position))
    lower = sum(count for status, count in ordered if status.tally == "yes")
    undetermined = sum(count for status, count in ordered if status.tally == "undetermined")
    counted = sum(count for status, count in ordered if status.tally != "outside")
    return Tally(ordered, counted, lower, lower + undetermined, undetermined)


def assessment_to_json(assessment: Assessment, *, verbaliser: Verbaliser) -> dict[str, Any]:
    """One answer: IRIs in full, days as xsd:date; a duty that is announced of nobody has no bearer, one without a window none."""
    duty = assessment.duty
    window = None
    if duty.closes is not None:
        window = {"opens": duty.opens.isoformat() if duty.opens else None, "closes": duty.closes.isoformat()}
    return {
        "duty": duty.iri,
        "bearer": duty.bearer,
        "paragraph": verbaliser.paragraph(duty.norm),
        "norm": duty.norm,
        "occasion": duty.occasion,
        "window": window,
        "status": local_name(assessment.status.iri),
        "reading": assessment.reading,
        "asOf": assessment.moment.as_of.isoformat(),
        "knownAt": calendar.format_time(assessment.moment.known_at),
        "assessment": assessment.iri,
        "rules": verbaliser.case.book.version,
    }


def assessment_rows(assessments: Iterable[Assessment], *, verbaliser: Verbaliser) -> Iterator[tuple[str, ...]]:
    """One line for each answer: bearer, paragraph, what is asked, window or occasion, status."""
    for assessment in assessments:
        duty = assessment.duty
        when = duty.occasion and verbaliser.name(duty.occasion)
        closes = f"→ {duty.closes.isoformat()}" if duty.closes and not when else ""
        bearer = verbaliser.name(duty.bearer) if duty.bearer else "–"
        label = assessment.status.label[verbaliser.lang]
        yield bearer, verbaliser.paragraph(duty.norm), verbaliser.deed(duty.norm), when or closes, label


def status_counts(assessments: Sequence[Assessment]) -> dict[str, Any]:
    """The counts, never without their bounds and what is not known."""
    found = tally(assessments)
    return {
        "statuses": {local_name(status.iri): count for status, count in found.statuses},
        "counted": found.counted,
        "fulfilledAtLeast": found.lower,
        "fulfilledAtMost": found.upper,
        "undetermined": found.undetermined,
    }


def explanation_to_json(
    because: Reasons,
    *,
    verbaliser: Verbaliser,
    changes: Sequence[Change] | None,
    elsewhere: Sequence[OtherReading],
    rival: RejectedStatus | None,
) -> dict[str, Any]:
    """The five answers about one duty."""
    assessment, withheld = because.assessment, verbaliser.case.withheld
    found: dict[str, Any] = {
        **assessment_to_json(assessment, verbaliser=verbaliser),
        "rule": assessment.rule.iri,
        "because": [_finding(finding, verbaliser=verbaliser, assessment=assessment) for finding in because.findings],
        "parameters": [parameter_to_json(p, verbaliser=verbaliser) for p in because.parameters],
        "leftOut": [node for node in because.left_out if node not in withheld],
        "withdrawn": [
            {"document": w.document, "withdrawal": w.withdrawal, "received": w.received}
            for w in because.withdrawn
            if withheld.isdisjoint((w.document, w.withdrawal))
        ],
        "unusable": [node for node in because.unusable if node not in withheld],
        "withheld": not withheld.isdisjoint(because.documents),
        "underReadings": [
            {"reading": e.reading.name, "answers": [assessment_to_json(a, verbaliser=verbaliser) for a in e.assessments]} for e in elsewhere
        ],
        "sentences": list(verbaliser.paragraphs(because, changes=changes, elsewhere=elsewhere, rival=rival)),
    }
    if changes is not None:
        found["wouldChange"] = [
            {
                "actions": [action.iri for action in c.actions], "status": local_name(c.status.iri),
                "sentence": verbaliser.change(c, assessment=assessment),
            }
            for c in changes
        ]  # fmt: skip
    if rival is not None:
        found["whyNot"] = {
            "status": local_name(rival.status.iri),
            "rules": [
                {"rule": a.rule.iri, "failing": [_finding(f, verbaliser=verbaliser, assessment=assessment) for f in a.failing]}
                for a in rival.attempts
            ],
            "sentence": verbaliser.why_not(rival, assessment=assessment),
        }
    return found


def _finding(finding: PremiseFinding, *, verbaliser: Verbaliser, assessment: Assessment) -> dict[str, Any]:
    premise = finding.premise
    witnesses, licences = (disclosed_rows(rows, withheld=verbaliser.case.withheld) for rows in (finding.rows, finding.statements))
    return {
        "premise": premise.iri,
        "label": premise.label[verbaliser.lang],
        "holds": finding.holds,
        "sentence": verbaliser.sentence(finding, assessment=assessment) if finding.holds else None,
        "anchor": premise.anchor,
        "convention": premise.convention.get(verbaliser.lang),
        "witnesses": [_row(row) for row in witnesses],
        "withheld": len(witnesses) + len(licences) < len(finding.rows) + len(finding.statements),
        "licence": premise.licence,
        "licensedBy": [_row(row) for row in licences],
    }


def _row(row: Row) -> dict[str, str]:
    return {name: term.value if isinstance(term, ox.NamedNode | ox.Literal) else str(term) for name, term in row.items()}


def parameter_to_json(parameter: ReadingParameter, *, verbaliser: Verbaliser) -> dict[str, Any]:
    """A parameter of a reading: its value, how long it is valid (null: without end), its source, whether it is an assumption."""
    return {
        "parameter": parameter.iri,
        "label": parameter.label.get(verbaliser.lang),
        "value": parameter.duration or parameter.chosen or parameter.cycle or sorted(parameter.admits),
        "source": parameter.source,
        "assumption": parameter.assumed,
        "validFrom": None if parameter.valid[0] == calendar.EARLIEST else parameter.valid[0].isoformat(),
        "validThrough": None if parameter.valid[1] == calendar.LATEST else parameter.valid[1].isoformat(),
    }


def assessments_to_turtle(assessments: Iterable[Assessment], *, derivation: Derivation, withheld: frozenset[str]) -> str:
    """The answers as a graph, each with its duty, its premises and what was found for them that is not withheld."""
    return serialize_turtle(
        t for assessment in assessments for t in _told(reasons(assessment, derivation=derivation), derivation, withheld=withheld)
    )


def _told(because: Reasons, derivation: Derivation, *, withheld: frozenset[str]) -> Iterator[ox.Triple]:
    """The answer as triples; in place of witnesses that are withheld stands one of which only that is said."""
    told = tuple(
        replace(f, rows=disclosed_rows(f.rows, withheld=withheld), statements=disclosed_rows(f.statements, withheld=withheld))
        for f in because.findings
    )
    yield from reason_triples(replace(because, findings=told), derivation=derivation)
    for number, (whole, shorter) in enumerate(zip(because.findings, told, strict=True), 1):
        if len(shorter.rows) < len(whole.rows):
            report = f"{because.assessment.iri}#{number}"
            witness = ox.NamedNode(f"{report}.withheld")
            yield ox.Triple(ox.NamedNode(report), _own(OBS + "witness"), witness)
            yield ox.Triple(witness, _own(DISCLOSURE), _own(RESTRICTED))


def reason_triples(because: Reasons, *, derivation: Derivation) -> Iterator[ox.Triple]:
    """One answer as triples."""
    assessment, duty = because.assessment, because.assessment.duty
    node, instance = ox.NamedNode(assessment.iri), ox.NamedNode(duty.iri)
    yield ox.Triple(instance, _own(RDF + "type"), _own(OBS + "DutyInstance"))
    for name, iri in (("ofNorm", duty.norm), ("bearer", duty.bearer), ("occasion", duty.occasion)):
        if iri:
            yield ox.Triple(instance, _own(OBS + name), ox.NamedNode(iri))
    yield ox.Triple(node, _own(RDF + "type"), _own(OBS + "Assessment"))
    linked = {
        "assesses": duty.iri,
        "hasStatus": assessment.status.iri,
        "underInterpretation": derivation.reading.iri,
        "decidedBy": assessment.rule.iri,
    }
    for name, iri in linked.items():
        yield ox.Triple(node, _own(OBS + name), ox.NamedNode(iri))
    for name, day in (("asOf", assessment.moment.as_of), ("opensOn", duty.opens), ("closesOn", duty.closes)):
        if day:
            yield ox.Triple(node, _own(OBS + name), _typed(day.isoformat(), "date"))
    yield ox.Triple(node, _own(OBS + "knownAt"), _typed(calendar.format_time(assessment.moment.known_at), "dateTime"))
    for parameter in because.assumptions:
        yield ox.Triple(node, _own(OBS + "assumption"), ox.NamedNode(parameter.iri))
    for number, finding in enumerate(because.findings, 1):
        yield from premise_report(finding, node=assessment.iri, report=f"{assessment.iri}#{number}", position=number)
        yield from (ox.Triple(node, _own(_PROV + "wasDerivedFrom"), term) for name, term in _named(finding.rows) if name == "submission")


def premise_report(finding: PremiseFinding, *, node: str, report: str, position: int) -> Iterator[ox.Triple]:
    """What was found for one premise, whether it holds or not, as `report` of `node`."""
    subject = ox.NamedNode(report)
    state = "Satisfied" if finding.holds else "Unsatisfied"
    yield ox.Triple(ox.NamedNode(node), _own(PREFIXES["report"] + "premiseReport"), subject)
    yield ox.Triple(subject, _own(RDF + "type"), _own(PREFIXES["report"] + "PremiseReport"))
    yield ox.Triple(subject, _own(OBS + "premise"), ox.NamedNode(finding.premise.iri))
    yield ox.Triple(subject, _own(OBS + "position"), _typed(str(position), "integer"))
    yield ox.Triple(subject, _own(PREFIXES["report"] + "satisfactionState"), _own(PREFIXES["report"] + state))
    for _, term in _named(finding.rows):
        yield ox.Triple(subject, _own(OBS + "witness"), term)
    if not finding.holds:
        return
    for _, term in _named(finding.statements):
        yield ox.Triple(subject, _own(OBS + "absenceLicensedBy"), term)
    if finding.premise.licence and not finding.statements:
        yield ox.Triple(subject, _own(OBS + "absenceLicensedBy"), ox.NamedNode(finding.premise.licence))


def _named(found: Sequence[Row]) -> list[tuple[str, ox.NamedNode]]:
    nodes = {term: name for row in found for name, term in row.items() if isinstance(term, ox.NamedNode)}
    return sorted(((name, term) for term, name in nodes.items()), key=lambda pair: pair[1].value)


def _own(iri: str) -> ox.NamedNode:
    return ox.NamedNode(iri)


def _typed(text: str, kind: str) -> ox.Literal:
    return ox.Literal(text, datatype=ox.NamedNode(XSD + kind))
