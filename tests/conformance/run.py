"""`make conformance SUITE=folder`: run the W3C SHACL suite through our validator and through pySHACL, and say what passed.

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
    """Print what failed and how many passed; 1 when ours fails a test, 2 when the suite is not there."""
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
    passed = {
        name: {test.name: engines.passes(engine(test), test=test) for test in tests}
        for name, engine in (("observance", engines.ours), ("pySHACL", engines.referee))
    }
    for name, outcomes in passed.items():
        for test, ok in outcomes.items():
            if not ok:
                print(f"  {name} fails {test}")
    own, other = passed["observance"].values(), passed["pySHACL"].values()
    print(f"observance: {sum(own)} passed, {len(own) - sum(own)} failed")
    print(f"referee pySHACL: {sum(other)} of {len(other)}")
    earl.write(((name, test, ok) for name, outcomes in passed.items() for test, ok in outcomes.items()), path=options.earl)
    print(f"EARL report: {options.earl}")
    return 0 if all(own) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
