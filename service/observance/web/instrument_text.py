"""The text of the instrument: its parts in order, each with the norms that it expresses and their cue words."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from msgspec import Struct

from observance.core import OBS, local_name
from observance.knowledge import KnowledgeLookup

Row = Mapping[str, str]
RowSource = Callable[..., Sequence[Row]]


class Segment(Struct, frozen=True):
    """A segment of text, and whether it is marked."""

    text: str
    marked: bool


class Cue(Struct, frozen=True):
    """The cue words of a norm, with the anchor and number of the part that contains them if that is not the norm's own part."""

    text: str
    anchor: str | None = None
    number: str | None = None


class Alternative(Struct, frozen=True):
    """One interpretation of an open point; `adopted` are the labels of the readings that adopt it."""

    label: str
    effect: str
    adopted: tuple[str, ...]


class OpenPoint(Struct, frozen=True):
    """An open point of a norm, with its alternatives; `row` is its first row in `queries/pages/points.rq`."""

    row: Row
    alternatives: tuple[Alternative, ...]


class Norm(Struct, frozen=True):
    """A norm: `row` is its row in `queries/pages/norms.rq`, the other fields come from the other questions there."""

    row: Row
    force: str
    cues: tuple[Cue, ...]
    bearers: tuple[str, ...]
    evidence: tuple[Row, ...]
    leaves_open: tuple[Row, ...]
    qualifiers: tuple[Row, ...]
    points: tuple[OpenPoint, ...]

    @property
    def asks_for_document(self) -> bool:
        """Whether the text asks for a named document."""
        return "document_label" in self.row


class Block(Struct, frozen=True):
    """A part of a text: `instrument` is the IRI of the text, `unit` is Recital, OperativeParagraph or Formula."""

    row: Row
    instrument: str
    anchor: str
    unit: str
    depth: int
    authentic: tuple[Segment, ...]
    norms: tuple[Norm, ...]
    supports: tuple[Row, ...]

    @property
    def number(self) -> str | None:
        """The number of the part; None for one without a number."""
        return self.row.get("number")


def instrument_blocks(rows: RowSource, *, lang: str, lookup: KnowledgeLookup) -> tuple[Block, ...]:
    """The parts of every text in its order; `rows` returns the rows of a question of `queries/pages`."""
    parts_by_instrument: dict[str, list[Row]] = defaultdict(list)
    for row in rows("text", lang):
        parts_by_instrument[lookup.knowledge.instrument(row["node"]) or ""].append(_named(row, lookup=lookup))
    return tuple(
        block
        for instrument, parts in sorted(parts_by_instrument.items())
        for block in _text_blocks(parts, instrument=instrument, rows=rows, lang=lang, lookup=lookup)
    )


def _text_blocks(parts: Sequence[Row], *, instrument: str, rows: RowSource, lang: str, lookup: KnowledgeLookup) -> Iterator[Block]:
    """The parts of one text, which are given in its order."""
    norms_by_part = _group_rows(rows("norms", lang), "paragraph")
    cues_by_norm = {norm: [row["cue"] for row in group] for norm, group in _group_rows(rows("cues"), "norm").items()}
    cues_by_part = {
        part["node"]: [cue for norm in norms_by_part.get(part["node"], ()) for cue in cues_by_norm.get(norm["norm"], ())] for part in parts
    }
    # Opening words govern the paragraphs below them and may contain cue words of their norms. Recitals contain none.
    opening_parts = [part for part in parts if part["unit"] != OBS + "Recital" and not norms_by_part.get(part["node"])]
    all_cues = list(dict.fromkeys(cue for group in cues_by_part.values() for cue in group))
    details = {name: _group_rows(rows(name, lang), "norm") for name in ("addressees", "evidence", "left-open", "qualifiers", "points")}
    supports_by_recital = _group_rows(rows("recital-links"), "recital")
    nodes = {part["node"] for part in parts}
    for part in parts:
        yield Block(
            row=part,
            instrument=instrument,
            anchor=lookup.anchor(part["node"]),
            unit=local_name(part["unit"]),
            depth=int(part["parent"] in nodes),
            authentic=highlight(
                part["authentic"], _marked_cues(part, opening_parts=opening_parts, cues_by_part=cues_by_part, all_cues=all_cues)
            ),
            norms=tuple(
                _build_norm(
                    norm, cues=_order_cues(cues_by_norm.get(norm["norm"], ()), part=part, opening_parts=opening_parts), details=details
                )
                for norm in norms_by_part.get(part["node"], ())
            ),
            supports=tuple(
                {**row, "number": lookup.knowledge.paragraph_name(row["paragraph"]) or "", "anchor": lookup.anchor(row["paragraph"])}
                for row in supports_by_recital.get(part["node"], ())
            ),
        )


