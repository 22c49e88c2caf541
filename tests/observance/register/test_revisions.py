"""What is learnt later is recorded beside what stood: from its entry on, a newer record takes the place of the one that it revises."""

from datetime import UTC, date, datetime
from pathlib import Path

import pyoxigraph as ox
import pytest

from observance.core import OBS, PREFIXES
from observance.knowledge_base import KnowledgeBase
from observance.register import Moment, Snapshot, index_records

EX = "https://example.org/"
HEAD = """@prefix obs: <https://w3id.org/observance/ns#> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix time: <http://www.w3.org/2006/time#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix party: <https://w3id.org/observance/parties/> .
@prefix ex: <https://example.org/> .
"""
# A membership, its end that became known in 2021, and a meeting that was planned, held and then found to have lasted two days.
RECORDS = """
ex:membership a org:Membership ; org:member party:XA ; org:role obs:MemberRole ;
    org:memberDuring [ time:hasBeginning [ time:inXSDDate "1971-05-04"^^xsd:date ] ] ;
    obs:recordedAt "2018-07-02T09:30:00Z"^^xsd:dateTime .
ex:membership-ended a org:Membership ; prov:wasRevisionOf ex:membership ; org:member party:XA ; org:role obs:MemberRole ;
    org:memberDuring [ time:hasBeginning [ time:inXSDDate "1971-05-04"^^xsd:date ] ;
        time:hasEnd [ time:inXSDDate "2020-12-31"^^xsd:date ] ] ;
    obs:recordedAt "2021-02-01T09:30:00Z"^^xsd:dateTime .

ex:planned a obs:ReviewMeeting ; obs:meetingState obs:MeetingPlanned ; obs:recordedAt "2019-01-07T09:30:00Z"^^xsd:dateTime .
ex:held a obs:ReviewMeeting ; prov:wasRevisionOf ex:planned ; obs:meetingState obs:MeetingHeld ; obs:heldOn "2019-10-15"^^xsd:date ;
    obs:recordedAt "2019-10-18T09:30:00Z"^^xsd:dateTime .
ex:corrected a obs:ReviewMeeting ; prov:wasRevisionOf ex:held ; obs:meetingState obs:MeetingHeld ; obs:heldOn "2019-10-15"^^xsd:date ;
    obs:heldUntil "2019-10-16"^^xsd:date ; obs:recordedAt "2019-11-04T09:30:00Z"^^xsd:dateTime .
ex:participation a obs:Participation ; obs:meeting ex:planned ; obs:participant party:XA ; obs:attendance obs:Attended ;
    obs:recordedAt "2019-10-18T09:30:00Z"^^xsd:dateTime .

ex:one a obs:ReviewMeeting ; prov:wasRevisionOf ex:other ; obs:recordedAt "2019-01-07T09:30:00Z"^^xsd:dateTime .
ex:other a obs:ReviewMeeting ; prov:wasRevisionOf ex:one ; obs:recordedAt "2019-01-07T09:30:00Z"^^xsd:dateTime .
ex:revised a obs:IntentionNotification ; obs:receivedOn "2019-01-07"^^xsd:date .
ex:revision a obs:IntentionNotification ; prov:wasRevisionOf ex:revised ; obs:receivedOn "2019-01-08"^^xsd:date .
"""


@pytest.fixture(scope="module")
def quads(kb: KnowledgeBase, tmp_path_factory: pytest.TempPathFactory) -> tuple[ox.Quad, ...]:
    """The statements of the register."""
    file: Path = tmp_path_factory.mktemp("register") / "records.ttl"
    file.write_text(HEAD + RECORDS, encoding="utf-8")
    return kb.register.open([file]).quads


@pytest.fixture
def at(kb: KnowledgeBase, quads: tuple[ox.Quad, ...]):
    """A function that gives the snapshot as known at the end of a day, as of a day (the same by default)."""
    records = index_records(quads, knowledge=kb.knowledge, rules=kb.assessment.rule_base.rule_set)

    def snapshot(known: str, as_of: str | None = None) -> Snapshot:
        day = date.fromisoformat(known)
        return Snapshot(records, Moment(date.fromisoformat(as_of or known), datetime(day.year, day.month, day.day, 23, 59, tzinfo=UTC)))

    return snapshot


def shown(snapshot: Snapshot, class_name: str) -> set[str]:
    """The local names of the instances of a class in the snapshot, which are the same in facts and statements."""
    type_, class_ = f"<{PREFIXES['rdf']}type>", f"<{class_name}>"
    facts = {s for s, p, o in snapshot.facts if (p, o) == (type_, class_)}
    assert facts == {str(t.subject) for t in snapshot.statements if (str(t.predicate), str(t.object)) == (type_, class_)}
    return {name.removeprefix(f"<{EX}").removesuffix(">") for name in facts}


def test_membership_that_ended(at):
    """The end of a membership counts from the time at which it was entered, for any day; earlier answers stay as they were."""
    membership = PREFIXES["org"] + "Membership"

    assert shown(at("2021-01-31"), membership) == {"membership"}
    assert shown(at("2021-02-01"), membership) == {"membership-ended"}
    assert shown(at("2021-02-01", as_of="2019-06-30"), membership) == {"membership-ended"}


def test_parts_go_with_the_record(at):
    """The interval of a record that is revised is left out with it."""
    ends = [o for s, p, o in at("2021-02-01").facts if p == f"<{OBS}lastDay>"]

    assert [end[1:11] for end in ends] == ["2020-12-31"]


def test_chain(at):
    """Of a chain of revisions the last that was known stands."""
    meeting = OBS + "ReviewMeeting"

    assert shown(at("2019-10-17"), meeting) == {"planned", "one", "other"}
    assert shown(at("2019-10-31"), meeting) == {"held", "one", "other"}
    assert shown(at("2019-12-31"), meeting) == {"corrected", "one", "other"}


def test_revision_that_had_not_come_about(at):
    """As of a day before a meeting was held, the record that it is planned stands."""
    assert shown(at("2019-12-31", as_of="2019-10-14"), OBS + "ReviewMeeting") == {"planned", "one", "other"}


def test_references(at):
    """What refers to a revised record refers to the one that has taken its place, in facts and statements; revisions themselves do not."""
    snapshot = at("2019-12-31")
    meeting, revises = f"<{OBS}meeting>", f"<{PREFIXES['prov']}wasRevisionOf>"

    assert {o for _, p, o in snapshot.facts if p == meeting} == {f"<{EX}corrected>"}
    assert {str(t.object) for t in snapshot.statements if str(t.predicate) == meeting} == {f"<{EX}corrected>"}
    assert (f"<{EX}corrected>", revises, f"<{EX}held>") in snapshot.facts


def test_circle(at):
    """Records that revise each other both stand, since neither is the newer."""
    assert {"one", "other"} <= shown(at("2019-12-31"), OBS + "ReviewMeeting")


def test_submissions_are_left_to_the_rules(at):
    """A submission that is revised stays in the snapshot: the rules conclude what supersedes what."""
    assert shown(at("2019-12-31"), OBS + "IntentionNotification") == {"revised", "revision"}
