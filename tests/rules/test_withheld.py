"""What only the Organization may see counts like everything else, and no answer names it or says what it says.

Cases of the rules are answered once more with their documents restricted: one for each status, and those that set documents aside.
"""

import json

import pyoxigraph as ox
import pytest

from fixtures_of_rules import KNOWLEDGE, Fixture, answered, asked, decided, fixtures, parsed
from observance.assessment import duty_view, explain_assessment
from observance.assessment.service import ExplainedAssessment
from observance.core import DCTERMS, LANGUAGES, OBS, RDF, translate
from observance.register import DISCLOSURE, RESTRICTED

KINDS = KNOWLEDGE.subclasses(OBS + "Submission")
EVERY = fixtures()
ASIDE = ("withdrawn", "by-the-union", "unusable", "b-all")
CASES = {f.expected: f for f in EVERY} | {f.name: f for f in EVERY if any(word in f.name for word in ASIDE)}


def documents(quads: tuple[ox.Quad, ...]) -> dict[str, str]:
    """The documents of a case with their identifiers."""
    kinds = {q.subject.value for q in quads if q.predicate.value == RDF + "type" and q.object.value in KINDS}
    return {q.subject.value: q.object.value for q in quads if q.predicate.value == DCTERMS + "identifier" and q.subject.value in kinds}


def told(fixture: Fixture, quads: tuple[ox.Quad, ...]) -> ExplainedAssessment:
    """The whole answer about the duty that the case names."""
    found = answered(fixture, quads=quads)
    return explain_assessment(asked(fixture, found), assessment_set=found, with_changes=False, with_readings=False)


def outputs(found: ExplainedAssessment) -> str:
    """All that is shown of an answer: sentences, JSON, Turtle, what a page is made from."""
    shown = [
        json.dumps((found.as_object(lang), duty_view(found, lang=lang), found.sentences(lang)), ensure_ascii=False) for lang in LANGUAGES
    ]
    return "\n".join((*shown, found.as_turtle()))


def restricted(quads: tuple[ox.Quad, ...], nodes: set[str]) -> tuple[ox.Quad, ...]:
    """The case with these documents restricted."""
    return (*quads, *(ox.Quad(ox.NamedNode(n), ox.NamedNode(DISCLOSURE), ox.NamedNode(RESTRICTED)) for n in sorted(nodes)))


@pytest.mark.parametrize("fixture", CASES.values(), ids=lambda fixture: fixture.name)
def test_answer_names_nothing_restricted(fixture):
    """With every document restricted the status is the same, and no output has a document's name, or its IRI but in the duty's own."""
    quads = tuple(parsed(fixture.path))
    named = documents(quads)
    found = told(fixture, restricted(quads, set(named)))
    text = outputs(found)
    duty = found.reasons.assessment.duty

    assert found.reasons.assessment.status.iri == decided(fixture).status.iri
    assert [name for name in named.values() if f"« {name} »" in text] == []
    hidden = set(named) - {duty.occasion}
    assert [iri for iri in hidden if f'"{iri}"' in text or f"<{iri}>" in text] == []


CASE = next(f for f in EVERY if f.name == "para-2-5-timetable/justified-delay.last-day")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_effect_is_told(lang):
    """That a restricted justification is on record is told with what it does; neither its ground nor its last day is."""
    quads = tuple(parsed(CASE.path))
    found = told(CASE, restricted(quads, {"https://example.org/reasons"}))
    finding = next(f for f in found.reasons.findings if f.rows and "justification" in f.rows[0])
    label = finding.premise.label[lang]
    sentence = translate("assessment.withheld-all", lang, premise=label[0].upper() + label[1:])
    data = found.as_object(lang)
    public = told(CASE, quads)

    assert "« reasons »" in outputs(public)
    assert public.as_object(lang)["withheld"] is False
    assert sentence in "\n".join(found.sentences(lang))
    assert data["withheld"] is True
    assert [(each["witnesses"], each["withheld"]) for each in data["because"] if each["sentence"] == sentence] == [([], True)]
    assert "CapacityGround" not in json.dumps(data["because"])


def test_turtle_says_that_there_is_a_witness():
    """In Turtle a witness without a name stands in place of the restricted one, and nothing is said of it but that."""
    found = told(CASE, restricted(tuple(parsed(CASE.path)), {"https://example.org/reasons"}))
    triples = {quad.triple for quad in ox.parse(found.as_turtle(), format=ox.RdfFormat.TURTLE)}
    (hidden,) = {t.subject for t in triples if t.predicate.value == DISCLOSURE}

    assert [t.predicate.value for t in triples if t.subject == hidden] == [DISCLOSURE]
    assert [t.predicate.value for t in triples if t.object == hidden] == [OBS + "witness"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_public_beside_restricted(lang):
    """Of two documents of which one is restricted the other is named, and that there is more is told."""
    fixture = next(f for f in EVERY if f.name == "para-2-3-capacity/evidence-reported.a-record")
    quads = tuple(parsed(fixture.path))
    ((first, name),) = documents(quads).items()
    copied = {DCTERMS + "identifier": ox.Literal("kept-back")}
    own = [quad for quad in quads if quad.subject.value == first]
    copy = (ox.Quad(ox.NamedNode(f"{first}-copy"), q.predicate, copied.get(q.predicate.value, q.object)) for q in own)
    text = "\n".join(told(fixture, restricted((*quads, *copy), {f"{first}-copy"})).sentences(lang))

    assert f"« {name} »" in text
    assert translate("assessment.withheld-some", lang) in text
    assert "kept-back" not in text
