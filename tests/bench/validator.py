"""One submission in a warm process: parsing alone, our validator with core shapes and with all shapes, and pySHACL.

The times of our validator include parsing and indexing the submission, and the report in RDF. Those of pySHACL are without parsing: for
the submission's nodes only, as in the tests, and with its entry point, for every target of the graph. Rounds are interleaved, so that
other work of the machine affects all alike. Printed, in microseconds: the median and the quartiles of wall-clock time, and the median of
processor time, which is more reliable on a busy machine.
"""

import argparse
import logging
import statistics
import sys
import time
from collections.abc import Callable, Sequence

import pyoxigraph as ox
import pyshacl

from observance.core import SH
from observance.knowledge import faults, find_root, load_knowledge, room_files
from observance.rdf import to_rdflib
from observance.submissions.pyshacl_engine import PyshaclShapes, pyshacl_results
from oxishacl import Index, compile_shapes, report_quads

PYSHACL_INTERVAL = 20
"""The number of rounds between two runs of the slow step `pySHACL, on its nodes alone`."""
MIN_ROUNDS = PYSHACL_INTERVAL + 1
"""Quartiles need two times of each step."""
STEMS = ("para-3-notification", "para-2-8-reports", "para-2-5-timetable")


def main(arguments: Sequence[str]) -> int:
    """Print a table for each example."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--stems", nargs="*", default=STEMS)
    options = parser.parse_args(arguments)
    if options.rounds < MIN_ROUNDS:
        parser.error(
            f"--rounds must be at least {MIN_ROUNDS}: quartiles need two times, and one step runs in every {PYSHACL_INTERVAL}th round."
        )
    logging.disable(logging.CRITICAL)
    root = find_root()
    knowledge = load_knowledge(root)
    quads = faults.read_turtle(room_files(root, "shapes"), root=root)
    core_quads = [quad for quad in quads if quad.predicate.value != SH + "sparql"]
    start = time.perf_counter()
    all_shapes, core_shapes = compile_shapes(quads), compile_shapes(core_quads)
    print(f"compiling {len(quads)} triples of shapes: {(time.perf_counter() - start) * 1e3:.0f} ms")
    background, graph, shapes = Index(knowledge.quads), to_rdflib(knowledge.quads), PyshaclShapes(to_rdflib(quads))
    for stem in options.stems:
        content = (root / "shapes" / "examples" / f"{stem}.ttl").read_bytes()
        document = list(ox.parse(content, format=ox.RdfFormat.TURTLE))
        for triple in to_rdflib(document):
            graph.add(triple)
        focus_nodes = set(
            to_rdflib(ox.Quad(ox.NamedNode("urn:x"), ox.NamedNode("urn:x"), node) for node in Index(document).nodes).objects()
        )

        def validate_and_report(shapes: object, content: bytes = content) -> None:
            parsed = list(ox.parse(content, format=ox.RdfFormat.TURTLE))
            data = Index(parsed, background=background)
            list(report_quads(shapes.validate(data, focus=data.nodes)))

        times = _measure_steps(
            {
                "pyoxigraph.parse": (lambda content=content: list(ox.parse(content, format=ox.RdfFormat.TURTLE)), 1),
                "ours, parse and core shapes": (lambda run=validate_and_report: run(core_shapes), 1),
                "ours, parse and all shapes": (lambda run=validate_and_report: run(all_shapes), 1),
                "pySHACL, on its nodes alone": (
                    lambda focus=focus_nodes: list(pyshacl_results(graph, shapes=shapes, focus=focus)),
                    PYSHACL_INTERVAL,
                ),
                "pySHACL, its entry point": (
                    lambda: pyshacl.validate(graph, shacl_graph=shapes.graph, inplace=True),
                    max(options.rounds // 2, 1),
                ),
            },
            rounds=options.rounds,
        )
        _print_table(f"{stem}: {len(document)} triples", times)
        for triple in to_rdflib(document):
            graph.remove(triple)
    return 0


def _measure_steps(steps: dict[str, tuple[Callable[[], object], int]], *, rounds: int) -> dict[str, list[tuple[float, float]]]:
    """The wall-clock and processor times of each step, in microseconds; a step with the interval n runs in every n-th round."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in steps}
    for step, _ in steps.values():
        step()
    for number in range(rounds):
        for name, (step, interval) in steps.items():
            if number % interval == 0:
                start, processor = time.perf_counter(), time.process_time()
                step()
                times[name].append(((time.perf_counter() - start) * 1e6, (time.process_time() - processor) * 1e6))
    return times


def _print_table(title: str, times: dict[str, list[tuple[float, float]]]) -> None:
    print(f"\n{title}")
    parse_time = statistics.median(processor for _, processor in times["pyoxigraph.parse"])
    for name, values in times.items():
        low, middle, high = statistics.quantiles([clock for clock, _ in values], n=4)
        processor = statistics.median(processor for _, processor in values)
        spread = f"({low:,.0f} – {high:,.0f}, n={len(values)})"
        print(f"  {name:30}{middle:10,.0f} µs {spread:32} processor {processor:10,.0f} µs = {processor / parse_time:8.1f} × parse")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
