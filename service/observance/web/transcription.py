"""The transcription of a workbook that was received: the submission that it holds, entered after it for the account that sent it."""

import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from flask import current_app
from msgspec.structs import replace

from observance.core import LANGUAGES, VERSION, ObservanceError, translate
from observance.filing import Communication, Examination
from observance.handlers import WorkbookRequest
from observance.web.audience import audience
from observance.web.language import language
from observance.web.received_document import is_workbook
from observance.web.receiving import enter
from observance.web.site import site
from oxishacl import Source

_TURTLE: Final = "text/turtle"


def transcribe_workbook(communication: Communication, number: int) -> Examination | None:
    """Enter the submission of the workbook with the number as its transcription, and return what was found out about that.

    None for what is no workbook. Of one that gives no submission, or one that may not be entered, the examination says why.
    """
    if not is_workbook(communication.content):
        return None
    try:
        turtle = _report(communication)["turtle"]
        if not turtle:
            return Examination("original", problem={lang: translate("workbooks.not-transcribed", lang) for lang in LANGUAGES})
        source = Source(f"{PurePosixPath(communication.file_name).stem or 'workbook'}.ttl", turtle.encode(), _TURTLE)
        transcription = replace(
            communication,
            content=source.content,
            file_name=source.name,
            media_type=_TURTLE,
            transcribes=number,
            converter=f"observance {VERSION}",
        )
        return enter(source, transcription).examination
    except ObservanceError as error:
        return Examination("original", problem=error.sentences())
    except RuntimeError:  # a fault of the program in a worker process; the workbook has been entered all the same
        current_app.logger.exception("The workbook %s was not transcribed", number)
        return Examination("original", problem={lang: translate("workbooks.not-transcribed", lang) for lang in LANGUAGES})


def _report(communication: Communication) -> Mapping[str, Any]:
    """What a worker process finds in the workbook; raises what reading it raises."""
    kb = site().kb
    asked = WorkbookRequest(name=communication.file_name, content=communication.content, lang=language(), audience=audience())
    report: Mapping[str, Any] = json.loads(kb.workers.call(asked, deadline=kb.settings.validate_seconds).body)
    return report
