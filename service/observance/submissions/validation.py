"""Validation of a parsed document against the shapes, over the background of the knowledge and of a register."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from types import MappingProxyType
from typing import Any

import pyoxigraph as ox
from msgspec import Struct

from observance.core import OBS, RDF, XSD, intended_iri
from observance.knowledge import Knowledge, digest_rooms
from observance.rdf import quad_as_meant
from observance.submissions.engines import DOCUMENT, ENGINES, BackgroundGraph, DataGraph, ShapesGraph, engine_results
from observance.submissions.findings import FindingBuilder, order_of, paragraphs_of, paths_from_submissions
from observance.submissions.model import REGISTER_FORM, SEVERITIES, Finding, SubmissionReport
from observance.submissions.recognition import submissions_in
from oxishacl import FIRST, Document, Term, ValidationResult, node_name


class DocumentContext(Struct, frozen=True):
    """What a shape cannot see of a document: what other documents describe, and what was known of it beforehand."""

    knowledge: Knowledge
    described: AbstractSet[str] = frozenset()
    """The IRIs that other documents describe."""
    on_record: Mapping[str, ox.Literal | None] = MappingProxyType({})
    """The submissions of the document that are on record in another version, with the day of receipt where the register has one."""
    validated_on: str | None = None
    """The day of the validation as an ISO date: an input, never the clock."""
    is_of_register: bool = False
    """Whether the document is one of the register, so that what the register sets may stand in it."""
    is_record: bool = False
    """Whether it is the register's own, so that it may describe parties and fill the classes that a submission may only refer to."""


class ValidationBackground(Struct, frozen=True, dict=True):
    """The background of validation: knowledge, shapes, the quads of the open register, and what is known of the document beforehand."""

    knowledge: Knowledge
    shapes: ShapesGraph
    register: tuple[ox.Quad, ...] = ()
    on_record: Mapping[str, ox.Literal | None] = MappingProxyType({})
    """The submissions of the document that are on record in another version, with the day of receipt where the register has one."""
    validated_on: str | None = None
    """The day of the validation as an ISO date: an input, never the clock."""
    is_of_register: bool = False
    """Whether the document is one of the register, so that what the register sets may stand in it."""

    @property
    def context(self) -> DocumentContext:
        """What is known of the document besides its statements."""
        return DocumentContext(self.knowledge, self.described, self.on_record, self.validated_on, self.is_of_register)

    @cached_property
    def graph(self) -> BackgroundGraph:
        """The background graph: the statements of knowledge and register."""
        return BackgroundGraph(self.knowledge.statements, self.register)

    @cached_property
    def shapes_digest(self) -> str:
        """The digest of the shapes' files."""
        return self.shapes.digest or digest_rooms(self.knowledge.root, "shapes")

    @cached_property
    def knowledge_digest(self) -> str:
        """The digest of the files of ontology and rules."""
        return self.knowledge.digest or digest_rooms(self.knowledge.root, "ontology", "rules")

    @cached_property
    def described(self) -> frozenset[str]:
        """The IRIs that the register describes, otherwise than by what it sets itself, such as a day of receipt."""
        is_set = {predicate: _sets(predicate, knowledge=self.knowledge) for predicate in {quad.predicate for quad in self.register}}
        return frozenset(q.subject.value for q in self.register if isinstance(q.subject, ox.NamedNode) and not is_set[q.predicate])


def data_graph(document: Document, *, background: ValidationBackground) -> DataGraph:
    """Return the data graph of the document: its statements, read as they are meant, and the facts about it.

    The values of a list are separate values, and a property or class whose namespace is misspelt is the one meant; facts tell of both.
    """
    submissions = submissions_in(document, knowledge=background.knowledge)
    facts = document_facts(document.quads, context=background.context, submissions=submissions.keys())
    quads = document.quads if background.is_of_register else without_receipts(document.quads, submissions, knowledge=background.knowledge)
    return DataGraph((*as_meant(quads), *facts), background.graph, submissions)


