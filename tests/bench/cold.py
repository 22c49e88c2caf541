"""The command, cold: `observance validate FILE` and pySHACL's `pyshacl FILE`, in turn, on the same shapes, knowledge and submission.

Both are given the same: to pySHACL the knowledge is handed over as its ontology graph (`-e`). Printed is the time of the processor, of
which other work takes less than of the clock, and the floor: Python, Click and Oxigraph imported, nothing done. Ours is timed with what
an earlier run kept of the rooms, as every run but the first finds it, and without.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyoxigraph as ox

from observance.knowledge import load_knowledge, read_files, room_files

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "shapes" / "examples"
FLOOR = "import click, pyoxigraph"
OURS = "observance validate"


def spent(command: Sequence[str], *, environment: Mapping[str, str]) -> tuple[float, float]:
    """Milliseconds of the processor and on the clock that the command takes."""
    before, started = os.times(), time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, env=environment)
    after, ended = os.times(), time.perf_counter()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return used * 1000, (ended - started) * 1000


def as_file(folder: Path, name: str, room: str) -> str:
    """The room in one file of N-Triples."""
    file = folder / f"{name}.nt"
    quads = load_knowledge(ROOT).quads if room == "ontology" else read_files(room_files(ROOT, room), root=ROOT)
    file.write_bytes(ox.serialize(dict.fromkeys(quad.triple for quad in quads), format=ox.RdfFormat.N_TRIPLES) or b"")
    return str(file)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures for each example named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--examples", nargs="*", default=["para-2-5-timetable", "para-2-8-reports"])
    options = parser.parse_args(arguments)
    bin_ = Path(sys.executable).parent
    with tempfile.TemporaryDirectory() as folder:
        shapes, knowledge = as_file(Path(folder), "shapes", "shapes"), as_file(Path(folder), "knowledge", "ontology")
        for name in options.examples:
            file = str(EXAMPLES / f"{name}.ttl")
            # Every installation keeps compiled Python files; here an environment may say otherwise.
            usual = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | {"XDG_CACHE_HOME": folder}
            ours = [str(bin_ / "observance"), "validate", file]
            commands = {
                "floor": ([sys.executable, "-c", FLOOR], usual),
                OURS: (ours, usual),
                "… nothing kept": (ours, {**usual, "OBSERVANCE_CACHE": "off"}),
                "pyshacl": ([str(bin_ / "pyshacl"), "-s", shapes, "-e", knowledge, file], usual),
            }
            for command, environment in commands.values():
                spent(command, environment=environment)
            times = [{kind: spent(line, environment=own) for kind, (line, own) in commands.items()} for _ in range(options.runs)]
            print(f"{name} (load of the machine {os.getloadavg()[0]:.1f})")
            for kind in commands:
                used, clock = zip(*(run[kind] for run in times), strict=True)
                ratio = statistics.median(run[kind][0] / run[OURS][0] for run in times)
                print(
                    f"  {kind:22} processor {statistics.median(used):6.0f} ms [{min(used):.0f}–{max(used):.0f}]  {ratio:5.2f} ×"
                    f"  clock {statistics.median(clock):6.0f} ms [{min(clock):.0f}–{max(clock):.0f}]",
                    flush=True,
                )
    return 0


if __name__ == "__main__":
    sys.exit(main())
