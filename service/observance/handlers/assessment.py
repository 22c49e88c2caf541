"""Assessment: a hostile reading or document costs one worker process, never the service.

The answers are JSON, Turtle, or what a page is made from. A document that is supposed received, or a reading of the sender's own, is
stored nowhere.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.structs import replace

from observance.assessment import (
    Assessment,
    AssessmentInputs,
    AssessmentSet,
    Verbaliser,
    assess,
    assessment_to_json,
    assessment_view,
    assessment_views,
    contrast_assessments,
    contrast_views,
    duty_history,
    duty_view,
    explain_assessment,
    history_span_view,
    moment_view,
    parse_moment,
    reading_view,
    status_counts,
    with_supposed_document,
)
from observance.core import NotFoundError, SerializedAnswer, local_name
from observance.handlers.requests import (
    EVERY_READING,
    DutiesRequest,
    DutyRequest,
    HistoryRequest,
    OwnReadingRequest,
    ReadingsRequest,
    WhatIfRequest,
)
from observance.handlers.table import HandlerContext, json_answer, turtle_answer
from observance.knowledge import KnowledgeLookup
from oxishacl import Source


def duties(request: DutiesRequest, context: HandlerContext) -> SerializedAnswer:
    """Return where the duties stand, under one reading or under every one."""
    every = _under_each_reading(request, context)
    chosen = [(found, _select(found, request, context)) for found in every]
    if request.format == "turtle":
        return turtle_answer("\n".join(found.as_turtle(selected) for found, selected in chosen))
    verbalisers = [(Verbaliser(found.inputs, request.lang), selected) for found, selected in chosen]
    if request.format == "json":
        return json_answer([assessment_to_json(a, verbaliser=verbaliser) for verbaliser, selected in verbalisers for a in selected])
    first = every[0]
    return json_answer({
        "moment": moment_view(first, lang=request.lang),
        "reading": None if request.reading == EVERY_READING else first.derivation.reading.name,
        "rows": [row for verbaliser, selected in verbalisers for row in assessment_views(selected, verbaliser=verbaliser)],
        "counts": [{"reading": f.derivation.reading.name, **status_counts(_with_bearer(selected))} for f, selected in chosen],
        **_form_choices(first.inputs, lang=request.lang),
    })  # fmt: skip


def duty(request: DutyRequest, context: HandlerContext) -> SerializedAnswer:
    """Return one duty with its five answers."""
    found = context.assessments(request)
    since, _ = parse_moment(request.since, None, names=("since", ""))
    explained = explain_assessment(found.find(request.duty), assessment_set=found, status=request.why_not, since=since)
    if request.format == "turtle":
        return turtle_answer(explained.as_turtle())
    if request.format == "json":
        return json_answer(explained.as_object(request.lang))
    return json_answer({"duty": duty_view(explained, lang=request.lang), **_form_choices(found.inputs, lang=request.lang)})


def history(request: HistoryRequest, context: HandlerContext) -> SerializedAnswer:
    """Return where one duty stood from day to day."""
    found = context.assessments(request)
    assessment = found.find(request.duty)
    verbaliser = Verbaliser(found.inputs, request.lang)
    spans = duty_history(assessment, inputs=found.inputs, derivation=found.derivation)
    if request.format == "json":
        return json_answer([
            {"from": s.first.isoformat(), "until": s.last.isoformat(), **assessment_to_json(s.assessment, verbaliser=verbaliser)}
            for s in spans
        ])  # fmt: skip
    return json_answer({
        "duty": assessment_view(assessment, verbaliser=verbaliser),
        "verdict": verbaliser.verdict(assessment),
        "readingName": verbaliser.reading(assessment.reading),
        "moment": moment_view(found, lang=request.lang),
        "spans": [history_span_view(s, verbaliser=verbaliser) for s in spans],
    })  # fmt: skip


def readings(request: ReadingsRequest, context: HandlerContext) -> SerializedAnswer:
    """Return the readings with their parameters."""
    inputs = context.kb.assessment.inputs
    verbaliser = Verbaliser(inputs, request.lang)
    return json_answer([reading_view(reading, verbaliser=verbaliser) for reading in inputs.readings.values()])


def own_reading(request: OwnReadingRequest, context: HandlerContext) -> SerializedAnswer:
    """Return what a reading of the sender's own changes, beside the one that `reading` names."""
    before = context.assessments(request)
    day, time = parse_moment(request.as_of, request.known_at, names=("asOf", "knownAt"))
    own = context.kb.assessment.parse(Source(request.name, request.content, request.media_type))
    after = assess(context.kb.assessment.inputs, as_of=day, known_at=time, reading=request.name, custom_reading=own)
    return _comparison(before, after, request, context)


