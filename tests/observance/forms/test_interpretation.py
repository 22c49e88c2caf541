"""From what somebody wrote to statements: names of nodes, empty rows, refused values, and where findings stand."""

import pyoxigraph as ox
import pytest
from msgspec.structs import replace

from observance.core import DCTERMS, OBS, PREFIXES, PROV, RDF
from observance.forms import CheckedForm, Choice, Field, FilledForm, FilledPart, Form, FormEntry, Part, interpret, start_from
from observance.forms.interpretation import place_of
from observance.forms.model import ValueKind
from observance.knowledge_base import KnowledgeBase

PARTY = PREFIXES["party"] + "XA"
FRAMEWORK = PREFIXES["fos"]


def dated(begin: str, end: str) -> FormEntry:
    """A planned interval."""

    def point(text: str) -> FormEntry:
        return FormEntry(part=FilledPart({"time:inXSDDate": (FormEntry(text),)}))

    return FormEntry(part=FilledPart({"time:hasBeginning": (point(begin),), "time:hasEnd": (point(end),)}))


def row(standard: str, *, begin: str = "", end: str = "", is_suggested: bool = False) -> FormEntry:
    """A row of a timetable."""
    entries = {"obs:provision": (FormEntry(FRAMEWORK + standard),)}
    interval = {"obs:plannedInterval": (dated(begin, end),)} if begin or end else {}
    return FormEntry(part=FilledPart({**entries, **interval}, is_suggested=is_suggested))


def timetable(*rows: FormEntry, **entries: str) -> FilledForm:
    """A timetable of Altamar with these rows; other entries replace those of the envelope."""
    envelope = {"obs:onBehalfOf": PARTY, "obs:submittedBy": PARTY, "dcterms:dateSubmitted": "2019-06-03", "dcterms:language": "fr"}
    stated = {**envelope, **{key.replace("_", ":"): text for key, text in entries.items()}}
    return FilledForm("2.5", FilledPart({"obs:milestone": rows, **{key: (FormEntry(text),) for key, text in stated.items() if text}}))


def objects(triples: tuple[ox.Triple, ...], predicate: str) -> set[str]:
    """The objects of the property."""
    return {
        str(triple.object.value) for triple in triples if triple.predicate.value == predicate and not isinstance(triple.object, ox.Triple)
    }


def check(kb: KnowledgeBase, filled: FilledForm) -> CheckedForm:
    """What is found out about the form."""
    return kb.forms.check(filled)


def test_precision_of_dates(kb: KnowledgeBase) -> None:
    """A day, a month and a year are written with the property and datatype of their precision."""
    filled = timetable(
        row("standard-risk-management", begin="2019-09-02", end="2020"), row("standard-de-minimis", begin="2020-03", end="2021")
    )
    triples = interpret(kb.forms.form("2.5"), filled).triples
    found = {(t.predicate.value.rpartition("#")[2], str(t.object)) for t in triples if "inXSD" in t.predicate.value}
    datatype = f"^^<{PREFIXES['xsd']}"
    assert found == {
        ("inXSDDate", f'"2019-09-02"{datatype}date>'),
        ("inXSDgYear", f'"2020"{datatype}gYear>'),
        ("inXSDgYear", f'"2021"{datatype}gYear>'),
        ("inXSDgYearMonth", f'"2020-03"{datatype}gYearMonth>'),
    }


def test_suggested_rows_state_nothing(kb: KnowledgeBase) -> None:
    """A row that the form suggested and in which nothing was written is no milestone; one that somebody added is."""
    form = kb.forms.form("2.5")
    suggested = timetable(row("standard-de-minimis", is_suggested=True))
    assert objects(interpret(form, suggested).triples, OBS + "milestone") == set()
    added = timetable(row("standard-de-minimis"))
    assert len(objects(interpret(form, added).triples, OBS + "milestone")) == 1
    written = timetable(row("standard-de-minimis", begin="2020", end="2021", is_suggested=True))
    assert len(objects(interpret(form, written).triples, OBS + "milestone")) == 1


def test_names_depend_on_what_is_said(kb: KnowledgeBase) -> None:
    """The same form gives the same names; another party or another word gives others, for its rows too."""
    form = kb.forms.form("2.5")
    first = interpret(form, timetable(row("standard-de-minimis", begin="2020", end="2021")))
    again = interpret(form, timetable(row("standard-de-minimis", begin="2020", end="2021")))
    other = interpret(form, timetable(row("standard-de-minimis", begin="2020", end="2022")))
    assert first == again
    assert first.node.startswith("urn:uuid:")
    assert first.node != other.node
    assert objects(first.triples, OBS + "milestone") == {first.node + "#milestone-1"}


