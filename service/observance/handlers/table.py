"""The table from request types to handlers; the module of a handler is imported on its first request, or in a prepared loader."""

import contextlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from cachetools import LRUCache

from observance.core import ObservanceError, SerializedAnswer, Settings
from observance.handlers.requests import (
    AnswerExportRequest,
    BenchmarkRequest,
    CompareRequest,
    CustomReadingRequest,
    DocumentUseRequest,
    DutiesRequest,
    DutyRequest,
    ExaminationRequest,
    FormCheckRequest,
    FormDocumentRequest,
    FormReadingRequest,
    FormRequest,
    FormsRequest,
    HeadingsRequest,
    HistoryRequest,
    MeetingRequest,
    MeetingsRequest,
    MomentRequest,
    NewWorkbookRequest,
    OverviewRequest,
    PdfRequest,
    QueryExportRequest,
    ReadingsRequest,
    RecordCheckRequest,
    RegisterWorkbookRequest,
    ResourceRequest,
    SearchRequest,
    TableExportRequest,
    TransmissionsRequest,
    WhatIfRequest,
    WorkbookRequest,
)
from observance.knowledge_base import KnowledgeBase
from observance.questions import QuestionRequest, SparqlRequest
from observance.register import Audience
from observance.submissions import RepairRequest, ReportRequest
from observance.workers import Loaded, Request

if TYPE_CHECKING:
    from observance.assessment import AssessmentInputs, AssessmentSet
    from observance.rdf import Store


def json_answer(value: Any) -> SerializedAnswer:
    """The value as an answer in JSON."""
    content = msgspec.json.encode(value, enc_hook=_plain_text)
    return SerializedAnswer("application/json", msgspec.json.format(content, indent=2) + b"\n")


def _plain_text(value: object) -> str:
    """The text of a text of another kind, such as a fragment of HTML."""
    if isinstance(value, str):
        return str(value)
    raise TypeError(type(value))


def turtle_answer(text: str) -> SerializedAnswer:
    """The text as an answer in Turtle."""
    return SerializedAnswer("text/turtle; charset=utf-8", text.encode())


# The handler of each request type, as module and function of this package.
_HANDLERS: Final[Mapping[type[Request], str]] = {
    ReportRequest: "validation:report",
    RepairRequest: "validation:repair",
    ExaminationRequest: "filing:examine",
    RecordCheckRequest: "filing:check_record",
    FormsRequest: "forms:forms",
    FormRequest: "forms:form",
    FormReadingRequest: "forms:read",
    FormCheckRequest: "forms:check",
    FormDocumentRequest: "forms:document",
    SparqlRequest: "questions:sparql",
    QuestionRequest: "questions:question",
    DutiesRequest: "assessment:duties",
    DocumentUseRequest: "assessment:document_use",
    DutyRequest: "assessment:duty",
    CompareRequest: "comparison:compare",
    OverviewRequest: "overview:overview",
    HistoryRequest: "assessment:history",
    ReadingsRequest: "assessment:readings",
    CustomReadingRequest: "assessment:custom_reading",
    WhatIfRequest: "assessment:what_if",
    TransmissionsRequest: "notifications:transmissions",
    MeetingsRequest: "meetings:meetings",
    MeetingRequest: "meetings:meeting",
    BenchmarkRequest: "benchmarking:benchmark",
    WorkbookRequest: "workbooks:report",
    NewWorkbookRequest: "workbooks:new",
    RegisterWorkbookRequest: "workbooks:register",
    ResourceRequest: "resources:resource",
    HeadingsRequest: "resources:headings",
    SearchRequest: "search:search",
    AnswerExportRequest: "exports:answer",
    QueryExportRequest: "exports:answer",
    TableExportRequest: "exports:table",
    PdfRequest: "exports:pdf",
}


_MAX_AUDIENCES: Final = 4
"""Each holds copies of the knowledge."""


