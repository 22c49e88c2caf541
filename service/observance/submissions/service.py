"""The submission service: validation of a file, bytes or a graph, in this process or in a worker process."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox
from msgspec import Struct
from msgspec.structs import replace

from observance.core import OBS, SerializedAnswer, Settings, UsageError
from observance.knowledge import Knowledge, KnowledgeLookup, read_files
from observance.rdf import limits_of, parse_document, read_source
from observance.register import Register, RegisterService
from observance.submissions.engines import ENGINES, ShapesGraph
from observance.submissions.model import Finding, SubmissionReport
from observance.submissions.provenance import provenance
from observance.submissions.recognition import no_submission, submissions_in
from observance.submissions.repair_edits import apply_edits, filled_edits
from observance.submissions.requests import ReportRequest
from observance.submissions.validation import ValidationBackground, report_on_document, validate_document, without_receipts
from oxishacl import Contexts, Document, Source, SourcePositions, ValidationResult, node_name

if TYPE_CHECKING:
    from rdflib import Graph

    from observance.workers import WorkerPool
    from oxishacl import PositionFinder


class ReportOptions(Struct, frozen=True):
    """The optional contents of a report; `as_of` is a date as the client wrote it, `most` as in ReportRequest.

    With `repair_of`, a fingerprint, repairs are sought for those findings alone.
    """

    repairs: bool = False
    evidence: bool = False
    provenance: bool = False
    as_of: str | None = None
    most: int | None = None
    repair_of: str | None = None


class SubmissionValidator(Struct, frozen=True, dict=True):
    """Validates sources against one knowledge base and register; `examples` returns the files of valid examples."""

    register: Register
    background: ValidationBackground
    settings: Settings
    contexts: Contexts
    examples: Callable[[], Sequence[Path]] = tuple

    def validate(self, source: Source, *, engine: str = ENGINES[0], options: ReportOptions = ReportOptions()) -> SubmissionReport:  # noqa: B008 - frozen
        """Return the report on the submissions of the source. Raises what parsing and validation raise."""
        document = parse_document(source, settings=self.settings, contexts=self.contexts)
        positions = SourcePositions(document, limits=limits_of(self.settings), contexts=self.contexts)
        if not submissions_in(document, knowledge=self.background.knowledge):
            kinds = self.background.shapes.record_kinds
            raise no_submission(document, knowledge=self.background.knowledge, records=kinds, positions=positions)
        register, background = self.background_of(document, as_of=options.as_of)
        report, results = validate_document(document, background=background, engine=engine)
        report = replace(report, on_record=tuple(background.on_record))
        if options.repairs and results and engine == ENGINES[0]:
            report = self._with_repairs(
                report, results=results, document=document, background=background, positions=positions, of=options.repair_of
            )
        if options.most is not None and len(report.findings) > options.most:
            report = report.shortened(options.most)
        if report.findings:
            from oxishacl import PositionFinder

            position_finder = PositionFinder(document.quads, positions=positions)
            report = replace(report, findings=tuple(_with_place(finding, positions=position_finder) for finding in report.findings))
        if options.evidence and not report.left_out:
            from observance.submissions.evidence import evidence

            report = replace(report, evidence=evidence(report, document=document, background=background, positions=positions))
        if options.provenance:
            digests = provenance(document, background=background, register=register, engine=engine, as_of=options.as_of)
            report = replace(report, provenance=digests)
        return report

    def background_of(self, document: Document, *, as_of: str | None = None) -> tuple[Register, ValidationBackground]:
        """Return the register without the document and without other versions of its submissions, and the background that it gives.

        `as_of` is the day of the validation, as an ISO date.
        """
        register, background = self._register_beside(document)
        return register, background if as_of is None else replace(background, validated_on=as_of)

    def _register_beside(self, document: Document) -> tuple[Register, ValidationBackground]:
        register = self.register.without(document)
        own = submissions_in(document, knowledge=self.background.knowledge)
        versions = {number for name in own for number in self._documents_of.get(name, ())}
        if register is not self.register:
            return register, replace(self.background, register=register.quads, is_of_register=True)
        receipts = not own.keys().isdisjoint(self._receipts)
        if not versions and not receipts:
            return register, self.background
        others = Register(tuple(other for number, other in enumerate(register.documents) if number not in versions))
        on_record = {name: self._receipts.get(name) for name in own if name in self._documents_of}
        quads = without_receipts(others.quads, own, knowledge=self.background.knowledge)
        return others, replace(self.background, register=quads, on_record=on_record)

    @cached_property
    def _documents_of(self) -> Mapping[str, list[int]]:
        """The numbers of the register's documents by the IRIs of their submissions."""
        numbers: dict[str, list[int]] = {}
        for number, document in enumerate(self.register.documents):
            for name in submissions_in(document, knowledge=self.background.knowledge):
                if not name.startswith("_:"):
                    numbers.setdefault(name, []).append(number)
        return numbers

    @cached_property
    def _receipts(self) -> Mapping[str, ox.Literal]:
        """The first day on which the register says that each submission was received."""
        days = [
            (q.subject, q.object)
            for q in self.register.quads
            if q.predicate.value == OBS + "receivedOn" and isinstance(q.object, ox.Literal)
        ]
        return {node_name(subject): day for subject, day in sorted(days, key=lambda item: item[1].value, reverse=True)}

    def _with_repairs(
        self,
        report: SubmissionReport,
        *,
        results: tuple[ValidationResult, ...],
        document: Document,
        background: ValidationBackground,
        positions: SourcePositions,
        of: str | None,
    ) -> SubmissionReport:
        from observance.submissions.repair import Repairer

        def check(changed: Document) -> SubmissionReport:
            return report_on_document(changed, background=background, engine=ENGINES[0])

        return Repairer(document, background, report, results, check, self._example_quads, positions).report_with_repairs(of=of)

    @cached_property
    def _example_quads(self) -> tuple[ox.Quad, ...]:
        """The quads of the examples, with blank node labels that no document has."""
        quads = read_files(tuple(self.examples()), root=self.background.knowledge.root)
        labels: dict[str, ox.BlankNode] = {}
        return tuple(ox.Quad(_relabelled(s, labels=labels), p, _relabelled(o, labels=labels), g) for s, p, o, g in quads)  # type: ignore[arg-type]


