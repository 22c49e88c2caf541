"""Validators side by side on generated registers, in one run: time with parsing, memory, and whether they find the same.

Each engine runs in a process of its own, one after the other, on the same files: the shapes, the knowledge, and a register of so many
submissions (registers.py). What the others need is installed into a folder of its own, `.bench`, and nowhere else. An engine that cannot
be had, fails or takes longer than the limit is said to, and is not run on a larger register; nothing is extrapolated.

Printed: the time on the clock (the median of the runs, and the spread) and on the processor, which says more when the machine is busy;
the peak of memory; and the results, as many as there are and whether they are those of ours: focus node, path, component, value, each
as often, blank nodes all alike.
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

ENGINES: Final = Path(__file__).parent / "engines"
SHACL: Final = "http://www.w3.org/ns/shacl#"
SMALL: Final = 190
KEY: Final = ("focusNode", "resultPath", "sourceConstraintComponent", "value", "sourceShape")


@dataclass(frozen=True)
class Engine:
    """An engine: the command that runs it, what installs it, and whether it knows SPARQL constraints."""

    name: str
    command: Callable[[Path], list[str]]
    install: Callable[[Path], None]
    sparql: bool = True


def _python(name: str, *packages: str) -> Engine:
    def install(folder: Path) -> None:
        if packages:
            _run([sys.executable, "-m", "venv", str(folder)])
            _run([str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", *packages])

    return Engine(
        name, lambda folder: [_python_of(folder, packages), str(ENGINES / "in_python.py"), name.replace("-", "_").lower()], install
    )


def _python_of(folder: Path, packages: Sequence[str]) -> str:
    return str(folder / "bin" / "python") if packages else sys.executable


def _node() -> Engine:
    def install(folder: Path) -> None:
        shutil.copy(ENGINES / "package.json", folder)
        _run(["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=folder)

    return Engine("rdf-validate-shacl", lambda _: ["node", str(ENGINES / "in_node.mjs")], install, sparql=False)


def _java() -> Engine:
    def install(folder: Path) -> None:
        shutil.copy(ENGINES / "pom.xml", folder)
        _run(["mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib"], cwd=folder)
        _run(["javac", "-cp", "lib/*", "-d", "classes", str(ENGINES / "InJava.java")], cwd=folder)

    return Engine("Jena", lambda folder: ["java", "-Xmx4g", "-cp", f"{folder / 'lib'}/*:{folder / 'classes'}", "InJava"], install)


TABLE: Final = (
    _python("observance"),
    _python("pySHACL"),
    _python("pyrudof", "pyrudof==0.3.35"),
    _python("pyshifty", "pyshifty==0.5.1", "rdflib>=7.6,<8"),
    _python("pyshacl-turbo", "pyshacl-turbo==0.6.5"),
    _node(),
    _java(),
)


@dataclass
class Cell:
    """What was measured of one engine on one register; `why` where it has no figures."""

    runs: list[Mapping[str, float]] = field(default_factory=list)
    found: Counter[tuple[str, ...]] = field(default_factory=Counter)
    why: str = ""

    def line(self, name: str, *, ours: "Cell | None") -> str:
        """The line of the table; how many times as long as ours it took is said of both times."""
        if self.why:
            return f"  {name:20} {self.why}"
        clock = [run["clock"] for run in self.runs]
        spread = f"[{min(clock):.2f}–{max(clock):.2f}]" if len(clock) > 1 else "[one run]"
        times = "  ".join(f"{kind} {self._middle(kind):9.3f} s {self._ratio(kind, ours)}" for kind in ("clock", "processor"))
        return f"  {name:20} {times}  {spread:16} {self._middle('memory_mb'):6.0f} MB  {self._agreement(ours)}"

    def _middle(self, kind: str) -> float:
        return statistics.median(run[kind] for run in self.runs)

    def _ratio(self, kind: str, ours: "Cell | None") -> str:
        return f"{self._middle(kind) / ours._middle(kind):6.1f} ×" if ours is not None and ours.runs else " " * 8

    def _agreement(self, ours: "Cell | None") -> str:
        count = sum(self.found.values())
        if ours is None or not ours.runs or self is ours:
            return f"{count} results"
        missing, more = ours.found - self.found, self.found - ours.found
        return f"{count} results, " + ("the same" if not missing and not more else f"{missing.total()} missing, {more.total()} more")


def _run(command: Sequence[str], *, cwd: Path | None = None, limit: int = 900) -> str:
    """What the command prints; `limit` is in seconds of the processor, which a busy machine does not shorten."""
    bounded = ["sh", "-c", f'ulimit -t {limit}; exec "$@"', "sh", *command]
    done = subprocess.run(bounded, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode in {-signal.SIGXCPU, -signal.SIGKILL}:
        raise TimeoutError
    if done.returncode:
        lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()] or [f"exit code {done.returncode}"]
        raise RuntimeError(next((line for line in reversed(lines) if "Error" in line or "Exception" in line), lines[-1])[:160])
    return done.stdout


def installed(engine: Engine, *, below: Path) -> tuple[Path, str]:
    """The engine's folder, made if need be, and why it cannot be had, if so."""
    folder = below / engine.name
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


