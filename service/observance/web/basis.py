"""What a paragraph rests on, as a chain: its words, recitals, what its provisions serve, principles, standards, other instruments."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from observance.web.instrument_text import Block, Row, RowSource, Segment, highlight


class RecitalStep(Struct, frozen=True):
    """A recital that supports the paragraph: its part of the text, the words that it shares, and its text with them marked."""

    block: Block
    words: tuple[str, ...]
    marked: tuple[Segment, ...]


class StandardStep(Struct, frozen=True):
    """A standard under a principle: its row in `queries/pages/standards.rq`, and the links of other instruments to it."""

    row: Row
    links: tuple[Row, ...]


class PrincipleStep(Struct, frozen=True):
    """A principle that is served, the links of principles of other instruments to it or its standards, and the standards under it.

    `links` are those of other instruments to the principle itself.
    """

    iri: str
    label: str
    counterparts: tuple[Row, ...]
    links: tuple[Row, ...]
    standards: tuple[StandardStep, ...]


class Basis(Struct, frozen=True):
    """The chain of a paragraph; `links` are those from and to its provisions; with `is_whole` these serve only a framework as a whole."""

    block: Block
    recitals: tuple[RecitalStep, ...]
    links: tuple[Row, ...]
    principles: tuple[PrincipleStep, ...]
    is_whole: bool


def paragraph_basis(block: Block, *, blocks: Iterable[Block], links: Sequence[Row], rows: RowSource, lang: str) -> Basis:
    """The chain of the paragraph, one of the blocks, from the links between instruments.

    Links that lead to a principle or standard, at once or through a part of another instrument, decide which principles are shown; if all
    lead to a whole framework, all of its principles. `rows` returns the rows of a question of `queries/pages`.
    """
    standards = rows("standards", lang)
    nodes = {*(norm.row["norm"] for norm in block.norms), block.row["node"]}
    own = tuple(link for link in links if nodes & {link["from"], link["to"]})
    targets = {link["to"] for link in own if link["from"] in nodes}
    targets |= {link["to"] for link in links if link["from"] in targets}
    named = [row for row in standards if targets & {row["principle"], row["standard"]}]
    reached = named or [row for row in standards if row["framework"] in targets]
    others = [link for link in links if link not in own]
    return Basis(
        block=block,
        recitals=tuple(_recitals(block, blocks=blocks, rows=rows("recital-words", lang))),
        links=own,
        principles=tuple(_principles(reached, among=standards, targets=targets, links=others)),
        is_whole=bool(reached) and not named,
    )


def _recitals(block: Block, *, blocks: Iterable[Block], rows: Sequence[Row]) -> Iterator[RecitalStep]:
    words: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row["paragraph"] == block.row["node"]:
            words[row["recital"]] += [row["words"]] if "words" in row else []
    for recital in blocks:
        if recital.row["node"] in words:
            shared = tuple(words[recital.row["node"]])
            yield RecitalStep(recital, shared, highlight(recital.row["authentic"], shared))


def _principles(reached: Sequence[Row], *, among: Sequence[Row], targets: set[str], links: Sequence[Row]) -> Iterator[PrincipleStep]:
    """The principles of the rows in their order; a principle that is itself a target, or none of whose standards is, with all standards."""
    for iri, label in dict.fromkeys((row["principle"], row.get("principle_label", "")) for row in reached):
        under = [row for row in among if row["principle"] == iri]
        named = [row for row in under if row["standard"] in targets]
        shown = named if named and iri not in targets else under
        parts = {iri, *(row["standard"] for row in shown)}
        outside = [link for link in links if link["to"] in parts and link["from_whole"] != link["to_whole"]]
        counterparts = tuple(link for link in outside if link["from_is_principle"] == "true")
        others = [link for link in outside if link not in counterparts]
        standards = tuple(StandardStep(row, tuple(link for link in others if link["to"] == row["standard"])) for row in shown)
        yield PrincipleStep(iri, label, counterparts, tuple(link for link in others if link["to"] == iri), standards)
