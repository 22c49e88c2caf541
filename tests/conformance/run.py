"""`make conformance SUITE=folder`: run the W3C SHACL suites with our validator, and that of 1.0 with pySHACL too, and print the results.

The suite of SHACL 1.2 Core is read from the folder `shacl12` beside the folder. `shacl12.tsv` names the tests of it that are withdrawn, and
those with whose expected report we differ, each with the reason. Also writes an EARL report: earl.ttl, or the file that --earl names.
"""

import argparse
import logging
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import earl
import engines
import suite


def main(arguments: Sequence[str]) -> int:
    """Print the failed tests and the counts; 1 if our validator fails a test, 2 if the suite is not in the folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--earl", type=Path, default=Path("earl.ttl"))
    options = parser.parse_args(arguments)
    if not (options.folder / "manifest.ttl").is_file():
        print(f"The W3C suite is not in {options.folder}: name the folder that holds its manifest.ttl with SUITE=folder.", file=sys.stderr)
        return 2
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    tests = list(suite.tests(options.folder))
    outcomes_by_engine = {
        name: {test.name: engines.passes(engine(test), test=test) for test in tests}
        for name, engine in (("observance", engines.run_oxishacl), ("pySHACL", engines.run_pyshacl))
    }
    for name, outcomes in outcomes_by_engine.items():
        for test, has_passed in outcomes.items():
            if not has_passed:
                print(f"  {name} fails {test}")
    ours, theirs = outcomes_by_engine["observance"].values(), outcomes_by_engine["pySHACL"].values()
    print(f"observance: {sum(ours)} passed, {len(ours) - sum(ours)} failed")
    print(f"referee pySHACL: {sum(theirs)} of {len(theirs)}")
    live = suite.live_tests_of_12(options.folder.parent / "shacl12")
    outcomes_of_12 = {test.name: engines.passes(engines.run_oxishacl(test, version="1.2"), test=test) for test in live}
    reasons = suite.judgements_of_12("differs")
    for test in (name for name, has_passed in outcomes_of_12.items() if not has_passed):
        print(f"  SHACL 1.2: we differ on {test}: {reasons.get(test, 'a fault of ours')}")
    passed = sum(outcomes_of_12.values())
    print(f"SHACL 1.2: {passed} passed, {len(outcomes_of_12) - passed} failed (Core, working draft of 3 August 2026)")
    every = {**outcomes_by_engine, "observance, SHACL 1.2": outcomes_of_12}
    earl.write(
        ((name.partition(",")[0], test, has_passed) for name, outcomes in every.items() for test, has_passed in outcomes.items()),
        path=options.earl,
    )
    print(f"EARL report: {options.earl}")
    ours_of_12 = all(has_passed for test, has_passed in outcomes_of_12.items() if test not in reasons)
    return 0 if all(ours) and ours_of_12 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
