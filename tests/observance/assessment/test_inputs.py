"""The part of the inputs that determines a duty, or the duties of some parties: statuses derived from it are those of the whole."""

import gc
import weakref
from collections.abc import Iterator

import pyoxigraph as ox
import pytest
from msgspec.structs import replace

from conftest import sample
from observance.assessment import Assessment, AssessmentInputs, AssessmentSet, assess
from observance.assessment.derivation import derive
from observance.core import OBS, PREFIXES
from observance.knowledge_base import KnowledgeBase
from observance.register import Register
from oxishacl import Document

_MEMBERSHIP = PREFIXES["org"] + "Membership"


def _nameless(document: Document) -> Iterator[ox.Quad]:
    """The statements of a document, memberships without names and without the time at which they were recorded."""
    memberships = {q.subject for q in document.quads if getattr(q.object, "value", "") == _MEMBERSHIP}
    nodes = {node: ox.BlankNode(f"membership{number}") for number, node in enumerate(sorted(memberships, key=str))}
    for quad in document.quads:
        if quad.subject not in memberships or quad.predicate.value != OBS + "recordedAt":
            yield ox.Quad(nodes.get(quad.subject, quad.subject), quad.predicate, nodes.get(quad.object, quad.object), quad.graph_name)


@pytest.fixture(scope="module", params=["as it is", "memberships without names"])
def whole(request: pytest.FixtureRequest) -> AssessmentSet:
    """The assessments of the demo register, and of one whose memberships are blank nodes of which no time of recording is known."""
    with KnowledgeBase.open() as kb:
        inputs = kb.assessment.inputs
        if request.param != "as it is":
            documents = tuple(replace(document, quads=tuple(_nameless(document))) for document in inputs.register.documents)
            inputs = AssessmentInputs(inputs.rule_base, Register(documents), inputs.verdicts)
        return assess(inputs, reading="benchmark")


def outcomes(assessments: tuple[Assessment, ...]) -> dict[str, tuple[str, str]]:
    """The status and the rule of each duty."""
    return {a.duty.iri: (a.status.iri, a.rule.iri) for a in assessments}


def test_of_a_duty(whole: AssessmentSet) -> None:
    """Each duty has the status that it has among all others."""
    expected, derivation = outcomes(whole.assessments), whole.derivation
    for assessment in sample(whole.assessments, 40):
        part = whole.inputs.narrowed_to(assessment.duty).derive(reading=derivation.reading, at=derivation.moment)
        assert outcomes(part.assessments)[assessment.duty.iri] == expected[assessment.duty.iri]


def test_of_parties(whole: AssessmentSet) -> None:
    """So have all duties of a party, and of two; no other party has any."""
    expected, derivation = outcomes(whole.assessments), whole.derivation
    parties = [party for party in dict.fromkeys(a.duty.bearer for a in whole.assessments) if party in whole.inputs.declared]
    for chosen in [*({party} for party in parties[:8]), set(parties[2:4])]:
        part = whole.inputs.narrowed_to_bearers(frozenset(chosen)).derive(reading=derivation.reading, at=derivation.moment)
        borne = {a.duty.iri for a in whole.assessments if a.duty.bearer in chosen}
        assert outcomes(part.assessments) == {duty: expected[duty] for duty in borne}


def test_derivation_is_freed_with_its_last_use() -> None:
    """Not with the next garbage collection: a loader would keep all facts under each reading until then."""
    with KnowledgeBase.open() as kb:
        inputs = kb.assessment.inputs
        at = inputs.moment(as_of=None, known_at=None)
        found = derive(inputs.register_facts(at), rule_set=inputs.rule_set, norms=inputs.norms, reading=inputs.readings["benchmark"])
        assert found.assessments
        facts = weakref.ref(found.facts)
        gc.disable()
        try:
            del found
            assert facts() is None
        finally:
            gc.enable()
