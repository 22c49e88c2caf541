"""A marked workbook holds the findings at their cells, and every part that they do not concern stays byte for byte."""

import io

import openpyxl
import pytest
from openpyxl.comments import Comment

from observance.core import Settings
from observance.workbooks import Cell, CellFinding, findings_workbook, marked_workbook
from workbook_files import Read, ill_formed, parts, with_parts

TABLE = "Calendrier"
DATE = CellFinding(Cell(TABLE, 6, 3), {"fr": "Pas une <date> & rien d’autre", "en": "No date"})
REMARK = CellFinding(Cell(TABLE, 6, 3), {"fr": "Bonne pratique", "en": "Good practice"}, "Info")
ABSENT = CellFinding(Cell("Formulaire", 90, 3), {"fr": "Manque", "en": "Missing"}, "Warning")
CONCERNED = {
    "[Content_Types].xml", "xl/styles.xml", "xl/worksheets/sheet2.xml", "xl/worksheets/sheet3.xml",
}  # fmt: skip


def marked(content: bytes, *findings: CellFinding) -> bytes:
    """The marked workbook."""
    found = marked_workbook(content, findings, lang="fr", settings=Settings())
    assert found is not None
    return found


def comments(content: bytes) -> dict[str, str]:
    """The texts of the comments by address."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {f"{s.title}!{c.coordinate}": c.comment.text for s in book.worksheets for row in s.iter_rows() for c in row if c.comment}


def grounds(content: bytes) -> set[str]:
    """The cells that are marked by a colour."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {f"{sheet.title}!{found.sqref}" for sheet in book.worksheets for found in sheet.conditional_formatting}


def test_other_parts_stay(read: Read, timetable: bytes) -> None:
    """Parts that hold no mark are the same, in the same order; those that do hold all that they held before."""
    before, after = parts(timetable), parts(marked(timetable, DATE, REMARK, ABSENT))
    assert list(after)[: len(before)] == list(before)
    assert {name for name in before if before[name] != after[name]} == CONCERNED
    assert len(after) == len(before) + 6
    for name in ("xl/worksheets/sheet2.xml", "xl/worksheets/sheet3.xml"):
        rest = after[name]
        for element in (b"conditionalFormatting", b"legacyDrawing"):
            start, end = rest.index(b"<" + element), rest.index(b">", rest.index(b"<" + element)) + 1
            rest = rest[:start] + rest[rest.index(b"</conditionalFormatting>") + 24 if element == b"conditionalFormatting" else end :]
        assert rest == before[name]
    assert read(marked(timetable, DATE)) == read(timetable)


def test_comments_and_grounds(timetable: bytes) -> None:
    """Each cell has one comment with all that was found at it, and a coloured ground, also a cell that was blank."""
    content = marked(timetable, DATE, REMARK, DATE, ABSENT)
    assert comments(content) == {
        "Calendrier!C6": "— Observance —\n✗ Pas une <date> & rien d’autre\n· Bonne pratique",
        "Formulaire!C90": "— Observance —\n! Manque",
    }
    assert grounds(content) == {"Calendrier!C6", "Formulaire!C90"}


def test_marked_anew(timetable: bytes) -> None:
    """Marks of an earlier time are replaced, and gone when nothing is found any more; the same findings give the same bytes."""
    first = marked(timetable, DATE, ABSENT)
    assert marked(first, DATE, ABSENT) == first
    assert comments(marked(first, ABSENT)) == {"Formulaire!C90": "— Observance —\n! Manque"}
    assert grounds(marked(first, ABSENT)) == {"Formulaire!C90"}
    mended = marked(first)
    assert (comments(mended), grounds(mended)) == ({}, set())
    assert parts(mended)["xl/sharedStrings.xml"] == parts(timetable)["xl/sharedStrings.xml"]


def test_comment_of_another_is_kept(timetable: bytes) -> None:
    """What the user wrote at a cell stands above what was found, and alone again afterwards."""
    book = openpyxl.load_workbook(io.BytesIO(timetable))
    book[TABLE]["C6"].comment = Comment("À vérifier", "Anne")
    book[TABLE]["C7"].comment = Comment("Autre", "Anne")
    output = io.BytesIO()
    book.save(output)
    once = marked(output.getvalue(), DATE)
    twice = marked(once, REMARK)
    assert comments(once)["Calendrier!C6"] == "À vérifier\n— Observance —\n✗ Pas une <date> & rien d’autre"
    assert comments(twice)["Calendrier!C6"] == "À vérifier\n— Observance —\n· Bonne pratique"
    assert comments(marked(twice)) == {"Calendrier!C6": "À vérifier", "Calendrier!C7": "Autre"}


@pytest.mark.parametrize(
    "change",
    [
        {"_xmlsignatures/sig1.xml": b"<a/>"},
        {"xl/worksheets/_rels/sheet3.xml.rels": b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
         b'<Relationship Id="r1" Type="http://schemas.microsoft.com/office/2017/10/relationships/threadedComment" Target="../t.xml"/>'
         b"</Relationships>"},
    ],
)  # fmt: skip
def test_told_apart(timetable: bytes, change: dict[str, bytes]) -> None:
    """A workbook that is signed, or has conversations at its cells, is not changed; the findings stand in another one."""
    content = with_parts(timetable, change)
    assert marked_workbook(content, [DATE], lang="fr", settings=Settings()) is None
    sheet = openpyxl.load_workbook(io.BytesIO(findings_workbook([DATE], lang="fr"))).worksheets[0]
    assert [cell.value for cell in sheet[2]] == ["Calendrier", "C6", "✗", "Pas une <date> & rien d’autre"]


def test_signs_of_messages(timetable: bytes) -> None:
    """Signs that XML cannot hold stand in a comment by their code, wherever the message comes from."""
    finding = CellFinding(DATE.cell, {"fr": "".join(map(chr, [*range(32), 0xD800, 0xFFFE, 0xFFFF])), "en": ""})
    for content in (marked(timetable, finding), findings_workbook([finding], lang="fr")):
        assert list(ill_formed(content)) == []
    assert "[U+0001]" in comments(marked(timetable, finding))["Calendrier!C6"]
