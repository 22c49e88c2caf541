"""The public face: `open_knowledge_base()` gives a KnowledgeBase, whose methods are what the command line and the service do.

An example: `with open_knowledge_base() as kb: print(kb.validate("timetable.ttl").processable)`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import pyoxigraph as ox
from msgspec.structs import replace

from observance.core import Settings
from observance.knowledge import Knowledge, find_root, graph_name, known_contexts, load_knowledge, room_files
from observance.knowledge_base.assessment import AssessmentQueries
from observance.questions import Question, SerializedAnswer
from observance.rdf import cache_folder, read_source
from observance.register import Register, open_register
from observance.submissions import ENGINES, ReportOptions, ShapesGraph, SubmissionReport, SubmissionValidator, ValidationBackground
from oxishacl import Contexts, Source

# Validating needs none of these; importing them takes as long as validating does.
if TYPE_CHECKING:
    import tempfile
    from types import TracebackType

    from observance.datasets import DatasetCache
    from observance.datasets import DatasetRequest as Layers
    from observance.questions import Resolve, Term
    from observance.workers import WorkerPool

__all__ = ["KnowledgeBase", "open_knowledge_base"]

_DEMO: Final = Path("queries") / "demo"
_PAGES: Final = Path("queries") / "pages"


class KnowledgeBase(AssessmentQueries):
    """One knowledge base that is open, with the registers named in its settings.

    Not for two threads at once, unless it was started: then `report`, `ask`, `answer`, `page` and what is looked up are.
    """

    def __init__(self, settings: Settings) -> None:
        """Nothing is read before it is needed."""
        self.settings = settings
        self.root = find_root(settings.knowledge)
        self._query_workers: WorkerPool | None = None
        self._lock = threading.Lock()
        self._validation_workers: WorkerPool | None = None
        self.derive_layers_in_worker: Callable[[Layers], bytes] | None = None
        """What works out `layers` elsewhere, where it can be stopped."""

    def start(self) -> Self:
        """Read everything and start every worker, so that from now on several threads may use the knowledge base.

        Raises what opening a register raises.
        """
        _ = (self.knowledge, self.register, self.contexts, self.questions, self.pages, self.paragraphs, self.examples)
        _ = (self.query_workers, self.validation_workers, self.case.book, self.case.readings)
        return self

    # ── Validating ──────────────────────────────────────────────────────────────────────────────────────────────

    def validate(
        self,
        source: Source | Path | str,
        *,
        registers: Sequence[Path | str] | None = None,
        engine: str = ENGINES[0],
        wanted: ReportOptions = ReportOptions(),  # noqa: B008 - frozen
    ) -> SubmissionReport:
        """The report on the submissions of a file or source, against the knowledge and the registers named (none: those open).

        `engine` is one of `submissions.engines.ENGINES`: oxishacl, or pySHACL as a cross-check; `wanted` says what the report is to
        hold beyond its findings. Raises an ObservanceError when the source cannot be read or holds no submission; what is not valid is
        a result.
        """
        content = source if isinstance(source, Source) else read_source(Path(source), settings=self.settings)
        checker = self._validator if registers is None else self._validator_for(self.open_register(registers))
        return checker.validate(content, engine=engine, wanted=wanted)

    @property
    def background_graph(self) -> ValidationBackground:
        """What submissions are read against: knowledge, shapes and the register that is open."""
        return self._validator.background

    def warm_up(self, *, engine: str = ENGINES[0]) -> None:
        """What validating needs is read and made ready: processes that are forked now need not do it again."""
        shapes, ground = self.background_graph.shapes, self.background_graph.ground
        if engine == ENGINES[0]:
            shapes.compile_all()
            _ = ground.index
        else:
            _ = ground.graph

    def report(
        self, source: Source, *, format: str, lang: str = "en", as_of: str | None = None, evidence: bool = False
    ) -> SerializedAnswer:
        """The report on a source as JSON, Turtle or SARIF (in one language), made in a worker within `settings.validate_seconds`.

        Raises what `validate` raises, DeadlineExceededError and WorkerDiedError.
        """
        wanted = {"format": format, "lang": lang, "as_of": as_of, "evidence": evidence}
        request = {"name": source.name, "media_type": source.media_type, **wanted}
        header, body = self.validation_workers.call(request, source.content, deadline=self.settings.validate_seconds)
        return SerializedAnswer(header["media_type"], body)

    @property
    def validation_workers(self) -> WorkerPool:
        """The processes in which `report` validates, started when they are first needed."""
        from observance.workers import WorkerPool

        if self._validation_workers is None:
            self._validation_workers = WorkerPool(
                "observance.handlers.validation:open_validation_handler",
                {**self.worker_arguments, "root": str(self.root.absolute()), "contexts": self.contexts},
                count=self.settings.workers,
                memory_mb=self.settings.worker_memory_mb,
            )
        return self._validation_workers

    @property
    def worker_arguments(self) -> Mapping[str, object]:
        """What a worker process needs to open the same knowledge base and registers; no password."""
        chosen = {name: value for name, value in self.settings.public_values.items() if name != "registers"}
        registers = [str(path.absolute()) for path in self.settings.registers]
        return {"settings": {**chosen, "knowledge": str(self.root.absolute())}, "registers": registers}

    @cached_property
    def knowledge(self) -> Knowledge:
        """What the rooms `ontology` and `rules` say."""
        return load_knowledge(self.root, cache=cache_folder(self.settings.cache))

    @cached_property
    def shapes(self) -> ShapesGraph:
        """The shapes of the room `shapes`."""
        return ShapesGraph.read(self.root, cache=cache_folder(self.settings.cache))

    @cached_property
    def register(self) -> Register:
        """The register that is open; empty when none is named."""
        return self.open_register(self.settings.registers)

    @cached_property
    def contexts(self) -> Contexts:
        """Our own JSON-LD context, by its IRI, if the knowledge base has one."""
        return known_contexts(self.root)

    @cached_property
    def _validator(self) -> SubmissionValidator:
        return self._validator_for(self.register)

    def _validator_for(self, register: Register) -> SubmissionValidator:
        background = ValidationBackground(self.knowledge, self.shapes, register.quads)
        return SubmissionValidator(register, background, self.settings, self.contexts, lambda: tuple(self.examples.values()))

    def open_register(self, paths: Sequence[Path | str]) -> Register:
        """The register in the files and folders; raises InconsistentDataError when it mixes real and invented parties."""
        named = tuple(Path(path) for path in paths)
        return open_register(named, knowledge=self.knowledge, settings=self.settings, contexts=self.contexts) if named else Register()

    # ── Asking ──────────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """The catalogue, in the order of names."""
        from observance.questions import read_catalogue

        return read_catalogue(self.root / "queries")

    def ask(self, text: str, *, format: str, deadline: float | None = None) -> SerializedAnswer:
        """The answer to a query over the knowledge and the register that is open, else the demo's."""
        from observance.questions import run_query

        return run_query(text, workers=self.query_workers, settings=self.settings, format=format, deadline=deadline)

    def answer(self, name: str, params: Mapping[str, str], *, format: str, deadline: float | None = None) -> SerializedAnswer:
        """The answer to a question of the catalogue with its parameters, given as text."""
        from observance.questions import find_question

        return self._answer_question(find_question(name, questions=self.questions), params, format=format, deadline=deadline)

    def page(self, name: str, params: Mapping[str, str], *, deadline: float | None = None) -> SerializedAnswer:
        """The answer in JSON to a question that the pages of the service are made from (`queries/pages`); not of the catalogue."""
        from observance.questions import find_question

        return self._answer_question(find_question(name, questions=self.pages), params, format="json", deadline=deadline)

    @cached_property
    def pages(self) -> tuple[Question, ...]:
        """The questions that pages are made from, in the order of names; the knowledge base may replace any by its own."""
        from observance.questions import read_catalogue

        found = {question.name: question for root in (find_root(), self.root) for question in read_catalogue(root / _PAGES)}
        return tuple(found[name] for name in sorted(found))

    def _answer_question(self, question: Question, params: Mapping[str, str], *, format: str, deadline: float | None) -> SerializedAnswer:
        from observance.datasets import dataset_for
        from observance.questions import bind_parameters, run_query

        terms: Mapping[str, Term] = bind_parameters(question, params, resolve=self.resolve)
        basis, file = None, None
        if question.layers:
            put = dataset_for(question, terms, case=self.case)
            terms, basis, file = put.substitutions, put.basis, self._dataset_cache.file(put.wanted)
        answer = run_query(
            question.text,
            workers=self.query_workers,
            settings=self.settings,
            format=format,
            substitutions=terms,
            instead=file,
            deadline=deadline,
        )
        return replace(answer, basis=basis)

    @property
    def resolve(self) -> Resolve:
        """How the code of a party or paragraph and the name of a reading become IRIs."""
        from observance.assessment import choose_reading

        return {
            "party": self.party,
            "paragraph": self.paragraph,
            "reading": lambda name: choose_reading(name, among=self.case.readings).iri,
        }

    @property
    def query_workers(self) -> WorkerPool:
        """The processes in which queries run, started when they are first needed."""
        from observance.workers import WorkerPool

        with self._lock:
            if self._query_workers is None:
                target = "observance.questions.evaluation:open_dataset"
                count, memory_mb = self.settings.workers, self.settings.worker_memory_mb
                files = {"files": self._knowledge_files(), "register": self._register_file()}
                self._query_workers = WorkerPool(target, files, count=count, memory_mb=memory_mb)
            return self._query_workers

    def _knowledge_files(self) -> list[list[str]]:
        known = [file for room in ("ontology", "rules", "shapes") for file in room_files(self.root, room)]
        return [[str(file), graph_name(file, root=self.root)] for file in known]

    @cached_property
    def _scratch_folder(self) -> tempfile.TemporaryDirectory[str]:
        import tempfile

        return tempfile.TemporaryDirectory(prefix="observance-")

    def _register_file(self) -> list[list[str]]:
        """What the worker loads is what was read here, within bounds, whatever syntax it was in."""
        if not self._queried_register.documents:
            return []
        path = Path(self._scratch_folder.name) / "register.nq"
        path.write_bytes(ox.serialize(self._queried_register.quads, format=ox.RdfFormat.N_QUADS) or b"")
        return [[str(path), "urn:observance:register"]]

    @cached_property
    def _queried_register(self) -> Register:
        """The register that is open, else the demo's."""
        return self.register if self.settings.registers else self.open_register(self.demo)

    @cached_property
    def _dataset_cache(self) -> DatasetCache:
        from observance.datasets import DatasetCache

        return DatasetCache(self.derive_layers_in_worker or self.layers)

    @property
    def demo(self) -> tuple[Path, ...]:
        """The folder of the demo register, if the knowledge base has one."""
        folder = self.root / _DEMO
        return (folder,) if folder.is_dir() else ()

    def close(self) -> None:
        """No process and no scratch file is left."""
        for workers in (self._query_workers, self._validation_workers):
            if workers is not None:
                workers.close()
        self._query_workers = self._validation_workers = None
        if "_scratch_folder" in self.__dict__:
            self._scratch_folder.cleanup()
        if "_dataset_cache" in self.__dict__:
            self._dataset_cache.close()

    def __enter__(self) -> Self:
        """The knowledge base itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close it."""
        self.close()


def open_knowledge_base(settings: Settings | None = None, *, registers: Sequence[Path | str] = ()) -> KnowledgeBase:
    """The knowledge base of the settings, with the registers opened; close it, or use it with `with`.

    Raises NotFoundError when the knowledge folder lacks a room.
    """
    chosen = settings or Settings()
    return KnowledgeBase(replace(chosen, registers=tuple(Path(path) for path in registers)) if registers else chosen)
