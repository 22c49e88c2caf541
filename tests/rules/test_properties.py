"""What must hold of every answer, on every case and on the demo register."""

import random
import re
from datetime import date
from functools import cache

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import ROOT, check_each
from fixtures_of_rules import CANON, KNOWLEDGE, Fixture, answered, asked, fixtures, opened, parsed
from observance.assessment import (
    Assessment,
    AssessmentInputs,
    AssessmentSet,
    PremiseFinding,
    RuleBase,
    Verbaliser,
    explain_assessment,
    find_reasons,
    same_duty,
)
from observance.assessment.explanation import counterfactuals
from observance.assessment.rules.compiler import COMPLETENESS, compile_rules
from observance.core import OBS, RDF, calendar, local_name
from observance.knowledge import Knowledge

CASES = fixtures()
DEMO = sorted((ROOT / "queries" / "demo").glob("*.ttl"))
TIMELY = {"Behind", "FulfilledLate", "NotYetDue", "JustifiedDelay"}
BLAME = re.compile(r"violat|violé|breach|non-compli|manquement|infraction")


@cache
def demo() -> AssessmentInputs:
    """The demo register."""
    quads = tuple(quad for file in DEMO for quad in parsed(file))
    declared = tuple(sorted({q.object.value for q in quads if q.predicate.value == OBS + "declares"}))
    return AssessmentInputs(CANON, quads, declared)


@cache
def demo_answers(reading: str, as_of: str | None = None) -> AssessmentSet:
    """The answers on the demo register."""
    at = demo().moment(as_of=date.fromisoformat(as_of) if as_of else None, known_at=None)
    return AssessmentSet(demo(), demo().derive(reading=demo().readings[reading], at=at))


def findings(assessment: Assessment, found: AssessmentSet) -> tuple[PremiseFinding, ...]:
    """The findings of the rule that decided."""
    return find_reasons(assessment, derivation=found.derivation).findings


def records(finding: PremiseFinding, found: AssessmentSet) -> set[object]:
    """The records of the register that a finding names."""
    known = found.inputs.records
    rows = (*finding.rows, *finding.statements)
    return {term for row in rows for term in row.values() if str(term) in known.first_known or str(term) in known.came_about}


def without(case: Fixture, nodes: set[object]) -> AssessmentSet:
    """The answers if these records were not in the register."""
    return answered(case, quads=tuple(quad for quad in parsed(case.path) if quad.subject not in nodes))


def status(case: Fixture, found: AssessmentSet) -> str | None:
    """The status of the case's duty; None when there is no such duty any more."""
    try:
        return asked(case, found).status.iri
    except ValueError:
        return None


@pytest.mark.parametrize("reading", sorted(demo().readings))
def test_absence_is_licensed(reading: str):
    """Each negative premise that holds has its licence: a statement that covers, or the one that the premise names."""
    found = demo_answers(reading)
    for assessment in found.assessments:
        for finding in findings(assessment, found):
            assert finding.holds
            if not finding.premise.present:
                assert finding.premise.licence is not None
                assert bool(finding.statements) == (finding.premise.licence == COMPLETENESS)


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("reading", sorted(demo().readings))
def test_assumptions_are_told(reading: str, lang: str):
    """Every assumption in a derivation appears in its sentence, with its source; nothing is blamed on anyone."""
    found, verbaliser = demo_answers(reading), Verbaliser(demo(), lang)
    for assessment in found.assessments:
        reasons = find_reasons(assessment, derivation=found.derivation)
        said = " ".join(verbaliser.explanation(reasons))
        used = {term.value for f in reasons.findings for row in f.rows for term in row.values() if isinstance(term, ox.NamedNode)}
        assumed = [p for p in found.derivation.reading.parameters if p.assumed and (p.iri in used or p.iri == assessment.duty.set_by)]
        assert set(assumed) <= set(reasons.assumptions)
        assert all(parameter.label[lang] in said for parameter in reasons.assumptions)
        assert not BLAME.search(said.lower())
        assert "{" not in said


def check_witnesses(case: Fixture) -> None:
    """Raise unless the case's answer rests on each witness of its premises."""
    found = answered(case)
    assessment = asked(case, found)
    for place, finding in enumerate(findings(assessment, found)):
        every = records(finding, found)
        for node in every:
            less = without(case, {node})
            if status(case, less) == assessment.status.iri:
                assert explained(case, less) != explained(case, found)
        if every:
            assert not stands(case, every, rule=assessment.rule.iri, place=place, status_iri=assessment.status.iri)


def test_witnesses_are_necessary():
    """Without the witnesses of a premise, and what takes their place, the status is another one; without one, the explanation is."""
    check_each(check_witnesses, CASES, name=lambda case: case.name)


