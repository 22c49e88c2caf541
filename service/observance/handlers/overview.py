"""The handler for the home page: the register in one picture, what was communicated last, and the meetings around the day."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from observance.assessment import Assessment, AssessmentSet, Verbaliser, moment_view, status_counts
from observance.core import SerializedAnswer, format_day
from observance.datasets import RegisterQuestions, open_register_questions, row_day
from observance.handlers.held_meetings import held_meetings, meeting_views
from observance.handlers.requests import OverviewRequest
from observance.handlers.table import HandlerContext

_LATEST: Final = 5


def overview(request: OverviewRequest, context: HandlerContext) -> SerializedAnswer:
    """Return the counts of each provision and of all, the last communications, the last meeting held and the next one planned."""
    assessment_set = context.assessments(request)
    verbaliser = Verbaliser(assessment_set.inputs, request.lang)
    questions = open_register_questions(assessment_set, store=context.ready_store(assessment_set))
    borne = [a for a in assessment_set.assessments if a.duty.bearer is not None]
    documents = questions.rows("documents")
    bearers = {a.duty.bearer for a in borne}
    return context.json_answer({
        "moment": moment_view(assessment_set, lang=request.lang),
        "readingName": verbaliser.reading(assessment_set.reading.name),
        "counts": status_counts(borne),
        "norms": list(_norm_counts(borne, assessment_set=assessment_set, verbaliser=verbaliser)),
        "parties": len(bearers),
        "senders": len({row["party"] for row in documents} & bearers),
        "documents": len({row["document"] for row in documents}),
        "latest": list(_latest(documents, verbaliser=verbaliser)),
        **_meetings(questions, assessment_set=assessment_set, context=context, verbaliser=verbaliser),
    })  # fmt: skip


def _norm_counts(borne: Iterable[Assessment], *, assessment_set: AssessmentSet, verbaliser: Verbaliser) -> Iterable[dict[str, Any]]:
    """The provisions in their order, each with the number of items of each status."""
    by_norm: dict[str, list[Assessment]] = defaultdict(list)
    for assessment in borne:
        by_norm[assessment.duty.norm].append(assessment)
    for norm in assessment_set.inputs.norms:
        if norm.iri in by_norm:
            yield {
                "paragraph": verbaliser.paragraph(norm.iri),
                "deed": verbaliser.norm_label(norm.iri),
                "statuses": status_counts(by_norm[norm.iri])["statuses"],
                "total": len(by_norm[norm.iri]),
            }


def _latest(documents: Sequence[Mapping[str, str]], *, verbaliser: Verbaliser) -> Iterable[dict[str, Any]]:
    """The communications that were received last, each once."""
    newest = sorted({row["document"]: row for row in documents}.values(), key=lambda row: row["received"], reverse=True)
    for row in newest[:_LATEST]:
        day = row_day(row, "received")
        yield {
            "iri": row["document"],
            "kind": verbaliser.name(row["kind"]),
            "party": verbaliser.name(row["party"]),
            "partyIri": row["party"],
            "received": format_day(day.isoformat(), verbaliser.lang) if day else "",
        }


def _meetings(
    questions: RegisterQuestions, *, assessment_set: AssessmentSet, context: HandlerContext, verbaliser: Verbaliser
) -> dict[str, Any]:
    """The last meeting held by the day and the next one planned after it; None where there is none on record."""
    today = assessment_set.moment.as_of
    held = {day: iri for day, iri in held_meetings(assessment_set, context).items() if day <= today}
    rows = [row for row in questions.rows("meetings") if row.get("stage") == "planned"]
    planned = {day: row["meeting"] for row in rows if (day := row_day(row, "planned")) and day > today}
    last, following = (meeting_views(meetings, verbaliser=verbaliser) for meetings in (held, dict(sorted(planned.items()))))
    return {"last": last[-1] if last else None, "next": following[0] if following else None}
