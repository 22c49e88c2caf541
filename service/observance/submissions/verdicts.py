"""What counts: the verdict on each document of a register, as facts for rules, from the findings of the shapes.

A submission with a Violation is an obs:SubmissionToClarify, unless the register's own records supply what a fault of form leaves out; one
that does not conform to a shape marked obs:requiredForNaming is an obs:IncompleteSubmission. There is no other list of what counts.

A verdict depends on the document and on the records that shapes can reach from it. Verdicts are kept under a digest of both, of the shapes
and of the program, so that only what changed is validated again.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Final

import msgspec
import pyoxigraph as ox
from msgspec import Struct

from observance.core import HOME, LANGUAGES, OBS, PREFIXES, VERSION, translate
from observance.knowledge import Knowledge
from observance.rdf import TYPE, Triple, iri_of, node_text, read_cached, write_cached
from observance.register import HAS_FINDING, INCOMPLETE, TO_CLARIFY, Register
from observance.submissions.engines import ShapesGraph
from observance.submissions.model import Finding
from observance.submissions.register_check import DocumentFinding, PlaceFinder, Quads, RegisterGraph, register_graph

_FINDING: Final = f"<{HAS_FINDING}>"
_LABEL: Final = ox.NamedNode(PREFIXES["skos"] + "prefLabel")


class CountingFinding(Struct, frozen=True):
    """A finding that keeps a submission from counting, or from being what its paragraph names.

    `submission` is the position of the submission in its document, `verdict` the class of submissions that it is put into, `label` the
    message with its place, by language.
    """

    submission: int
    verdict: str
    digest: str
    label: Mapping[str, str]


Verdict = tuple[CountingFinding, ...]


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
        self._knowledge = knowledge
        self._cut: dict[tuple[int, frozenset[str]], Verdict] = {}

    def facts(self, excluded: frozenset[str] = frozenset()) -> tuple[Triple, ...]:
        """Return the facts about the submissions of the register without the excluded nodes, which are in N-Triples syntax."""
        return tuple(triple for _, node, finding in self._counting(excluded) for triple in _triples(node, finding))

    @cached_property
    def labels(self) -> tuple[ox.Quad, ...]:
        """The labels of all findings in the facts, without any node excluded."""
        return tuple(
            ox.Quad(ox.NamedNode(_finding_iri(node, finding)), _LABEL, ox.Literal(text, language=lang))
            for _, node, finding in self._counting(frozenset())
            for lang, text in finding.label.items()
        )

    def findings_of(self, submissions: Collection[str]) -> frozenset[str]:
        """Return the IRIs of the findings about submissions, in N-Triples syntax."""
        return frozenset(f"<{_finding_iri(node, f)}>" for _, node, f in self._counting(frozenset()) if node_text(node) in submissions)

    def _counting(self, excluded: frozenset[str]) -> Iterator[tuple[int, str, CountingFinding]]:
        for number in self._numbers:
            submissions = tuple(self.graph.submissions[number])
            for finding in self._verdict(number, excluded=excluded):
                node = submissions[finding.submission]
                if node_text(node) not in excluded:
                    yield number, node, finding

    @cached_property
    def _numbers(self) -> tuple[int, ...]:
        return tuple(number for number, submissions in enumerate(self.graph.submissions) if submissions)

    def _verdict(self, number: int, *, excluded: frozenset[str]) -> Verdict:
        """Return the verdict on the document; where shapes can reach an excluded node, it is validated without the excluded nodes."""
        missing = excluded & self._reachable[number] if excluded else excluded
        if not missing:
            return self._whole[number]
        if (number, missing) not in self._cut:
            context = (
                {n for node in self._reachable[number] for n in self.graph.mentions.get(iri_of(node), ())} | self._registers | {number}
            )
            documents = tuple(
                tuple(quad for quad in quads if str(quad.subject) not in missing) if n in context else ()
                for n, quads in enumerate(self.graph.documents)
            )
            graph = RegisterGraph(documents, self.graph.knowledge, self._shapes)
            positions = {node: position for position, node in enumerate(self.graph.submissions[number])}
            self._cut[number, missing] = self._verdicts(graph, (number,), positions={number: positions})[number]
        return self._cut[number, missing]

    @cached_property
    def _registers(self) -> frozenset[int]:
        """The documents that declare the register."""
        return frozenset(
            n for n, quads in enumerate(self.graph.documents) for q in quads if getattr(q.object, "value", "") == OBS + "Register"
        )

    @cached_property
    def _reachable(self) -> Mapping[int, frozenset[str]]:
        """The nodes of each document and those that the register's statements lead to from them, in N-Triples syntax."""
        targets: dict[str, set[str]] = defaultdict(set)
        for quads in self.graph.documents:
            for quad in quads:
                if not isinstance(quad.object, ox.Literal):
                    targets[str(quad.subject)].add(str(quad.object))
        return {number: _closure(self.graph.documents[number], targets=targets) for number in self._numbers}

    @cached_property
    def _whole(self) -> Mapping[int, Verdict]:
        """The verdict on each document among all others."""
        digests = {number: self._digest(number) for number in self._numbers} if self._cache else {}
        kept = self._read() if self._cache else {}
        verdicts = {number: kept[digest] for number, digest in digests.items() if digest in kept}
        missing = tuple(number for number in self._numbers if number not in verdicts)
        if missing:
            positions = {number: {node: i for i, node in enumerate(self.graph.submissions[number])} for number in missing}
            verdicts |= self._verdicts(self.graph, missing, positions=positions)
            if self._cache:
                write_cached(
                    self._cache, _ENCODER.encode({digests[n]: verdict for n, verdict in verdicts.items()}), digest=self._name_of_cache
                )
        return verdicts

    def _read(self) -> Mapping[str, Verdict]:
        assert self._cache is not None
        content = read_cached(self._cache, digest=self._name_of_cache)
        try:
            return _DECODER.decode(content) if content is not None else {}
        except msgspec.DecodeError:
            return {}

    @cached_property
    def _name_of_cache(self) -> str:
        """The digest of everything that all verdicts depend on, and of the names of the register's documents."""
        names = [document.source.name for document in self._register.documents]
        return hashlib.sha256(repr(("verdicts", self._shapes.digest, self._knowledge.digest, VERSION, names)).encode()).hexdigest()

    @cached_property
    def _statements(self) -> Mapping[str, Sequence[str]]:
        """The statements of all documents by subject, in N-Triples syntax, with those about the register itself under an empty subject."""
        statements: dict[str, list[str]] = defaultdict(list)
        for number, quads in enumerate(self.graph.documents):
            for quad in quads:
                statements[str(quad.subject)].append(f"{number} {quad.triple}")
        registers = {
            str(q.subject) for n in self._registers for q in self.graph.documents[n] if getattr(q.object, "value", "") == OBS + "Register"
        }
        statements[""] = [line.partition(" ")[2] for node in sorted(registers) for line in statements[node]]
        return statements

    def _digest(self, number: int) -> str:
        """Return the digest of the document, of its name and of the records that shapes can reach from it."""
        document, own = self._register.documents[number], f"{number} "
        digest = hashlib.sha256(hashlib.sha256(document.source.content).digest() + Path(document.source.name).name.encode())
        lines = (line for node in ("", *sorted(self._reachable[number])) for line in self._statements.get(node, ()))
        for line in sorted(line.partition(" ")[2] for line in lines if not line.startswith(own)):
            digest.update(line.encode() + b"\n")
        return digest.hexdigest()

    def _verdicts(
        self, graph: RegisterGraph, numbers: Collection[int], *, positions: Mapping[int, Mapping[str, int]]
    ) -> dict[int, Verdict]:
        verdicts: dict[int, list[CountingFinding]] = {number: [] for number in numbers}
        for item in graph.findings(numbers):
            verdict = self._class_of(item, graph=graph)
            if verdict is not None and item.submission is not None:
                finding = self._places(item.number).placed(item.finding)
                counting = CountingFinding(
                    positions[item.number][item.submission], verdict, finding.fingerprint, self._label(finding, item.number)
                )
                verdicts[item.number].append(counting)
        return {number: tuple(verdict) for number, verdict in verdicts.items()}

    def _class_of(self, item: DocumentFinding, *, graph: RegisterGraph) -> str | None:
        """Return the class into which the finding puts its submission; None for a finding that changes nothing."""
        metadata, shape = self._shapes.metadata, item.finding.shape
        if metadata.value(shape, OBS + "requiredForNaming") == "true":
            return INCOMPLETE
        if item.finding.severity != "Violation":
            return None
        supplied = metadata.value(shape, OBS + "suppliedByReceipt")
        return None if supplied and _is_stated(item.submission, supplied, graph=graph) else TO_CLARIFY

    def _label(self, finding: Finding, number: int) -> dict[str, str]:
        name = Path(self._register.documents[number].source.name).name
        line = finding.place.line if finding.place is not None else None
        key = "assessment.finding" if line is not None else "assessment.finding-without-line"
        return {lang: translate(key, lang, message=finding.message.get(lang, ""), file=name, line=line) for lang in LANGUAGES}


