"""Questions asked of a register as it stood: what they are asked of, by default and by choice, and that it is made once."""

import json
from datetime import date

import pyoxigraph as ox
import pytest

from observance.core import OBS, PREFIXES, DeadlineExceededError, NotFoundError, UsageError
from observance.datasets import QuestionEvaluator, layers
from observance.knowledge_base import KnowledgeBase
from observance.questions import Question, catalogue
from observance.questions.model import LAYERS

XB = PREFIXES["party"] + "XB"
EVERY_LAYER = f"#+ summary.en: All?\n#+ summary.fr: Tout ?\n#+ with: {', '.join(LAYERS)}\nASK {{ ?s ?p ?o }}"


def put(kb: KnowledgeBase, layers: str, **values: str) -> layers.QuestionDataset:
    """The question that anything is, with these layers, put to the demo register."""
    text = f"#+ summary.en: Any?\n#+ summary.fr: Un ?\n#+ with: {layers}\nSELECT ?asOf ?reading {{ ?s ?p ?asOf }}"
    asked_for = catalogue.read_question("any", text)
    return layers.dataset_for(
        asked_for, catalogue.bind_parameters(asked_for, values, resolve=kb.questions.catalogue.resolve), case=kb.assessment.inputs
    )


def predicates(kb: KnowledgeBase, layers: str, **values: str) -> set[str]:
    """The own properties that the layers say something with."""
    wanted = put(kb, layers, **values).wanted
    return {t.predicate.value.removeprefix(OBS) for t in layers.build_dataset(wanted, case=kb.assessment.inputs)}


def test_by_default(kb: KnowledgeBase):
    """Without a word it is the last day and time recorded, literally, and the answer says that this was chosen for it."""
    found = put(kb, "assessments")

    assert (found.basis.as_of, found.basis.known_at, found.basis.default) == (date(2024, 6, 14), "2024-06-14T17:00:00Z", True)
    assert found.basis.reading is not None and found.basis.reading["fr"] == "Lecture littérale"
    assert found.substitutions["asOf"].value == "2024-06-14"
    assert found.substitutions["reading"] == ox.NamedNode(PREFIXES["reading"] + "literal")
    assert "knownAt" not in found.substitutions


def test_by_choice(kb: KnowledgeBase):
    """A day, a time and a reading that are named count, and an answer from the register alone rests on no reading."""
    found = put(kb, "assessments", asOf="2021-06-01", knownAt="2021-06-02T00:00:00Z", reading="benchmark")
    assert (found.wanted.at.as_of, found.basis.known_at, found.basis.default) == (date(2021, 6, 1), "2021-06-02T00:00:00Z", False)
    assert found.wanted.reading.name == "benchmark"
    assert put(kb, "facts").basis.reading is None


def test_earlier_moment(kb: KnowledgeBase):
    """What is compared with is by default the same day as the register was known at its end; both can be named."""
    found = put(kb, "earlier", asOf="2021-06-01").wanted.earlier
    assert found is not None and (found.as_of, found.known_at.isoformat()) == (date(2021, 6, 1), "2021-06-01T23:59:59+00:00")
    found = put(kb, "earlier", asOf="2021-06-01", earlierAsOf="2020-01-01", earlierKnownAt="2022-01-01T00:00:00Z").wanted.earlier
    assert found is not None and (found.as_of, found.known_at.isoformat()) == (date(2020, 1, 1), "2022-01-01T00:00:00+00:00")


@pytest.mark.parametrize(("values", "error"), [({"asOf": "2010-01-01"}, UsageError), ({"reading": "no-such"}, NotFoundError)])
def test_bad_choice(kb: KnowledgeBase, values: dict[str, str], error: type[Exception]):
    """A day before the instrument and a reading that does not exist are refused, as everywhere."""
    with pytest.raises(error):
        put(kb, "assessments", **values)


def test_layers(kb: KnowledgeBase):
    """Each layer adds what it is for, and the plain ones do not hold it."""
    plain = predicates(kb, "facts")
    assert {"supersededBy", "called", "firstDay"} <= plain
    assert not {"hasStatus", "ofNorm", "told"} & plain
    assessed = predicates(kb, "assessments")
    assert {"hasStatus", "ofNorm", "witness"} <= assessed
    for layer, added in {"reasons": "told", "rivals": "alsoTried", "earlier": "turn"}.items():
        assert added not in assessed
        assert added in predicates(kb, layer, asOf="2021-06-01")


def test_as_it_stood(kb: KnowledgeBase):
    """What came later or was recorded later is not there, down to its parts; nothing of the knowledge is said again."""
    early = layers.build_dataset(put(kb, "facts", asOf="2019-12-31", knownAt="2019-12-31T00:00:00Z").wanted, case=kb.assessment.inputs)
    received = {t.object.value for t in early if t.predicate.value == OBS + "receivedOn"}
    assert received and max(received) <= "2019-12-31"
    assert not {quad.triple for quad in kb.knowledge.quads} & set(early)
    assert len(early) == len(set(early)) > 500


def test_asked_in_a_worker(kb: KnowledgeBase):
    """The house's answer is that of the graph, with what it rests on, and it ends when its time is up."""
    answer = kb.questions.answer("statuses-of-a-party", {"party": "XB", "reading": "benchmark"}, format="json")
    rows = json.loads(answer.body)["results"]["bindings"]
    assessments = kb.assessment.assess(reading="benchmark").select(XB)

    assert {(row["duty"]["value"], row["status"]["value"]) for row in rows} == {(a.duty.iri, a.status.iri) for a in assessments}
    assert answer.basis is not None and answer.basis.default
    with pytest.raises(DeadlineExceededError):
        kb.questions.answer("statuses-of-a-party", {"party": "XB", "reading": "benchmark"}, format="json", deadline=0.000001)


def test_register_is_still_asked_as_filed(kb: KnowledgeBase):
    """A question of one's own is asked of the register and not of what another question was asked of."""
    kb.questions.answer("statuses-of-a-party", {"party": "XB"}, format="json")
    assert json.loads(kb.questions.ask("ASK { ?s obs:hasStatus ?o }", format="json").body)["boolean"] is False


def test_derived_once(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch):
    """The same dataset is derived once as long as it is among those asked last."""
    made = []
    monkeypatch.setattr("observance.datasets.service.dataset_triples", lambda request, **_: made.append(request) or ())
    evaluator = QuestionEvaluator(
        kb.questions.catalogue, root=kb.root, register=kb.register, assessment=kb.assessment, results=lambda _: (), settings=kb.settings
    )
    wanted = put(kb, "facts").wanted
    for _ in range(3):
        evaluator._dataset_store(wanted)
    assert made == [wanted]
    for day in ("2019-02-01", "2019-02-02"):
        evaluator._dataset_store(put(kb, "facts", asOf=day).wanted)
    evaluator._dataset_store(wanted)
    assert len(made) == 4


def test_every_layer_together():
    """The layers can be combined in any question."""
    found: Question = catalogue.read_question("all", EVERY_LAYER)
    assert found.layers == LAYERS
    assert {param.name for param in found.params} == {"asOf", "knownAt", "earlierAsOf", "earlierKnownAt"}
