"""Properties of all assessments, on the cases of the rules and on the demo register."""

import random
import re
from collections.abc import Iterator
from datetime import date
from functools import cache

import msgspec
import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import ROOT, check_each, sample
from fixtures_of_rules import (
    KNOWLEDGE,
    RULE_BASE,
    RuleCase,
    assess_case,
    build_inputs,
    case_assessment,
    contradictions,
    duty_assessment,
    parse_turtle,
    register_of,
    rule_cases,
    verdicts,
)
from observance.assessment import (
    Assessment,
    AssessmentInputs,
    AssessmentSet,
    PremiseFinding,
    Reading,
    RuleBase,
    Verbaliser,
    explain_assessment,
    find_reasons,
    same_duty,
)
from observance.assessment.explanation import counterfactuals
from observance.assessment.model import ReadingParameter
from observance.assessment.rules.compiler import COMPLETENESS
from observance.core import OBS, RDF, UsageError, calendar, local_name
from observance.knowledge import Knowledge

CASES = rule_cases()
DEMO = sorted((ROOT / "queries" / "demo").glob("*.ttl"))
WITH_DEADLINE = {"Behind", "FulfilledLate", "NotYetDue", "JustifiedDelay"}
CODES = re.compile(r"\bP\d+[YMD]\b|\b\d{4}-\d\d-\d\d\b|\w+://\S*|\b(?:ex|obs|res|party|rule|demo):\S+")
"""Durations, days and IRIs as programs write them."""
BLAME = re.compile(r"violat|violé|breach|non-compli|manquement|infraction")


@cache
def demo() -> AssessmentInputs:
    """The inputs with the demo register."""
    return AssessmentInputs(RULE_BASE, register_of(*map(parse_turtle, DEMO), names=[file.name for file in DEMO]), verdicts)


@cache
def demo_answers(reading: str, as_of: str | None = None) -> AssessmentSet:
    """The assessments of the demo register."""
    at = demo().moment(as_of=date.fromisoformat(as_of) if as_of else None, known_at=None)
    return AssessmentSet(demo(), demo().readings[reading], at)


def findings(assessment: Assessment, answers: AssessmentSet) -> tuple[PremiseFinding, ...]:
    """The findings of the deciding rule."""
    return find_reasons(assessment, derivation=answers.derivation).findings


def records(finding: PremiseFinding, answers: AssessmentSet) -> set[object]:
    """The records of the register in a finding."""
    register = answers.inputs.records
    rows = (*finding.rows, *finding.statements)
    return {term for row in rows for term in row.values() if str(term) in register.recorded_at or str(term) in register.event_days}


def without(case: RuleCase, nodes: set[object]) -> AssessmentSet:
    """The assessments without these records in the register."""
    return assess_case(case, quads=tuple(quad for quad in parse_turtle(case.path) if quad.subject not in nodes))


def status(case: RuleCase, answers: AssessmentSet) -> str | None:
    """The status of the case's duty; None if the duty does not exist."""
    try:
        return duty_assessment(case, answers).status.iri
    except ValueError:
        return None


@pytest.mark.parametrize("reading", sorted(demo().readings))
def test_absence_is_licensed(reading: str):
    """Each negative premise that holds has a licence: a completeness statement, or the licence that the premise names."""
    answers = demo_answers(reading)
    for assessment in answers.assessments:
        for finding in findings(assessment, answers):
            assert finding.holds
            if not finding.premise.present:
                assert finding.premise.licence is not None
                assert bool(finding.statements) == (finding.premise.licence == COMPLETENESS)


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("reading", sorted(demo().readings))
def test_assumptions_are_verbalised(reading: str, lang: str):
    """An explanation contains the label of every assumption that it rests on, no word of blame, no unfilled placeholder and no code.

    What a shape says of a document may name terms and values, for it tells how to mend the document.
    """
    answers, verbaliser = demo_answers(reading), Verbaliser(demo(), lang)
    said_of_documents = [label.object.value for label in demo().opened_verdicts.labels if label.object.language == lang]
    for assessment in answers.assessments:
        reasons = find_reasons(assessment, derivation=answers.derivation)
        text = " ".join(verbaliser.explanation(reasons))
        used = {term.value for f in reasons.findings for row in f.rows for term in row.values() if isinstance(term, ox.NamedNode)}
        assumed = [p for p in answers.derivation.reading.parameters if p.assumed and p.iri in used]
        assert set(assumed) <= set(reasons.assumptions)
        assert all(parameter.label[lang].removesuffix(".") in text for parameter in reasons.assumptions)
        assert not BLAME.search(text.lower())
        assert "{" not in text
        for message in said_of_documents:
            text = text.replace(message, "")
        assert CODES.findall(text) == []


