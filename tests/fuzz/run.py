"""`make fuzz COUNT=n`: damaged submissions in every syntax, and damaged shapes; each must give a report or an error of ours, nothing else.

Of five inputs one is shapes: a file of the project's own with a few changes, or a handful of its statements with their ends exchanged,
which are compiled and, where they compile, run over a document. The seed is fixed unless another is given, so that a failure can be
repeated; the input that failed is kept in `fuzz-failure`.
"""

import argparse
import random
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pyoxigraph as ox

from observance.core import ObservanceError
from observance.knowledge_base import KnowledgeBase
from observance.submissions import ReportOptions
from oxishacl import Index, OxishaclError, Source
from oxishacl import compile_shapes as compiled

ROOT = Path(__file__).parents[2]
FILES = {file.name: file.read_bytes() for file in sorted((ROOT / "shapes" / "examples").iterdir())}
SHAPES = {file.name: file.read_bytes() for file in sorted((ROOT / "shapes").glob("*.ttl"))}
STATEMENTS = [quad for content in SHAPES.values() for quad in ox.parse(content, format=ox.RdfFormat.TURTLE, rename_blank_nodes=True)]
DOCUMENT = list(ox.parse(FILES["para-2-8-reports.ttl"], format=ox.RdfFormat.TURTLE))
PIECES = (
    *(b'"', b"'''", b"<", b">", b"[", b"]", b"(", b"{", b"@", b"^^", b"<<(", b"_:", b"."),
    *(b"\\u0000", b"\x00", b"\xff", b"&a;", b"<!DOCTYPE", b"@prefix : <x:> ."),
)
Change = Callable[[bytes, random.Random], bytes]


def cut(content: bytes, dice: random.Random) -> bytes:
    """The content without a stretch of it."""
    start = dice.randrange(len(content))
    return content[:start] + content[start + dice.randrange(1, 200) :]


def repeat(content: bytes, dice: random.Random) -> bytes:
    """The content with a stretch of it many times over."""
    start = dice.randrange(len(content))
    end = start + dice.randrange(1, 60)
    return content[:start] + content[start:end] * dice.randrange(2, 40) + content[end:]


def insert(content: bytes, dice: random.Random) -> bytes:
    """The content with something that means much in some syntax."""
    place = dice.randrange(len(content))
    return content[:place] + dice.choice(PIECES) + content[place:]


def flip(content: bytes, dice: random.Random) -> bytes:
    """The content with one byte changed."""
    place = dice.randrange(len(content))
    return content[:place] + bytes([dice.randrange(256)]) + content[place + 1 :]


def swap(content: bytes, dice: random.Random) -> bytes:
    """The content with two words exchanged: often still well-formed, and wrong in substance."""
    words = content.split(b" ")
    one, other = dice.randrange(len(words)), dice.randrange(len(words))
    words[one], words[other] = words[other], words[one]
    return b" ".join(words)


CHANGES: tuple[Change, ...] = (cut, repeat, insert, flip, swap)


def damaged(dice: random.Random, files: Mapping[str, bytes]) -> Source:
    """One of the files with one to four changes."""
    name = dice.choice(list(files))
    content = files[name]
    for _ in range(dice.randrange(1, 5)):
        content = dice.choice(CHANGES)(content, dice) or b" "
    return Source(name, content)


def crossed(dice: random.Random) -> list[ox.Quad]:
    """Statements of the project's shapes, some of them with another's subject, predicate or object."""
    start = dice.randrange(len(STATEMENTS))
    quads = list(STATEMENTS[start : start + dice.randrange(1, 120)])
    for _ in range(dice.randrange(1, 6)):
        place, other = dice.randrange(len(quads)), dice.choice(dice.choice((quads, STATEMENTS)))
        subject, predicate, target, _ = quads[place]
        changed = (
            ox.Quad(other.subject, predicate, target),
            ox.Quad(subject, other.predicate, target),
            ox.Quad(subject, predicate, other.object),
            ox.Quad(subject, predicate, other.subject),
        )
        quads[place] = dice.choice(changed)
    return quads


def answers(source: Source, *, kb: KnowledgeBase) -> None:
    """Validate the source."""
    kb.submissions.validate(source, options=ReportOptions(repairs=False))


def compiles(source: Source, *, kb: KnowledgeBase) -> None:
    """Compile the source as shapes and run them over a document; what is no Turtle is no matter of the validator."""
    try:
        quads = list(ox.parse(source.content, format=ox.RdfFormat.TURTLE))
    except (SyntaxError, ValueError):
        return
    index = Index(DOCUMENT, background=kb.submissions.background.graph.index)
    shapes = compiled(quads)
    shapes.validate(index, focus=list(index.by_subject))


def survives(source: Source, use: Callable[..., None], *, kb: KnowledgeBase) -> bool:
    """Whether the program does with the source what it may do."""
    try:
        use(source, kb=kb)
    except (ObservanceError, OxishaclError) as error:
        return bool(error.sentences()["fr"])
    except Exception:  # noqa: BLE001 - finding them is the point
        traceback.print_exc()
        return False
    return True


def inputs(dice: random.Random) -> Iterator[tuple[Source, Callable[..., None]]]:
    """Inputs without end, and what is done with each."""
    while True:
        for _ in range(8):
            yield damaged(dice, FILES), answers
        yield damaged(dice, SHAPES), compiles
        written = ox.serialize((quad.triple for quad in crossed(dice)), format=ox.RdfFormat.TURTLE) or b""
        yield Source("crossed.ttl", written), compiles


def main(arguments: Sequence[str] | None = None) -> int:
    """1 at the first input that gives anything but a report or an error of ours."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=2018)
    options = parser.parse_args(arguments)
    dice = random.Random(options.seed)
    with KnowledgeBase.open() as kb:
        kb.submissions.warm_up()
        for number, (source, use) in zip(range(1, options.count + 1), inputs(dice), strict=False):
            if not survives(source, use, kb=kb):
                Path("fuzz-failure").write_bytes(source.content)
                print(f"input {number} of seed {options.seed}, from {source.name}, is kept in fuzz-failure")
                return 1
            if sys.stderr.isatty():
                print(f"\r{number}/{options.count}", end="", file=sys.stderr)
    print(f"{options.count} damaged submissions and shapes, each a report or an error of ours")
    return 0


if __name__ == "__main__":
    sys.exit(main())
