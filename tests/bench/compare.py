"""Comparison of validators on generated registers: time including parsing, memory, and agreement of results.

Each engine runs in a process of its own, one after the other, on the same files: the shapes, the knowledge, and a register of the given
number of submissions (registers.py). The other engines are installed into the folder `.bench`. An engine that cannot be installed, fails
or exceeds the limit is listed with the reason and not run on larger registers; nothing is extrapolated.

Printed: wall-clock time (the median of the runs, and the spread) and processor time, which is more reliable on a busy machine; peak
memory; and the number of results, with their agreement with ours by focus node, path, component, value and shape, counted, all blank
nodes being equal.
"""

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

sys.path.insert(0, str(Path(__file__).parent))

import registers

from observance.knowledge import faults, find_root, load_knowledge, room_files

ENGINES_FOLDER: Final = Path(__file__).parent / "engines"
SHACL: Final = "http://www.w3.org/ns/shacl#"
SMALL_SIZE: Final = 190
"""The largest number of submissions on which the other engines run several times."""
COMPARED_PROPERTIES: Final = ("focusNode", "resultPath", "sourceConstraintComponent", "value", "sourceShape")


@dataclass(frozen=True)
class Engine:
    """A validator: the command that runs it and the function that installs it, both given a folder; `sparql`: it has SPARQL constraints."""

    name: str
    command: Callable[[Path], list[str]]
    install: Callable[[Path], None]
    sparql: bool = True


