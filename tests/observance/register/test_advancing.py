"""A snapshot whose day advances has the facts of a new snapshot of each day."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pyoxigraph as ox
import pytest

from fixtures_of_rules import RULE_BASE
from observance.knowledge_base import KnowledgeBase
from observance.register import AdvancingSnapshot, Moment, RegisterRecords, index_records
from observance.register.snapshot import Snapshot

HEAD = """@prefix obs: <https://w3id.org/observance/ns#> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix party: <https://w3id.org/observance/parties/> .
@prefix ex: <https://example.org/> .
"""
# Parts of one record and of two, a revision of a record that others name, a circle of revisions that a third one breaks, a record of a day
# on which it was not known, a part of a revised record that has a day of its own, and parts that lead to each other.
RECORDS = """
ex:first a obs:ReviewMeeting ; obs:heldOn "2019-01-10"^^xsd:date ; obs:discussed ex:shared , [ obs:discussed _:deep ] .
_:deep a obs:Milestone .
ex:second a obs:ReviewMeeting ; obs:heldOn "2019-03-10"^^xsd:date ; obs:discussed ex:shared .
ex:shared a obs:Milestone ; obs:plannedFor "2019-06-01"^^xsd:date ; obs:discussed ex:first .
ex:third a obs:ReviewMeeting ; obs:heldOn "2019-04-10"^^xsd:date ; prov:wasRevisionOf ex:first .
ex:presence a obs:Participation ; obs:meeting ex:first ; obs:participant party:XA .
ex:presence-again a obs:Participation ; obs:meeting ex:third ; obs:participant party:XA .
ex:one a obs:ReviewMeeting ; obs:heldOn "2019-02-01"^^xsd:date ; prov:wasRevisionOf ex:other .
ex:other a obs:ReviewMeeting ; obs:heldOn "2019-05-01"^^xsd:date ; prov:wasRevisionOf ex:one .
ex:revised a obs:Participation ; obs:meeting [ a obs:ReviewMeeting ; obs:heldOn "2019-03-20"^^xsd:date ] ; obs:participant party:XA .
ex:revision a obs:Participation ; prov:wasRevisionOf ex:revised ; obs:participant party:XA .
ex:unknown a obs:ReviewMeeting ; obs:heldOn "2019-02-01"^^xsd:date ; obs:recordedAt "2030-01-01T00:00:00Z"^^xsd:dateTime .
ex:fourth a obs:ReviewMeeting ; obs:heldOn "2019-05-10"^^xsd:date ; obs:discussed _:circle .
_:circle a obs:Milestone ; obs:discussed _:back .
_:back a obs:Milestone ; obs:discussed _:circle ; obs:heldOn "2019-05-12"^^xsd:date .
"""


def written() -> RegisterRecords:
    """The records of the example."""
    quads = tuple(ox.parse((HEAD + RECORDS).encode(), format=ox.RdfFormat.TURTLE, rename_blank_nodes=True))
    return index_records(quads, knowledge=RULE_BASE.knowledge, rules=RULE_BASE.rule_set)


def of_demo() -> RegisterRecords:
    """The records of the demo register, with the verdicts on its documents."""
    with KnowledgeBase.open() as kb:
        return kb.assessment.inputs.records


def some_days(records: RegisterRecords) -> Iterator[date]:
    """Days on which records happened, in order, with the day before the first and some on which nothing did."""
    days = sorted(set(records.event_days.values()))
    yield date.fromordinal(days[0].toordinal() - 1)
    for number, day in enumerate(days):
        if len(days) < 40 or number % 9 == 0:
            yield day
    yield date.fromordinal(days[-1].toordinal() + 1)


@pytest.mark.parametrize("records", [written, of_demo])
def test_same_facts_as_a_new_snapshot(records):
    """After each step, the facts and the excluded nodes are those of a new snapshot."""
    register, known_at = records(), datetime(2026, 12, 31, tzinfo=UTC)
    days = list(some_days(register))
    start = Snapshot(register, Moment(days[0], known_at))
    advancing, facts, sizes = AdvancingSnapshot(start), set(start.facts), set()
    for day in days:
        changes = advancing.advance(day)
        assert facts.isdisjoint(changes.added)
        assert facts.issuperset(changes.removed)
        facts = facts.difference(changes.removed).union(changes.added)
        assert facts == set(Snapshot(register, Moment(day, known_at)).facts), day
        sizes.add(len(facts))
    assert len(sizes) > len(days) / 3, "the days differ in what is on record"