def without_receipts(quads: Sequence[ox.Quad], submissions: Collection[str], *, knowledge: Knowledge) -> tuple[ox.Quad, ...]:
    """Return the statements without those of the submissions that are the register's to make, such as a day of receipt."""
    is_set = {predicate: _sets(predicate, knowledge=knowledge) for predicate in {quad.predicate for quad in quads}}
    if not any(is_set.values()):
        return tuple(quads)
    return tuple(quad for quad in quads if not is_set[quad.predicate] or node_name(quad.subject) not in submissions)


def as_meant(quads: Sequence[ox.Quad]) -> tuple[ox.Quad, ...]:
    """Return the statements with each value of a list by itself, and properties and classes of misspelt namespaces as they are meant."""
    predicates = {quad.predicate for quad in quads}
    if FIRST in predicates:
        quads = tuple(_without_lists(quads))
    terms = {predicate.value for predicate in predicates}
    terms.update(quad.object.value for quad in quads if quad.predicate == _RDF_TYPE and isinstance(quad.object, ox.NamedNode))
    return tuple(map(quad_as_meant, quads)) if any(intended_iri(term) is not None for term in terms) else tuple(quads)


def _without_lists(quads: Sequence[ox.Quad]) -> Iterator[ox.Quad]:
    """Yield the statements with the members of a list in its place, and for each such list the fact that there was one."""
    first = {quad.subject: quad for quad in quads if quad.predicate == FIRST}
    rest = {quad.subject: quad.object for quad in quads if quad.predicate == _REST}
    for quad in quads:
        if quad.subject in first and (quad.predicate in (FIRST, _REST) or quad.object == _LIST):
            continue
        if quad.object not in first:
            yield quad
            continue
        yield _fact(quad.subject, OBS + "writesAsList", quad.object)
        cell, seen = quad.object, set[object]()
        while cell in first and cell not in seen:
            seen.add(cell)
            yield ox.Quad(quad.subject, quad.predicate, first[cell].object, quad.graph_name)  # type: ignore[index]
            cell = rest.get(cell)  # type: ignore[arg-type,assignment]


def report_on_document(document: Document, *, background: ValidationBackground, engine: str) -> SubmissionReport:
    """Return the report of `validate_document`, its findings without facts and causes."""
    report, _ = validate_document(document, background=background, engine=engine, with_causes=False)
    return report


def validate_document(
    document: Document, *, background: ValidationBackground, engine: str, with_causes: bool = True
) -> tuple[SubmissionReport, tuple[ValidationResult, ...]]:
    """Return the report on all submissions of the document, and the validation result of each finding.

    Findings of form come first; they are sorted by paragraph, severity and position in the document. `with_causes` adds facts and causes,
    where the engine gives them. Raises UsageError for an unknown engine.
    """
    shapes, knowledge = background.shapes, background.knowledge
    data = data_graph(document, background=background)
    submissions = tuple(data.submissions.items())
    results = list(engine_results(data, shapes=shapes, engine=engine))
    if not results:
        return SubmissionReport(document.source.name, (), document.notes, submissions), ()
    builder = FindingBuilder(
        shapes,
        knowledge=knowledge,
        paragraphs=paragraphs_in(document.quads, data.submissions, knowledge=knowledge),
        paths=paths_from_submissions(document.quads, roots=data.submissions),
        data=data.index if with_causes and engine == ENGINES[0] else None,
    )
    positions = {node_name(node): position for node, position in data.focus_nodes.items()}
    # An engine may return the same result once for each target that selects the focus node.
    pairs = {_sort_key(finding, positions=positions): (finding, result) for result in results for finding in (builder.finding(result),)}
    findings, results_of_findings = zip(*(pairs[key] for key in sorted(pairs)), strict=True)
    return SubmissionReport(document.source.name, findings, document.notes, submissions), results_of_findings


