"""A proposed repair: what to write so that a finding is gone. Proposed only after it was tried: validated again, it must do so."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property
from itertools import islice
from typing import Final

import pyoxigraph as ox
from msgspec import Struct
from msgspec.structs import replace

from observance.core import DCTERMS, RDF, SH, XSD
from observance.rdf import missing_prefixes, snippet
from observance.submissions.engines import EngineResult, Term
from observance.submissions.model import SEVERITIES, Finding, Repair, SubmissionReport
from observance.submissions.validation import ValidatedDocument
from oxishacl import Document, ValidationResult, is_well_formed

# Each is tried by a whole validation, which costs what the document and its findings cost: in all some seconds.
_MOST_TRIED: Final = 40
_MOST_WORK: Final = 100_000
_OF_A_FINDING: Final = 10

Check = Callable[[Document], SubmissionReport]


class RepairCandidate(Struct, frozen=True):
    """Statements to add and statements that they replace; `example` says that a value comes from an example or is a guess."""

    add: tuple[ox.Triple, ...]
    remove: tuple[ox.Triple, ...] = ()
    example: bool = False


class Repairer(Struct, frozen=True, dict=True):
    """Proposes repairs for one document; `check` validates a changed document, `examples` are statements of documents without fault.

    No blank node label of `examples` may occur in the document.
    """

    document: Document
    examined: ValidatedDocument
    check: Check
    examples: Sequence[ox.Quad]

    def report_with(self) -> SubmissionReport:
        """The report with a repair at each finding for which one was found, a bounded number of them tried, the gravest first."""
        report = self.examined.report
        work = len(self.document.quads) + _OF_A_FINDING * len(report.findings)
        left = list(range(min(_MOST_TRIED, _MOST_WORK // max(work, 1))))
        pairs = list(enumerate(zip(report.findings, self.examined.results, strict=True)))
        ranked = sorted(pairs, key=lambda pair: SEVERITIES.index(pair[1][0].severity))
        repairs = {place: self._repair(finding, result, left=left) for place, (finding, result) in ranked}
        return replace(report, findings=tuple(replace(finding, repair=repairs[place]) for place, finding in enumerate(report.findings)))

    def _repair(self, finding: Finding, result: EngineResult, *, left: list[int]) -> Repair | None:
        if not left or result.result is None or self.examined.explainer is None:
            return None
        near = self.examined.explainer.near(result)
        for candidate in repair_candidates(result.result, quads=self.document.quads, examples=self.examples, nearest=near):
            if not left:
                return None
            left.pop()
            if candidate.add and self._holds(candidate, finding=finding):
                return self._written(candidate)
        return None

    def _holds(self, candidate: RepairCandidate, *, finding: Finding) -> bool:
        """Whether, with the change, the finding is gone and no other has come that is as grave."""
        removed = set(candidate.remove)
        kept = tuple(quad for quad in self.document.quads if ox.Triple(quad.subject, quad.predicate, quad.object) not in removed)
        added = tuple(ox.Quad(s, p, o, self._graph(candidate)) for s, p, o in candidate.add)
        after = Counter(self._keys(self.check(replace(self.document, quads=(*kept, *added))).findings, at_least=finding.severity))
        before = Counter(self._before[finding.severity])
        before[finding.fingerprint] -= 1
        return after <= before

    def _graph(self, candidate: RepairCandidate) -> ox.NamedNode | ox.BlankNode | ox.DefaultGraph:
        subject = candidate.add[0].subject
        return next((quad.graph_name for quad in self.document.quads if quad.subject == subject), ox.DefaultGraph())

    @cached_property
    def _before(self) -> dict[str, Counter[str]]:
        return {severity: Counter(self._keys(self.examined.report.findings, at_least=severity)) for severity in SEVERITIES}

    @staticmethod
    def _keys(findings: Iterable[Finding], *, at_least: str) -> list[str]:
        return [each.fingerprint for each in findings if SEVERITIES.index(each.severity) <= SEVERITIES.index(at_least)]

    def _written(self, candidate: RepairCandidate) -> Repair:
        text = snippet(candidate.add)
        # A file in another syntax has no prefixes that a reader of Turtle could rely on.
        declared = {**self.document.prefixes} if self.document.syntax in {"Turtle", "TriG"} else {}
        return Repair(missing_prefixes(text, declared=declared) + text, snippet(candidate.remove), candidate.example)


_TYPE: Final = ox.NamedNode(RDF + "type")
_LANGUAGE: Final = ox.NamedNode(DCTERMS + "language")
_MOST_EXAMPLES: Final = 3


class _RepairCase(Struct, frozen=True):
    """What a proposal is made from."""

    result: ValidationResult
    quads: Sequence[ox.Quad]
    examples: Sequence[ox.Quad]

    @property
    def asked(self) -> Term:
        """The value of the constraint's first parameter."""
        return self.result.source.parameters[0][1]

    @property
    def predicate(self) -> ox.NamedNode | None:
        """The path, when it is one predicate."""
        path = None if self.result.path is None else self.result.path.node
        return path if isinstance(path, ox.NamedNode) else None

    def with_value(self) -> tuple[ox.Triple, ...]:
        """The document's statements focus–path–value."""
        wanted = (self.result.focus, self.predicate, self.result.value)
        return tuple(_triple(quad) for quad in self.quads if (quad.subject, quad.predicate, quad.object) == wanted)


