"""After any sequence of documents, the statuses that were kept true are those that deriving everything anew gives."""

from datetime import UTC, date, datetime, timedelta
from functools import cache

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures_of_rules import RULE_BASE, base_statements
from observance.assessment import AssessmentInputs, Reading
from observance.assessment.rules.incremental import IncrementalAssessment
from observance.core import DCTERMS, OBS, PREFIXES, RDF, XSD
from observance.register import Moment

AT = Moment(date(2022, 6, 1), datetime(2022, 6, 2, tzinfo=UTC))
PARTIES = ("XA", "XB", "XC", "XU")
KINDS = (
    "IntentionNotification", "IndicativeTimetable", "ProgressReport", "ImplementationStatement", "CapacityNeedsStatement", "Withdrawal",
    "Justification", "Participation", "NotificationRelay", "ReviewMeeting", "CompletenessStatement",
)  # fmt: skip
Document = tuple[ox.Quad, ...]
steps = st.tuples(
    st.sampled_from(KINDS),
    st.sampled_from(PARTIES),
    st.integers(0, 1500),
    st.integers(0, 30),
    st.sampled_from(("new", "revision", "other")),
)


def node(name: str) -> ox.NamedNode:
    """A node of the sequence."""
    return ox.NamedNode(f"https://example.org/sequence/{name}")


def party(code: str) -> ox.NamedNode:
    """An invented party."""
    return ox.NamedNode(f"{PREFIXES['party']}{code}")


def obs(name: str) -> ox.NamedNode:
    """A term of the vocabulary."""
    return ox.NamedNode(OBS + name)


def typed(text: str, kind: str) -> ox.Literal:
    """A literal of XML Schema."""
    return ox.Literal(text, datatype=ox.NamedNode(XSD + kind))


def document(number: int, step: tuple[str, str, int, int, str]) -> Document:
    """One document: its kind, the party, the day of receipt, an earlier document that it may speak of, and how."""
    kind, code, days, earlier, how = step
    own, other = node(str(number)), node(str(earlier % number if number else 0))
    day = date(2018, 9, 1) + timedelta(days=days)
    said: list[tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode | ox.Literal]] = [
        (own, ox.NamedNode(RDF + "type"), obs(kind)),
        (own, ox.NamedNode(DCTERMS + "identifier"), ox.Literal(str(number))),
        (own, obs("recordedAt"), typed(f"{day}T12:00:00Z", "dateTime")),
        *_of_kind(kind, own=own, other=other, bearer=party(code), day=typed(day.isoformat(), "date"), how=how),
    ]
    return tuple(ox.Quad(*triple) for triple in said)


def _of_kind(kind, *, own, other, bearer, day, how):
    if kind == "Participation":
        yield from ((own, obs("meeting"), other), (own, obs("participant"), bearer))
        yield own, obs("attendance"), obs("Attended" if how == "new" else "Absent")
    elif kind == "ReviewMeeting":
        yield from ((own, obs("meetingState"), obs("MeetingHeld")), (own, obs("heldOn"), day))
        if how == "other":
            yield own, obs("discussed"), other
    elif kind == "NotificationRelay":
        informed = ox.NamedNode(f"https://example.org/customs-{bearer.value[-2:].lower()}")
        yield from (
            (own, ox.NamedNode(PREFIXES["prov"] + "used"), other),
            (own, obs("relayedOn"), day),
            (own, obs("informedParty"), informed),
        )
    elif kind == "CompletenessStatement":
        yield from ((own, obs("completeFor"), obs("Submission")), (own, obs("completeAbout"), bearer))
        yield own, obs("completeUntil"), typed("2022-12-31", "date")
    else:
        yield from _submitted(kind, own=own, other=other, bearer=bearer, day=day, how=how)


def _submitted(kind, *, own, other, bearer, day, how):
    yield from ((own, obs("submittedBy"), bearer), (own, obs("onBehalfOf"), bearer), (own, obs("receivedOn"), day))
    if how == "revision":
        yield own, ox.NamedNode(PREFIXES["prov"] + "wasRevisionOf"), other
    if kind == "IntentionNotification":
        yield own, obs("intends"), typed("false" if how == "other" else "true", "boolean")
    elif kind == "IndicativeTimetable" and how != "other":
        yield own, obs("milestone"), node("step")
    elif kind == "Withdrawal":
        yield own, obs("withdraws"), other
    elif kind == "Justification":
        yield from ((own, obs("concerns"), ox.NamedNode(f"{PREFIXES['res']}norm-2.5")), (own, obs("ground"), obs("CapacityGround")))


def opened(documents: list[Document]) -> AssessmentInputs:
    """The case on the base and these documents."""
    quads = (*base_statements(), *(quad for found in documents for quad in found))
    declared = tuple(sorted({quad.object.value for quad in base_statements() if quad.predicate.value == OBS + "declares"}))
    return AssessmentInputs(RULE_BASE, quads, declared)


@cache
def reading(name: str) -> Reading:
    """A reading that is shipped."""
    return RULE_BASE.readings[name]


def agree(kept: IncrementalAssessment, documents: list[Document], *, name: str) -> None:
    """The statuses that were kept true, and the facts, are those derived anew."""
    anew = opened(documents).derive(reading=reading(name), at=AT)
    assert [(a.duty, a.rule.iri, a.iri) for a in kept.assessments] == [(a.duty, a.rule.iri, a.iri) for a in anew.assessments]
    assert set(kept.derivation.facts) == set(anew.facts)


@pytest.mark.parametrize("name", ["literal", "benchmark", "per-meeting"])
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(found=st.lists(steps, min_size=1, max_size=10))
def test_kept_is_derived(name: str, found: list[tuple[str, str, int, int, str]]):
    """Whatever arrives in whatever order, each answer and each fact is the one that deriving everything gives."""
    documents: list[Document] = []
    kept = IncrementalAssessment(opened([]), reading=reading(name), at=AT)
    for number, step in enumerate(found):
        before = {a.duty.iri: (a.duty, a.rule.iri) for a in kept.assessments}
        documents.append(document(number, step))
        turns = kept.receive(documents[-1])
        agree(kept, documents, name=name)
        after = {a.duty.iri: (a.duty, a.rule.iri) for a in kept.assessments}
        changed = {iri for iri in {*before, *after} if before.get(iri) != after.get(iri)}
        assert {(turn.after or turn.before).duty.iri for turn in turns} == changed


def test_a_document_that_comes_twice_changes_nothing():
    """The same document again turns no answer."""
    kept = IncrementalAssessment(opened([]), reading=reading("literal"), at=AT)
    one = document(0, ("IntentionNotification", "XB", 10, 0, "new"))

    assert [turn.after.duty.norm.rpartition("/")[2] for turn in kept.receive(one) if turn.after] == ["norm-3a", "norm-3b"]
    assert kept.receive(one) == ()


def test_what_says_more_of_a_known_record_has_everything_derived():
    """A second document about a record that is already there gives what deriving everything gives."""
    one, more = document(0, ("IndicativeTimetable", "XB", 10, 0, "other")), document(0, ("IndicativeTimetable", "XB", 10, 0, "new"))
    kept = IncrementalAssessment(opened([one]), reading=reading("literal"), at=AT)

    assert [turn.after.status.iri for turn in kept.receive(more) if turn.after] == [OBS + "Fulfilled"]
    agree(kept, [one, more], name="literal")
