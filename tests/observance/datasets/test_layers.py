"""Questions with layers: the default and the chosen dataset, the contents of each layer, and the cache of datasets."""

import json
from datetime import date

import pyoxigraph as ox
import pytest
from msgspec.structs import replace

from observance.core import OBS, PREFIXES, DeadlineExceededError, NotFoundError, UsageError
from observance.datasets import QuestionEvaluator, QuestionKnowledge, layers
from observance.knowledge_base import KnowledgeBase
from observance.questions import Question, catalogue
from observance.questions.model import LAYERS
from observance.rdf import MemoryStore

XB = PREFIXES["party"] + "XB"
EVERY_LAYER = f"#+ summary.en: All?\n#+ summary.fr: Tout ?\n#+ with: {', '.join(LAYERS)}\nASK {{ ?s ?p ?o }}"


def dataset(kb: KnowledgeBase, layer_names: str, **values: str) -> layers.QuestionDataset:
    """The dataset of a question with these layers about the demo register."""
    text = f"#+ summary.en: Any?\n#+ summary.fr: Un ?\n#+ with: {layer_names}\nSELECT ?asOf ?reading {{ ?s ?p ?asOf }}"
    question = catalogue.read_question("any", text)
    terms = catalogue.bind_parameters(question, values, resolvers=kb.questions.catalogue.resolvers)
    return layers.question_dataset(question, terms, inputs=kb.assessment.inputs)


def properties(kb: KnowledgeBase, layer_names: str, **values: str) -> set[str]:
    """The local names of the predicates in the layers."""
    request = dataset(kb, layer_names, **values).request
    return {t.predicate.value.removeprefix(OBS) for t in layers.build_dataset(request, inputs=kb.assessment.inputs)}


def test_default_moment_and_reading(kb: KnowledgeBase):
    """The default is the last day and time recorded, under the literal reading; the basis of the answer says that it is the default."""
    built = dataset(kb, "assessments")

    assert (built.basis.as_of, built.basis.known_at, built.basis.default) == (date(2024, 6, 14), "2024-06-14T17:00:00Z", True)
    assert built.basis.reading is not None and built.basis.reading["fr"] == "Lecture au plus près du texte"
    assert built.substitutions["asOf"].value == "2024-06-14"
    assert built.substitutions["reading"] == ox.NamedNode(PREFIXES["reading"] + "literal")
    assert "knownAt" not in built.substitutions


def test_chosen_moment_and_reading(kb: KnowledgeBase):
    """Parameters choose the day, the time and the reading; an answer from the register alone rests on no reading."""
    built = dataset(kb, "assessments", asOf="2021-06-01", knownAt="2021-06-02T00:00:00Z", reading="benchmark")
    assert (built.request.at.as_of, built.basis.known_at, built.basis.default) == (date(2021, 6, 1), "2021-06-02T00:00:00Z", False)
    assert built.request.reading.name == "benchmark"
    assert dataset(kb, "facts").basis.reading is None


def test_earlier_moment(kb: KnowledgeBase):
    """The earlier moment is by default the same day, with the register as known at its end; parameters choose another one."""
    earlier = dataset(kb, "earlier", asOf="2021-06-01").request.earlier
    assert earlier is not None and (earlier.as_of, earlier.known_at.isoformat()) == (date(2021, 6, 1), "2021-06-01T23:59:59+00:00")
    earlier = dataset(kb, "earlier", asOf="2021-06-01", earlierAsOf="2020-01-01", earlierKnownAt="2022-01-01T00:00:00Z").request.earlier
    assert earlier is not None and (earlier.as_of, earlier.known_at.isoformat()) == (date(2020, 1, 1), "2022-01-01T00:00:00+00:00")


@pytest.mark.parametrize(("values", "error"), [({"asOf": "2010-01-01"}, UsageError), ({"reading": "no-such"}, NotFoundError)])
def test_refused_moment_or_reading(kb: KnowledgeBase, values: dict[str, str], error: type[Exception]):
    """A day before the instrument and an unknown reading are refused."""
    with pytest.raises(error):
        dataset(kb, "assessments", **values)


@pytest.mark.whole
def test_layers(kb: KnowledgeBase):
    """Each layer adds its own properties, and other layers do not have them."""
    facts = properties(kb, "facts")
    assert {"supersededBy", "called", "firstDay"} <= facts
    assert not {"hasStatus", "ofNorm", "told"} & facts
    assessments = properties(kb, "assessments")
    assert {"hasStatus", "ofNorm", "witness"} <= assessments
    for layer, added in {"reasons": "told", "rivals": "alsoTried", "earlier": "turn"}.items():
        assert added not in assessments
        assert added in properties(kb, layer, asOf="2021-06-01")


