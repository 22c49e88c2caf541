"""Assessments as a page shows them: named in one language, one by one and as tables. Programs are given `serialisation` instead."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import pyoxigraph as ox
from msgspec import Struct

from observance.assessment.duties import DUTIES
from observance.assessment.explanation.differences import DutyContrast, HistorySpan
from observance.assessment.explanation.reasons import OtherReading, Reasons, RejectedStatus
from observance.assessment.explanation.verbalise import Verbaliser
from observance.assessment.model import Assessment, PremiseFinding, Reading, ReadingParameter
from observance.assessment.outputs import serialisation
from observance.assessment.service import AssessmentSet, ExplainedAssessment
from observance.core import calendar, compact, format_day, local_name
from observance.rdf import iri_of
from observance.register import disclosed_rows

Line = Mapping[str, Any]


class Matrix(Struct, frozen=True):
    """A row for each bearer (code, name) with a cell for each norm; a cell holds the answers, none, one or several."""

    norms: tuple[Mapping[str, str], ...]
    rows: tuple[tuple[str, str, tuple[tuple[Line, ...], ...]], ...]


class Compared(Struct, frozen=True):
    """A bearer's norm with its answers under each reading, in the order of the readings; `flips`: whether they are not all alike."""

    first: Line
    cells: tuple[tuple[tuple[Line, int], ...], ...]
    flips: bool


def matrices(lines: Sequence[Line], *, norms: Sequence[Mapping[str, str]]) -> tuple[Matrix, ...]:
    """The lines as pictures, one for all bearers to whom the same norms speak, the largest first."""
    asked = {code: frozenset(line["norm"] for line in group) for (code,), group in _by(lines, "code").items()}
    kinds = sorted(set(asked.values()), key=len, reverse=True)
    return tuple(_matrix([line for line in lines if asked[line["code"]] == kind], norms=norms) for kind in kinds)


def _matrix(lines: Sequence[Line], *, norms: Iterable[Mapping[str, str]]) -> Matrix:
    asked = {line["norm"]: line["deed"] for line in lines}
    shown = tuple({**norm, "deed": asked[norm["norm"]]} for norm in norms if norm["norm"] in asked)
    numbers = {line["norm"]: line["paragraph"] for line in lines}
    columns = tuple({**norm, "number": numbers[norm["norm"]]} for norm in shown)
    bearers = dict.fromkeys((line["code"], line["bearerName"]) for line in lines)
    found = {key: list(group) for key, group in _by(lines, "code", "norm").items()}
    rows = tuple((code, name, tuple(tuple(found.get((code, norm["norm"]), ())) for norm in columns)) for code, name in bearers)
    return Matrix(columns, rows)


def compare_groups(lines: Sequence[Line], *, readings: Sequence[Mapping[str, str]]) -> tuple[Compared, ...]:
    """The lines with the readings side by side, those first that depend on the reading."""
    rows = []
    for group in _by(lines, "code", "norm").values():
        under = _by(group, "reading")
        cells = tuple(counted(under.get((reading["name"],), ())) for reading in readings)
        rows.append(Compared(group[0], cells, len({frozenset(line["statusIri"] for line, _ in cell) for cell in cells}) > 1))
    return tuple(sorted(rows, key=lambda row: not row.flips))


def counted(lines: Iterable[Line]) -> tuple[tuple[Line, int], ...]:
    """One line for each status with the number of lines that have it."""
    groups = _by(lines, "statusIri")
    return tuple((group[0], len(group)) for group in groups.values())


def proceedings(lines: Sequence[Line]) -> tuple[tuple[Line, tuple[Line, ...]], ...]:
    """What is announced, by occasion: the first line of each, and its lines."""
    return tuple((group[0], tuple(group)) for group in _by(lines, "occasion", "reading").values())


def _by(lines: Iterable[Line], *names: str) -> dict[tuple[Any, ...], list[Line]]:
    found: dict[tuple[Any, ...], list[Line]] = {}
    for line in lines:
        found.setdefault(tuple(line[name] for name in names), []).append(line)
    return found


def moment_view(found: AssessmentSet, *, lang: str) -> dict[str, Any]:
    """The day and the time that the answers are for, also in words."""
    at = found.derivation.moment
    return {"asOf": at.as_of.isoformat(), "knownAt": calendar.format_time(at.known_at), "asOfText": format_day(at.as_of.isoformat(), lang)}


