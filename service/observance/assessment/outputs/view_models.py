"""View models of assessments for pages in one language, singly and as tables; `serialisation` serves programs."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import pyoxigraph as ox
from msgspec import Struct

from observance.assessment.duties import DUTIES
from observance.assessment.explanation.differences import DutyContrast, HistorySpan
from observance.assessment.explanation.reasons import OtherReading, Reasons, RejectedStatus, differs
from observance.assessment.explanation.verbalise import Verbaliser
from observance.assessment.model import Assessment, PremiseFinding, Reading, ReadingParameter
from observance.assessment.outputs import serialisation
from observance.assessment.service import AssessmentSet, ExplainedAssessment
from observance.core import calendar, compact, format_day, format_time, local_name
from observance.rdf import Row, iri_of
from observance.register import disclosed_rows

AssessmentRow = Mapping[str, Any]
"""An assessment as `assessment_view` gives it."""


class Matrix(Struct, frozen=True):
    """A table of bearers by norms: each row has a code, a name and, for each norm, a cell with any number of assessments."""

    norms: tuple[Mapping[str, str], ...]
    rows: tuple[tuple[str, str, tuple[tuple[AssessmentRow, ...], ...]], ...]


class ReadingComparison(Struct, frozen=True):
    """The statuses of one bearer under one norm: for each reading a cell with assessments of different status and their numbers.

    `first` is the first assessment, `flips` says whether the statuses depend on the reading.
    """

    first: AssessmentRow
    cells: tuple[tuple[tuple[AssessmentRow, int], ...], ...]
    flips: bool


def status_matrices(rows: Sequence[AssessmentRow], *, norms: Sequence[Mapping[str, str]]) -> tuple[Matrix, ...]:
    """The assessments as matrices, one for all bearers that have duties under the same norms, the matrix with most norms first."""
    norms_by_bearer = {code: frozenset(row["norm"] for row in group) for (code,), group in _group_by(rows, "code").items()}
    norm_sets = sorted(set(norms_by_bearer.values()), key=len, reverse=True)
    return tuple(status_matrix([row for row in rows if norms_by_bearer[row["code"]] == norm_set], norms=norms) for norm_set in norm_sets)


def status_matrix(rows: Sequence[AssessmentRow], *, norms: Iterable[Mapping[str, str]]) -> Matrix:
    """The assessments as one matrix, with the bearers in their order and the norms under which any of them has a duty."""
    row_by_norm = {row["norm"]: row for row in rows}
    columns = tuple(
        {**norm, "deed": row_by_norm[norm["norm"]]["deed"], "number": row_by_norm[norm["norm"]]["paragraph"]}
        for norm in norms
        if norm["norm"] in row_by_norm
    )
    bearers = dict.fromkeys((row["code"], row["bearerName"]) for row in rows)
    cells = _group_by(rows, "code", "norm")
    matrix_rows = tuple((code, name, tuple(tuple(cells.get((code, norm["norm"]), ())) for norm in columns)) for code, name in bearers)
    return Matrix(columns, matrix_rows)


def compare_readings(rows: Sequence[AssessmentRow], *, readings: Sequence[Mapping[str, str]]) -> tuple[ReadingComparison, ...]:
    """The statuses by bearer and norm with the readings side by side, those first that depend on the reading."""
    comparisons = []
    for group in _group_by(rows, "code", "norm").values():
        rows_by_reading = _group_by(group, "reading")
        cells = tuple(count_by_status(rows_by_reading.get((reading["name"],), ())) for reading in readings)
        statuses = {frozenset(row["statusIri"] for row, _ in cell) for cell in cells}
        comparisons.append(ReadingComparison(group[0], cells, len(statuses) > 1))
    return tuple(sorted(comparisons, key=lambda comparison: not comparison.flips))


def count_by_status(rows: Iterable[AssessmentRow]) -> tuple[tuple[AssessmentRow, int], ...]:
    """The first assessment with each status, and the number of assessments with it."""
    return tuple((group[0], len(group)) for group in _group_by(rows, "statusIri").values())


def group_by_occasion(rows: Sequence[AssessmentRow]) -> tuple[tuple[AssessmentRow, tuple[AssessmentRow, ...]], ...]:
    """The assessments of announced proceedings by occasion and reading: the first of each group, and the whole group."""
    return tuple((group[0], tuple(group)) for group in _group_by(rows, "occasion", "reading").values())


def _group_by(rows: Iterable[AssessmentRow], *names: str) -> dict[tuple[Any, ...], list[AssessmentRow]]:
    groups: dict[tuple[Any, ...], list[AssessmentRow]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in names), []).append(row)
    return groups


def moment_view(assessment_set: AssessmentSet, *, lang: str) -> dict[str, Any]:
    """The moment of the assessments, also in words, and the warning that the register has faults; empty if it has none."""
    at = assessment_set.moment
    as_of, known_at = at.as_of.isoformat(), calendar.format_time(at.known_at)
    return {
        "asOf": as_of,
        "knownAt": known_at,
        "asOfText": format_day(as_of, lang),
        "knownAtText": format_time(known_at, lang),
        "warning": assessment_set.inputs.warning.get(lang, ""),
    }


def assessment_view(assessment: Assessment, *, verbaliser: Verbaliser) -> dict[str, Any]:
    """The assessment as a JSON object, with the names of nodes."""
    duty = assessment.duty
    return {
        **serialisation.assessment_to_json(assessment, verbaliser=verbaliser),
        "name": duty.iri.removeprefix(DUTIES),
        "code": local_name(duty.bearer) if duty.bearer else "",
        "bearerName": verbaliser.name(duty.bearer) if duty.bearer else "",
        "occasionName": verbaliser.name(duty.occasion) if duty.occasion else "",
        "deed": verbaliser.norm_label(duty.norm),
        "statusIri": assessment.status.iri,
        "label": assessment.status.label[verbaliser.lang],
        "tally": assessment.status.tally,
        "closesText": format_day(duty.closes.isoformat(), verbaliser.lang) if duty.closes else "",
    }


def reading_view(reading: Reading, *, verbaliser: Verbaliser) -> dict[str, Any]:
    """A reading with its parameters, those that it shares with the default reading last."""
    default = next(iter(verbaliser.inputs.readings.values()))
    shared = {p.iri for p in default.parameters} if default.iri != reading.iri else set()
    return {
        "name": reading.name,
        "iri": reading.iri,
        "label": verbaliser.reading(reading.name),
        "parameters": [
            {**parameter_view(p, verbaliser=verbaliser), "shared": p.iri in shared}
            for p in sorted(reading.parameters, key=lambda p: p.iri in shared)
        ],
    }


def parameter_view(parameter: ReadingParameter, *, verbaliser: Verbaliser) -> dict[str, Any]:
    """A parameter as a JSON object, with the names of nodes."""
    value = verbaliser.duration(parameter) or next((verbaliser.name(iri) for iri in (parameter.chosen, parameter.cycle) if iri), "")
    grounds = ", ".join(verbaliser.name(ground) for ground in sorted(parameter.admits))
    text = parameter.label.get(verbaliser.lang, compact(parameter.iri)) if parameter.label else verbaliser.name(parameter.iri)
    return {
        **serialisation.parameter_to_json(parameter, verbaliser=verbaliser),
        "text": text,
        "kind": verbaliser.name(parameter.kind),
        "about": verbaliser.paragraph(parameter.norm) if parameter.norm else "",
        "valueText": value or grounds,
        "from": verbaliser.name(parameter.window_from) if parameter.window_from else "",
        "throughText": format_day(parameter.valid[1].isoformat(), verbaliser.lang) if parameter.valid[1] != calendar.LATEST else "",
        "sourceText": verbaliser.source(parameter),
        "provenance": verbaliser.provenance(parameter),
    }


def duty_view(explained: ExplainedAssessment, *, lang: str) -> dict[str, Any]:
    """The explanation of one duty's status, in the parts of the page about it."""
    assessment_set, reasons = explained.assessment_set, explained.reasons
    assessment = reasons.assessment
    verbaliser = Verbaliser(assessment_set.inputs, lang)
    view: dict[str, Any] = {
        **assessment_view(assessment, verbaliser=verbaliser),
        "moment": moment_view(assessment_set, lang=lang),
        "readingName": verbaliser.reading(assessment.reading),
        "verdict": verbaliser.verdict(assessment),
        "clause": verbaliser.clause(assessment.duty),
        "rule": assessment.rule.iri,
        "facts": [_finding_view(finding, assessment=assessment, verbaliser=verbaliser) for finding in reasons.findings],
        "aside": list(verbaliser.notes(reasons)),
        "assumptions": [parameter_view(p, verbaliser=verbaliser) for p in reasons.assumptions],
        "choices": [verbaliser.parameter(p) for p in reasons.parameters if not p.assumed],
        "unknown": list(verbaliser.unknowns(reasons)),
        "changes": [
            {"actions": verbaliser.actions(c, assessment=assessment), "label": c.status.label[lang], "statusIri": c.status.iri}
            for c in explained.changes or ()
        ],
        "elsewhere": [_other_reading_view(other, than=assessment, verbaliser=verbaliser) for other in explained.other_readings],
        "cues": list(verbaliser.cues(assessment.duty.norm)),
        "events": event_views(reasons, assessment_set=assessment_set, verbaliser=verbaliser),
    }
    if explained.rejected is not None:
        view["rival"] = _rejected_status_view(explained.rejected, assessment=assessment, verbaliser=verbaliser)
    if explained.comparison is not None:
        before = explained.comparison.before
        view["since"] = {
            "day": before.moment.as_of.isoformat(),
            "before": assessment_view(before, verbaliser=verbaliser),
            "sentences": list(verbaliser.comparison(explained.comparison)),
        }
    return view