class HandlerContext:
    """The knowledge base that the handlers of one process share, and what they ask of it."""

    def __init__(self, kb: KnowledgeBase) -> None:
        """Share the knowledge base."""
        self.kb = kb
        self._disclosed: LRUCache[Audience, KnowledgeBase] = LRUCache(_MAX_AUDIENCES)

    def disclosed(self, audience: Audience | None) -> KnowledgeBase:
        """Return the knowledge base as it is disclosed to the audience; those of the last few are kept.

        Raises what opening a register raises.
        """
        if audience is None:
            return self.kb
        if audience not in self._disclosed:
            self._disclosed[audience] = self.kb.disclosed_to(audience)
        return self._disclosed[audience]

    def inputs(self, request: MomentRequest) -> "AssessmentInputs":
        """Return the inputs of statuses, of which the audience of the request is told what it may read."""
        return self.disclosed(request.audience).statuses

    def json_answer(self, value: Mapping[str, Any]) -> SerializedAnswer:
        """The value as an answer in JSON that names the version of the register that it rests on."""
        return json_answer({"register": self.kb.register.queried.version, **value})

    def assessments(self, request: MomentRequest) -> "AssessmentSet":
        """Return the assessments at the moment and under the reading of the request; raises what `parse_moment` and `assess` raise."""
        # Imported here because a process that only runs queries does not need it.
        from observance.assessment import assess, parse_moment

        day, time = parse_moment(request.as_of, request.known_at, names=("asOf", "knownAt"))
        return assess(self.inputs(request), as_of=day, known_at=time, reading=request.reading or None)

    def ready_store(self, assessment_set: "AssessmentSet") -> "Store | None":
        """The dataset of the moment and reading of the assessments, if it has been loaded: with what is withheld from some audiences."""
        return self.kb.evaluator.ready_store(assessment_set.moment, assessment_set.reading)

    def prepare(self, audiences: Sequence[Audience] = ()) -> None:
        """Make ready what most requests need: the store of the questions and the statuses at the current moment, also for audiences.

        Nothing that is read from the knowledge is left for later, when its files may have changed.
        """
        from observance.datasets import open_register_questions
        from observance.handlers.held_meetings import held_meetings

        kb = self.kb
        _ = (kb.shapes, kb.lookup.paragraphs, kb.lookup.examples, kb.questions.catalogue.questions, kb.questions.catalogue.pages)
        for name in _HANDLERS.values():
            _function(name)
        # A register of which nothing can be derived says so to whoever asks for it.
        with contextlib.suppress(ObservanceError):
            inputs = kb.assessment.inputs
            at = inputs.moment(as_of=None, known_at=None)
            # First, because what their derivations leave free is used for what follows; a page shows all readings beside each other.
            for reading in tuple(inputs.readings.values())[1:]:
                with contextlib.suppress(ObservanceError):
                    inputs.prepare_assessments(reading=reading, at=at)
            _ = kb.forms.forms
            kb.evaluator.prepare()
            assessment_set = self.assessments(MomentRequest())
            _ = (assessment_set.derivation, assessment_set.assessments, inputs.names, inputs.warning, inputs.withheld)
            open_register_questions(assessment_set, store=self.ready_store(assessment_set))
            # What changed since the last meeting is asked from the first page.
            if past := [day for day in held_meetings(assessment_set, self) if day < at.as_of]:
                inputs.prepare_assessments(reading=assessment_set.reading, at=inputs.moment(as_of=past[-1], known_at=None))
            _ = kb.search.knowledge if audiences else kb.search.content
            for disclosed in map(self.disclosed, audiences):
                disclosed.evaluator.prepare()
                _ = (disclosed.statuses.names, disclosed.statuses.withheld, disclosed.forms.forms, disclosed.search.content)


def open_handlers(argument: Mapping[str, Any]) -> Loaded:
    """The handlers of worker processes over a knowledge base; `argument` is what `KnowledgeBase` gives its pool."""
    settings = Settings(**argument["settings"], registers=tuple(map(Path, argument["registers"])))
    audiences = msgspec.convert(argument.get("audiences", ()), tuple[Audience, ...])
    return _loaded(KnowledgeBase(settings), is_prepared=argument["is_prepared"], audiences=audiences)


def _loaded(kb: KnowledgeBase, *, is_prepared: bool, audiences: Sequence[Audience]) -> Loaded:
    context = HandlerContext(kb)
    return Loaded(
        {kind: _handler(name, context=context) for kind, name in _HANDLERS.items()},
        kb.prepared(lambda: context.prepare(audiences)) if is_prepared else {},
        lambda: partial(_loaded, kb.renewed(), is_prepared=is_prepared, audiences=audiences),
    )


def answer_in_process(request: Request, context: HandlerContext) -> SerializedAnswer:
    """Return the answer to the request, of this process; raises what its handler raises."""
    return _function(_HANDLERS[type(request)])(request, context)


def _handler(name: str, *, context: HandlerContext) -> Callable[[Any], SerializedAnswer]:
    def handle(request: Request) -> SerializedAnswer:
        return _function(name)(request, context)

    return handle


def _function(name: str) -> Callable[[Request, HandlerContext], SerializedAnswer]:
    function: Callable[[Request, HandlerContext], SerializedAnswer] = pkgutil.resolve_name(f"{__package__}.{name}")
    return function
