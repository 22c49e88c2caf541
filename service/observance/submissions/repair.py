"""Proposed repairs: changes to a document that remove a finding, each proposed only after the changed document was validated.

A repair completes the form of what the author wrote and never says anything in the author's place: where a value is missing, or is not one
that can be put into form, it has a gap, and the list of values where that is closed. It is tried with a value in the gap.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from types import MappingProxyType
from typing import Any, Final

import pyoxigraph as ox
from msgspec import Struct
from msgspec.structs import replace

from observance.core import DCTERMS, OBS, RDF, SH, XSD, compact, corrected_term, iri_in_text
from observance.knowledge import Knowledge
from observance.submissions.model import SEVERITIES, Finding, Repair, SubmissionReport
from observance.submissions.repair_edits import RepairEdits
from observance.submissions.repair_text import Gaps, declared_prefixes, statements_text
from observance.submissions.validation import ValidationBackground
from oxishacl import FIRST, Document, SourcePositions, Term, ValidationResult, is_well_formed

# Each candidate is checked by validating the whole document, in time proportional to its quads and findings; all take some seconds.
_MAX_CANDIDATES: Final = 40
_MAX_COST: Final = 100_000
_COST_OF_FINDING: Final = 10

Check = Callable[[Document], SubmissionReport]


class RepairCandidate(Struct, frozen=True):
    """Statements to add and statements that they replace; `gaps` are the trial values among them, `choices` the closed list for a gap."""

    add: tuple[ox.Triple, ...]
    remove: tuple[ox.Triple, ...] = ()
    gaps: Gaps = MappingProxyType({})
    choices: tuple[ox.NamedNode | ox.Literal, ...] = ()


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
    positions: SourcePositions

    def report_with_repairs(self, *, of: str | None = None) -> SubmissionReport:
        """Return the report with the repairs found; a limited number of candidates is checked, those of severe findings first.

        With `of`, a fingerprint, repairs are sought for those findings alone.
        """
        findings = self.report.findings
        cost = len(self.document.quads) + _COST_OF_FINDING * len(findings)
        budget = list(range(min(_MAX_CANDIDATES, _MAX_COST // max(cost, 1))))
        numbered = enumerate(zip(findings, self.results, strict=True))
        by_severity = sorted(numbered, key=lambda item: SEVERITIES.index(item[1][0].severity))
        repairs = {
            number: self._repair(finding, result, budget=budget)
            for number, (finding, result) in by_severity
            if of in (None, finding.fingerprint)
        }
        return replace(self.report, findings=tuple(replace(finding, repair=repairs.get(number)) for number, finding in enumerate(findings)))

    def _repair(self, finding: Finding, result: ValidationResult, *, budget: list[int]) -> Repair | None:
        """Return the first candidate that removes the finding; `budget` has an item for each candidate that may still be checked."""
        if not budget:
            return None
        for candidate in repair_candidates(RepairInput(result, self.document, self.examples, self.background)):
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
        syntax, prefixes = self.document.syntax, declared_prefixes(self.document)
        return Repair(
            write=statements_text(candidate.add, syntax=syntax, prefixes=prefixes, gaps=candidate.gaps),
            instead_of=statements_text(candidate.remove, syntax=syntax, prefixes=prefixes),
            gap=bool(candidate.gaps),
            choices=tuple(_choice_text(choice, syntax=syntax) for choice in candidate.choices),
            edits=RepairEdits(self.document, self.positions, prefixes).edits(candidate.add, candidate.remove, gaps=candidate.gaps),
        )


def _choice_text(choice: ox.NamedNode | ox.Literal, *, syntax: str) -> str:
    return compact(choice.value) if isinstance(choice, ox.NamedNode) and syntax in {"Turtle", "TriG"} else choice.value


_TYPE: Final = ox.NamedNode(RDF + "type")
_LANGUAGE: Final = ox.NamedNode(DCTERMS + "language")
_LANG_STRING: Final = RDF + "langString"
_BOOLEAN: Final = XSD + "boolean"
_MAX_EXAMPLES: Final = 3
# A list of more values is no choice that fits into a report; nor is one that anybody may add to.
_MAX_CHOICES: Final = 12
# For each datatype values that are put into a gap to try a repair: several days, since what is on other days may stand beside them. They
# are never shown.
_TRIALS: Final = MappingProxyType(
    {
        XSD + "date": ("2020-03-31", "2018-07-02", "2023-12-29"),
        XSD + "dateTime": ("2020-03-31T09:30:00Z",),
        XSD + "gYearMonth": ("2020-03", "2018-07", "2023-12"),
        XSD + "gYear": ("2020", "2018", "2023"),
        XSD + "language": ("en",),
        XSD + "integer": ("1",),
        _BOOLEAN: ("true",),
    }
)


class RepairInput(Struct, frozen=True):
    """The input of a proposal: the result, the document, the quads of examples, and the knowledge."""

    result: ValidationResult
    document: Document
    examples: Sequence[ox.Quad]
    background: ValidationBackground

    @property
    def knowledge(self) -> Knowledge:
        """The knowledge that the document is validated with."""
        return self.background.knowledge

    @property
    def quads(self) -> Sequence[ox.Quad]:
        """The quads of the document."""
        return self.document.quads

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


def repair_candidates(repair: RepairInput) -> Iterator[RepairCandidate]:
    """Yield candidates, the likeliest first: the term of ours that was misspelt, then what the constraint asks for."""
    if isinstance(repair.result.value, ox.NamedNode):
        yield from _correct_term(repair, repair.result.value)
    proposal = _PROPOSALS.get(repair.result.component.value.removeprefix(SH))
    if proposal is not None:
        yield from proposal(repair)


def _correct_term(repair: RepairInput, term: ox.NamedNode) -> Iterator[RepairCandidate]:
    """Correct a misspelt term in the statements of the focus node."""
    is_known = term.value in repair.knowledge.subjects
    meant = None if is_known else corrected_term(term.value, among=repair.knowledge.subjects)
    statements = [_triple(q) for q in repair.quads if q.subject == repair.result.focus and term in (q.predicate, q.object)]
    if meant is not None and statements:
        new = ox.NamedNode(meant)
        add = tuple(ox.Triple(s, new if p == term else p, new if o == term else o) for s, p, o in statements)
        yield RepairCandidate(add, tuple(statements))


def _add_missing_values(repair: RepairInput) -> Iterator[RepairCandidate]:
    """Add as many values as are missing, as gaps of the form that they have in examples; nodes of the same class come first."""
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
            choices = _choices(values[0], knowledge=repair.knowledge)
            for add in _with_other_days((*statements, *descriptions)):
                yield RepairCandidate(add, gaps=_all_gaps(add), choices=choices)


def _with_other_days(triples: tuple[ox.Triple, ...]) -> Iterator[tuple[ox.Triple, ...]]:
    """Yield the statements, then, if they say when, the same with each of the trial values instead."""
    yield triples
    literals = [value for _, _, value in triples if isinstance(value, ox.Literal)]
    for number in range(max((len(_TRIALS.get(value.datatype.value, ())) for value in literals), default=0)):
        yield tuple(ox.Triple(s, p, _trial(o, number=number)) for s, p, o in triples)


def _trial(term: Any, *, number: int) -> Any:
    trials = _TRIALS.get(term.datatype.value, ()) if isinstance(term, ox.Literal) else ()
    return ox.Literal(trials[number % len(trials)], datatype=term.datatype) if trials else term


def _all_gaps(triples: Iterable[ox.Triple]) -> Gaps:
    """Return every value of the statements but blank nodes and types as a gap."""
    return {o: "value" for _, p, o in triples if p != _TYPE and not isinstance(o, ox.BlankNode)}


def _choices(value: object, *, knowledge: Knowledge) -> tuple[ox.NamedNode | ox.Literal, ...]:
    """Return the closed list that the value is taken from; empty if there is none, or if it is too long to choose from."""
    if isinstance(value, ox.Literal) and value.datatype.value == _BOOLEAN:
        return (ox.Literal("true", datatype=value.datatype), ox.Literal("false", datatype=value.datatype))
    if not isinstance(value, ox.NamedNode):
        return ()
    classes = knowledge.objects(value.value, RDF + "type")
    return next((_members(class_, knowledge=knowledge) for class_ in classes if knowledge.objects(class_, OBS + "reserved")), ())


def _members(class_: str, *, knowledge: Knowledge) -> tuple[ox.NamedNode, ...]:
    members = knowledge.instances(class_)
    return tuple(map(ox.NamedNode, members)) if len(members) <= _MAX_CHOICES else ()


def _nodes_by_class(repair: RepairInput, *, quads_of: Mapping[Term, Sequence[ox.Quad]]) -> Iterable[Term]:
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


def _satisfy_class(repair: RepairInput) -> Iterator[RepairCandidate]:
    """Add the class to a value that the document describes without one; write a name that stands as text as a name; or leave a gap."""
    value, class_ = repair.result.value, repair.parameter
    if isinstance(value, ox.NamedNode | ox.BlankNode):
        description = [quad for quad in repair.quads if quad.subject == value]
        if description and not any(quad.predicate in (_TYPE, FIRST) for quad in description):
            yield RepairCandidate((ox.Triple(value, _TYPE, class_),))
        if description:
            return
    members = repair.knowledge.instances(class_.value)
    statements = repair.value_statements()
    if isinstance(value, ox.Literal):
        named = iri_in_text(value.value)
        if named in members:
            yield _replace_value(statements, ox.NamedNode(named))
    for member in islice((member for member in members if not member.startswith("_:")), _MAX_EXAMPLES):
        trial = ox.NamedNode(member)
        yield _replace_value(statements, trial, gaps={trial: "value"}, choices=_members(class_.value, knowledge=repair.knowledge))


def _change_datatype(repair: RepairInput) -> Iterator[RepairCandidate]:
    """Give the value the datatype of the constraint if it has that form; else leave a gap: for a text without language, that language."""
    value, datatype = repair.result.value, repair.parameter
    if not isinstance(datatype, ox.NamedNode):
        return
    statements = repair.value_statements()
    if datatype.value == _LANG_STRING:
        languages = [q.object.value for q in repair.quads if q.predicate == _LANGUAGE and isinstance(q.object, ox.Literal)]
        text = value.value if isinstance(value, ox.Literal) else "…"
        new = ox.Literal(text, language=next(filter(str.isalpha, languages), "en"))
        yield _replace_value(statements, new, gaps={new: "language" if isinstance(value, ox.Literal) else "value"})
        return
    if isinstance(value, ox.Literal) and (datatype.value == XSD + "string" or is_well_formed(value.value, datatype=datatype.value)):
        yield _replace_value(statements, ox.Literal(value.value, datatype=datatype))
    for trial in _TRIALS.get(datatype.value, ()):
        new = ox.Literal(trial, datatype=datatype)
        yield _replace_value(statements, new, gaps={new: "value"}, choices=_choices(new, knowledge=repair.knowledge))


def _replace_value(
    statements: tuple[ox.Triple, ...],
    value: Term,
    *,
    gaps: Gaps = MappingProxyType({}),
    choices: tuple[ox.NamedNode | ox.Literal, ...] = (),
) -> RepairCandidate:
    return RepairCandidate(tuple(ox.Triple(s, p, value) for s, p, _ in statements), statements, gaps, choices)


def _choose_list_member(repair: RepairInput) -> Iterator[RepairCandidate]:
    """Leave a gap for a member of sh:in."""
    members = tuple(member for _, member in repair.result.source.parameters if not isinstance(member, ox.BlankNode))
    for member in members[:_MAX_EXAMPLES]:
        yield _replace_value(repair.value_statements(), member, gaps={member: "value"}, choices=members)


_PROPOSALS: Final[Mapping[str, Callable[[RepairInput], Iterator[RepairCandidate]]]] = MappingProxyType(
    {
        "MinCountConstraintComponent": _add_missing_values,
        "ClassConstraintComponent": _satisfy_class,
        "DatatypeConstraintComponent": _change_datatype,
        "InConstraintComponent": _choose_list_member,
    }
)


def _triple(quad: ox.Quad) -> ox.Triple:
    return ox.Triple(quad.subject, quad.predicate, quad.object)
