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

from observance.core.errors import ForbiddenError, InconsistentDataError, InvalidInputError, ObservanceError
from observance.core.model import SerializedAnswer, Source
from observance.datasets.graph import Wanted
from observance.datasets.question_datasets import as_request
from observance.knowledge_base import KnowledgeBase
from observance.web import page_formats, received_document
from observance.web.language import language
from observance.web.problem_details import status_of, told
from observance.web.query_formats import PAGE
from observance.web.site import site
from observance.workers.pool import WorkerPool

_KEPT_BYTES: Final = 20_000_000
_LISTS: Final = (("members", "member"), ("paragraphs", "paragraph"))


class Assessors:
    """The processes that assess, and the answers that they gave last."""

    KEY: ClassVar = "observance.assessors"

    def __init__(self, kb: KnowledgeBase) -> None:
        """As many processes as the settings say."""
        settings = kb.settings
        self._seconds = settings.assess_seconds
        self._workers = WorkerPool(
            "observance.handlers.assessment:open_assessor", kb.opening, count=settings.workers, memory_mb=settings.worker_memory_mb
        )
        self._kept: OrderedDict[str, SerializedAnswer] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def ask(self, asked: dict[str, Any], source: Source | None = None) -> SerializedAnswer:
        """The answer to a question of `observance.handlers.assessment`, about a document if there is one; that is never kept.

        Raises what the assessment raises, DeadlineExceeded and Interrupted.
        """
        if source is not None:
            return self._asked({**asked, "name": source.name, "media_type": source.media_type}, source.content)
        key = json.dumps(asked, sort_keys=True)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = self._asked(asked, b"")
        with self._lock:
            self._keep(key, found)
        return found

    def layers(self, wanted: Wanted) -> bytes:
        """What a question of the catalogue is asked of, as N-Triples; raises what `ask` raises. Whoever asks keeps it."""
        return self._asked({"ask": "layers", **as_request(wanted)}, b"").body

    def close(self) -> None:
        """No process is left."""
        self._workers.close()

    def _asked(self, asked: dict[str, Any], body: bytes) -> SerializedAnswer:
        header, answer = self._workers.call(asked, body, deadline=self._seconds)
        return SerializedAnswer(header["media_type"], answer)

    def _keep(self, key: str, found: SerializedAnswer) -> None:
        if key not in self._kept and len(found.body) <= _KEPT_BYTES:
            self._kept[key] = found
            self._size += len(found.body)
        while self._size > _KEPT_BYTES:
            _, dropped = self._kept.popitem(last=False)
            self._size -= len(dropped.body)


def assessors() -> Assessors:
    """Those of the application that handles the current request."""
    found: Assessors = current_app.extensions[Assessors.KEY]
    return found


def asked(ask: str, **further: Any) -> dict[str, Any]:
    """A question with the moment, the reading and the choice of the current request; a field that was left empty is none."""
    given: dict[str, Any] = {name: request.values.get(name, "").strip() or None for name in ("asOf", "knownAt", "reading")}
    lists = {name: [v.strip() for v in request.values.getlist(field) if v.strip()] for name, field in _LISTS}
    return {"ask": ask, "lang": language(), **given, **lists, **further}


def page(question: dict[str, Any], source: Source | None = None) -> Any:
    """What a page is made from."""
    return json.loads(answered(question, form=PAGE, source=source).body)


def answered(question: dict[str, Any], *, form: str, source: Source | None = None) -> SerializedAnswer:
    """The answer in a format; a document that asks for a fetch or contradicts itself cannot be read."""
    try:
        return assessors().ask({**question, "format": form}, source)
    except (ForbiddenError, InconsistentDataError) as error:
        if source is None:
            raise
        raise InvalidInputError(error.key, **error.values) from None


def received_for(ask: str, *, shown: Callable[..., str]) -> Response:
    """The answer about the document that was sent: for a program, or in the page that `shown` makes of it, with what is wrong."""
    form, question = page_formats.form(turtle=False), asked(ask)
    if form != PAGE:
        return sent(question, form=form, source=received_document.source())
    text = received_document.text()
    try:
        return make_response(shown(text, found=page(question, received_document.source())))
    except ObservanceError as error:
        return make_response(shown(text, problem=(told(error) or {})[language()]), status_of(error))


def document_form(text: str, *, found: object, problem: str | None) -> dict[str, Any]:
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


def sent(question: dict[str, Any], *, form: str, source: Source | None = None) -> Response:
    """The answer for a program."""
    found = answered(question, form=form, source=source)
    return Response(found.body, content_type=found.media_type, headers={"Content-Language": language()})
