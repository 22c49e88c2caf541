"""Parts that repeat within parts that repeat: a sheet each, whose rows say by number which row they belong to."""

import io

import openpyxl
from msgspec.structs import replace

from observance.core import Settings
from observance.forms import FilledForm, FilledPart, FormEntry
from observance.knowledge_base import KnowledgeBase
from observance.workbooks import new_workbook, read_workbook


def test_table_within_a_table(kb: KnowledgeBase) -> None:
    """What is filled in is read as it was; a row that names no row, or a number that two rows have, is a problem at its cell."""
    form = kb.forms.form("2.5")
    milestone = form.part.field("obs:milestone")
    assert milestone is not None
    assert milestone.part is not None
    title = next(asked for asked in form.part.fields if asked.key == "dcterms:title")
    steps = replace(milestone, key="ex:step", name={"fr": "Pas", "en": "Step"}, part=replace(milestone.part, fields=(title,), rows_by=""))
    outer = replace(milestone, part=replace(milestone.part, fields=(title, steps), rows_by=""))
    made = replace(form, part=replace(form.part, fields=(outer,)))

    def row(name: str, *inner: str) -> FormEntry:
        entries = {"dcterms:title": (FormEntry(name, "fr"),)}
        found = tuple(FormEntry(part=FilledPart({"dcterms:title": (FormEntry(text, "fr"),)})) for text in inner)
        return FormEntry(part=FilledPart({**entries, **({"ex:step": found} if found else {})}))

    filled = FilledForm("2.5", FilledPart({"obs:milestone": (row("a", "a1", "a2"), row("b"), row("c", "c1"))}))
    content = new_workbook(made, lang="fr", version="1", filled=filled)
    found = read_workbook(content, forms={"2.5": made}, settings=Settings())
    assert found.filled == filled
    assert found.problems == found.notices == ()
    assert found.cell_of("obs:milestone/2/ex:step/0/dcterms:title/0").address == "'Pas'!C6"
    book = openpyxl.load_workbook(io.BytesIO(content))
    book["Pas"]["B4"] = "9"
    book[milestone.name["fr"]]["B6"] = "2"
    output = io.BytesIO()
    book.save(output)
    found = read_workbook(output.getvalue(), forms={"2.5": made}, settings=Settings())
    assert [problem.cell.reference for problem in found.problems] == ["B4", "B6"]
