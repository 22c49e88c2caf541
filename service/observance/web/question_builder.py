"""A question made from choices: things of a kind, the links that lead on from them, and what stands at the end."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from observance.web.instrument_text import Row

MAX_STEPS: Final = 3
"""The largest number of links in one question."""


class OfferedChoice(Struct, frozen=True):
    """A value to choose, with its label and how often it occurs."""

    value: str
    label: str
    count: int


class Step(Struct, frozen=True):
    """A step: the link and the kind at its end that were chosen, None for any, and the choices for each."""

    links: Sequence[OfferedChoice]
    link: str | None
    kinds: Sequence[OfferedChoice]
    kind: str | None


class BuiltQuestion(Struct, frozen=True):
    """The kind of thing that the question starts from, with the choices for it, and its steps; the last one may lack a link.

    `text` is what the end must hold; `dropped` are values that do not occur with what was chosen before them.
    """

    kinds: Sequence[OfferedChoice]
    kind: str | None
    steps: tuple[Step, ...]
    text: str
    dropped: tuple[str, ...]

    @property
    def complete_steps(self) -> tuple[Step, ...]:
        """The steps with a link."""
        return tuple(step for step in self.steps if step.link)

    @property
    def columns(self) -> list[str]:
        """The label of each thing of the answer."""
        first = next((choice.label for choice in self.kinds if choice.value == self.kind), "")
        return [first, *(_end_label(step) for step in self.complete_steps)]


def _end_label(step: Step) -> str:
    labels = [(step.kinds, step.kind), (step.links, step.link)]
    return next((choice.label for choices, chosen in labels for choice in choices if chosen and choice.value == chosen), "")


def built_question(fields: Mapping[str, str], *, rows: Sequence[Row]) -> BuiltQuestion:
    """The question of the fields `kind1`, `link1`, `kind2` …, `text`, from the rows of `queries/pages/builder-choices.rq`.

    After the first value that does not occur, nothing more is taken; a step that leads to things of a chosen kind can lead on.
    """
    kinds = _choices(rows, "class")
    kind = _known(fields.get("kind1"), among=kinds)
    steps: list[Step] = []
    end = kind
    for number in range(1, MAX_STEPS + 1):
        if end is None:
            break
        here = [row for row in rows if row["class"] == end]
        links = _choices(here, "property")
        link = _known(fields.get(f"link{number}"), among=links)
        ends = _choices((row for row in here if row["property"] == link), "target")
        end = _known(fields.get(f"kind{number + 1}"), among=ends)
        if links:
            steps.append(Step(links, link, ends, end))
    taken = {kind, *(value for step in steps for value in (step.link, step.kind))}
    names = [name for number in range(1, MAX_STEPS + 2) for name in (f"kind{number}", f"link{number}")]
    dropped = tuple(fields[name] for name in names if fields.get(name) and fields[name] not in taken)
    return BuiltQuestion(kinds, kind, tuple(steps), fields.get("text", "").strip(), dropped)


def _choices(rows: Iterable[Row], name: str) -> list[OfferedChoice]:
    """The values of a column, each once, in the order of the rows; the counts of several rows are added."""
    found: dict[str, OfferedChoice] = {}
    for row in rows:
        if name in row and f"{name}_label" in row:
            before = found[row[name]].count if row[name] in found else 0
            found[row[name]] = OfferedChoice(row[name], row[f"{name}_label"], before + int(row["count"]))
    return sorted(found.values(), key=lambda choice: choice.label.casefold())


def _known(value: str | None, *, among: Sequence[OfferedChoice]) -> str | None:
    return next((choice.value for choice in among if choice.value == value), None)