def what_if(request: WhatIfRequest, context: HandlerContext) -> SerializedAnswer:
    """Return what would change if a document were in the register."""
    before = context.assessments(request)
    at = before.derivation.moment
    document = context.kb.assessment.parse(Source(request.name, request.content, request.media_type))
    supposed = with_supposed_document(document, inputs=context.kb.assessment.inputs, as_of=at.as_of, known_at=at.known_at)
    after = assess(supposed, as_of=at.as_of, known_at=at.known_at, reading=request.reading)
    return _comparison(before, after, request, context)


def _under_each_reading(request: DutiesRequest, context: HandlerContext) -> list[AssessmentSet]:
    if request.reading != EVERY_READING:
        return [context.assessments(request)]
    return [context.assessments(replace(request, reading=name)) for name in context.kb.assessment.readings]


def _select(found: AssessmentSet, request: DutiesRequest, context: HandlerContext) -> tuple[Assessment, ...]:
    return select_assessments(found, members=request.members, paragraphs=request.paragraphs, lookup=context.kb.lookup)


def _comparison(before: AssessmentSet, after: AssessmentSet, request: DutiesRequest, context: HandlerContext) -> SerializedAnswer:
    lang = request.lang
    one, other = Verbaliser(before.inputs, lang), Verbaliser(after.inputs, lang)
    contrasts = contrast_assessments(_select(before, request, context), _select(after, request, context))
    if request.format == "json":
        return json_answer([
            {
                "before": [assessment_to_json(a, verbaliser=one) for a in each.before],
                "after": [assessment_to_json(a, verbaliser=other) for a in each.after],
            }
            for each in contrasts
        ])  # fmt: skip
    return json_answer({
        "moment": moment_view(before, lang=lang),
        "before": reading_view(before.derivation.reading, verbaliser=one),
        "after": reading_view(after.derivation.reading, verbaliser=other),
        "changed": contrast_views(contrasts, before=one, after=other),
        "counts": [status_counts(_with_bearer(side.assessments)) for side in (before, after)],
    })  # fmt: skip


def _form_choices(case: AssessmentInputs, *, lang: str) -> dict[str, Any]:
    """What a form may offer: the readings and the bearers."""
    verbaliser = Verbaliser(case, lang)
    named = sorted((local_name(iri), verbaliser.name(iri)) for iri in _bearers(case))
    return {
        "readings": [{"name": name, "label": verbaliser.reading(name)} for name in case.readings],
        "bearers": [{"code": code, "name": name} for code, name in named],
    }


def _bearers(case: AssessmentInputs) -> Iterable[str]:
    return dict.fromkeys(b for norm in case.norms for b in norm.bearers if b)


def _with_bearer(assessments: Iterable[Assessment]) -> list[Assessment]:
    """The answers about someone: what is announced of nobody is counted for no one."""
    return [assessment for assessment in assessments if assessment.duty.bearer is not None]


def select_assessments(
    found: AssessmentSet, *, members: Sequence[str], paragraphs: Sequence[str], lookup: KnowledgeLookup
) -> tuple[Assessment, ...]:
    """The answers about the Members and under the paragraphs named, all where none is; NotFoundError for one that does not exist."""
    bearers: list[str | None] = [resolve_bearer(member, case=found.inputs, lookup=lookup) for member in members]
    numbers: list[str | None] = [lookup.paragraph(number) for number in paragraphs]
    chosen = {a.duty.iri for one in bearers or [None] for number in numbers or [None] for a in found.select(one, paragraph=number)}
    return tuple(a for a in found.assessments if a.duty.iri in chosen)


def resolve_bearer(member: str, *, case: AssessmentInputs, lookup: KnowledgeLookup) -> str:
    """The IRI of a bearer by its code or IRI; NotFoundError when no party has it or the register does not declare the party."""
    bearers = list(_bearers(case))
    own = next((iri for iri in bearers if member in (iri, local_name(iri))), None)
    if own is not None:
        return own
    party = lookup.party(member)
    if party not in bearers:
        raise NotFoundError("assessment.not-declared", member=member, known=", ".join(local_name(iri) for iri in bearers))
    return party
