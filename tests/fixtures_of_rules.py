"""The test cases of the rules: registers in Turtle files named after the expected status, with moment, reading and duty in their heads."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import pyoxigraph as ox

from observance.assessment import Assessment, AssessmentInputs, AssessmentSet, RuleBase, assess
from observance.assessment.duties import DUTIES
from observance.assessment.readings import custom_reading_iri
from observance.core import OBS, calendar, local_name
from observance.knowledge import load_knowledge

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "tests" / "rules"
KNOWLEDGE = load_knowledge(ROOT)
_HEAD = re.compile(r"^#\+ ([a-z-]+): (\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Fixture:
    """One case: its file, and the entries of its head, which are attributes too."""

    path: Path
    head: tuple[tuple[str, str], ...]

    def __getattr__(self, name: str) -> str:
        return dict(self.head)[name.replace("_", "-")]

    @property
    def name(self) -> str:
        """The stem of the paragraph and the name of the file."""
        return f"{self.path.parent.name}/{self.path.stem}"

    @property
    def expected(self) -> str:
        """The expected status in kebab case."""
        return self.path.name.partition(".")[0]


def fixtures() -> list[Fixture]:
    """All cases, sorted by file name."""
    files = sorted(file for file in FOLDER.glob("para-*/*.ttl") if not file.name.endswith(".reading.ttl"))
    return [Fixture(file, tuple(_HEAD.findall(file.read_text(encoding="utf-8")))) for file in files]


def kebab(iri: str) -> str:
    """The local name of the IRI in kebab case."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", local_name(iri)).lower()


def read_quads(file: Path) -> Iterator[ox.Quad]:
    """The statements of a file, with blank nodes that are distinct from those of other files."""
    return ox.parse(path=str(file), format=ox.RdfFormat.TURTLE, rename_blank_nodes=True)


@cache
def base_quads() -> tuple[ox.Quad, ...]:
    """The register that every case extends."""
    return tuple(read_quads(FOLDER / "base.ttl"))


RULE_BASE = RuleBase(KNOWLEDGE)


@cache
def rule_base_with(reading: Path | None) -> RuleBase:
    """The rule base with the reading of a file; without a file, the shipped one."""
    return RULE_BASE if reading is None else RULE_BASE.with_reading(read_quads(reading))


def make_inputs(quads: tuple[ox.Quad, ...], *, reading: Path | None = None, rule_base: RuleBase | None = None) -> AssessmentInputs:
    """The inputs with the base register and these statements."""
    register = (*base_quads(), *quads)
    declared = tuple(sorted({q.object.value for q in register if q.predicate.value == OBS + "declares"}))
    return AssessmentInputs(rule_base or rule_base_with(reading), register, declared)


def assess_fixture(fixture: Fixture, *, quads: tuple[ox.Quad, ...] | None = None, rule_base: RuleBase | None = None) -> AssessmentSet:
    """Assess the case, or other statements, or by another rule base, at the case's moment and under its reading."""
    reading_file = fixture.path.parent / fixture.reading if fixture.reading.endswith(".ttl") else None
    inputs = make_inputs(tuple(read_quads(fixture.path)) if quads is None else quads, reading=reading_file, rule_base=rule_base)
    day, time = date.fromisoformat(dict(fixture.head)["as-of"]), calendar.parse_time(dict(fixture.head)["known-at"])
    reading = custom_reading_iri(read_quads(reading_file), name=reading_file.name) if reading_file else fixture.reading
    return assess(inputs, as_of=day, known_at=time, reading=reading)


@cache
def assessment_of(fixture: Fixture) -> Assessment:
    """The assessment of the case's duty."""
    return select_duty(fixture, assess_fixture(fixture))


def select_duty(fixture: Fixture, answers: AssessmentSet) -> Assessment:
    """The assessment of the case's duty among others; its head may leave out the digest of the occasion."""
    names = {a.duty.iri.removeprefix(DUTIES): a for a in answers.assessments}
    exact = names.get(fixture.duty)
    if exact is not None:
        return exact
    (assessment,) = [a for name, a in names.items() if re.fullmatch(re.escape(fixture.duty) + "-[0-9a-f]{6}", name)]
    return assessment
