"""A document on record as its form reads in words, with the charts of its tables."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from msgspec import Struct

from observance.core import NotFoundError
from observance.forms import Form
from observance.web import form_requests
from observance.web.form_view import FieldView, FormView, view_form
from observance.web.gantt import gantt, has_interval
from observance.web.language import language


class DocumentWords(Struct, frozen=True):
    """What a document on record says: its form, the fields with their values, and the chart of each table by its path."""

    form: Form
    view: FormView
    charts: Mapping[str, Any]


def document_words(iri: str, kinds: Collection[str]) -> DocumentWords | None:
    """Return what the document of these kinds says in words; None if there is no form for it, or none that the reader may read."""
    name = next((form.name for form in form_requests.listed() if form.kind in kinds), None)
    if name is None:
        return None
    try:
        filled = form_requests.read_record(name, iri, start="")
    except NotFoundError:
        return None
    form = form_requests.form(name)
    view = view_form(form, filled, lang=language())
    return DocumentWords(form, view, charts(view.fields))


def charts(fields: Sequence[FieldView]) -> Mapping[str, Any]:
    """Return the chart of each table with dates to draw; None for one that has columns for them and nothing in these yet."""
    drawn = {shown.path: (gantt(shown), has_interval(shown)) for shown in fields if shown.widget == "table"}
    return {path: chart for path, (chart, is_expected) in drawn.items() if chart is not None or is_expected}
