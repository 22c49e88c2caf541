"""Comments at the cells of a sheet: the part that holds their texts, and the drawing that holds their boxes."""

import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from xml.sax.saxutils import escape

from observance.workbooks.model import well_formed
from observance.workbooks.package import SHEET
from observance.workbooks.xml_edit import Element, XmlDocument

DELIMITER: Final = "— Observance —"
"""Begins what this program writes into a comment; a comment of somebody else's keeps what stands before it."""
_AUTHOR: Final = "Observance"
_TEXT_END: Final = re.compile(r"</(?:\w+:)?t>")
_CLOSING: Final = re.compile(r"</(?:\w+:)?text>")
_NUMBERED: Final = re.compile(r"_x0000_s(\d{1,9})", re.ASCII)
_SMALL_NUMBER: Final = re.compile(r"\d{1,9}", re.ASCII)
_FIRST_SHAPE: Final = 8_000
_EMPTY_COMMENTS: Final = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    f'<comments xmlns="{SHEET}"><authors></authors><commentList></commentList></comments>'
)
_EMPTY_DRAWING: Final = (
    '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel"><v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" '
    'path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype></xml>'
)
_BOX: Final = (
    '<v:shape xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel" id="_x0000_s{number}" type="#_x0000_t202" '
    'style="position:absolute;margin-left:60pt;margin-top:2pt;width:230pt;height:100pt;'
    'z-index:1;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/><v:path o:connecttype="none"/>'
    '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox><x:ClientData ObjectType="Note">'
    "<x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{left}, 15, {top}, 2, {right}, 31, {bottom}, 4</x:Anchor><x:AutoFill>False</x:AutoFill>"
    "<x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
)


def with_comments(content: bytes | None, texts: Mapping[str, str]) -> tuple[bytes, set[str], set[str]]:
    """Return the part with the texts at the cells, and the cells of comments that are gone and that are new.

    What this program wrote before is gone; a comment of somebody else's stays, and the text stands below it.
    """
    document = XmlDocument(content if content is not None else _EMPTY_COMMENTS.encode())
    authors, comments = document.elements(1)[:2]
    names = [element.text for element in document.elements(2) if element.local_name == "author"]
    found = [element for element in document.elements(2) if element.local_name == "comment"]
    gone: set[str] = set()
    kept: set[str] = set()
    for comment in found:
        cell = comment.attributes.get("ref", "")
        if _is_ours(comment):
            document.remove(comment)
            gone.add(cell)
        else:
            kept.add(cell)
            _rewrite(document, comment, texts.get(cell, ""))
    added = {cell: text for cell, text in texts.items() if cell not in kept}
    author = names.index(_AUTHOR) if _AUTHOR in names else len(names)
    if added and author == len(names):
        document.append(authors, f'<author xmlns="{SHEET}">{_AUTHOR}</author>')
    if added:
        document.append(comments, "".join(_comment(cell, text, author) for cell, text in added.items()))
    return document.changed(), gone, set(added)


def _is_ours(comment: Element) -> bool:
    return comment.text.strip().startswith(DELIMITER)


def _rewrite(document: XmlDocument, comment: Element, text: str) -> None:
    """Put the text below what somebody else wrote, in the place of an earlier one."""
    old = document.content[comment.start : comment.end].decode()
    new = _without_ours(old)
    if text:
        closing = max((match.start() for match in _CLOSING.finditer(new)), default=-1)
        if closing < 0:
            raise ValueError
        new = f"{new[:closing]}{_run(chr(10) + text)}{new[closing:]}"
    if new != old:
        document.edits.append((comment.start, comment.end, new.encode()))


def _without_ours(comment: str) -> str:
    """The comment without what this program wrote: from its delimiter to the end of the text in which it stands."""
    pieces, last = [], 0
    for end in _TEXT_END.finditer(comment):
        own = comment.find(DELIMITER, last, end.start())
        if own >= 0:
            pieces.append(comment[last:own].removesuffix("\n"))
            last = end.start()
    return "".join([*pieces, comment[last:]])


def _comment(cell: str, text: str, author: int) -> str:
    return f'<comment xmlns="{SHEET}" ref="{cell}" authorId="{author}"><text>{_run(text)}</text></comment>'


def _run(text: str) -> str:
    return f'<r xmlns="{SHEET}"><t xml:space="preserve">{escape(well_formed(text))}</t></r>'


def with_boxes(content: bytes | None, *, gone: set[tuple[int, int]], added: set[tuple[int, int]]) -> bytes:
    """Return the drawing without the boxes of comments that are gone and with those of new ones, by row and column from 1.

    Raises ExpatError or ValueError for a drawing that is written in another way.
    """
    document = XmlDocument(content if content is not None else _EMPTY_DRAWING.encode())
    (root,) = document.elements(0)
    shapes = [element for element in document.elements(1) if element.local_name == "shape"]
    places = tuple(_places(document, shapes))
    kept = [shape for shape, place in zip(shapes, places, strict=True) if place not in gone]
    for shape, place in zip(shapes, places, strict=True):
        if place in gone:
            document.remove(shape)
    numbers = [int(found[1]) for shape in kept if (found := _NUMBERED.fullmatch(shape.attributes.get("id", ""))) is not None]
    first = max([_FIRST_SHAPE, *numbers]) + 1
    boxes = "".join(
        _BOX.format(
            number=number, row=row - 1, column=column - 1, left=column, right=column + 3, top=max(0, row - 2), bottom=max(0, row - 2) + 6
        )
        for number, (row, column) in enumerate(sorted(added), first)
    )
    if boxes:
        document.append(root, boxes)
    return document.changed()


def _places(document: XmlDocument, shapes: Sequence[Element]) -> Iterator[tuple[int, int] | None]:
    """Yield the row and column of the comment of each shape; None for another shape."""
    notes = deque(e for e in document.elements(2) if e.local_name == "ClientData" and e.attributes.get("ObjectType") == "Note")
    numbers = deque(element for element in document.elements(3) if element.local_name in {"Row", "Column"})
    for shape in shapes:
        while notes and notes[0].start < shape.start:
            notes.popleft()
        is_note = bool(notes) and notes[0].end <= shape.end
        found: dict[str, str] = {}
        while numbers and numbers[0].start < shape.end:
            element = numbers.popleft()
            if is_note and notes[0].start < element.start < notes[0].end:
                found[element.local_name] = element.text.strip()
        is_placed = len(found) == 2 and all(_SMALL_NUMBER.fullmatch(text) for text in found.values())
        yield (int(found["Row"]) + 1, int(found["Column"]) + 1) if is_placed else None