def test_new_rows_take_no_name_of_others(kb: KnowledgeBase) -> None:
    """A row that is added to a submission with names gets a name of its own, also where the place in the form was another's."""
    node = "urn:x:timetable"
    named = row("standard-de-minimis", begin="2020", end="2021")
    assert named.part is not None
    kept = replace(named, part=replace(named.part, node=f"{node}#milestone-1"))
    filled = timetable(row("standard-risk-management", begin="2019", end="2020"), kept)
    filled = replace(filled, part=replace(filled.part, node=node, classes=(OBS + "IndicativeTimetable",)))
    milestones = objects(interpret(kb.forms.form("2.5"), filled).triples, OBS + "milestone")
    assert len(milestones) == 2
    assert f"{node}#milestone-1" in milestones


def test_a_fixed_field_is_always_stated(kb: KnowledgeBase) -> None:
    """A new submission names its paragraph without being asked."""
    paragraphs = objects(interpret(kb.forms.form("2.5"), timetable()).triples, OBS + "underParagraph")
    assert paragraphs == {kb.lookup.paragraph("2.5")}


@pytest.mark.parametrize(
    ("key", "text", "sentence"),
    [
        ("dcterms_dateSubmitted", "bientôt", "« bientôt » n'est pas un jour : écrivez par exemple 31 mars 2024 ou 2024-03-31."),
        ("dcterms_dateSubmitted", "2019-02-30", "« 2019-02-30 » n'est pas un jour : écrivez par exemple 31 mars 2024 ou 2024-03-31."),
        ("dcterms_dateSubmitted", "2019-02", "« 2019-02 » n'est pas un jour : écrivez par exemple 31 mars 2024 ou 2024-03-31."),
        ("obs_edition", "2018", "« 2018 » ne figure pas parmi les choix : "),
        ("obs_submittedBy", "la douane", "« la douane » n'est pas une adresse : "),
        (
            "dcterms_language",
            "français ancien",
            "« français ancien » n'est pas le code d'une langue : écrivez par exemple fr, en ou pt-BR.",
        ),
    ],
)
def test_refused_values(kb: KnowledgeBase, key: str, text: str, sentence: str) -> None:
    """A value that cannot be taken is told at its entry; nothing is written in its place, and there is no document to hand out."""
    checked = check(kb, timetable(row("standard-de-minimis", begin="2020", end="2021"), **{key: text}))
    assert [problem.path for problem in checked.problems] == [f"{key.replace('_', ':')}/0"]
    assert checked.problems[0].message["fr"].startswith(sentence)
    assert not checked.is_ready
    assert checked.turtle == ""
    assert key.replace("_", ":") not in {finding.path for finding in checked.findings}


def test_labels_are_taken_for_choices(kb: KnowledgeBase) -> None:
    """A choice may be written by its label, in either language, with blanks around it."""
    public = next(c for c in kb.forms.form("2.5").part.field("obs:disclosure").choices if c.term == OBS + "Public")  # type: ignore[union-attr]
    checked = check(
        kb, timetable(row("standard-de-minimis", begin="2020", end="2021"), obs_disclosure=f"\u00a0{public.label['fr'].upper()} ")
    )
    assert checked.problems == ()


def test_findings_stand_at_their_fields(kb: KnowledgeBase) -> None:
    """What validation finds is told at the field that it is about, also deep in a row, and in the form's words."""
    rows = (row("standard-de-minimis", begin="2020", end="2021"), row("standard-risk-management", begin="2024-05", end="2023"))
    checked = check(kb, timetable(*rows, obs_submittedBy=""))
    placed = {finding.path: finding for finding in checked.findings}
    assert placed["obs:submittedBy"].asked_by == "form"
    assert placed["obs:submittedBy"].message["fr"] == "La communication ne dit pas qui la dépose : ajoutez « Envoyée par »."
    assert placed["obs:milestone/1/obs:plannedInterval/0/time:hasEnd"].severity == "Violation"
    assert placed["obs:edition"].asked_by == "practice"
    assert not checked.is_ready