def paragraphs_in(quads: Sequence[ox.Quad], submissions: Mapping[str, str], *, knowledge: Knowledge) -> dict[str, str]:
    """Return the paragraph of each node that is reachable from a submission: that submission's paragraph."""
    objects: dict[str, dict[str, str]] = defaultdict(dict)
    neighbours: dict[str, list[str]] = defaultdict(list)
    for quad in quads:
        if not isinstance(quad.object, ox.Literal):
            objects[quad.predicate.value].setdefault(node_name(quad.subject), node_name(quad.object))
            neighbours[node_name(quad.subject)].append(node_name(quad.object))
    numbers = paragraphs_of(submissions, knowledge=knowledge, objects=objects)
    for root, number in list(numbers.items()):
        _assign_reachable(root, number=number, neighbours=neighbours, numbers=numbers, submissions=submissions.keys())
    distinct = set(numbers.values())
    if len(distinct) == 1:
        # Nodes that no submission leads to belong to the document's only paragraph.
        number = distinct.pop()
        numbers |= {node_name(quad.subject): numbers.get(node_name(quad.subject), number) for quad in quads}
    return numbers


def _assign_reachable(
    root: str, *, number: str, neighbours: Mapping[str, Sequence[str]], numbers: dict[str, str], submissions: AbstractSet[str]
) -> None:
    """Give the paragraph's number to the nodes that the submission leads to and that have none yet, other submissions excepted."""
    todo = list(neighbours.get(root, ()))
    while todo:
        node = todo.pop()
        if node not in numbers and node not in submissions:
            numbers[node] = number
            todo += neighbours.get(node, ())


def _sort_key(finding: Finding, *, positions: Mapping[str, int]) -> tuple[Any, ...]:
    return (
        finding.fault_of != REGISTER_FORM, order_of(finding.paragraph), SEVERITIES.index(finding.severity),
        positions.get(finding.focus, 0), finding.focus, finding.shape, finding.path or "", finding.value or "", finding.component,
    )  # fmt: skip


_TYPE = RDF + "type"
_RDF_TYPE = ox.NamedNode(_TYPE)
_LIST, _REST = ox.NamedNode(RDF + "List"), ox.NamedNode(RDF + "rest")


def document_facts(quads: Sequence[ox.Quad], *, context: DocumentContext, submissions: AbstractSet[str]) -> Iterator[ox.Quad]:
    """Yield the facts about a document that a shape cannot see: which graph a statement came from, and what was known beforehand.

    They name its submissions, those on record already, the day of validation, redescribed nodes, uses of reserved classes and of properties
    that the register sets, and unknown terms. `submissions` holds the nodes of the submissions in the document.
    """
    yield _fact(DOCUMENT, _TYPE, ox.NamedNode(OBS + "SubmittedDocument"))
    if context.validated_on is not None:
        yield _fact(DOCUMENT, OBS + "validatedOn", ox.Literal(context.validated_on, datatype=ox.NamedNode(XSD + "date")))
    if context.is_of_register:
        yield _fact(DOCUMENT, OBS + "isOfRegister", ox.Literal(True))
    described = {quad.subject for quad in quads}
    yield from _facts_of_nodes(described, context=context, submissions=submissions)
    described_here = {subject.value for subject in described if isinstance(subject, ox.NamedNode)}
    predicates, objects = {quad.predicate for quad in quads}, {quad.object for quad in quads}
    unknown = _unknown_iris(predicates, objects, context=context, described_here=described_here)
    of_register = {predicate for predicate in predicates if predicate == _RDF_TYPE or _sets(predicate, knowledge=context.knowledge)}
    for quad in quads:
        if quad.predicate in of_register:
            yield from _facts_of_register(quad, context=context, submissions=submissions)
        if unknown:
            used = [iri for iri in _mentioned_iris(quad.predicate, quad.object) if iri in unknown]
            yield from (
                _fact(quad.subject, OBS + "usesUnknownTerm", ox.NamedNode(iri)) for iri in used if _is_unknown_term(iri, quad, context)
            )


