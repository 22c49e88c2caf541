"""Deriving where every duty stands, side by side with loading the same register; and after one document, side by side with all again.

Loading is what the program does to open the register: parsing within bounds, and placing each document. Deriving is from the loaded
register to the status of every instance, with what the rules ask for taken out of it. Rounds alternate, so that what else the machine does
falls on both; printed are the medians of the time on the processor, with the least and the most, and the median of the ratios.
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
from oxishacl import Document, Source

AT = Moment(date(2026, 6, 30), datetime(2026, 7, 1, tzinfo=UTC))
Documents = Sequence[tuple[str, bytes]]


def main(arguments: Sequence[str]) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--bearers", type=int, default=190)
    parser.add_argument("--densities", nargs="*", type=int, default=[1, 10], help="how many times as much each party files")
    parser.add_argument("--reading", default="literal")
    parser.add_argument("--received", type=int, default=2000, help="filings in the register to which one document is added")
    options = parser.parse_args(arguments)
    canon = RuleBase(load_knowledge(find_root()))
    print(f"reading: {options.reading}; rules {canon.rule_set.version}; {len(canon.background)} triples of knowledge")
    derived = [_loaded_and_derived(canon, density, options=options) for density in options.densities]
    for (fewer, one), (more, other) in pairwise(derived):
        print(f"from {fewer:,} to {more:,} triples, × {more / fewer:.1f}: deriving takes × {other / one:.1f}")
    _received(canon, options=options)
    return 0


def _documents(bearers: int, *, density: int = 1) -> Documents:
    return [(name, text.encode()) for name, text in history.register(bearers, density=density)]


def _load(documents: Documents) -> Register:
    found = Register(tuple(parse_document(Source(name, text, "text/turtle"), settings=Settings(), contexts={}) for name, text in documents))
    _ = found.quads
    return found


def _loaded_and_derived(canon: RuleBase, density: int, *, options: argparse.Namespace) -> tuple[int, float]:
    documents = _documents(options.bearers, density=density)
    loaded = _load(documents)
    rounds = max(1, options.rounds // density)

    def derive() -> int:
        case = AssessmentInputs(canon, loaded)
        return len(case.derive(reading=canon.readings[options.reading], at=AT).assessments)

    count = derive()
    times = [(_timed(lambda: _load(documents)), _timed(derive)) for _ in range(rounds)]
    loading, deriving = [one for one, _ in times], [other for _, other in times]
    size = f"{len(loaded.quads):,} triples, {count:,} instances"
    print(f"{options.bearers} bearers over {history.YEARS} years, × {density}: {size}, n = {rounds}")
    print(f"  loading {_spread(loading)} s · deriving {_spread(deriving)} s · deriving/loading {_spread([b / a for a, b in times])}")
    return len(loaded.quads), statistics.median(deriving)


def _received(canon: RuleBase, *, options: argparse.Namespace) -> None:
    """One document after another, against everything again after each."""
    documents = list(_documents(max(1, options.received // 23)))
    loaded = _load(documents)
    filed = sum(quad.predicate.value.endswith("#receivedOn") for quad in loaded.quads)
    reading = canon.readings[options.reading]
    kept = IncrementalAssessment(AssessmentInputs(canon, loaded), reading=reading, at=AT)
    times = []
    kinds = ("report", "timetable", "record", "notification", "withdrawal")
    for number in range(3 * len(kinds)):
        new = _one(kinds[number % len(kinds)], number=number)
        loaded = Register((*loaded.documents, Document(Source(str(number), b""), "turtle", tuple(new))))
        again = _timed(lambda loaded=loaded: AssessmentInputs(canon, loaded).derive(reading=reading, at=AT).assessments)
        times.append((again, _timed(lambda new=new: kept.receive(new))))
    anew = AssessmentInputs(canon, loaded).derive(reading=reading, at=AT)
    same = [(a.iri, a.rule.iri) for a in anew.assessments] == [(a.iri, a.rule.iri) for a in kept.assessments]
    print(f"one document into a register of {filed:,} filings ({len(loaded.quads):,} triples), n = {len(times)}; the same answers: {same}")
    one, other = [a for a, _ in times], [b * 1000 for _, b in times]
    print(f"  everything again {_spread(one)} s · only what it touches {_spread(other)} ms · ratio {_spread([a / b for a, b in times])}")


def _one(kind: str, *, number: int) -> tuple[ox.Quad, ...]:
    """One more document of a party, by the templates of the register."""
    party = f"party-{number}"
    values = {
        "node": f"{party}/more-{number}", "party": party, "day": "2026-06-01", "steps": f"<{party}/step-{number}>", "year": "2025",
        "revises": "", "kind": "CooperationStatement", "paragraph": "p2.6", "withdrawn": f"{party}/notification",
    }  # fmt: skip
    text = history.prefixes() + history.template(kind).substitute(values)
    return tuple(ox.Quad(*quad.triple) for quad in ox.parse(text.encode(), format=ox.RdfFormat.TURTLE, rename_blank_nodes=True))


def _timed(run: Callable[[], object]) -> float:
    started = time.process_time()
    run()
    return time.process_time() - started


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.2f} [{min(values):.2f}–{max(values):.2f}]"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
