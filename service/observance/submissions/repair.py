"""A proposed repair: what to write so that a finding is gone. Proposed only after it was tried: validated again, it must do so."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Final

import pyoxigraph as ox
from msgspec import Struct
from msgspec.structs import replace

from observance.rdf.turtle_snippets import snippet, subject_texts
from observance.submissions.engines import EngineResult
from observance.submissions.model import SEVERITIES, Finding, Repair, SubmissionReport
from observance.submissions.repair_candidates import RepairCandidate, repair_candidates
from observance.submissions.validation import ValidatedDocument
from oxishacl.parsing.source import Document

# Each is tried by a whole validation, which costs what the document and its findings cost: in all some seconds.
_MOST_TRIED: Final = 40
_MOST_WORK: Final = 100_000
_OF_A_FINDING: Final = 10

Check = Callable[[Document], SubmissionReport]


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
        known = {**self.document.prefixes} if self.document.syntax in {"Turtle", "TriG"} else {}
        return Repair(subject_texts(text, known=known) + text, snippet(candidate.remove), candidate.example)