def repair_candidates(
    result: ValidationResult, *, quads: Sequence[ox.Quad], examples: Sequence[ox.Quad], nearest: str | None
) -> Iterator[RepairCandidate]:
    """The likeliest first: the nearest term where the message speaks of one, then what the constraint asks for."""
    if nearest is not None and isinstance(result.value, ox.NamedNode):
        yield from _replaced(result.value, ox.NamedNode(nearest), result=result, quads=quads)
    propose = _PROPOSALS.get(result.component.value.removeprefix(SH))
    if propose is not None:
        yield from propose(_RepairCase(result, quads, examples))


def _replaced(old: ox.NamedNode, new: ox.NamedNode, *, result: ValidationResult, quads: Sequence[ox.Quad]) -> Iterator[RepairCandidate]:
    """The statements of the focus node with another term for one that does not exist."""
    concerned = [_triple(quad) for quad in quads if quad.subject == result.focus and old in (quad.predicate, quad.object)]
    if concerned:
        add = tuple(ox.Triple(s, new if p == old else p, new if o == old else o) for s, p, o in concerned)
        yield RepairCandidate(add, tuple(concerned), example=True)


def _missing(case: _RepairCase) -> Iterator[RepairCandidate]:
    """What the examples say with the predicate, at a node of the same class first; as many as are missing."""
    if case.predicate is None or isinstance(case.result.focus, ox.Literal):
        return
    lacking = int(case.asked.value) - (case.result.count or 0)
    outward: dict[Term, list[ox.Quad]] = defaultdict(list)
    for quad in case.examples:
        outward[quad.subject].append(quad)  # type: ignore[index]
    kinds = {quad.object for quad in case.quads if quad.subject == case.result.focus and quad.predicate == _TYPE}
    alike = [node for node, own in outward.items() if any(quad.predicate == _TYPE and quad.object in kinds for quad in own)]
    have = {quad.object for quad in case.quads if quad.subject == case.result.focus and quad.predicate == case.predicate}
    for node in islice((node for node in dict.fromkeys((*alike, *outward)) if _says(outward[node], case.predicate)), _MOST_EXAMPLES):
        values = [quad.object for quad in outward[node] if quad.predicate == case.predicate and quad.object not in have][:lacking]
        if len(values) == lacking:
            stated = tuple(ox.Triple(case.result.focus, case.predicate, value) for value in values)
            below = tuple(triple for value in values for triple in _below(value, outward=outward, seen=set()))  # type: ignore[arg-type]
            yield RepairCandidate((*stated, *below), example=True)


def _says(quads: Sequence[ox.Quad], predicate: ox.NamedNode) -> bool:
    return any(quad.predicate == predicate for quad in quads)


def _below(node: Term, *, outward: Mapping[Term, Sequence[ox.Quad]], seen: set[Term]) -> Iterator[ox.Triple]:
    if isinstance(node, ox.BlankNode) and node not in seen:
        seen.add(node)
        for quad in outward.get(node, ()):
            yield _triple(quad)
            yield from _below(quad.object, outward=outward, seen=seen)  # type: ignore[arg-type]


def _typed(case: _RepairCase) -> Iterator[RepairCandidate]:
    """The class that is asked for, at a value that the document describes without any."""
    value = case.result.value
    own = [quad for quad in case.quads if quad.subject == value]
    if value is not None and not isinstance(value, ox.Literal) and own and not any(quad.predicate == _TYPE for quad in own):
        yield RepairCandidate((ox.Triple(value, _TYPE, case.asked),))


def _as_datatype(case: _RepairCase) -> Iterator[RepairCandidate]:
    """The same text with the datatype that is asked for; with the document's language where that is one of texts with a language."""
    value = case.result.value
    if not isinstance(value, ox.Literal) or not isinstance(case.asked, ox.NamedNode):
        return
    old = case.with_value()
    if case.asked.value == RDF + "langString":
        languages = [q.object.value for q in case.quads if q.predicate == _LANGUAGE and isinstance(q.object, ox.Literal)]
        for language in languages[:1]:
            yield _instead(old, ox.Literal(value.value, language=language), example=True)
    elif case.asked.value == XSD + "string" or is_well_formed(value.value, datatype=case.asked.value):
        yield _instead(old, ox.Literal(value.value, datatype=case.asked))


def _instead(old: tuple[ox.Triple, ...], value: Term, *, example: bool = False) -> RepairCandidate:
    return RepairCandidate(tuple(ox.Triple(s, p, value) for s, p, _ in old), old, example)


def _wanted(case: _RepairCase) -> Iterator[RepairCandidate]:
    """The very value that is asked for."""
    if case.predicate is not None and not isinstance(case.result.focus, ox.Literal):
        yield RepairCandidate((ox.Triple(case.result.focus, case.predicate, case.asked),))


def _listed(case: _RepairCase) -> Iterator[RepairCandidate]:
    """The one of the values of a list that is most like the value; the only one where there is but one."""
    if case.result.value is None:
        return
    members = {str(member): member for _, member in case.result.source.parameters}
    close = list(members) if len(members) == 1 else get_close_matches(str(case.result.value), members, n=1)
    for text in close:
        yield _instead(case.with_value(), members[text], example=len(members) > 1)


_PROPOSALS: Final[Mapping[str, Callable[[_RepairCase], Iterator[RepairCandidate]]]] = {
    "MinCountConstraintComponent": _missing,
    "ClassConstraintComponent": _typed,
    "DatatypeConstraintComponent": _as_datatype,
    "HasValueConstraintComponent": _wanted,
    "InConstraintComponent": _listed,
}


def _triple(quad: ox.Quad) -> ox.Triple:
    return ox.Triple(quad.subject, quad.predicate, quad.object)
