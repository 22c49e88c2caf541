"""The composition root and public interface: an open knowledge base with its services.

An example: `with KnowledgeBase.open() as kb: print(kb.submissions.validate("timetable.ttl").processable)`.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import pyoxigraph as ox
from msgspec.structs import asdict, replace

from observance.core import InvalidInputError, Settings
from observance.knowledge import ROOMS, Knowledge, KnowledgeLookup, digest_rooms, find_root, is_shipped, known_contexts, load_knowledge
from observance.rdf import cache_folder
from observance.register import Audience, DocumentReader, RegisterService
from oxishacl import Contexts

# Imported with the services that need them, so that validation starts without them.
if TYPE_CHECKING:
    from observance.assessment import AssessmentInputs, AssessmentService, RuleBase
    from observance.datasets import Catalogue, QuestionEvaluator, QuestionKnowledge, QuestionService
    from observance.filing import FilingService
    from observance.forms import FormService
    from observance.search import SearchKnowledge, SearchService
    from observance.submissions import ShapesGraph, SubmissionService
    from observance.workers import AnswerCache, WorkerPool

__all__ = ["KnowledgeBase"]

_DEMO: Final = Path("queries") / "demo"
_HANDLERS: Final = "observance.handlers:open_handlers"
"""The function that gives worker processes their handlers; it opens the same knowledge base in their loader."""
_INDEPENDENT_OF_REGISTER: Final = (
    "knowledge",
    "contexts",
    "shapes",
    "_rule_base",
    "_question_knowledge",
    "_reader",
    "_rooms",
    "_search_knowledge",
)


class KnowledgeBase:
    """An open knowledge base with the registers named in its settings.

    `submissions` validates, `register` holds the documents on record, `assessment` computes the statuses of duties, `questions` answers
    SPARQL and the catalogue, `lookup` finds parties and paragraphs by name, `knowledge` holds the statements. Each service is created on
    first use. Use it from one thread at a time; after `start`, any thread may use the services that run in worker processes.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        """Find the knowledge folder without reading it; raises NotFoundError if it lacks a room."""
        self.settings = settings or Settings()
        self.root = find_root(self.settings.knowledge)
        self._served: Mapping[str, Any] | None = None

    @classmethod
    def open(cls, settings: Settings | None = None, *, registers: Sequence[Path | str] = ()) -> Self:
        """Return the knowledge base of the settings with these registers; close it, or use it in a `with` statement."""
        base_settings = settings or Settings()
        return cls(replace(base_settings, registers=tuple(map(Path, registers))) if registers else base_settings)

    @cached_property
    def knowledge(self) -> Knowledge:
        """The statements of the rooms `ontology` and `rules`."""
        return load_knowledge(self.root, cache=cache_folder(self.settings.cache))

    @cached_property
    def lookup(self) -> KnowledgeLookup:
        """The lookup of parties, paragraphs and examples."""
        return KnowledgeLookup(self.knowledge, lambda: self._declared)

    @property
    def _declared(self) -> tuple[str, ...]:
        return tuple(self._served["declared"]) if self._served is not None else self.register.queried.declared

    @cached_property
    def contexts(self) -> Contexts:
        """The JSON-LD contexts for documents, by IRI."""
        return known_contexts(self.root)

    @cached_property
    def register(self) -> RegisterService:
        """The documents on record."""
        return RegisterService(
            self.settings.registers,
            demo=self.demo,
            knowledge=lambda: self.knowledge,
            settings=self.settings,
            contexts=self.contexts,
            reader=self._reader,
        )

    @cached_property
    def _reader(self) -> DocumentReader:
        return DocumentReader(settings=self.settings, contexts=self.contexts)

    @property
    def demo(self) -> tuple[Path, ...]:
        """The folder of the demo register; empty if the knowledge base has none."""
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
    def forms(self) -> "FormService":
        """Forms made from the shapes, beside the register."""
        from observance.forms import FormService

        return FormService(self.knowledge, self.shapes, lambda: self.register.queried, self.submissions.validate)

    def filing(self, path: Path) -> "FilingService":
        """The service that adds records to the register with this path."""
        from observance.filing import FilingService
        from observance.submissions import ReportOptions

        return FilingService(
            path,
            lookup=self.lookup,
            shapes=self.shapes,
            register=self.register,
            settings=self.settings,
            contexts=self.contexts,
            validate=lambda source: self.submissions.validate(source, options=ReportOptions(provenance=True)),
        )

    @cached_property
    def assessment(self) -> "AssessmentService":
        """Statuses of the register's duties."""
        from observance.assessment import AssessmentService

        return AssessmentService(
            rule_base=lambda: self._rule_base,
            shapes=lambda: self.shapes,
            register=self.register,
            settings=self.settings,
            contexts=self.contexts,
        )

    @cached_property
    def statuses(self) -> "AssessmentInputs":
        """The inputs of the statuses of duties, which rest on the whole register, also where a part of it is disclosed."""
        return self.assessment.inputs

    @cached_property
    def _rule_base(self) -> "RuleBase":
        from observance.assessment import RuleBase

        return RuleBase(self.knowledge)

    @cached_property
    def questions(self) -> "QuestionService":
        """Queries in SPARQL and the catalogue of questions."""
        from observance.datasets import QuestionService

        return QuestionService(self._catalogue, settings=self.settings, workers=lambda: self.workers, answers=lambda: self.answers)

    @cached_property
    def evaluator(self) -> "QuestionEvaluator":
        """Evaluation of questions in this process, without a deadline."""
        from observance.datasets import QuestionEvaluator

        return QuestionEvaluator(
            self._catalogue,
            knowledge=self._question_knowledge,
            register=self.register,
            assessment=lambda: self.assessment,
            results=self._validation_results,
            settings=self.settings,
            statuses=lambda: self.statuses,
        )

    @cached_property
    def search(self) -> "SearchService":
        """Search in the knowledge, the register and the pages of the service, in this process, without a deadline."""
        from observance.search import SearchService

        return SearchService(lambda: self._search_knowledge, self.evaluator.page_rows)

    @cached_property
    def _search_knowledge(self) -> "SearchKnowledge":
        from observance.search import read_search_knowledge

        return read_search_knowledge(
            self.evaluator.page_rows,
            questions=self._catalogue.questions,
            forms=self.forms.forms.values(),
            has_guides=is_shipped(self.root),
        )

    @cached_property
    def _question_knowledge(self) -> "QuestionKnowledge":
        from observance.datasets import QuestionKnowledge

        return QuestionKnowledge(self.root)

    @cached_property
    def _catalogue(self) -> "Catalogue":
        from observance.datasets import Catalogue

        return Catalogue(self.root, lookup=lambda: self.lookup, assessment=lambda: self.assessment)

    def _validation_results(self, parties: frozenset[str]) -> tuple[ox.Triple, ...]:
        """Return the validation reports on the documents of these parties (of all, if empty), each validated among the others."""
        verdicts = self.assessment.inputs.opened_verdicts
        return tuple(verdicts.reports(parties)) if verdicts is not None else ()

    @cached_property
    def workers(self) -> "WorkerPool":
        """The pool of worker processes for work with a deadline; each process starts when it is first needed."""
        return self._new_workers(is_prepared=False)

    @cached_property
    def answers(self) -> "AnswerCache":
        """The answers of the workers, kept to be given again."""
        from observance.workers import AnswerCache

        return AnswerCache(lambda: self.workers, most_bytes=self.settings.answer_cache_bytes)

    def _new_workers(self, *, is_prepared: bool, audiences: Sequence[Audience] = ()) -> "WorkerPool":
        """The pool of processes that open the same knowledge base and registers, without any password; prepared, before any request."""
        from observance.workers import WorkerPool

        settings = self.settings
        values = {name: value for name, value in settings.public_values.items() if name != "registers"}
        argument = {
            "settings": {**values, "knowledge": str(self.root.absolute())},
            "registers": [str(path.absolute()) for path in settings.registers],
            "is_prepared": is_prepared,
            "audiences": list(map(asdict, audiences)),
        }
        return WorkerPool(_HANDLERS, argument, count=settings.workers, memory_mb=settings.worker_memory_mb)

    def start(self, *, audiences: Sequence[Audience] = ()) -> Self:
        """Load everything in the loader of the workers, so that several threads may send requests and none has to wait for that.

        What these audiences read is made ready too. The register is opened there alone. Raises what opening a register raises.
        """
        self.workers = self._new_workers(is_prepared=True, audiences=audiences)
        self.workers.start()
        return self._started()

    def _started(self) -> Self:
        """Read what this process needs while the loader works, and wait for it."""
        _ = (self.contexts, self.lookup.paragraphs, self.lookup.examples)
        _ = (self.questions.catalogue.questions, self.questions.catalogue.pages, self.assessment.readings, self.answers)
        self._served = self.workers.description()
        return self

    @cached_property
    def _rooms(self) -> str:
        """The digest of the files of the knowledge, as they were when it was first asked for: before they are read."""
        return digest_rooms(self.root, *ROOMS)

    def prepared(self, load: Callable[[], object]) -> Mapping[str, Any]:
        """Load, and return the versions of the knowledge and of the register for questions, with its IRI and the parties that it declares.

        Raises InvalidInputError if the files of the knowledge change meanwhile, since some were then read before and some after.
        """
        is_shared = "_rooms" in self.__dict__  # by a renewed knowledge base, which reads none of these files
        rooms = self._rooms
        load()
        if not is_shared and digest_rooms(self.root, *ROOMS) != rooms:
            raise InvalidInputError("querying.changed-meanwhile")
        register = self.register.queried
        return {"knowledge": rooms, "register": register.version, "iri": register.iri, "declared": list(register.declared)}

    @property
    def served(self) -> Mapping[str, Any]:
        """The description that the loader of a started knowledge base gave."""
        return self._served or {}

    def renewed(self) -> "KnowledgeBase":
        """Return the knowledge base with its register read anew; the knowledge, the shapes and unchanged documents are shared.

        After `start`, the workers of the new one are forked from a successor of the loader; this one stays as it is. Raises what `start`
        raises.
        """
        kb = self._with_same_knowledge()
        if self._served is None:
            return kb
        kb.workers = self.workers.successor()
        try:
            return kb._started()
        except BaseException:
            kb.close()
            raise

    def disclosed_to(self, audience: Audience) -> "KnowledgeBase":
        """Return the knowledge base with what the audience may read of its register; only statuses rest on all of it.

        Raises what opening a register raises.
        """
        kb = self._with_same_knowledge()
        kb.register = self.register.disclosed_to(audience)
        kb.statuses = self.statuses.disclosed_to(audience)
        return kb

    def _with_same_knowledge(self) -> "KnowledgeBase":
        """Return a knowledge base of the same settings that shares all that does not depend on the register."""
        kb = KnowledgeBase(self.settings)
        kb.__dict__.update({name: self.__dict__[name] for name in _INDEPENDENT_OF_REGISTER if name in self.__dict__})
        if "_catalogue" in self.__dict__:
            kb._catalogue = self._catalogue.renewed(lookup=lambda: kb.lookup, assessment=lambda: kb.assessment)
        return kb

    def close(self) -> None:
        """Stop the worker processes."""
        if "workers" in self.__dict__:
            self.workers.close()

    def __enter__(self) -> Self:
        """Return the knowledge base itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close the knowledge base."""
        self.close()