def test_snapshot_in_dataset(kb: KnowledgeBase):
    """Documents received or recorded after the moment are absent, with their parts; no triple of the knowledge is repeated."""
    request = dataset(kb, "facts", asOf="2019-12-31", knownAt="2019-12-31T00:00:00Z").request
    triples = layers.build_dataset(request, inputs=kb.assessment.inputs)
    received = {t.object.value for t in triples if t.predicate.value == OBS + "receivedOn"}
    assert received and max(received) <= "2019-12-31"
    assert not {quad.triple for quad in kb.knowledge.quads} & set(triples)
    assert len(triples) == len(set(triples)) > 500


def test_answer_of_a_worker(kb: KnowledgeBase):
    """The answer of a worker equals the assessments and names its basis; a question ends at its deadline."""
    answer = kb.questions.answer("statuses-of-a-party", {"party": "XB", "reading": "benchmark"}, format="json")
    rows = json.loads(answer.body)["results"]["bindings"]
    assessments = kb.assessment.assess(reading="benchmark").select(XB)

    assert {(row["duty"]["value"], row["status"]["value"]) for row in rows} == {(a.duty.iri, a.status.iri) for a in assessments}
    assert answer.basis is not None and answer.basis.default
    with pytest.raises(DeadlineExceededError):  # in a format in which the answer is not kept yet
        kb.questions.answer("statuses-of-a-party", {"party": "XB", "reading": "benchmark"}, format="csv", deadline=0.000001)


def test_query_excludes_layers(kb: KnowledgeBase):
    """A query is evaluated over the register as filed, not over the dataset of an earlier question."""
    kb.questions.answer("statuses-of-a-party", {"party": "XB"}, format="json")
    assert json.loads(kb.questions.ask("ASK { ?s obs:hasStatus ?o }", format="json").body)["boolean"] is False


def evaluator_of(kb: KnowledgeBase) -> QuestionEvaluator:
    """An evaluator that has loaded nothing yet."""
    return QuestionEvaluator(
        kb.questions.catalogue,
        knowledge=QuestionKnowledge(kb.root),
        register=kb.register,
        assessment=lambda: kb.assessment,
        results=lambda _: (),
        settings=kb.settings,
    )


def test_shared_datasets(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch):
    """A dataset is derived once as long as it is among those used last; one with statuses serves questions about facts too."""
    derived = []
    monkeypatch.setattr("observance.datasets.layers.shared_triples", lambda request, **_: derived.append(request) or ())
    evaluator = evaluator_of(kb)
    facts, statuses = dataset(kb, "facts").request, dataset(kb, "assessments").request
    for _ in range(3):
        evaluator.shared_dataset(statuses)
        evaluator.shared_dataset(facts)
        evaluator.shared_dataset(dataset(kb, "reasons").request)
    assert derived == [statuses]
    for day in ("2019-02-01", "2019-02-02"):
        evaluator.shared_dataset(dataset(kb, "facts", asOf=day).request)
    evaluator.shared_dataset(facts)
    assert len(derived) == 4


@pytest.mark.parametrize("layer_names", ["reasons", "rivals", "readings", "earlier", "changes"])
def test_own_layers_are_added_for_one_request(kb: KnowledgeBase, layer_names: str):
    """A dataset extended by a request holds its triples, each once, also those that the shared layers have; afterwards it is as before."""
    evaluator = evaluator_of(kb)
    request = dataset(kb, layer_names, **({"asOf": "2021-06-01"} if layer_names == "earlier" else {})).request
    request = replace(request, parties=frozenset({XB}))
    shared = evaluator.shared_dataset(request)
    before = shared.store.version
    rows = "SELECT ?s ?p ?o { ?s ?p ?o FILTER(!ISBLANK(?s) && !ISBLANK(?o)) }"
    with shared.extended(layers.own_triples(request, inputs=kb.assessment.inputs)) as store:
        held = [tuple(row) for row in store.query(rows)]
        assert store.version != before
    assert shared.store.version == before
    assert len(held) == len(set(held))
    built = layers.build_dataset(request, inputs=kb.assessment.inputs)
    together = MemoryStore(evaluator._knowledge.quads, merged=built)
    assert set(held) == {tuple(row) for row in together.query(rows)}


def test_every_layer_together():
    """A question can combine all layers."""
    question: Question = catalogue.read_question("all", EVERY_LAYER)
    assert question.layers == LAYERS
    assert {param.name for param in question.params} == {"asOf", "knownAt", "earlierAsOf", "earlierKnownAt"}