def test_what_the_text_names_is_told_apart(kb: KnowledgeBase) -> None:
    """That there is no step is what the text asks about; the document can be processed all the same."""
    checked = check(kb, timetable())
    (finding,) = (finding for finding in checked.findings if finding.path == "obs:milestone")
    assert (finding.severity, finding.asked_by) == ("Warning", "text")
    assert checked.is_ready


def test_messages_hold_no_rdf(kb: KnowledgeBase) -> None:
    """No finding at a new, empty form of any kind speaks of prefixes or datatypes."""
    faults = [
        message
        for form in kb.forms.forms.values()
        if not form.is_record
        for finding in check(kb, FilledForm(form.name, FilledPart())).findings
        for message in finding.message.values()
        if "obs:" in message or "^^" in message or "dcterms:" in message
    ]
    assert faults == []


@pytest.mark.parametrize(
    "node", ["not an address", "<urn:x>", "_:", "_:a b", "_:a\n", "urn:x\u0000y", "javascript:alert(1) ", "urn:x> <urn:y> <urn:z> . <urn:w"]
)
def test_hostile_names(kb: KnowledgeBase, node: str) -> None:
    """A name that names no node is not taken over; nothing else is written because of it."""
    filled = timetable(row("standard-de-minimis", begin="2020", end="2021"))
    part = replace(filled.part, node=node, classes=("not a class",))
    interpretation = interpret(kb.forms.form("2.5"), replace(filled, part=part))
    assert interpretation.node.startswith("urn:uuid:")
    assert "urn:z" not in "".join(map(str, interpretation.triples))


def test_statements_that_cannot_be_read(kb: KnowledgeBase) -> None:
    """Lines among the statements that the form does not show which are no N-Triples are told, and hold nothing up."""
    filled = replace(timetable(row("standard-de-minimis", begin="2020", end="2021")), rest=("this is not N-Triples",))
    checked = check(kb, filled)
    assert [problem.path for problem in checked.problems] == [""]
    assert not checked.is_ready


@pytest.mark.parametrize("is_revision", [True, False], ids=["revision", "next"])
def test_start_from_an_earlier_one(kb: KnowledgeBase, is_revision: bool) -> None:
    """A form started from an earlier submission has its rows, new names and no date; a revision names what it revises."""
    form = kb.forms.form("2.5")
    filled = timetable(row("standard-de-minimis", begin="2020", end="2021"))
    earlier = replace(filled, part=replace(filled.part, node="urn:x:earlier", classes=(OBS + "IndicativeTimetable",)))
    triples = interpret(form, start_from(form, earlier, is_revision=is_revision)).triples
    assert objects(triples, DCTERMS + "dateSubmitted") == set()
    assert len(objects(triples, OBS + "milestone")) == 1
    assert objects(triples, PROV + "wasRevisionOf") == ({"urn:x:earlier"} if is_revision else set())
    assert "urn:x:earlier" not in {t.subject.value for t in triples if not isinstance(t.subject, ox.Triple)}
    assert OBS + "IndicativeTimetable" in objects(triples, RDF + "type")


def test_a_revision_keeps_a_row_without_dates(kb: KnowledgeBase) -> None:
    """A step that names a standard and nothing else is still a step of the revision."""
    form = kb.forms.form("2.5")
    bare = timetable(row("standard-de-minimis"), row("standard-risk-management", begin="2020", end="2021"))
    earlier = replace(bare, part=replace(bare.part, node="urn:x:earlier", classes=(OBS + "IndicativeTimetable",)))
    triples = interpret(form, start_from(form, earlier, is_revision=True)).triples
    assert len(objects(triples, OBS + "milestone")) == 2


def test_report_is_that_of_the_document(kb: KnowledgeBase) -> None:
    """The findings about a form are those about the Turtle that it gives."""
    from oxishacl import Source

    checked = check(kb, timetable(row("standard-de-minimis", begin="2020", end="2019")))
    report = kb.submissions.validate(Source("x.ttl", checked.turtle.encode()))
    assert sorted(f.shape for f in report.findings) == sorted(f.shape for f in checked.findings)


def test_a_record_is_checked_among_those_of_the_register(kb: KnowledgeBase) -> None:
    """A membership of the Secretariat's gets the findings of its shapes, deep in its parts too; without a fault it is ready."""
    entries = {
        "org:member": (FormEntry(PARTY),),
        "org:organization": (FormEntry(PREFIXES["wco"] + "council"),),
        "org:role": (FormEntry(OBS + "MemberRole"),),
        "obs:recordedAt": (FormEntry("2019-01-07T09:30:00Z"),),
    }
    faulty = check(kb, FilledForm("membership", FilledPart({**entries, "org:memberDuring": (dated("2001", "2000"),)})))
    assert "org:memberDuring/0/time:hasEnd" in {finding.path for finding in faulty.findings if finding.severity == "Violation"}
    assert not faulty.is_ready