def stands(case: Fixture, gone: set[object], *, rule: str, place: int, status_iri: str) -> bool:
    """Whether the status stays once no record is left that could take the place of those that are gone."""
    found = without(case, gone)
    if status(case, found) != status_iri:
        return False
    again = asked(case, found)
    # An earlier version may stand again when its revision is gone, and another rule may conclude the same: these go too.
    other = findings(again, found)
    more = records(other[place], found) if again.rule.iri == rule else {node for one in other for node in records(one, found)}
    return not more or stands(case, gone | more, rule=rule, place=place, status_iri=status_iri)


def explained(case: Fixture, found: AssessmentSet) -> list[str]:
    """The explanation in English."""
    reasons = find_reasons(asked(case, found), derivation=found.derivation)
    return [Verbaliser(found.inputs, "en").sentence(f, assessment=reasons.assessment) for f in reasons.findings]


def test_changes_change():
    """Whatever is told to change an answer changes it, tried on the whole register, and nothing smaller does."""

    def check(case: Fixture) -> None:
        found = answered(case)
        assessment = asked(case, found)
        for change in counterfactuals.smallest_changes(assessment, inputs=found.inputs, derivation=found.derivation):
            then = found.inputs.with_facts(change.facts).derive(reading=found.derivation.reading, at=found.derivation.moment)
            after = next(a for a in then.assessments if same_duty(a.duty, assessment.duty))
            assert after.status == change.status != assessment.status

    check_each(check, CASES[::3], name=lambda case: case.name)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(day=st.dates(date(2018, 6, 1), date(2024, 6, 14)))
def test_literal_reading_is_never_late(day: date):
    """On no day does the literal reading say behind, late, due or justified."""
    found = demo().derive(reading=demo().readings["literal"], at=demo().moment(as_of=day, known_at=None))

    assert {local_name(a.status.iri) for a in found.assessments} & TIMELY == set()


def test_literal_cases_are_never_late():
    """Nor in any case."""
    literal = [case for case in CASES if case.reading == "literal"]

    assert {local_name(a.status.iri) for case in literal for a in answered(case).assessments} & TIMELY == set()


def test_order_changes_nothing():
    """Statements, files and rules in any order, and a statement that comes twice, give the same answers to the letter."""
    chance = random.Random(7)
    quads = list(demo().quads) + list(demo().quads)[::5]
    known = list(KNOWLEDGE.quads)
    chance.shuffle(quads)
    chance.shuffle(known)
    other = AssessmentInputs(RuleBase(Knowledge.of(KNOWLEDGE.root, tuple(known))), tuple(quads), tuple(reversed(demo().declared)))
    assert compile_rules(other.knowledge).version == demo().rule_set.version
    for reading in ("benchmark", "per-meeting"):
        one = demo_answers(reading)
        two = other.derive(reading=other.readings[reading], at=one.derivation.moment)
        assert [a.iri for a in one.assessments] == [a.iri for a in two.assessments]
        assert [a.rule.iri for a in one.assessments] == [a.rule.iri for a in two.assessments]
        verdicts = [list(map(Verbaliser(case, "fr").verdict, found.assessments)) for case, found in ((demo(), one), (other, two))]
        assert verdicts[0] == verdicts[1]


@pytest.mark.parametrize("reading", sorted(demo().readings))
def test_narrow_view_gives_the_same(reading: str):
    """What one duty needs of a register and of the norms gives the same status as the whole."""
    found = demo_answers(reading)
    pairs = {(a.duty.bearer, a.duty.norm): a.duty for a in found.assessments}
    for bearer, norm in sorted(pairs, key=str)[::4]:
        near = demo().about(pairs[bearer, norm]).derive(reading=found.derivation.reading, at=found.derivation.moment)
        told, whole = (
            [(a.iri, a.status.iri) for a in one.assessments if (a.duty.bearer, a.duty.norm) == (bearer, norm)] for one in (near, found)
        )
        assert told == whole


def test_every_status_occurs():
    """The shipped readings together show every status on the demo register."""
    seen = {local_name(a.status.iri) for name in demo().readings for a in demo_answers(name).assessments}

    assert seen == {local_name(iri) for iri in demo().rule_set.statuses}


def test_proceedings_are_nobodys():
    """What is announced of nobody has no bearer, one answer for each meeting held, and never a word about a Member."""
    found = demo_answers("per-meeting")
    announced = set(KNOWLEDGE.instances(OBS + "AnnouncedProceeding"))
    told = [a for a in found.assessments if a.duty.norm in announced]

    assert len(told) == 2 * 4
    assert {a.duty.bearer for a in told} == {None}
    assert not any(a.duty.norm in announced for bearer in demo().declared for a in found.select(bearer))


def test_unusable_is_what_validation_refuses(kb):
    """What the rules hold to be unusable in the demo is what validation says cannot be processed."""
    unusable = set(demo_answers("literal").derivation.facts.subjects(RDF + "type", OBS + "UnusableSubmission"))
    refused = set()
    for file in DEMO:
        if file.name.startswith("faulty-"):
            submissions = {q.subject.value for q in parsed(file) if q.predicate.value == OBS + "onBehalfOf"}
            wrong = " ".join(f.focus for f in kb.submissions.validate(file, registers=DEMO).findings if f.severity == "Violation")
            refused |= {node for node in submissions if node in wrong.split() or len(submissions) == 1}
    # Validation only warns of a revision of something that is nowhere; it supersedes nothing all the same.
    assert unusable >= refused
    assert {node.rpartition("/")[2] for node in unusable - refused} <= {"report-4"}


