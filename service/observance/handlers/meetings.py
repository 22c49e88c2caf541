"""The handlers for review meetings: their list, and the dossier of each."""

from typing import Any

from observance.assessment import AssessmentSet, Verbaliser, moment_view
from observance.core import LANGUAGES, SerializedAnswer
from observance.handlers.requests import MEETING_KEY, MeetingRequest, MeetingsRequest, SheetRequest
from observance.handlers.table import HandlerContext
from observance.meetings import (
    Meeting,
    MeetingRegister,
    MeetingSheetWriter,
    build_dossier,
    build_dossier_sheet,
    build_meetings_sheet,
    dossier_title,
    dossier_to_json,
    meeting_register,
    meetings_to_json,
)
from observance.presentation import Day, ParagraphReference, Section, Sheet, cell_text, render_fragment


def meetings(request: MeetingsRequest, context: HandlerContext) -> SerializedAnswer:
    """Return the review meetings of the register."""
    register = _register(request, context)
    if request.format == "json":
        return context.json_answer(meetings_to_json(register))
    return context.json_answer(
        sheet_view(build_meetings_sheet(register, writer=sheet_writer(register.assessment_set, request)), request, register.assessment_set)
    )


def meeting(request: MeetingRequest, context: HandlerContext) -> SerializedAnswer:
    """Return the dossier of one meeting; raises NotFoundError if the register has no such meeting at the moment."""
    dossier = build_dossier(request.key, register=_register(request, context))
    writer = sheet_writer(dossier.register.assessment_set, request)
    if request.format == "json":
        return context.json_answer(dossier_to_json(dossier, verbaliser=writer.verbaliser))
    days = {name: day.isoformat() if day else None for name, day in (("since", dossier.since), ("until", dossier.until))}
    assessments = dossier.register.assessment_set
    titles = {lang: dossier_title(dossier.meeting, Verbaliser(assessments.inputs, lang)) for lang in LANGUAGES}
    return context.json_answer({**days, **sheet_view(build_dossier_sheet(dossier, writer=writer), request, assessments), "titles": titles})


def _register(request: SheetRequest, context: HandlerContext) -> MeetingRegister:
    assessments = context.assessments(request)
    return meeting_register(assessments, store=context.ready_store(assessments))


def sheet_writer(assessments: AssessmentSet, request: SheetRequest) -> MeetingSheetWriter:
    """The writer for the sheets of a request, with links to the pages of meetings."""

    def address(meeting: Meeting) -> str:
        return request.addresses.meeting.replace(MEETING_KEY, meeting.key)

    return MeetingSheetWriter(Verbaliser(assessments.inputs, request.lang), address)


def sheet_view(sheet: Sheet, request: SheetRequest, assessments: AssessmentSet) -> dict[str, Any]:
    """The title and moment of the sheet, and its body as an HTML fragment, for a page; in the format `tables`, its tables."""
    view = {
        "title": sheet.title,
        "moment": moment_view(assessments, lang=request.lang),
        "readingName": Verbaliser(assessments.inputs, request.lang).reading(assessments.reading.name),
    }
    if request.format == "tables":
        return {**view, "sentences": sheet.lead, "tables": [_table_view(section) for section in sheet.sections if section.table]}
    return {**view, "body": render_fragment(sheet, lang=request.lang, address=dict(request.addresses.paragraphs).get)}


def _table_view(section: Section) -> dict[str, Any]:
    """The table of the section as data: a day as in xsd:date, and for each column whether it holds references to paragraphs."""
    assert section.table is not None
    rows = [[cell.day.isoformat() if isinstance(cell, Day) else cell_text(cell) for cell in row] for row in section.table.rows]
    references = [any(isinstance(cell, ParagraphReference) for cell in column) for column in zip(*section.table.rows, strict=True)]
    return {"title": section.title, "headings": section.table.headings, "rows": rows, "references": references}
