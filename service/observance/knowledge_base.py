"""The composition root and the public face: a knowledge base that is open, with its services.

An example: `with KnowledgeBase.open() as kb: print(kb.submissions.validate("timetable.ttl").processable)`.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import pyoxigraph as ox
from msgspec.structs import replace

from observance.core import Settings
from observance.knowledge import Knowledge, KnowledgeLookup, find_root, known_contexts, load_knowledge
from observance.rdf import cache_folder
from observance.register import RegisterService
from oxishacl import Contexts

# Validating needs neither of these: each is imported with the service that it makes.
if TYPE_CHECKING:
    from observance.assessment import AssessmentService
    from observance.datasets import Catalogue, QuestionEvaluator, QuestionService
    from observance.submissions import ShapesGraph, SubmissionService
    from observance.workers import WorkerPool

__all__ = ["KnowledgeBase"]

_DEMO: Final = Path("queries") / "demo"
_HANDLERS: Final = "observance.handlers:open_handlers"
"""What a worker process calls to answer requests: it opens this same knowledge base and makes a table of its services."""


class KnowledgeBase:
    """One knowledge base that is open, with the registers named in its settings.

    `submissions` validates, `register` holds the documents on record, `assessment` says where duties stand, `questions` answers SPARQL
    and the catalogue, `lookup` finds parties and paragraphs by name, `knowledge` holds the statements. Each is made when it is first
    used. Not for two threads at once, unless `start` was called: then whatever runs in worker processes may be used by any thread.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        """Nothing is read yet; raises NotFoundError when the knowledge folder lacks a room."""
        self.settings = settings or Settings()
        self.root = find_root(self.settings.knowledge)

    @classmethod
    def open(cls, settings: Settings | None = None, *, registers: Sequence[Path | str] = ()) -> Self:
        """Return the knowledge base of the settings with these registers; close it, or use it with `with`."""
        chosen = settings or Settings()
        return cls(replace(chosen, registers=tuple(map(Path, registers))) if registers else chosen)

    @cached_property
    def knowledge(self) -> Knowledge:
        """The statements of `ontology` and `rules`."""
        return load_knowledge(self.root, cache=cache_folder(self.settings.cache))

    @cached_property
    def lookup(self) -> KnowledgeLookup:
        """The parties, paragraphs and examples by their names."""
        return KnowledgeLookup(self.knowledge)

    @cached_property
    def contexts(self) -> Contexts:
        """The JSON-LD contexts that documents may name, by IRI."""
        return known_contexts(self.root)

    @cached_property
    def register(self) -> RegisterService:
        """The documents on record."""
        return RegisterService(
            self.settings.registers, demo=self.demo, knowledge=lambda: self.knowledge, settings=self.settings, contexts=self.contexts
        )

    @property
    def demo(self) -> tuple[Path, ...]:
        """The folder of the demo register, if the knowledge base has one."""
        folder = self.root / _DEMO
        return (folder,) if folder.is_dir() else ()

    @cached_property
    def shapes(self) -> "ShapesGraph":
        """The shapes of the knowledge base."""
        from observance.submissions import ShapesGraph

        return ShapesGraph.read(self.root, cache=cache_folder(self.settings.cache))

    @cached_property
    def submissions(self) -> "SubmissionService":
        """Validation of submissions."""
        from observance.submissions import SubmissionService

        return SubmissionService(
            knowledge=lambda: self.knowledge,
            shapes=lambda: self.shapes,
            lookup=lambda: self.lookup,
            register=self.register,
            settings=self.settings,
            contexts=self.contexts,
            workers=lambda: self.workers,
        )

    @cached_property
    def assessment(self) -> "AssessmentService":
        """Where the duties of the register stand."""
        from observance.assessment import AssessmentService

        return AssessmentService(knowledge=lambda: self.knowledge, register=self.register, settings=self.settings, contexts=self.contexts)

    @cached_property
    def questions(self) -> "QuestionService":
        """Queries in SPARQL and the catalogue of questions."""
        from observance.datasets import QuestionService

        return QuestionService(self._catalogue, settings=self.settings, workers=lambda: self.workers)

    @cached_property
    def evaluator(self) -> "QuestionEvaluator":
        """What evaluates questions in this process, without a deadline."""
        from observance.datasets import QuestionEvaluator

        return QuestionEvaluator(
            self._catalogue,
            root=self.root,
            register=self.register,
            assessment=self.assessment,
            results=self._validation_results,
            settings=self.settings,
        )

    @cached_property
    def _catalogue(self) -> "Catalogue":
        from observance.datasets import Catalogue

        return Catalogue(self.root, lookup=lambda: self.lookup, assessment=self.assessment)

    def _validation_results(self, parties: frozenset[str]) -> tuple[ox.Triple, ...]:
        """The results of validating the documents that hold something of these parties (none: all), each against the others."""
        from observance.submissions import register_results

        return register_results(self.register.queried, parties=parties, knowledge=self.knowledge, shapes=self.shapes)

    @cached_property
    def workers(self) -> "WorkerPool":
        """The processes in which everything runs that must be ended when it takes too long; each starts when it is first needed."""
        from observance.workers import WorkerPool

        settings = self.settings
        return WorkerPool(_HANDLERS, self._worker_argument, count=settings.workers, memory_mb=settings.worker_memory_mb)

    @property
    def _worker_argument(self) -> Mapping[str, Any]:
        """What a worker process needs to open the same knowledge base and registers; no password."""
        chosen = {name: value for name, value in self.settings.public_values.items() if name != "registers"}
        registers = [str(path.absolute()) for path in self.settings.registers]
        return {"settings": {**chosen, "knowledge": str(self.root.absolute())}, "registers": registers}

    def start(self) -> Self:
        """Read what every request needs and start every worker process, so that from now on several threads may ask.

        Raises what opening a register raises.
        """
        self.workers.start()
        _ = (self.register.opened, self.contexts, self.lookup.paragraphs, self.lookup.examples)
        _ = (self.questions.catalogue.questions, self.questions.catalogue.pages, self.assessment.readings)
        return self

    def close(self) -> None:
        """Stop the worker processes."""
        if "workers" in self.__dict__:
            self.workers.close()

    def __enter__(self) -> Self:
        """Return the knowledge base itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close it."""
        self.close()
