"""Workbooks that commands write of their answers."""

import sys
from pathlib import Path

import click

from observance.core import SerializedAnswer, UsageError, translate
from observance.handlers import AnswerExportRequest, DutiesRequest, HandlerContext, answer_in_process
from observance.knowledge import is_shipped
from observance.knowledge_base import KnowledgeBase
from observance.questions import QuestionRequest

XLSX = "xlsx"
output_option = click.option(
    "-o", "--output", "output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write the answer into this file."
)


def export_request(of: DutiesRequest | QuestionRequest, *, kb: KnowledgeBase, lang: str) -> AnswerExportRequest:
    """Return the request for the answer as a workbook."""
    is_demo = is_shipped(kb.root) and not kb.settings.registers
    sentences = (translate("web.register-demo", lang),) if is_demo else ()
    return AnswerExportRequest(of=of, lang=lang, readers=translate("exports.readers-this-machine", lang), sentences=sentences)


def duties_workbook(of: DutiesRequest, *, kb: KnowledgeBase, lang: str) -> SerializedAnswer:
    """Return the follow-up items as a workbook; raises what its handler raises."""
    return answer_in_process(export_request(of, kb=kb, lang=lang), HandlerContext(kb))


def write_workbook(content: bytes, *, output: Path | None) -> None:
    """Write the workbook into the file, or to standard output; raises UsageError where that is a terminal, and for a bad file."""
    if output is not None:
        try:
            output.write_bytes(content)
        except OSError as error:
            raise UsageError("exports.cannot-write", name=str(output), reason=error.strerror or "") from None
        return
    if sys.stdout.isatty():
        raise UsageError("exports.to-a-file")
    click.echo(content, nl=False)
