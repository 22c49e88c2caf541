"""Restricted documents count like any others, but no output names them or discloses their content.

The cases of the rules are assessed with their documents restricted: one case for each status, and those with disregarded documents.
"""

import json

import pyoxigraph as ox
import pytest

from fixtures_of_rules import KNOWLEDGE, RuleCase, assess_case, case_assessment, duty_assessment, parse_turtle, rule_cases
from observance.assessment import duty_view, explain_assessment
from observance.assessment.service import ExplainedAssessment
from observance.core import DCTERMS, LANGUAGES, OBS, RDF, translate
from observance.register import DISCLOSURE, RESTRICTED

KINDS = KNOWLEDGE.subclasses(OBS + "Submission")
ALL_CASES = rule_cases()
DISREGARDED = ("withdrawn", "by-the-union", "unusable", "b-all")
CASES = {f.expected: f for f in ALL_CASES} | {f.name: f for f in ALL_CASES if any(word in f.name for word in DISREGARDED)}


def documents(quads: tuple[ox.Quad, ...]) -> dict[str, str]:
    """The identifiers of the submissions by IRI."""
    kinds = {q.subject.value for q in quads if q.predicate.value == RDF + "type" and q.object.value in KINDS}
    return {q.subject.value: q.object.value for q in quads if q.predicate.value == DCTERMS + "identifier" and q.subject.value in kinds}


def explain(fixture: RuleCase, quads: tuple[ox.Quad, ...]) -> ExplainedAssessment:
    """The explanation of the case's duty, with these statements in the register."""
    answers = assess_case(fixture, quads=quads)
    return explain_assessment(duty_assessment(fixture, answers), assessment_set=answers, with_changes=False, with_readings=False)


def outputs(explained: ExplainedAssessment) -> str:
    """All outputs of an explanation: sentences, JSON, Turtle, the view of the page."""
    texts = [
        json.dumps((explained.as_object(lang), duty_view(explained, lang=lang), explained.sentences(lang)), ensure_ascii=False)
        for lang in LANGUAGES
    ]
    return "\n".join((*texts, explained.as_turtle()))


def restricted(quads: tuple[ox.Quad, ...], nodes: set[str]) -> tuple[ox.Quad, ...]:
    """The statements with these documents restricted."""
    return (*quads, *(ox.Quad(ox.NamedNode(n), ox.NamedNode(DISCLOSURE), ox.NamedNode(RESTRICTED)) for n in sorted(nodes)))


@pytest.mark.parametrize("fixture", CASES.values(), ids=lambda fixture: fixture.name)
def test_restricted_documents_are_not_named(fixture):
    """With every document restricted the status is the same, and no output has a document's name or, except as occasion, its IRI."""
    quads = tuple(parse_turtle(fixture.path))
    identifiers = documents(quads)
    explained = explain(fixture, restricted(quads, set(identifiers)))
    text = outputs(explained)
    duty = explained.reasons.assessment.duty

    assert explained.reasons.assessment.status.iri == case_assessment(fixture).status.iri
    assert [name for name in identifiers.values() if f"« {name} »" in text or f"“{name}”" in text] == []
    hidden = set(identifiers) - {duty.occasion}
    assert [iri for iri in hidden if f'"{iri}"' in text or f"<{iri}>" in text] == []


CASE = next(f for f in ALL_CASES if f.name == "para-2-5-timetable/justified-delay.last-day")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_effect_is_disclosed(lang):
    """That a restricted justification is on record and has an effect is disclosed; neither its ground nor its last day is."""
    quads = tuple(parse_turtle(CASE.path))
    explained = explain(CASE, restricted(quads, {"https://example.org/reasons"}))
    finding = next(f for f in explained.reasons.findings if f.rows and "justification" in f.rows[0])
    label = finding.premise.label[lang]
    sentence = translate("assessment.withheld-all", lang, premise=label[0].upper() + label[1:])
    data = explained.as_object(lang)
    public = explain(CASE, quads)

    assert "« reasons »" in outputs(public)
    assert public.as_object(lang)["withheld"] is False
    assert sentence in "\n".join(explained.sentences(lang))
    assert data["withheld"] is True
    assert [(item["witnesses"], item["withheld"]) for item in data["because"] if item["sentence"] == sentence] == [([], True)]
    assert "CapacityGround" not in json.dumps(data["because"])


def test_withheld_witness_in_turtle():
    """In Turtle a restricted witness is replaced with a node that is marked as restricted and has no other statement."""
    explained = explain(CASE, restricted(tuple(parse_turtle(CASE.path)), {"https://example.org/reasons"}))
    triples = {quad.triple for quad in ox.parse(explained.as_turtle(), format=ox.RdfFormat.TURTLE)}
    (hidden,) = {t.subject for t in triples if t.predicate.value == DISCLOSURE}

    assert [t.predicate.value for t in triples if t.subject == hidden] == [DISCLOSURE]
    assert [t.predicate.value for t in triples if t.object == hidden] == [OBS + "witness"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_public_document_with_a_restricted_one(lang):
    """Of two documents the public one is named, and the existence of the restricted one is disclosed."""
    fixture = next(f for f in ALL_CASES if f.name == "para-2-3-capacity/evidence-reported.a-record")
    quads = tuple(parse_turtle(fixture.path))
    ((first, name),) = documents(quads).items()
    copied = {DCTERMS + "identifier": ox.Literal("kept-back")}
    statements = [quad for quad in quads if quad.subject.value == first]
    copy = (ox.Quad(ox.NamedNode(f"{first}-copy"), q.predicate, copied.get(q.predicate.value, q.object)) for q in statements)
    text = "\n".join(explain(fixture, restricted((*quads, *copy), {f"{first}-copy"})).sentences(lang))

    assert translate("assessment.document", lang, kind="", name=name).strip() in text
    assert translate("assessment.withheld-some", lang) in text
    assert "kept-back" not in text
