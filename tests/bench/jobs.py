"""The command on many submissions with one process and with two, in turn, on the same generated submissions (registers.py).

Printed: the wall-clock time of each run of the command, and the ratio of each pair. Two processes help only as far as two processors are
idle, so the load of the machine is printed with each pair.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pyoxigraph as ox

sys.path.insert(0, str(Path(__file__).parent))

import registers

ROOT = Path(__file__).parents[2]


def measure_validation(folder: str, *, jobs: int) -> float:
    """The wall-clock time, in seconds, of validating the folder."""
    command = [str(Path(sys.executable).parent / "observance"), "validate", folder, "--format", "json", "--jobs", str(jobs)]
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - started


def main(arguments: Sequence[str] | None = None) -> int:
    """Print each pair and the median of the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        for number, quads in enumerate(registers.submissions(options.count, folder=ROOT / "shapes" / "examples")):
            content = ox.serialize((quad.triple for quad in quads), format=ox.RdfFormat.N_TRIPLES) or b""
            (Path(folder) / f"{number:06}.nt").write_bytes(content)
        ratios = []
        for _ in range(options.runs):
            load = os.getloadavg()[0]
            single, double = measure_validation(folder, jobs=1), measure_validation(folder, jobs=2)
            ratios.append(single / double)
            print(f"{options.count} files (load {load:.1f}): one job {single:.1f} s, two {double:.1f} s, {ratios[-1]:.2f} ×", flush=True)
        print(f"median {statistics.median(ratios):.2f} × [{min(ratios):.2f}–{max(ratios):.2f}]")
    return 0


if __name__ == "__main__":
    sys.exit(main())
