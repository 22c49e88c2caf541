"""The handler for what is received: a hostile document can end its worker process, and is kept as a file all the same."""

from observance.core import SerializedAnswer
from observance.filing import examine_source
from observance.handlers.requests import ExaminationRequest
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