def _named(part: Row, *, lookup: KnowledgeLookup) -> Row:
    """The row with the name of the paragraph instead of its number."""
    name = lookup.knowledge.paragraph_name(part["node"])
    return {**part, "number": name} if name else part


def _group_rows(rows: Iterable[Row], name: str) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[name]].append(row)
    return dict(groups)


def _marked_cues(
    part: Row, *, opening_parts: Sequence[Row], cues_by_part: Mapping[str, Sequence[str]], all_cues: Sequence[str]
) -> Sequence[str]:
    if part not in opening_parts:
        return cues_by_part[part["node"]]
    return [cue for cue in all_cues if cue in part["authentic"] and _opening_part(cue, opening_parts=opening_parts) is part]


def _opening_part(cue: str, *, opening_parts: Sequence[Row]) -> Row | None:
    return next((part for part in opening_parts if cue in part["authentic"]), None)


def _order_cues(cues: Iterable[str], *, part: Row, opening_parts: Sequence[Row]) -> tuple[Cue, ...]:
    """The cues in reading order: those in opening words first."""
    own_cues = sorted((cue for cue in cues if cue in part["authentic"]), key=part["authentic"].index)
    other_cues = [(cue, _opening_part(cue, opening_parts=opening_parts)) for cue in cues if cue not in part["authentic"]]
    opening_cues = [
        Cue(cue, local_name(opening_part["node"]), opening_part.get("number") or opening_part.get("label"))
        for cue, opening_part in other_cues
        if opening_part
    ]
    return (*opening_cues, *map(Cue, own_cues))


def _build_norm(row: Row, *, cues: tuple[Cue, ...], details: Mapping[str, Mapping[str, Sequence[Row]]]) -> Norm:
    def rows_of(name: str) -> tuple[Row, ...]:
        return tuple(details[name].get(row["norm"], ()))

    return Norm(
        row=row,
        force=local_name(row["modality"]),
        cues=cues,
        bearers=tuple(detail["label"] for detail in rows_of("addressees")),
        evidence=rows_of("evidence"),
        leaves_open=rows_of("left-open"),
        qualifiers=rows_of("qualifiers"),
        points=tuple(_build_point(list(detail)) for _, detail in groupby(rows_of("points"), key=lambda detail: detail["notation"])),
    )


def _build_point(rows: Sequence[Row]) -> OpenPoint:
    alternatives = []
    for _, group in groupby(rows, key=lambda row: row["alternative"]):
        group_rows = list(group)
        adopted = tuple(dict.fromkeys(row["adopted_by"] for row in group_rows if "adopted_by" in row))
        alternatives.append(Alternative(group_rows[0]["alternative_label"], group_rows[0]["effect"], adopted))
    return OpenPoint(rows[0], tuple(alternatives))


def highlight(text: str, words: Iterable[str]) -> tuple[Segment, ...]:
    """The text as segments, with the first occurrence of each of the words marked; overlapping occurrences are merged."""
    spans = sorted((start, start + len(word)) for word in words if word and (start := text.find(word)) >= 0)
    segments: list[Segment] = []
    position = 0
    for start, end in _merge_overlaps(spans):
        segments += [Segment(text[position:start], False), Segment(text[start:end], True)]
        position = end
    return tuple(segment for segment in (*segments, Segment(text[position:], False)) if segment.text)


def _merge_overlaps(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
