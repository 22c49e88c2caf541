"""The cube satisfies the integrity constraints of RDF Data Cube that apply, and counts each Member once in each group."""

from datetime import date
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest

from observance.benchmarking import GROUPINGS, Benchmark, build_benchmark, cube_turtle
from observance.core import OBS, PREFIXES
from observance.knowledge_base import KnowledgeBase

HERE = Path(__file__).parent
CONSTRAINTS = sorted(HERE.glob("ic-*.rq"))
QB = PREFIXES["qb"]


@pytest.fixture(scope="module")
def demo():
    """A knowledge base with the demo register."""
    with KnowledgeBase.open() as opened:
        yield opened


@cache
def _benchmark(kb: KnowledgeBase, as_of: date | None) -> Benchmark:
    return build_benchmark(kb.assessment.assess(as_of=as_of))


def normalised(turtle: str) -> ox.Store:
    """The cube after both phases of normalisation (RDF Data Cube, section 10)."""
    store = ox.Store()
    store.load(turtle.encode(), format=ox.RdfFormat.TURTLE)
    for phase in ("normalise-1.ru", "normalise-2.ru"):
        store.update((HERE / phase).read_text(encoding="utf-8"))
    return store


def violated(store: ox.Store) -> list[str]:
    """The names of the violated constraints."""
    return [file.stem for file in CONSTRAINTS if bool(store.query(file.read_text(encoding="utf-8")))]


@pytest.mark.parametrize("file", sorted(HERE.glob("valid.*.ttl")), ids=lambda file: file.stem)
def test_valid(file: Path):
    """A well-formed cube, normalised or abbreviated, violates no constraint."""
    assert violated(normalised(file.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("constraint", CONSTRAINTS, ids=lambda file: file.stem)
def test_constraint_is_violated(constraint: Path):
    """The valid cube changed in one place violates this constraint."""
    store = ox.Store()
    store.load((HERE / "valid.in-full.ttl").read_bytes(), format=ox.RdfFormat.TURTLE)
    store.update(constraint.with_suffix(".ru").read_text(encoding="utf-8"))
    store.update((HERE / "normalise-1.ru").read_text(encoding="utf-8"))

    assert constraint.stem in violated(store)


def test_normalisation_is_needed():
    """Without the second phase the abbreviated cube lacks the group of its slice and the edition of its data set."""
    store = ox.Store()
    store.load((HERE / "valid.abbreviated.ttl").read_bytes(), format=ox.RdfFormat.TURTLE)
    store.update((HERE / "normalise-1.ru").read_text(encoding="utf-8"))

    assert violated(store) == ["ic-11", "ic-13"]


@pytest.mark.parametrize("as_of", [None, date(2021, 6, 1), date(2019, 1, 1)], ids=str)
@pytest.mark.parametrize("by", GROUPINGS)
def test_demo_cube(demo: KnowledgeBase, by: str, as_of: date | None):
    """The cube of the demo satisfies every constraint that applies: on the last day, in the middle, and with an almost empty register."""
    assert violated(normalised(cube_turtle(_benchmark(demo, as_of), by=by))) == []


@pytest.mark.parametrize("by", GROUPINGS)
def test_constraints_that_do_not_apply(demo: KnowledgeBase, by: str):
    """There is one measure, no measure dimension and no hierarchical code list, so the other constraints cannot be violated."""
    store = normalised(cube_turtle(_benchmark(demo, None), by=by))
    measures = {q.object for q in store.quads_for_pattern(None, ox.NamedNode(QB + "measure"), None)}

    assert measures == {ox.NamedNode(OBS + "membersCounted")}
    assert not list(store.quads_for_pattern(None, None, ox.NamedNode(QB + "measureType")))
    assert not list(store.quads_for_pattern(None, None, ox.NamedNode(QB + "HierarchicalCodeList")))


@pytest.mark.parametrize("by", GROUPINGS)
def test_every_member_is_counted_once(demo: KnowledgeBase, by: str):
    """For each group and standard the counts over all levels, unknown and not compared included, add up to the Members of the group."""
    benchmark = _benchmark(demo, None)
    groups = benchmark.members_by_group(by) or {"": benchmark.members}

    for members in groups.values():
        for standard in benchmark.standards:
            level_counts = benchmark.count_levels(members=members, standards=(standard,))
            assert sum(level_counts.counts.values()) == level_counts.counted == len(members)
            assert level_counts.lower <= level_counts.upper <= len(members)


def test_observation_for_every_level(demo: KnowledgeBase):
    """There is an observation for every standard and level, unknown and not compared included, also if the count is zero."""
    benchmark = _benchmark(demo, None)
    store = normalised(cube_turtle(benchmark, by="standard"))
    observations = list(store.quads_for_pattern(None, ox.NamedNode(QB + "dataSet"), None))
    unknown = list(store.quads_for_pattern(None, ox.NamedNode(OBS + "comparedLevel"), ox.NamedNode(OBS + "LevelUnknown")))

    assert len(observations) == len(benchmark.standards) * len(benchmark.levels) == 15 * 7
    assert len(unknown) == 15


def test_unions_are_not_counted(demo: KnowledgeBase):
    """No Union is counted: XU reports levels and has no level."""
    benchmark = _benchmark(demo, None)

    assert {party[-2:] for party in benchmark.unions} == {"XU", "XV"}
    assert not set(benchmark.unions) & {level.party for level in benchmark.standard_levels}
    assert not set(benchmark.unions) & {party for groups in benchmark.groups.values() for members in groups.values() for party in members}


def test_same_bytes(demo: KnowledgeBase):
    """The same register, moment and grouping give the same bytes, also in another knowledge base."""
    with KnowledgeBase.open() as other:
        again = build_benchmark(other.assessment.assess())
        assert [cube_turtle(again, by=by) for by in GROUPINGS] == [cube_turtle(_benchmark(demo, None), by=by) for by in GROUPINGS]
