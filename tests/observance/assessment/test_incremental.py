"""A derivation whose day advances gives the same statuses and facts as a new one for each day, whatever the register holds."""

from datetime import UTC, date, datetime, timedelta
from functools import cache

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures_of_rules import RULE_BASE, base_statements, register_of
from observance.assessment import AssessmentInputs, Reading
from observance.assessment.rules.incremental import IncrementalDerivation
from observance.core import DCTERMS, OBS, PREFIXES, RDF, XSD
from observance.register import Moment

KNOWN_AT = datetime(2022, 6, 2, tzinfo=UTC)
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
    """A node of the test register."""
    return ox.NamedNode(f"https://example.org/sequence/{name}")


def party(code: str) -> ox.NamedNode:
    """An invented party."""
    return ox.NamedNode(f"{PREFIXES['party']}{code}")


def obs(name: str) -> ox.NamedNode:
    """A term of the vocabulary."""
    return ox.NamedNode(OBS + name)


def typed(text: str, kind: str) -> ox.Literal:
    """A literal with a datatype of XML Schema."""
    return ox.Literal(text, datatype=ox.NamedNode(XSD + kind))


def document(number: int, step: tuple[str, str, int, int, str]) -> Document:
    """A document from its kind, party, day of receipt (in days after 1 September 2018), an earlier document and a variant."""
    kind, code, days, earlier, variant = step
    subject, other = node(str(number)), node(str(earlier % number if number else 0))
    day = date(2018, 9, 1) + timedelta(days=days)
    triples: list[tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode | ox.Literal]] = [
        (subject, ox.NamedNode(RDF + "type"), obs(kind)),
        (subject, ox.NamedNode(DCTERMS + "identifier"), ox.Literal(str(number))),
        (subject, obs("recordedAt"), typed(f"{day}T12:00:00Z", "dateTime")),
        *_triples_of_kind(kind, subject=subject, other=other, bearer=party(code), day=typed(day.isoformat(), "date"), variant=variant),
    ]
    return tuple(ox.Quad(*triple) for triple in triples)


def _triples_of_kind(kind, *, subject, other, bearer, day, variant):
    if kind == "Participation":
        yield from ((subject, obs("meeting"), other), (subject, obs("participant"), bearer))
        yield subject, obs("attendance"), obs("Attended" if variant == "new" else "Absent")
    elif kind == "ReviewMeeting":
        yield from ((subject, obs("meetingState"), obs("MeetingHeld")), (subject, obs("heldOn"), day))
        if variant == "other":
            yield subject, obs("discussed"), other
    elif kind == "NotificationRelay":
        informed = ox.NamedNode(f"https://example.org/customs-{bearer.value[-2:].lower()}")
        yield from (
            (subject, ox.NamedNode(PREFIXES["prov"] + "used"), other),
            (subject, obs("relayedOn"), day),
            (subject, obs("informedParty"), informed),
        )
    elif kind == "CompletenessStatement":
        yield from ((subject, obs("completeFor"), obs("Submission")), (subject, obs("completeAbout"), bearer))
        yield subject, obs("completeUntil"), typed("2022-12-31", "date")
    else:
        yield from _submission_triples(kind, subject=subject, other=other, bearer=bearer, day=day, variant=variant)


def _submission_triples(kind, *, subject, other, bearer, day, variant):
    yield from ((subject, obs("submittedBy"), bearer), (subject, obs("onBehalfOf"), bearer), (subject, obs("receivedOn"), day))
    if variant == "revision":
        yield subject, ox.NamedNode(PREFIXES["prov"] + "wasRevisionOf"), other
    if kind == "IntentionNotification":
        yield subject, obs("intends"), typed("false" if variant == "other" else "true", "boolean")
    elif kind == "IndicativeTimetable" and variant != "other":
        yield subject, obs("milestone"), node("step")
    elif kind == "Withdrawal":
        yield subject, obs("withdraws"), other
    elif kind == "Justification":
        yield from ((subject, obs("concerns"), ox.NamedNode(f"{PREFIXES['res']}norm-2.5")), (subject, obs("ground"), obs("CapacityGround")))


def inputs_with(documents: list[Document]) -> AssessmentInputs:
    """The inputs with the base register and these documents."""
    return AssessmentInputs(RULE_BASE, register_of(base_statements(), *documents))


@cache
def reading(name: str) -> Reading:
    """A shipped reading."""
    return RULE_BASE.readings[name]


def assert_same_as_derived(documents: list[Document], days: list[date], *, name: str) -> None:
    """Assert that, day after day, duties, rules, assessments and the facts that it holds are those of a new derivation."""
    inputs, first = inputs_with(documents), Moment(days[0], KNOWN_AT)
    incremental = IncrementalDerivation(inputs, reading=reading(name), at=first)
    for day in days:
        advanced = incremental.advance(day)
        derivation = inputs.derive(reading=reading(name), at=Moment(day, KNOWN_AT))
        assert [(a.duty, a.rule.iri, a.iri) for a in advanced.assessments] == [(a.duty, a.rule.iri, a.iri) for a in derivation.assessments]
        facts, expected = (set(filter(incremental.is_relevant, derived.facts)) for derived in (advanced, derivation))
        assert facts == expected


@pytest.mark.whole
@pytest.mark.parametrize("name", ["literal", "benchmark", "per-meeting"])
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(sequence=st.lists(steps, min_size=1, max_size=10), offsets=st.lists(st.integers(0, 1500), min_size=2, max_size=6))
def test_same_as_derived(name: str, sequence: list[tuple[str, str, int, int, str]], offsets: list[int]):
    """On the day of each document, and on others, the assessments and facts are those of a new derivation."""
    documents = [document(number, step) for number, step in enumerate(sequence)]
    numbers = sorted({*offsets, *(days for _, _, days, _, _ in sequence)})
    assert_same_as_derived(documents, [date(2018, 9, 1) + timedelta(days=number) for number in numbers], name=name)


def test_withdrawal_of_an_opening_event():
    """The withdrawal of the notification that opened a window removes the window on the day on which it is received."""
    documents = [document(0, ("IntentionNotification", "XA", 0, 0, "new")), document(1, ("Withdrawal", "XA", 30, 0, "new"))]
    assert_same_as_derived(documents, [date(2018, 8, 1), date(2018, 9, 1), date(2018, 9, 30), date(2018, 10, 1)], name="benchmark")


def test_revision_of_a_submission():
    """A revision takes the place of what it revises on the day on which it is received."""
    documents = [document(0, ("IndicativeTimetable", "XB", 0, 0, "new")), document(1, ("IndicativeTimetable", "XB", 30, 0, "revision"))]
    assert_same_as_derived(documents, [date(2018, 8, 31), date(2018, 9, 1), date(2018, 10, 1), date(2018, 10, 2)], name="literal")
