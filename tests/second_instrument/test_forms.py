"""The second instrument has forms without a line of code or a presentation: its shapes alone make them."""

from pathlib import Path

from observance.core import Settings
from observance.forms import FilledForm, FilledPart, FormEntry
from observance.knowledge_base import KnowledgeBase

SECOND = Path(__file__).parent / "second"


def test_forms_of_another_instrument() -> None:
    """Each kind has a form with its fields, the parts that its shapes describe, and the words of its paragraph."""
    with KnowledgeBase.open(Settings(knowledge=str(SECOND))) as kb:
        forms = kb.forms.forms
        assert set(forms) == {"2.1", "2.2"}
        assert forms["2.2"].quotation == "remettre au Conseil un inventaire de leurs feux."
        assert {asked.key for asked in forms["2.2"].part.fields} == {"feu:lists", "dcterms:dateSubmitted", "obs:onBehalfOf"}
        lists = forms["2.2"].part.field("feu:lists")
        assert lists is not None
        assert lists.part is not None
        berth, colour = lists.part.field("feu:berth"), lists.part.field("feu:colour")
        assert berth is not None
        assert colour is not None
        assert (berth.least, berth.asked_by) == (1, "form")
        assert [choice.label["fr"] for choice in colour.choices]


def test_what_is_filled_in_is_validated() -> None:
    """An inventory with a light that stands nowhere gets the finding of its shape, at the field."""
    with KnowledgeBase.open(Settings(knowledge=str(SECOND))) as kb:
        lists = kb.forms.form("2.2").part.field("feu:lists")
        assert lists is not None
        assert lists.part is not None
        colour = lists.part.field("feu:colour")
        party = kb.forms.form("2.2").part.field("obs:onBehalfOf")
        assert colour is not None
        assert party is not None
        light = FilledPart({"feu:colour": (FormEntry(colour.choices[0].label["fr"]),)})
        entries = {
            "feu:lists": (FormEntry(part=light),),
            "obs:onBehalfOf": (FormEntry(party.choices[0].term),),
            "dcterms:dateSubmitted": (FormEntry("2024-03-31"),),
        }
        checked = kb.forms.check(FilledForm("2.2", FilledPart(entries)))
        assert [(finding.path, finding.severity) for finding in checked.findings] == [("feu:lists/0/feu:berth", "Violation")]
        assert not checked.is_ready
        assert checked.findings[0].message["fr"] == "Dites où se tient le feu, avec « poste »."
