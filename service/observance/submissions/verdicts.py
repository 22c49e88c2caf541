"""What counts: the verdict on each document of a register, as facts for rules, from the findings of the shapes.

A submission with a Violation is an obs:SubmissionToClarify, unless the register's own records supply what a fault of form leaves out; one
that does not conform to a shape marked obs:requiredForNaming is an obs:IncompleteSubmission. A record of the register with a Violation is
an obs:RecordToClarify: nothing may be concluded from it, nor from silence about its party. There is no other list of what counts.

A verdict depends on the document and on the records that shapes can reach from it. Verdicts are kept under a digest of both, of the shapes
and of the program, so that only what changed is validated again.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from sys import intern
from typing import Final

import msgspec
import pyoxigraph as ox
from msgspec import Struct

from observance.core import HOME, LANGUAGES, OBS, PREFIXES, VERSION, translate
from observance.knowledge import Knowledge
from observance.rdf import TYPE, Triple, iri_of, node_text, read_cached, write_cached
from observance.register import HAS_FINDING, INCOMPLETE, RECORD_TO_CLARIFY, TO_CLARIFY, Register, document_digest, warning_sentence
from observance.submissions.engines import ShapesGraph
from observance.submissions.model import Finding
from observance.submissions.register_check import DocumentFinding, PlaceFinder, Quads, RegisterGraph, register_graph
from observance.submissions.register_reports import kept_report, report_to_keep

_FINDING: Final = f"<{HAS_FINDING}>"
LACKING: Final = "lacking"
"""The verdict of a finding that changes nothing, and of which a warning tells."""

_BATCH: Final = 64
"""The number of documents that are validated together."""

_REGISTER: Final = OBS + "Register"
_LABEL: Final = ox.NamedNode(PREFIXES["skos"] + "prefLabel")


class CountingFinding(Struct, frozen=True):
    """A finding that keeps a submission or a record from counting, or a submission from being what its paragraph names.

    `subject` is the position of the submission or record among the subjects of its document, `verdict` the class that it is put into or
    LACKING, `is_of_record` whether the fault lies in what the register records, `label` the message with its place: (language, text).
    """

    subject: int
    verdict: str
    is_of_record: bool
    digest: str
    label: tuple[tuple[str, str], ...]


Verdict = tuple[CountingFinding, ...]


class KeptVerdict(Struct, frozen=True, array_like=True):
    """What is kept of a validated document: the verdict and, if it holds submissions, the report (see `report_to_keep`)."""

    verdict: Verdict
    report: str


class Verdicts:
    """The verdicts on the documents of one register, as of any moment."""

    def __init__(
        self,
        register: Register,
        *,
        knowledge: Knowledge,
        shapes: ShapesGraph,
        places: Callable[[int], PlaceFinder],
        cache: Path | None = None,
    ) -> None:
        """Nothing is validated before `facts` is first called; `cache` is the folder in which verdicts are kept, if any."""
        self._register, self._shapes, self._places, self._cache = register, shapes, places, cache
        self.graph = register_graph(register, knowledge=knowledge, shapes=shapes)
        self._cut: dict[tuple[int, frozenset[str]], Verdict] = {}

    def facts(self, excluded: frozenset[str] = frozenset()) -> tuple[Triple, ...]:
        """Return the facts about submissions and records of the register without the excluded nodes, which are in N-Triples syntax."""
        return tuple(chain.from_iterable(self.facts_by_document(excluded).values()))

    def facts_by_document(self, excluded: frozenset[str], numbers: Collection[int] | None = None) -> Mapping[int, tuple[Triple, ...]]:
        """Return the facts about submissions and records of each document (None: of all), without the excluded nodes.

        Nodes are in N-Triples syntax.
        """
        chosen = range(len(self._subjects)) if numbers is None else numbers
        facts: dict[int, tuple[Triple, ...]] = dict.fromkeys(chosen, ())
        for number, found in groupby(self._findings(excluded, chosen), key=itemgetter(0)):
            facts[number] = tuple(t for _, node, finding in found if finding.verdict != LACKING for t in _triples(node, finding))
        return facts

    def documents_reaching(self, nodes: Collection[str]) -> Collection[int]:
        """Return the numbers of the documents from which shapes reach one of the nodes, which are in N-Triples syntax."""
        return set[int]().union(*(self._reaching.get(node, ()) for node in nodes))

    @cached_property
    def _reaching(self) -> Mapping[str, Sequence[int]]:
        numbers: dict[str, list[int]] = defaultdict(list)
        for number, nodes in enumerate(self._reachable):
            for node in nodes:
                numbers[node].append(number)
        return numbers

    def warning(self, lang: str) -> str | None:
        """Return the sentence that says that the register has faults on which an answer may rest; None if it has none."""
        nodes: dict[tuple[bool, str], set[str]] = defaultdict(set)
        for _, node, finding in self._findings(frozenset(), range(len(self._subjects))):
            if finding.is_of_record:
                nodes[finding.verdict == LACKING, finding.digest].add(node)
        to_repair, lacking = set[str](), set[str]()
        for (lacks, _), concerned in nodes.items():
            (lacking if lacks else to_repair).update(_records(concerned))
        # Pages are public: they name the folder, and not where it lies.
        folders = dict.fromkeys(Path(document.source.name).parent.name for document in self._register.documents)
        folder = " ".join(f"…/{name}" for name in folders)
        faults = self._register.faults
        return warning_sentence(faults, to_repair=len(to_repair), lacking=len(lacking - to_repair), folder=folder, lang=lang)

    @cached_property
    def labels(self) -> tuple[ox.Quad, ...]:
        """The labels of all findings in the facts, without any node excluded."""
        return tuple(
            ox.Quad(ox.NamedNode(_finding_iri(node, finding)), _LABEL, ox.Literal(text, language=lang))
            for node, finding in self._counting
            for lang, text in finding.label
        )

    def about(self, iri: str) -> tuple[CountingFinding, ...]:
        """Return the findings about the submission or record with the IRI that change what counts of it."""
        return tuple(finding for node, finding in self._counting if node == f"<{iri}>")

    def findings_of(self, nodes: Collection[str]) -> frozenset[str]:
        """Return the IRIs of the findings about submissions or records; all are in N-Triples syntax."""
        return frozenset(f"<{_finding_iri(node, finding)}>" for node, finding in self._counting if node in nodes)

    @cached_property
    def _counting(self) -> tuple[tuple[str, CountingFinding], ...]:
        findings = self._findings(frozenset(), range(len(self._subjects)))
        return tuple((node, finding) for _, node, finding in findings if finding.verdict != LACKING)

    def _findings(self, excluded: frozenset[str], numbers: Iterable[int]) -> Iterator[tuple[int, str, CountingFinding]]:
        """Yield the findings about the documents, each after the number of its document and the node that it is about."""
        missing = self._missing(excluded, numbers)
        self._validate_without(excluded, missing)
        for number in numbers:
            subjects = self._subjects[number]
            for finding in self._cut[number, missing[number]] if number in missing else self._whole[number]:
                if subjects[finding.subject] not in excluded:
                    yield number, subjects[finding.subject], finding

    @cached_property
    def _subjects(self) -> tuple[tuple[str, ...], ...]:
        """The subjects of each document in its order, in N-Triples syntax."""
        return tuple(tuple(dict.fromkeys(intern(str(quad.subject)) for quad in quads)) for quads in self.graph.documents)

    def _missing(self, excluded: frozenset[str], numbers: Iterable[int]) -> Mapping[int, frozenset[str]]:
        """Return the excluded nodes that shapes can reach, for each document from which they reach any.

        Records are judged among all that the register holds today: they are the Secretariat's, and only their own correction changes that.
        """
        if not excluded:
            return {}
        reachable = self._reachable
        reached = {n: excluded & reachable[n] for n in numbers if not reachable[n].isdisjoint(excluded)}
        return {number: nodes for number, nodes in reached.items() if not self.graph.is_record(number)}

    def _validate_without(self, excluded: frozenset[str], missing: Mapping[int, frozenset[str]]) -> None:
        """Validate the documents anew, without the excluded nodes, unless the same nodes were missing before."""
        pending = []
        for number, nodes in missing.items():
            if excluded.issuperset(self._subjects[number]):
                self._cut[number, nodes] = ()  # nothing of the document is left that a finding could be about
            elif (number, nodes) not in self._cut:
                pending.append(number)
        for batch in batched(pending, _BATCH):
            graph = self._context(batch, without=excluded)
            found = graph.findings_by_document(batch)
            self._cut.update(((number, missing[number]), self._verdict(number, found[number], graph=graph)) for number in batch)

    def _context(self, numbers: Collection[int], *, without: frozenset[str] = frozenset()) -> RegisterGraph:
        """Return the register with these documents and those that shapes can reach from them only, without the nodes `without`."""
        reached = {n for number in numbers for node in self._reachable[number] for n in self.graph.mentions.get(iri_of(node), ())}
        kept = reached.union(numbers, self._registers)
        documents = tuple(
            tuple(quad for quad in quads if str(quad.subject) not in without) if n in kept else ()
            for n, quads in enumerate(self.graph.documents)
        )
        return RegisterGraph(documents, self.graph.knowledge, self._shapes)

    @cached_property
    def _registers(self) -> Mapping[int, str]:
        """The node of the register, in N-Triples syntax, by the number of the document that declares it."""
        return {
            n: str(q.subject) for n, quads in enumerate(self.graph.documents) for q in quads if getattr(q.object, "value", "") == _REGISTER
        }

    @cached_property
    def _reachable(self) -> tuple[frozenset[str], ...]:
        """The nodes of each document that the register describes, and those to which its statements lead from them, in N-Triples syntax."""
        described = {node for nodes in self._subjects for node in nodes}
        own: list[set[str]] = []
        targets: dict[str, set[str]] = defaultdict(set)
        for quads in self.graph.documents:
            nodes = set[str]()
            for quad in quads:
                subject = intern(str(quad.subject))
                nodes.add(subject)
                if not isinstance(quad.object, ox.Literal) and (target := intern(str(quad.object))) in described:
                    nodes.add(target)
                    targets[subject].add(target)
            own.append(nodes)
        return tuple(_closure(nodes, targets=targets) for nodes in own)

    @cached_property
    def _whole(self) -> Mapping[int, Verdict]:
        """The verdict on each document among all others."""
        numbers = range(len(self.graph.documents))
        kept = self._kept(numbers)
        validated = {**kept, **self._validated([number for number in numbers if number not in kept])}
        if self._cache and len(validated) > len(kept):
            content = _ENCODER.encode({self._digests[number]: value for number, value in sorted(validated.items())})
            write_cached(self._cache, content, digest=self._name_of_cache)
        return {number: value.verdict for number, value in validated.items()}

    def reports(self, parties: frozenset[str]) -> Iterator[ox.Triple]:
        """Yield the validation reports on the documents with a submission of one of the parties (of any party, if empty), as triples."""
        numbers = self.graph.submissions_of(parties)
        kept = self._kept(numbers)
        validated = {**kept, **self._validated([number for number in numbers if number not in kept])}
        return chain.from_iterable(kept_report(validated[number].report, number=number) for number in numbers)

    def _validated(self, numbers: Sequence[int]) -> Mapping[int, KeptVerdict]:
        """Validate the documents with these numbers, each among all others."""
        records = tuple(filter(self.graph.is_record, numbers))
        # Together, but not too many: the time of a query over a batch may grow with the square of it.
        batches = batched([number for number in numbers if number not in records], _BATCH)
        validated: dict[int, KeptVerdict] = {}
        for batch, graph in ((records, self.graph), *((batch, self._context(batch)) for batch in batches)):
            found = graph.findings_by_document(batch) if batch else {}
            validated |= {number: self._to_keep(number, items, graph=graph) for number, items in found.items()}
        return validated

    def _kept(self, numbers: Iterable[int]) -> Mapping[int, KeptVerdict]:
        """Return what is kept of the documents with these numbers."""
        kept = self._read() if self._cache else {}
        return {number: kept[digest] for number in numbers if (digest := self._digests[number]) in kept} if kept else {}

    def _read(self) -> Mapping[str, KeptVerdict]:
        assert self._cache is not None
        content = read_cached(self._cache, digest=self._name_of_cache)
        try:
            return _DECODER.decode(content) if content is not None else {}
        except msgspec.DecodeError:
            return {}

    @cached_property
    def _name_of_cache(self) -> str:
        """The digest of everything that all verdicts depend on, and of the folders of the register: each has a file of its own."""
        folders = sorted(map(str, self._register.paths))
        return hashlib.sha256(repr(("verdicts", self._shapes.digest, self.graph.knowledge.digest, VERSION, folders)).encode()).hexdigest()

    @cached_property
    def _digests(self) -> Mapping[int, str]:
        """The digest of each document, of its name and of the records that shapes can reach from it: for a record, all.

        Blank nodes are numbered in document order.
        """
        described: dict[str, list[tuple[int, bytes]]] = defaultdict(list)
        for number, quads in enumerate(self.graph.documents):
            for node, digest in _digests_of_nodes(quads, document=self._sources[number].hex()).items():
                described[node].append((number, digest))
        digest_of_all = b"".join(sorted(digest for pairs in described.values() for _, digest in pairs))
        return {n: self._digest(n, described, digest_of_all) for n in range(len(self.graph.documents))}

    @cached_property
    def _sources(self) -> tuple[bytes, ...]:
        """The digest of each document's content and name."""
        digests = ((bytes.fromhex(document_digest(document)), Path(document.source.name).name) for document in self._register.documents)
        return tuple(hashlib.sha256(digest + name.encode()).digest() for digest, name in digests)

    def _digest(self, number: int, described: Mapping[str, Sequence[tuple[int, bytes]]], digest_of_all: bytes) -> str:
        digest = hashlib.sha256(self._sources[number])
        if self.graph.is_record(number):
            digest.update(digest_of_all)
            return digest.hexdigest()
        nodes = self._reachable[number] | frozenset(self._registers.values())
        digest.update(b"".join(sorted(found for node in nodes for other, found in described.get(node, ()) if other != number)))
        return digest.hexdigest()

    def _to_keep(self, number: int, items: Collection[DocumentFinding], *, graph: RegisterGraph) -> KeptVerdict:
        findings, submissions = {(i.finding.focus, i.finding.fingerprint): i.finding for i in items}, graph.submissions[number]
        report = report_to_keep(findings.values(), submissions=submissions, number=number) if submissions else ""
        return KeptVerdict(self._verdict(number, items, graph=graph), report)

    def _verdict(self, number: int, items: Iterable[DocumentFinding], *, graph: RegisterGraph) -> Verdict:
        verdict = dict[CountingFinding, None]()
        positions = {node: position for position, node in enumerate(self._subjects[number])}
        places = self._places(number)
        for item in items:
            class_ = self._class_of(item, graph=graph)
            if class_ is not None:
                finding = places.placed(item.finding)
                for node in (item.submission,) if item.submission is not None else graph.records_with(item):
                    counting = CountingFinding(
                        positions.get(node_text(node), 0),
                        class_,
                        self._is_of_record(item),
                        finding.fingerprint,
                        self._label(finding, number),
                    )
                    verdict[counting] = None
        return tuple(verdict)

    def _class_of(self, item: DocumentFinding, *, graph: RegisterGraph) -> str | None:
        """Return the class into which the finding puts its submission or record; None for a finding that changes nothing."""
        metadata, shape, severity = self._shapes.metadata, item.finding.shape, item.finding.severity
        if metadata.first_value(shape, OBS + "requiredForNaming") == "true":
            return INCOMPLETE
        if severity != "Violation":
            return LACKING if severity == "Warning" and self._is_of_record(item) else None
        node = item.submission or item.finding.focus
        if not any(node in submissions for submissions in graph.submissions):
            return RECORD_TO_CLARIFY
        supplied = metadata.first_value(shape, OBS + "suppliedByReceipt")
        return None if supplied and _is_stated(node, supplied, graph=graph) else TO_CLARIFY

    def _is_of_record(self, item: DocumentFinding) -> bool:
        return item.submission is None or item.finding.shape in self._shapes.for_records

    def _label(self, finding: Finding, number: int) -> tuple[tuple[str, str], ...]:
        name = Path(self._register.documents[number].source.name).name
        line = finding.place.line if finding.place is not None else None
        key = "assessment.finding" if line is not None else "assessment.finding-without-line"
        return tuple((lang, translate(key, lang, message=finding.message.get(lang, ""), file=name, line=line)) for lang in LANGUAGES)


