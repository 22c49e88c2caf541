"""The handlers for workbooks: a hostile file can end its worker process, but not the service."""

from observance.core import VERSION, SerializedAnswer
from observance.handlers.requests import NewWorkbookRequest, RegisterWorkbookRequest, WorkbookRequest
from observance.handlers.table import HandlerContext, json_answer
from observance.workbooks import (
    MEDIA_TYPE,
    check_workbook,
    example_of,
    findings_workbook,
    marked_workbook,
    new_workbook,
    register_workbook,
    report_to_data,
    submissions_on_record,
)


def report(request: WorkbookRequest, context: HandlerContext) -> SerializedAnswer:
    """Return the report on the workbook, or the workbook with its findings; raises what `check_workbook` raises."""
    kb = context.disclosed(request.audience)
    checked = check_workbook(request.content, name=request.name, forms=kb.forms, settings=kb.settings)
    if request.format == "json":
        return json_answer(report_to_data(checked))
    marked = marked_workbook(request.content, checked.findings, lang=request.lang, settings=kb.settings)
    return SerializedAnswer(MEDIA_TYPE, marked if marked is not None else findings_workbook(checked.findings, lang=request.lang))


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