def _python_engine(name: str, *packages: str) -> Engine:
    def install(folder: Path) -> None:
        if packages:
            _run([sys.executable, "-m", "venv", str(folder)])
            _run([str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", *packages])

    return Engine(
        name,
        lambda folder: [_python_executable(folder, packages), str(ENGINES_FOLDER / "in_python.py"), name.replace("-", "_").lower()],
        install,
    )


def _python_executable(folder: Path, packages: Sequence[str]) -> str:
    return str(folder / "bin" / "python") if packages else sys.executable


def _node_engine() -> Engine:
    def install(folder: Path) -> None:
        shutil.copy(ENGINES_FOLDER / "package.json", folder)
        _run(["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=folder)

    return Engine("rdf-validate-shacl", lambda _: ["node", str(ENGINES_FOLDER / "in_node.mjs")], install, sparql=False)


def _java_engine() -> Engine:
    def install(folder: Path) -> None:
        shutil.copy(ENGINES_FOLDER / "pom.xml", folder)
        _run(["mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib"], cwd=folder)
        _run(["javac", "-cp", "lib/*", "-d", "classes", str(ENGINES_FOLDER / "InJava.java")], cwd=folder)

    return Engine("Jena", lambda folder: ["java", "-Xmx4g", "-cp", f"{folder / 'lib'}/*:{folder / 'classes'}", "InJava"], install)


ENGINES: Final = (
    _python_engine("observance"),
    _python_engine("pySHACL"),
    _python_engine("pyrudof", "pyrudof==0.3.35"),
    _python_engine("pyshifty", "pyshifty==0.5.1", "rdflib>=7.6,<8"),
    _python_engine("pyshacl-turbo", "pyshacl-turbo==0.6.5"),
    _python_engine("shacl", "shacl==0.3.4"),
    _node_engine(),
    _java_engine(),
)


@dataclass
class Measurement:
    """The runs of one engine on one register, and its results; `failure` is the reason why there are none."""

    runs: list[Mapping[str, float]] = field(default_factory=list)
    results: Counter[tuple[str, ...]] = field(default_factory=Counter)
    failure: str = ""

    def line(self, name: str, *, ours: "Measurement | None") -> str:
        """The row of the table, with the ratios of both times to ours."""
        if self.failure:
            return f"  {name:20} {self.failure}"
        clock = [run["clock"] for run in self.runs]
        spread = f"[{min(clock):.2f}–{max(clock):.2f}]" if len(clock) > 1 else "[one run]"
        times = "  ".join(f"{kind} {self._median(kind):9.3f} s {self._ratio(kind, ours)}" for kind in ("clock", "processor"))
        return f"  {name:20} {times}  {spread:16} {self._median('memory_mb'):6.0f} MB  {self._agreement(ours)}"

    def _median(self, kind: str) -> float:
        return statistics.median(run[kind] for run in self.runs)

    def _ratio(self, kind: str, ours: "Measurement | None") -> str:
        return f"{self._median(kind) / ours._median(kind):6.1f} ×" if ours is not None and ours.runs else " " * 8

    def _agreement(self, ours: "Measurement | None") -> str:
        count = sum(self.results.values())
        if ours is None or not ours.runs or self is ours:
            return f"{count} results"
        missing, more = ours.results - self.results, self.results - ours.results
        return f"{count} results, " + ("the same" if not missing and not more else f"{missing.total()} missing, {more.total()} more")


def _run(command: Sequence[str], *, cwd: Path | None = None, limit: int = 900) -> str:
    """The output of the command; raises TimeoutError after `limit` seconds of processor time, RuntimeError for another failure."""
    limited = ["sh", "-c", f'ulimit -t {limit}; exec "$@"', "sh", *command]
    completed = subprocess.run(limited, cwd=cwd, capture_output=True, text=True, check=False)
    if completed.returncode in {-signal.SIGXCPU, -signal.SIGKILL}:
        raise TimeoutError
    if completed.returncode:
        lines = [line.strip() for line in (completed.stderr or completed.stdout).splitlines() if line.strip()] or [
            f"exit code {completed.returncode}"
        ]
        raise RuntimeError(next((line for line in reversed(lines) if "Error" in line or "Exception" in line), lines[-1])[:160])
    return completed.stdout


def install_engine(engine: Engine, *, parent: Path) -> tuple[Path, str]:
    """Install the engine unless it is installed; its folder, and the reason if it is not available, else an empty text."""
    folder = parent / engine.name
    if (folder / "ready").exists():
        return folder, ""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        engine.install(folder)
    except (RuntimeError, OSError) as fault:
        return folder, f"not available: {fault}"
    (folder / "ready").touch()
    return folder, ""


def measure_engine(engine: Engine, *, folder: Path, files: Sequence[Path], runs: int, limit: int) -> Measurement:
    """The measurement of the engine on the files: shapes, knowledge, register."""
    measurement, report = Measurement(), files[0].parent / "report.nt"
    for _ in range(runs):
        report.unlink(missing_ok=True)
        try:
            output = _run([*engine.command(folder), *map(str, files), str(report)], cwd=folder, limit=limit)
        except TimeoutError:
            return Measurement(failure=f"more than {limit} s of the processor, or too much memory: stopped")
        except (RuntimeError, OSError) as fault:
            return Measurement(failure=f"failed: {fault}")
        run: Mapping[str, Any] = json.loads(output.splitlines()[-1])
        measurement.runs.append(run)
    measurement.results = _results(report)
    return measurement


def _results(report: Path) -> Counter[tuple[str, ...]]:
    """The results of a validation report, counted: the objects of sh:result, without those of sh:detail."""
    values: dict[object, dict[str, str]] = {}
    results = []
    for quad in ox.parse(path=report, format=ox.RdfFormat.N_TRIPLES):
        name = quad.predicate.value.removeprefix(SHACL)
        if name == "result":
            results.append(quad.object)
        elif name in COMPARED_PROPERTIES:
            values.setdefault(quad.subject, {})[name] = "_:" if isinstance(quad.object, ox.BlankNode) else _normalise_literal(quad.object)
    return Counter(tuple(values[result].get(name, "") for name in COMPARED_PROPERTIES) for result in results)


def _normalise_literal(term: object) -> str:
    return str(term).replace("^^<http://www.w3.org/2001/XMLSchema#string>", "")


def write_register(count: int, *, root: Path, folder: Path) -> Path:
    """Write a generated register as N-Triples, which every engine reads; its file."""
    file = folder / f"register-{count}.nt"
    with file.open("wb") as out:
        for quads in registers.submissions(count, folder=root / "shapes" / "examples"):
            out.write(ox.serialize((quad.triple for quad in quads), format=ox.RdfFormat.N_TRIPLES) or b"")
    return file


def write_background(root: Path, *, folder: Path) -> tuple[Path, Path, Path]:
    """Write the knowledge, all shapes, and the shapes without SPARQL constraints; their files."""
    shapes = faults.read_turtle(room_files(root, "shapes"), root=root)
    core = [quad for quad in shapes if quad.predicate.value != SHACL + "sparql"]
    files = []
    for name, quads in (("knowledge", load_knowledge(root).quads), ("full", shapes), ("core", core)):
        files.append(folder / f"{name}.nt")
        files[-1].write_bytes(ox.serialize(dict.fromkeys(quad.triple for quad in quads), format=ox.RdfFormat.N_TRIPLES) or b"")
    return files[0], files[1], files[2]


def print_table(
    size: int, kind: str, *, files: Sequence[Path], installed: Mapping[str, tuple[Path, str]], runs: int, limit: int
) -> set[str]:
    """Measure each engine on the files and print the table; the names of the engines that failed."""
    print(f"\n{size} submissions, {kind} shapes (load of the machine {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors)", flush=True)
    ours: Measurement | None = None
    failed = set()
    for engine in ENGINES:
        if engine.name not in installed:
            continue
        folder, reason = installed[engine.name]
        if kind == "full" and not engine.sparql:
            reason = reason or "knows no SPARQL constraints: not run"
        count = runs if size <= SMALL_SIZE or engine is ENGINES[0] else 1
        measurement = Measurement(failure=reason)
        if not reason:
            measurement = measure_engine(engine, folder=folder, files=files, runs=count, limit=limit)
        if measurement.failure and not reason:
            failed.add(engine.name)
        ours = measurement if engine is ENGINES[0] else ours
        print(measurement.line(engine.name, ours=ours), flush=True)
    return failed


def main(arguments: Sequence[str]) -> int:
    """Print a table for each size, for the shapes of SHACL Core and for all shapes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=[1, 190, 2_000, 20_000])
    parser.add_argument("--engines", nargs="*", default=[engine.name for engine in ENGINES])
    parser.add_argument("--shapes", nargs="*", choices=["core", "full"], default=["core", "full"])
    parser.add_argument("--runs", type=int, default=3, help="runs of each engine up to 190 submissions, and of ours beyond; else one")
    parser.add_argument("--limit", type=int, default=600, help="seconds of the processor that one run of an engine may take")
    parser.add_argument("--folder", type=Path, default=Path(".bench"), help="where the other engines are installed")
    options = parser.parse_args(arguments)
    chosen = [engine for engine in ENGINES if engine.name in options.engines]
    installed = {engine.name: install_engine(engine, parent=options.folder.absolute()) for engine in chosen}
    installed_by_shapes = {kind: dict(installed) for kind in options.shapes}
    root = find_root()
    with tempfile.TemporaryDirectory() as scratch:
        knowledge, full, core = write_background(root, folder=Path(scratch))
        for size in options.sizes:
            register = write_register(size, root=root, folder=Path(scratch))
            for kind, engines in installed_by_shapes.items():
                files = (full if kind == "full" else core, knowledge, register)
                for name in print_table(size, kind, files=files, installed=engines, runs=options.runs, limit=options.limit):
                    engines[name] = (engines[name][0], "not run: it did not end on a smaller register")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
