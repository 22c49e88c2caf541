"""Answers as a page shows them: everything named in one language, ready to be laid out. Programs are given `write` instead."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import pyoxigraph as ox

from observance.assessment.answers import AssessmentSet, ExplainedAssessment
from observance.assessment.duties import DUTIES
from observance.assessment.explanation.history import Span
from observance.assessment.explanation.names import written
from observance.assessment.explanation.reasons import Because, Elsewhere, Rival
from observance.assessment.explanation.verbalise import Verbaliser
from observance.assessment.explanation.what_if import Contrast
from observance.assessment.model import Assessment, Finding, Parameter, Reading
from observance.assessment.outputs import serialisation
from observance.core import calendar
from observance.core.namespaces import compact, local_name
from observance.rdf.fact_base import iri
from observance.register.disclosure import shown


def moment(found: AssessmentSet, *, lang: str) -> dict[str, Any]:
    """The day and the time that the answers are for, also in words."""
    at = found.derivation.moment
    return {"asOf": at.as_of.isoformat(), "knownAt": calendar.written(at.known_at), "asOfText": written(at.as_of.isoformat(), lang)}


def line(assessment: Assessment, *, teller: Verbaliser) -> dict[str, Any]:
    """One answer in a table: what programs are given, and what each thing is called."""
    duty = assessment.duty
    return {
        **serialisation.as_object(assessment, teller=teller),
        "name": duty.iri.removeprefix(DUTIES),
        "code": local_name(duty.bearer) if duty.bearer else "",
        "bearerName": teller.name(duty.bearer) if duty.bearer else "",
        "occasionName": teller.name(duty.occasion) if duty.occasion else "",
        "deed": teller.deed(duty.norm),
        "statusIri": assessment.status.iri,
        "label": assessment.status.label[teller.lang],
        "tally": assessment.status.tally,
    }


def reading(found: Reading, *, teller: Verbaliser) -> dict[str, Any]:
    """A reading with its parameters, its own before those that it shares with the default one."""
    default = next(iter(teller.case.readings.values()))
    shared = {p.iri for p in default.parameters} if default.iri != found.iri else set()
    return {
        "name": found.name,
        "iri": found.iri,
        "label": teller.reading(found.name),
        "parameters": [
            {**parameter(p, teller=teller), "shared": p.iri in shared} for p in sorted(found.parameters, key=lambda p: p.iri in shared)
        ],
    }


def parameter(found: Parameter, *, teller: Verbaliser) -> dict[str, Any]:
    """A parameter with the names of what it is about."""
    value = found.duration or (teller.name(found.chosen) if found.chosen else "") or (teller.name(found.cycle) if found.cycle else "")
    grounds = ", ".join(teller.name(ground) for ground in sorted(found.admits))
    return {
        **serialisation.parameter(found, teller=teller),
        "text": teller.name(found.iri) if found.label == {} else found.label.get(teller.lang, compact(found.iri)),
        "kind": teller.name(found.kind),
        "about": teller.paragraph(found.norm) if found.norm else "",
        "valueText": value or grounds,
        "from": teller.name(found.window_from) if found.window_from else "",
        "sourceText": teller.source(found),
    }


def duty(told: ExplainedAssessment, *, lang: str) -> dict[str, Any]:
    """One duty with its five answers, in the parts in which a page lays them out."""
    found, assessment = told.answers, told.because.assessment
    teller = Verbaliser(found.case, lang)
    norm = assessment.duty.norm
    shown: dict[str, Any] = {
        **line(assessment, teller=teller),
        "moment": moment(found, lang=lang),
        "readingName": teller.reading(assessment.reading),
        "verdict": teller.verdict(assessment),
        "clause": teller.clause(assessment.duty),
        "rule": assessment.rule.iri,
        "facts": [_fact(finding, assessment=assessment, teller=teller) for finding in told.because.findings],
        "aside": list(teller.aside(told.because)),
        "assumptions": [parameter(p, teller=teller) for p in told.because.assumptions],
        "unknown": list(teller.unknown(told.because)),
        "changes": [
            {"actions": teller.actions(c, assessment=assessment), "label": c.status.label[lang], "statusIri": c.status.iri}
            for c in told.changes or ()
        ],
        "elsewhere": [_elsewhere(e, than=assessment, teller=teller) for e in told.elsewhere],
        "cues": list(teller.cues(norm)),
        "events": events(told.because, found=found, teller=teller),
    }
    if told.rival is not None:
        shown["rival"] = _rival(told.rival, assessment=assessment, teller=teller)
    if told.comparison is not None:
        before = told.comparison.before
        shown["since"] = {
            "day": before.moment.as_of.isoformat(),
            "before": line(before, teller=teller),
            "sentences": list(teller.comparison(told.comparison)),
        }
    return shown


def _fact(finding: Finding, *, assessment: Assessment, teller: Verbaliser) -> dict[str, Any]:
    premise = finding.premise
    rows, statements = (shown(found, withheld=teller.case.withheld) for found in (finding.rows, finding.statements))
    nodes = dict.fromkeys(t.value for row in rows for t in row.values() if isinstance(t, ox.NamedNode) and t.value in _dated(teller))
    licences = dict.fromkeys(t.value for row in statements for t in row.values() if isinstance(t, ox.NamedNode))
    return {
        "sentence": teller.sentence(finding, assessment=assessment),
        "label": premise.label[teller.lang],
        "premise": premise.iri,
        "present": premise.present,
        "anchor": premise.anchor,
        "convention": premise.convention.get(teller.lang),
        "documents": [{"iri": node, "text": teller.name(node)} for node in nodes],
        "licences": [{"iri": node, "text": teller.name(node)} for node in licences],
        "licence": teller.name(premise.licence) if premise.licence else None,
    }


def _dated(teller: Verbaliser) -> dict[str, date]:
    """The records of the register: what came about, and on which day."""
    return {iri(node): day for node, day in teller.case.records.came.items()}


def _elsewhere(found: Elsewhere, *, than: Assessment, teller: Verbaliser) -> dict[str, Any]:
    return {
        "reading": found.reading.name,
        "label": teller.reading(found.reading.name) if found.reading.name in teller.case.readings else found.reading.name,
        "here": found.reading.name == than.reading,
        "flips": {a.status.iri for a in found.assessments} != {than.status.iri},
        "answers": [line(a, teller=teller) for a in found.assessments],
    }


def _rival(found: Rival, *, assessment: Assessment, teller: Verbaliser) -> dict[str, Any]:
    return {
        "statusIri": found.status.iri,
        "label": found.status.label[teller.lang],
        "sentence": teller.why_not(found, assessment=assessment),
        "attempts": [
            {
                "rule": attempt.rule.iri,
                "premises": [
                    {"label": f.premise.label[teller.lang], "holds": f.holds, "anchor": f.premise.anchor} for f in attempt.findings
                ],
            }
            for attempt in found.attempts
        ],
    }


def events(because: Because, *, found: AssessmentSet, teller: Verbaliser) -> list[dict[str, Any]]:
    """The days that matter to an answer, in their order: `kind` is window, record, complete or today; a window has two days."""
    duty, at = because.assessment.duty, because.assessment.moment
    marks: list[dict[str, Any]] = [{"kind": "today", "first": at.as_of.isoformat(), "last": at.as_of.isoformat(), "text": ""}]
    if duty.closes is not None:
        marks.append({"kind": "window", "first": (duty.opens or duty.closes).isoformat(), "last": duty.closes.isoformat(), "text": ""})
    came = _dated(teller)
    for node in sorted(because.documents | {node for node in (duty.occasion, duty.opened_by) if node}):
        if node in came and node not in teller.case.withheld:
            day = came[node].isoformat()
            marks.append({"kind": "record", "first": day, "last": day, "text": teller.name(node), "iri": node})
    for row in found.derivation.covering(duty):
        until, node = (iri(str(row[name])) for name in ("until", "statement"))
        marks.append({"kind": "complete", "first": until, "last": until, "text": teller.name(node), "iri": node})
    unique = {(m["kind"], m["first"], m["text"]): m for m in marks}
    ordered = sorted(unique.values(), key=lambda mark: (mark["first"], mark["kind"], mark["text"]))
    return [{**mark, "firstText": written(mark["first"], teller.lang), "lastText": written(mark["last"], teller.lang)} for mark in ordered]


def span(found: Span, *, teller: Verbaliser) -> dict[str, Any]:
    """Days on which one answer held."""
    return {
        "from": found.first.isoformat(),
        "until": found.last.isoformat(),
        "fromText": written(found.first.isoformat(), teller.lang),
        "untilText": written(found.last.isoformat(), teller.lang),
        **line(found.assessment, teller=teller),
    }


def contrasted(found: Iterable[Contrast], *, before: Verbaliser, after: Verbaliser) -> list[dict[str, Any]]:
    """What differs, each side as lines of a table."""
    return [{"before": lines(one.before, teller=before), "after": lines(one.after, teller=after)} for one in found]


def lines(assessments: Sequence[Assessment], *, teller: Verbaliser) -> list[dict[str, Any]]:
    """The answers as lines of a table."""
    return [line(assessment, teller=teller) for assessment in assessments]
