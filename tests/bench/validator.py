"""One submission in a warm process: parsing alone, our validator with core shapes and with all shapes, as users call it, and pySHACL.

The shapes are those for submissions, and the data are what users' submissions are validated as: with the facts about the document. The
times of our validator include parsing and indexing the submission, and the report in RDF. Those of pySHACL are without parsing: for the
submission's nodes only, as in the tests, and with its entry point, for every target of the graph. Rounds are interleaved, so that
other work of the machine affects all alike. Printed, in microseconds: the median and the quartiles of wall-clock time, and the median of
processor time, which is more reliable on a busy machine.
"""

import argparse
import logging
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

import pyoxigraph as ox
import pyshacl

from observance.core import SH, Settings
from observance.knowledge_base import KnowledgeBase
from observance.rdf import parse_document, to_rdflib
from observance.submissions.engines import ShapesGraph
from observance.submissions.pyshacl_engine import pyshacl_results
from observance.submissions.validation import data_graph
from oxishacl import Index, Source, Validator, report_quads

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
    parser.add_argument("--entry-point", action="store_true", help="also time pySHACL's entry point, which takes seconds")
    options = parser.parse_args(arguments)
    if options.rounds < MIN_ROUNDS:
        parser.error(
            f"--rounds must be at least {MIN_ROUNDS}: quartiles need two times, and one step runs in every {PYSHACL_INTERVAL}th round."
        )
    logging.disable(logging.CRITICAL)
    with KnowledgeBase.open(Settings()) as kb:
        _run(kb, options)
    return 0


def _run(kb: KnowledgeBase, options: argparse.Namespace) -> None:
    root, background = kb.knowledge.root, kb.submissions.background
    all_shapes = ShapesGraph.of(_for_submissions(background.shapes.quads, background.shapes.for_records))
    core_shapes = ShapesGraph.of(quad for quad in all_shapes.quads if quad.predicate.value != SH + "sparql")
    graph = to_rdflib(kb.knowledge.quads)
    engines = {name: (shapes.compiled, shapes.for_pyshacl) for name, shapes in (("core", core_shapes), ("all", all_shapes))}
    for stem in options.stems:
        content = (root / "shapes" / "examples" / f"{stem}.ttl").read_bytes()
        source = Source(f"{stem}.ttl", content)
        document = data_graph(parse_document(source, settings=kb.settings, contexts={}), background=background)
        for triple in to_rdflib(document.quads):
            graph.add(triple)
        focus_nodes = set(to_rdflib(ox.Quad(ox.NamedNode("urn:x"), ox.NamedNode("urn:x"), node) for node in document.focus_nodes).objects())

        def validate_and_report(validator: Validator, content: bytes = content, quads: tuple[ox.Quad, ...] = document.quads) -> None:
            list(ox.parse(content, format=ox.RdfFormat.TURTLE))
            data = Index(quads, background=background.graph.index)
            list(report_quads(validator.validate(data, focus=data.nodes)))

        steps: dict[str, tuple[Callable[[], object], int]] = {
            "pyoxigraph.parse": (lambda content=content: list(ox.parse(content, format=ox.RdfFormat.TURTLE)), 1),
            "ours, as users call it": (lambda source=source: kb.submissions.validate(source), 1),
        }
        for name, (ours, theirs) in engines.items():
            steps[f"ours, {name} shapes"] = (lambda run=validate_and_report, ours=ours: run(ours), 1)
            steps[f"pySHACL, its nodes, {name} shapes"] = (
                lambda focus=focus_nodes, theirs=theirs: list(pyshacl_results(graph, shapes=theirs, focus=focus)),
                PYSHACL_INTERVAL,
            )
        if options.entry_point:
            shapes = all_shapes.graph
            steps["pySHACL, its entry point"] = (
                lambda shapes=shapes: pyshacl.validate(graph, shacl_graph=shapes, inplace=True),
                options.rounds // 2,
            )
        _print_table(f"{stem}: {len(document.quads)} triples", _measure_steps(steps, rounds=options.rounds))
        for triple in to_rdflib(document.quads):
            graph.remove(triple)


def _for_submissions(quads: Iterable[ox.Quad], records: frozenset[str]) -> Iterator[ox.Quad]:
    """The shapes without the targets of those that validate records of a register only."""
    return (
        quad for quad in quads
        if not (isinstance(quad.subject, ox.NamedNode) and quad.subject.value in records and quad.predicate.value.startswith(SH + "target"))
    )  # fmt: skip


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
    processor = {name: statistics.median(processor for _, processor in values) for name, values in times.items()}
    for name, values in times.items():
        low, middle, high = statistics.quantiles([clock for clock, _ in values], n=4)
        spread = f"({low:,.0f} – {high:,.0f}, n={len(values)})"
        times_parsing = processor[name] / processor["pyoxigraph.parse"]
        print(f"  {name:34}{middle:10,.0f} µs {spread:32} processor {processor[name]:10,.0f} µs = {times_parsing:8.1f} × parse")
    for name in ("core", "all"):
        ratio = processor[f"pySHACL, its nodes, {name} shapes"] / processor[f"ours, {name} shapes"]
        print(f"  {name} shapes: pySHACL takes {ratio:.0f} × as long")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