_ENCODER: Final = msgspec.msgpack.Encoder(order="sorted")
_DECODER: Final = msgspec.msgpack.Decoder(dict[str, Verdict])


def _closure(quads: Quads, *, targets: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """Return the nodes of the document and all that statements of the register lead to from them, in N-Triples syntax."""
    pending = {str(term) for quad in quads for term in (quad.subject, quad.object) if not isinstance(term, ox.Literal)}
    reached = set[str]()
    while pending:
        reached |= pending
        pending = {target for node in pending for target in targets.get(node, ())} - reached
    return frozenset(reached)


def _triples(node: str, finding: CountingFinding) -> Iterator[Triple]:
    yield node_text(node), TYPE, f"<{finding.verdict}>"
    yield node_text(node), _FINDING, f"<{_finding_iri(node, finding)}>"


def _finding_iri(node: str, finding: CountingFinding) -> str:
    return f"{HOME}findings/{hashlib.sha256(f'{node} {finding.digest}'.encode()).hexdigest()[:16]}"


def _is_stated(submission: str | None, predicate: str, *, graph: RegisterGraph) -> bool:
    """Whether a document of the register states the property of the submission."""
    statements = (quad for n in graph.mentions.get(submission or "", ()) for quad in graph.by_subject[n].get(submission or "", ()))
    return any(quad.predicate.value == predicate for quad in statements)
