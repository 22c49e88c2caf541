"""The W3C SHACL suite, which is not part of this repository: read from ../shared/conformance or OBSERVANCE_CONFORMANCE."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import engines
import suite

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("OBSERVANCE_CONFORMANCE") or ROOT.parent / "shared" / "conformance") / "shacl"
TESTS = list(suite.tests(FOLDER)) if (FOLDER / "manifest.ttl").is_file() else []


@pytest.mark.skipif(not TESTS, reason=f"no W3C suite in {FOLDER}: name its parent folder with OBSERVANCE_CONFORMANCE")
def test_complete():
    """All 121 tests of the suite are read, including the one that its manifests leave out."""
    assert len(TESTS) == 121


@pytest.mark.parametrize("test", TESTS, ids=lambda test: test.name)
def test_passes(test: suite.Test):
    """Our validator gives the report that the test expects, or refuses the shapes if the test requires it."""
    assert engines.run_oxishacl(test) == test.expected
