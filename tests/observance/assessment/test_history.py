"""The history of an item says of every day what a derivation for that day says."""

import random
from datetime import UTC, date, datetime, timedelta

import pyoxigraph as ox
import pytest

from fixtures_of_rules import base_statements, register_inputs
from observance.assessment import AssessmentSet, assess, duty_history
from observance.assessment.model import Assessment, Duty
from observance.knowledge_base import KnowledgeBase
from observance.register import Moment

HEAD = """@prefix obs: <https://w3id.org/observance/ns#> .
@prefix fos: <https://w3id.org/observance/wco/ecommerce-framework/> .
@prefix res: <https://w3id.org/observance/wco/ecommerce-2018/> .
@prefix time: <http://www.w3.org/2006/time#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix party: <https://w3id.org/observance/parties/> .
@prefix ex: <https://example.org/> .
"""
COMPLETE = """ex:complete a obs:CompletenessStatement ; obs:completeFor obs:Submission ; obs:completeAbout party:XA ;
    obs:completeUntil "{until}"^^xsd:date ."""
REPORT = """ex:{name} a obs:ProgressReport ; obs:submittedBy party:XA ; obs:onBehalfOf party:XA ; obs:receivedOn "{day}"^^xsd:date ;
    dcterms:identifier "{name}" ; obs:underParagraph res:{paragraph} ; obs:coversPeriod [ a time:ProperInterval ;
        time:hasBeginning [ a time:Instant ; time:inXSDDate "2019-01-01"^^xsd:date ] ;
        time:hasEnd [ a time:Instant ; time:inXSDDate "2019-06-30"^^xsd:date ] ]"""
NOTIFICATION = """ex:{name} a obs:IntentionNotification ; obs:submittedBy party:XA ; obs:onBehalfOf party:XA ; obs:intends true ;
    obs:receivedOn "{day}"^^xsd:date ."""
CASES = {
    # A window that the item had before the notification was withdrawn.
    "earlier-window.benchmark": (
        COMPLETE.format(until="2030-12-31"),
        NOTIFICATION.format(name="one", day="2019-01-10"),
        """ex:withdrawal a obs:Withdrawal ; obs:withdraws ex:one ; obs:submittedBy party:XA ; obs:onBehalfOf party:XA ;
            obs:receivedOn "2021-03-01"^^xsd:date .""",
        NOTIFICATION.format(name="two", day="2021-12-01"),
    ),
    # A report to clarify about one provision, and a later one that is on record for another.
    "another-provision.literal": (
        COMPLETE.format(until="2030-12-31"),
        REPORT.format(name="first", day="2020-01-10", paragraph="p2.2") + ' ; obs:level "none" .',
        REPORT.format(name="second", day="2020-03-10", paragraph="p2.8") + " .",
    ),
    "silence-that-counts-until-a-day.literal": (COMPLETE.format(until="2020-01-31"),),
}


def written(case: str) -> AssessmentSet:
    """The assessments of the base register with the documents of a case, under its reading; the first one is the Secretariat's."""
    records, *others = (
        tuple(ox.parse((HEAD + text).encode(), format=ox.RdfFormat.TURTLE, rename_blank_nodes=True)) for text in CASES[case]
    )
    inputs = register_inputs((*base_statements(), *records), *others)
    return assess(inputs, as_of=date(2022, 6, 1), known_at=datetime(2022, 6, 2, tzinfo=UTC), reading=case.partition(".")[2])


class Histories:
    """The histories of one set of assessments beside a derivation for each day."""

    def __init__(self, assessment_set: AssessmentSet) -> None:
        """Nothing is derived yet."""
        self.assessment_set = assessment_set
        self._statuses: dict[date, dict[tuple[str, str | None, str | None], str]] = {}

    def status(self, duty: Duty, day: date) -> str | None:
        """The status on the day, by a derivation of its own."""
        if day not in self._statuses:
            inputs, at = self.assessment_set.inputs, Moment(day, self.assessment_set.moment.known_at)
            derived = inputs.assessments(reading=self.assessment_set.reading, at=at)
            self._statuses[day] = {(a.duty.norm, a.duty.bearer, a.duty.occasion): a.status.iri for a in derived}
        return self._statuses[day].get((duty.norm, duty.bearer, duty.occasion))

    def check(self, assessment: Assessment, *, days: list[date]) -> None:
        """Assert that the history says what a derivation says of these days, and of the days before and on which it changes."""
        spans = duty_history(assessment, inputs=self.assessment_set.inputs, derivation=self.assessment_set.derivation)
        last = self.assessment_set.moment.as_of
        assert (spans[-1].assessment.status, spans[-1].last) == (assessment.status, last)
        around = {span.first + timedelta(days=offset) for span in spans for offset in (-1, 0)}
        for day in sorted({*days, *around}):
            if spans[0].first <= day <= last:
                told = next(span.assessment.status.iri for span in spans if span.first <= day <= span.last)
                assert told == self.status(assessment.duty, day), (assessment.duty.iri, day)


@pytest.mark.parametrize("name", CASES)
def test_of_small_registers(name: str):
    """Days from 2018 to 2022, and those near a change, for every item of the party."""
    assessment_set = written(name)
    histories = Histories(assessment_set)
    days = [date(year, month, 11) for year in range(2018, 2023) for month in range(1, 13, 2)]
    for assessment in assessment_set.assessments:
        if assessment.duty.bearer and assessment.duty.bearer.endswith("/XA"):
            histories.check(assessment, days=days)
    assert len({a.status.iri for a in assessment_set.assessments}) > 1


@pytest.mark.whole
@pytest.mark.parametrize("reading", ["literal", "benchmark", "per-meeting"])
def test_of_the_demo(reading: str):
    """Items of the demo register on sampled days, with those on which a membership begins."""
    with KnowledgeBase.open() as kb:
        assessment_set = kb.assessment.assess(reading=reading)
        histories = Histories(assessment_set)
        days = [date(2020, 1, 1), date(2024, 3, 1), *(date(2018, 7, 1) + timedelta(days=n) for n in range(0, 2100, 101))]
        chosen = {a.duty.iri: a for a in random.Random(2018).sample(assessment_set.assessments, 10)}
        chosen |= {a.duty.iri: a for a in assessment_set.assessments if a.duty.iri.endswith(("/XT/norm-2.5", "/XS/norm-2.1"))}
        for assessment in chosen.values():
            histories.check(assessment, days=days)