def _relabelled(term: object, *, labels: dict[str, ox.BlankNode]) -> object:
    return labels.setdefault(term.value, ox.BlankNode(f"example..{len(labels)}")) if isinstance(term, ox.BlankNode) else term


def _with_place(finding: Finding, *, positions: "PositionFinder") -> Finding:
    terms = finding.terms
    return finding if terms is None else replace(finding, place=positions.place(terms.focus, path=terms.path, value=terms.value))


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
        """Hold the functions that load each part; nothing is loaded before it is needed."""
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

        `registers` names the files and folders of the register to validate against (None: the open register); `engine` is one of
        `ENGINES`; `options` selects the report's optional contents. Not for two threads at once. Raises an ObservanceError if the
        source cannot be parsed or holds no submission; a submission that is not valid is a result.
        """
        document = self._source(source, data=data, media_type=media_type)
        validator = self._validator if registers is None else self._validator_with(self._register.open(registers))
        return validator.validate(document, engine=engine, options=options)

    def background_of(
        self, document: Document, *, registers: Sequence[Path | str] | None = None, as_of: str | None = None
    ) -> ValidationBackground:
        """Return what a document is validated with; `registers` and `as_of` are those of `validate`."""
        validator = self._validator if registers is None else self._validator_with(self._register.open(registers))
        return validator.background_of(document, as_of=as_of)[1]

    def report(self, request: ReportRequest) -> SerializedAnswer:
        """Return the serialised report, computed in a worker process within `settings.validate_seconds`; any thread may call.

        Raises what `validate` raises, DeadlineExceededError and WorkerDiedError.
        """
        return self._workers().call(request, deadline=self._settings.validate_seconds)

    def repaired(self, source: Source, *, fingerprint: str, values: Sequence[str]) -> tuple[Source, int | None]:
        """Return the source with the repair of a finding made, with values in its gaps, and the first line that it changes.

        The line is None, and the source unchanged, if there is no such finding or no edit of the text is known to repair it. Raises what
        `validate` raises, and InvalidInputError for a value that is missing or of another form.
        """
        findings = self.validate(source, options=ReportOptions(repairs=True, repair_of=fingerprint)).findings
        repair = next((finding.repair for finding in findings if finding.repair is not None and finding.repair.edits), None)
        if repair is None:
            return source, None
        text = apply_edits(source.content.decode().removeprefix("\ufeff"), filled_edits(repair, values))
        return replace(source, content=text.encode()), min(edit.place.end_line for edit in repair.edits)

    @property
    def background(self) -> ValidationBackground:
        """The background of validation: knowledge, shapes and the open register."""
        return self._validator.background

    def warm_up(self, *, engine: str = ENGINES[0]) -> None:
        """Load and compile everything that validation needs, so that processes forked later share it."""
        shapes, graph = self.background.shapes, self.background.graph
        if engine == ENGINES[0]:
            shapes.compile_all()
            _ = graph.index
        else:
            _ = graph.knowledge_graph

    def _source(self, source: "Source | Path | str | Graph | None", *, data: bytes | str | None, media_type: str | None) -> Source:
        if (source is None) == (data is None):
            raise UsageError("validate.one-source")
        if data is not None:
            return Source("data", data.encode(errors="surrogatepass") if isinstance(data, str) else data, media_type)
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