def check_witnesses(case: RuleCase) -> None:
    """Raise unless the status rests on each witness of its premises."""
    answers = assess_case(case)
    assessment = duty_assessment(case, answers)
    for position, finding in enumerate(findings(assessment, answers)):
        witnesses = records(finding, answers)
        for witness in witnesses:
            fewer = without(case, {witness})
            if status(case, fewer) == assessment.status.iri:
                assert explanation(case, fewer) != explanation(case, answers)
        # Where a record leaves something unknown, silence about it leaves it unknown too.
        if witnesses and case.expected != "unknown":
            assert not persists(case, witnesses, rule=assessment.rule.iri, position=position, status_iri=assessment.status.iri)


def test_witnesses_are_necessary():
    """Without all witnesses of a premise, and their substitutes, the status differs; without one of them, the explanation does."""
    check_each(check_witnesses, sample(CASES, 20), name=lambda case: case.name)


def persists(case: RuleCase, removed: set[object], *, rule: str, position: int, status_iri: str) -> bool:
    """Whether the status persists without the removed records and every record that can replace them."""
    answers = without(case, removed)
    if status(case, answers) != status_iri:
        return False
    assessment = duty_assessment(case, answers)
    # An earlier version may be valid again without its revision, or another rule conclude the same: remove its witnesses too.
    remaining = findings(assessment, answers)
    relevant = [remaining[position]] if assessment.rule.iri == rule else remaining
    substitutes = {node for finding in relevant for node in records(finding, answers)}
    return not substitutes or persists(case, removed | substitutes, rule=rule, position=position, status_iri=status_iri)


def explanation(case: RuleCase, answers: AssessmentSet) -> list[str]:
    """The sentences about the findings, in English."""
    reasons = find_reasons(duty_assessment(case, answers), derivation=answers.derivation)
    return [Verbaliser(answers.inputs, "en").sentence(f, assessment=reasons.assessment) for f in reasons.findings]


def test_nothing_contradicts_itself():
    """In no case is a document set aside that counts, a named one overtaken, or something unknown without saying what would settle it."""

    def check(case: RuleCase) -> None:
        assert contradictions(assess_case(case)) == []

    check_each(check, sample(CASES, 20), name=lambda case: case.name)


def test_changes_give_their_status():
    """Every change that is offered gives its status, derived from the whole register, and differs from the present one."""

    def check(case: RuleCase) -> None:
        answers = assess_case(case)
        assessment = duty_assessment(case, answers)
        for change in counterfactuals.smallest_changes(assessment, inputs=answers.inputs, derivation=answers.derivation):
            changed = answers.inputs.with_facts(change.facts, removed=change.removed).derive(
                reading=answers.derivation.reading, at=answers.derivation.moment
            )
            after = next(a for a in changed.assessments if same_duty(a.duty, assessment.duty))
            assert after.status == change.status != assessment.status

    check_each(check, sample(CASES, 20), name=lambda case: case.name)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(day=st.dates(date(2018, 6, 1), date(2024, 6, 14)))
