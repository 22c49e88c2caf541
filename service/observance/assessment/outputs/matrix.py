"""Answers laid out: bearers by norms, readings side by side, and meetings with what the text announces of nobody."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from observance.assessment.model import Assessment, Status

Line = Mapping[str, Any]


class Matrix(Struct, frozen=True):
    """A row for each bearer (code, name) with a cell for each norm; a cell holds the answers, none, one or several."""

    norms: tuple[Mapping[str, str], ...]
    rows: tuple[tuple[str, str, tuple[tuple[Line, ...], ...]], ...]


class Compared(Struct, frozen=True):
    """A bearer's norm with its answers under each reading, in the order of the readings; `flips`: whether they are not all alike."""

    first: Line
    cells: tuple[tuple[tuple[Line, int], ...], ...]
    flips: bool


def matrices(lines: Sequence[Line], *, norms: Sequence[Mapping[str, str]]) -> tuple[Matrix, ...]:
    """The lines as pictures, one for all bearers to whom the same norms speak, the largest first."""
    asked = {code: frozenset(line["norm"] for line in group) for (code,), group in _by(lines, "code").items()}
    kinds = sorted(set(asked.values()), key=len, reverse=True)
    return tuple(_matrix([line for line in lines if asked[line["code"]] == kind], norms=norms) for kind in kinds)


def _matrix(lines: Sequence[Line], *, norms: Iterable[Mapping[str, str]]) -> Matrix:
    asked = {line["norm"]: line["deed"] for line in lines}
    shown = tuple({**norm, "deed": asked[norm["norm"]]} for norm in norms if norm["norm"] in asked)
    numbers = {line["norm"]: line["paragraph"] for line in lines}
    columns = tuple({**norm, "number": numbers[norm["norm"]]} for norm in shown)
    bearers = dict.fromkeys((line["code"], line["bearerName"]) for line in lines)
    found = {key: list(group) for key, group in _by(lines, "code", "norm").items()}
    rows = tuple((code, name, tuple(tuple(found.get((code, norm["norm"]), ())) for norm in columns)) for code, name in bearers)
    return Matrix(columns, rows)


def compare_groups(lines: Sequence[Line], *, readings: Sequence[Mapping[str, str]]) -> tuple[Compared, ...]:
    """The lines with the readings side by side, those first that depend on the reading."""
    rows = []
    for group in _by(lines, "code", "norm").values():
        under = _by(group, "reading")
        cells = tuple(counted(under.get((reading["name"],), ())) for reading in readings)
        rows.append(Compared(group[0], cells, len({frozenset(line["statusIri"] for line, _ in cell) for cell in cells}) > 1))
    return tuple(sorted(rows, key=lambda row: not row.flips))


def counted(lines: Iterable[Line]) -> tuple[tuple[Line, int], ...]:
    """One line for each status with the number of lines that have it."""
    groups = _by(lines, "statusIri")
    return tuple((group[0], len(group)) for group in groups.values())


def proceedings(lines: Sequence[Line]) -> tuple[tuple[Line, tuple[Line, ...]], ...]:
    """What is announced, by occasion: the first line of each, and its lines."""
    return tuple((group[0], tuple(group)) for group in _by(lines, "occasion", "reading").values())


def _by(lines: Iterable[Line], *names: str) -> dict[tuple[Any, ...], list[Line]]:
    found: dict[tuple[Any, ...], list[Line]] = {}
    for line in lines:
        found.setdefault(tuple(line[name] for name in names), []).append(line)
    return found


class Tally(Struct, frozen=True):
    """The counts of one set of answers.

    `counted` leaves out what does not apply or is not yet active. At least `lower` of them are fulfilled on the record, at most
    `upper`: what lies between cannot be told, and `undetermined` says how many those are.
    """

    statuses: tuple[tuple[Status, int], ...]
    counted: int
    lower: int
    upper: int
    undetermined: int


def tally(assessments: Sequence[Assessment]) -> Tally:
    """The counts."""
    found = Counter(assessment.status.iri for assessment in assessments)
    statuses = {assessment.status.iri: assessment.status for assessment in assessments}
    ordered = tuple((statuses[iri], found[iri]) for iri in sorted(found, key=lambda iri: statuses[iri].position))
    lower = sum(count for status, count in ordered if status.tally == "yes")
    undetermined = sum(count for status, count in ordered if status.tally == "undetermined")
    counted = sum(count for status, count in ordered if status.tally != "outside")
    return Tally(ordered, counted, lower, lower + undetermined, undetermined)