def assessment_view(assessment: Assessment, *, verbaliser: Verbaliser) -> dict[str, Any]:
    """One answer in a table: what programs are given, and what each thing is called."""
    duty = assessment.duty
    return {
        **serialisation.assessment_to_json(assessment, verbaliser=verbaliser),
        "name": duty.iri.removeprefix(DUTIES),
        "code": local_name(duty.bearer) if duty.bearer else "",
        "bearerName": verbaliser.name(duty.bearer) if duty.bearer else "",
        "occasionName": verbaliser.name(duty.occasion) if duty.occasion else "",
        "deed": verbaliser.deed(duty.norm),
        "statusIri": assessment.status.iri,
        "label": assessment.status.label[verbaliser.lang],
        "tally": assessment.status.tally,
    }


def reading_view(found: Reading, *, verbaliser: Verbaliser) -> dict[str, Any]:
    """A reading with its parameters, its own before those that it shares with the default one."""
    default = next(iter(verbaliser.case.readings.values()))
    shared = {p.iri for p in default.parameters} if default.iri != found.iri else set()
    return {
        "name": found.name,
        "iri": found.iri,
        "label": verbaliser.reading(found.name),
        "parameters": [
            {**parameter_view(p, verbaliser=verbaliser), "shared": p.iri in shared}
            for p in sorted(found.parameters, key=lambda p: p.iri in shared)
        ],
    }


def parameter_view(found: ReadingParameter, *, verbaliser: Verbaliser) -> dict[str, Any]:
    """A parameter with the names of what it is about."""
    value = (
        found.duration or (verbaliser.name(found.chosen) if found.chosen else "") or (verbaliser.name(found.cycle) if found.cycle else "")
    )
    grounds = ", ".join(verbaliser.name(ground) for ground in sorted(found.admits))
    return {
        **serialisation.parameter_to_json(found, verbaliser=verbaliser),
        "text": verbaliser.name(found.iri) if found.label == {} else found.label.get(verbaliser.lang, compact(found.iri)),
        "kind": verbaliser.name(found.kind),
        "about": verbaliser.paragraph(found.norm) if found.norm else "",
        "valueText": value or grounds,
        "from": verbaliser.name(found.window_from) if found.window_from else "",
        "sourceText": verbaliser.source(found),
    }


def duty_view(told: ExplainedAssessment, *, lang: str) -> dict[str, Any]:
    """One duty with its five answers, in the parts in which a page lays them out."""
    found, assessment = told.answers, told.because.assessment
    verbaliser = Verbaliser(found.case, lang)
    norm = assessment.duty.norm
    shown: dict[str, Any] = {
        **assessment_view(assessment, verbaliser=verbaliser),
        "moment": moment_view(found, lang=lang),
        "readingName": verbaliser.reading(assessment.reading),
        "verdict": verbaliser.verdict(assessment),
        "clause": verbaliser.clause(assessment.duty),
        "rule": assessment.rule.iri,
        "facts": [_fact(finding, assessment=assessment, verbaliser=verbaliser) for finding in told.because.findings],
        "aside": list(verbaliser.aside(told.because)),
        "assumptions": [parameter_view(p, verbaliser=verbaliser) for p in told.because.assumptions],
        "unknown": list(verbaliser.unknown(told.because)),
        "changes": [
            {"actions": verbaliser.actions(c, assessment=assessment), "label": c.status.label[lang], "statusIri": c.status.iri}
            for c in told.changes or ()
        ],
        "elsewhere": [_elsewhere(e, than=assessment, verbaliser=verbaliser) for e in told.elsewhere],
        "cues": list(verbaliser.cues(norm)),
        "events": event_views(told.because, found=found, verbaliser=verbaliser),
    }
    if told.rival is not None:
        shown["rival"] = _rival(told.rival, assessment=assessment, verbaliser=verbaliser)
    if told.comparison is not None:
        before = told.comparison.before
        shown["since"] = {
            "day": before.moment.as_of.isoformat(),
            "before": assessment_view(before, verbaliser=verbaliser),
            "sentences": list(verbaliser.comparison(told.comparison)),
        }
    return shown


