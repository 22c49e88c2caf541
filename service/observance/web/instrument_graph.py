"""The graph of instruments as a drawing in layers: by how many links lie between an instrument and the text of this knowledge."""

import textwrap
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from msgspec import Struct

_BOX_WIDTH: Final = 236
_BOX_HEIGHT: Final = 40
_GAP: Final = 76
_STEP: Final = 54
_MARGIN: Final = 12
_LINE_CHARACTERS: Final = 31
_LINES: Final = 2


class GraphNode(Struct, frozen=True):
    """An instrument: the lines of its name, and the left upper corner of its box; `is_start` for a text of this knowledge."""

    iri: str
    name: str
    lines: tuple[str, ...]
    x: int
    y: int
    is_start: bool


class GraphEdge(Struct, frozen=True):
    """The links of one kind from one instrument to another: a path, the place of their number, and the number of the kind."""

    source: str
    target: str
    kind: str
    style: int
    count: int
    path: str
    x: int
    y: int


class InstrumentGraph(Struct, frozen=True):
    """The drawing, in pixels; `kinds` are the kinds of links, whose place is the number of their style."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    kinds: tuple[str, ...]
    width: int
    height: int
    box_width: int = _BOX_WIDTH
    box_height: int = _BOX_HEIGHT


def instrument_graph(
    counts: Mapping[tuple[str, str, str], int], *, starts: Collection[str], names: Mapping[str, str], kinds: Sequence[str]
) -> InstrumentGraph:
    """The drawing of the links, counted by the instruments that they lead from and to and their kind; `kinds` in the order of styles."""
    neighbours: dict[str, set[str]] = defaultdict(set)
    for source, target, _ in counts:
        neighbours[source].add(target)
        neighbours[target].add(source)
    layers = _layers(neighbours, starts=[start for start in starts if start in neighbours])
    rows = _ordered(layers, neighbours=neighbours, names=names)
    height = max((len(row) for row in rows), default=0)
    nodes = {
        iri: _node(iri, column=column, row=row, name=names.get(iri, iri), is_start=iri in starts)
        for column, layer in enumerate(rows)
        for row, iri in enumerate(layer)
    }
    edges = tuple(
        _edge(nodes[source], nodes[target], kind=kind, style=kinds.index(kind), count=count)
        for (source, target, kind), count in counts.items()
    )
    width = 2 * _MARGIN + _BOX_WIDTH * len(rows) + _GAP * max(0, len(rows) - 1) + _GAP // 2
    return InstrumentGraph(tuple(nodes.values()), edges, tuple(kinds), width, 2 * _MARGIN + _STEP * height)


def _layers(neighbours: Mapping[str, Collection[str]], *, starts: Sequence[str]) -> list[list[str]]:
    """The instruments by their distance from the nearest start; those that no link connects with one stand in the last layer."""
    layers, seen = [list(starts)] if starts else [], set(starts)
    while layers and layers[-1]:
        following = [other for iri in layers[-1] for other in sorted(neighbours[iri]) if other not in seen]
        layers.append(list(dict.fromkeys(following)))
        seen.update(following)
    rest = sorted(set(neighbours) - seen)
    return [layer for layer in (*layers, rest) if layer]


def _ordered(layers: Sequence[Sequence[str]], *, neighbours: Mapping[str, Collection[str]], names: Mapping[str, str]) -> list[list[str]]:
    """Each layer in the order of the mean place of its neighbours in the layer before it, then by name."""
    ordered: list[list[str]] = []
    for layer in layers:
        places = {iri: place for place, iri in enumerate(ordered[-1])} if ordered else {}

        def mean(iri: str, places: Mapping[str, int] = places) -> float:
            found = [places[other] for other in neighbours[iri] if other in places]
            return sum(found) / len(found) if found else len(places)

        ordered.append(sorted(layer, key=lambda iri: (mean(iri), names.get(iri, iri).casefold())))
    return ordered


def _node(iri: str, *, column: int, row: int, name: str, is_start: bool) -> GraphNode:
    lines = textwrap.wrap(name, _LINE_CHARACTERS, max_lines=_LINES, placeholder=" …")
    return GraphNode(iri, name, tuple(lines), _MARGIN + column * (_BOX_WIDTH + _GAP), _MARGIN + row * _STEP, is_start)


def _edge(source: GraphNode, target: GraphNode, *, kind: str, style: int, count: int) -> GraphEdge:
    """The path of an edge, from side to side; within a column it bends outwards. Styles lie a little apart."""
    shift = 5 * (style % 5) - 10
    y1, y2 = source.y + _BOX_HEIGHT // 2 + shift, target.y + _BOX_HEIGHT // 2 + shift
    if source.x == target.x:
        x1 = x2 = source.x + _BOX_WIDTH
        middle = x1 + _GAP // 2
    else:
        x1, x2 = (source.x + _BOX_WIDTH, target.x) if source.x < target.x else (source.x, target.x + _BOX_WIDTH)
        middle = (x1 + x2) // 2
    number = (x1, y1) if source.x > target.x else (x2, y2)
    away = 16 if number[0] != max(x1, x2) or x1 == x2 else -16
    path = f"M{x1},{y1} C{middle},{y1} {middle},{y2} {x2},{y2}"
    return GraphEdge(source.iri, target.iri, kind, style, count, path, number[0] + away, number[1])