def test_literal_reading_is_never_late(day: date):
    """Under the literal reading no status on any day depends on a deadline."""
    derivation = demo().derive(reading=demo().readings["literal"], at=demo().moment(as_of=day, known_at=None))

    assert {local_name(a.status.iri) for a in derivation.assessments} & WITH_DEADLINE == set()


def test_literal_cases_are_never_late():
    """Under the literal reading no status in any case depends on a deadline."""
    literal = sample([case for case in CASES if case.reading == "literal"], 30)

    assert {local_name(a.status.iri) for case in literal for a in assess_case(case).assessments} & WITH_DEADLINE == set()


def test_order_changes_nothing():
    """The order of statements, files and rules, and repeated statements, make no difference to assessments and verdicts."""
    chance = random.Random(7)
    documents = [(file.name, list(document.quads) * 2) for file, document in zip(DEMO, demo().register.documents, strict=True)]
    knowledge = list(KNOWLEDGE.quads)
    for statements in (documents, knowledge, *(quads for _, quads in documents)):
        chance.shuffle(statements)
    register = register_of(*(quads for _, quads in documents), names=[name for name, _ in documents])
    shuffled = AssessmentInputs(RuleBase(Knowledge.of(KNOWLEDGE.root, tuple(knowledge))), register, verdicts)
    assert shuffled.rule_set.version == demo().rule_set.version
    for reading in ("benchmark", "per-meeting"):
        first = demo_answers(reading)
        second = shuffled.derive(reading=shuffled.readings[reading], at=first.derivation.moment)
        assert [a.iri for a in first.assessments] == [a.iri for a in second.assessments]
        assert [a.rule.iri for a in first.assessments] == [a.rule.iri for a in second.assessments]
        pairs = ((demo(), first), (shuffled, second))
        sentences = [list(map(Verbaliser(inputs, "fr").verdict, answers.assessments)) for inputs, answers in pairs]
        assert sentences[0] == sentences[1]


@pytest.mark.parametrize("reading", sorted(demo().readings))
def test_narrowed_inputs_give_the_same(reading: str):
    """The inputs narrowed to one duty give the same status as the whole."""
    answers = demo_answers(reading)
    pairs = {(a.duty.bearer, a.duty.norm): a.duty for a in answers.assessments}
    for bearer, norm in sorted(pairs, key=str)[::4]:
        inputs = demo().narrowed_to(pairs[bearer, norm])
        narrowed = inputs.derive(reading=answers.derivation.reading, at=answers.derivation.moment)
        from_narrowed, from_whole = (
            [(a.iri, a.status.iri) for a in source.assessments if (a.duty.bearer, a.duty.norm) == (bearer, norm)]
            for source in (narrowed, answers)
        )
        assert from_narrowed == from_whole


def test_every_status_occurs():
    """On the demo register every status occurs under some shipped reading."""
    statuses = {local_name(a.status.iri) for name in demo().readings for a in demo_answers(name).assessments}

    assert statuses == {local_name(iri) for iri in demo().rule_set.statuses}


def test_announced_proceedings_have_no_bearer():
    """Announced proceedings have no bearer, and there is one for each norm and meeting held."""
    answers = demo_answers("per-meeting")
    announced = set(KNOWLEDGE.instances(OBS + "AnnouncedProceeding"))
    proceedings = [a for a in answers.assessments if a.duty.norm in announced]

    assert len(proceedings) == 2 * 4
    assert {a.duty.bearer for a in proceedings} == {None}
    assert not any(a.duty.norm in announced for bearer in demo().declared for a in answers.select(bearer))


def test_submissions_to_clarify_are_those_with_violations(kb):
    """The submissions of the demo about which clarification is requested are those in which validation finds violations."""
    to_clarify = set(demo_answers("literal").derivation.facts.subjects(RDF + "type", OBS + "SubmissionToClarify"))
    violating = set()
    for file in DEMO:
        if file.name.startswith("faulty-"):
            submissions = {q.subject.value for q in parse_turtle(file) if q.predicate.value == OBS + "onBehalfOf"}
            focus_nodes = " ".join(f.focus for f in kb.submissions.validate(file, registers=DEMO).findings if f.severity == "Violation")
            violating |= {node for node in submissions if node in focus_nodes.split() or len(submissions) == 1}
    assert to_clarify == violating


