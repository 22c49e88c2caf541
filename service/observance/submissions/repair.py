"""Proposed repairs: changes to a document that remove a finding, each proposed only after the changed document was validated."""

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
from observance.submissions.findings import proposed_term
from observance.submissions.model import SEVERITIES, Finding, Repair, SubmissionReport
from observance.submissions.validation import ValidationBackground
from oxishacl import Document, Term, ValidationResult, is_well_formed

# Each candidate is checked by validating the whole document, in time proportional to its quads and findings; all take some seconds.
_MAX_CANDIDATES: Final = 40
_MAX_COST: Final = 100_000
_COST_OF_FINDING: Final = 10

Check = Callable[[Document], SubmissionReport]


class RepairCandidate(Struct, frozen=True):
    """Statements to add and statements that they replace; `example` is true if a value comes from an example or is a guess."""

    add: tuple[ox.Triple, ...]
    remove: tuple[ox.Triple, ...] = ()
    example: bool = False


class Repairer(Struct, frozen=True, dict=True):
    """Proposes repairs for the findings of one document.

    `report` and `results` are those of the document, one result for each finding; `check` validates a changed document; `examples` are
    statements of valid documents, whose blank node labels must not occur in the document.
    """

    document: Document
    background: ValidationBackground
    report: SubmissionReport
    results: tuple[ValidationResult, ...]
    check: Check
    examples: Sequence[ox.Quad]

    def report_with_repairs(self) -> SubmissionReport:
        """Return the report with the repairs found; a limited number of candidates is checked, those of severe findings first."""
        findings = self.report.findings
        cost = len(self.document.quads) + _COST_OF_FINDING * len(findings)
        budget = list(range(min(_MAX_CANDIDATES, _MAX_COST // max(cost, 1))))
        numbered = enumerate(zip(findings, self.results, strict=True))
        by_severity = sorted(numbered, key=lambda item: SEVERITIES.index(item[1][0].severity))
        repairs = {number: self._repair(finding, result, budget=budget) for number, (finding, result) in by_severity}
        return replace(self.report, findings=tuple(replace(finding, repair=repairs[number]) for number, finding in enumerate(findings)))

    def _repair(self, finding: Finding, result: ValidationResult, *, budget: list[int]) -> Repair | None:
        """Return the first candidate that removes the finding; `budget` has an item for each candidate that may still be checked."""
        if not budget:
            return None
        proposed = proposed_term(result, shapes=self.background.shapes, knowledge=self.background.knowledge)
        for candidate in repair_candidates(result, quads=self.document.quads, examples=self.examples, proposed=proposed):
            if not budget:
                return None
            budget.pop()
            if candidate.add and self._removes(candidate, finding=finding):
                return self._repair_text(candidate)
        return None

    def _removes(self, candidate: RepairCandidate, *, finding: Finding) -> bool:
        """Whether the change removes the finding and adds none of the same or a higher severity."""
        removed = set(candidate.remove)
        unchanged = tuple(quad for quad in self.document.quads if _triple(quad) not in removed)
        added = tuple(ox.Quad(s, p, o, self._graph(candidate)) for s, p, o in candidate.add)
        report = self.check(replace(self.document, quads=(*unchanged, *added)))
        after = Counter(self._fingerprints(report.findings, at_least=finding.severity))
        before = Counter(self._fingerprints_before[finding.severity])
        before[finding.fingerprint] -= 1
        return after <= before

    def _graph(self, candidate: RepairCandidate) -> ox.NamedNode | ox.BlankNode | ox.DefaultGraph:
        subject = candidate.add[0].subject
        return next((quad.graph_name for quad in self.document.quads if quad.subject == subject), ox.DefaultGraph())

    @cached_property
    def _fingerprints_before(self) -> dict[str, Counter[str]]:
        return {severity: Counter(self._fingerprints(self.report.findings, at_least=severity)) for severity in SEVERITIES}

    @staticmethod
    def _fingerprints(findings: Iterable[Finding], *, at_least: str) -> list[str]:
        return [finding.fingerprint for finding in findings if SEVERITIES.index(finding.severity) <= SEVERITIES.index(at_least)]

    def _repair_text(self, candidate: RepairCandidate) -> Repair:
        text = snippet(candidate.add)
        # Prefixes of documents in other syntaxes do not apply to Turtle.
        declared = {**self.document.prefixes} if self.document.syntax in {"Turtle", "TriG"} else {}
        return Repair(missing_prefixes(text, declared=declared) + text, snippet(candidate.remove), candidate.example)


_TYPE: Final = ox.NamedNode(RDF + "type")
_LANGUAGE: Final = ox.NamedNode(DCTERMS + "language")
_MAX_EXAMPLES: Final = 3


class _RepairInput(Struct, frozen=True):
    """The input of a proposal: the result, the document's quads and the quads of examples."""

    result: ValidationResult
    quads: Sequence[ox.Quad]
    examples: Sequence[ox.Quad]

    @property
    def parameter(self) -> Term:
        """The value of the constraint's first parameter."""
        return self.result.source.parameters[0][1]

    @property
    def predicate(self) -> ox.NamedNode | None:
        """The predicate, if the path is a predicate path; else None."""
        path = None if self.result.path is None else self.result.path.node
        return path if isinstance(path, ox.NamedNode) else None

    def value_statements(self) -> tuple[ox.Triple, ...]:
        """Return the document's statements whose object is the value of the result."""
        statement = (self.result.focus, self.predicate, self.result.value)
        return tuple(_triple(quad) for quad in self.quads if (quad.subject, quad.predicate, quad.object) == statement)


def repair_candidates(
    result: ValidationResult, *, quads: Sequence[ox.Quad], examples: Sequence[ox.Quad], proposed: str | None
) -> Iterator[RepairCandidate]:
    """Yield candidates, the likeliest first: the term that the message proposes, then values that satisfy the constraint."""
    if proposed is not None and isinstance(result.value, ox.NamedNode):
        yield from _replace_term(result.value, ox.NamedNode(proposed), result=result, quads=quads)
    proposal = _PROPOSALS.get(result.component.value.removeprefix(SH))
    if proposal is not None:
        yield from proposal(_RepairInput(result, quads, examples))


def _replace_term(old: ox.NamedNode, new: ox.NamedNode, *, result: ValidationResult, quads: Sequence[ox.Quad]) -> Iterator[RepairCandidate]:
    """Replace an unknown term in the statements of the focus node."""
    statements = [_triple(quad) for quad in quads if quad.subject == result.focus and old in (quad.predicate, quad.object)]
    if statements:
        add = tuple(ox.Triple(s, new if p == old else p, new if o == old else o) for s, p, o in statements)
        yield RepairCandidate(add, tuple(statements), example=True)


def _add_missing_values(repair: _RepairInput) -> Iterator[RepairCandidate]:
    """Add as many values as are missing, from examples; nodes of the same class come first."""
    if repair.predicate is None or isinstance(repair.result.focus, ox.Literal):
        return
    focus, predicate = repair.result.focus, repair.predicate
    missing_count = int(repair.parameter.value) - (repair.result.count or 0)
    existing = {quad.object for quad in repair.quads if quad.subject == focus and quad.predicate == predicate}
    quads_of: dict[Term, list[ox.Quad]] = defaultdict(list)
    for quad in repair.examples:
        quads_of[quad.subject].append(quad)  # type: ignore[index]
    sources = (node for node in _nodes_by_class(repair, quads_of=quads_of) if _has_predicate(quads_of[node], predicate))
    for node in islice(sources, _MAX_EXAMPLES):
        values = [quad.object for quad in quads_of[node] if quad.predicate == predicate and quad.object not in existing][:missing_count]
        if len(values) == missing_count:
            statements = tuple(ox.Triple(focus, predicate, value) for value in values)
            descriptions = tuple(t for value in values for t in _descriptions(value, quads_of=quads_of, seen=set()))  # type: ignore[arg-type]
            yield RepairCandidate((*statements, *descriptions), example=True)


def _nodes_by_class(repair: _RepairInput, *, quads_of: Mapping[Term, Sequence[ox.Quad]]) -> Iterable[Term]:
    """Return the nodes of the examples, those of a class of the focus node first."""
    classes = {quad.object for quad in repair.quads if quad.subject == repair.result.focus and quad.predicate == _TYPE}
    same_class = (node for node, quads in quads_of.items() if any(quad.predicate == _TYPE and quad.object in classes for quad in quads))
    return dict.fromkeys((*same_class, *quads_of))


def _has_predicate(quads: Sequence[ox.Quad], predicate: ox.NamedNode) -> bool:
    return any(quad.predicate == predicate for quad in quads)


def _descriptions(node: Term, *, quads_of: Mapping[Term, Sequence[ox.Quad]], seen: set[Term]) -> Iterator[ox.Triple]:
    if isinstance(node, ox.BlankNode) and node not in seen:
        seen.add(node)
        for quad in quads_of.get(node, ()):
            yield _triple(quad)
            yield from _descriptions(quad.object, quads_of=quads_of, seen=seen)  # type: ignore[arg-type]


def _add_class(repair: _RepairInput) -> Iterator[RepairCandidate]:
    """Add the class of the constraint to a value that the document describes without a class."""
    value = repair.result.value
    description = [quad for quad in repair.quads if quad.subject == value]
    if value is not None and not isinstance(value, ox.Literal) and description and not any(quad.predicate == _TYPE for quad in description):
        yield RepairCandidate((ox.Triple(value, _TYPE, repair.parameter),))


def _change_datatype(repair: _RepairInput) -> Iterator[RepairCandidate]:
    """Give the value the datatype of the constraint; for rdf:langString, the document's language."""
    value = repair.result.value
    if not isinstance(value, ox.Literal) or not isinstance(repair.parameter, ox.NamedNode):
        return
    statements = repair.value_statements()
    if repair.parameter.value == RDF + "langString":
        languages = [q.object.value for q in repair.quads if q.predicate == _LANGUAGE and isinstance(q.object, ox.Literal)]
        for language in languages[:1]:
            yield _replace_value(statements, ox.Literal(value.value, language=language), example=True)
    elif repair.parameter.value == XSD + "string" or is_well_formed(value.value, datatype=repair.parameter.value):
        yield _replace_value(statements, ox.Literal(value.value, datatype=repair.parameter))


def _replace_value(statements: tuple[ox.Triple, ...], value: Term, *, example: bool = False) -> RepairCandidate:
    return RepairCandidate(tuple(ox.Triple(s, p, value) for s, p, _ in statements), statements, example)


def _add_required_value(repair: _RepairInput) -> Iterator[RepairCandidate]:
    """Add the value of sh:hasValue."""
    if repair.predicate is not None and not isinstance(repair.result.focus, ox.Literal):
        yield RepairCandidate((ox.Triple(repair.result.focus, repair.predicate, repair.parameter),))


def _choose_list_member(repair: _RepairInput) -> Iterator[RepairCandidate]:
    """Replace the value by the most similar member of sh:in, or by its only member."""
    if repair.result.value is None:
        return
    members = {str(member): member for _, member in repair.result.source.parameters}
    matches = list(members) if len(members) == 1 else get_close_matches(str(repair.result.value), members, n=1)
    for text in matches:
        yield _replace_value(repair.value_statements(), members[text], example=len(members) > 1)


_PROPOSALS: Final[Mapping[str, Callable[[_RepairInput], Iterator[RepairCandidate]]]] = {
    "MinCountConstraintComponent": _add_missing_values,
    "ClassConstraintComponent": _add_class,
    "DatatypeConstraintComponent": _change_datatype,
    "HasValueConstraintComponent": _add_required_value,
    "InConstraintComponent": _choose_list_member,
}


def _triple(quad: ox.Quad) -> ox.Triple:
    return ox.Triple(quad.subject, quad.predicate, quad.object)
