"""Validation of a parsed document against the shapes, over the background of the knowledge and of a register."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from typing import Any

import pyoxigraph as ox
from msgspec import Struct

from observance.core import OBS, RDF, InvalidInputError, compact, nearest_iri
from observance.knowledge import Knowledge, digest_rooms
from observance.submissions.engines import DOCUMENT, ENGINES, BackgroundGraph, DataGraph, ShapesGraph, engine_results
from observance.submissions.findings import FindingBuilder, order_of, paragraphs_of, paths_from_submissions
from observance.submissions.model import SEVERITIES, Finding, SubmissionReport
from oxishacl import Document, ValidationResult, node_name


class ValidationBackground(Struct, frozen=True, dict=True):
    """The background of validation: knowledge, shapes and the quads of the open register."""

    knowledge: Knowledge
    shapes: ShapesGraph
    register: tuple[ox.Quad, ...] = ()

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
        """The IRIs that the register describes."""
        return frozenset(quad.subject.value for quad in self.register if isinstance(quad.subject, ox.NamedNode))


def data_graph(document: Document, *, background: ValidationBackground) -> DataGraph:
    """Return the data graph of the document; raises InvalidInputError, with the most similar class, if it holds no submission."""
    submissions = _submissions(document, knowledge=background.knowledge)
    facts = document_facts(
        document.quads, knowledge=background.knowledge, described_elsewhere=background.described, submissions=submissions.keys()
    )
    return DataGraph((*document.quads, *facts), background.graph, submissions)


def report_on_document(document: Document, *, background: ValidationBackground, engine: str) -> SubmissionReport:
    """Return the report of `validate_document`, its findings without facts and causes."""
    report, _ = validate_document(document, background=background, engine=engine, with_causes=False)
    return report


def validate_document(
    document: Document, *, background: ValidationBackground, engine: str, with_causes: bool = True
) -> tuple[SubmissionReport, tuple[ValidationResult, ...]]:
    """Return the report on all submissions of the document, and the validation result of each finding.

    Findings are sorted by paragraph, severity and position in the document. `with_causes` adds facts and causes, where the engine gives
    them. Raises InvalidInputError, with the most similar class, if the document holds no submission; UsageError for an unknown engine.
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


def _submissions(document: Document, *, knowledge: Knowledge) -> dict[str, str]:
    classes = knowledge.subclasses(OBS + "Submission")
    type_quads = [quad for quad in document.quads if quad.predicate.value == RDF + "type"]
    typed_nodes = [(node_name(q.subject), q.object.value) for q in type_quads if isinstance(q.object, ox.NamedNode)]
    submissions = {node: class_ for node, class_ in typed_nodes if class_ in classes}
    if submissions:
        return submissions
    types = sorted({class_ for _, class_ in typed_nodes})
    nearest = next((match for iri in types if (match := nearest_iri(iri, among=classes))), OBS + "Submission")
    raise InvalidInputError(
        "validate.no-submission",
        name=document.source.name,
        nearest=compact(nearest),
        found=", ".join(compact(iri) for iri in types[:3]) or "–",
    )


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
        order_of(finding.paragraph), SEVERITIES.index(finding.severity), positions.get(finding.focus, 0), finding.focus, finding.shape,
        finding.path or "", finding.value or "", finding.component,
    )  # fmt: skip


_TYPE = RDF + "type"


def document_facts(
    quads: Sequence[ox.Quad],
    *,
    knowledge: Knowledge,
    described_elsewhere: AbstractSet[str],
    submissions: AbstractSet[str],
    is_record: bool = False,
) -> Iterator[ox.Quad]:
    """Yield the facts about a document: its submissions, redescribed nodes, uses of reserved classes, and unknown terms.

    `described_elsewhere` holds the nodes that other documents describe, `submissions` the nodes of the submissions in this one.
    A record of a register (`is_record`) may describe parties and fill the classes that a submission may only refer to.
    """
    yield _fact(DOCUMENT, _TYPE, ox.NamedNode(OBS + "SubmittedDocument"))
    described = {quad.subject for quad in quads}
    reserved_nodes = knowledge.subjects - frozenset(knowledge.instances(OBS + "ListedParty")) if is_record else knowledge.subjects
    for subject in sorted(described, key=str):
        name = subject.value if isinstance(subject, ox.NamedNode) else str(subject)
        if name in submissions:
            yield _fact(DOCUMENT, OBS + "submits", subject)
        if name in reserved_nodes or (name in described_elsewhere and not is_record):
            yield _fact(DOCUMENT, OBS + "redescribes", subject)
    described_here = {subject.value for subject in described if isinstance(subject, ox.NamedNode)}
    for quad in quads:
        if not is_record and _is_reserved(quad, knowledge=knowledge):
            yield _fact(DOCUMENT, OBS + "claims", quad.subject)
        for iri in _mentioned_iris(quad):
            if knowledge.owns(iri) and not any(iri in names for names in (knowledge.subjects, described_here, described_elsewhere)):
                yield _fact(quad.subject, OBS + "usesUnknownTerm", ox.NamedNode(iri))


def _is_reserved(quad: ox.Quad, *, knowledge: Knowledge) -> bool:
    if quad.predicate.value != _TYPE or not isinstance(quad.object, ox.NamedNode):
        return False
    return knowledge.objects(quad.object.value, OBS + "reserved") == ("true",)


def _mentioned_iris(quad: ox.Quad) -> Iterator[str]:
    datatype = quad.object.datatype if isinstance(quad.object, ox.Literal) else None
    for term in (quad.predicate, quad.object, datatype):
        if isinstance(term, ox.NamedNode):
            yield term.value


def _fact(subject: ox.NamedNode | ox.BlankNode | ox.Triple, predicate: str, value: ox.NamedNode | ox.BlankNode | ox.Triple) -> ox.Quad:
    return ox.Quad(subject, ox.NamedNode(predicate), value)