@pytest.mark.parametrize(("known_at", "expected"), [("2023-11-14", "Behind"), ("2023-12-31", "JustifiedDelay")])
def test_as_known_at(known_at: str, expected: str):
    """An assessment as known at an earlier time does not count a justification that was recorded later."""
    at = demo().moment(as_of=date(2023, 11, 7), known_at=calendar.parse_time(known_at))
    answers = AssessmentSet(demo(), demo().readings["benchmark"], at)

    assert local_name(answers.find("XI/norm-2.5").status.iri) == expected


@pytest.mark.parametrize(
    ("duty", "reading", "day", "expected"),
    [
        ("XB/norm-2.5", "benchmark", "2020-02-01", "NotYetDue"), ("XB/norm-2.5", "benchmark", "2020-02-02", "Behind"),
        ("XJ/norm-2.5", "benchmark", "2021-04-20", "JustifiedDelay"), ("XJ/norm-2.5", "benchmark", "2022-11-01", "Behind"),
        ("XL/norm-2.5", "literal", "2020-12-31", "Fulfilled"), ("XP/norm-2.5", "benchmark", "2022-05-17", "FulfilledLate"),
        ("XR/norm-3a", "literal", "2020-05-01", "Fulfilled"), ("XA/norm-2.1", "literal", "2021-04-20", "PartiallyFulfilled"),
        ("XS/norm-2.5", "literal", "2024-02-01", "NotApplicable"), ("XQ/norm-2.5", "literal", "2022-06-30", "Fulfilled"),
        ("XN/norm-2.5", "union-files-for-members", "2024-06-14", "Fulfilled"),
        ("XN/norm-2.8", "literal", "2024-02-01", "NoEvidenceOnRecord"), ("XN/norm-2.8", "literal", "2024-06-14", "ReceivedNotValid"),
        ("XN/norm-2.8", "union-files-for-members", "2024-06-14", "EvidenceReported"),
        ("XE/norm-3a", "literal", "2024-06-14", "ReceivedNotValid"),
        ("XT/norm-2.8", "literal", "2022-12-31", "NoEvidenceOnRecord"), ("XH/norm-2.1", "literal", "2024-06-14", "Conflicting"),
    ],
)  # fmt: skip
def test_demo_statuses(duty: str, reading: str, day: str, expected: str):
    """The duties in the demo have the statuses that the heads of its files describe."""
    assert local_name(demo_answers(reading, day).find(duty).status.iri) == expected


def test_comparison_of_two_days():
    """The comparison of two days has the premises that hold only on the earlier or only on the later one."""
    answers = demo_answers("benchmark", "2020-06-01")
    explained = explain_assessment(
        answers.find("XB/norm-2.5"), assessment_set=answers, since=date(2019, 7, 1), with_changes=False, with_readings=False
    )

    assert explained.comparison is not None
    assert (local_name(explained.comparison.before.status.iri), local_name(explained.comparison.after.status.iri)) == (
        "NotYetDue",
        "Behind",
    )
    holds = {local_name(change.after.premise.iri): (change.before.holds, change.after.holds) for change in explained.comparison.changes}
    assert holds["window-over"] == (False, True)
    assert holds["window-open"] == (True, False)


def test_repeated_statements_count_once():
    """A register whose files repeat a statement gives the same assessments."""
    case = next(case for case in CASES if case.name == "para-2-5-timetable/fulfilled.before-due")
    twice = (*parse_turtle(case.path), *parse_turtle(case.path))

    assert [a.status for a in assess_case(case, quads=twice).assessments] == [a.status for a in assess_case(case).assessments]


