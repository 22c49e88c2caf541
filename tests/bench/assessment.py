"""Deriving where every duty stands, side by side with loading the same register; and a history day by day, side by side with each day anew.

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
from msgspec.structs import replace

from observance.assessment import AssessmentInputs, RuleBase
from observance.assessment.rules.incremental import IncrementalDerivation
from observance.core import Settings
from observance.knowledge import find_root, load_knowledge
from observance.rdf import parse_document
from observance.register import Moment, Register
from oxishacl import Source

AT = Moment(date(2026, 6, 30), datetime(2026, 7, 1, tzinfo=UTC))
Documents = Sequence[tuple[str, bytes]]


def main(arguments: Sequence[str]) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--bearers", type=int, default=190)
    parser.add_argument("--densities", nargs="*", type=int, default=[1, 10], help="how many times as much each party files")
    parser.add_argument("--reading", default="literal")
    parser.add_argument("--received", type=int, default=2000, help="filings in the register of which a history is derived")
    options = parser.parse_args(arguments)
    canon = RuleBase(load_knowledge(find_root()))
    print(f"reading: {options.reading}; rules {canon.rule_set.version}; {len(canon.background)} triples of knowledge")
    derived = [_loaded_and_derived(canon, density, options=options) for density in options.densities]
    for (fewer, one), (more, other) in pairwise(derived):
        print(f"from {fewer:,} to {more:,} triples, × {more / fewer:.1f}: deriving takes × {other / one:.1f}")
    _history(canon, options=options)
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


def _history(canon: RuleBase, *, options: argparse.Namespace) -> None:
    """The statuses of one item, day by day, against a new derivation for each day; both from the part of the register that matters."""
    loaded, reading = _load(_documents(max(1, options.received // 23))), canon.readings[options.reading]
    inputs = AssessmentInputs(canon, loaded)
    duty = next(duty for duty in inputs.derive(reading=reading, at=AT).duties if duty.bearer and duty.norm.endswith("2.5"))
    part = inputs.narrowed_to(duty)
    days = [day for day in sorted(set(part.records.event_days.values())) if date(2018, 7, 1) <= day <= AT.as_of]

    def incrementally() -> list[str]:
        advancing = IncrementalDerivation(part, reading=reading, at=Moment(days[0], AT.known_at))
        return [a.iri + a.rule.iri for day in days for a in advancing.advance(day).assessments]

    def anew() -> list[str]:
        derivations = (replace(part).derive(reading=reading, at=Moment(day, AT.known_at)) for day in days)
        return [a.iri + a.rule.iri for derivation in derivations for a in derivation.assessments]

    print(f"one item of a register of {len(loaded.quads):,} triples on {len(days)} days; the same answers: {anew() == incrementally()}")
    times = [(_timed(anew), _timed(incrementally)) for _ in range(options.rounds)]
    one, other = [a for a, _ in times], [b for _, b in times]
    print(f"  each day anew {_spread(one)} s · day by day {_spread(other)} s · ratio {_spread([a / b for a, b in times])}")


def _timed(run: Callable[[], object]) -> float:
    started = time.process_time()
    run()
    return time.process_time() - started


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.2f} [{min(values):.2f}–{max(values):.2f}]"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