def batched(numbers: Sequence[int], size: int) -> Iterator[tuple[int, ...]]:
    """Yield the numbers in groups of the size; the last one may be smaller."""
    return (tuple(numbers[start : start + size]) for start in range(0, len(numbers), size))


_ENCODER: Final = msgspec.msgpack.Encoder(order="sorted")
_DECODER: Final = msgspec.msgpack.Decoder(dict[str, KeptVerdict])


def _digests_of_nodes(quads: Quads, *, document: str) -> Mapping[str, bytes]:
    """Return a digest of what a document states of each node; blank nodes are numbered, within it, in the order in which they are named."""
    labels: dict[str, str] = {}
    statements: dict[str, list[str]] = defaultdict(list)
    for quad in quads:
        terms = (str(term) for term in (quad.subject, quad.predicate, quad.object))
        texts = (labels.setdefault(text, f"_:{document}.{len(labels)}") if text.startswith("_:") else text for text in terms)
        statements[str(quad.subject)].append(" ".join(texts))
    return {node: hashlib.sha256("\n".join(sorted(lines)).encode()).digest() for node, lines in statements.items()}


def _closure(nodes: set[str], *, targets: Mapping[str, set[str]]) -> frozenset[str]:
    """Return the nodes and all to which the targets lead from them."""
    reached, pending = set[str](), nodes
    while pending:
        reached |= pending
        pending = {target for node in pending for target in targets.get(node, ())} - reached
    return frozenset(reached)


def _triples(node: str, finding: CountingFinding) -> Iterator[Triple]:
    yield node, TYPE, f"<{finding.verdict}>"
    yield node, _FINDING, f"<{_finding_iri(node, finding)}>"


def _finding_iri(node: str, finding: CountingFinding) -> str:
    return f"{HOME}findings/{hashlib.sha256(f'{node} {finding.digest}'.encode()).hexdigest()[:16]}"


def _records(nodes: Collection[str]) -> Collection[str]:
    """Return those of the nodes that have a name, for the others are their parts; all if none has one."""
    return [node for node in nodes if node.startswith("<")] or nodes


def _is_stated(submission: str, predicate: str, *, graph: RegisterGraph) -> bool:
    """Whether a document of the register states the property of the submission."""
    statements = (quad for n in graph.mentions.get(submission, ()) for quad in graph.by_subject[n].get(submission, ()))
    return any(quad.predicate.value == predicate for quad in statements)
