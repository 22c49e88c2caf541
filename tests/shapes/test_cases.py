"""The cases of the shapes: the first word of a file's name is the verdict, its first lines name the shapes that speak."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from cases import Case, cases_of
from conftest import ROOT
from observance.core import SH, compact
from observance.knowledge import read_files
from observance.knowledge_base import KnowledgeBase
from observance.submissions import ENGINES
from observance.submissions.model import Finding

STEMS = sorted(file.stem for file in (ROOT / "shapes").glob("*.ttl") if file.stem != "prefixes")
CASES = [case for stem in STEMS for case in cases_of(stem)]
EXAMPLES = sorted(file for file in (ROOT / "shapes" / "examples").iterdir() if file.is_file())


def speaking(stem: str) -> set[str]:
    """The shapes of a file that can speak: they have a severity."""
    quads = read_files((ROOT / "shapes" / f"{stem}.ttl",), root=ROOT)
    return {quad.subject.value for quad in quads if quad.predicate.value == SH + "severity"}


def keys(findings: Sequence[Finding]) -> set[tuple[str | None, ...]]:
    """What two engines must agree on: everything but the words."""
    return {(f.focus, f.shape, f.path, f.value, f.component, f.severity, f.paragraph) for f in findings}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.path.parent.name}/{case.path.name}")
def test_verdict(case: Case, kb: KnowledgeBase) -> None:
    """A case gets the verdict that its name begins with, from exactly the shapes that it names, in both languages and engines."""
    found = {engine: kb.submissions.validate(case.path, registers=case.registers, engine=engine).findings for engine in ENGINES}

    for engine, findings in found.items():
        assert {compact(finding.shape) for finding in findings} == {compact(shape) for shape in case.of(engine)}, engine
        assert case.matches(findings, engine=engine)
        for finding in findings:
            assert set(finding.message) == {"en", "fr"}
            assert not [text for text in finding.message.values() if not text or "{" in text]
    if case.by_compiled == case.by_pyshacl:
        assert keys(found["compiled"]) == keys(found["pyshacl"])


@pytest.mark.parametrize("stem", STEMS)
def test_every_shape_has_a_case(stem: str) -> None:
    """Each shape that can speak is expected by a case in the folder of the same name."""
    assert speaking(stem) - {shape for case in cases_of(stem) for shape in case.expected} == set()


@pytest.mark.parametrize("stem", STEMS)
def test_every_severity_is_pinned(stem: str) -> None:
    """Each shape is alone in a case, so that its severity is the verdict there."""
    assert (
        speaking(stem)
        - {shape for case in cases_of(stem) for shapes in (case.by_pyshacl, case.by_compiled) if len(shapes) == 1 for shape in shapes}
        == set()
    )


@pytest.mark.parametrize("stem", STEMS)
def test_something_is_valid(stem: str) -> None:
    """Each shape file has a case without any finding."""
    assert [case for case in cases_of(stem) if case.worst is None]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_example_has_no_finding(example: Path, engine: str, kb: KnowledgeBase) -> None:
    """An example gives no result of any severity."""
    report = kb.submissions.validate(example, engine=engine)
    assert report.submissions
    assert report.findings == ()
