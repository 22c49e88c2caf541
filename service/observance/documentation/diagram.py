"""The layout of the diagram of instruments and links: formalised instruments in the centre, certainly earlier ones left, others right.

The layout depends on the records only, so that the same knowledge gives the same bytes.
"""

import textwrap
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from observance.core import OBS
from observance.documentation.contents import Describer
from observance.documentation.records import Instruments, NodeText, Row

WIDTH: Final = 1160
_SIDE_WIDTH: Final = 315
_CENTRE_WIDTH: Final = 240
_LINE_HEIGHT: Final = 15
_PADDING: Final = 8
_BOX_GAP: Final = 9
_LINK_GAP: Final = 11
"""Pixels between two links that end on the same side of a box."""
_CHARACTER_WIDTH: Final = 7
_TEXT_ITSELF: Final = OBS + "TextItself"
_LEFT, _CENTRE, _RIGHT = 0, 1, 2
_X: Final = (0, (WIDTH - _CENTRE_WIDTH) // 2, WIDTH - _SIDE_WIDTH)


class DiagramBox(Struct, frozen=True):
    """An instrument: position and size in pixels, its date, and its name in lines."""

    iri: str
    column: int
    x: int
    y: int
    width: int
    height: int
    date: str
    lines: tuple[str, ...]
    lang: str | None


class DiagramLink(Struct, frozen=True):
    """All links from one instrument to another as one line.

    `authority` and `certainty` are the best positions among the links, from "1"; "9" if none is recorded. `path` is an SVG path.
    """

    start: str
    end: str
    count: int
    authority: str
    certainty: str
    path: str


class Diagram(Struct, frozen=True):
    """The boxes and the links between them, with the size in pixels."""

    boxes: tuple[DiagramBox, ...]
    links: tuple[DiagramLink, ...]
    height: int
    width: int = WIDTH


def draw_diagram(instruments: Instruments, *, describer: Describer, links: Sequence[Row]) -> Diagram:
    """Lay out the links between instruments; links of parts count as links of their instruments."""
    centre = _centre(instruments, links=links)
    pairs = _pairs(instruments, links=links, standalone=centre)
    iris = {iri for pair in pairs for iri in pair} | instruments.formalised
    columns = _columns(iris, instruments=instruments, centre=centre)
    link_counts = {iri: sum(iri in pair for pair in pairs) for iri in iris}
    stacks = [
        [_box(iri, column=n, instruments=instruments, describer=describer, link_count=link_counts[iri]) for iri in column]
        for n, column in enumerate(columns)
    ]
    height = max((_height(stack) for stack in stacks), default=0)
    boxes = {box.iri: box for stack in stacks for box in _stack_boxes(stack, height=height)}
    return Diagram(tuple(boxes.values()), tuple(_diagram_links(pairs, boxes=boxes)), height)


def _centre(instruments: Instruments, *, links: Iterable[Row]) -> frozenset[str]:
    """The formalised instruments, and the instruments that their own text names."""
    ends = [(instruments.containing(row["from"].value), instruments.containing(row["to"].value), row.get("asserter")) for row in links]
    named_instruments = {
        end for start, end, asserter in ends if start in instruments.formalised and end and asserter and asserter.value == _TEXT_ITSELF
    }
    return frozenset(named_instruments | instruments.formalised)


def _pairs(instruments: Instruments, *, links: Iterable[Row], standalone: Collection[str]) -> dict[tuple[str, str], list[Row]]:
    by_pair: dict[tuple[str, str], dict[str, Row]] = {}
    for row in links:
        ends = [instruments.containing(row[name].value) for name in ("from", "to")]
        start, end = (instruments.outermost(iri, standalone=standalone) if iri else None for iri in ends)
        if start and end and start != end:
            by_pair.setdefault((start, end), {})[row["link"].value] = row
    return {pair: list(by_pair[pair].values()) for pair in sorted(by_pair)}


def _columns(iris: Iterable[str], *, instruments: Instruments, centre: Collection[str]) -> tuple[list[str], list[str], list[str]]:
    """The instruments of the left, centre and right column, each in the order of dates."""
    first_date = min((instruments.dates[iri] for iri in instruments.formalised if iri in instruments.dates), default="")
    columns: tuple[list[str], list[str], list[str]] = ([], [], [])
    for iri in sorted(iris, key=lambda iri: (instruments.dates.get(iri, "~"), iri)):
        is_earlier = _is_before(instruments.dates.get(iri, "~"), first_date)
        columns[_CENTRE if iri in centre else _LEFT if is_earlier else _RIGHT].append(iri)
    return columns


def _is_before(date: str, other: str) -> bool:
    """Whether a date is certainly before another, at the precision of the less precise one: 2018 is not before 2018-06."""
    precision = min(len(date), len(other))
    return date[:precision] < other[:precision]


def _box(iri: str, *, column: int, instruments: Instruments, describer: Describer, link_count: int) -> DiagramBox:
    text: NodeText = describer.label(iri)
    width = _CENTRE_WIDTH if column == _CENTRE else _SIDE_WIDTH
    lines = tuple(textwrap.wrap(text.value, width=int((width - 2 * _PADDING) / _CHARACTER_WIDTH), break_long_words=False))
    date = instruments.dates.get(iri, "")
    height = max((len(lines) + bool(date)) * _LINE_HEIGHT + 2 * _PADDING, link_count * _LINK_GAP if column == _CENTRE else 0)
    return DiagramBox(iri, column, _X[column], 0, width, height, date, lines, text.lang)


def _height(stack: Sequence[DiagramBox]) -> int:
    return sum(box.height for box in stack) + _BOX_GAP * max(0, len(stack) - 1)


def _stack_boxes(stack: Sequence[DiagramBox], *, height: int) -> Iterable[DiagramBox]:
    """The boxes placed one below the other, centred vertically: close together in the side columns, spread in the centre column."""
    free = height - _height(stack)
    between = free // (len(stack) + 1) if stack and stack[0].column == _CENTRE else 0
    y = between or free // 2
    for box in stack:
        yield DiagramBox(box.iri, box.column, box.x, y, box.width, box.height, box.date, box.lines, box.lang)
        y += box.height + _BOX_GAP + between


def _diagram_links(pairs: Mapping[tuple[str, str], Sequence[Row]], *, boxes: Mapping[str, DiagramBox]) -> Iterable[DiagramLink]:
    ports = _ports(pairs, boxes=boxes)
    for pair, rows in pairs.items():
        authority = min(row["authority"].value if "authority" in row else "9" for row in rows)
        certainty = min(row["certainty"].value if "certainty" in row else "9" for row in rows)
        yield DiagramLink(*pair, len(rows), authority, certainty, _path(*ports[pair]))


Port = tuple[int, int, int]
"""The coordinates of a port, and its side of the box: -1 left, 1 right."""


def _ports(pairs: Iterable[tuple[str, str]], *, boxes: Mapping[str, DiagramBox]) -> dict[tuple[str, str], tuple[Port, Port]]:
    """The start and end port of each link, spread along each side in the vertical order of the boxes at the other end."""
    sides: dict[tuple[str, int], list[tuple[int, tuple[str, str], int]]] = {}
    for pair in pairs:
        start, end = boxes[pair[0]], boxes[pair[1]]
        for end_index, (box, other) in enumerate(((start, end), (end, start))):
            sides.setdefault((box.iri, _side(box, other)), []).append((other.y + other.height // 2, pair, end_index))
    ports_of: dict[tuple[str, str], dict[int, Port]] = {}
    for (iri, side), ends in sides.items():
        box = boxes[iri]
        for position, (_, pair, end_index) in enumerate(sorted(ends), 1):
            y = box.y + box.height * position // (len(ends) + 1)
            ports_of.setdefault(pair, {})[end_index] = (box.x + (box.width if side > 0 else 0), y, side)
    return {pair: (ports[0], ports[1]) for pair, ports in ports_of.items()}


def _side(box: DiagramBox, other: DiagramBox) -> int:
    """The side of the box that faces the other box; within one column the inner side, in the centre column the right one."""
    if box.column == other.column:
        return -1 if box.column == _RIGHT else 1
    return 1 if other.column > box.column else -1


def _path(start: Port, end: Port) -> str:
    (x1, y1, start_side), (x2, y2, end_side) = start, end
    reach = abs(x2 - x1) // 2 if start_side != end_side else 24 + abs(y2 - y1) // 8
    bend = min(reach, 110) if start_side == end_side else reach
    return f"M{x1} {y1}C{x1 + start_side * bend} {y1} {x2 + end_side * bend} {y2} {x2} {y2}"
