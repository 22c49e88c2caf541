"""The cases of the rules: files whose first word is the status and whose head says when, under which reading and about which duty."""

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
    """One case: its file, and what its head says."""

    path: Path
    head: tuple[tuple[str, str], ...]

    def __getattr__(self, name: str) -> str:
        return dict(self.head)[name.replace("_", "-")]

    @property
    def name(self) -> str:
        """The stem and the name, for messages."""
        return f"{self.path.parent.name}/{self.path.stem}"

    @property
    def expected(self) -> str:
        """The status as the file's name has it, in kebab case."""
        return self.path.name.partition(".")[0]


def fixtures() -> list[Fixture]:
    """Every case, in the order of names."""
    files = sorted(file for file in FOLDER.glob("para-*/*.ttl") if not file.name.endswith(".reading.ttl"))
    return [Fixture(file, tuple(_HEAD.findall(file.read_text(encoding="utf-8")))) for file in files]


def kebab(iri: str) -> str:
    """The local name in kebab case."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", local_name(iri)).lower()


def parsed(file: Path) -> Iterator[ox.Quad]:
    """The statements of a file, blank nodes kept apart from those of other files."""
    return ox.parse(path=str(file), format=ox.RdfFormat.TURTLE, rename_blank_nodes=True)


@cache
def base() -> tuple[ox.Quad, ...]:
    """What every case starts from."""
    return tuple(parsed(FOLDER / "base.ttl"))


CANON = RuleBase(KNOWLEDGE)


@cache
def canon(reading: Path | None) -> RuleBase:
    """The knowledge, with the reading of a case's own file if it has one; read once for all cases."""
    return CANON if reading is None else CANON.with_reading(parsed(reading))


def opened(quads: tuple[ox.Quad, ...], *, reading: Path | None = None, by: RuleBase | None = None) -> AssessmentInputs:
    """The case on the base and these statements."""
    every = (*base(), *quads)
    declared = tuple(sorted({q.object.value for q in every if q.predicate.value == OBS + "declares"}))
    return AssessmentInputs(by or canon(reading), every, declared)


def answered(fixture: Fixture, *, quads: tuple[ox.Quad, ...] | None = None, by: RuleBase | None = None) -> AssessmentSet:
    """The answers of the case, or of other statements, or by other rules, at its moment and under its reading."""
    own = fixture.path.parent / fixture.reading if fixture.reading.endswith(".ttl") else None
    case = opened(tuple(parsed(fixture.path)) if quads is None else quads, reading=own, by=by)
    day, time = date.fromisoformat(dict(fixture.head)["as-of"]), calendar.parse_time(dict(fixture.head)["known-at"])
    return assess(case, as_of=day, known_at=time, reading=custom_reading_iri(parsed(own), name=own.name) if own else fixture.reading)


@cache
def decided(fixture: Fixture) -> Assessment:
    """The answer about the duty that the case names."""
    return asked(fixture, answered(fixture))


def asked(fixture: Fixture, found: AssessmentSet) -> Assessment:
    """The answer about the duty that the case names; an event's name may be left without its digest."""
    names = {a.duty.iri.removeprefix(DUTIES): a for a in found.assessments}
    exact = names.get(fixture.duty)
    if exact is not None:
        return exact
    (one,) = [a for name, a in names.items() if re.fullmatch(re.escape(fixture.duty) + "-[0-9a-f]{6}", name)]
    return one
