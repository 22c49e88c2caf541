"""What the pages of forms ask of worker processes, and what of it is kept for the next request."""

import json
import threading
from typing import Final

import msgspec
from cachetools import LRUCache
from flask import current_app
from msgspec.structs import replace

from observance.accounts import RECORD
from observance.core import NotFoundError, SerializedAnswer, compact
from observance.forms import CheckedForm, FilledForm, Form, ReadForm
from observance.handlers import FormCheckRequest, FormDocumentRequest, FormReadingRequest, FormRequest, FormsRequest, WorkbookRequest
from observance.web.access import access, current_identity
from observance.web.audience import audience
from observance.web.form_fields import check_size, path_now
from observance.web.site import shown, site
from observance.workers import Request
from oxishacl import Source

_KEY: Final = "observance.forms"
_MOST_KEPT: Final = 64
_LOCK: Final = threading.Lock()

DRAFT_TYPE: Final = "application/json"
"""The media type of a draft that is kept as a file."""


def listed() -> list[Form]:
    """The forms without their fields."""
    return msgspec.convert(shown(msgspec.json.decode(_call(FormsRequest(audience=audience())).body)), list[Form])


def record_form(kind: str) -> str:
    """The name of the form for a kind of records, by its short name; empty if there is none, or if the reader enters no records."""
    if not kind or not enters_records():
        return ""
    return next((form.name for form in listed() if form.is_record and compact(form.kind) == kind), "")


def enters_records() -> bool:
    """Whether the reader enters the records of the Secretariat: by its account, or on a machine where all of the register is open."""
    identity = current_identity()
    return (identity is not None and identity.may(RECORD)) if access().is_controlled else audience() is None


def form(name: str) -> Form:
    """The form with the name; raises NotFoundError if there is none. Those of the last requests are kept."""
    kept: LRUCache[object, Form] = current_app.extensions.setdefault(_KEY, LRUCache(_MOST_KEPT))
    key = (site().kb.served["register"], site().kb.served.get("knowledge"), audience(), name)
    with _LOCK:
        found = kept.get(key)
    if found is None:
        found = msgspec.convert(shown(msgspec.json.decode(_call(FormRequest(name=name, audience=audience())).body)), Form)
        with _LOCK:
            kept[key] = found
    return found


def checked(filled: FilledForm) -> CheckedForm:
    """What is found out about the filled form; raises what calling a worker process raises."""
    return msgspec.json.decode(_call(FormCheckRequest(filled=msgspec.json.encode(filled), audience=audience())).body, type=CheckedForm)


def document(filled: FilledForm, media_type: str) -> SerializedAnswer:
    """What the filled form states, in the syntax; raises UsageError if an entry cannot be taken."""
    return _call(FormDocumentRequest(filled=msgspec.json.encode(filled), media_type=media_type, audience=audience()))


def read_source(name: str, source: Source, *, start: str = "") -> FilledForm:
    """The form as a file fills it in, which is a draft or RDF; raises what reading it raises."""
    if not start and source.content.lstrip()[:1] == b"{":
        try:
            return read_draft(source.content)
        except NotFoundError:
            pass  # a document in JSON-LD
    asked = FormReadingRequest(
        name=name, file=source.name, content=source.content, media_type=source.media_type, audience=audience(), start=start
    )
    return msgspec.json.decode(_call(asked).body, type=FilledForm)


def read_workbook(source: Source) -> ReadForm:
    """The form as the workbook fills it in, and what could not be taken; raises what reading it raises."""
    asked = WorkbookRequest(name=source.name, content=source.content, format="form", audience=audience())
    read = msgspec.json.decode(_call(asked).body, type=ReadForm)
    check_size(read.filled)
    return read


def with_cells(checked: CheckedForm, read: ReadForm) -> CheckedForm:
    """The check of a form that a workbook filled in, in which a cell that could not be taken stands in place of its entry."""
    problems = tuple(replace(problem, path=path_now(problem.path, read.filled, checked.filled)) for problem in read.problems)
    others = tuple(problem for problem in checked.problems if problem.path not in {told.path for told in problems})
    return replace(checked, problems=(*problems, *others), is_ready=checked.is_ready and not problems)


def read_record(name: str, node: str, *, start: str) -> FilledForm:
    """The form as the submission on record with the IRI fills it in; raises NotFoundError if the reader may read none."""
    asked = FormReadingRequest(name=name, node=node, audience=audience(), start=start)
    return msgspec.json.decode(_call(asked).body, type=FilledForm)


def read_draft(content: bytes) -> FilledForm:
    """The filled form that a draft holds; raises NotFoundError if the text is none, and what `check_size` raises."""
    try:
        filled = msgspec.json.decode(content, type=FilledForm)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise NotFoundError("forms.not-a-draft") from None
    check_size(filled)
    return filled


def written_draft(filled: FilledForm) -> bytes:
    """The text of a draft of the filled form."""
    return json.dumps(msgspec.to_builtins(filled), ensure_ascii=False, indent=1).encode() + b"\n"


def _call(request: Request) -> SerializedAnswer:
    kb = site().kb
    return kb.workers.call(request, deadline=kb.settings.validate_seconds)
