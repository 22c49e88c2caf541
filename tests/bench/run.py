"""`make bench`: pairs of ways to do the same work, timed in turn; medians, with the least and greatest in brackets.

No time is asserted. A ratio is the median of the ratios of pairs timed immediately after each other, so that drifts of the machine's
speed cancel out.
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


def measure(run: Run) -> float:
    """The wall-clock time of one run, in milliseconds."""
    started = time.perf_counter()
    run()
    return (time.perf_counter() - started) * 1000


def format_spread(values: Sequence[float]) -> str:
    """The median, with the least and greatest value in brackets."""
    return f"{statistics.median(values):.2f} [{min(values):.2f}–{max(values):.2f}]"


def compare(name: str, first: Run, second: Run, *, runs: int) -> None:
    """Time two runs in turn and print the times of both and their ratio."""
    first(), second()
    times = [(measure(first), measure(second)) for _ in range(runs)]
    first_times, second_times = [a for a, _ in times], [b for _, b in times]
    ratios = [b / a for a, b in times]
    print(f"{name}\n  this {format_spread(first_times)} ms · that {format_spread(second_times)} ms · that/this {format_spread(ratios)}")


def pyshacl_entry_point(kb: KnowledgeBase) -> Run:
    """A run of pySHACL's entry point as in its documentation: `validate` of data and shapes, for every target."""
    quads = tuple(ox.parse(path=EXAMPLE))

    def run() -> object:
        data = to_rdflib((*kb.knowledge.quads, *quads))
        return pyshacl.validate(data, shacl_graph=kb.shapes.graph, inplace=True)

    return run


def main(arguments: Sequence[str] | None = None) -> int:
    """Time every pair and print the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    options = parser.parse_args(arguments)
    with KnowledgeBase.open() as kb, KnowledgeBase.open(registers=[REGISTER]) as with_register:
        compare(
            "A progress report validated: this with the shapes kept and only its own nodes, that pySHACL's entry point",
            lambda: kb.submissions.validate(EXAMPLE, engine="pyshacl"), pyshacl_entry_point(kb), runs=options.runs,
        )  # fmt: skip
        compare(
            "A progress report: this merely parsed, that validated",
            lambda: list(ox.parse(path=EXAMPLE)), lambda: kb.submissions.validate(EXAMPLE), runs=options.runs,
        )  # fmt: skip
        compare(
            "A progress report validated: this without a register, that against the demo register",
            lambda: kb.submissions.validate(EXAMPLE), lambda: with_register.submissions.validate(EXAMPLE), runs=options.runs,
        )  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
