"""The handlers for assessments: a hostile reading or document can end its worker process, but not the service.

The answers are JSON, Turtle, or the data of a page. A hypothetical document and a custom reading are not stored.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, Final

from msgspec.structs import replace

from observance.assessment import (
    Assessment,
    AssessmentInputs,
    AssessmentSet,
    Verbaliser,
    assess,
    assessment_to_json,
    assessment_view,
    contrast_assessments,
    contrast_views,
    duty_history,
    duty_view,
    explain_assessment,
    find_reasons,
    history_span_view,
    moment_view,
    parse_moment,
    reading_view,
    revised_submissions,
    status_counts,
    with_supposed_document,
)
from observance.core import LANGUAGES, NotFoundError, SerializedAnswer, collation_key, local_name, translate
from observance.handlers.duty_selection import ORDERS, DutySelection
from observance.handlers.held_meetings import held_meetings, meeting_views
from observance.handlers.paging import page_of
from observance.handlers.requests import (
    EVERY_READING,
    CustomReadingRequest,
    DocumentUseRequest,
    DutiesRequest,
    DutyRequest,
    HistoryRequest,
    ReadingsRequest,
    WhatIfRequest,
)
from observance.handlers.table import HandlerContext, json_answer, turtle_answer
from observance.knowledge import KnowledgeLookup
from oxishacl import Source

_BEARERS_ON_A_PAGE: Final = 40
_BEARERS_SIDE_BY_SIDE: Final = 10
"""On a page with all readings, which says several times as much of each."""
_FEWEST_COUNTED: Final = 5
"""Of fewer parties no counts are told alone, because they would tell of one of them."""


def duties(request: DutiesRequest, context: HandlerContext) -> SerializedAnswer:
    """Return the statuses of the duties, under one reading or under all."""
    assessment_sets = _assessment_sets(request, context)
    chosen = DutySelection(request, assessment_sets, context)
    everything = [_select(assessment_set, request, context) for assessment_set in assessment_sets]
    counts = [
        {"reading": s.reading.name, **status_counts(_borne_assessments(selected))}
        for s, selected in zip(assessment_sets, everything, strict=True)
    ]
    if request.has_counts_alone:
        counts = counts if len(_bearers_of(a for selected in everything for a in selected)) >= _FEWEST_COUNTED else []
        if request.format != "html":
            return context.json_answer({"counts": counts})
        everything = [() for _ in everything]
    selections = [chosen.select(selected) for selected in everything]
    if request.format == "turtle":
        return turtle_answer("\n".join(s.as_turtle(selected) for s, selected in zip(assessment_sets, selections, strict=True)))
    verbalisers = [Verbaliser(assessment_set.inputs, request.lang) for assessment_set in assessment_sets]
    if request.format == "json":
        found = [assessment_to_json(a, verbaliser=v) for v, selected in zip(verbalisers, selections, strict=True) for a in selected]
        return context.json_answer({"duties": found})
    return context.json_answer(_duties_view(chosen, everything, selections, verbalisers) | {"counts": counts})


def _duties_view(
    chosen: DutySelection,
    everything: Sequence[Sequence[Assessment]],
    selections: Sequence[Sequence[Assessment]],
    verbalisers: Sequence[Verbaliser],
) -> dict[str, Any]:
    """The data of the page: of the parties on it, all items under the paragraphs asked for, of which those `chosen` are asked for."""
    request, first_set, verbaliser = chosen.request, chosen.assessment_sets[0], verbalisers[0]
    bearers = chosen.bearers((a for selected in selections for a in selected), verbaliser=verbaliser)
    size = _BEARERS_SIDE_BY_SIDE if request.reading == EVERY_READING else _BEARERS_ON_A_PAGE
    on_page, page = page_of(bearers, request.page, size=size)
    places = {bearer: place for place, bearer in enumerate(on_page)}
    asked = {a.iri for selected in selections for a in selected}
    rows = [
        {**row, "chosen": a.iri in asked, "region": chosen.region_name(a.duty.bearer, verbaliser=verbaliser) if a.duty.bearer else ""}
        for selected, own in zip(everything, verbalisers, strict=True)
        for a, row in ((a, assessment_view(a, verbaliser=own)) for a in selected if a.duty.bearer is None or a.duty.bearer in places)
    ]
    return {
        "countsAlone": request.has_counts_alone,
        "page": page,
        "moment": moment_view(first_set, lang=request.lang),
        "reading": None if request.reading == EVERY_READING else first_set.reading.name,
        "notices": list(verbaliser.notices([chosen.context.kb.lookup.paragraph(name) for name in request.paragraphs])),
        "rows": sorted(rows, key=lambda row: places.get(row["bearer"], -1)),
        "regions": chosen.region_choices(chain.from_iterable(everything), verbaliser=verbaliser),
        "orders": ORDERS,
        **form_choices(first_set.inputs, lang=request.lang),
    }


def duty(request: DutyRequest, context: HandlerContext) -> SerializedAnswer:
    """Return one duty with its explanation: reasons, readings, changes, why not, differences since a day."""
    assessment_set = context.assessments(request)
    since, _ = parse_moment(request.since, None, names=("since", ""))
    explanation = explain_assessment(assessment_set.find(request.duty), assessment_set=assessment_set, status=request.why_not, since=since)
    if request.format == "turtle":
        return turtle_answer(explanation.as_turtle())
    if request.format == "json":
        return context.json_answer(explanation.as_object(request.lang))
    return context.json_answer(
        {
            "duty": duty_view(explanation, lang=request.lang),
            "titles": _titles("exports.title-duty", explanation.reasons.assessment, assessment_set.inputs),
            **form_choices(assessment_set.inputs, lang=request.lang),
        }
    )


def document_use(request: DocumentUseRequest, context: HandlerContext) -> SerializedAnswer:
    """Return the verdict on the document, and the assessments that rest on it: none of what the reader may not be told."""
    inputs = context.inputs(request)
    if request.document in inputs.withheld:
        return context.json_answer({"verdict": [], "items": []})
    verdicts = inputs.opened_verdicts
    found = verdicts.about(request.document) if verdicts is not None else ()
    verdict = [
        {"verdict": finding.verdict, "text": dict(finding.label).get(request.lang, ""), "isOfRecord": finding.is_of_record}
        for finding in found
    ]
    items: list[dict[str, Any]] = []
    if not request.has_counts_alone:
        assessment_set = context.assessments(request)
        verbaliser = Verbaliser(assessment_set.inputs, request.lang)
        derivation = assessment_set.derivation
        items = [
            assessment_view(assessment, verbaliser=verbaliser)
            for assessment in _select(assessment_set, request, context)
            if request.document in find_reasons(assessment, derivation=derivation).documents
        ]
    return context.json_answer({"verdict": verdict, "items": items})


def history(request: HistoryRequest, context: HandlerContext) -> SerializedAnswer:
    """Return the statuses of one duty over time."""
    assessment_set = context.assessments(request)
    assessment = assessment_set.find(request.duty)
    verbaliser = Verbaliser(assessment_set.inputs, request.lang)
    spans = duty_history(assessment, inputs=assessment_set.inputs, derivation=assessment_set.derivation)
    if request.format == "json":
        history = [
            {"from": span.first.isoformat(), "until": span.last.isoformat(), **assessment_to_json(span.assessment, verbaliser=verbaliser)}
            for span in spans
        ]
        return context.json_answer({"history": history})
    return context.json_answer({
        "duty": assessment_view(assessment, verbaliser=verbaliser),
        "titles": _titles("exports.title-history-of", assessment, assessment_set.inputs),
        "verdict": verbaliser.verdict(assessment),
        "readingName": verbaliser.reading(assessment.reading),
        "moment": moment_view(assessment_set, lang=request.lang),
        "spans": [history_span_view(span, verbaliser=verbaliser) for span in spans],
        "meetings": meeting_views(held_meetings(assessment_set, context), verbaliser=verbaliser),
    })  # fmt: skip


def _titles(key: str, assessment: Assessment, inputs: AssessmentInputs) -> dict[str, str]:
    """The title of a page about one duty in each language: a message with name and paragraph."""
    duty = assessment.duty
    verbalisers = {lang: Verbaliser(inputs, lang) for lang in LANGUAGES}
    return {
        lang: translate(key, lang, name=each.name(duty.bearer or duty.occasion or ""), paragraph=each.paragraph(duty.norm))
        for lang, each in verbalisers.items()
    }


def readings(request: ReadingsRequest, context: HandlerContext) -> SerializedAnswer:
    """Return the readings with their parameters."""
    inputs = context.kb.assessment.inputs
    verbaliser = Verbaliser(inputs, request.lang)
    return json_answer([reading_view(reading, verbaliser=verbaliser) for reading in inputs.readings.values()])


def custom_reading(request: CustomReadingRequest, context: HandlerContext) -> SerializedAnswer:
    """Return the differences between the custom reading in the request and the one that `reading` names."""
    before = context.assessments(request)
    day, time = parse_moment(request.as_of, request.known_at, names=("asOf", "knownAt"))
    quads = context.kb.assessment.parse(Source(request.name, request.content, request.media_type))
    after = assess(context.inputs(request), as_of=day, known_at=time, reading=request.name, custom_reading=quads)
    return _comparison(before, after, request, context)


def what_if(request: WhatIfRequest, context: HandlerContext) -> SerializedAnswer:
    """Return the differences if the document in the request were in the register."""
    before = context.assessments(request)
    at = before.moment
    document = context.kb.assessment.parse(Source(request.name, request.content, request.media_type))
    inputs = context.inputs(request)
    supposed = with_supposed_document(document, inputs=inputs, as_of=at.as_of, known_at=at.known_at)
    after = assess(supposed, as_of=at.as_of, known_at=at.known_at, reading=request.reading)
    return _comparison(before, after, request, context, revised=revised_submissions(document, inputs=inputs))


def _assessment_sets(request: DutiesRequest, context: HandlerContext) -> list[AssessmentSet]:
    if request.reading != EVERY_READING:
        return [context.assessments(request)]
    return [context.assessments(replace(request, reading=name)) for name in context.kb.assessment.readings]


def _select(assessment_set: AssessmentSet, request: DutiesRequest, context: HandlerContext) -> tuple[Assessment, ...]:
    return select_assessments(assessment_set, members=request.members, paragraphs=request.paragraphs, lookup=context.kb.lookup)


def _comparison(
    before: AssessmentSet, after: AssessmentSet, request: DutiesRequest, context: HandlerContext, *, revised: Sequence[str] = ()
) -> SerializedAnswer:
    lang = request.lang
    verbaliser_before, verbaliser_after = Verbaliser(before.inputs, lang), Verbaliser(after.inputs, lang)
    contrasts = contrast_assessments(_select(before, request, context), _select(after, request, context))
    if request.format == "json":
        differences = [
            {
                "before": [assessment_to_json(a, verbaliser=verbaliser_before) for a in contrast.before],
                "after": [assessment_to_json(a, verbaliser=verbaliser_after) for a in contrast.after],
            }
            for contrast in contrasts
        ]
        return context.json_answer({"differences": differences, **({"revises": list(revised)} if revised else {})})
    return context.json_answer({
        "moment": moment_view(before, lang=lang),
        "before": reading_view(before.reading, verbaliser=verbaliser_before),
        "after": reading_view(after.reading, verbaliser=verbaliser_after),
        "changed": contrast_views(contrasts, before=verbaliser_before, after=verbaliser_after),
        "counts": [status_counts(_borne_assessments(side.assessments)) for side in (before, after)],
        "revises": [verbaliser_after.name(iri) for iri in revised],
    })  # fmt: skip


def form_choices(inputs: AssessmentInputs, *, lang: str) -> dict[str, Any]:
    """The choices of a form: readings and bearers, with their names in the language."""
    verbaliser = Verbaliser(inputs, lang)
    bearers = sorted(((local_name(iri), verbaliser.name(iri)) for iri in _bearers(inputs)), key=lambda bearer: collation_key(bearer[1]))
    return {
        "readings": [{"name": name, "label": verbaliser.reading(name)} for name in inputs.readings],
        "bearers": [{"code": code, "name": name} for code, name in bearers],
    }


def _bearers(inputs: AssessmentInputs) -> Iterable[str]:
    return dict.fromkeys(bearer for norm in inputs.norms for bearer in norm.bearers if bearer)


def _bearers_of(assessments: Iterable[Assessment]) -> list[str]:
    """The bearers of the assessments, in their order."""
    return [bearer for bearer in dict.fromkeys(assessment.duty.bearer for assessment in assessments) if bearer is not None]


def _borne_assessments(assessments: Iterable[Assessment]) -> list[Assessment]:
    """The assessments of duties with a bearer: what the text announces of nobody is not counted."""
    return [assessment for assessment in assessments if assessment.duty.bearer is not None]


def select_assessments(
    assessment_set: AssessmentSet, *, members: Sequence[str], paragraphs: Sequence[str], lookup: KnowledgeLookup
) -> tuple[Assessment, ...]:
    """The assessments of these Members under these paragraphs, all if empty; raises NotFoundError for an unknown one."""
    bearers: list[str | None] = [resolve_bearer(member, inputs=assessment_set.inputs, lookup=lookup) for member in members]
    numbers: list[str | None] = [lookup.paragraph(number) for number in paragraphs]
    duties = {
        a.duty.iri for bearer in bearers or [None] for number in numbers or [None] for a in assessment_set.select(bearer, paragraph=number)
    }
    return tuple(a for a in assessment_set.assessments if a.duty.iri in duties)


def resolve_bearer(member: str, *, inputs: AssessmentInputs, lookup: KnowledgeLookup) -> str:
    """The IRI of a bearer by its code or IRI; raises NotFoundError for an unknown party and for one that the register does not declare."""
    bearers = list(_bearers(inputs))
    declared = next((iri for iri in bearers if member in (iri, local_name(iri))), None)
    if declared is not None:
        return declared
    party = lookup.party(member)
    if party not in bearers:
        raise NotFoundError("assessment.not-declared", member=member, known=", ".join(local_name(iri) for iri in bearers))
    return party
