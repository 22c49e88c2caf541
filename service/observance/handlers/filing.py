"""The handler for what is received: a hostile document can end its worker process, and is kept as a file all the same."""

from pathlib import Path

import msgspec

from observance.core import ConflictError, SerializedAnswer
from observance.filing import examine_source
from observance.forms import FilledForm
from observance.handlers.requests import ExaminationRequest, RecordCheckRequest
from observance.handlers.table import HandlerContext, json_answer
from observance.submissions import ReportOptions
from oxishacl import Source


def examine(request: ExaminationRequest, context: HandlerContext) -> SerializedAnswer:
    """Return the examination of the document beside the register."""
    kb, disclosed = context.kb, context.disclosed(request.audience)
    examination = examine_source(
        Source(request.name, request.content, request.media_type),
        validate=lambda source: disclosed.submissions.validate(source, options=ReportOptions(repairs=True, provenance=True)),
        register=kb.register.queried,
        disclosed=disclosed.register.queried,
        knowledge=kb.knowledge,
        settings=kb.settings,
        contexts=kb.contexts,
        is_made_here=request.is_made_here,
    )
    return json_answer(examination)


def check_record(request: RecordCheckRequest, context: HandlerContext) -> SerializedAnswer:
    """Return what is found out about the form of the record.

    Raises ConflictError if the register has been added to, and what `FilingService.check` raises for a record with nothing to correct in
    its form.
    """
    kb, path = context.kb, context.kb.settings.registers[0]
    register = kb.register.queried
    if request.newest and all(Path(document.source.name) != path / request.newest for document in register.documents):
        raise ConflictError("filing.register-moves-on")
    checked = kb.forms.check(msgspec.json.decode(request.filled, type=FilledForm))
    if checked.is_ready:
        kb.filing(path).check(request.name, checked.turtle.encode(), register=register, entered=request.entered.date())
    return SerializedAnswer("application/json", msgspec.json.encode(checked))
