"""Validation of the documents of a register, each in its place among all the others.

The register's folder holds what parties sent and what the Secretariat recorded. A document that holds a submission is what a party
sent: it may describe only its own nodes. Any other document, and one that declares the register, is the Secretariat's.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

import pyoxigraph as ox
from msgspec import Struct
from msgspec.structs import replace

from observance.core import OBS, RDF, Settings
from observance.knowledge import Knowledge
from observance.rdf import limits_of
from observance.register import Register, label_in_document
from observance.submissions.engines import ON_RECORD, BackgroundGraph, DataGraph, ShapesGraph, engine_results
from observance.submissions.findings import FindingBuilder, order_of, paths_from_submissions
from observance.submissions.model import SEVERITIES, Finding
from observance.submissions.validation import DocumentContext, as_meant, document_facts, paragraphs_in
from oxishacl import Contexts, Document, PositionFinder, SourcePositions, ValidationResult, node_name

_TYPE: Final = RDF + "type"
Quads = tuple[ox.Quad, ...]


class RegisterReport(Struct, frozen=True):
    """The findings about the documents of a register: (name of the document, finding), in the order of the documents."""

    findings: tuple[tuple[str, Finding], ...]


class DocumentFinding(Struct, frozen=True):
    """A finding about one document of a register, and the node of the submission that it concerns; None if it concerns a record."""

    number: int
    submission: str | None
    finding: Finding


class RegisterGraph(Struct, frozen=True, dict=True):
    """The documents of a register as they are validated: the quads of each, with blank nodes that no other has."""

    documents: tuple[Quads, ...]
    knowledge: Knowledge
    shapes: ShapesGraph

    @cached_property
    def as_meant(self) -> tuple[Quads, ...]:
        """The quads of each document as they are meant: see `as_meant`."""
        return tuple(map(as_meant, self.documents))

    @cached_property
    def submissions(self) -> tuple[Mapping[str, str], ...]:
        """The submissions of each document: the class of each by its node, in the order of the document."""
        classes = self.knowledge.subclasses(OBS + "Submission")
        return tuple(
            {node_name(q.subject): iri for q in quads if q.predicate.value == _TYPE and (iri := _iri(q.object)) in classes}
            for quads in self.as_meant
        )

    @cached_property
    def holders(self) -> Mapping[str, frozenset[int]]:
        """The numbers of the documents that describe each node.

        What only a register may state of a document does not describe it, nor does a term of ours that does not exist.
        """
        holders: dict[str, set[int]] = defaultdict(set)
        for number, quads in enumerate(self.as_meant):
            for quad in quads:
                predicate = quad.predicate.value
                is_known = predicate in self.knowledge.subjects or not self.knowledge.owns(predicate)
                if is_known and predicate not in self._recorded_properties:
                    holders[node_name(quad.subject)].add(number)
        return {node: frozenset(numbers) for node, numbers in holders.items()}

    @cached_property
    def mentions(self) -> Mapping[str, tuple[int, ...]]:
        """The numbers of the documents with a statement about each node."""
        mentions: dict[str, dict[int, None]] = defaultdict(dict)
        for number, quads in enumerate(self.as_meant):
            for quad in quads:
                mentions[node_name(quad.subject)][number] = None
        return {node: tuple(numbers) for node, numbers in mentions.items()}

    @cached_property
    def _recorded_properties(self) -> frozenset[str]:
        """The properties that only a register may state."""
        return frozenset(self.knowledge.subjects_with(OBS + "reserved", "true"))

    def submissions_of(self, parties: frozenset[str]) -> Sequence[int]:
        """Return the numbers of the documents with a submission of one of the parties (of any party, if empty)."""
        return [number for number, quads in enumerate(self.documents) if self.submissions[number] and _concerns(quads, parties)]

    def is_record(self, number: int) -> bool:
        """Whether the document is the Secretariat's: it holds no submission, or declares the register."""
        return not self.submissions[number] or any(
            q.predicate.value == _TYPE and _iri(q.object) == OBS + "Register" for q in self.as_meant[number]
        )

    def findings(self, numbers: Collection[int]) -> Iterator[DocumentFinding]:
        """Yield the findings about the documents with these numbers, in the order of the documents."""
        facts = (ON_RECORD, *(fact for number in numbers for fact in self._facts(number)))
        submissions = {node: class_ for number in numbers for node, class_ in self.submissions[number].items()}
        chosen = frozenset(numbers)
        selected = tuple(quad for number in numbers for quad in self.as_meant[number])
        others = tuple(quad for number, quads in enumerate(self.as_meant) if number not in chosen for quad in quads)
        data = DataGraph((*selected, *facts), BackgroundGraph(self.knowledge.statements, others), submissions)
        results: dict[int, list[ValidationResult]] = defaultdict(list)
        for result in engine_results(data, shapes=self.shapes, engine="compiled"):
            number = self._document_of(result, among=numbers)
            if number is not None:
                results[number].append(result)
        for number in sorted(results):
            yield from self._findings_of(number, results[number])

    def findings_by_document(self, numbers: Collection[int]) -> Mapping[int, Sequence[DocumentFinding]]:
        """Return the findings about each of the documents with these numbers."""
        found: dict[int, list[DocumentFinding]] = {number: [] for number in numbers}
        for item in self.findings(numbers):
            found[item.number].append(item)
        return found

    def _facts(self, number: int) -> Iterator[ox.Quad]:
        """Yield the facts about a document that shapes read."""
        quads, is_record, own = self.documents[number], self.is_record(number), {number}
        nodes = {node_name(term) for quad in quads for term in (quad.subject, quad.object) if not isinstance(term, ox.Literal)}
        elsewhere = frozenset(node for node in nodes if self.holders.get(node, own) - own)
        context = DocumentContext(self.knowledge, elsewhere, is_of_register=True, is_record=is_record)
        yield from document_facts(quads, context=context, submissions=self.submissions[number].keys())

    def _document_of(self, result: ValidationResult, *, among: Collection[int]) -> int | None:
        """Return the document in which the fault lies: one that states the value, else describes the node, of those `among`."""
        focus = node_name(result.focus)
        candidates = self.mentions.get(focus, ())
        if len(candidates) > 1:
            stating = [n for n in candidates if any(_states(quad, result) for quad in self.by_subject[n].get(focus, ()))]
            candidates = tuple(stating) or candidates
        describing = [n for n in candidates if n in self.holders.get(focus, ())]
        chosen = next(iter(describing or candidates), None)
        if chosen is None:
            chosen = next((n for n in among if any(q.object == result.focus for q in self.documents[n])), None)
        return chosen if chosen in among else None

    @cached_property
    def by_subject(self) -> tuple[Mapping[str, Sequence[ox.Quad]], ...]:
        """The quads of each document by subject."""
        indexes = []
        for quads in self.as_meant:
            index: dict[str, list[ox.Quad]] = defaultdict(list)
            for quad in quads:
                index[node_name(quad.subject)].append(quad)
            indexes.append(index)
        return tuple(indexes)

    def records_with(self, item: DocumentFinding) -> tuple[str, ...]:
        """Return the records that a finding concerns: the node itself or, where it is a part without a name, those that hold it.

        A part stands in for them only where none of them has a name.
        """
        holders: dict[str, list[str]] = defaultdict(list)
        for quad in self.documents[item.number]:
            if isinstance(quad.object, ox.BlankNode):
                holders[str(quad.object)].append(node_name(quad.subject))
        records, pending = dict[str, None](), [item.finding.focus]
        while pending:
            node = pending.pop()
            if node not in records:
                records[node] = None
                pending += holders.get(node, ())
        named = tuple(record for record in records if not record.startswith("_:"))
        return named or tuple(records)

    def _findings_of(self, number: int, results: Iterable[ValidationResult]) -> Iterator[DocumentFinding]:
        quads, submissions = self.as_meant[number], self.submissions[number]
        builder = FindingBuilder(
            self.shapes,
            knowledge=self.knowledge,
            paragraphs=paragraphs_in(quads, submissions, knowledge=self.knowledge),
            paths=paths_from_submissions(quads, roots=submissions),
            data=None,
        )
        found = {_sort_key(finding): finding for finding in map(builder.finding, results)}
        owners = _owners(quads, roots=submissions)
        for key in sorted(found):
            finding = found[key]
            concerned = owners.get(finding.focus, ()) or (tuple(submissions) if not self.is_record(number) else ())
            for submission in concerned or (None,):
                yield DocumentFinding(number, submission, finding)


