"""What all tests share: a skip names the Debian package that is missing, and in CI (CI=true) it is a failure."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from observance.knowledge_base import KnowledgeBase

ROOT = Path(__file__).parents[1]

# What is kept between runs is kept for these tests alone.
_CACHE = tempfile.mkdtemp(prefix="observance-tests-")
atexit.register(shutil.rmtree, _CACHE, ignore_errors=True)
os.environ["XDG_CACHE_HOME"] = _CACHE


def needs(program: str, *, package: str) -> str:
    """The path of the program; without it the test is skipped, naming the Debian package that has it."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"needs {program}: apt-get install {package}")
    return found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """With CI=true a skipped test has failed."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def kb() -> Iterator[KnowledgeBase]:
    """The house on this project's knowledge, no register opened."""
    with KnowledgeBase.open() as opened:
        yield opened