def measured(engine: Engine, *, folder: Path, files: Sequence[Path], runs: int, limit: int) -> Cell:
    """The engine on the files, so many times."""
    cell, report = Cell(), files[0].parent / "report.nt"
    for _ in range(runs):
        report.unlink(missing_ok=True)
        try:
            said = _run([*engine.command(folder), *map(str, files), str(report)], cwd=folder, limit=limit)
        except TimeoutError:
            return Cell(why=f"more than {limit} s of the processor, or too much memory: stopped")
        except (RuntimeError, OSError) as fault:
            return Cell(why=f"failed: {fault}")
        run: Mapping[str, Any] = json.loads(said.splitlines()[-1])
        cell.runs.append(run)
    cell.found = _results(report)
    return cell


def _results(report: Path) -> Counter[tuple[str, ...]]:
    """The results of a report: the objects of sh:result, not those of sh:detail."""
    stated: dict[object, dict[str, str]] = {}
    results = []
    for quad in ox.parse(path=report, format=ox.RdfFormat.N_TRIPLES):
        name = quad.predicate.value.removeprefix(SHACL)
        if name == "result":
            results.append(quad.object)
        elif name in KEY:
            stated.setdefault(quad.subject, {})[name] = "_:" if isinstance(quad.object, ox.BlankNode) else _same(quad.object)
    return Counter(tuple(stated[result].get(name, "") for name in KEY) for result in results)


def _same(term: object) -> str:
    return str(term).replace("^^<http://www.w3.org/2001/XMLSchema#string>", "")


def written(count: int, *, root: Path, folder: Path) -> Path:
    """The file of a register, in N-Triples, which every engine reads."""
    file = folder / f"register-{count}.nt"
    with file.open("wb") as out:
        for quads in registers.submissions(count, folder=root / "shapes" / "examples"):
            out.write(ox.serialize((quad.triple for quad in quads), format=ox.RdfFormat.N_TRIPLES) or b"")
    return file


def grounds(root: Path, *, folder: Path) -> tuple[Path, Path, Path]:
    """The files of the knowledge, of all shapes, and of the shapes without SPARQL constraints."""
    shapes = faults.read_turtle(room_files(root, "shapes"), root=root)
    core = [quad for quad in shapes if quad.predicate.value != SHACL + "sparql"]
    files = []
    for name, quads in (("knowledge", load_knowledge(root).quads), ("full", shapes), ("core", core)):
        files.append(folder / f"{name}.nt")
        files[-1].write_bytes(ox.serialize(dict.fromkeys(quad.triple for quad in quads), format=ox.RdfFormat.N_TRIPLES) or b"")
    return files[0], files[1], files[2]


def table(size: int, kind: str, *, files: Sequence[Path], ready: Mapping[str, tuple[Path, str]], runs: int, limit: int) -> set[str]:
    """Print what each engine that is ready makes of the files; the names of those that did not end."""
    print(f"\n{size} submissions, {kind} shapes (load of the machine {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors)", flush=True)
    ours: Cell | None = None
    failed = set()
    for engine in TABLE:
        if engine.name not in ready:
            continue
        folder, why = ready[engine.name]
        if kind == "full" and not engine.sparql:
            why = why or "knows no SPARQL constraints: not run"
        several = size <= SMALL or engine is TABLE[0]
        cell = Cell(why=why) if why else measured(engine, folder=folder, files=files, runs=runs if several else 1, limit=limit)
        if cell.why and not why:
            failed.add(engine.name)
        ours = cell if engine is TABLE[0] else ours
        print(cell.line(engine.name, ours=ours), flush=True)
    return failed


def main(arguments: Sequence[str]) -> int:
    """Print a table for each size, with the shapes of SHACL Core and with all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=[1, 190, 2_000, 20_000])
    parser.add_argument("--engines", nargs="*", default=[engine.name for engine in TABLE])
    parser.add_argument("--shapes", nargs="*", choices=["core", "full"], default=["core", "full"])
    parser.add_argument("--runs", type=int, default=3, help="runs of each engine up to 190 submissions, and of ours beyond; else one")
    parser.add_argument("--limit", type=int, default=600, help="seconds of the processor that one run of an engine may take")
    parser.add_argument("--folder", type=Path, default=Path(".bench"), help="where the other engines are installed")
    options = parser.parse_args(arguments)
    named = [engine for engine in TABLE if engine.name in options.engines]
    ready = {engine.name: installed(engine, below=options.folder.absolute()) for engine in named}
    given = {kind: dict(ready) for kind in options.shapes}
    root = find_root()
    with tempfile.TemporaryDirectory() as scratch:
        knowledge, full, core = grounds(root, folder=Path(scratch))
        for size in options.sizes:
            register = written(size, root=root, folder=Path(scratch))
            for kind, engines in given.items():
                files = (full if kind == "full" else core, knowledge, register)
                for name in table(size, kind, files=files, ready=engines, runs=options.runs, limit=options.limit):
                    engines[name] = (engines[name][0], "not run: it did not end on a smaller register")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
