"""One submission, warm, side by side: merely parsing it, our validator on core shapes and on all of them, and pySHACL.

Ours includes parsing and indexing the submission, and the report in RDF; pySHACL's time is without parsing: once as we use it as a referee,
for the submission's nodes alone, and once as its documentation shows it, for every target of the graph. Rounds are interleaved, so that
what else the machine does falls on all alike. Printed, in microseconds: the median time on the clock with the quarter and three-quarter
points, and the median time on the processor, which says more when the machine is busy.
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
from oxishacl import Index
from oxishacl import compile_shapes as compiled
from oxishacl import report_quads as report

STEMS = ("para-3-notification", "para-2-8-reports", "para-2-5-timetable")


def main(arguments: Sequence[str]) -> int:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--stems", nargs="*", default=STEMS)
    options = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    root = find_root()
    knowledge = load_knowledge(root)
    quads = faults.read_turtle(room_files(root, "shapes"), root=root)
    core = [quad for quad in quads if quad.predicate.value != SH + "sparql"]
    start = time.perf_counter()
    whole, kernel = compiled(quads), compiled(core)
    print(f"compiling {len(quads)} triples of shapes: {(time.perf_counter() - start) * 1e3:.0f} ms")
    background, graph, shapes = Index(knowledge.quads), to_rdflib(knowledge.quads), PyshaclShapes(to_rdflib(quads))
    for stem in options.stems:
        content = (root / "shapes" / "examples" / f"{stem}.ttl").read_bytes()
        document = list(ox.parse(content, format=ox.RdfFormat.TURTLE))
        focus = Index(document).nodes
        for triple in to_rdflib(document):
            graph.add(triple)
        named = set(to_rdflib(ox.Quad(ox.NamedNode("urn:x"), ox.NamedNode("urn:x"), node) for node in focus).objects())

        def ours(shapes: object, content: bytes = content) -> None:
            read = list(ox.parse(content, format=ox.RdfFormat.TURTLE))
            data = Index(read, background=background)
            list(report(shapes.validate(data, focus=data.nodes)))

        times = _timed(
            {
                "pyoxigraph.parse": (lambda content=content: list(ox.parse(content, format=ox.RdfFormat.TURTLE)), 1),
                "ours, parse and core shapes": (lambda run=ours: run(kernel), 1),
                "ours, parse and all shapes": (lambda run=ours: run(whole), 1),
                "pySHACL, on its nodes alone": (lambda named=named: list(pyshacl_results(graph, shapes=shapes, focus=named)), 20),
                "pySHACL, its entry point": (
                    lambda: pyshacl.validate(graph, shacl_graph=shapes.graph, inplace=True),
                    max(options.rounds // 2, 1),
                ),
            },
            rounds=options.rounds,
        )
        _print(f"{stem}: {len(document)} triples", times)
        for triple in to_rdflib(document):
            graph.remove(triple)
    return 0


def _timed(steps: dict[str, tuple[Callable[[], object], int]], *, rounds: int) -> dict[str, list[tuple[float, float]]]:
    """The times of each step in microseconds; one that is given with n is run in every n-th round."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in steps}
    for step, _ in steps.values():
        step()
    for number in range(rounds):
        for name, (step, every) in steps.items():
            if number % every == 0:
                start, used = time.perf_counter(), time.process_time()
                step()
                times[name].append(((time.perf_counter() - start) * 1e6, (time.process_time() - used) * 1e6))
    return times


def _print(title: str, times: dict[str, list[tuple[float, float]]]) -> None:
    print(f"\n{title}")
    base = statistics.median(used for _, used in times["pyoxigraph.parse"])
    for name, values in times.items():
        low, middle, high = statistics.quantiles([clock for clock, _ in values], n=4)
        used = statistics.median(used for _, used in values)
        spread = f"({low:,.0f} – {high:,.0f}, n={len(values)})"
        print(f"  {name:30}{middle:10,.0f} µs {spread:32} processor {used:10,.0f} µs = {used / base:8.1f} × parse")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