def _facts_of_nodes(described: Iterable[Any], *, context: DocumentContext, submissions: AbstractSet[str]) -> Iterator[ox.Quad]:
    knowledge = context.knowledge
    parties = frozenset(knowledge.instances(OBS + "ListedParty")) if context.is_record else frozenset[str]()
    reserved = knowledge.subjects - parties if parties else knowledge.subjects
    for subject in sorted(described, key=str):
        name = subject.value if isinstance(subject, ox.NamedNode) else str(subject)
        if name in submissions:
            yield _fact(DOCUMENT, OBS + "submits", subject)
        if name in context.on_record:
            yield _fact(DOCUMENT, OBS + "refiles", subject)
            received = context.on_record[name]
            if received is not None:
                yield _fact(subject, OBS + "onRecordSince", received)
        elif name in reserved or (name in context.described and not context.is_record):
            yield _fact(DOCUMENT, OBS + "redescribes", subject)


def _facts_of_register(quad: ox.Quad, *, context: DocumentContext, submissions: AbstractSet[str]) -> Iterator[ox.Quad]:
    """Yield the facts that the statement uses a reserved class, or a property that the register sets."""
    knowledge = context.knowledge
    if not context.is_record and _is_reserved(quad, knowledge=knowledge):
        yield _fact(DOCUMENT, OBS + "claims", quad.subject)
    if not context.is_of_register and node_name(quad.subject) in submissions and _sets(quad.predicate, knowledge=knowledge):
        yield _fact(quad.subject, OBS + "setsForRegister", quad.predicate)


def _unknown_iris(
    predicates: Iterable[ox.NamedNode], objects: Iterable[Any], *, context: DocumentContext, described_here: AbstractSet[str]
) -> frozenset[str]:
    """Return the IRIs that nothing describes, of those which the knowledge owns or which miss a namespace by a slip."""
    knowledge = context.knowledge
    mentioned = {iri for predicate in predicates for iri in _mentioned_iris(predicate, None)}
    mentioned.update(iri for target in objects for iri in _mentioned_iris(None, target))
    undescribed = (iri for iri in mentioned if not any(iri in names for names in (knowledge.subjects, described_here, context.described)))
    return frozenset(iri for iri in undescribed if knowledge.owns(iri) or intended_iri(iri) is not None)


def _is_unknown_term(iri: str, quad: ox.Quad, context: DocumentContext) -> bool:
    """Whether the unknown IRI is a term of the knowledge, or a property or class of any vocabulary whose namespace is misspelt."""
    owns, meant = context.knowledge.owns, intended_iri(iri)
    return owns(iri) or (meant is not None and (owns(meant) or quad.predicate.value in {iri, _TYPE}))


def _sets(predicate: ox.NamedNode, *, knowledge: Knowledge) -> bool:
    """Whether the property is the register's to set."""
    return knowledge.objects(predicate.value, OBS + "reserved") == ("true",)


def _is_reserved(quad: ox.Quad, *, knowledge: Knowledge) -> bool:
    if quad.predicate.value != _TYPE or not isinstance(quad.object, ox.NamedNode):
        return False
    return knowledge.objects(quad.object.value, OBS + "reserved") == ("true",)


def _mentioned_iris(predicate: ox.NamedNode | None, target: Any) -> Iterator[str]:
    """Yield the IRIs of the property, of the object and of its datatype."""
    for term in (predicate, target, target.datatype if isinstance(target, ox.Literal) else None):
        if isinstance(term, ox.NamedNode):
            yield term.value


def _fact(subject: ox.NamedNode | ox.BlankNode | ox.Triple, predicate: str, value: Term | ox.Triple) -> ox.Quad:
    return ox.Quad(subject, ox.NamedNode(predicate), value)
