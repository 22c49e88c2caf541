"""Assessments for pages and programs: asked of worker processes with a deadline, and kept, since the register does not change.

Why workers: what is asked is in anyone's hands (any day, any reading, a document of ten megabytes), and neither the rules' engine nor a
parser can be interrupted. Why kept: most readers ask the same, and the same question has the same bytes for an answer.
"""

import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, ClassVar, Final

from flask import Response, current_app, make_response, request

from observance.core import ForbiddenError, InconsistentDataError, InvalidInputError, ObservanceError
from observance.datasets import DatasetRequest, request_to_json
from observance.knowledge_base import KnowledgeBase
from observance.questions import SerializedAnswer
from observance.web import received_document, response_formats
from observance.web.language import language
from observance.web.problem_details import sentences_of, status_of
from observance.web.response_formats import PAGE
from observance.web.site import site
from observance.workers import WorkerPool
from oxishacl import Source

_MOST_CACHED_BYTES: Final = 20_000_000
_LISTS: Final = (("members", "member"), ("paragraphs", "paragraph"))


class AssessmentWorkers:
    """The processes that assess, and the answers that they gave last."""

    KEY: ClassVar = "observance.assessors"

    def __init__(self, kb: KnowledgeBase) -> None:
        """As many processes as the settings say."""
        settings = kb.settings
        self._seconds = settings.assess_seconds
        self._workers = WorkerPool(
            "observance.handlers.assessment:open_assessment_handlers",
            kb.worker_arguments,
            count=settings.workers,
            memory_mb=settings.worker_memory_mb,
        )
        self._cache: OrderedDict[str, SerializedAnswer] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def request(self, asked: dict[str, Any], source: Source | None = None) -> SerializedAnswer:
        """The answer to a question of `observance.handlers.assessment`, about a document if there is one; that is never kept.

        Raises what the assessment raises, DeadlineExceededError and WorkerDiedError.
        """
        if source is not None:
            return self._call({**asked, "name": source.name, "media_type": source.media_type}, source.content)
        key = json.dumps(asked, sort_keys=True)
        with self._lock:
            if key in self._cache:
                self._cache.move_to_end(key)
                return self._cache[key]
        found = self._call(asked, b"")
        with self._lock:
            self._store(key, found)
        return found

    def layers(self, wanted: DatasetRequest) -> bytes:
        """What a question of the catalogue is asked of, as N-Triples; raises what `ask` raises. Whoever asks keeps it."""
        return self._call({"ask": "layers", **request_to_json(wanted)}, b"").body

    def close(self) -> None:
        """No process is left."""
        self._workers.close()

    def _call(self, asked: dict[str, Any], body: bytes) -> SerializedAnswer:
        header, answer = self._workers.call(asked, body, deadline=self._seconds)
        return SerializedAnswer(header["media_type"], answer)

    def _store(self, key: str, found: SerializedAnswer) -> None:
        if key not in self._cache and len(found.body) <= _MOST_CACHED_BYTES:
            self._cache[key] = found
            self._size += len(found.body)
        while self._size > _MOST_CACHED_BYTES:
            _, dropped = self._cache.popitem(last=False)
            self._size -= len(dropped.body)


def assessment_workers() -> AssessmentWorkers:
    """Those of the application that handles the current request."""
    found: AssessmentWorkers = current_app.extensions[AssessmentWorkers.KEY]
    return found


def assessment_request(ask: str, **further: Any) -> dict[str, Any]:
    """A question with the moment, the reading and the choice of the current request; a field that was left empty is none."""
    given: dict[str, Any] = {name: request.values.get(name, "").strip() or None for name in ("asOf", "knownAt", "reading")}
    lists = {name: [v.strip() for v in request.values.getlist(field) if v.strip()] for name, field in _LISTS}
    return {"ask": ask, "lang": language(), **given, **lists, **further}


def fetch_page_data(question: dict[str, Any], source: Source | None = None) -> Any:
    """What a page is made from."""
    return json.loads(fetch_answer(question, form=PAGE, source=source).body)


def fetch_answer(question: dict[str, Any], *, form: str, source: Source | None = None) -> SerializedAnswer:
    """The answer in a format; a document that asks for a fetch or contradicts itself cannot be read."""
    try:
        return assessment_workers().request({**question, "format": form}, source)
    except (ForbiddenError, InconsistentDataError) as error:
        if source is None:
            raise
        raise InvalidInputError(error.key, **error.values) from None


def respond_to_document(ask: str, *, shown: Callable[..., str]) -> Response:
    """The answer about the document that was sent: for a program, or in the page that `shown` makes of it, with what is wrong."""
    form, question = response_formats.requested_page_format(turtle=False), assessment_request(ask)
    if form != PAGE:
        return respond_with_data(question, form=form, source=received_document.received_source())
    text = received_document.received_text()
    try:
        return make_response(shown(text, found=fetch_page_data(question, received_document.received_source())))
    except ObservanceError as error:
        return make_response(shown(text, problem=(sentences_of(error) or {})[language()]), status_of(error))


def document_form_context(text: str, *, found: object, problem: str | None) -> dict[str, Any]:
    """What the form for such a document is shown with."""
    return {
        "text": text,
        "found": found,
        "problem": problem,
        "syntaxes": received_document.SYNTAXES,
        "chosen": request.form.get("syntax", ""),
        "asked": {name: request.form.get(name, "") for name in ("asOf", "knownAt", "reading")},
        "statuses": site().statuses(language()),
    }


def respond_with_data(question: dict[str, Any], *, form: str, source: Source | None = None) -> Response:
    """The answer for a program."""
    found = fetch_answer(question, form=form, source=source)
    return Response(found.body, content_type=found.media_type, headers={"Content-Language": language()})
