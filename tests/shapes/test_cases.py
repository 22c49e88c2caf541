"""The cases of the shapes: the first word of a file's name is the verdict, its first lines name the shapes that speak."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from cases import Case, cases_of, findings_of
from conftest import ROOT, check_each, sample
from observance.core import SH, compact
from observance.knowledge import read_files
from observance.knowledge_base import KnowledgeBase
from observance.submissions import ENGINES, check_register
from observance.submissions.model import Finding

STEMS = sorted(file.stem for file in (ROOT / "shapes").glob("*.ttl") if file.stem not in ("prefixes", "forms"))
CASES = [case for stem in STEMS for case in cases_of(stem)]
COMPARED = frozenset(case.path for case in sample(CASES, 100))
_EXAMPLES = sorted(file for file in (ROOT / "shapes" / "examples").iterdir() if file.is_file())
RECORDS = [file for file in _EXAMPLES if file.name.startswith("register-")]
EXAMPLES = [file for file in _EXAMPLES if file not in RECORDS]


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
    engines = ENGINES if case.path in COMPARED else ENGINES[:1]
    found = {engine: findings_of(case, kb=kb, engine=engine) for engine in engines}

    for engine, findings in found.items():
        assert {compact(finding.shape) for finding in findings} == {compact(shape) for shape in case.expected_by(engine)}, engine
        assert case.matches(findings, engine=engine)
        for finding in findings:
            assert set(finding.message) == {"en", "fr"}
            assert not [text for text in finding.message.values() if not text or "{" in text]
    if len(engines) > 1 and case.by_compiled == case.by_pyshacl:
        assert keys(found["compiled"]) == keys(found["pyshacl"])


def test_every_shape_has_a_case() -> None:
    """Each shape that can speak is expected by a case in the folder of the same name."""

    def check(stem: str) -> None:
        assert speaking(stem) - {shape for case in cases_of(stem) for shape in case.expected} == set()

    check_each(check, STEMS)


def test_every_severity_is_pinned() -> None:
    """Each shape is alone in a case, so that its severity is the verdict there."""

    def check(stem: str) -> None:
        expected = [shapes for case in cases_of(stem) for shapes in (case.by_pyshacl, case.by_compiled)]
        assert speaking(stem) - {shape for shapes in expected if len(shapes) == 1 for shape in shapes} == set()

    check_each(check, STEMS)


def test_something_is_valid() -> None:
    """Each shape file has a case without any finding."""
    assert [stem for stem in STEMS if all(case.worst is not None for case in cases_of(stem))] == []


@pytest.mark.parametrize("engine", ENGINES)
def test_examples_have_no_finding(engine: str, kb: KnowledgeBase) -> None:
    """No example gives a result of any severity."""

    def check(example: Path) -> None:
        report = kb.submissions.validate(example, engine=engine)
        assert report.submissions
        assert report.findings == ()

    check_each(check, EXAMPLES, name=lambda example: example.name)


def test_examples_of_records_are_a_register(kb: KnowledgeBase) -> None:
    """The examples of records, of which every kind has one, are together a register without any finding or fault."""
    register = kb.register.inspect([*RECORDS, ROOT / "shapes" / "examples" / "para-3-notification.ttl"])
    report = check_register(register, knowledge=kb.knowledge, shapes=kb.shapes, settings=kb.settings, contexts=kb.contexts)

    assert [file.stem for file in RECORDS] == [stem for stem in STEMS if stem.startswith("register-")]
    assert register.faults == ()
    assert report.findings == ()
