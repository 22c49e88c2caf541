"""One source from bytes to report: parsed, validated, and explained as far as the options ask."""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox
from msgspec import Struct
from msgspec.structs import replace

from observance.core import Settings
from observance.knowledge import read_files
from observance.rdf import limits_of, parse_document
from observance.register import Register
from observance.submissions.engines import ENGINES
from observance.submissions.model import Finding, SubmissionReport
from observance.submissions.provenance import provenance
from observance.submissions.validation import ValidatedDocument, ValidationBackground, report_on_document, validate_document
from oxishacl import Contexts, Document, Source, SourcePositions

if TYPE_CHECKING:
    from oxishacl import PositionFinder


class ReportOptions(Struct, frozen=True):
    """What a report is to hold beyond its findings and their places; `as_of` is a date as it was given."""

    repairs: bool = False
    evidence: bool = False
    provenance: bool = False
    as_of: str | None = None


class SubmissionValidator(Struct, frozen=True, dict=True):
    """Checks sources against one knowledge base and register; `examples` finds files of documents without fault."""

    register: Register
    background: ValidationBackground
    settings: Settings
    contexts: Contexts
    examples: Callable[[], Sequence[Path]] = tuple

    def validate(self, source: Source, *, engine: str = ENGINES[0], options: ReportOptions = ReportOptions()) -> SubmissionReport:  # noqa: B008 - frozen
        """The report on the submissions of the source. Raises what parsing and validating raise."""
        document = parse_document(source, settings=self.settings, contexts=self.contexts)
        register = self.register.without(document)
        same = register is self.register
        background = self.background if same else ValidationBackground(self.background.knowledge, self.background.shapes, register.quads)
        examined = validate_document(document, background=background, engine=engine)
        report = self._repaired(examined, document=document, background=background) if options.repairs else examined.report
        positions = SourcePositions(document, limits=limits_of(self.settings), contexts=self.contexts)
        if report.findings:
            from oxishacl import PositionFinder

            found = PositionFinder(document.quads, positions=positions)
            report = replace(report, findings=tuple(_placed(each, finder=found) for each in report.findings))
        if options.evidence:
            from observance.submissions.evidence import evidence

            report = replace(report, evidence=evidence(report, document=document, background=background, positions=positions))
        if options.provenance:
            made_from = provenance(document, background=background, register=register, engine=engine, as_of=options.as_of)
            report = replace(report, provenance=made_from)
        return report

    def _repaired(self, examined: ValidatedDocument, *, document: Document, background: ValidationBackground) -> SubmissionReport:
        if not examined.results:
            return examined.report
        from observance.submissions.repair import Repairer

        def again(changed: Document) -> SubmissionReport:
            return report_on_document(changed, background=background, engine=ENGINES[0])

        return Repairer(document, examined, again, self._example_quads).report_with()

    @cached_property
    def _example_quads(self) -> tuple[ox.Quad, ...]:
        """The statements of the examples, their blank nodes labelled as no document's are."""
        found = read_files(tuple(self.examples()), root=self.background.knowledge.root)
        known: dict[str, ox.BlankNode] = {}
        return tuple(ox.Quad(_apart(s, known=known), p, _apart(o, known=known), g) for s, p, o, g in found)  # type: ignore[arg-type]


def _apart(term: object, *, known: dict[str, ox.BlankNode]) -> object:
    return known.setdefault(term.value, ox.BlankNode(f"example..{len(known)}")) if isinstance(term, ox.BlankNode) else term


def _placed(finding: Finding, *, finder: "PositionFinder") -> Finding:
    terms = finding.terms
    return finding if terms is None else replace(finding, place=finder.place(terms.focus, path=terms.path, value=terms.value))
