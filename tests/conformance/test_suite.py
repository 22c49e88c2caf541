"""The W3C SHACL suites, which are not part of this repository: read from ../shared/conformance or OBSERVANCE_CONFORMANCE."""

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


LIVE = suite.live_tests_of_12(FOLDER.parent / "shacl12")


@pytest.mark.skipif(not LIVE, reason=f"no suite of SHACL 1.2 beside {FOLDER}: name their parent folder with OBSERVANCE_CONFORMANCE")
def test_complete_12():
    """All live new tests of SHACL 1.2 Core are read, and every one that `shacl12.tsv` names.

    They are 73 with the list that came with the suite, and node/xone-002, of which neither that list nor a manifest speaks.
    """
    assert len(LIVE) == 74
    names = {test.name for test in suite.tests(FOLDER.parent / "shacl12" / "core")}
    assert {*suite.judgements_of_12("withdrawn"), *suite.judgements_of_12("differs")} <= names


@pytest.mark.parametrize("test", LIVE, ids=lambda test: test.name)
def test_passes_12(test: suite.Test):
    """Our validator gives the report that the test of SHACL 1.2 expects, but where `shacl12.tsv` says why not."""
    outcome = engines.run_oxishacl(test, version="1.2")
    assert (outcome == test.expected) != (test.name in suite.judgements_of_12("differs"))


@pytest.mark.parametrize("test", list(suite.tests(FOLDER.parent / "shacl12" / "core-same-name")), ids=lambda test: test.name)
def test_passes_12_same_name(test: suite.Test):
    """The same for the tests of SHACL 1.2 whose names are those of tests of 1.0."""
    assert engines.run_oxishacl(test, version="1.2") == test.expected