@pytest.mark.parametrize(("known", "expected"), [("2023-11-14", "Behind"), ("2023-12-31", "JustifiedDelay")])
def test_what_was_known_then(known: str, expected: str):
    """A past answer can be given again as it was known at the time: a justification recorded later is not in it."""
    at = demo().moment(as_of=date(2023, 11, 7), known_at=calendar.parse_time(known))
    found = AssessmentSet(demo(), demo().derive(reading=demo().readings["benchmark"], at=at))

    assert local_name(found.find("XI/norm-2.5").status.iri) == expected


@pytest.mark.parametrize(
    ("duty", "reading", "day", "expected"),
    [
        ("XB/norm-2.5", "benchmark", "2020-02-01", "NotYetDue"), ("XB/norm-2.5", "benchmark", "2020-02-02", "Behind"),
        ("XJ/norm-2.5", "benchmark", "2021-04-20", "JustifiedDelay"), ("XJ/norm-2.5", "benchmark", "2022-11-01", "Behind"),
        ("XL/norm-2.5", "literal", "2020-12-31", "Fulfilled"), ("XP/norm-2.5", "benchmark", "2022-05-17", "FulfilledLate"),
        ("XR/norm-3a", "literal", "2020-05-01", "Fulfilled"), ("XA/norm-2.1", "literal", "2021-04-20", "PartiallyFulfilled"),
        ("XS/norm-2.5", "literal", "2024-02-01", "NotApplicable"), ("XQ/norm-2.5", "literal", "2022-06-30", "Fulfilled"),
        ("XN/norm-2.5", "union-files-for-members", "2024-06-14", "Fulfilled"),
        ("XN/norm-2.8", "literal", "2024-06-14", "NoEvidenceOnRecord"),
        ("XN/norm-2.8", "union-files-for-members", "2024-06-14", "EvidenceReported"),
        ("XE/norm-3a", "literal", "2024-06-14", "ReceivedNotValid"),
        ("XT/norm-2.8", "literal", "2022-12-31", "NoEvidenceOnRecord"), ("XH/norm-2.1", "literal", "2024-06-14", "Conflicting"),
    ],
)  # fmt: skip
def test_stories(duty: str, reading: str, day: str, expected: str):
    """The demo's files tell their stories as their headers say."""
    assert local_name(demo_answers(reading, day).find(duty).status.iri) == expected


def test_comparison_names_what_turned():
    """Of two days the comparison names the premises that hold no longer and those that hold now."""
    found = demo_answers("benchmark", "2020-06-01")
    told = explain_assessment(
        found.find("XB/norm-2.5"), assessment_set=found, since=date(2019, 7, 1), with_changes=False, with_readings=False
    )

    assert told.comparison is not None
    assert (local_name(told.comparison.before.status.iri), local_name(told.comparison.after.status.iri)) == ("NotYetDue", "Behind")
    turned = {local_name(turn.after.premise.iri): (turn.before.holds, turn.after.holds) for turn in told.comparison.changes}
    assert turned["window-over"] == (False, True)
    assert turned["window-open"] == (True, False)


def test_statements_of_two_documents_count_once():
    """A register whose files say one thing twice gives one answer."""
    case = next(case for case in CASES if case.name == "para-2-5-timetable/fulfilled.before-due")
    twice = (*parsed(case.path), *parsed(case.path))

    assert [a.status for a in answered(case, quads=twice).assessments] == [a.status for a in answered(case).assessments]


def test_a_record_without_an_iri_is_one_too():
    """A notification that is a blank node is passed on as one with an IRI is."""
    case = next(case for case in CASES if case.name == "para-3-notification/fulfilled.b-all")
    named, blank = ox.NamedNode("https://example.org/notification"), ox.BlankNode("letter")

    def renamed(term):
        return blank if term == named else term

    quads = tuple(ox.Quad(renamed(q.subject), q.predicate, renamed(q.object)) for q in parsed(case.path))
    assert any(quad.subject == blank for quad in quads)
    told = [[(a.duty.norm, a.duty.bearer, a.status.iri) for a in answered(case, quads=one).assessments] for one in (quads, None)]
    assert sorted(told[0], key=str) == sorted(told[1], key=str)


def test_register_without_anything():
    """A register that records no time has no last day: it must be named."""
    from observance.core import UsageError

    empty = AssessmentInputs(CANON, (), ())
    with pytest.raises(UsageError, match="no time"):
        empty.moment(as_of=None, known_at=None)
    assert opened(()).moment(as_of=date(2020, 1, 1), known_at=calendar.parse_time("2020-01-01")).as_of == date(2020, 1, 1)
