"""Answers to be taken away: workbooks and CSV for spreadsheets, written by worker processes."""

import re
from typing import Any, Final

from flask import Response, request

from observance.core import SerializedAnswer, translate
from observance.handlers import (
    AnswerExportRequest,
    CustomReadingRequest,
    MomentRequest,
    QueryExportRequest,
    ReadingsRequest,
    TableExportRequest,
)
from observance.questions import QuestionRequest, SparqlRequest
from observance.web.admission import admitted_query
from observance.web.audience import audience
from observance.web.language import language
from observance.web.request_parameters import parameter
from observance.web.sharing import lasting_address
from observance.web.site import site
from observance.web.status_disclosure import disclosed_request

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9.]+")


def export_response(of: MomentRequest | ReadingsRequest | QuestionRequest, *, format: str) -> Response:
    """Return the answer to the request in the format, one of TABLES, as an attachment; raises what its handler raises."""
    told = disclosed_request(of) if isinstance(of, MomentRequest) else of
    kb = site().kb
    # An answer about a document in the request is not kept.
    call = kb.workers.call if isinstance(of, CustomReadingRequest) else kb.answers.call
    answer = call(
        AnswerExportRequest(of=told, **_about(format)),  # type: ignore[arg-type]  # of the kinds that have tables
        deadline=kb.settings.assess_seconds,
    )
    return attachment(answer, format=format)


def query_export_response(of: SparqlRequest, *, deadline: float) -> Response:
    """Return the answer to the query as a workbook; raises what `QuestionService.ask` raises."""
    answer = site().kb.answers.call(QueryExportRequest(of=of, **_about("xlsx")), deadline=deadline, admission=admitted_query)
    return attachment(answer, format="xlsx")


def table_export_response(
    title: str, columns: tuple[tuple[str, str], ...], rows: tuple[tuple[str | int | None, ...], ...], *, format: str
) -> Response:
    """Return the table in the format, one of TABLES, as an attachment; each column has a heading and a kind (`observance.exports`)."""
    kb = site().kb
    export = TableExportRequest(title=title, columns=columns, rows=rows, **_about(format))
    return attachment(kb.workers.call(export, deadline=kb.settings.assess_seconds), format=format)


def attachment(answer: SerializedAnswer, *, format: str) -> Response:
    """The answer as a file that is named after the page."""
    name = "-".join(filter(None, _UNSAFE.split(request.path))) or "observance"
    headers = {"Content-Disposition": f'attachment; filename="{name[:80]}.{format}"', "Content-Language": language()}
    return Response(answer.body, content_type=answer.media_type, headers=headers)


def _about(format: str) -> dict[str, Any]:
    """The fields of an ExportRequest."""
    lang, reader = language(), audience()
    name = reader.name if reader is not None else "this-machine"
    parties = {row["party"]: row["name"] for row in site().rows("bearers", lang)}
    party = parties.get(reader.party or "", "") if reader is not None else ""
    return {
        "lang": lang,
        "format": format,
        "bom": parameter("bom") in ("1", "true"),
        "address": lasting_address(),
        "readers": translate(f"exports.readers-{name}", lang, party=party),
        "sentences": (translate(f"web.register-{site().register_kind}", lang),),
    }
