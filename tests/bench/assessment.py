"""Deriving the status of every duty compared with loading the register, and incremental assessment compared with a full one.

Loading opens the register: parsing within bounds, and placing each document. Deriving leads from the loaded register to the status of every
duty. Rounds alternate, so that other work of the machine affects both. Printed are the medians of processor times, with the least and
greatest value, and the median of the ratios.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from itertools import pairwise

import history
import pyoxigraph as ox

from observance.assessment import AssessmentInputs, RuleBase
from observance.assessment.rules.incremental import IncrementalAssessment
from observance.core import Settings
from observance.knowledge import find_root, load_knowledge
from observance.rdf import parse_document
from observance.register import Moment, Register
from oxishacl import Source

AT = Moment(date(2028, 12, 31), datetime(2029, 1, 1, tzinfo=UTC))
Documents = Sequence[tuple[str, bytes]]


def main(arguments: Sequence[str]) -> int:
    """Print both comparisons."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--bearers", type=int, default=190)
    parser.add_argument("--densities", nargs="*", type=int, default=[1, 10], help="how many times as much each party files")
    parser.add_argument("--reading", default="literal")
    parser.add_argument("--received", type=int, default=2000, help="filings in the register to which one document is added")
    options = parser.parse_args(arguments)
    rule_base = RuleBase(load_knowledge(find_root()))
    print(f"reading: {options.reading}; rules {rule_base.book.version}; {len(rule_base.background)} triples of knowledge")
    sizes_and_times = [_compare_loading_and_deriving(rule_base, density, options=options) for density in options.densities]
    for (fewer, fewer_seconds), (more, more_seconds) in pairwise(sizes_and_times):
        print(f"from {fewer:,} to {more:,} triples, × {more / fewer:.1f}: deriving takes × {more_seconds / fewer_seconds:.1f}")
    _compare_full_and_incremental(rule_base, options=options)
    return 0


def _documents(bearers: int, *, density: int = 1) -> Documents:
    return [(name, text.encode()) for name, text in history.register(bearers, density=density)]


def _load(documents: Documents) -> Register:
    register = Register(
        tuple(parse_document(Source(name, text, "text/turtle"), settings=Settings(), contexts={}) for name, text in documents)
    )
    _ = register.quads
    return register


def _compare_loading_and_deriving(rule_base: RuleBase, density: int, *, options: argparse.Namespace) -> tuple[int, float]:
    documents = _documents(options.bearers, density=density)
    register = _load(documents)
    rounds = max(1, options.rounds // density)

    def derive() -> int:
        inputs = AssessmentInputs(rule_base, register.quads, register.declared)
        return len(inputs.derive(reading=rule_base.readings[options.reading], at=AT).assessments)

    count = derive()
    times = [(_measure(lambda: _load(documents)), _measure(derive)) for _ in range(rounds)]
    load_times, derive_times = [load_time for load_time, _ in times], [derive_time for _, derive_time in times]
    size = f"{len(register.quads):,} triples, {count:,} instances"
    print(f"{options.bearers} bearers over {history.YEARS} years, × {density}: {size}, n = {rounds}")
    ratios = [deriving / loading for loading, deriving in times]
    print(f"  loading {_spread(load_times)} s · deriving {_spread(derive_times)} s · deriving/loading {_spread(ratios)}")
    return len(register.quads), statistics.median(derive_times)


def _compare_full_and_incremental(rule_base: RuleBase, *, options: argparse.Namespace) -> None:
    """Add documents one by one, and compare the incremental assessment of each with a full assessment."""
    documents = list(_documents(max(1, options.received // 23)))
    register = _load(documents)
    submission_count = sum(quad.predicate.value.endswith("#receivedOn") for quad in register.quads)
    reading = rule_base.readings[options.reading]
    incremental = IncrementalAssessment(AssessmentInputs(rule_base, register.quads, register.declared), reading=reading, at=AT)
    quads, times = register.quads, []
    kinds = ("report", "timetable", "record", "notification", "withdrawal")
    for number in range(3 * len(kinds)):
        document = _further_document(kinds[number % len(kinds)], number=number)
        quads = (*quads, *document)
        full_time = _measure(
            lambda quads=quads: AssessmentInputs(rule_base, quads, register.declared).derive(reading=reading, at=AT).assessments
        )
        times.append((full_time, _measure(lambda document=document: incremental.receive(document))))
    full = AssessmentInputs(rule_base, quads, register.declared).derive(reading=reading, at=AT)
    is_same = [(a.iri, a.rule.iri) for a in full.assessments] == [(a.iri, a.rule.iri) for a in incremental.assessments]
    size = f"{submission_count:,} filings ({len(quads):,} triples)"
    print(f"one document into a register of {size}, n = {len(times)}; the same answers: {is_same}")
    full_times, milliseconds = [seconds for seconds, _ in times], [seconds * 1000 for _, seconds in times]
    ratios = [full_time / incremental_time for full_time, incremental_time in times]
    print(f"  everything again {_spread(full_times)} s · only what it touches {_spread(milliseconds)} ms · ratio {_spread(ratios)}")


def _further_document(kind: str, *, number: int) -> tuple[ox.Quad, ...]:
    """The statements of a further document of a party, from the templates of the register."""
    party = f"party-{number}"
    values = {
        "node": f"{party}/more-{number}", "party": party, "day": "2028-06-01", "steps": f"<{party}/step-{number}>", "year": "2027",
        "revises": "", "kind": "CooperationStatement", "paragraph": "p2.6", "withdrawn": f"{party}/notification",
    }  # fmt: skip
    text = history.template("prefixes").substitute() + history.template(kind).substitute(values)
    return tuple(ox.Quad(*quad.triple) for quad in ox.parse(text.encode(), format=ox.RdfFormat.TURTLE, rename_blank_nodes=True))


def _measure(run: Callable[[], object]) -> float:
    started = time.process_time()
    run()
    return time.process_time() - started


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.2f} [{min(values):.2f}–{max(values):.2f}]"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
