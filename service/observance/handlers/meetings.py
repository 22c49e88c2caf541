"""The handlers for review meetings: their list, and the dossier of each."""

from typing import Any

from observance.assessment import AssessmentSet, Verbaliser
from observance.core import SerializedAnswer
from observance.handlers.requests import MEETING_KEY, MeetingRequest, MeetingsRequest, SheetRequest
from observance.handlers.table import HandlerContext
from observance.meetings import (
    Meeting,
    MeetingRegister,
    MeetingSheetWriter,
    build_dossier,
    build_dossier_sheet,
    build_meetings_sheet,
    dossier_to_json,
    meeting_register,
    meetings_to_json,
)
from observance.presentation import Sheet, render_fragment


def meetings(request: MeetingsRequest, context: HandlerContext) -> SerializedAnswer:
    """Return the review meetings of the register."""
    register = _register(request, context)
    if request.format == "json":
        return context.json_answer(meetings_to_json(register))
    return context.json_answer(sheet_view(build_meetings_sheet(register, writer=sheet_writer(register.assessment_set, request)), request))


def meeting(request: MeetingRequest, context: HandlerContext) -> SerializedAnswer:
    """Return the dossier of one meeting; raises NotFoundError if the register has no such meeting at the moment."""
    dossier = build_dossier(request.key, register=_register(request, context))
    writer = sheet_writer(dossier.register.assessment_set, request)
    if request.format == "json":
        return context.json_answer(dossier_to_json(dossier, verbaliser=writer.verbaliser))
    return context.json_answer(sheet_view(build_dossier_sheet(dossier, writer=writer), request))


def _register(request: SheetRequest, context: HandlerContext) -> MeetingRegister:
    assessments = context.assessments(request)
    return meeting_register(assessments, store=context.ready_store(assessments))


def sheet_writer(assessments: AssessmentSet, request: SheetRequest) -> MeetingSheetWriter:
    """The writer for the sheets of a request, with links to the pages of meetings."""

    def address(meeting: Meeting) -> str:
        return request.addresses.meeting.replace(MEETING_KEY, meeting.key)

    return MeetingSheetWriter(Verbaliser(assessments.inputs, request.lang), address)


def sheet_view(sheet: Sheet, request: SheetRequest) -> dict[str, Any]:
    """The title of the sheet and its body as an HTML fragment, for the template of a page."""
    return {"title": sheet.title, "body": render_fragment(sheet, lang=request.lang, address=dict(request.addresses.paragraphs).get)}
