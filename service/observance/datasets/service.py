"""Questions as a service of a knowledge base: SPARQL and the catalogue, evaluated in worker processes with a deadline."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox
from cachetools import LRUCache
from msgspec.structs import replace

from observance.core import SerializedAnswer, Settings
from observance.knowledge import KnowledgeLookup, find_root, graph_name, room_files
from observance.questions import (
    BlankNodeLabels,
    Question,
    QuestionRequest,
    Resolvers,
    SparqlRequest,
    Task,
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
    read_tasks,
    without_header,
)
from observance.rdf import MemoryStore, QueryDataset, StatementTable, Store
from observance.register import Audience, Moment, RegisterService
from observance.workers import Admission, AnswerCache, WorkerPool

if TYPE_CHECKING:
    from observance.assessment import AssessmentInputs, AssessmentService, Reading
    from observance.datasets.layers import DatasetRequest, ValidationResults

_PAGES: Final = Path("queries") / "pages"
_ROOMS: Final = ("ontology", "rules", "shapes")
_REGISTER: Final = "urn:observance:register"
# Each holds a copy of the knowledge.
_MAX_DATASETS: Final = 2


class Catalogue:
    """The questions of one knowledge base, and the resolution of their parameters to terms."""

    def __init__(self, root: Path, *, lookup: Callable[[], KnowledgeLookup], assessment: "Callable[[], AssessmentService]") -> None:
        """Read nothing yet: each part is read on first use."""
        self._root, self._lookup, self._assessment = root, lookup, assessment

    def renewed(self, *, lookup: Callable[[], KnowledgeLookup], assessment: "Callable[[], AssessmentService]") -> "Catalogue":
        """Return the catalogue of the same questions with another resolution of parameters; what was read is shared."""
        catalogue = Catalogue(self._root, lookup=lookup, assessment=assessment)
        catalogue.questions, catalogue.pages, catalogue.tasks = self.questions, self.pages, self.tasks
        return catalogue

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """The public questions, in the order of their names."""
        return read_catalogue(self._root / "queries")

    @cached_property
    def tasks(self) -> tuple[Task, ...]:
        """The groups of the public questions, in their order."""
        return read_tasks(self._root / "queries" / "tasks.csv")

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

    @cached_property
    def examples(self) -> tuple[tuple[Question, str], ...]:
        """The questions without layers and required parameters, each with its query without the header, the defaults written into it."""
        own = (question for question in self.questions if not question.layers and not any(param.required for param in question.params))
        return tuple((question, without_header(self.bound_text(question, {}))) for question in own)

    def page_text(self, name: str, values: Mapping[str, str]) -> str:
        """Return the query of the question of that name behind the pages, with the values; raises what binding them raises."""
        return self.bound_text(find_question(name, questions=self.pages), values)

    def find(self, name: str) -> Question:
        """Return the question of that name; raises NotFoundError, which names the nearest one."""
        return find_question(name, questions=self.questions)

    def bound_text(self, question: Question, values: Mapping[str, str]) -> str:
        """Return the query with the values of its parameters written into it; raises what binding them raises."""
        return bound_text(question, bind_parameters(question, values, resolvers=self.resolvers))


class QuestionKnowledge:
    """The knowledge as questions are asked of it: each file of the rooms in a graph of its own, read on first use and then kept."""

    def __init__(self, root: Path) -> None:
        """Read nothing yet."""
        self._root = root

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """The files, in the order of the rooms."""
        return tuple(file for room in _ROOMS for file in room_files(self._root, room))

    @cached_property
    def statements(self) -> StatementTable:
        """The statements of all files."""
        files = enumerate(self.files)
        return StatementTable.of(
            q for number, file in files for q in read_graph(file, graph=graph_name(file, root=self._root), number=number)
        )

    @property
    def quads(self) -> Iterator[ox.Quad]:
        """The statements as quads, made anew: they would take ten times the memory of the statements."""
        return (ox.Quad(*row) for row in self.statements)


class QuestionService:
    """Answers questions about one knowledge base and its register in worker processes; thread-safe."""

    def __init__(
        self, catalogue: Catalogue, *, settings: Settings, workers: Callable[[], WorkerPool], answers: Callable[[], AnswerCache]
    ) -> None:
        """Start no worker process yet: `workers` starts them on first use, `answers` keeps what they answer."""
        self.catalogue = catalogue
        self._settings, self._workers, self._answers = settings, workers, answers

    def ask(
        self,
        text: str,
        *,
        format: str,
        deadline: float | None = None,
        dataset: QueryDataset | None = None,
        audience: Audience | None = None,
        admission: Admission = nullcontext,
    ) -> SerializedAnswer:
        """Return the answer to a query over the knowledge and the open register, by default the demo register; over `dataset`, if given.

        With an `audience`, the register is what is left for it. `deadline` is in seconds, by default `settings.query_seconds`; an answer
        that is not kept is evaluated in the context of `admission`. Raises what `check_query`, `admission` and `evaluate_query` raise,
        DeadlineExceededError and WorkerDiedError. The answer is never truncated.
        """
        check_query(text, settings=self._settings)
        request = SparqlRequest(query=text, format=check_format(format), dataset=dataset, audience=audience)
        return self._answers().call(request, deadline=self._seconds(deadline), admission=admission)

    def answer(
        self, name: str, params: Mapping[str, str], *, format: str, deadline: float | None = None, audience: Audience | None = None
    ) -> SerializedAnswer:
        """Return the answer to a question of the catalogue, as the audience asks it; `params` are the values of its parameters as text.

        `deadline` is in seconds, by default `settings.query_seconds`, or `settings.assess_seconds` for a question with layers. Raises
        what `ask` raises, and NotFoundError for a question that does not exist.
        """
        question = self.catalogue.find(name)
        check_query(question.text, settings=self._settings)
        request = QuestionRequest(name=name, format=check_format(format), params=params, audience=audience)
        if deadline is None and question.layers:  # the dataset of such a question is derived first
            deadline = self._settings.assess_seconds
        return self._answers().call(request, deadline=self._seconds(deadline))

    def page(
        self, name: str, params: Mapping[str, str], *, deadline: float | None = None, audience: Audience | None = None
    ) -> SerializedAnswer:
        """Return the answer in JSON to a question behind the pages of the service (`queries/pages`), as the audience asks it."""
        request = QuestionRequest(name=name, format="json", params=params, page=True, audience=audience)
        return self._workers().call(request, deadline=self._seconds(deadline))

    def _seconds(self, deadline: float | None) -> float:
        return self._settings.query_seconds if deadline is None else deadline


class Dataset:
    """A store of the knowledge and of triples that were derived from a register, to which a request adds its own."""

    def __init__(self, knowledge: QuestionKnowledge, triples: Iterable[ox.Triple]) -> None:
        """Load them, the triples into the default graph alone."""
        self._knowledge = knowledge
        self._labels: BlankNodeLabels = {}
        self.store = MemoryStore(knowledge.quads, merged=self._labelled(triples))

    def _labelled(self, triples: Iterable[ox.Triple]) -> Iterator[ox.Triple]:
        """The triples, with their blank nodes under labels of their own."""
        quads = label_blank_nodes(triples, graph=_REGISTER, number=len(self._knowledge.files), labels=self._labels)
        return (quad.triple for quad in quads)

    def extended(self, triples: Iterable[ox.Triple]) -> AbstractContextManager[Store]:
        """The store, for as long as the context lasts with these triples in addition."""
        return self.store.extended(self._labelled(triples))


class QuestionEvaluator:
    """Evaluates questions in the current process, without a deadline; worker processes use it."""

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        knowledge: QuestionKnowledge,
        register: RegisterService,
        assessment: "Callable[[], AssessmentService]",
        results: "ValidationResults",
        settings: Settings,
        statuses: "Callable[[], AssessmentInputs] | None" = None,
    ) -> None:
        """Load nothing yet: each part is loaded on first use.

        `statuses` gives the inputs of questions with statuses, if these rest on more than the register that the others are asked of.
        """
        self._catalogue, self._knowledge, self._register = catalogue, knowledge, register
        self._assessment, self._results, self._settings = assessment, results, settings
        self._statuses = statuses or (lambda: assessment().inputs)
        self._datasets: LRUCache[tuple[Moment, str, bool], Dataset] = LRUCache(_MAX_DATASETS)

    def prepare(self) -> None:
        """Load the datasets of the questions with their default parameters; raises what deriving raises."""
        from observance.datasets.layers import default_request

        _ = self.store
        self.shared_dataset(default_request(self._inputs(has_facts_alone=False)))

    def sparql(self, request: SparqlRequest) -> SerializedAnswer:
        """Return the answer to a query that `check_query` accepted; raises what `evaluate_query` raises."""
        limit = self._settings.max_answer_bytes
        return evaluate_query(request.query, store=self.store, format=request.format, limit=limit, dataset=request.dataset)

    def question(self, request: QuestionRequest) -> SerializedAnswer:
        """Return the answer to a question; raises what binding its parameters, deriving its dataset and evaluating it raise."""
        questions = self._catalogue.pages if request.page else self._catalogue.questions
        question = find_question(request.name, questions=questions)
        terms: Mapping[str, Term] = bind_parameters(question, request.params, resolvers=self._catalogue.resolvers)
        limit = self._settings.max_answer_bytes
        if not question.layers:
            return evaluate_query(bound_text(question, terms), store=self.store, format=request.format, limit=limit)
        # Imported here because most questions need no rules.
        from observance.datasets.layers import FACTS, question_dataset

        asked = question_dataset(question, terms, inputs=self._inputs(has_facts_alone=FACTS.issuperset(question.layers)))
        with self.shared_dataset(asked.request).extended(self._own_triples(asked.request)) as store:
            text = bound_text(question, asked.substitutions)
            return replace(evaluate_query(text, store=store, format=request.format, limit=limit), basis=asked.basis)

    def page_rows(self, name: str, values: Mapping[str, str]) -> Iterator[Sequence[ox.NamedNode | ox.BlankNode | ox.Literal]]:
        """Yield the rows of the question of that name behind the pages, which has no layers; raises what binding the values raises."""
        solutions = self.store.query(self._catalogue.page_text(name, values))
        assert isinstance(solutions, ox.QuerySolutions)
        for solution in solutions:
            yield tuple(solution)

    def _inputs(self, *, has_facts_alone: bool) -> "AssessmentInputs":
        return self._assessment().inputs if has_facts_alone else self._statuses()

    @cached_property
    def store(self) -> Store:
        """The knowledge, each file in a graph of its own, and the open register, by default the demo register."""
        labels: BlankNodeLabels = {}
        register = (
            labelled
            for graph, quads in zip(self._register.queried.graph_names, self._register.queried.document_quads, strict=True)
            for labelled in label_blank_nodes(quads, graph=graph, number=len(self._knowledge.files), labels=labels)
        )
        return MemoryStore(chain(self._knowledge.quads, register))

    def ready_store(self, at: Moment, reading: "Reading") -> Store | None:
        """The store of the dataset with statuses at the moment under the reading, if it has been loaded."""
        dataset = self._datasets.get((at, reading.iri, False))
        return dataset.store if dataset is not None else None

    def shared_dataset(self, request: "DatasetRequest") -> "Dataset":
        """The knowledge with the layers that all questions at the moment and under the reading of the request share.

        A dataset with statuses serves questions about facts too, unless these are asked of less.
        """
        from observance.datasets.layers import shared_triples

        key = request.at, request.reading.iri
        dataset = self._datasets.get((*key, False))
        if request.has_facts_alone and (dataset is None or self._statuses() is not self._assessment().inputs):
            dataset = self._datasets.get((*key, True))
        if dataset is None:
            triples = shared_triples(request, inputs=self._inputs(has_facts_alone=request.has_facts_alone))
            dataset = Dataset(self._knowledge, triples)
            self._datasets[(*key, request.has_facts_alone)] = dataset
        return dataset

    def _own_triples(self, request: "DatasetRequest") -> Iterator[ox.Triple]:
        from observance.datasets.layers import own_triples

        yield from own_triples(request, inputs=self._inputs(has_facts_alone=request.has_facts_alone))
        if "validation" in request.layers:
            yield from self._results(request.parties)
