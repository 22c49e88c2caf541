"""What the page about a Member or Union shows of it: its documents in time, its timetable, its attendance, its follow-up items."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any

from markupsafe import Markup
from msgspec import Struct

from observance.accounts import AccountError
from observance.core import NotFoundError, calendar, format_day, translate
from observance.forms import Field
from observance.handlers import DutiesRequest
from observance.presentation import lane_chart
from observance.web import assessment_requests, form_requests
from observance.web.access import UnauthenticatedError, access
from observance.web.audience import audience
from observance.web.document_words import DocumentWords, document_words
from observance.web.form_view import FieldView, RowView
from observance.web.gantt import Gantt, gantt, has_interval
from observance.web.instrument_text import Row
from observance.web.language import language
from observance.web.problem_details import error_sentences
from observance.web.request_parameters import moment_fields
from observance.web.site import result_rows, site


class TimetableStep(Struct, frozen=True):
    """A step of a timetable beside what a later document says of it: each a text for every column."""

    heading: str
    planned: tuple[str, ...]
    reported: tuple[str, ...]


class Progress(Struct, frozen=True):
    """The newest timetable with its chart, and its steps beside what the newest report says of them."""

    document: Row
    chart: Gantt | None
    field: FieldView
    report: Row | None
    steps: tuple[TimetableStep, ...]


class PartyProfile(Struct, frozen=True):
    """What the page about a Member or Union shows. `problem` says why its follow-up items are not told."""

    name: str
    duties: Mapping[str, Any] | None
    problem: str
    documents: tuple[Row, ...]
    drawing: Markup
    periods: tuple[Row, ...]
    meetings: tuple[Row, ...]
    progress: Progress | None
    contact: str


def party_profile(iri: str) -> PartyProfile | None:
    """Return what the page about the party shows; None for one that the register does not declare."""
    names = {row["party"]: row["name"] for row in site().rows("bearers", language())}
    if iri not in names:
        return None
    duties, problem = _duties(iri)
    documents = _rows("party-documents", iri)
    return PartyProfile(
        names[iri],
        duties,
        problem,
        documents,
        _drawing(documents),
        _rows("party-periods", iri),
        _rows("party-meetings", iri),
        _progress(documents),
        access().settings.relay_sender,
    )


def _duties(iri: str) -> tuple[Mapping[str, Any] | None, str]:
    """The follow-up items of the party; or why the reader is not told of them."""
    try:
        data = assessment_requests.fetch_page_data(DutiesRequest(**moment_fields(), members=(iri,)))
    except (AccountError, UnauthenticatedError) as error:
        return None, (error_sentences(error) or {}).get(language(), "")
    rows = [row for row in data["rows"] if row["bearer"] == iri]
    return ({**data, "rows": rows}, "") if rows else (None, translate("resources.items-not-told", language()))


def _rows(name: str, iri: str) -> tuple[Row, ...]:
    """The rows of a question of `queries/pages` about the party, as the reader of the current request may read them."""
    return result_rows(site().kb.questions.page(name, {"party": iri, "lang": language()}, audience=audience()))


def _drawing(documents: Iterable[Row]) -> Markup:
    """The documents in time, a line for each kind; empty without any."""
    lanes: dict[str, list[tuple[date, str]]] = {}
    for row in documents:
        with suppress(ValueError):
            day = calendar.first_day(row.get("day", ""))
            lanes.setdefault(row["label"], []).append((day, f"{format_day(day.isoformat(), language())} – {row.get('identifier', '')}"))
    if not lanes:
        return Markup()
    title = translate("resources.documents-in-time", language())
    ordered = sorted(lanes.items(), key=lambda lane: min(lane[1]))
    return Markup(lane_chart(ordered, title=title))  # noqa: S704 - rendered by a template of this project, which escapes


def _progress(documents: Sequence[Row]) -> Progress | None:
    """The newest document with a table of periods that is not revised, beside the newest other one with a table of the same rows."""
    current = [row for row in documents if "revision" not in row]
    tables = _tables(current)
    planned = next(((row, words, shown) for row, words, shown in tables if words.charts.get(shown.path)), None)
    if planned is None:
        return None
    row, _, shown = planned
    by = shown.asked.part.rows_by if shown.asked.part is not None else ""
    report = next((found for found in tables if not has_interval(found[2]) and _rows_by(found[2].asked) == by), None)
    told = {each.heading: _texts(each) for each in report[2].rows if each.is_stated} if report is not None else {}
    steps = tuple(TimetableStep(each.heading, _texts(each), told.get(each.heading, ())) for each in shown.rows if each.is_stated)
    levels = {each.heading: _first_text(each) for each in report[2].rows if each.is_stated} if report is not None else {}
    return Progress(row, gantt(shown, beside=levels), shown, report[0] if report is not None else None, steps)


def _tables(documents: Sequence[Row]) -> list[tuple[Row, DocumentWords, FieldView]]:
    """The first table of the newest document of each kind that has one, with the document's words."""
    forms = {form.kind: form.name for form in form_requests.listed()}
    newest: dict[str, Row] = {}
    for row in documents:
        newest.setdefault(row["kind"], row)
    found = []
    for kind, row in newest.items():
        if kind not in forms or not any(asked.is_table for asked in form_requests.form(forms[kind]).part.fields):
            continue
        with suppress(NotFoundError):
            words = document_words(row["document"], [kind])
            tables = [shown for shown in words.view.fields if shown.widget == "table"] if words is not None else []
            found += [(row, words, tables[0])] if words is not None and tables else []
    return found


def _rows_by(asked: Field) -> str:
    return asked.part.rows_by if asked.part is not None else ""


def _first_text(row: RowView) -> str:
    """What the first column of the row states; empty if it states nothing."""
    return ", ".join(entry.shown for shown in row.columns[:1] for entry in shown.written)


def _texts(row: RowView) -> tuple[str, ...]:
    """What the columns of the row state."""
    return tuple(
        f"{shown.label}{translate('web.colon', language())} {', '.join(entry.shown for entry in shown.written)}"
        for shown in row.columns
        if shown.written
    )
