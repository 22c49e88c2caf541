"""Validation as a service of a knowledge base: from a file, bytes or a graph to a report, here or in a worker process."""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox
from msgspec import Struct
from msgspec.structs import replace

from observance.core import SerializedAnswer, Settings, UsageError
from observance.knowledge import Knowledge, KnowledgeLookup, read_files
from observance.rdf import limits_of, parse_document, read_source
from observance.register import Register, RegisterService
from observance.submissions.engines import ENGINES, ShapesGraph
from observance.submissions.model import Finding, SubmissionReport
from observance.submissions.provenance import provenance
from observance.submissions.requests import ReportRequest
from observance.submissions.validation import ValidatedDocument, ValidationBackground, report_on_document, validate_document
from oxishacl import Contexts, Document, Source, SourcePositions

if TYPE_CHECKING:
    from rdflib import Graph

    from observance.workers import WorkerPool
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


class SubmissionService:
    """Validates submissions against one knowledge base and its register."""

    def __init__(
        self,
        *,
        knowledge: Callable[[], Knowledge],
        shapes: Callable[[], ShapesGraph],
        lookup: Callable[[], KnowledgeLookup],
        register: RegisterService,
        settings: Settings,
        contexts: Contexts,
        workers: "Callable[[], WorkerPool]",
    ) -> None:
        """Nothing is read before it is needed."""
        self._knowledge, self._shapes, self._lookup, self._workers = knowledge, shapes, lookup, workers
        self._register, self._settings, self._contexts = register, settings, contexts

    def validate(
        self,
        source: "Source | Path | str | Graph | None" = None,
        *,
        data: bytes | str | None = None,
        media_type: str | None = None,
        registers: Sequence[Path | str] | None = None,
        engine: str = ENGINES[0],
        options: ReportOptions = ReportOptions(),  # noqa: B008 - frozen
    ) -> SubmissionReport:
        """Return the report on the submissions of a file, a source, an rdflib graph, or of `data` in the syntax of `media_type`.

        `registers` names the files and folders of the register to read it with (None: the one that is open); `engine` is one of
        `ENGINES`; `options` says what the report is to hold beyond its findings. Not for two threads at once. Raises an
        ObservanceError when the source cannot be read or holds no submission; what is not valid is a result.
        """
        document = self._source(source, data=data, media_type=media_type)
        validator = self._validator if registers is None else self._validator_with(self._register.open(registers))
        return validator.validate(document, engine=engine, options=options)

    def report(self, request: ReportRequest) -> SerializedAnswer:
        """Return the serialised report, made in a worker process within `settings.validate_seconds`; any thread may call.

        Raises what `validate` raises, DeadlineExceededError and WorkerDiedError.
        """
        return self._workers().call(request, deadline=self._settings.validate_seconds)

    @property
    def background(self) -> ValidationBackground:
        """The background graph for validation: knowledge, shapes and the open register."""
        return self._validator.background

    def warm_up(self, *, engine: str = ENGINES[0]) -> None:
        """Read and compile what validating needs, so that processes forked from now on share it."""
        shapes, ground = self.background.shapes, self.background.ground
        if engine == ENGINES[0]:
            shapes.compile_all()
            _ = ground.index
        else:
            _ = ground.graph

    def _source(self, source: "Source | Path | str | Graph | None", *, data: bytes | str | None, media_type: str | None) -> Source:
        if (source is None) == (data is None):
            raise UsageError("validate.one-source")
        if data is not None:
            return Source("data", data.encode() if isinstance(data, str) else data, media_type)
        if isinstance(source, Source):
            return source
        if isinstance(source, Path | str):
            return read_source(Path(source), settings=self._settings)
        assert source is not None
        return Source("graph", source.serialize(format="nquads" if source.context_aware else "ntriples", encoding="utf-8"), None)

    @cached_property
    def _validator(self) -> SubmissionValidator:
        return self._validator_with(self._register.opened)

    def _validator_with(self, register: Register) -> SubmissionValidator:
        background = ValidationBackground(self._knowledge(), self._shapes(), register.quads)
        return SubmissionValidator(register, background, self._settings, self._contexts, lambda: tuple(self._lookup().examples.values()))
