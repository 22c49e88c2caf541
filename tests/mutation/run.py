"""`make mutate`: mutation testing of shapes, rules and norms. Some case of the stem, or the norm inventory, must detect each mutant.

Exit code 0 if the mutants that survive are exactly those listed in `equivalent.csv` with the clause that makes them equivalent.
`--sample N` runs N mutants drawn with a fixed seed.
"""

import argparse
import csv
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "ontology"), str(HERE.parent / "shapes")]

import pyoxigraph as ox  # noqa: E402
import test_norms  # noqa: E402 - the path is set above
from msgspec.structs import replace  # noqa: E402
from mutants import Mutant, mutants  # noqa: E402
from rule_mutants import rule_mutants  # noqa: E402

from cases import Case, background_of, cases_of, findings_on  # noqa: E402
from observance.core import OBS, RDF, compact  # noqa: E402
from observance.knowledge import (  # noqa: E402
    Knowledge,
    read_files,
    room_files,
)
from observance.knowledge_base import KnowledgeBase  # noqa: E402
from observance.rdf import (  # noqa: E402
    from_rdflib,
    parse_document,
    read_source,
    to_rdflib,
)
from observance.submissions import ENGINES, ShapesGraph, ValidationBackground  # noqa: E402
from observance.submissions.model import Finding  # noqa: E402
from oxishacl import Document  # noqa: E402

SEED = 2018


@dataclass(frozen=True)
class Trial:
    """A prepared case: its document, its validation background, and the findings of the shapes of other files."""

    case: Case
    document: Document
    background: ValidationBackground
    other_findings: tuple[Finding, ...]

    def detects(self, shapes: ShapesGraph) -> bool:
        """Whether the case fails with these shapes in place of those of its stem."""
        findings = findings_on(self.document, case=self.case, background=replace(self.background, shapes=shapes))
        return not self.case.matches((*findings, *self.other_findings), engine=ENGINES[0])


class Stem:
    """A shapes file with its cases."""

    def __init__(self, file: Path, *, kb: KnowledgeBase) -> None:
        """Read the shapes; the cases are read when the first mutant is run."""
        self.name = file.stem
        self._kb = kb
        self.graph = to_rdflib(read_files((file,), root=kb.root))
        self.prefixes = read_files((file.parent / "prefixes.ttl",), root=kb.root)
        self.shapes = {str(shape) for shape in self.graph.subjects()}

    @cached_property
    def trials(self) -> list[Trial]:
        """The cases of the file, each validated once with the unchanged shapes."""
        return [self._trial(case) for case in cases_of(self.name)]

    def _trial(self, case: Case) -> Trial:
        kb = self._kb
        document = parse_document(read_source(case.path, settings=kb.settings), settings=kb.settings, contexts=kb.contexts)
        background = kb.submissions.background_of(document, registers=case.registers, as_of=case.as_of)
        if case.is_record:
            background = background_of(case.registers, kb)
        findings = findings_on(document, case=case, background=background)
        return Trial(case, document, background, tuple(f for f in findings if f.shape not in self.shapes))

    def survives(self, mutant: Mutant) -> bool:
        """Whether no case detects the mutant; cases that expect the shape run first."""
        mutant.apply(self.graph)
        try:
            shapes = ShapesGraph.of((*self.prefixes, *(ox.Quad(*map(from_rdflib, triple)) for triple in self.graph)))
            ordered = sorted(self.trials, key=lambda trial: str(mutant.shape) not in trial.case.expected)
            return not any(trial.detects(shapes) for trial in ordered)
        finally:
            mutant.undo(self.graph)


def shape_mutants(kb: KnowledgeBase) -> Iterator[tuple[str, Mutant, Stem]]:
    """The mutants of all shapes files, each with the name of its file and its stem."""
    for file in room_files(kb.root, "shapes"):
        if file.stem != "prefixes":
            stem = Stem(file, kb=kb)
            for mutant in mutants(stem.graph):
                yield file.stem, mutant, stem


def norm_mutants(kb: KnowledgeBase) -> list[int]:
    """The positions, among the quads of the knowledge, of the properties of norms."""
    norms = set(kb.knowledge.instances(OBS + "NormativeStatement"))
    unchanged = {RDF + "type", "http://www.w3.org/2000/01/rdf-schema#isDefinedBy"}
    quads = kb.knowledge.quads
    return [n for n, quad in enumerate(quads) if getattr(quad.subject, "value", "") in norms and quad.predicate.value not in unchanged]


def norm_survives(kb: KnowledgeBase, position: int) -> bool:
    """Whether the norm inventory is the same without the quad at this position."""
    quads = kb.knowledge.quads
    rows = test_norms.inventory(Knowledge.of(kb.root, quads[:position] + quads[position + 1 :]))
    return sorted(rows) == sorted(test_norms.approved())


def equivalent_mutants() -> set[str]:
    """The names of the mutants in `equivalent.csv`."""
    with (HERE / "equivalent.csv").open(encoding="utf-8", newline="") as table:
        return {row["mutant"] for row in csv.DictReader(table)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the mutants and print the survivors; 1 if a survivor is not listed or a listed mutant was detected."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=0, help="run only so many, drawn with a fixed seed")
    parser.add_argument("--stem", help="run only the mutants of this file (rules/notes for rules, verdicts for what counts)")
    options = parser.parse_args(arguments)
    with KnowledgeBase.open() as kb:
        jobs: list[tuple[str, Callable[[], bool]]] = [
            (f"{stem.name}: {compact(str(mutant.shape))} {mutant.change}", partial(stem.survives, mutant))
            for _, mutant, stem in shape_mutants(kb)
        ]
        jobs += [(mutant.name, mutant.survives) for mutant in rule_mutants()]
        jobs += [
            (f"norms: {compact(kb.knowledge.quads[n].subject.value)} drop {n}", partial(norm_survives, kb, n)) for n in norm_mutants(kb)
        ]
        selected = [job for job in jobs if options.stem in (None, job[0].partition(":")[0])]
        if options.sample:
            selected = random.Random(SEED).sample(selected, min(options.sample, len(selected)))
        survivors = []
        for count, (name, survives) in enumerate(selected, 1):
            if survives():
                survivors.append(name)
            if sys.stderr.isatty():
                print(f"\r{count}/{len(selected)} mutants, {len(survivors)} survived", end="", file=sys.stderr)
    return _print_result({name for name, _ in selected}, survivors=survivors)


def _print_result(names: set[str], *, survivors: Sequence[str]) -> int:
    equivalent = equivalent_mutants()
    unknown = [name for name in survivors if name not in equivalent]
    detected = sorted((equivalent & names) - set(survivors))
    for name in unknown:
        print(f"survived: {name}")
    for name in detected:
        print(f"listed as equivalent, but noticed: {name}")
    print(f"{len(names)} mutants, {len(survivors)} survived, {len(survivors) - len(unknown)} of them equivalent (equivalent.csv)")
    return 1 if unknown or detected else 0


if __name__ == "__main__":
    sys.exit(main())
