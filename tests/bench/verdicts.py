"""What validation says of every document of a register: with nothing kept, with all verdicts kept, and after one document has changed.

The register is generated (`registers.py`): copies of the project's examples, five in a hundred with a fault, and the receipts for all in a
document of their own. Parsing is not timed. Rounds of the three alternate; printed are the times of the processor, medians with the least
and the greatest in brackets, and the ratios within a round.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pyoxigraph as ox
import registers

from observance.core import OBS, XSD, Settings
from observance.knowledge import Knowledge, find_root, load_knowledge
from observance.rdf import parse_document
from observance.register import Register
from observance.submissions import PlaceFinder, ShapesGraph, Verdicts
from oxishacl import Document, Source

SETTINGS = Settings()
BEHALF = ox.NamedNode(OBS + "onBehalfOf")
RECEIPT = (
    (ox.NamedNode(OBS + "receivedOn"), ox.Literal("2024-03-01", datatype=ox.NamedNode(XSD + "date"))),
    (ox.NamedNode(OBS + "recordedAt"), ox.Literal("2024-03-01T09:30:00Z", datatype=ox.NamedNode(XSD + "dateTime"))),
)


def documents(count: int, *, root: Path) -> tuple[Document, ...]:
    """The generated documents and the receipts for them, parsed."""
    quads = tuple(registers.submissions(count, folder=root / "shapes" / "examples"))
    submissions = (
        quad.subject for of_one in quads for quad in of_one if quad.predicate == BEHALF and isinstance(quad.subject, ox.NamedNode)
    )
    receipts = [ox.Quad(node, *statement) for node in dict.fromkeys(submissions) for statement in RECEIPT]
    texts = (ox.serialize((quad.triple for quad in of_one), format=ox.RdfFormat.TURTLE) or b"" for of_one in (*quads, receipts))
    return tuple(
        parse_document(Source(f"{number}.ttl", text, "text/turtle"), settings=SETTINGS, contexts={}) for number, text in enumerate(texts)
    )


def changed(document: Document) -> Document:
    """The document with a statement more."""
    text = document.source.content + b'\n<https://example.org/bench> <http://purl.org/dc/terms/title> "Changed"@en .\n'
    return parse_document(Source(document.source.name, text, "text/turtle"), settings=SETTINGS, contexts={})


def seconds(register: Register, *, knowledge: Knowledge, shapes: ShapesGraph, cache: Path | None) -> tuple[float, int]:
    """The seconds of the processor for the facts about the register, and how many there are."""

    def places(number: int) -> PlaceFinder:
        return PlaceFinder(register.documents[number], number=number, settings=SETTINGS, contexts={})

    _ = register.quads
    started = time.process_time()
    facts = Verdicts(register, knowledge=knowledge, shapes=shapes, places=places, cache=cache).facts()
    return time.process_time() - started, len(facts)


def spread(values: Sequence[float], *, digits: int) -> str:
    """The median, with the least and the greatest value in brackets."""
    return f"{statistics.median(values):.{digits}f} [{min(values):.{digits}f}–{max(values):.{digits}f}]"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the times and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000, help="documents in the register")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    root = find_root()
    knowledge = load_knowledge(root)
    held = documents(options.count, root=root)
    rounds = []
    with tempfile.TemporaryDirectory() as folder:
        shapes = ShapesGraph.read(root, cache=Path(folder) / "rooms")
        shapes.compile_all()
        for number in range(options.rounds):
            cache = Path(folder) / f"round-{number}"
            middle = len(held) // 2
            other = (*held[:middle], changed(held[middle]), *held[middle + 1 :])
            runs = {"nothing kept": (held, cache), "all kept": (held, cache), "one document changed": (other, cache)}
            rounds.append(
                {name: seconds(Register(of_run), knowledge=knowledge, shapes=shapes, cache=kept) for name, (of_run, kept) in runs.items()}
            )
    facts = rounds[0]["nothing kept"][1]
    print(f"{options.count:,} documents, {facts:,} facts, {options.rounds} rounds (load of the machine {os.getloadavg()[0]:.1f})")
    for name in rounds[0]:
        ratios = [of_round["nothing kept"][0] / of_round[name][0] for of_round in rounds]
        print(f"  {name:22} {spread([of_round[name][0] for of_round in rounds], digits=2)} s   {spread(ratios, digits=1)} × faster")
    return 0


if __name__ == "__main__":
    sys.exit(main())
