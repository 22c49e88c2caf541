"""The instrument as pages show it: its parts in order, each with the norms that it expresses and the words they rest on."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby

from msgspec import Struct

from observance.core import OBS, local_name

Row = Mapping[str, str]
Ask = Callable[..., Sequence[Row]]


class Segment(Struct, frozen=True):
    """A stretch of text, and whether it is marked."""

    text: str
    marked: bool


class Cue(Struct, frozen=True):
    """Words that a norm rests on, and the anchor and number of the part that holds them when it is another one."""

    text: str
    anchor: str | None = None
    number: str | None = None


class Alternative(Struct, frozen=True):
    """One possible reading of an open point; `adopted` names the readings that adopt it."""

    label: str
    effect: str
    adopted: tuple[str, ...]


class Point(Struct, frozen=True):
    """An open point of a norm."""

    row: Row
    alternatives: tuple[Alternative, ...]


class Norm(Struct, frozen=True):
    """A norm: `row` is what `queries/pages/norms.rq` says of it, the rest what the other questions there do."""

    row: Row
    force: str
    cues: tuple[Cue, ...]
    bearers: tuple[str, ...]
    evidence: tuple[Row, ...]
    leaves_open: tuple[Row, ...]
    qualifiers: tuple[Row, ...]
    points: tuple[Point, ...]

    @property
    def asks_for_document(self) -> bool:
        """Whether the text itself asks for a document."""
        return "document_label" in self.row


class Block(Struct, frozen=True):
    """A part of the text: `unit` is Recital, OperativeParagraph or Formula."""

    row: Row
    anchor: str
    unit: str
    depth: int
    authentic: tuple[Segment, ...]
    norms: tuple[Norm, ...]
    supports: tuple[Row, ...]

    @property
    def number(self) -> str | None:
        """Its number, if it has one."""
        return self.row.get("number")


def instrument_blocks(rows: Ask, *, lang: str) -> tuple[Block, ...]:
    """The parts in the order of the text; `rows` answers the questions of `queries/pages`."""
    parts = rows("text", lang)
    expressed = _by(rows("norms", lang), "paragraph")
    cues = {norm: [row["cue"] for row in found] for norm, found in _by(rows("cues"), "norm").items()}
    of_part = {part["node"]: [c for norm in expressed.get(part["node"], ()) for c in cues.get(norm["norm"], ())] for part in parts}
    # Opening words govern what follows, so the words of a norm may stand there instead; a recital carries none.
    elsewhere = [part for part in parts if part["unit"] != OBS + "Recital" and not expressed.get(part["node"])]
    all_cues = list(dict.fromkeys(cue for found in cues.values() for cue in found))
    details = {name: _by(rows(name, lang), "norm") for name in ("addressees", "evidence", "left-open", "qualifiers", "points")}
    supported = _by(rows("recital-links"), "recital")
    nodes = {part["node"] for part in parts}
    return tuple(
        Block(
            row=part,
            anchor=local_name(part["node"]),
            unit=local_name(part["unit"]),
            depth=int(part["parent"] in nodes),
            authentic=highlight(part["authentic"], _words(part, elsewhere=elsewhere, own=of_part, every=all_cues)),
            norms=tuple(
                _norm(norm, cues=_located(cues.get(norm["norm"], ()), part=part, elsewhere=elsewhere), details=details)
                for norm in expressed.get(part["node"], ())
            ),
            supports=tuple(supported.get(part["node"], ())),
        )
        for part in parts
    )


def _by(rows: Iterable[Row], name: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[name]].append(row)
    return dict(found)


def _words(part: Row, *, elsewhere: Sequence[Row], own: Mapping[str, Sequence[str]], every: Sequence[str]) -> Sequence[str]:
    if part not in elsewhere:
        return own[part["node"]]
    return [cue for cue in every if cue in part["authentic"] and _home(cue, elsewhere=elsewhere) is part]


def _home(cue: str, *, elsewhere: Sequence[Row]) -> Row | None:
    return next((part for part in elsewhere if cue in part["authentic"]), None)


def _located(cues: Iterable[str], *, part: Row, elsewhere: Sequence[Row]) -> tuple[Cue, ...]:
    """The words in the order in which they are read: those of the opening words first."""
    here = sorted((cue for cue in cues if cue in part["authentic"]), key=part["authentic"].index)
    there = [(cue, _home(cue, elsewhere=elsewhere)) for cue in cues if cue not in part["authentic"]]
    opening = [Cue(cue, local_name(home["node"]), home.get("number") or home.get("label")) for cue, home in there if home]
    return (*opening, *map(Cue, here))


def _norm(row: Row, *, cues: tuple[Cue, ...], details: Mapping[str, Mapping[str, Sequence[Row]]]) -> Norm:
    def about(name: str) -> tuple[Row, ...]:
        return tuple(details[name].get(row["norm"], ()))

    return Norm(
        row=row,
        force=local_name(row["modality"]),
        cues=cues,
        bearers=tuple(found["label"] for found in about("addressees")),
        evidence=about("evidence"),
        leaves_open=about("left-open"),
        qualifiers=about("qualifiers"),
        points=tuple(_point(list(found)) for _, found in groupby(about("points"), key=lambda found: found["notation"])),
    )


def _point(rows: Sequence[Row]) -> Point:
    alternatives = []
    for _, group in groupby(rows, key=lambda row: row["alternative"]):
        found = list(group)
        adopted = tuple(dict.fromkeys(row["adopted_by"] for row in found if "adopted_by" in row))
        alternatives.append(Alternative(found[0]["alternative_label"], found[0]["effect"], adopted))
    return Point(rows[0], tuple(alternatives))


def highlight(text: str, words: Iterable[str]) -> tuple[Segment, ...]:
    """The text cut so that the first place of each of the words is marked; places that overlap become one."""
    found = sorted((start, start + len(word)) for word in words if word and (start := text.find(word)) >= 0)
    segments: list[Segment] = []
    done = 0
    for start, end in _joined(found):
        segments += [Segment(text[done:start], False), Segment(text[start:end], True)]
        done = end
    return tuple(segment for segment in (*segments, Segment(text[done:], False)) if segment.text)


def _joined(places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in places:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
