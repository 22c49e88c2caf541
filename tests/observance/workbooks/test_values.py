"""Signs that XML cannot hold, formats of dates and addresses in cells: what is certain is taken, anything else is told at its cell."""

from datetime import datetime

import pytest

from observance.forms import FilledForm, FilledPart, FormEntry
from observance.knowledge_base import KnowledgeBase
from observance.workbooks import check_workbook, findings_workbook, marked_workbook, new_workbook
from workbook_files import Read, changed, ill_formed, parts, with_parts

TABLE = "Calendrier"
SIGNS = [*range(0x20), 0x7F, 0x85, 0xA0, 0x200B, 0x2028, 0xD800, 0xDBFF, 0xDC00, 0xDFFF, 0xFDD0, 0xFFFD, 0xFFFE, 0xFFFF]


@pytest.mark.parametrize("place", [(TABLE, "B4"), (TABLE, "C4"), (TABLE, "E4"), (TABLE, "A4"), (TABLE, "C1"), ("Formulaire", "C5")])
def test_every_sign(kb: KnowledgeBase, timetable: bytes, place: tuple[str, str]) -> None:
    """Whatever sign a cell holds, there is a report, and both files made from it are well-formed; what XML cannot hold is a problem."""
    sheet, reference = place

    def mark(book) -> None:
        book[sheet][reference] = "TOKEN"

    content = changed(timetable, mark)
    found = parts(content)
    for sign in SIGNS:
        one = with_parts(content, {name: part.replace(b"TOKEN", b"z_x%04X_z" % sign) for name, part in found.items() if b"TOKEN" in part})
        checked = check_workbook(one, name="x.xlsx", forms=kb.forms, settings=kb.settings)
        marked = marked_workbook(one, checked.findings, lang="fr", settings=kb.settings)
        assert marked is not None
        assert list(ill_formed(marked)) == list(ill_formed(findings_workbook(checked.findings, lang="fr"))) == []
        if sign in {0, 1, 0xD800, 0xFFFE, 0xFFFF} and reference not in {"A4", "C1"}:
            assert reference in [problem.cell.reference for problem in checked.content.problems]


def test_two_codes_of_one_sign(read: Read, timetable: bytes) -> None:
    """The halves of one sign, each by its code, are that sign."""

    def mark(book) -> None:
        book[TABLE]["E4"] = "TOKEN"

    content = changed(timetable, mark)
    strings = {name: part.replace(b"TOKEN", b"_xD83D__xDE00_") for name, part in parts(content).items() if b"TOKEN" in part}
    part = read(with_parts(content, strings)).filled.part.entries["obs:milestone"][0].part
    assert part is not None
    assert part.entries["dcterms:description"][0].text == "\U0001f600"


@pytest.mark.parametrize(
    ("shown", "taken"),
    [
        ("mmmm\\ \\d\\e\\ yyyy", "2024-03"),
        ("[$-416]mmmm\\ \\d\\e\\ yyyy", "2024-03"),
        ('"d" mmmm yyyy', "2024-03"),
        ('"d;m" yyyy', "2024"),
        ("d mmmm yyyy", "2024-03-05"),
        ('yyyy "h" d/m', "2024-03-05"),
        ("yyyy h:mm", "2024"),
    ],
)
def test_as_precise_as_it_is_shown(read: Read, timetable: bytes, shown: str, taken: str) -> None:
    """Signs that are quoted or escaped show neither a day nor a month, and minutes are no month."""

    def mark(book) -> None:
        book[TABLE]["C4"].value, book[TABLE]["C4"].number_format = datetime(2024, 3, 5), shown  # noqa: DTZ001 - as in a cell

    found = read(changed(timetable, mark))
    assert found.problems == ()
    assert f"FormEntry(text='{taken}'" in repr(found.filled.part.entries["obs:milestone"][0])


def test_two_addresses(read: Read, timetable: bytes) -> None:
    """Two addresses that may be one are a problem; one that may be two is taken between angle brackets."""

    def evidence(text: str) -> tuple[list[str], str]:
        found = read(changed(timetable, lambda book: book[TABLE].cell(4, 12, text)))
        return [problem.cell.reference for problem in found.problems], repr(found.filled.part.entries["obs:milestone"][0])

    assert evidence("http://a;http://c")[0] == ["L4"]
    assert "'http://a;http://c'" in evidence("<http://a;http://c>")[1]
    assert all(f"'{text}'" in evidence("http://a; http://c")[1] for text in ("http://a", "http://c"))


def test_own_address(kb: KnowledgeBase, read: Read) -> None:
    """An address that may be two is read back from the workbook that holds it."""
    filled = FilledForm(
        "2.5", FilledPart({"obs:milestone": (FormEntry(part=FilledPart({"obs:evidence": (FormEntry("http://a;http://c"),)})),)})
    )
    found = read(new_workbook(kb.forms.form("2.5"), lang="en", version="1", filled=filled))
    assert found.problems == ()
    assert "'http://a;http://c'" in repr(found.filled)
