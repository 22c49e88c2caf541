"""Validation: a document that was read, against the shapes, in the light of the knowledge and of a register."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from typing import Any

import pyoxigraph as ox
from msgspec import Struct

from observance.core import OBS, RDF, InvalidInputError, compact, nearest_iri
from observance.knowledge import Knowledge, digest_rooms
from observance.register import Register
from observance.submissions.engines import ENGINES, BackgroundGraph, DataGraph, EngineResult, ShapesGraph, Term, engine_results
from observance.submissions.findings import FindingBuilder, order_of, paragraphs_of, paths_from_submissions
from observance.submissions.model import SEVERITIES, Finding, SubmissionReport
from observance.submissions.report_turtle import report_triples
from oxishacl import Document, Index, Source, node_name


class ValidationBackground(Struct, frozen=True, dict=True):
    """What a submission is read against: knowledge, shapes, and the documents of the register that is opened."""

    knowledge: Knowledge
    shapes: ShapesGraph
    register: tuple[ox.Quad, ...] = ()

    @cached_property
    def ground(self) -> BackgroundGraph:
        """The statements of knowledge and register."""
        return BackgroundGraph(self.knowledge.statements, self.register)

    @cached_property
    def shapes_digest(self) -> str:
        """The digest of the files of the shapes."""
        return self.shapes.digest or digest_rooms(self.knowledge.root, "shapes")

    @cached_property
    def knowledge_digest(self) -> str:
        """The digest of the files of ontology and rules."""
        return self.knowledge.digest or digest_rooms(self.knowledge.root, "ontology", "rules")

    @cached_property
    def described(self) -> frozenset[str]:
        """The nodes that the register describes."""
        return frozenset(quad.subject.value for quad in self.register if isinstance(quad.subject, ox.NamedNode))


class PreparedDocument(Struct, frozen=True, dict=True):
    """A document as it is validated: its submissions, its statements with the facts about it, and the nodes that a finding may be about."""

    background: ValidationBackground
    submissions: Mapping[str, str]
    data: DataGraph

    @cached_property
    def order(self) -> Mapping[Term, int]:
        """The nodes that a finding may be about, with their place in the document; a part that is only named is about it all the same."""
        return {DOCUMENT: -1} | {node: place for place, node in enumerate(self.index.nodes) if node != DOCUMENT}

    @property
    def index(self) -> Index:
        """The statements over those of the background."""
        return self.data.index


def prepare_document(document: Document, *, background: ValidationBackground) -> PreparedDocument:
    """The document with its background; raises InvalidInputError when it holds no submission, with the nearest class that is known."""
    submissions = _submissions(document, knowledge=background.knowledge)
    stated = document_facts(document, knowledge=background.knowledge, foreign=background.described, own=frozenset(submissions))
    return PreparedDocument(background, submissions, DataGraph((*document.quads, *stated), background.ground))


class ValidatedDocument(Struct, frozen=True):
    """A report, with what its findings were made from, one for each."""

    report: SubmissionReport
    results: tuple[EngineResult, ...] = ()
    explainer: FindingBuilder | None = None


def report_on_document(document: Document, *, background: ValidationBackground, engine: str) -> SubmissionReport:
    """The report of `examine`, without facts and causes."""
    return validate_document(document, background=background, engine=engine, told=False).report


def validate_document(document: Document, *, background: ValidationBackground, engine: str, told: bool = True) -> ValidatedDocument:
    """The report on every submission of the document, findings in the order of paragraph, severity and document.

    `told`: with the facts and the causes of each, where the engine gives them.

    Raises InvalidInputError when the document holds no submission, with the nearest class that is known; UsageError for an engine that
    does not exist.
    """
    given = prepare_document(document, background=background)
    shapes, knowledge = background.shapes, background.knowledge
    found = list(engine_results(given.data, shapes=shapes, focus=given.order.keys(), engine=engine))
    if not found:
        return ValidatedDocument(SubmissionReport(document.source.name, (), document.notes, tuple(given.submissions.items())))
    explainer = FindingBuilder(
        shapes,
        knowledge=knowledge,
        paragraphs=paragraphs_in(document, given.submissions, knowledge=knowledge),
        ways=paths_from_submissions(document.quads, roots=given.submissions),
        data=given.index if told and engine == ENGINES[0] else None,
    )
    places = {node_name(node): place for node, place in given.order.items()}
    # An engine may say a thing once for each target by which it comes to a node.
    keyed = {_key(finding, places=places): (finding, result) for result in found for finding in (explainer.finding(result),)}
    findings, results_of = zip(*(keyed[key] for key in sorted(keyed)), strict=True)
    return ValidatedDocument(
        SubmissionReport(document.source.name, findings, document.notes, tuple(given.submissions.items())), results_of, explainer
    )


def _submissions(document: Document, *, knowledge: Knowledge) -> dict[str, str]:
    classes = knowledge.subclasses(OBS + "Submission")
    typed = [quad for quad in document.quads if quad.predicate.value == RDF + "type"]
    named = [(node_name(q.subject), q.object.value) for q in typed if isinstance(q.object, ox.NamedNode)]
    found = {node: kind for node, kind in named if kind in classes}
    if found:
        return found
    types = sorted({kind for _, kind in named})
    near = next((match for iri in types if (match := nearest_iri(iri, among=classes))), OBS + "Submission")
    raise InvalidInputError(
        "validate.no-submission",
        name=document.source.name,
        nearest=compact(near),
        found=", ".join(compact(iri) for iri in types[:3]) or "–",
    )


def paragraphs_in(document: Document, submissions: Mapping[str, str], *, knowledge: Knowledge) -> dict[str, str]:
    """The paragraph of each node that belongs to a submission: the submission's own."""
    stated: dict[str, dict[str, str]] = defaultdict(dict)
    below: dict[str, list[str]] = defaultdict(list)
    for quad in document.quads:
        if not isinstance(quad.object, ox.Literal):
            stated[quad.predicate.value].setdefault(node_name(quad.subject), node_name(quad.object))
            below[node_name(quad.subject)].append(node_name(quad.object))
    numbers = paragraphs_of(submissions, knowledge=knowledge, stated=stated)
    for root, number in list(numbers.items()):
        _spread(root, number=number, below=below, numbers=numbers, stop=submissions.keys())
    distinct = set(numbers.values())
    if len(distinct) == 1:
        # What belongs to no submission belongs to the only paragraph that the document is about.
        number = distinct.pop()
        numbers |= {node_name(quad.subject): numbers.get(node_name(quad.subject), number) for quad in document.quads}
    return numbers