def check_register(
    register: Register, *, knowledge: Knowledge, shapes: ShapesGraph, settings: Settings, contexts: Contexts
) -> RegisterReport:
    """Return the report on every document of the register, submissions and records alike, each with its place in the source."""
    graph = register_graph(register, knowledge=knowledge, shapes=shapes)
    findings: dict[tuple[int, str, str], tuple[str, Finding]] = {}
    finders: dict[int, PlaceFinder] = {}
    for item in graph.findings(range(len(register.documents))):
        document = register.documents[item.number]
        finder = finders.setdefault(item.number, PlaceFinder(document, number=item.number, settings=settings, contexts=contexts))
        key = item.number, item.finding.fingerprint, item.finding.focus
        findings.setdefault(key, (document.source.name, finder.placed(item.finding)))
    return RegisterReport(tuple(findings.values()))


def register_graph(register: Register, *, knowledge: Knowledge, shapes: ShapesGraph) -> RegisterGraph:
    """Return the documents of the register as they are validated."""
    return RegisterGraph(register.document_quads, knowledge, shapes)


def _concerns(quads: Quads, parties: frozenset[str]) -> bool:
    return not parties or any(q.predicate.value == OBS + "onBehalfOf" and _iri(q.object) in parties for q in quads)


class PlaceFinder(Struct, frozen=True, dict=True):
    """Finds the places of findings in one document of a register; `number` is the document's number in the register."""

    document: Document
    number: int
    settings: Settings
    contexts: Contexts

    def placed(self, finding: Finding) -> Finding:
        """Return the finding with its place in the source."""
        terms = finding.terms
        if terms is None or not self.document.source.content:
            return finding
        place = self._finder.place(self._original(terms.focus), path=terms.path, value=self._original(terms.value))  # type: ignore[arg-type]
        return replace(finding, place=place)

    @cached_property
    def _finder(self) -> PositionFinder:
        positions = SourcePositions(self.document, limits=limits_of(self.settings), contexts=self.contexts)
        return PositionFinder(self.document.quads, positions=positions)

    def _original(self, term: object) -> object:
        """Return the term with the label that it has in the document alone."""
        label = label_in_document(term.value, number=self.number) if isinstance(term, ox.BlankNode) else None
        return ox.BlankNode(label) if label is not None else term


