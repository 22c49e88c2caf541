"""The cases of the shapes: the first word of a file's name is the verdict, its first lines name the shapes that speak."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from rdflib import RDF, SH, URIRef

from observance.graph import knowledge as rooms
from observance.house import House
from observance.model import SEVERITIES, Report
from observance.namespaces import compact

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
VERDICTS = {"valid": None, "info": "Info", "warning": "Warning", "invalid": "Violation"}
STEMS = sorted(file.stem for file in (ROOT / "shapes").glob("*.ttl") if file.stem != "prefixes")
CASES = sorted(file for file in HERE.glob("*/*.ttl") if file.name.split(".")[0] in VERDICTS)
EXAMPLES = sorted(file for file in (ROOT / "shapes" / "examples").iterdir() if file.is_file())


def said(case: Path, word: str) -> Iterator[str]:
    """What the `#+ word:` lines at the head of the case say."""
    for line in case.read_text(encoding="utf-8").splitlines():
        if line.startswith(f"#+ {word}: "):
            yield line.removeprefix(f"#+ {word}: ").strip()


def checked(case: Path, *, house: House) -> Report:
    """The report on the case, with the register that it asks for."""
    return house.validate(case, registers=[case.parent / register for register in said(case, "register")])


def worst(report: Report) -> str | None:
    """The gravest severity in the report; None when it has no finding."""
    return next((severity for severity in SEVERITIES if any(f.severity == severity for f in report.findings)), None)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_verdict(case: Path, house: House) -> None:
    """A case gets the verdict that its name begins with, from exactly the shapes that it names, in French and in English."""
    report = checked(case, house=house)
    assert {compact(finding.shape) for finding in report.findings} == set(said(case, "expects"))
    assert worst(report) == VERDICTS[case.name.split(".")[0]]
    for finding in report.findings:
        assert set(finding.message) == {"en", "fr"}
        assert not [text for text in finding.message.values() if not text or "{" in text]


@pytest.mark.parametrize("stem", STEMS)
def test_every_shape_has_a_case(stem: str, house: House) -> None:
    """Each property shape and SPARQL constraint of a shape file is expected by a case in the folder of the same name."""
    graph = rooms.union((ROOT / "shapes" / f"{stem}.ttl",), root=ROOT)
    shapes = {node for kind in (SH.PropertyShape, SH.SPARQLConstraint) for node in graph.subjects(RDF.type, kind)}
    expected = {name for case in CASES if case.parent.name == stem for name in said(case, "expects")}
    assert {compact(str(node)) for node in shapes if isinstance(node, URIRef)} - expected == set()


@pytest.mark.parametrize("stem", STEMS)
def test_every_severity_is_pinned(stem: str, house: House) -> None:
    """Each shape is alone in a case, so that its severity is the verdict there."""
    graph = rooms.union((ROOT / "shapes" / f"{stem}.ttl",), root=ROOT)
    shapes = {compact(str(node)) for node in graph.subjects(SH.severity, None)}
    alone = [names for case in CASES if case.parent.name == stem and len(names := set(said(case, "expects"))) == 1]
    assert shapes - set().union(*alone) == set()


@pytest.mark.parametrize("stem", STEMS)
def test_something_is_valid(stem: str) -> None:
    """Each shape file has a case without any finding."""
    assert list((HERE / stem).glob("valid.*.ttl"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_example_has_no_finding(example: Path, house: House) -> None:
    """An example gives no result of any severity."""
    report = house.validate(example)
    assert report.submissions
    assert report.findings == ()
