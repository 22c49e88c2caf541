"""Forms are made from the shapes: for every kind, with the words of its paragraph, and for another instrument without code."""

from collections.abc import Iterator

import pytest

from conftest import ROOT
from observance.core import LANGUAGES, OBS, PREFIXES
from observance.forms import Field, Part
from observance.knowledge_base import KnowledgeBase

SUBMISSIONS = {"2.1", "2.2", "2.3-capacity-needs-statement", "2.3-follow-up-statement", "2.4", "2.5", "2.6", "2.7", "2.8", "2.9", "3"}
WITHOUT_PARAGRAPH = {"justification", "withdrawal"}
RECORDS = {
    "membership",
    "completeness-statement",
    "customs-administration",
    "notification-relay",
    "participation",
    "review-meeting",
    "received-original",
    "receipt",
}


def fields(part: Part) -> Iterator[Field]:
    """The fields of a part and of the parts within it."""
    for asked in part.fields:
        yield asked
        if asked.part is not None:
            yield from fields(asked.part)


def test_every_kind_has_a_form(kb: KnowledgeBase) -> None:
    """Every kind of submission and the Secretariat's records have a form; the text asks for three of them."""
    forms = kb.forms.forms
    assert {name for name, form in forms.items() if not form.is_record} == SUBMISSIONS | WITHOUT_PARAGRAPH
    assert {name for name, form in forms.items() if form.is_record} == RECORDS
    assert {form.name for form in forms.values() if form.number and not form.is_voluntary} == {"2.5", "2.8", "3"}


def test_names_in_both_languages(kb: KnowledgeBase) -> None:
    """Every field, choice and group has a name in both languages; every key is there once."""
    faults = []
    for form in kb.forms.forms.values():
        faults += [form.name for group in form.groups if set(group.label) != set(LANGUAGES)]
        for asked in fields(form.part):
            faults += [f"{form.name} {asked.key}"] if set(asked.name) < set(LANGUAGES) else []
            faults += [f"{form.name} {asked.key} {choice.term}" for choice in asked.choices if set(choice.label) < set(LANGUAGES)]
        assert len({asked.key for asked in form.part.fields}) == len(form.part.fields)
    assert faults == []


def test_words_are_those_of_the_paragraph(kb: KnowledgeBase) -> None:
    """The words that a field is said to serve stand in the French version of its paragraph."""
    served = [(form, asked) for form in kb.forms.forms.values() for asked in form.part.fields if asked.words]
    assert len(served) >= 6
    assert [f"{form.name}: {asked.words}" for form, asked in served if asked.words not in form.quotation] == []


@pytest.mark.parametrize(
    ("name", "key", "least", "most", "asked_by"),
    [
        ("2.5", "obs:milestone", 1, None, "text"),
        ("2.5", "obs:adaptation", 1, None, "practice"),
        ("2.5", "dcterms:dateSubmitted", 1, 1, "form"),
        ("2.5", "obs:disclosure", 0, 1, ""),
        ("2.8", "obs:progressStatement", 1, None, "text"),
        ("2.8", "obs:coversPeriod", 1, 1, "practice"),
        ("3", "obs:intends", 1, 1, "text"),
        ("justification", "obs:ground", 1, None, "form"),
        ("membership", "org:member", 1, 1, "form"),
    ],
)
def test_what_a_field_takes(kb: KnowledgeBase, name: str, key: str, least: int, most: int | None, asked_by: str) -> None:
    """How many values a field takes, and who asks for them, are as the shapes say."""
    asked = kb.forms.form(name).part.field(key)
    assert asked is not None
    assert (asked.least, asked.most, asked.asked_by) == (least, most, asked_by)


def test_parts_and_dates(kb: KnowledgeBase) -> None:
    """A timetable has a row for each standard; a planned interval takes days, months or years, a date of submission days only."""
    form = kb.forms.form("2.5")
    milestone = form.part.field("obs:milestone")
    assert milestone is not None
    assert milestone.part is not None
    assert set(milestone.part.rows) == set(kb.knowledge.instances(OBS + "Standard"))
    columns = {"/".join(keys): asked for keys, asked in milestone.part.columns()}
    begin = columns["obs:plannedInterval/time:hasBeginning/time:inXSDDate"]
    assert begin.precisions == ("date", "gYearMonth", "gYear")
    date = form.part.field("dcterms:dateSubmitted")
    assert date is not None
    assert date.precisions == ("date",)
    assert {way.predicate for way in begin.alternatives} == {PREFIXES["time"] + n for n in ("inXSDDate", "inXSDgYearMonth", "inXSDgYear")}


def test_only_presentations_have_no_target(kb: KnowledgeBase) -> None:
    """What presents forms validates nothing: none of its nodes has a target, a severity or a message."""
    text = (ROOT / "shapes" / "forms.ttl").read_text(encoding="utf-8")
    assert not [word for word in ("sh:target", "sh:severity", "sh:message", "sh:sparql", "sh:minCount") if word in text]


def test_what_is_asked_of_records_is_asked_of_nobody_else(kb: KnowledgeBase) -> None:
    """No form of a submission asks when it was entered, or anything else that only the register states."""
    reserved = set(kb.knowledge.subjects_with(OBS + "reserved", "true"))
    asked = {
        (form.name, asked.key)
        for form in kb.forms.forms.values()
        if not form.is_record
        for asked in fields(form.part)
        if reserved & {way.predicate for way in asked.alternatives}
    }
    assert asked == set()
    assert {asked.key for asked in fields(kb.forms.form("participation").part)} >= {"obs:recordedAt", "obs:participant"}
