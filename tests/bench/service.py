"""The service over a large register: times, sizes and memory, beside those of an earlier commit; and how they grow.

Each tree serves the same generated registers (`history.py`) from processes of its own, and is asked over HTTP, so that the earlier commit
needs nothing of this file. First the table for one size: what is asked of a service that has just started, the commands from a cold start,
the bytes of the heaviest page, and the memory of all processes together (proportional set size, which counts what several share once).
Then, for this tree alone, the time of every question, command and page at each size, with the exponent between the least and the greatest:
1 is linear, 2 quadratic. A time of less than a tenth of a second at the greatest size has no exponent.
"""

import argparse
import gzip
import http.client
import json
import math
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

import history
import pyoxigraph as ox
from msgspec import Struct

ROOT = Path(__file__).parents[2]
CODES = tuple(f"X{letter}" for letter in "ABCDEFGHIJLMNOPQRSTUVWXYZ")
"""The invented parties of the table: the earlier commit knows none but those on its list."""
VALUES = {"iri": "https://w3id.org/observance/instruments/rkc", "paragraph": "2.5", "date": "2024-01-01", "asOf": "2022-01-01"}
START_SECONDS = 1200
CACHE = ".bench/cache"
PAGES = (
    "/", "/resolution", "/duties", "/duties?reading=*", "/members/{party}/duties", "/duties/{party}/norm-2.5", "/relay", "/meetings",
    "/meetings/meeting-6", "/benchmarking", "/benchmarking?by=region", "/questions/attendance-at-review-meetings", "/sparql",
)  # fmt: skip
HISTORY = "/duties/{party}/norm-2.5/history"
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "assess --format json": ("assess", "--format", "json"),
    "assess --brief": ("assess", "--brief"),
    "diff --from": ("diff", "--from", "2024-01-01", "--to", "2026-06-30"),
    "explain": ("explain", "{party}", "2.5"),
    "meeting dossier": ("meeting", "dossier", "meeting-6"),
    "benchmark": ("benchmark", "--by", "region"),
    "counts": ("counts", "--disregard", "Justification"),
    "relay plan": ("relay", "plan"),
}
ADDED = "2026-06-02"


class Sample(Struct, frozen=True):
    """A register to measure with, and one of its parties."""

    folder: Path
    party: str


class Service:
    """A service of a tree over a register; `seconds` is how long it took to start."""

    def __init__(self, tree: Path, sample: Sample, *, workers: int) -> None:
        """Start it and wait until it answers."""
        started = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "observance", "serve", "--port", "0", "--register", str(sample.folder)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=environment(tree) | {"OBSERVANCE_WORKERS": str(workers)},
        )  # fmt: skip
        assert self._process.stdout is not None
        found = re.search(r"http://([^/]+)/", self._process.stdout.readline())
        assert found, "the service did not start"
        self._address, self.party = found[1], sample.party
        self.seconds = time.perf_counter() - started

    def get(self, path: str, *, accept: str = "text/html") -> tuple[float, int, bytes, http.client.HTTPMessage]:
        """The seconds, the status, the body as it was transferred, and the headers of a response."""
        path = path.replace("{party}", self.party)
        started = time.perf_counter()
        connection = http.client.HTTPConnection(self._address, timeout=600)
        connection.request("GET", path, headers={"Accept": accept, "Accept-Encoding": "gzip", "Accept-Language": "en"})
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return time.perf_counter() - started, response.status, body, response.headers

    def memory(self) -> float:
        """The proportional set size of the service with all its processes, in megabytes."""
        return sum(map(proportional_set_size, descendants(self._process.pid))) / 1000

    def end(self) -> None:
        """End it with its processes."""
        self._process.send_signal(signal.SIGTERM)
        self._process.communicate(timeout=60)


@contextmanager
def served(tree: Path, sample: Sample, *, workers: int = 2) -> Iterator[Service]:
    """A service that ends with the context."""
    service = Service(tree, sample, workers=workers)
    try:
        yield service
    finally:
        service.end()


def environment(tree: Path) -> dict[str, str]:
    """The environment of the commands of a tree, which keep what they have read in a folder of the tree's own."""
    return {**os.environ, "PYTHONPATH": str(tree / "service"), "OBSERVANCE_CACHE": str(tree / CACHE), "LC_ALL": "C.UTF-8"}