def _spread(root: str, *, number: str, below: Mapping[str, Sequence[str]], numbers: dict[str, str], stop: Iterable[str]) -> None:
    todo, roots = list(below.get(root, ())), set(stop)
    while todo:
        node = todo.pop()
        if node not in numbers and node not in roots:
            numbers[node] = number
            todo += below.get(node, ())


def _key(finding: Finding, *, places: Mapping[str, int]) -> tuple[Any, ...]:
    return (
        order_of(finding.paragraph), SEVERITIES.index(finding.severity), places.get(finding.focus, 0), finding.focus, finding.shape,
        finding.path or "", finding.value or "", finding.component,
    )  # fmt: skip


DOCUMENT = ox.NamedNode("urn:observance:document")
_TYPE = RDF + "type"


def document_facts(document: Document, *, knowledge: Knowledge, foreign: AbstractSet[str], own: AbstractSet[str]) -> Iterator[ox.Quad]:
    """The facts of a document: its submissions, what it redescribes, the reserved classes it claims, its unknown terms.

    `foreign` holds the nodes that other documents describe, `own` the submissions of this one.
    """
    yield _fact(DOCUMENT, _TYPE, ox.NamedNode(OBS + "SubmittedDocument"))
    described = {quad.subject for quad in document.quads}
    for subject in sorted(described, key=str):
        label = subject.value if isinstance(subject, ox.NamedNode) else str(subject)
        if label in own:
            yield _fact(DOCUMENT, OBS + "submits", subject)
        if label in knowledge.subjects or label in foreign:
            yield _fact(DOCUMENT, OBS + "redescribes", subject)
    own_names = {subject.value for subject in described if isinstance(subject, ox.NamedNode)}
    for quad in document.quads:
        if _is_reserved(quad, knowledge=knowledge):
            yield _fact(DOCUMENT, OBS + "claims", quad.subject)
        for iri in _named(quad):
            if knowledge.owns(iri) and not any(iri in names for names in (knowledge.subjects, own_names, foreign)):
                yield _fact(quad.subject, OBS + "usesUnknownTerm", ox.NamedNode(iri))


def _is_reserved(quad: ox.Quad, *, knowledge: Knowledge) -> bool:
    if quad.predicate.value != _TYPE or not isinstance(quad.object, ox.NamedNode):
        return False
    return knowledge.objects(quad.object.value, OBS + "reserved") == ("true",)


def _named(quad: ox.Quad) -> Iterator[str]:
    datatype = quad.object.datatype if isinstance(quad.object, ox.Literal) else None
    for term in (quad.predicate, quad.object, datatype):
        if isinstance(term, ox.NamedNode):
            yield term.value


def _fact(subject: ox.NamedNode | ox.BlankNode | ox.Triple, predicate: str, value: ox.NamedNode | ox.BlankNode | ox.Triple) -> ox.Quad:
    return ox.Quad(subject, ox.NamedNode(predicate), value)


_NAME = "urn:observance:register"


def register_results(register: Register, *, parties: frozenset[str], knowledge: Knowledge, shapes: ShapesGraph) -> tuple[ox.Triple, ...]:
    """The report on the documents with a submission of one of the parties (of anyone, for none), read against the other documents.

    They are validated together, which finds what validating one by one finds.
    """
    classes = knowledge.subclasses(OBS + "Submission")
    chosen = [_concerns(document, parties, classes=classes) for document in register.documents]
    if not any(chosen):
        return ()
    own = tuple(quad for place, chose in enumerate(chosen) if chose for quad in register.document_quads(place))
    others = tuple(quad for place, chose in enumerate(chosen) if not chose for quad in register.document_quads(place))
    document = Document(Source(_NAME, b""), "turtle", own)
    examined = validate_document(document, background=ValidationBackground(knowledge, shapes, others), engine=ENGINES[0])
    return tuple(report_triples(examined.report, number=1))


def _concerns(document: Document, parties: frozenset[str], *, classes: frozenset[str]) -> bool:
    """Whether the document holds a submission, and something of one of the parties."""
    typed = any(q.predicate.value == RDF + "type" and _iri(q.object) in classes for q in document.quads)
    filed = {_iri(q.object) for q in document.quads if q.predicate.value == OBS + "onBehalfOf"}
    return typed and (not parties or bool(filed & parties))


def _iri(term: object) -> str:
    return term.value if isinstance(term, ox.NamedNode) else ""
