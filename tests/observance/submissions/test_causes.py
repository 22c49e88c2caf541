"""Causes: the reasons of each result, down to the innermost, in both languages; an approved text beside each case."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyoxigraph as ox
import pytest

from observance.submissions.findings import CauseVerbaliser
from observance.submissions.model import CauseBranch
from oxishacl import Index, ValidationResult, report_quads
from oxishacl import compile_shapes as compiled

CASES = sorted((Path(__file__).parent / "causes").glob("*.ttl"))


def branch_lines(branches: Sequence[CauseBranch], indent: str) -> Iterator[str]:
    """The branches as lines of text."""
    for branch in branches:
        yield f"{indent}{branch.value} {'lacks' if branch.causes else 'has'} {branch.shape}"
        for cause in branch.causes:
            for lang, text in sorted(cause.facts.items()):
                yield f"{indent}  {lang}: {cause.message.get(lang, '')} {text}".replace(":  ", ": ")
            yield from branch_lines(cause.branches, indent + "    ")


def results_of(case: Path) -> tuple[CauseVerbaliser, tuple[ValidationResult, ...]]:
    """The verbaliser for the case, and its results."""
    quads = tuple(ox.parse(path=str(case), format=ox.RdfFormat.TURTLE))
    shapes, data = compiled(quads), Index(quads)
    return CauseVerbaliser(data, shapes.graph, lambda text, _: text), shapes.validate(data)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_causes_are_complete(case: Path) -> None:
    """The facts of each result and of all its causes are as approved."""
    verbaliser, results = results_of(case)
    lines = []
    for result in results:
        lines += [f"{lang}: {text}" for lang, text in sorted(verbaliser.facts(result).items())]
        lines += branch_lines(verbaliser.branches(result), "    ")

    assert "\n".join(lines) + "\n" == case.with_suffix(".txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_details_are_the_causes(case: Path) -> None:
    """The RDF report links each cause with sh:detail, as many as the branches hold."""

    def count(result: ValidationResult) -> int:
        return sum(1 + count(cause) for branch in result.branches for cause in branch.causes)

    _, results = results_of(case)
    links = [quad for quad in report_quads(results) if quad.predicate.value.endswith("#detail")]

    assert len(links) == sum(map(count, results))
