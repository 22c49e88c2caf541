"""`make mutate`: change each shape and norm in one place; some case of its stem must notice, in process.

Exit code 0 when every mutant that survives is listed in `equivalent.csv` with the clause that makes it equivalent, and every
mutant listed there survives. `--sample N` runs N mutants drawn with a fixed seed.
"""

import argparse
import csv
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "ontology"), str(HERE.parent / "shapes")]

import pyoxigraph as ox  # noqa: E402
import test_norms  # noqa: E402 - the path is set above
from msgspec.structs import replace  # noqa: E402
from mutants import Mutant, mutants  # noqa: E402

from cases import Case, cases_of  # noqa: E402
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
from observance.submissions.validation import report_on_document  # noqa: E402
from oxishacl import Document  # noqa: E402

SEED = 2018


@dataclass(frozen=True)
class Trial:
    """A case made ready: its document and register, and what the shapes of other files find in it."""

    case: Case
    document: Document
    background: ValidationBackground
    others: tuple[Finding, ...]

    def notices(self, shapes: ShapesGraph) -> bool:
        """Whether the case, run with these shapes of its stem, no longer gives what it expects."""
        found = report_on_document(self.document, background=replace(self.background, shapes=shapes), engine=ENGINES[0]).findings
        return not self.case.matches((*found, *self.others), engine=ENGINES[0])


class Stem:
    """One shapes file with its cases."""

    def __init__(self, file: Path, *, kb: KnowledgeBase) -> None:
        """Read the shapes; the cases wait until a mutant is tried."""
        self.name = file.stem
        self._house = kb
        self.graph = to_rdflib(read_files((file,), root=kb.root))
        self.prefixes = read_files((file.parent / "prefixes.ttl",), root=kb.root)
        self.own = {str(shape) for shape in self.graph.subjects()}

    @cached_property
    def trials(self) -> list[Trial]:
        """The cases of the file, each run once on the unchanged shapes."""
        return [self._trial(case) for case in cases_of(self.name)]

    def _trial(self, case: Case) -> Trial:
        kb = self._house
        document = parse_document(read_source(case.path, settings=kb.settings), settings=kb.settings, contexts=kb.contexts)
        register = kb.register.open(case.registers).without(document) if case.registers else kb.register
        background = ValidationBackground(kb.knowledge, kb.shapes, register.quads)
        findings = report_on_document(document, background=background, engine=ENGINES[0]).findings
        return Trial(case, document, background, tuple(f for f in findings if f.shape not in self.own))

    def survives(self, mutant: Mutant) -> bool:
        """Whether no case notices the mutant; those that expect the shape are tried first."""
        mutant.apply(self.graph)
        try:
            shapes = ShapesGraph.of((*self.prefixes, *(ox.Quad(*map(from_rdflib, triple)) for triple in self.graph)))
            ordered = sorted(self.trials, key=lambda trial: str(mutant.shape) not in trial.case.expected)
            return not any(trial.notices(shapes) for trial in ordered)
        finally:
            mutant.undo(self.graph)


def house_mutants(kb: KnowledgeBase) -> Iterator[tuple[str, Mutant, Stem]]:
    """Each mutant with its stem, file by file."""
    for file in room_files(kb.root, "shapes"):
        if file.stem != "prefixes":
            stem = Stem(file, kb=kb)
            for mutant in mutants(stem.graph):
                yield file.stem, mutant, stem


def norm_mutants(kb: KnowledgeBase) -> list[int]:
    """The places in the knowledge of each property of a norm."""
    norms = set(kb.knowledge.instances(OBS + "NormativeStatement"))
    kept = {RDF + "type", "http://www.w3.org/2000/01/rdf-schema#isDefinedBy"}
    quads = kb.knowledge.quads
    return [n for n, quad in enumerate(quads) if getattr(quad.subject, "value", "") in norms and quad.predicate.value not in kept]


def norm_survives(kb: KnowledgeBase, place: int) -> bool:
    """Whether the norm inventory does not notice that one property of a norm is gone."""
    quads = kb.knowledge.quads
    rows = test_norms.inventory(Knowledge.of(kb.root, quads[:place] + quads[place + 1 :]))
    return sorted(rows) == sorted(test_norms.approved())


def listed() -> set[str]:
    """The mutants that are equivalent, by name."""
    with (HERE / "equivalent.csv").open(encoding="utf-8", newline="") as table:
        return {row["mutant"] for row in csv.DictReader(table)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the mutants and say what survived; 1 when a survivor is not listed or a listed one was noticed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=0, help="run only so many, drawn with a fixed seed")
    parser.add_argument("--stem", help="run only the shapes of this file")
    options = parser.parse_args(arguments)
    with KnowledgeBase.open() as kb:
        jobs = [(f"{stem.name}: {compact(str(m.shape))} {m.change}", stem, m) for _, m, stem in house_mutants(kb)]
        norms = [(f"norms: {compact(kb.knowledge.quads[n].subject.value)} drop {n}", None, n) for n in norm_mutants(kb)]
        chosen = [job for job in (*jobs, *norms) if options.stem in (None, job[0].partition(":")[0])]
        if options.sample:
            chosen = random.Random(SEED).sample(chosen, min(options.sample, len(chosen)))
        survivors = []
        for count, (name, stem, what) in enumerate(chosen, 1):
            if stem.survives(what) if stem is not None else norm_survives(kb, what):
                survivors.append(name)
            if sys.stderr.isatty():
                print(f"\r{count}/{len(chosen)} mutants, {len(survivors)} survived", end="", file=sys.stderr)
    return _told({name for name, _, _ in chosen}, survivors=survivors)


def _told(names: set[str], *, survivors: Sequence[str]) -> int:
    equivalent = listed()
    unknown = [name for name in survivors if name not in equivalent]
    noticed = sorted((equivalent & names) - set(survivors))
    for name in unknown:
        print(f"survived: {name}")
    for name in noticed:
        print(f"listed as equivalent, but noticed: {name}")
    print(f"{len(names)} mutants, {len(survivors)} survived, {len(survivors) - len(unknown)} of them equivalent (equivalent.csv)")
    return 1 if unknown or noticed else 0


if __name__ == "__main__":
    sys.exit(main())
