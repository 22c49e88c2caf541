"""The handlers for workbooks: a hostile file can end its worker process, but not the service."""

from collections.abc import Iterable

import msgspec

from observance.core import LANGUAGES, VERSION, SerializedAnswer, translate
from observance.forms import EntryProblem, ReadForm
from observance.handlers.requests import NewWorkbookRequest, RegisterWorkbookRequest, WorkbookRequest
from observance.handlers.table import HandlerContext, json_answer
from observance.workbooks import (
    MEDIA_TYPE,
    CellProblem,
    check_workbook,
    example_of,
    findings_workbook,
    marked_workbook,
    new_workbook,
    read_workbook,
    register_workbook,
    report_to_data,
    submissions_on_record,
)


def report(request: WorkbookRequest, context: HandlerContext) -> SerializedAnswer:
    """Return the report on the workbook, the workbook with its findings, or the form; raises what `check_workbook` raises."""
    kb = context.disclosed(request.audience)
    if request.format == "form":
        read = read_workbook(request.content, forms=kb.forms.forms, settings=kb.settings, keeps_unread=True)
        problems, notices = (_at_cells(found) for found in (read.problems, read.notices))
        return SerializedAnswer("application/json", msgspec.json.encode(ReadForm(read.filled, problems, notices)))
    checked = check_workbook(request.content, name=request.name, forms=kb.forms, settings=kb.settings)
    if request.format == "json":
        return json_answer(report_to_data(checked))
    marked = marked_workbook(request.content, checked.findings, lang=request.lang, settings=kb.settings)
    return SerializedAnswer(MEDIA_TYPE, marked if marked is not None else findings_workbook(checked.findings, lang=request.lang))


def _at_cells(found: Iterable[CellProblem]) -> tuple[EntryProblem, ...]:
    """What was found, each in a sentence that begins with its cell."""
    return tuple(
        EntryProblem(
            one.path, {lang: translate("workbooks.at-cell", lang, cell=one.cell.address, message=one.message[lang]) for lang in LANGUAGES}
        )
        for one in found
    )


def new(request: NewWorkbookRequest, context: HandlerContext) -> SerializedAnswer:
    """Return the workbook to fill in; raises NotFoundError if there is no such form."""
    kb = context.disclosed(request.audience)
    form = kb.forms.form(request.form)
    return SerializedAnswer(
        MEDIA_TYPE,
        new_workbook(
            form, lang=request.lang, version=VERSION, example=example_of(form, forms=kb.forms, lookup=kb.lookup, settings=kb.settings)
        ),
    )


def register(request: RegisterWorkbookRequest, context: HandlerContext) -> SerializedAnswer:
    """Return the workbook of the register; raises LimitExceededError for one that is too large."""
    kb = context.disclosed(request.audience)
    content = submissions_on_record(kb.forms)
    workbook = register_workbook(content, forms=kb.forms.forms, lang=request.lang, version=VERSION, settings=kb.settings)
    return SerializedAnswer(MEDIA_TYPE, workbook)
