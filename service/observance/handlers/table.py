"""The table from request types to handlers; the module of a handler is imported on its first request."""

import json
import pkgutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cachetools import LRUCache

from observance.core import SerializedAnswer, Settings
from observance.handlers.requests import (
    BenchmarkRequest,
    CustomReadingRequest,
    DutiesRequest,
    DutyRequest,
    HistoryRequest,
    MeetingRequest,
    MeetingsRequest,
    MomentRequest,
    ReadingsRequest,
    TransmissionsRequest,
    WhatIfRequest,
)
from observance.knowledge_base import KnowledgeBase
from observance.questions import QuestionRequest, SparqlRequest
from observance.submissions import ReportRequest
from observance.workers import Handlers, Request

if TYPE_CHECKING:
    from observance.assessment import AssessmentSet


def json_answer(value: Any) -> SerializedAnswer:
    """The value as an answer in JSON."""
    return SerializedAnswer("application/json", (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode())


def turtle_answer(text: str) -> SerializedAnswer:
    """The text as an answer in Turtle."""
    return SerializedAnswer("text/turtle; charset=utf-8", text.encode())


# The handler of each request type, as module and function of this package.
_HANDLERS: Final[Mapping[type[Request], str]] = {
    ReportRequest: "validation:report",
    SparqlRequest: "questions:sparql",
    QuestionRequest: "questions:question",
    DutiesRequest: "assessment:duties",
    DutyRequest: "assessment:duty",
    HistoryRequest: "assessment:history",
    ReadingsRequest: "assessment:readings",
    CustomReadingRequest: "assessment:custom_reading",
    WhatIfRequest: "assessment:what_if",
    TransmissionsRequest: "notifications:transmissions",
    MeetingsRequest: "meetings:meetings",
    MeetingRequest: "meetings:meeting",
    BenchmarkRequest: "benchmarking:benchmark",
}
_MAX_CACHED_SETS: Final = 6
"""The largest number of assessment sets in the cache of one process."""


class HandlerContext:
    """The knowledge base that the handlers of one process share, with a cache of assessment sets."""

    def __init__(self, kb: KnowledgeBase) -> None:
        """Start with an empty cache."""
        self.kb = kb
        self._cache: LRUCache[tuple[str | None, ...], AssessmentSet] = LRUCache(_MAX_CACHED_SETS)

    def assessments(self, request: MomentRequest) -> "AssessmentSet":
        """Return the assessments at the moment and under the reading of the request; raises what `parse_moment` and `assess` raise."""
        # Imported here because a process that only runs queries does not need it.
        from observance.assessment import assess, parse_moment

        key = (request.as_of or None, request.known_at or None, request.reading or None)
        if key not in self._cache:
            day, time = parse_moment(request.as_of, request.known_at, names=("asOf", "knownAt"))
            self._cache[key] = assess(self.kb.assessment.inputs, as_of=day, known_at=time, reading=request.reading)
        return self._cache[key]


def open_handlers(argument: Mapping[str, Any]) -> Handlers:
    """The handlers of a worker process; `argument` has the fields of Settings as `settings` and the paths of `registers`."""
    context = HandlerContext(KnowledgeBase(Settings(**argument["settings"], registers=tuple(map(Path, argument["registers"])))))
    return {kind: _handler(name, context=context) for kind, name in _HANDLERS.items()}


def _handler(name: str, *, context: HandlerContext) -> Callable[[Any], SerializedAnswer]:
    def handle(request: Request) -> SerializedAnswer:
        function: Callable[[Request, HandlerContext], SerializedAnswer] = pkgutil.resolve_name(f"{__package__}.{name}")
        return function(request, context)

    return handle