def test_blank_node_record():
    """A notification that is a blank node is assessed like one with an IRI."""
    case = next(case for case in CASES if case.name == "para-3-notification/fulfilled.b-all")
    iri, blank = ox.NamedNode("https://example.org/notification"), ox.BlankNode("letter")

    def renamed(term):
        return blank if term == iri else term

    quads = tuple(ox.Quad(renamed(q.subject), q.predicate, renamed(q.object)) for q in parse_turtle(case.path))
    assert any(quad.subject == blank for quad in quads)
    with_blank, with_iri = (assess_case(case, quads=register).assessments for register in (quads, None))
    results = [[(a.duty.norm, a.duty.bearer, a.status.iri) for a in assessments] for assessments in (with_blank, with_iri)]
    assert sorted(results[0], key=str) == sorted(results[1], key=str)


def test_empty_register():
    """A register without any time on record has no default moment."""
    empty = AssessmentInputs(RULE_BASE, register_of())
    with pytest.raises(UsageError, match="no time"):
        empty.moment(as_of=None, known_at=None)
    assert build_inputs(()).moment(as_of=date(2020, 1, 1), known_at=calendar.parse_time("2020-01-01")).as_of == date(2020, 1, 1)


def test_custom_reading_shares_the_compiled_rules():
    """A rule base with a custom reading shares the index of the knowledge, the rules and the background triples with the shipped one."""
    rule_base = RULE_BASE.with_reading(())

    assert rule_base.graph is RULE_BASE.graph
    assert rule_base.rule_set is RULE_BASE.rule_set
    assert rule_base.background is RULE_BASE.background


def toggled(parameter: ReadingParameter, reading: Reading) -> Iterator[Reading]:
    """The reading with another alternative in place of this choice, or without this window, cycle or excuse."""
    others = [p for p in reading.parameters if p.iri != parameter.iri]
    if parameter.chosen is None:
        yield msgspec.structs.replace(reading, parameters=tuple(others))
    for alternative in KNOWLEDGE.subjects_with(OBS + "onPoint", parameter.point or ""):
        if alternative != parameter.chosen:
            yield msgspec.structs.replace(reading, parameters=(*others, msgspec.structs.replace(parameter, chosen=alternative)))


def check_parameters(case: RuleCase) -> None:
    """Raise unless the answer to the case changes only with parameters on which it is said to rest, and these have been read."""
    answers = assess_case(case)
    inputs, at = answers.inputs.narrowed_to(duty_assessment(case, answers).duty), answers.derivation.moment
    for reading in dict.fromkeys((answers.derivation.reading, *RULE_BASE.readings.values())):
        derivation = inputs.derive(reading=reading, at=at)
        assessments = {a.duty.iri: a for a in derivation.assessments}
        used = {iri: derivation.parameters_read(a.duty, a.rule) for iri, a in assessments.items()}
        for parameter in reading.parameters:
            told = {iri for iri in used if parameter.iri in used[iri]}
            if parameter.duration:
                assessed = AssessmentSet(inputs, derivation.reading, derivation.moment)
                assert all(parameter.iri in str(findings(assessments[iri], assessed)) for iri in told)
            for other in toggled(parameter, reading) if told != set(used) else ():
                changed = {a.duty.iri: a.status for a in inputs.derive(reading=other, at=at).assessments}
                assert [iri for iri, a in assessments.items() if iri not in told and changed.get(iri) != a.status] == [], parameter.iri


def test_answers_rest_on_the_parameters_named():
    """Under every reading the answer to a case changes only with parameters on which it is said to rest; a window has been looked at."""
    # One case for each rule, reading and set of notes.
    cases = {(case_assessment(case).rule.iri, case.reading, dict(case.header).get("notes")): case for case in CASES}
    check_each(check_parameters, sample(list(cases.values()), 8), name=lambda case: case.name)
