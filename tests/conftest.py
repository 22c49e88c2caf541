"""Fixtures and helpers of all tests. In CI (CI=true) a skipped test is a failure.

Where a test goes through so many cases that it takes minutes, it takes a sample of them, and all with `make whole`
(OBSERVANCE_TEST_WHOLE=1), which also runs the tests that are marked `whole`.
"""

import atexit
import gc
import os
import random
import resource
import shutil
import tempfile
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import pytest

from observance import assessment, knowledge_base
from observance.assessment import RuleBase
from observance.knowledge import Knowledge, digest_rooms, load_knowledge
from observance.knowledge_base import KnowledgeBase
from observance.submissions import ShapesGraph

ROOT = Path(__file__).parents[1]
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
"""What a browser accepts."""

WHOLE = os.environ.get("OBSERVANCE_TEST_WHOLE") == "1"
_SEED = 2018

# The disk cache of these tests is their own.
_CACHE = tempfile.mkdtemp(prefix="observance-tests-")
atexit.register(shutil.rmtree, _CACHE, ignore_errors=True)
os.environ["XDG_CACHE_HOME"] = _CACHE
# The commands that tests run keep their compiled modules: to compile them anew takes a quarter of a second each time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def require_program(program: str, *, package: str) -> str:
    """The path of the program; if it is not installed, the test is skipped with the name of its Debian package."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"needs {program}: apt-get install {package}")
    return path


Case = TypeVar("Case")


def sample(cases: Sequence[Case], size: int) -> list[Case]:
    """So many of the cases, always the same, in their order; all with `make whole`."""
    chosen = range(len(cases)) if WHOLE else sorted(random.Random(_SEED).sample(range(len(cases)), min(size, len(cases))))
    return [cases[number] for number in chosen]


def check_each(check: Callable[[Case], object], cases: Iterable[Case], *, name: Callable[[Case], object] = str) -> None:
    """Fail with a line for each case for which the check fails, or when there is no case at all.

    For checks over many messages, files or modules: one test that lists all faults. An exception that is not a failed assertion is
    raised as it is, with the name of the case in a note.
    """
    count, faults = 0, []
    for case in cases:
        count += 1
        try:
            check(case)
        except (AssertionError, pytest.fail.Exception) as fault:
            line = traceback.extract_tb(fault.__traceback__)[-1].lineno
            faults.append(f"{name(case)}: line {line}: {str(fault).strip() or 'failed'}")
        except Exception as error:
            error.add_note(f"case: {name(case)}")
            raise
    assert count, "there is no case to check"
    assert not faults, f"{len(faults)} of {count}:\n" + "\n".join(faults)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that are marked `whole`, unless all is to be run."""
    left_out = [] if WHOLE else [item for item in items if item.get_closest_marker("whole")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def pytest_collection_finish() -> None:
    """Exclude the loaded modules and data from garbage collection and collect less often: it took a quarter of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Turn a skipped test into a failed one if CI=true."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report


@pytest.fixture(scope="session", autouse=True)
def opened_once() -> Iterator[None]:
    """Load and compile the knowledge and shapes of the same files once in a process, although each command opens its own."""

    @lru_cache(maxsize=4)
    def knowledge_of(root: Path, cache: Path, _: str) -> Knowledge:
        return load_knowledge(root, cache=cache)

    @lru_cache(maxsize=4)
    def shapes_of(root: Path, cache: Path, _: str) -> ShapesGraph:
        return read_shapes(root, cache=cache)

    def knowledge_once(root: Path, *, cache: Path | None = None) -> Knowledge:
        return knowledge_of(root, cache, digest_rooms(root, "ontology", "rules")) if cache else load_knowledge(root)

    def shapes_once(root: Path, *, cache: Path | None) -> ShapesGraph:
        return shapes_of(root, cache, digest_rooms(root, "shapes")) if cache else read_shapes(root, cache=cache)

    def rule_base_once(knowledge: Knowledge) -> RuleBase:
        known = next((base for base in rule_bases if base.knowledge is knowledge), None)
        if known is None:
            rule_bases.append(RuleBase(knowledge))
        return known or rule_bases[-1]

    read_shapes, rule_bases = ShapesGraph.read, deque[RuleBase](maxlen=4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(knowledge_base, "load_knowledge", knowledge_once)
        patch.setattr(ShapesGraph, "read", shapes_once)
        patch.setattr(assessment, "RuleBase", rule_base_once)
        yield


@pytest.fixture
def full_disk() -> Callable[[], AbstractContextManager[None]]:
    """A context in which files cannot grow beyond a few bytes, as on a full disk."""

    @contextmanager
    def limit() -> Iterator[None]:
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (16, limits[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    return limit


@pytest.fixture(scope="session")
def kb() -> Iterator[KnowledgeBase]:
    """The knowledge base of this project, without an open register."""
    with KnowledgeBase.open() as opened:
        yield opened