def descendants(pid: int) -> list[int]:
    """The process and all below it."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found, pending = list[int](), [pid]
    while pending:
        found.append(pending.pop())
        pending += parents.get(found[-1], ())
    return found


def proportional_set_size(pid: int) -> int:
    """The proportional set size of a process in kilobytes; 0 for one that has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def command_seconds(tree: Path, sample: Sample, arguments: Sequence[str]) -> float:
    """The seconds of a command from a cold start; infinite if it fails."""
    given = [argument.replace("{party}", sample.party) for argument in arguments]
    command = [sys.executable, "-m", "observance", *given, "--register", str(sample.folder)]
    started = time.perf_counter()
    done = subprocess.run(command, env=environment(tree), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - started if done.returncode in (0, 1) else math.inf


def question_paths(service: Service) -> dict[str, str]:
    """The address of each question of the catalogue, with values for the parameters that it needs."""
    paths, values = {}, {**VALUES, "party": service.party}
    _, _, body, headers = service.get("/questions", accept="application/json")
    for question in json.loads(read(body, headers)):
        needed = [param for param in question["params"] if param["required"]]
        query = {param["name"]: values.get(param["name"]) or values.get(param["type"], VALUES["date"]) for param in needed}
        paths[question["name"]] = f"/questions/{quote(question['name'])}?{urlencode({**query, 'lang': 'en', 'format': 'csv'})}"
    return paths


def first_asks(service: Service) -> dict[str, float]:
    """The seconds of each question, asked for the first time; infinite for one that is not answered."""
    asked = {name: service.get(path, accept="*/*") for name, path in question_paths(service).items()}
    return {name: seconds if status == 200 else math.inf for name, (seconds, status, _, _) in asked.items()}


def page_sizes(service: Service) -> tuple[float, float]:
    """The greatest page in kilobytes: as transferred, and as a browser reads it."""
    transferred, whole = [], []
    for page in PAGES:
        _, _, body, headers = service.get(page)
        transferred.append(len(body) / 1000)
        whole.append(len(read(body, headers)) / 1000)
    return max(transferred), max(whole)


def read(body: bytes, headers: http.client.HTTPMessage) -> bytes:
    """The body as a browser reads it."""
    return gzip.decompress(body) if headers.get("Content-Encoding") == "gzip" else body


def use_all_workers(service: Service) -> None:
    """Ask for more pages at once than there are workers, none of them twice, so that each has answered."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(service.get, [f"/members/{code}/duties" for code in CODES]))


def add_document(sample: Sample, number: int) -> None:
    """Add a document of a party to the register, as a careful program does."""
    party, register = sample.party, sample.folder
    name = f"{party}/added-{number}"
    text = history.prefixes(are_listed=party in CODES) + history.template("record").substitute(
        node=name, party=party, day=ADDED, steps="", year="2025", revises="", kind="CooperationStatement", paragraph="p2.6", withdrawn=""
    )
    draft = register.with_name(f"draft-{number}.ttl")
    draft.write_text(text, encoding="utf-8")
    draft.rename(register / f"{name}.ttl")


def statements(folder: Path) -> int:
    """The number of statements in the documents of a register."""
    return sum(1 for file in folder.rglob("*.ttl") for _ in ox.parse(path=file))


def switch(service: Service, sample: Sample, number: int) -> tuple[float, float]:
    """The seconds until an added document is answered from, and the greatest memory meanwhile."""
    version = service.get("/readings", accept="application/json")[3].get("Observance-Register")
    add_document(sample, number)
    started, memory = time.perf_counter(), 0.0
    while service.get("/readings", accept="application/json")[3].get("Observance-Register") == version:
        memory = max(memory, service.memory())
        if time.perf_counter() - started > START_SECONDS:
            return math.inf, memory
        time.sleep(0.02)
    return time.perf_counter() - started, memory


def measure(tree: Path, sample: Sample, *, is_this: bool) -> dict[str, str]:
    """The column of a tree: a text for each row of the table."""
    rows = {}
    # The first time, what may be kept is not yet: it is a row of its own.
    rows["first command over the register, s"] = f"{command_seconds(tree, sample, COMMANDS['assess --brief']):.1f}"
    for name in ("assess --format json", "diff --from"):
        rows[f"`{name}`, s"] = f"{command_seconds(tree, sample, COMMANDS[name]):.1f}"
    with served(tree, sample) as service:
        rows["start of the service, s"] = f"{service.seconds:.1f}"
        rows["memory when started, MB"] = f"{service.memory():.0f}"
        rows["first page (/duties), s"] = f"{service.get('/duties')[0]:.2f}"
        rows["first history, s"] = f"{service.get(HISTORY)[0]:.2f}"
    with served(tree, sample) as service:
        times = {page: service.get(page)[0] for page in PAGES}
        slowest = max(times, key=lambda page: times[page])
        rows["slowest first page, s"] = f"{times[slowest]:.2f} ({slowest})"
        sizes = page_sizes(service)
        rows["heaviest page, kB transferred / read"] = f"{sizes[0]:.0f} / {sizes[1]:.0f}"
    with served(tree, sample) as service:
        asked = first_asks(service)
        slowest = max(asked, key=lambda name: asked[name])
        rows["slowest question, s"] = f"{asked[slowest]:.1f} ({slowest})"
        rows["questions not answered"] = str(sum(math.isinf(seconds) for seconds in asked.values()))
    with served(tree, sample, workers=6) as service:
        use_all_workers(service)
        rows["memory, six workers used, MB"] = f"{service.memory():.0f}"
        used = service.memory()
    with served(tree, Sample(ROOT / "queries" / "demo", CODES[1]), workers=6) as service:
        use_all_workers(service)
        rows["memory a statement beyond the demo register, bytes"] = f"{(used - service.memory()) * 1e6 / statements(sample.folder):.0f}"
    if is_this:
        with served(tree, sample) as service:
            use_all_workers(service)
            switches = [switch(service, sample, number) for number in range(3)]
            rows["a document added, until it is answered from, s"] = f"{statistics.median(seconds for seconds, _ in switches):.1f}"
            rows["memory during a switch, MB"] = f"{max(memory for _, memory in switches):.0f}"
    return rows


def growth(samples: Mapping[int, Sample]) -> None:
    """Print the seconds of every question, page and command at each size, with the exponent of growth."""
    seconds: dict[str, dict[int, float]] = {}

    def note(name: str, size: int, taken: float) -> None:
        seconds.setdefault(name, {})[size] = taken

    for size, sample in samples.items():
        for name, arguments in COMMANDS.items():
            note(f"command {name}", size, command_seconds(ROOT, sample, arguments))
        with served(ROOT, sample) as service:
            note("start", size, service.seconds)
            note("memory, MB", size, service.memory())
            for page in (*PAGES, HISTORY):
                note(f"page {page}", size, service.get(page)[0])
        with served(ROOT, sample) as service:
            for name, taken in first_asks(service).items():
                note(f"question {name}", size, taken)
    least, greatest = min(samples), max(samples)
    print(f"{'':52}" + "".join(f"{size:>10,}" for size in samples) + "  exponent")
    for name, taken in seconds.items():
        if taken[greatest] >= 0.1:
            exponent = math.log(taken[greatest] / taken[least]) / math.log(greatest / least) if greatest > least else math.nan
            print(f"{name:52}" + "".join(f"{taken[size]:>10.2f}" for size in samples) + f"{exponent:>10.2f}")


@contextmanager
def tree_of(commit: str, folder: Path) -> Iterator[Path]:
    """The tree of a commit."""
    tree = folder / commit
    subprocess.run(["git", "clone", "--quiet", "--shared", str(ROOT), str(tree)], check=True)
    subprocess.run(["git", "-C", str(tree), "checkout", "--quiet", commit], check=True)
    yield tree


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table and the growth."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=2000, help="submissions of the register of the table; 0: no table")
    parser.add_argument("--base", default="5559bf9", help="the commit to compare with; empty: none")
    parser.add_argument("--sizes", nargs="*", type=int, default=[200, 2000], help="submissions of the registers for the growth")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if options.size:
            sample = Sample(folder / "table", CODES[1])
            history.write_register(sample.folder, options.size, codes=CODES)
            print_table(sample, options.size, base=options.base, folder=folder)
        samples = {size: Sample(folder / str(size), "party-3") for size in options.sizes}
        for size, sample in samples.items():
            history.write_register(sample.folder, size)
        if samples:
            growth(samples)
    shutil.rmtree(ROOT / CACHE, ignore_errors=True)
    return 0


def print_table(sample: Sample, size: int, *, base: str, folder: Path) -> None:
    """Print the column of the earlier commit beside that of this tree."""
    columns: list[dict[str, str]] = []
    if base:
        with tree_of(base, folder) as tree:
            columns.append(measure(tree, sample, is_this=False))
    columns.append(measure(ROOT, sample, is_this=True))
    print(f"{size:,} submissions of {len(CODES)} parties" + (f": {base}, this tree" if base else ""))
    for name in columns[-1]:
        print(f"{name:52}" + "".join(f"{column.get(name, '–'):>46}" for column in columns), flush=True)


if __name__ == "__main__":
    sys.exit(main())