def test_a_receipt_is_about_a_submission(kb: KnowledgeBase) -> None:
    """A receipt states something of the submission that it names, and gives no name of its own; without one there is nothing to state."""
    form = kb.forms.form("receipt")
    entries = {"obs:receivedOn": (FormEntry("2019-02-06"),), "about": (FormEntry("urn:x:letter"),)}
    (triple,) = interpret(form, FilledForm("receipt", FilledPart(entries))).triples
    assert (str(triple.subject), triple.predicate.value) == ("<urn:x:letter>", OBS + "receivedOn")
    nothing = interpret(form, FilledForm("receipt", FilledPart({**entries, "about": (FormEntry("a letter"),)})))
    assert (nothing.triples, [problem.path for problem in nothing.problems]) == ((), ["about/0"])


@pytest.mark.parametrize(
    ("text", "day"),
    [("3 juin 2019", "2019-06-03"), ("June 3, 2019", "2019-06-03"), ("13/06/2019", "2019-06-13"), ("2019-6-3", "2019-06-03")],
)
def test_dates_as_people_write_them(kb: KnowledgeBase, text: str, day: str) -> None:
    """A day may be written with the name of its month, or with its parts in an order that leaves nothing open."""
    triples = interpret(kb.forms.form("2.5"), timetable(dcterms_dateSubmitted=text)).triples
    assert objects(triples, DCTERMS + "dateSubmitted") == {day}


def test_an_ambiguous_date_is_asked_about(kb: KnowledgeBase) -> None:
    """A date that is two days is told as both, and taken as neither."""
    (problem,) = check(kb, timetable(dcterms_dateSubmitted="03/06/2019")).problems
    assert "3 juin 2019 ou 6 mars 2019" in problem.message["fr"]


@pytest.mark.parametrize("text", ["2019-06-03Z", "2019-06-03+02:00", "-2019-06-03", "02019-06-03", "2019-06"])
def test_dates_without_zone_only(kb: KnowledgeBase, text: str) -> None:
    """A day with a zone, of another calendar or without a day is not taken where the shapes ask for a day."""
    assert [p.path for p in check(kb, timetable(dcterms_dateSubmitted=text)).problems] == ["dcterms:dateSubmitted/0"]


@pytest.mark.parametrize("blank", [" ", "\t", "\u00a0", "\u202f", "\u200b", "\ufeff"])
def test_blanks_around_a_value(kb: KnowledgeBase, blank: str) -> None:
    """Blanks of any kind around a value are no part of it."""
    assert check(kb, timetable(dcterms_dateSubmitted=f"{blank}2019-06-03{blank}")).problems == ()


def test_a_label_of_several_choices_is_asked_about(kb: KnowledgeBase) -> None:
    """A label that two choices share chooses neither."""
    choices = tuple(Choice(f"urn:x:{number}", {"en": "Twin", "fr": "Jumeau"}) for number in (1, 2))
    asked = Field("x:twin", {}, "InstancesSelectEditor", (ValueKind("urn:x:twin"),), choices=choices, is_open=True)
    form = Form("x", "urn:x:kind", Part("urn:x:kind", {}, (asked,)), ())
    for text, problems in (("twin", 1), ("urn:x:2", 0)):
        assert len(interpret(form, FilledForm("x", FilledPart({"x:twin": (FormEntry(text),)}))).problems) == problems


def test_a_value_is_sought_within_its_own_row(kb: KnowledgeBase) -> None:
    """A finding about a row stands there, and not at a field of another row whose number begins with the same digit."""
    form = kb.forms.form("2.5")
    rows = [row("standard-risk-management", begin="2020", end="2021") for _ in range(10)]
    interpretation = interpret(form, timetable(*rows, row("standard-de-minimis", begin="2020", end="2021")))
    second = next(node for node, path in interpretation.nodes.items() if path == "obs:milestone/1")
    value = FRAMEWORK + "standard-de-minimis"
    assert place_of(form, interpretation, focus=second, path=None, value=value) == "obs:milestone/1"
    assert place_of(form, interpretation, focus=interpretation.node, path=None, value=value) == "obs:milestone/10/obs:provision"