def _finding_view(finding: PremiseFinding, *, assessment: Assessment, verbaliser: Verbaliser) -> dict[str, Any]:
    premise = finding.premise
    rows, statements = (disclosed_rows(rows, withheld=verbaliser.inputs.withheld) for rows in (finding.rows, finding.statements))
    dated_records = _dated_records(verbaliser)
    return {
        "sentence": verbaliser.sentence(finding, assessment=assessment),
        "label": premise.label[verbaliser.lang],
        "premise": premise.iri,
        "present": premise.present,
        "anchor": premise.anchor,
        "convention": premise.convention.get(verbaliser.lang),
        "documents": [{"iri": iri, "text": verbaliser.name(iri)} for iri in _iris(rows) if iri in dated_records],
        "licences": [{"iri": iri, "text": verbaliser.name(iri)} for iri in _iris(statements)],
        "licence": verbaliser.name(premise.licence) if premise.licence else None,
    }


def _iris(rows: Iterable[Row]) -> tuple[str, ...]:
    """The distinct IRIs in the rows, in order of first occurrence."""
    return tuple(dict.fromkeys(term.value for row in rows for term in row.values() if isinstance(term, ox.NamedNode)))


def _dated_records(verbaliser: Verbaliser) -> dict[str, date]:
    """The day on which each record of the register came about, by IRI."""
    return {iri_of(node): day for node, day in verbaliser.inputs.records.event_days.items()}