def _fact(finding: PremiseFinding, *, assessment: Assessment, verbaliser: Verbaliser) -> dict[str, Any]:
    premise = finding.premise
    rows, statements = (disclosed_rows(found, withheld=verbaliser.case.withheld) for found in (finding.rows, finding.statements))
    nodes = dict.fromkeys(t.value for row in rows for t in row.values() if isinstance(t, ox.NamedNode) and t.value in _dated(verbaliser))
    licences = dict.fromkeys(t.value for row in statements for t in row.values() if isinstance(t, ox.NamedNode))
    return {
        "sentence": verbaliser.sentence(finding, assessment=assessment),
        "label": premise.label[verbaliser.lang],
        "premise": premise.iri,
        "present": premise.present,
        "anchor": premise.anchor,
        "convention": premise.convention.get(verbaliser.lang),
        "documents": [{"iri": node, "text": verbaliser.name(node)} for node in nodes],
        "licences": [{"iri": node, "text": verbaliser.name(node)} for node in licences],
        "licence": verbaliser.name(premise.licence) if premise.licence else None,
    }


def _dated(verbaliser: Verbaliser) -> dict[str, date]:
    """The records of the register: what came about, and on which day."""
    return {iri_of(node): day for node, day in verbaliser.case.records.event_days.items()}


def _elsewhere(found: OtherReading, *, than: Assessment, verbaliser: Verbaliser) -> dict[str, Any]:
    return {
        "reading": found.reading.name,
        "label": verbaliser.reading(found.reading.name) if found.reading.name in verbaliser.case.readings else found.reading.name,
        "here": found.reading.name == than.reading,
        "flips": {a.status.iri for a in found.assessments} != {than.status.iri},
        "answers": [assessment_view(a, verbaliser=verbaliser) for a in found.assessments],
    }


def _rival(found: RejectedStatus, *, assessment: Assessment, verbaliser: Verbaliser) -> dict[str, Any]:
    return {
        "statusIri": found.status.iri,
        "label": found.status.label[verbaliser.lang],
        "sentence": verbaliser.why_not(found, assessment=assessment),
        "attempts": [
            {
                "rule": attempt.rule.iri,
                "premises": [
                    {"label": f.premise.label[verbaliser.lang], "holds": f.holds, "anchor": f.premise.anchor} for f in attempt.findings
                ],
            }
            for attempt in found.attempts
        ],
    }


def event_views(because: Reasons, *, found: AssessmentSet, verbaliser: Verbaliser) -> list[dict[str, Any]]:
    """The days that matter to an answer, in their order: `kind` is window, record, complete or today; a window has two days."""
    duty, at = because.assessment.duty, because.assessment.moment
    marks: list[dict[str, Any]] = [{"kind": "today", "first": at.as_of.isoformat(), "last": at.as_of.isoformat(), "text": ""}]
    if duty.closes is not None:
        marks.append({"kind": "window", "first": (duty.opens or duty.closes).isoformat(), "last": duty.closes.isoformat(), "text": ""})
    came = _dated(verbaliser)
    for node in sorted(because.documents | {node for node in (duty.occasion, duty.opened_by) if node}):
        if node in came and node not in verbaliser.case.withheld:
            day = came[node].isoformat()
            marks.append({"kind": "record", "first": day, "last": day, "text": verbaliser.name(node), "iri": node})
    for row in found.derivation.covering(duty):
        until, node = (iri_of(str(row[name])) for name in ("until", "statement"))
        marks.append({"kind": "complete", "first": until, "last": until, "text": verbaliser.name(node), "iri": node})
    unique = {(m["kind"], m["first"], m["text"]): m for m in marks}
    ordered = sorted(unique.values(), key=lambda mark: (mark["first"], mark["kind"], mark["text"]))
    return [
        {**mark, "firstText": format_day(mark["first"], verbaliser.lang), "lastText": format_day(mark["last"], verbaliser.lang)}
        for mark in ordered
    ]


def history_span_view(found: HistorySpan, *, verbaliser: Verbaliser) -> dict[str, Any]:
    """Days on which one answer held."""
    return {
        "from": found.first.isoformat(),
        "until": found.last.isoformat(),
        "fromText": format_day(found.first.isoformat(), verbaliser.lang),
        "untilText": format_day(found.last.isoformat(), verbaliser.lang),
        **assessment_view(found.assessment, verbaliser=verbaliser),
    }


def contrast_views(found: Iterable[DutyContrast], *, before: Verbaliser, after: Verbaliser) -> list[dict[str, Any]]:
    """What differs, each side as lines of a table."""
    return [
        {"before": assessment_views(one.before, verbaliser=before), "after": assessment_views(one.after, verbaliser=after)} for one in found
    ]


def assessment_views(assessments: Sequence[Assessment], *, verbaliser: Verbaliser) -> list[dict[str, Any]]:
    """The answers as lines of a table."""
    return [assessment_view(assessment, verbaliser=verbaliser) for assessment in assessments]
