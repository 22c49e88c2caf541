"""Validation as a service of a knowledge base: from a file, bytes or a graph to a report, here or in a worker process."""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from observance.core import SerializedAnswer, Settings, UsageError
from observance.knowledge import Knowledge, KnowledgeLookup
from observance.rdf import read_source
from observance.register import Register, RegisterService
from observance.submissions.checker import ReportOptions, SubmissionValidator
from observance.submissions.engines import ENGINES, ShapesGraph
from observance.submissions.model import SubmissionReport
from observance.submissions.requests import ReportRequest
from observance.submissions.validation import ValidationBackground
from oxishacl import Contexts, Source

if TYPE_CHECKING:
    from rdflib import Graph

    from observance.workers import WorkerPool


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
