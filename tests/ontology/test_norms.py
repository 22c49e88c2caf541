"""The norm inventory is the one that was read against the French text, property by property.

`norm-inventory.csv` is an approved file: a change of a norm shows as a difference that a person reads against the text
(CONTRIBUTING says how). It also is what `make mutate` runs when it drops a property of a norm.
"""

import csv
import io
from collections import Counter
from pathlib import Path

import pyoxigraph as ox

from observance.core import OBS, PREFIXES, compact
from observance.knowledge import Knowledge
from observance.knowledge_base import KnowledgeBase

HERE = Path(__file__).parent
FORCES = {"RecommendationNorm": {"Should", "ShouldConsider"}, "UndertakingNorm": {"Will"}, "AnnouncedProceeding": {"FuturePassive"}}


def inventory(knowledge: Knowledge) -> list[list[str]]:
    """The properties of norms, qualifiers and open points as rows, in a stable order."""
    store = ox.Store()
    store.extend(knowledge.quads)
    query = (HERE / "norm-inventory.rq").read_text(encoding="utf-8")
    rows = store.query(query, use_default_graph_as_union=True)
    return [[shown(row[0]), shown(row[1]), shown(row[2]), row[3].value if row[3] else ""] for row in rows]


def shown(term: ox.NamedNode | ox.Literal) -> str:
    """An IRI in short, a literal as it is."""
    return compact(term.value) if isinstance(term, ox.NamedNode) else term.value


def approved() -> list[list[str]]:
    """The rows that a person approved."""
    text = (HERE / "norm-inventory.csv").read_text(encoding="utf-8")
    return list(csv.reader(io.StringIO(text)))[1:]


def test_inventory_is_the_approved_one(kb):
    """Every property of every norm, qualifier and open point is the one approved against the text; none is missing or new."""
    now, before = inventory(kb.knowledge), approved()

    assert [row for row in before if row not in now] == []
    assert [row for row in now if row not in before] == []


def test_force_is_the_class(kb: KnowledgeBase):
    """A recommendation is worded should, the undertaking in the future with an agent, an announced proceeding without one."""
    know = kb.knowledge
    for name, modalities in FORCES.items():
        norms = know.instances(OBS + name)
        assert norms
        for norm in norms:
            assert {value.removeprefix(OBS) for value in know.objects(norm, OBS + "modality")} <= modalities


def test_only_three_paragraphs_ask_for_a_document(kb: KnowledgeBase):
    """Only 2.5, 2.8 and 3 ask for a document; every other record is voluntary."""
    know = kb.knowledge
    asking = [norm for norm in know.instances(OBS + "NormativeStatement") if know.objects(norm, OBS + "requiresSubmissionOf")]

    assert sorted(compact(norm) for norm in asking) == ["res:norm-2.5", "res:norm-2.8", "res:norm-3a"]


def test_counterparty_only_where_the_text_names_one(kb: KnowledgeBase):
    """The Organization is the counterparty where the text says « à l'OMD » or « l'OMD », nowhere else; 2.6 and 3b name others."""
    know = kb.knowledge
    norms = know.instances(OBS + "NormativeStatement")
    towards = {compact(norm) for norm in norms if PREFIXES["wco"] + "organization" in know.objects(norm, OBS + "counterparty")}
    others = {compact(norm) for norm in norms if know.objects(norm, OBS + "counterpartyNote")}

    assert towards == {"res:norm-2.5", "res:norm-2.8", "res:norm-3a"}
    assert others == {"res:norm-2.6", "res:norm-3b"}


def test_no_deadline_in_any_norm(kb: KnowledgeBase):
    """Every norm that asks for something leaves its deadline or period open: the text sets none."""
    know = kb.knowledge
    open_times = {OBS + "OpenDeadline", OBS + "OpenPeriod"}
    asked = [*know.instances(OBS + "RecommendationNorm"), *know.instances(OBS + "UndertakingNorm")]

    assert [norm for norm in asked if not open_times & set(know.objects(norm, OBS + "leavesOpen"))] == []


def test_sixteen_open_points(kb: KnowledgeBase):
    """There are sixteen open points, each with two readings that say what changes, and each is linked to a norm."""
    know = kb.knowledge
    points = know.instances(OBS + "OpenPoint")
    readings = Counter(know.objects(reading, OBS + "onPoint")[0] for reading in know.instances(OBS + "AlternativeReading"))

    assert len(points) == 16
    assert set(readings.values()) == {2}
    assert set(readings) == set(points)
    for reading in know.instances(OBS + "AlternativeReading"):
        assert know.objects(reading, OBS + "effect")
        assert know.subjects_with(OBS + "alternativeReading", reading), reading


def test_readings_say_what_they_assume(kb: KnowledgeBase):
    """Every parameter of a reading has a source and says whether it is an assumption; only the literal reading adds no window or cycle."""
    know = kb.knowledge
    for reading in know.instances(OBS + "Interpretation"):
        for parameter in know.objects(reading, OBS + "sets"):
            assert know.objects(parameter, PREFIXES["dcterms"] + "source"), parameter
            assert know.objects(parameter, OBS + "isAssumption") in {("true",), ("false",)}, parameter
    literal = know.objects(PREFIXES["reading"] + "literal", OBS + "sets")
    timed = {*know.instances(OBS + "ExpectationParameter"), *know.instances(OBS + "CycleParameter")}

    assert not timed & set(literal)
    assert all(know.objects(parameter, OBS + "isAssumption") == ("true",) for parameter in timed)
