"""One snapshot of the register: what rules, questions, meetings and transmissions see is the same, whatever a register says."""

from datetime import UTC, date, datetime

import pyoxigraph as ox
import pytest

from fixtures_of_rules import register_of
from observance.assessment import AssessmentInputs, AssessmentSet
from observance.core import OBS, PREFIXES, RDF, XSD
from observance.datasets import DatasetRequest, layers, open_register_questions
from observance.knowledge_base import KnowledgeBase
from observance.register import MEMBERS, PUBLIC, SECRETARIAT, Audience, Moment, Snapshot

DEMO = "https://example.org/register/"
NORM = PREFIXES["res"] + "norm-2.5"
AT = Moment(date(2020, 6, 30), datetime(2020, 6, 30, 23, 59, tzinfo=UTC))


def quad(subject: str, predicate: str, value: str | ox.Literal) -> ox.Quad:
    """A statement of the register."""
    term = value if isinstance(value, ox.Literal) else ox.NamedNode(value)
    return ox.Quad(ox.NamedNode(subject), ox.NamedNode(predicate), term)


def day(text: str) -> ox.Literal:
    """A date."""
    return ox.Literal(text, datatype=ox.NamedNode(XSD + "date"))


def document(name: str, *, received: str, recorded: str) -> list[ox.Quad]:
    """A timetable with a title, received on a day and recorded at a time."""
    node = DEMO + name
    when = ox.Literal(recorded, datatype=ox.NamedNode(XSD + "dateTime"))
    return [
        quad(node, RDF + "type", OBS + "IndicativeTimetable"),
        quad(node, OBS + "receivedOn", day(received)),
        quad(node, OBS + "recordedAt", when),
        quad(node, PREFIXES["dcterms"] + "title", ox.Literal(name)),
    ]


QUADS = (
    *document("known", received="2020-01-01Z", recorded="2020-01-02T00:00:00Z"),
    quad(DEMO + "known", OBS + "disclosure", OBS + "Restricted"),
    *document("later", received="2021-01-01", recorded="2021-01-02T00:00:00Z"),
    *document("learnt-later", received="2020-01-01", recorded="2021-01-02T00:00:00Z"),
    # What no register may say: of the knowledge itself, and what only rules conclude.
    quad(NORM, PREFIXES["dcterms"] + "title", ox.Literal("A norm that a register redescribes")),
    quad(DEMO + "known", OBS + "supersededBy", DEMO + "later"),
)


@pytest.fixture(scope="module")
def inputs(kb: KnowledgeBase) -> AssessmentInputs:
    """The assessment inputs of a register with these statements."""
    return AssessmentInputs(kb.assessment.rule_base, register_of(QUADS))


@pytest.fixture(scope="module")
def snapshot(inputs: AssessmentInputs) -> Snapshot:
    """The snapshot of the register at the moment."""
    return inputs.snapshot(AT)


def subjects(triples: object) -> set[str]:
    """The subjects of the triples that are nodes of the register."""
    return {triple.subject.value for triple in triples if triple.subject.value.startswith((DEMO, NORM))}


def test_statements(snapshot: Snapshot):
    """The snapshot holds every statement that was known and had happened, dates without their zone, and none that only rules may state."""
    said = {(t.predicate.value, t.object.value) for t in snapshot.statements if t.subject.value == DEMO + "known"}

    assert subjects(snapshot.statements) == {DEMO + "known"}
    assert (OBS + "receivedOn", "2020-01-01") in said
    assert (PREFIXES["dcterms"] + "title", "known") in said
    assert OBS + "supersededBy" not in {predicate for predicate, _ in said}


def test_facts_are_statements(snapshot: Snapshot):
    """The triples for rules are statements of the snapshot."""
    statements = {(str(t.subject), str(t.predicate), str(t.object)) for t in snapshot.statements}

    assert snapshot.facts
    assert set(snapshot.facts) <= statements


def test_all_datasets_use_the_snapshot(inputs: AssessmentInputs, snapshot: Snapshot):
    """Questions with layers and the questions about meetings use exactly the statements of the snapshot."""
    reading = inputs.readings["literal"]
    built = layers.build_dataset(DatasetRequest(frozenset({"facts"}), AT, reading), inputs=inputs)
    assessed = AssessmentSet(inputs, reading, AT)
    asked = open_register_questions(assessed).store.query(f"SELECT ?s ?p ?o {{ ?s ?p ?o . ?s <{OBS}recordedAt> ?r }}")
    known = {t for t in snapshot.statements if t.subject.value == DEMO + "known"}

    assert known <= set(built)
    assert subjects(built) == subjects(snapshot.statements)
    assert known <= {ox.Triple(row["s"], row["p"], row["o"]) for row in asked}
    assert assessed.derivation.snapshot == snapshot


@pytest.mark.parametrize(
    ("audience", "withheld"), [(PUBLIC, {"known", "later", "learnt-later"}), (MEMBERS, {"known"}), (SECRETARIAT, set()), (None, {"known"})]
)
def test_audience(inputs: AssessmentInputs, audience: Audience | None, withheld: set[str]):
    """An audience that may not read a restricted document learns that it exists; conclusions are the same for all audiences."""
    found = inputs.disclosed_to(audience) if audience is not None else inputs

    assert found.withheld == {DEMO + name for name in withheld}
    assert found.snapshot(AT).statements == inputs.snapshot(AT).statements
    assert found.snapshot(AT).facts == inputs.snapshot(AT).facts
