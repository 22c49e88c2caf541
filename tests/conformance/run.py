"""`make conformance SUITE=folder`: run the W3C SHACL suite through pySHACL, which referees our shapes, and say what passed."""

import logging
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import suite
from pyshacl import validate
from pyshacl.errors import ReportableRuntimeError, ShapeLoadError, ValidationFailure
from rdflib import Graph

Engine = Callable[[Graph, Graph], Graph | None]


def referee(data: Graph, shapes: Graph) -> Graph | None:
    """The report of pySHACL, or None when it refuses the shapes."""
    try:
        _, report, _ = validate(data, shacl_graph=shapes, advanced=False, inplace=True)
    except (ReportableRuntimeError, ShapeLoadError, ValidationFailure, NotImplementedError):
        return None
    return report if isinstance(report, Graph) else None


def passes(test: suite.Test, *, engine: Engine) -> bool:
    """Whether the engine gives the report that the test expects, or refuses what it must refuse."""
    report = engine(suite.read(test.data), suite.read(test.shapes))
    if report is None or test.expected is None:
        return report is None and test.expected is None
    return suite.comparable(report) == test.expected


def main(arguments: Sequence[str]) -> int:
    """Print what failed and how many passed; 2 when the suite is not there."""
    folder = Path(arguments[0])
    if not (folder / "manifest.ttl").is_file():
        print(f"The W3C suite is not in {folder}: name the folder that holds its manifest.ttl with SUITE=folder.", file=sys.stderr)
        return 2
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    tests = list(suite.tests(folder))
    failed = [test.name for test in tests if not passes(test, engine=referee)]
    for name in failed:
        print(f"  pySHACL fails {name}")
    print(f"referee pySHACL: {len(tests) - len(failed)} of {len(tests)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
