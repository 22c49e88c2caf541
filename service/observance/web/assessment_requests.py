"""Answers about the register for pages and programs: asked of worker processes with a deadline, and cached.

Workers, because any day, any reading and a document of ten megabytes may be asked about, and neither the rules' engine nor a parser can be
interrupted. A cache, because most readers ask the same, and the register does not change while the service runs.
"""

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from cachetools import LRUCache
from flask import Response, current_app, make_response, render_template, request
from markupsafe import Markup
from msgspec.structs import replace

from observance.core import ForbiddenError, InconsistentDataError, InvalidInputError, ObservanceError, SerializedAnswer
from observance.handlers import (
    MEETING_KEY,
    CustomReadingRequest,
    MomentRequest,
    PageAddresses,
    ReadingsRequest,
    SheetRequest,
    WhatIfRequest,
)
from observance.knowledge_base import KnowledgeBase
from observance.web import received_document, response_formats
from observance.web.language import language, link
from observance.web.problem_details import sentences_of, status_of
from observance.web.request_parameters import MOMENT, moment_fields, reading_choices, selection_fields, typed_values
from observance.web.response_formats import PAGE
from observance.web.site import site

_MOST_CACHED_BYTES: Final = 20_000_000

PageRequest = MomentRequest | ReadingsRequest


class AnswerCache:
    """The answers that the workers of a knowledge base gave last; any thread may ask."""

    KEY: ClassVar = "observance.answers"

    def __init__(self, kb: KnowledgeBase) -> None:
        """Nothing is asked yet."""
        self._kb = kb
        self._answers: LRUCache[PageRequest, SerializedAnswer] = LRUCache(_MOST_CACHED_BYTES, getsizeof=lambda answer: len(answer.body))
        self._lock = threading.Lock()

    def answer(self, asked: PageRequest) -> SerializedAnswer:
        """Return the answer; one about a document that was sent is not kept.

        Raises what the handler raises, DeadlineExceededError and WorkerDiedError.
        """
        if isinstance(asked, CustomReadingRequest):
            return self._call(asked)
        with self._lock:
            known = self._answers.get(asked)
        if known is not None:
            return known
        answer = self._call(asked)
        if len(answer.body) <= _MOST_CACHED_BYTES:
            with self._lock:
                self._answers[asked] = answer
        return answer

    def _call(self, asked: PageRequest) -> SerializedAnswer:
        return self._kb.workers.call(asked, deadline=self._kb.settings.assess_seconds)


def fetch_page_data(asked: PageRequest) -> Any:
    """Return what a page is made from."""
    return json.loads(fetch_answer(asked, form=PAGE).body)


def fetch_answer(asked: PageRequest, *, form: str) -> SerializedAnswer:
    """Return the answer in a format; a document that asks for a fetch or contradicts itself cannot be read."""
    cache: AnswerCache = current_app.extensions[AnswerCache.KEY]
    try:
        return cache.answer(replace(asked, format=form))
    except (ForbiddenError, InconsistentDataError) as error:
        if not isinstance(asked, CustomReadingRequest):
            raise
        raise InvalidInputError(error.key, **error.values) from None


def respond_to_document(kind: type[CustomReadingRequest | WhatIfRequest], *, shown: Callable[..., str]) -> Response:
    """Return the answer about the document that was sent: for a program, or in the page that `shown` makes of it, with what is wrong."""
    form = response_formats.requested_page_format(turtle=False)
    text = "" if form != PAGE else received_document.received_text()
    try:
        source = received_document.received_source()
        asked = kind(**moment_fields(), **selection_fields(), name=source.name, content=source.content, media_type=source.media_type)
        if form != PAGE:
            return respond_with_data(asked, form=form)
        return make_response(shown(text, found=fetch_page_data(asked)))
    except ObservanceError as error:
        if form != PAGE:
            raise
        return make_response(shown(text, problem=(sentences_of(error) or {})[language()]), status_of(error))


def document_form_context(text: str, *, found: object, problem: str | None) -> dict[str, Any]:
    """What the form for such a document is shown with."""
    return {
        "text": text,
        "found": found,
        "problem": problem,
        "syntaxes": received_document.SYNTAXES,
        "chosen": request.form.get("syntax", ""),
        "asked": typed_values(MOMENT),
        "statuses": site().statuses(language()),
    }


def respond_with_data(asked: PageRequest, *, form: str) -> Response:
    """Return the answer for a program."""
    answer = fetch_answer(asked, form=form)
    return Response(answer.body, content_type=answer.media_type, headers={"Content-Language": language()})


def link_addresses(kept: Mapping[str, str]) -> PageAddresses:
    """Where the paragraphs are shown, by number, and the meetings, with what the current request keeps."""
    address = site().paragraph_address(link)
    paragraphs = tuple((number, address(number)) for number in site().kb.lookup.paragraphs)
    return PageAddresses(paragraphs, link("meetings.one", key=MEETING_KEY, **kept))


def sheet_response(
    asked: SheetRequest, *, form: str, kept: Mapping[str, str], shown: Callable[[Mapping[str, Any]], Mapping[str, Any]]
) -> Response:
    """The answer for a program, or as a page with what `shown` makes of it; `kept` is what its form and its links keep."""
    if form != PAGE:
        return respond_with_data(asked, form=form)
    found = fetch_page_data(replace(asked, addresses=link_addresses(kept)))
    body = Markup(found["body"])  # noqa: S704 - made by our template, which escapes
    page = {"title": found["title"], "body": body, "values": kept, "readings": reading_choices(language()), "choices": (), "back": None}
    return make_response(render_template("review.html", **{**page, **shown(found)}))
