"""Run pySHACL's own tests with oxishacl in the place of pySHACL's `validate`: `make pyshacl`.

The tests come from the source archive of the installed version, which is downloaded from PyPI once, into `.bench`. Only tests that call
`validate` count. `pyshacl.tsv` judges each test that fails, with the reason; `pyshacl_swap.py` is the plugin that replaces the function.
Exits with 1 when a test fails that is not judged there, when a judged test passes, and when a judgement is that the fault is ours; with 2
when the archive cannot be downloaded or the tests cannot be run.
"""

import csv
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import urllib.request
from collections import Counter
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CACHE = ROOT / ".bench"
TABLE = HERE / "pyshacl.tsv"
INDEX = "https://pypi.org/simple/pyshacl/"
JUDGEMENTS = ("unsupported by design", "pySHACL differs from SHACL", "internal")
TIMEOUT = 1200


class SuiteError(Exception):
    """The tests cannot be had or run."""


def main() -> int:
    """Print the figures and each test that fails with its judgement; the exit code."""
    try:
        folder = tests_of(version("pyshacl"))
        outcomes = run(folder)
    except SuiteError as error:
        print(error, file=sys.stderr)
        return 2
    judged = judgements()
    called = {test: outcome for test, (outcome, has_called) in outcomes.items() if has_called}
    misses = [test for test, outcome in called.items() if outcome == "failed"]
    passed = sum(outcome == "passed" for outcome in called.values())
    print(f"pySHACL's own tests: {passed} of {len(called)} ({len(outcomes) - len(called)} more do not call validate)")
    for test in misses:
        judgement, reason = judged.get(test, ("not judged", "add it to pyshacl.tsv, or mend oxishacl"))
        print(f"  {test}: {judgement}: {reason}")
    for judgement, count in sorted(Counter(judged[test][0] for test in misses if test in judged).items()):
        print(f"{judgement}: {count}")
    found = faults(outcomes, judged)
    for fault in found:
        print(fault)
    return 1 if found else 0


def faults(outcomes: Mapping[str, tuple[str, bool]], judged: Mapping[str, tuple[str, str]]) -> list[str]:
    """What is wrong with the judgements: a miss without one, one without a miss, and one that may not be, such as a fault of ours.

    A test that is judged and did not call `validate` is passed over: some do so with a network only.
    """
    called = {test: outcome for test, (outcome, has_called) in outcomes.items() if has_called}
    found = [f"not judged: {test}" for test, outcome in called.items() if outcome == "failed" and test not in judged]
    found += [f"judged, and there is no such miss: {test}" for test in judged if test not in outcomes or called.get(test) == "passed"]
    return found + [f"{judgement!r} may not be: {test}" for test, (judgement, _) in judged.items() if judgement not in JUDGEMENTS]


def judgements() -> dict[str, tuple[str, str]]:
    """The judgement and the reason of each test in `pyshacl.tsv`."""
    with TABLE.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {row["test"]: (row["judgement"], row["reason"]) for row in rows}


def tests_of(release: str) -> Path:
    """The folder in which pySHACL's tests of the release are, in its folder `test`."""
    folder = CACHE / f"pyshacl-{release}"
    if not (folder / "test").is_dir():
        content = archive(release)
        with tarfile.open(fileobj=io.BytesIO(content)) as members:
            prefix = f"pyshacl-{release}/"
            tests = [member for member in members.getmembers() if member.name.startswith(f"{prefix}test/")]
            # A run that was interrupted leaves no folder that looks complete.
            partial = CACHE / f"partial-{os.getpid()}"
            members.extractall(partial, members=tests, filter="data")
        folder.mkdir(parents=True, exist_ok=True)
        (partial / f"pyshacl-{release}" / "test").rename(folder / "test")
        shutil.rmtree(partial)
    # Keeps pytest from reading the project's own configuration.
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    return folder


def archive(release: str) -> bytes:
    """The source archive of the release, as PyPI's index names it, with its hash verified."""
    request = urllib.request.Request(INDEX, headers={"Accept": "application/vnd.pypi.simple.v1+json"})
    name = f"pyshacl-{release}.tar.gz"
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            files = json.load(response)["files"]
        (file,) = (file for file in files if file["filename"] == name)
        with urllib.request.urlopen(file["url"], timeout=60) as response:
            content: bytes = response.read()
    except (OSError, ValueError, KeyError) as error:
        raise SuiteError(f"{name}, which has pySHACL's tests, cannot be downloaded from {INDEX} ({error}).") from error
    if hashlib.sha256(content).hexdigest() != file["hashes"]["sha256"]:
        raise SuiteError(f"{name} does not have the SHA-256 that {INDEX} gives; nothing was run.")
    return content


def run(folder: Path) -> Mapping[str, tuple[str, bool]]:
    """The outcome of each test, and whether it called `validate`."""
    file = folder / "outcomes.tsv"
    file.unlink(missing_ok=True)
    paths = [str(ROOT / "service"), str(HERE)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYSHACL_SWAP_OUTCOMES": str(file)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "pyshacl_swap", "-p", "no:cacheprovider", "-W", "ignore", "--tb=no", "test"]
    try:
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        raise SuiteError(f"pySHACL's tests did not end within {TIMEOUT} seconds.") from None
    if done.returncode not in {0, 1} or not file.is_file():
        raise SuiteError(f"pySHACL's tests cannot be run:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    lines = (line.split("\t") for line in file.read_text(encoding="utf-8").splitlines())
    return {test: (outcome, has_called == "called") for test, outcome, has_called in lines}


if __name__ == "__main__":
    sys.exit(main())
