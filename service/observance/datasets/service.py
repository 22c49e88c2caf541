"""Questions as a service of a knowledge base: SPARQL and the catalogue, evaluated in worker processes with a deadline."""

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox
from cachetools import LRUCache, cachedmethod
from msgspec.structs import replace

from observance.core import SerializedAnswer, Settings
from observance.knowledge import KnowledgeLookup, find_root, graph_name, room_files
from observance.questions import (
    Question,
    QuestionRequest,
    Resolvers,
    SparqlRequest,
    Term,
    bind_parameters,
    bound_text,
    check_format,
    check_query,
    evaluate_query,
    find_question,
    label_blank_nodes,
    read_catalogue,
    read_graph,
)
from observance.rdf import MemoryStore, Store
from observance.register import RegisterService
from observance.workers import WorkerPool

if TYPE_CHECKING:
    from observance.assessment import AssessmentService
    from observance.datasets.layers import DatasetRequest, ValidationResults

_PAGES: Final = Path("queries") / "pages"
_ROOMS: Final = ("ontology", "rules", "shapes")
_REGISTER: Final = "urn:observance:register"
# Each dataset holds a copy of the knowledge.
_MAX_DATASETS: Final = 2


class Catalogue:
    """The questions of one knowledge base, and the resolution of their parameters to terms."""

    def __init__(self, root: Path, *, lookup: Callable[[], KnowledgeLookup], assessment: "Callable[[], AssessmentService]") -> None:
        """Read nothing yet: each part is read on first use."""
        self._root, self._lookup, self._assessment = root, lookup, assessment

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """The public questions, in the order of their names."""
        return read_catalogue(self._root / "queries")

    @cached_property
    def pages(self) -> tuple[Question, ...]:
        """The questions behind the pages, in the order of their names; the knowledge base's replace the program's of the same name."""
        questions = {question.name: question for root in (find_root(), self._root) for question in read_catalogue(root / _PAGES)}
        return tuple(questions[name] for name in sorted(questions))

    @property
    def resolvers(self) -> Resolvers:
        """The functions that turn the code of a party or paragraph, or the name of a reading, into its IRI."""
        return {
            "party": self._lookup().party,
            "paragraph": self._lookup().paragraph,
            "reading": lambda name: self._assessment().reading(name).iri,
        }

    def find(self, name: str) -> Question:
        """Return the question of that name; raises NotFoundError, which names the nearest one."""
        return find_question(name, questions=self.questions)

    def bound_text(self, question: Question, values: Mapping[str, str]) -> str:
        """Return the query with the values of its parameters written into it; raises what binding them raises."""
        return bound_text(question, bind_parameters(question, values, resolvers=self.resolvers))


class QuestionService:
    """Answers questions about one knowledge base and its register in worker processes; thread-safe."""

    def __init__(self, catalogue: Catalogue, *, settings: Settings, workers: Callable[[], WorkerPool]) -> None:
        """Start no worker process yet: `workers` starts them on first use."""
        self.catalogue = catalogue
        self._settings, self._workers = settings, workers

    def ask(self, text: str, *, format: str, deadline: float | None = None) -> SerializedAnswer:
        """Return the answer to a query over the knowledge and the open register, by default the demo register.

        `deadline` is in seconds, by default `settings.query_seconds`. Raises what `check_query` and `evaluate_query` raise,
        DeadlineExceededError and WorkerDiedError. The answer is never truncated.
        """
        check_query(text, settings=self._settings)
        return self._workers().call(SparqlRequest(query=text, format=check_format(format)), deadline=self._seconds(deadline))

    def answer(self, name: str, params: Mapping[str, str], *, format: str, deadline: float | None = None) -> SerializedAnswer:
        """Return the answer to a question of the catalogue; `params` are the values of its parameters as text.

        `deadline` is in seconds, by default `settings.query_seconds`, or `settings.assess_seconds` for a question with layers. Raises
        what `ask` raises, and NotFoundError for a question that does not exist.
        """
        question = self.catalogue.find(name)
        check_query(question.text, settings=self._settings)
        request = QuestionRequest(name=name, format=check_format(format), params=params)
        if deadline is None and question.layers:  # the dataset of such a question is derived first
            deadline = self._settings.assess_seconds
        return self._workers().call(request, deadline=self._seconds(deadline))

    def page(self, name: str, params: Mapping[str, str], *, deadline: float | None = None) -> SerializedAnswer:
        """Return the answer in JSON to a question behind the pages of the service (`queries/pages`)."""
        return self._workers().call(QuestionRequest(name=name, format="json", params=params, page=True), deadline=self._seconds(deadline))

    def _seconds(self, deadline: float | None) -> float:
        return self._settings.query_seconds if deadline is None else deadline


class QuestionEvaluator:
    """Evaluates questions in the current process, without a deadline; worker processes use it."""

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        root: Path,
        register: RegisterService,
        assessment: "Callable[[], AssessmentService]",
        results: "ValidationResults",
        settings: Settings,
    ) -> None:
        """Load nothing yet: each part is loaded on first use."""
        self._catalogue, self._root, self._register = catalogue, root, register
        self._assessment, self._results, self._settings = assessment, results, settings
        self._datasets: LRUCache[DatasetRequest, Store] = LRUCache(_MAX_DATASETS)

    def sparql(self, request: SparqlRequest) -> SerializedAnswer:
        """Return the answer to a query that `check_query` accepted; raises what `evaluate_query` raises."""
        limit = self._settings.max_answer_bytes
        return evaluate_query(request.query, store=self.store, format=request.format, limit=limit)

    def question(self, request: QuestionRequest) -> SerializedAnswer:
        """Return the answer to a question; raises what binding its parameters, deriving its dataset and evaluating it raise."""
        questions = self._catalogue.pages if request.page else self._catalogue.questions
        question = find_question(request.name, questions=questions)
        terms: Mapping[str, Term] = bind_parameters(question, request.params, resolvers=self._catalogue.resolvers)
        basis, store = None, None
        if question.layers:
            # Imported here because most questions need no rules.
            from observance.datasets.layers import question_dataset

            dataset = question_dataset(question, terms, inputs=self._assessment().inputs)
            terms, basis, store = dataset.substitutions, dataset.basis, self._dataset_store(dataset.request)
        limit = self._settings.max_answer_bytes
        answer = evaluate_query(bound_text(question, terms), store=store or self.store, format=request.format, limit=limit)
        return replace(answer, basis=basis)

    @cached_property
    def store(self) -> Store:
        """The knowledge, each file in a graph of its own, and the open register, by default the demo register."""
        register = label_blank_nodes(self._register.queried.quads, graph=_REGISTER, number=len(self._knowledge_files))
        return MemoryStore([*self._knowledge_quads, *register])

    @cached_property
    def _knowledge_quads(self) -> list[ox.Quad]:
        files = enumerate(self._knowledge_files)
        return [q for number, file in files for q in read_graph(file, graph=graph_name(file, root=self._root), number=number)]

    @cached_property
    def _knowledge_files(self) -> tuple[Path, ...]:
        return tuple(file for room in _ROOMS for file in room_files(self._root, room))

    @cachedmethod(lambda self: self._datasets)
    def _dataset_store(self, request: "DatasetRequest") -> Store:
        from observance.datasets.layers import dataset_triples

        triples = dataset_triples(request, inputs=self._assessment().inputs, results=self._results)
        layers = label_blank_nodes(triples, graph=_REGISTER, number=len(self._knowledge_files))
        return MemoryStore([*self._knowledge_quads, *layers])
