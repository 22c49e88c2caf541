"""Answers for an audience: raw data as from a register that lacks what it may not read, and nothing of that in what rests on all.

The registers have submissions of every disclosure, with texts that stand nowhere else.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date

from hypothesis import HealthCheck, Phase, example, given, seed, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from conftest import WHOLE
from disclosed_registers import AUDIENCES, BASE, Submission, documents_of, literals, names, opened, plainly_read, submissions
from observance.core import ObservanceError, SerializedAnswer
from observance.datasets.layers import DatasetRequest, build_dataset, end_of_day
from observance.handlers import assessment, benchmarking, meetings, notifications, validation
from observance.handlers.requests import (
    EVERY_READING,
    BenchmarkRequest,
    DutiesRequest,
    DutyRequest,
    HistoryRequest,
    MeetingRequest,
    MeetingsRequest,
    MomentRequest,
    TransmissionsRequest,
    WhatIfRequest,
)
from observance.handlers.table import HandlerContext
from observance.knowledge_base import KnowledgeBase
from observance.questions import Question, QuestionRequest, SparqlRequest
from observance.questions.model import LAYERS
from observance.register import PUBLIC, Audience, Moment
from observance.submissions import ReportRequest

QUERIES = (
    "SELECT * { ?s ?p ?o }",
    "SELECT * { GRAPH ?g { ?s ?p ?o } FILTER(STRSTARTS(STR(?g), 'https://w3id.org/observance/graphs/register')) }",
    "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g",
    "SELECT (COUNT(*) AS ?n) (COUNT(DISTINCT ?s) AS ?m) { ?s ?p ?o }",
    "CONSTRUCT { ?s ?p ?o } { ?s obs:recordedAt ?r ; ?p ?o }",
    "CONSTRUCT { ?s obs:x [ obs:y ?o ] } { ?s obs:coversPeriod ?o }",
    f"DESCRIBE <{BASE}s0> <{BASE}s1> <{BASE}s1#part> <{BASE}meeting>",
    f"ASK {{ ?s ?p <{BASE}s0> }}",
)
FORMS = (("en", "html"), ("fr", "html"), ("en", "json"), ("en", "turtle"))
FACTS = {"facts", "validation"}
DOCUMENT = f"""@prefix obs: <https://w3id.org/observance/ns#> .
<{BASE}new> a obs:ProgressReport ; obs:onBehalfOf <https://w3id.org/observance/parties/XA> ;
    <http://www.w3.org/ns/prov#wasRevisionOf> <{BASE}s0> , <{BASE}s1> ; obs:progressStatement <{BASE}s0#part> .
