"""The tables of answers to be taken away: those of each kind of request, made of the answer that its own handler gives."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from observance.assessment import Assessment, Verbaliser, assessment_view
from observance.core import AnswerBasis, SerializedAnswer, local_name, translate
from observance.exports import ExportColumn, ExportTable, Kind, Value, kind_of
from observance.handlers.assessment import resolve_bearer
from observance.handlers.duty_selection import DutySelection
from observance.handlers.export_results import results_table
from observance.handlers.requests import (
    EVERY_READING,
    BenchmarkRequest,
    CompareRequest,
    CustomReadingRequest,
    DutiesRequest,
    DutyRequest,
    HistoryRequest,
    MeetingRequest,
    MeetingsRequest,
    MomentRequest,
    ReadingsRequest,
    SheetRequest,
    TransmissionsRequest,
    WhatIfRequest,
)
from observance.handlers.table import HandlerContext, answer_in_process
from observance.questions import QuestionRequest, SparqlRequest, layer_parameters
from observance.workers import Request


class Contents(Struct, frozen=True):
    """What an export holds: its title, its tables, what narrows it (a message and a value), and sentences.

    `basis` is that of the answer to a question; `since` the earlier of two days that are compared.
    """

    title: str
    tables: tuple[ExportTable, ...]
    facts: tuple[tuple[str, str], ...] = ()
    sentences: tuple[str, ...] = ()
    basis: AnswerBasis | None = None
    since: str = ""


def contents(of: Request, *, lang: str, context: HandlerContext) -> Contents:
    """Return the contents of the answer to the request; raises what its handler raises."""
    return _MAKERS[type(of)](of, lang, context)


def _data(of: Request, context: HandlerContext, *, format: str) -> Any:
    answer: SerializedAnswer = answer_in_process(replace(of, format=format), context)
    return json.loads(answer.body)


def _columns(lang: str, **kinds: Kind) -> tuple[ExportColumn, ...]:
    return tuple(ExportColumn(translate(f"exports.column-{name.replace('_', '-')}", lang), kind) for name, kind in kinds.items())


# ── Duties ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _duties(of: DutiesRequest, lang: str, context: HandlerContext) -> Contents:
    found = _data(of, context, format="json")
    title = translate("exports.title-duties", lang)
    if "duties" not in found:
        return Contents(title, (_counts_table(found["counts"], lang, context),))
    views = list(_views(found["duties"], of, context))
    bearers = {view["code"]: view["bearerName"] for view in views}
    if len(of.members) == 1 and len(bearers := {code: name for code, name in bearers.items() if code}) == 1:
        title = translate("exports.title-duties-of", lang, name=next(iter(bearers.values())))
    return Contents(title, (_duties_table(title, views, lang),), tuple(_narrowing(of, lang, context)))


def _views(rows: Iterable[Mapping[str, Any]], of: MomentRequest, context: HandlerContext) -> Iterator[dict[str, Any]]:
    """The views of the assessments of these rows, in their order."""
    known: dict[str, tuple[dict[str, Assessment], Verbaliser]] = {}
    for row in rows:
        if row["reading"] not in known:
            assessments = context.assessments(replace(of, reading=row["reading"]))
            known[row["reading"]] = {a.iri: a for a in assessments.assessments}, Verbaliser(assessments.inputs, of.lang)
        by_iri, verbaliser = known[row["reading"]]
        yield {**assessment_view(by_iri[row["assessment"]], verbaliser=verbaliser), "readingName": verbaliser.reading(row["reading"])}


def _duties_table(title: str, views: Sequence[Mapping[str, Any]], lang: str) -> ExportTable:
    columns = _columns(
        lang, member="text", code="text", paragraph="text", provision="text", occasion="text", opens="date", closes="date", status="text",
        reading="text", item_iri="iri", member_iri="iri", status_iri="iri", assessment_iri="iri",
    )  # fmt: skip
    rows = tuple(
        (
            v["bearerName"], v["code"], v["paragraph"], v["deed"], v["occasionName"], (v["window"] or {}).get("opens"),
            (v["window"] or {}).get("closes"), v["label"], v["readingName"], v["duty"], v["bearer"], v["statusIri"], v["assessment"],
        )
        for v in views
    )  # fmt: skip
    return ExportTable(title, columns, rows)


def _counts_table(counts: Sequence[Mapping[str, Any]], lang: str, context: HandlerContext) -> ExportTable:
    """How many items have each status: all that some readers are told."""
    verbaliser = Verbaliser(context.kb.assessment.inputs, lang)
    labels = {local_name(iri): status.general[lang] for iri, status in verbaliser.inputs.rule_set.statuses.items()}
    rows = tuple(
        (verbaliser.reading(of_reading["reading"]), labels.get(name, name), count)
        for of_reading in counts
        for name, count in of_reading["statuses"].items()
    )
    return ExportTable(translate("exports.title-counts", lang), _columns(lang, reading="text", status="text", count="number"), rows)


def _narrowing(of: DutiesRequest | CompareRequest, lang: str, context: HandlerContext) -> Iterator[tuple[str, str]]:
    """What the request narrows the answer to, in words."""
    inputs = context.inputs(of)
    verbaliser = Verbaliser(inputs, lang)
    bearers = (resolve_bearer(member, inputs=inputs, lookup=context.kb.lookup) for member in of.members)
    yield "member", ", ".join(map(verbaliser.name, bearers))
    yield "paragraph", ", ".join(of.paragraphs)
    if isinstance(of, DutiesRequest):
        statuses = {local_name(iri): status.general[lang] for iri, status in inputs.rule_set.statuses.items()}
        regions = _region_names(of, context) if of.regions else {}
        yield "status", ", ".join(statuses.get(name, name) for name in of.statuses)
        yield "mark", ", ".join(translate(f"duties.mark-{name}", lang) for name in of.marks)
        yield "without", ", ".join(translate(f"duties.mark-{name}", lang) for name in of.without)
        yield "region", ", ".join(regions.get(name, name) for name in of.regions)


def _region_names(of: DutiesRequest, context: HandlerContext) -> dict[str, str]:
    assessments = context.assessments(replace(of, reading=None) if of.reading == EVERY_READING else of)
    choices = DutySelection(of, (assessments,), context).region_choices(verbaliser=Verbaliser(assessments.inputs, of.lang))
    return {region["name"]: region["label"] for region in choices}


def _comparison(of: CompareRequest, lang: str, context: HandlerContext) -> Contents:
    found = _data(of, context, format="html")
    title = translate("exports.title-comparison", lang)
    facts = (("since", found["earlier"]["asOfText"]), *_narrowing(of, lang, context))
    return Contents(title, (_changes_table(title, found["changed"], lang),), facts, since=found["earlier"]["asOf"])


def _supposed(of: CustomReadingRequest, lang: str, context: HandlerContext) -> Contents:
    found = _data(of, context, format="html")
    title = translate("duties.what-changes", lang)
    facts = ((("document" if isinstance(of, WhatIfRequest) else "own-reading"), of.name), *_narrowing(of, lang, context))
    return Contents(title, (_changes_table(title, found["changed"], lang),), facts, (translate("exports.supposed", lang),))


def _changes_table(title: str, changed: Iterable[Mapping[str, Any]], lang: str) -> ExportTable:
    """The items whose status is another one, with the statuses before and after."""
    rows = []
    for change in changed:
        first = (change["before"] + change["after"])[0]
        sides = ("; ".join(dict.fromkeys(row["label"] for row in change[side])) for side in ("before", "after"))
        iris = (" ".join(dict.fromkeys(row["statusIri"] for row in change[side])) for side in ("before", "after"))
        rows.append((first["bearerName"], first["code"], first["paragraph"], first["deed"], *sides, first["bearer"], first["norm"], *iris))
    columns = _columns(
        lang, member="text", code="text", paragraph="text", provision="text", before="text", after="text", member_iri="iri",
        provision_iri="iri", before_iri="iri", after_iri="iri",
    )  # fmt: skip
    return ExportTable(title, columns, tuple(rows))


def _duty(of: DutyRequest, lang: str, context: HandlerContext) -> Contents:
    found = _data(of, context, format="html")
    duty, title = found["duty"], found["titles"][lang]
    reasons = [
        (f["sentence"] or f["label"], f["anchor"], ", ".join(d["text"] for d in f["documents"]), f["premise"]) for f in duty["facts"]
    ]
    readings = [
        (other["label"], "; ".join(dict.fromkeys(a["label"] for a in other["answers"])), other["reading"]) for other in duty["elsewhere"]
    ]
    changes = [("; ".join(change["actions"]), change["label"], change["statusIri"]) for change in duty["changes"]]
    events = [(e["first"], e["last"], e["text"] or translate(f"exports.event-{e['kind']}", lang), e.get("iri")) for e in duty["events"]]
    tables = (
        _duties_table(translate("exports.title-item", lang), [duty], lang),
        _table("reasons", reasons, lang, because="text", words="text", documents="text", premise_iri="iri"),
        _table("readings", readings, lang, reading="text", status="text", name="text"),
        _table("changes", changes, lang, change="text", status="text", status_iri="iri"),
        _table("events", events, lang, first="date", last="date", event="text", document_iri="iri"),
    )
    return Contents(title, tuple(table for table in tables if table.rows), (), (duty["verdict"],))


def _table(title: str, rows: Iterable[tuple[Value, ...]], lang: str, **kinds: Kind) -> ExportTable:
    return ExportTable(translate(f"exports.title-{title}", lang), _columns(lang, **kinds), tuple(rows))


def _history(of: HistoryRequest, lang: str, context: HandlerContext) -> Contents:
    found = _data(of, context, format="html")
    rows = [(span["from"], span["until"], span["label"], span["statusIri"], span["assessment"]) for span in found["spans"]]
    table = _table("history", rows, lang, first="date", last="date", status="text", status_iri="iri", assessment_iri="iri")
    return Contents(found["titles"][lang], (table,), (), (found["verdict"],))


# ── Readings, transmissions and sheets ──────────────────────────────────────────────────────────────────────────


def _readings(of: ReadingsRequest, lang: str, context: HandlerContext) -> Contents:
    def from_text(parameter: Mapping[str, Any]) -> str:
        return translate("duties.assumed" if parameter["assumption"] else "duties.from-text", lang)

    rows = [
        (
            reading["label"], p["text"], p["valueText"], p["about"], p["validFrom"], p["validThrough"], p["sourceText"], from_text(p),
            reading["iri"], p["parameter"],
        )
        for reading in _data(of, context, format="json")
        for p in reading["parameters"]
    ]  # fmt: skip
    table = _table(
        "assumptions", rows, lang, reading="text", assumption="text", value="text", paragraph="text", valid_from="date",
        valid_through="date", source="text", origin="text", reading_iri="iri", assumption_iri="iri",
    )  # fmt: skip
    return Contents(translate("exports.title-assumptions", lang), (table,))


def _transmissions(of: TransmissionsRequest, lang: str, context: HandlerContext) -> Contents:
    verbaliser = Verbaliser(context.inputs(of), lang)
    rows = []
    for sent in _data(of, context, format="json")["transmissions"]:
        about = (verbaliser.name(sent["author"]), sent["identifier"], sent["paragraph"], sent["received"][:10], sent["status"])
        for recipient in sent["recipients"]:
            received = recipient["received"]
            days = list(dict.fromkeys(one["day"][:10] for one in received))
            channels = ", ".join(dict.fromkeys(verbaliser.name(one["channel"]) for one in received if one["channel"]))
            state = _recipient_state(sent, recipient, lang)
            rows.append((*about, recipient["name"], state, ", ".join(days), channels, sent["notification"], recipient["body"]))
    table = _table(
        "transmissions", rows, lang, author="text", identifier="text", paragraph="text", received="date", status="text", recipient="text",
        state="text", informed="date", channel="text", document_iri="iri", recipient_iri="iri",
    )  # fmt: skip
    facts = (("only", translate("relay.page-missing", lang)),) if of.missing else ()
    return Contents(translate("relay.page-title", lang), (table,), facts)


def _recipient_state(sent: Mapping[str, Any], recipient: Mapping[str, Any], lang: str) -> str:
    if recipient["received"]:
        return translate("relay.received" if recipient["due"] else "relay.received-not-due", lang)
    return translate("relay.missing" if sent["stands"] else "relay.withdrawn", lang)


def _sheet(of: SheetRequest, _lang: str, context: HandlerContext) -> Contents:
    found = _data(of, context, format="tables")
    return Contents(found["title"], tuple(map(_sheet_table, found["tables"])), (), tuple(found["sentences"]))


def _sheet_table(table: Mapping[str, Any]) -> ExportTable:
    rows = tuple(tuple(None if cell == "–" else cell for cell in row) for row in table["rows"])
    references = table["references"] or [False] * len(table["headings"])
    columns = tuple(
        ExportColumn(heading, "text" if is_reference else kind_of(row[number] for row in rows))
        for number, (heading, is_reference) in enumerate(zip(table["headings"], references, strict=True))
    )
    return ExportTable(table["title"], columns, rows)


# ── Questions and queries ───────────────────────────────────────────────────────────────────────────────────────


def _question(of: QuestionRequest, lang: str, context: HandlerContext) -> Contents:
    kb = context.disclosed(of.audience)
    question = kb.questions.catalogue.find(of.name)
    answer = answer_in_process(replace(of, format="json"), context)
    hidden = [param.name for param in question.params if param.type == "lang" or param.name in layer_parameters(question.layers)]
    table = results_table(
        answer.body, title=translate("exports.column-answer", lang), lang=lang, hidden=hidden, name=_namer(of, lang, context)
    )
    shown = [p for p in question.params if p.name in of.params and p.name not in hidden]
    sentences = tuple(f"{param.label[lang]} {of.params[param.name]}" for param in shown)
    return Contents(question.summary[lang], (table,), (), sentences, answer.basis)


def _namer(of: QuestionRequest, lang: str, context: HandlerContext) -> Callable[[str], str]:
    names = context.disclosed(of.audience).statuses.names

    def name(iri: str) -> str:
        return names.name(iri, lang)

    return name


def _query(of: SparqlRequest, lang: str, context: HandlerContext) -> Contents:
    title = translate("exports.title-query", lang)
    answer = answer_in_process(replace(of, format="json"), context)
    return Contents(title, (results_table(answer.body, title=title, lang=lang),), (("query", of.query),))


_MAKERS: Final[Mapping[type[Request], Callable[[Any, str, HandlerContext], Contents]]] = {
    DutiesRequest: _duties,
    CompareRequest: _comparison,
    CustomReadingRequest: _supposed,
    WhatIfRequest: _supposed,
    DutyRequest: _duty,
    HistoryRequest: _history,
    ReadingsRequest: _readings,
    TransmissionsRequest: _transmissions,
    MeetingsRequest: _sheet,
    MeetingRequest: _sheet,
    BenchmarkRequest: _sheet,
    QuestionRequest: _question,
    SparqlRequest: _query,
}
