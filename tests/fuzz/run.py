"""`make fuzz COUNT=n`: damaged submissions in every syntax, and damaged shapes; each must give a report or an error of the program.

Of twelve inputs, two are shapes: a shapes file of the project with a few changes, or some of its statements with exchanged terms. They are
compiled and, if they compile, run over a document. Two more are shapes and data of SHACL 1.2, changed likewise, and validated against
themselves. The seed is fixed unless another is given, so that a failure can be repeated; the
input that failed is written to `fuzz-failure`.
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
from oxishacl import (
    DataDocuments,
    Index,
    OxishaclError,
    ParsedDocument,
    Source,
    compile_shapes,
    parse_source,
    report_to_object,
    report_to_text,
    report_to_turtle,
)

ROOT = Path(__file__).parents[2]
FILES = {file.name: file.read_bytes() for file in sorted((ROOT / "shapes" / "examples").iterdir())}
SHAPES = {file.name: file.read_bytes() for file in sorted((ROOT / "shapes").glob("*.ttl"))}
STATEMENTS = [quad for content in SHAPES.values() for quad in ox.parse(content, format=ox.RdfFormat.TURTLE, rename_blank_nodes=True)]
SHAPES_1_2 = {"shacl12.ttl": Path(__file__).with_name("shacl12.ttl").read_bytes()}
STATEMENTS_1_2 = list(ox.parse(SHAPES_1_2["shacl12.ttl"], format=ox.RdfFormat.TURTLE))
DOCUMENT = list(ox.parse(FILES["para-2-8-reports.ttl"], format=ox.RdfFormat.TURTLE))
TOKENS = (
    *(b'"', b"'''", b"<", b">", b"[", b"]", b"(", b"{", b"@", b"^^", b"<<(", b"_:", b"."),
    *(b"\\u0000", b"\x00", b"\xff", b"&a;", b"<!DOCTYPE", b"@prefix : <x:> ."),
)
Damage = Callable[[bytes, random.Random], bytes]


def cut(content: bytes, rng: random.Random) -> bytes:
    """The content without a random slice."""
    start = rng.randrange(len(content))
    return content[:start] + content[start + rng.randrange(1, 200) :]


def repeat(content: bytes, rng: random.Random) -> bytes:
    """The content with a random slice repeated."""
    start = rng.randrange(len(content))
    end = start + rng.randrange(1, 60)
    return content[:start] + content[start:end] * rng.randrange(2, 40) + content[end:]


def insert(content: bytes, rng: random.Random) -> bytes:
    """The content with a token inserted that is special in some syntax."""
    offset = rng.randrange(len(content))
    return content[:offset] + rng.choice(TOKENS) + content[offset:]


def flip(content: bytes, rng: random.Random) -> bytes:
    """The content with one byte replaced."""
    offset = rng.randrange(len(content))
    return content[:offset] + bytes([rng.randrange(256)]) + content[offset + 1 :]


def swap(content: bytes, rng: random.Random) -> bytes:
    """The content with two words exchanged, which is often still well-formed."""
    words = content.split(b" ")
    first, second = rng.randrange(len(words)), rng.randrange(len(words))
    words[first], words[second] = words[second], words[first]
    return b" ".join(words)


DAMAGES: tuple[Damage, ...] = (cut, repeat, insert, flip, swap)


def damaged(rng: random.Random, files: Mapping[str, bytes]) -> Source:
    """One of the files with one to four damages."""
    name = rng.choice(list(files))
    content = files[name]
    for _ in range(rng.randrange(1, 5)):
        content = rng.choice(DAMAGES)(content, rng) or b" "
    return Source(name, content)


def recombined(rng: random.Random, statements: Sequence[ox.Quad], *, least: int = 1) -> Source:
    """Some of the statements, at least so many, a few of them with the subject, predicate or object of another one."""
    start = rng.randrange(max(1, len(statements) - least))
    quads = list(statements[start : start + rng.randrange(least, least + 120)])
    for _ in range(rng.randrange(1, 6)):
        index, other = rng.randrange(len(quads)), rng.choice(rng.choice((quads, statements)))
        subject, predicate, target, _ = quads[index]
        variants = (
            (other.subject, predicate, target),
            (subject, other.predicate, target),
            (subject, predicate, other.object),
            (subject, predicate, other.subject),
        )
        quads[index] = ox.Quad(*rng.choice(variants))
    return Source("recombined.ttl", ox.serialize((quad.triple for quad in quads), format=ox.RdfFormat.TURTLE) or b"")


def validate_submission(source: Source, *, kb: KnowledgeBase) -> None:
    """Validate the source as a submission."""
    kb.submissions.validate(source, options=ReportOptions(repairs=False))


def validate_with_shapes(source: Source, *, kb: KnowledgeBase) -> None:
    """Compile the source as shapes and validate a document with them; a source that is not Turtle is ignored."""
    try:
        quads = list(ox.parse(source.content, format=ox.RdfFormat.TURTLE))
    except (SyntaxError, ValueError):
        return
    index = Index(DOCUMENT, background=kb.submissions.background.graph.index)
    shapes = compile_shapes(quads)
    shapes.validate(index, focus=list(index.by_subject))


def validate_itself(source: Source, *, kb: KnowledgeBase) -> None:
    """Validate the source as shapes and data of SHACL 1.2, leaving ill-formed shapes out half of the time, and report in every way."""
    document = parse_source(source, rdf_1_2=True)
    documents = DataDocuments((ParsedDocument(document, document.quads),))
    validator = compile_shapes(document.quads, version="1.2", skip_ill_formed=len(source.content) % 2 == 0)
    data = Index(document.quads)
    report = validator.report(data)
    for lang in ("en", "fr"):
        report_to_text(report, documents, lang=lang, counts=validator.target_counts(data))
        report_to_object(report, documents, lang=lang)
        [warning.sentence(lang) for warning in validator.warnings()]
    report_to_turtle(report)


def is_handled(source: Source, use: Callable[..., None], *, kb: KnowledgeBase) -> bool:
    """Whether the use of the source ends normally or with an error of the program that has a sentence."""
    try:
        use(source, kb=kb)
    except (ObservanceError, OxishaclError) as error:
        return bool(error.sentences()["fr"])
    except Exception:  # noqa: BLE001 - these are what fuzzing looks for
        traceback.print_exc()
        return False
    return True


def inputs(rng: random.Random) -> Iterator[tuple[Source, Callable[..., None]]]:
    """An endless sequence of inputs, each with the function that uses it."""
    while True:
        for _ in range(8):
            yield damaged(rng, FILES), validate_submission
        yield damaged(rng, SHAPES), validate_with_shapes
        yield recombined(rng, STATEMENTS), validate_with_shapes
        yield damaged(rng, SHAPES_1_2), validate_itself
        yield recombined(rng, STATEMENTS_1_2, least=len(STATEMENTS_1_2) // 2), validate_itself


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the inputs; 1 at the first that gives neither a report nor an error of the program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=2018)
    options = parser.parse_args(arguments)
    rng = random.Random(options.seed)
    with KnowledgeBase.open() as kb:
        kb.submissions.warm_up()
        for number, (source, use) in zip(range(1, options.count + 1), inputs(rng), strict=False):
            if not is_handled(source, use, kb=kb):
                Path("fuzz-failure").write_bytes(source.content)
                print(f"input {number} of seed {options.seed}, from {source.name}, is kept in fuzz-failure")
                return 1
            if sys.stderr.isatty():
                print(f"\r{number}/{options.count}", end="", file=sys.stderr)
    print(f"{options.count} damaged submissions and shapes, each a report or an error of ours")
    return 0


if __name__ == "__main__":
    sys.exit(main())
