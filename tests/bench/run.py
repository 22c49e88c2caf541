"""`make bench`: this against that, side by side in one run; medians, and the spread in brackets.

Nothing here is a test: no time is asserted. A ratio is the median of the ratios of pairs timed one right after the other, so that it
holds when the machine's speed drifts.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pyoxigraph as ox
import pyshacl

from observance.knowledge_base import KnowledgeBase
from observance.rdf import to_rdflib

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "shapes" / "examples" / "para-2-8-reports.ttl"
REGISTER = ROOT / "queries" / "demo"
Run = Callable[[], object]


def timed(run: Run) -> float:
    """Milliseconds that one run takes."""
    started = time.perf_counter()
    run()
    return (time.perf_counter() - started) * 1000


def spread(values: Sequence[float]) -> str:
    """The median, with the least and the most in brackets."""
    return f"{statistics.median(values):.2f} [{min(values):.2f}–{max(values):.2f}]"


def pair(name: str, one: Run, other: Run, *, runs: int) -> None:
    """Time two ways of the same work in turn and print both and their ratio."""
    one(), other()
    times = [(timed(one), timed(other)) for _ in range(runs)]
    first, second = [a for a, _ in times], [b for _, b in times]
    ratios = [b / a for a, b in times]
    print(f"{name}\n  this {spread(first)} ms · that {spread(second)} ms · that/this {spread(ratios)}")


def plain(kb: KnowledgeBase) -> Run:
    """The entry point of pySHACL as its documentation shows it: data and shapes handed to `validate`, which looks at every target."""
    quads = tuple(ox.parse(path=EXAMPLE))

    def run() -> object:
        data = to_rdflib((*kb.knowledge.quads, *quads))
        return pyshacl.validate(data, shacl_graph=kb.shapes.graph, inplace=True)

    return run


def main(arguments: Sequence[str] | None = None) -> int:
    """Run every pair and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    options = parser.parse_args(arguments)
    with KnowledgeBase.open() as kb, KnowledgeBase.open(registers=[REGISTER]) as opened:
        pair(
            "A progress report validated: this with the shapes kept and only its own nodes, that pySHACL's entry point",
            lambda: kb.submissions.validate(EXAMPLE, engine="pyshacl"), plain(kb), runs=options.runs,
        )  # fmt: skip
        pair(
            "A progress report: this merely parsed, that validated",
            lambda: list(ox.parse(path=EXAMPLE)), lambda: kb.submissions.validate(EXAMPLE), runs=options.runs,
        )  # fmt: skip
        pair(
            "A progress report validated: this without a register, that against the demo register",
            lambda: kb.submissions.validate(EXAMPLE), lambda: opened.submissions.validate(EXAMPLE), runs=options.runs,
        )  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
