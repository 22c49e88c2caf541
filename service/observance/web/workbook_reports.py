"""The response to a workbook that was sent to be validated: a page, JSON, or the workbook with what was found at its cells."""

import base64
import json
from pathlib import PurePosixPath
from typing import Final

from flask import Response, make_response, render_template

from observance.core import SerializedAnswer
from observance.handlers import WorkbookRequest
from observance.web.audience import audience
from observance.web.language import language
from observance.web.negotiation import HTML
from observance.web.received_document import WORKBOOK_TYPE
from observance.web.response_formats import PAGE, requested_format
from observance.web.site import site
from oxishacl import Source

_OFFERS: Final = {"application/json": "json", WORKBOOK_TYPE: "xlsx", HTML: PAGE}
_LARGEST_IN_PAGE: Final = 1_000_000
_MOST_ON_A_PAGE: Final = 200


def workbook_response(source: Source) -> Response:
    """Return the report on the workbook in the requested format; raises what validating a workbook raises."""
    response_format = requested_format(_OFFERS)
    if response_format == "json":
        return Response(_answer(source, "json").body, content_type="application/json", headers={"Content-Language": "fr, en"})
    if response_format == "xlsx":
        answer = _answer(source, "xlsx")
        headers = {"Content-Disposition": 'attachment; filename="findings.xlsx"', "Content-Language": language()}
        return Response(answer.body, content_type=answer.media_type, headers=headers)
    report = json.loads(_answer(source, "json").body)
    marked = _answer(source, "xlsx").body if report["results"] else b""
    link = f"data:{WORKBOOK_TYPE};base64,{base64.b64encode(marked).decode()}" if 0 < len(marked) <= _LARGEST_IN_PAGE else ""
    name = PurePosixPath(source.name.replace("\\", "/")).name
    return make_response(render_template("workbook.html", report=report, name=name, link_to_marked=link, most=_MOST_ON_A_PAGE))


def _answer(source: Source, format: str) -> SerializedAnswer:
    kb = site().kb
    asked = WorkbookRequest(name=source.name, content=source.content, lang=language(), format=format, audience=audience())
    return kb.workers.call(asked, deadline=kb.settings.validate_seconds)
