"""The meetings that were held, as a page about statuses names them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from observance.assessment import AssessmentSet, Verbaliser
from observance.core import format_day
from observance.datasets import open_register_questions, row_day
from observance.handlers.table import HandlerContext


def held_meetings(assessment_set: AssessmentSet, context: HandlerContext) -> dict[date, str]:
    """The meetings that were held, by their days in order."""
    rows = open_register_questions(assessment_set, store=context.ready_store(assessment_set)).rows("meetings")
    held = {day: row["meeting"] for row in rows if row.get("stage") == "held" and (day := row_day(row, "held")) is not None}
    return dict(sorted(held.items()))


def meeting_views(meetings: Mapping[date, str], *, verbaliser: Verbaliser) -> list[dict[str, Any]]:
    """The meetings with their names and days, also in words."""
    return [
        {"iri": iri, "name": verbaliser.name(iri), "day": day.isoformat(), "text": format_day(day.isoformat(), verbaliser.lang)}
        for day, iri in meetings.items()
    ]