<{BASE}s0> obs:disclosure obs:Public . <{BASE}s1> a obs:ProgressReport ; obs:disclosure obs:Public .
""".encode()
EXAMPLES = settings(
    max_examples=60 if WHOLE else 4, deadline=None, database=None, suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)  # fmt: skip


def params_of(question: Question) -> dict[str, str]:
    """Values for the required parameters."""
    values = {"party": "XA", "paragraph": "2.8", "date": "2020-12-31", "iri": "https://w3id.org/observance/instruments/rkc"}
    named = {"other": "XB", "earlierAsOf": "2020-02-10", "from": "2020-02-10"}
    return {param.name: named.get(param.name, values[param.type]) for param in question.params if param.required}


def answer_to(kb: KnowledgeBase, request: QuestionRequest | SparqlRequest) -> SerializedAnswer | str:
    """The answer, or the error."""
    try:
        return kb.evaluator.sparql(request) if isinstance(request, SparqlRequest) else kb.evaluator.question(request)
    except ObservanceError as error:
        return str(error)


def raw_requests(kb: KnowledgeBase) -> Iterator[QuestionRequest | SparqlRequest]:
    """The raw questions of the catalogue, and the queries."""
    for question in kb.questions.catalogue.questions:
        if set(question.layers) <= FACTS:
            yield QuestionRequest(name=question.name, format="people", params=params_of(question))
    yield from (SparqlRequest(query=query, format="people") for query in QUERIES)


@seed(2018)
@EXAMPLES
@given(submissions(), st.sampled_from(AUDIENCES))
@example(
    [
        Submission("ProgressReport", "XB", ("Public",), 0, (), 0),
        Submission("ProgressReport", "XC", ("Public",), 1, ("claim",), 0),
        Submission("ProgressReport", "XA", ("Restricted",), 1, (), 0),
    ],
    PUBLIC,
).via("a fault of the register in a document that is disclosed in part")
def test_raw_answers(kb: KnowledgeBase, chosen: list[Submission], audience: Audience):
    """Raw answers and reports are byte for byte those of a register without the statements that the audience may not read."""
    documents = documents_of(chosen)
    whole, left = HandlerContext(opened(kb, documents)), HandlerContext(opened(kb, plainly_read(documents, audience)))
    disclosed = whole.disclosed(audience)
    assert disclosed.register.queried.version == left.kb.register.queried.version
    for request in raw_requests(kb):
        assert answer_to(disclosed, request) == answer_to(left.kb, request), request
    report = ReportRequest("new.ttl", DOCUMENT, "text/turtle", "json", evidence=True, audience=audience)
    assert validation.report(report, whole) == validation.report(
        ReportRequest("new.ttl", DOCUMENT, "text/turtle", "json", evidence=True), left
    )


def told(context: HandlerContext, audience: Audience | None) -> Iterator[tuple[object, str]]:
    """What is told to the audience: the answers to questions with statuses, the pages and the data about them."""
    evaluator = context.disclosed(audience).evaluator
    for question in context.kb.questions.catalogue.questions:
        if not set(question.layers) <= FACTS:
            yield question.name, evaluator.question(QuestionRequest(question.name, "people", params_of(question))).body.decode()
    given = context.assessments(DutiesRequest(audience=audience))
    layers = frozenset(LAYERS) - {"validation"}
    parties = frozenset({"https://w3id.org/observance/parties/XA"})
    asked = DatasetRequest(layers, given.moment, given.reading, end_of_day(Moment(date(2020, 2, 10), given.moment.known_at)), parties)
    yield asked, "\n".join(map(str, build_dataset(asked, inputs=given.inputs)))
    requests = [
        (assessment.duties, DutiesRequest(audience=audience)),
        (assessment.duties, DutiesRequest(audience=audience, reading=EVERY_READING)),
        (benchmarking.benchmark, BenchmarkRequest(audience=audience, by="standard")),
        (meetings.meetings, MeetingsRequest(audience=audience)),
        (meetings.meeting, MeetingRequest(audience=audience, key="meeting")),
        (notifications.transmissions, TransmissionsRequest(audience=audience)),
        (assessment.what_if, WhatIfRequest(audience=audience, name="new.ttl", content=DOCUMENT)),
    ]
    for handler, request in requests:
        for lang, form in FORMS:
            yield request, answered(handler, replace(request, lang=lang, format=form), context)
    # A few of many duties: to explain one takes a while.
    for number, found in enumerate(context.assessments(DutiesRequest()).assessments[::5]):
        lang, form = FORMS[number % len(FORMS)]
        for handler, kind in ((assessment.duty, DutyRequest), (assessment.history, HistoryRequest)):
            request = kind(audience=audience, duty=found.duty.iri, lang=lang, format=form)
            yield request, answered(handler, request, context)


def answered(handler: Callable[..., SerializedAnswer], request: MomentRequest, context: HandlerContext) -> str:
    """The answer of the handler, or the sentence of its error."""
    try:
        return handler(request, context).body.decode()
    except ObservanceError as error:
        return str(error)


@seed(2018)
@EXAMPLES
@given(submissions(), st.sampled_from(AUDIENCES))
@example(
    [
        Submission("IntentionNotification", "XA", ("Restricted",), 0, ("relay", "of-party"), 0),
        Submission("ProgressReport", "XB", ("MembersOnly",), 1, ("note", "describes"), 4),
        Submission("ParticipationStatement", "XC", (), 1, ("of-party",), 0),
        Submission("Justification", "XA", ("Restricted",), 0, (), 0),
        Submission("ProgressReport", "XB", ("Public",), 2, ("revision", "mention"), 1),
    ],
    PUBLIC,
).via("something withheld from the public in each answer that could tell of it")
def test_nothing_withheld_is_told(kb: KnowledgeBase, chosen: list[Submission], audience: Audience):
    """No answer, page or datum has the IRI of a withheld node or a text that stands only in what the audience may not read."""
    documents = documents_of(chosen)
    left = plainly_read(documents, audience)
    secrets = (literals(documents) - literals(left)) | {f"{iri}(?![\\w#-])" for iri in names(documents) - names(left)}
    pattern = re.compile("|".join(sorted(secrets)) or "(?!)")
    for asked, text in told(HandlerContext(opened(kb, documents)), audience):
        assert (found := pattern.search(text)) is None, (asked, found, text[max(0, found.start() - 200) : found.end() + 50])


def test_made_ready(kb: KnowledgeBase):
    """What an audience reads is made ready with the rest, if that is asked for, and rests on the same statuses."""
    context = HandlerContext(kb.renewed())
    context.prepare([PUBLIC])
    found, given = context.assessments(DutiesRequest()), context.assessments(DutiesRequest(audience=PUBLIC))
    assert context.disclosed(PUBLIC).evaluator.ready_store(given.moment, given.reading) is not None
    assert given.assessments is found.assessments
    for asked in (found, given):
        assert "withheld" in vars(asked.inputs), "each worker would look for it at its first page"
