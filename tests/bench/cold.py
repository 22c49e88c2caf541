"""The command from a cold start: `observance validate FILE` and `pyshacl FILE`, in turn, on the same shapes, knowledge and submission.

pySHACL gets the knowledge as its ontology graph (`-e`). Printed are processor time, which depends less on other work than wall-clock time,
and the lower bound, a process that only imports Click and Oxigraph. `observance` is timed with the disk cache of an earlier run, as in
every run but the first, and without.
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


def measure(command: Sequence[str], *, environment: Mapping[str, str]) -> tuple[float, float]:
    """The processor time and the wall-clock time of the command, in milliseconds."""
    before, started = os.times(), time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, env=environment)
    after, ended = os.times(), time.perf_counter()
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    return processor * 1000, (ended - started) * 1000


def spread(milliseconds: Sequence[float]) -> str:
    """The median in milliseconds, with the least and greatest value in brackets."""
    return f"{statistics.median(milliseconds):6.0f} ms [{min(milliseconds):.0f}–{max(milliseconds):.0f}]"


def write_room(folder: Path, name: str, room: str) -> str:
    """Write the quads of the room into one file of N-Triples and return its path."""
    file = folder / f"{name}.nt"
    quads = load_knowledge(ROOT).quads if room == "ontology" else read_files(room_files(ROOT, room), root=ROOT)
    file.write_bytes(ox.serialize(dict.fromkeys(quad.triple for quad in quads), format=ox.RdfFormat.N_TRIPLES) or b"")
    return str(file)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the times for each of the examples."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--examples", nargs="*", default=["para-2-5-timetable", "para-2-8-reports"])
    options = parser.parse_args(arguments)
    scripts = Path(sys.executable).parent
    with tempfile.TemporaryDirectory() as folder:
        shapes, knowledge = write_room(Path(folder), "shapes", "shapes"), write_room(Path(folder), "knowledge", "ontology")
        for name in options.examples:
            file = str(EXAMPLES / f"{name}.ttl")
            # Compiled Python files are cached as in any installation, even if this environment says otherwise.
            inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
            usual_environment = {**inherited, "XDG_CACHE_HOME": folder}
            observance = [str(scripts / "observance"), "validate", file]
            commands = {
                "floor": ([sys.executable, "-c", FLOOR], usual_environment),
                OURS: (observance, usual_environment),
                "… nothing kept": (observance, {**usual_environment, "OBSERVANCE_CACHE": "off"}),
                "pyshacl": ([str(scripts / "pyshacl"), "-s", shapes, "-e", knowledge, file], usual_environment),
            }
            for command, environment in commands.values():
                measure(command, environment=environment)
            times = [{kind: measure(line, environment=env) for kind, (line, env) in commands.items()} for _ in range(options.runs)]
            print(f"{name} (load of the machine {os.getloadavg()[0]:.1f})")
            for kind in commands:
                processor, clock = zip(*(run[kind] for run in times), strict=True)
                ratio = statistics.median(run[kind][0] / run[OURS][0] for run in times)
                print(f"  {kind:22} processor {spread(processor)}  {ratio:5.2f} ×  clock {spread(clock)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
