"""The handler for the plan of transmissions: the recipients of each notification and their deliveries."""

from typing import Final

from observance.assessment import moment_view
from observance.core import SerializedAnswer
from observance.handlers.paging import page_of
from observance.handlers.requests import TransmissionsRequest
from observance.handlers.table import HandlerContext, turtle_answer
from observance.notifications import (
    missing_only,
    plan_to_json,
    plan_transmissions,
    plan_turtle,
    recipient_rows,
    transmission_state,
    transmission_title,
)

_TRANSMISSIONS_ON_A_PAGE: Final = 20


def transmissions(request: TransmissionsRequest, context: HandlerContext) -> SerializedAnswer:
    """Return the plan of transmissions, at the moment of the request."""
    assessments, lang = context.assessments(request), request.lang
    plan = plan_transmissions(assessments)
    plan = missing_only(plan) if request.missing else plan
    if request.format == "turtle":
        return turtle_answer(plan_turtle(plan))
    if request.format == "json":
        return context.json_answer(plan_to_json(plan, lang=lang))
    shown, page = page_of(plan.transmissions, request.page, size=_TRANSMISSIONS_ON_A_PAGE)
    return context.json_answer({
        "page": page,
        "moment": moment_view(assessments, lang=lang),
        "readingName": plan.reading_name[lang],
        "wordings": [{"authentic": wording.authentic, "translation": wording.translation} for wording in plan.wordings.values()],
        "transmissions": [
            {
                "title": transmission_title(t, lang=lang),
                "state": transmission_state(t, lang=lang),
                "lines": list(recipient_rows(t, plan=plan, lang=lang)),
            }
            for t in shown
        ],
    })  # fmt: skip