def _states(quad: ox.Quad, result: ValidationResult) -> bool:
    """Whether the quad states the value of the result at its path; for a result without a path, whether it uses the value."""
    if result.path is None:
        return result.value is not None and result.value in (quad.predicate, quad.object)
    return f"<{quad.predicate.value}>" == result.path.sparql and (result.value is None or quad.object == result.value)


def _owners(quads: Quads, *, roots: Mapping[str, str]) -> Mapping[str, tuple[str, ...]]:
    """Return, for each node of a document, the submissions that lead to it."""
    neighbours: dict[str, list[str]] = defaultdict(list)
    for quad in quads:
        if not isinstance(quad.object, ox.Literal):
            neighbours[node_name(quad.subject)].append(node_name(quad.object))
    owners: dict[str, dict[str, None]] = defaultdict(dict)
    for root in roots:
        pending, reached = [root], {root}
        while pending:
            node = pending.pop()
            owners[node][root] = None
            new = [other for other in neighbours.get(node, ()) if other not in reached and other not in roots]
            reached.update(new)
            pending += new
    return {node: tuple(submissions) for node, submissions in owners.items()}


def _sort_key(finding: Finding) -> tuple[object, ...]:
    return (
        order_of(finding.paragraph), SEVERITIES.index(finding.severity), finding.focus, finding.shape, finding.path or "",
        finding.value or "", finding.component,
    )  # fmt: skip


def _iri(term: object) -> str:
    return term.value if isinstance(term, ox.NamedNode) else ""
