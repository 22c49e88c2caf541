"""`make conformance SUITE=folder`: run the W3C SHACL suite with our validator and with pySHACL, and print the results.

Also writes an EARL report: earl.ttl, or the file that --earl names.
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
    earl.write(
        ((name, test, has_passed) for name, outcomes in outcomes_by_engine.items() for test, has_passed in outcomes.items()),
        path=options.earl,
    )
    print(f"EARL report: {options.earl}")
    return 0 if all(ours) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