def _other_reading_view(other: OtherReading, *, than: Assessment, verbaliser: Verbaliser) -> dict[str, Any]:
    name = other.reading.name
    return {
        "reading": name,
        "label": verbaliser.reading(name) if name in verbaliser.inputs.readings else name,
        "here": name == than.reading,
        "flips": differs(other, than=than.status.iri),
        "answers": [assessment_view(a, verbaliser=verbaliser) for a in other.assessments],
    }


def _rejected_status_view(rejected: RejectedStatus, *, assessment: Assessment, verbaliser: Verbaliser) -> dict[str, Any]:
    return {
        "statusIri": rejected.status.iri,
        "label": rejected.status.label[verbaliser.lang],
        "sentence": verbaliser.why_not(rejected, assessment=assessment),
        "attempts": [
            {
                "rule": attempt.rule.iri,
                "premises": [
                    {"label": f.premise.label[verbaliser.lang], "holds": f.holds, "anchor": f.premise.anchor} for f in attempt.findings
                ],
            }
            for attempt in rejected.attempts
        ],
    }


def event_views(reasons: Reasons, *, assessment_set: AssessmentSet, verbaliser: Verbaliser) -> list[dict[str, Any]]:
    """The events of a duty's time line, in order, each with its first and last day.

    `kind` is `window`, `record`, `complete` (the end of a completeness statement) or `today` (the day of the assessment).
    """
    duty, at = reasons.assessment.duty, reasons.assessment.moment
    events: list[dict[str, Any]] = [{"kind": "today", "first": at.as_of.isoformat(), "last": at.as_of.isoformat(), "text": ""}]
    if duty.closes is not None:
        events.append({"kind": "window", "first": (duty.opens or duty.closes).isoformat(), "last": duty.closes.isoformat(), "text": ""})
    days = _dated_records(verbaliser)
    for iri in sorted(reasons.documents | {iri for iri in (duty.occasion, duty.opened_by) if iri}):
        if iri in days and iri not in verbaliser.inputs.withheld:
            day = days[iri].isoformat()
            events.append({"kind": "record", "first": day, "last": day, "text": verbaliser.name(iri), "iri": iri})
    for row in assessment_set.derivation.completeness_statements(duty):
        until, iri = (iri_of(str(row[name])) for name in ("until", "statement"))
        events.append({"kind": "complete", "first": until, "last": until, "text": verbaliser.name(iri), "iri": iri})
    distinct = {(event["kind"], event["first"], event["text"]): event for event in events}
    ordered = sorted(distinct.values(), key=lambda event: (event["first"], event["kind"], event["text"]))
    return [
        {**event, "firstText": format_day(event["first"], verbaliser.lang), "lastText": format_day(event["last"], verbaliser.lang)}
        for event in ordered
    ]


def history_span_view(span: HistorySpan, *, verbaliser: Verbaliser) -> dict[str, Any]:
    """A period of a duty's history with its first and last day, and the assessment."""
    return {
        "from": span.first.isoformat(),
        "until": span.last.isoformat(),
        "fromText": format_day(span.first.isoformat(), verbaliser.lang),
        "untilText": format_day(span.last.isoformat(), verbaliser.lang),
        **assessment_view(span.assessment, verbaliser=verbaliser),
    }


def contrast_views(contrasts: Iterable[DutyContrast], *, before: Verbaliser, after: Verbaliser) -> list[dict[str, Any]]:
    """The contrasts, each with its assessments before and after."""
    return [
        {
            "before": assessment_views(contrast.before, verbaliser=before),
            "after": assessment_views(contrast.after, verbaliser=after),
        }
        for contrast in contrasts
    ]


def assessment_views(assessments: Sequence[Assessment], *, verbaliser: Verbaliser) -> list[dict[str, Any]]:
    """The view of each assessment."""
    return [assessment_view(assessment, verbaliser=verbaliser) for assessment in assessments]
