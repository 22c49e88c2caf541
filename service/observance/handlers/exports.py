"""The handlers for answers to be taken away: the answer of another handler as tables, with a cover, in a workbook or as CSV."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from observance.assessment import Verbaliser, moment_view
from observance.core import AnswerBasis, SerializedAnswer, calendar, format_day, format_time, translate
from observance.exports import CSV, FORMATS, Cover, Export, ExportColumn, ExportTable, check_size, to_csv, to_pdf, to_workbook
from observance.handlers.addresses import permanent_address
from observance.handlers.export_tables import Contents, contents
from observance.handlers.requests import (
    EVERY_READING,
    AnswerExportRequest,
    ExportRequest,
    MomentRequest,
    PdfRequest,
    QueryExportRequest,
    TableExportRequest,
)
from observance.handlers.table import HandlerContext
from observance.questions import QuestionRequest


def answer(request: AnswerExportRequest | QueryExportRequest, context: HandlerContext) -> SerializedAnswer:
    """Return the answer to the request within the request; raises what its handler raises, and LimitExceededError for too many rows."""
    found = contents(request.of, lang=request.lang, context=context)
    return _written(found, request, context)


def table(request: TableExportRequest, context: HandlerContext) -> SerializedAnswer:
    """Return the table that is given; raises LimitExceededError for too many rows."""
    columns = tuple(msgspec.convert({"heading": heading, "kind": kind}, ExportColumn) for heading, kind in request.columns)
    found = Contents(request.title, (ExportTable(request.title, columns, request.rows),))
    return _written(found, request, context)


def pdf(request: PdfRequest, _context: HandlerContext) -> SerializedAnswer:
    """Return the page as a PDF; raises what `to_pdf` raises."""
    content = to_pdf(request.page, stylesheet=request.stylesheet, source=request.source, made=request.made)
    return SerializedAnswer("application/pdf", content)


def _written(found: Contents, request: ExportRequest, context: HandlerContext) -> SerializedAnswer:
    export = Export(_cover(found, request, context), found.tables, request.lang)
    check_size(export, limit=context.kb.settings.max_export_rows)
    body = to_csv(export, bom=request.bom) if request.format == CSV else to_workbook(export)
    return SerializedAnswer(FORMATS[request.format], body, found.basis)


def _cover(found: Contents, request: ExportRequest, context: HandlerContext) -> Cover:
    moment = _moment(found, request, context)
    facts = [
        *found.facts,
        *_moment_facts(found, moment, request, context),
        ("register", context.kb.register.queried.version),
        ("address", permanent_address(request.address, _named(found, moment, request, context))),
        ("made", format_time(moment["knownAt"], request.lang)),
        ("readers", request.readers),
    ]
    told = [translate("duties.no-assessment", request.lang), *request.sentences, *found.sentences, moment["warning"]]
    if request.lang == "en" and not isinstance(request, TableExportRequest | QueryExportRequest):
        told.append(translate("exports.working-translation", request.lang))
    labelled = tuple((translate(f"exports.{key}", request.lang), value) for key, value in facts if value)
    return Cover(found.title, labelled, tuple(dict.fromkeys(filter(None, told))), moment["knownAt"])


def _moment(found: Contents, request: ExportRequest, context: HandlerContext) -> Mapping[str, str]:
    """The moment of the answer; for one about the register as it was filed, the last one on record."""
    of = getattr(request, "of", None)
    if found.basis is not None:
        return {
            "asOf": found.basis.as_of.isoformat(),
            "knownAt": found.basis.known_at,
            "warning": found.basis.warning.get(request.lang, ""),
        }
    if isinstance(of, MomentRequest):
        return moment_view(context.assessments(_under_one_reading(of)), lang=request.lang)
    # What the reader may know of the register, without the documents that statuses rest on too.
    at = context.disclosed(getattr(of, "audience", None)).assessment.inputs.moment(as_of=None, known_at=None)
    return {"asOf": at.as_of.isoformat(), "knownAt": calendar.format_time(at.known_at), "warning": ""}


def _under_one_reading(asked: MomentRequest) -> MomentRequest:
    """The request under the default reading where all are asked for: the moment does not depend on it."""
    return replace(asked, reading=None) if asked.reading == EVERY_READING else asked


def _is_of_a_moment(found: Contents, request: ExportRequest) -> bool:
    return found.basis is not None or isinstance(getattr(request, "of", None), MomentRequest)


def _moment_facts(found: Contents, moment: Mapping[str, str], request: ExportRequest, context: HandlerContext) -> Iterator[tuple[str, str]]:
    if not _is_of_a_moment(found, request):
        return
    yield "day", format_day(moment["asOf"], request.lang)
    yield "known-at", format_time(moment["knownAt"], request.lang)
    verbaliser = Verbaliser(context.kb.assessment.inputs, request.lang)
    readings = verbaliser.inputs.readings
    name = _reading(found, request, context)
    if name == EVERY_READING:
        yield "reading", translate("exports.every-reading", request.lang)
    elif name:
        yield "reading", verbaliser.reading(name)
        assumed = [verbaliser.parameter(parameter) for parameter in readings[name].parameters if parameter.assumed]
        yield "assumes", "\n".join(assumed) or translate("exports.assumes-nothing", request.lang)


def _reading(found: Contents, request: ExportRequest, context: HandlerContext) -> str:
    """The name of the reading under which the answer is given; empty if it depends on none."""
    of: Any = getattr(request, "of", None)
    readings = context.kb.assessment.inputs.readings
    if isinstance(of, QuestionRequest):
        return (of.params.get("reading") or next(iter(readings))) if _has_reading(found.basis) else ""
    if isinstance(of, MomentRequest):
        return EVERY_READING if of.reading == EVERY_READING else context.assessments(_under_one_reading(of)).reading.name
    return ""


def _has_reading(basis: AnswerBasis | None) -> bool:
    return basis is not None and basis.reading is not None


def _named(found: Contents, moment: Mapping[str, str], request: ExportRequest, context: HandlerContext) -> dict[str, str]:
    """The parameters by which the permanent address names the moment, the reading and the register."""
    version = {"register": context.kb.register.queried.version}
    if not _is_of_a_moment(found, request):
        return version
    days = {"from": found.since, "to": moment["asOf"]} if found.since else {"asOf": moment["asOf"]}
    return {**days, "knownAt": moment["knownAt"], "reading": _reading(found, request, context), **version}
