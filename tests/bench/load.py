"""`make load`: good clients beside hostile ones, and requests a second beside Oxigraph's server, in one run.

The service runs under its defaults over the demo register, under a name that is not this machine's. First the times of eight clients that
ask ten questions of the catalogue, by name and as queries of their own, alone and while somebody sends an endless query each second: the
ratio of the 99th percentiles is what the hostile client costs the others. Then requests a second on 16 connections: ten catalogue queries
as text by a service that keeps no answers, and by one that does, where a fifth of them and all of them are different. Oxigraph's server is
installed from PyPI into .bench, once, and serves the same files in its default graph.
"""

import argparse
import asyncio
import contextlib
import itertools
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from msgspec import Struct

sys.path.insert(0, str(Path(__file__).parents[1] / "attack"))

from attacks import CARTESIAN
from target import NAME, serving

from observance.core import PREFIXES

ROOT = Path(__file__).parents[2]
QUESTIONS = (
    "operative-paragraphs", "review-meetings", "norms-by-modality-and-cue", "duties-that-recur", "paragraphs-without-duty",
    "duties-of-conduct-or-result", "what-the-text-leaves-open", "instruments-cited-or-adopted", "standards-that-no-duty-names",
    "recitals-that-support-a-paragraph",
)  # fmt: skip
GOOD_CLIENTS, CONNECTIONS = 8, 16
PAUSE_SECONDS = 0.02
"""How long a good client thinks between two requests."""
LIMIT_SECONDS = 60.0
OXIGRAPH = ROOT / ".bench" / "oxigraph"
REQUIREMENT = "oxigraph>=0.5.13,<0.6"
Make = Callable[[int], bytes]
"""The bytes of the request with a number."""


class Outcome(Struct):
    """The times of the requests that were answered with 200, and how many were not."""

    seconds: list[float]
    failed: int = 0

    def percentile(self, share: float) -> float:
        """The time, in seconds, within which such a share was answered."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


def texts() -> list[str]:
    """The queries of the questions, with the prefixes of the service."""
    read = [(ROOT / "queries" / f"{name}.rq").read_text(encoding="utf-8") for name in QUESTIONS]
    prefixes = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items())
    return [prefixes + re.sub(r"(?m)^#.*\n", "", text) for text in read]


def by_name(number: int) -> bytes:
    """A question of the catalogue, by its name."""
    path = f"/questions/{QUESTIONS[number % len(QUESTIONS)]}"
    return f"GET {path} HTTP/1.1\r\nHost: {NAME}\r\nAccept: application/sparql-results+json\r\n\r\n".encode()


def as_query(path: str, *, different: int) -> Make:
    """A catalogue query as text; `different` of ten are sent with a comment that no other has."""
    queries = texts()

    def make(number: int) -> bytes:
        comment = f"\n# {time.time_ns()} {number}" if number // len(queries) % 10 < different else ""
        body = (queries[number % len(queries)] + comment).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: {NAME}\r\nAccept: application/sparql-results+json\r\n"
        return f"{head}Content-Type: application/sparql-query\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body

    return make


async def client(port: int, make: Make, numbers: Iterator[int], *, until: float, pause: float, outcome: Outcome) -> None:
    """Send requests one after the other until the time has come."""
    while time.perf_counter() < until:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            while time.perf_counter() < until:
                began = time.perf_counter()
                async with asyncio.timeout(LIMIT_SECONDS):
                    writer.write(make(next(numbers)))
                    is_answered = await answered(reader)
                outcome.seconds.append(time.perf_counter() - began)
                outcome.failed += not is_answered
                await asyncio.sleep(pause)
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            outcome.failed += 1
        finally:
            writer.close()


async def answered(reader: asyncio.StreamReader) -> bool:
    """Read a response, and return whether its status is 200."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if found := re.search(rb"content-length: *(\d+)", head):
        await reader.readexactly(int(found[1]))
    else:
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    return head.split(b" ")[1] == b"200"


async def load(port: int, make: Make, *, clients: int, seconds: float, pause: float = 0.0, killers: bool = False) -> Outcome:
    """The outcome of so many clients; `killers`: while somebody sends an endless query each second."""
    outcome, numbers, until = Outcome([]), itertools.count(), time.perf_counter() + seconds
    hostile = asyncio.create_task(kill(port)) if killers else None
    await asyncio.gather(*(client(port, make, numbers, until=until, pause=pause, outcome=outcome) for _ in range(clients)))
    if hostile is not None:
        hostile.cancel()
    return outcome


async def kill(port: int) -> None:
    """Send an endless query each second, each on a connection of its own, which is left open."""
    body = CARTESIAN.encode()
    head = f"POST /sparql HTTP/1.1\r\nHost: {NAME}\r\nContent-Type: application/sparql-query\r\nContent-Length: {len(body)}\r\n\r\n"
    opened = []
    while True:
        opened.append(await asyncio.open_connection("127.0.0.1", port))
        opened[-1][1].write(head.encode() + body)
        await asyncio.sleep(1)


def beside_killers(port: int, name: str, make: Make, *, seconds: float) -> float:
    """Print the times of good clients alone and beside the hostile one, and return the ratio of their 99th percentiles."""
    asyncio.run(load(port, make, clients=GOOD_CLIENTS, seconds=2.0, pause=PAUSE_SECONDS))
    alone = asyncio.run(load(port, make, clients=GOOD_CLIENTS, seconds=seconds, pause=PAUSE_SECONDS))
    beside = asyncio.run(load(port, make, clients=GOOD_CLIENTS, seconds=seconds, pause=PAUSE_SECONDS, killers=True))
    ratio = beside.percentile(0.99) / alone.percentile(0.99)
    for title, outcome in (("alone", alone), ("beside", beside)):
        p50, p99 = (outcome.percentile(share) * 1000 for share in (0.5, 0.99))
        print(f"{name:<12} {title:<7} {len(outcome.seconds):6} requests, {outcome.failed} not answered, p50 {p50:.1f} ms, p99 {p99:.1f} ms")
    print(f"{name:<12} p99 × {ratio:.1f}", flush=True)
    time.sleep(6)  # the last endless queries end
    return ratio


@contextmanager
def oxigraph() -> Iterator[int]:
    """The port of Oxigraph's server over the same files."""
    if not (OXIGRAPH / "bin" / "oxigraph").exists():
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--target", str(OXIGRAPH), REQUIREMENT], check=True)
    program = str(OXIGRAPH / "bin" / "oxigraph")
    files = sorted([*(ROOT / "ontology").rglob("*.ttl"), *(ROOT / "shapes").rglob("*.ttl"), *(ROOT / "queries" / "demo").glob("*.ttl")])
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, "load", "--location", folder, "--file", *map(str, files)], check=True, capture_output=True)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port: int = probe.getsockname()[1]
        command = [program, "serve-read-only", "--location", folder, "--bind", f"127.0.0.1:{port}"]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            try:
                wait_until_open(port)
                yield port
            finally:
                process.terminate()


def wait_until_open(port: int) -> None:
    """Wait until a server listens on the port."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.1)


def requests_a_second(port: int, path: str, *, different: int, seconds: float) -> float:
    """How many catalogue queries are answered in a second."""
    make = as_query(path, different=different)
    asyncio.run(load(port, make, clients=CONNECTIONS, seconds=1.0))
    outcome = asyncio.run(load(port, make, clients=CONNECTIONS, seconds=seconds))
    return (len(outcome.seconds) - outcome.failed) / seconds


DIFFERENT: Final = (("no answers kept", 0), ("a fifth different", 2), ("all different", 10))
"""The kinds of load, each with how many of ten queries are different."""


def compare(*, seconds: float) -> None:
    """Print requests a second of both servers, each kind of load one after the other on both."""
    print(f"{'requests a second':<20}{'Observance':>14}{'Oxigraph':>14}{'ratio':>10}")
    with oxigraph() as theirs, serving(OBSERVANCE_ANSWER_CACHE_BYTES="0") as keeping_none, serving() as keeping:
        for name, different in DIFFERENT:
            ours = (keeping if different else keeping_none).port
            rates = [
                requests_a_second(port, path, different=different, seconds=seconds)
                for port, path in ((ours, "/sparql"), (theirs, "/query"))
            ]
            print(f"{name:<20}{rates[0]:>14.0f}{rates[1]:>14.0f}{rates[0] / rates[1]:>10.2f}", flush=True)


def main() -> None:
    """Run the command line."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=15.0, help="length of each measurement")
    seconds: float = arguments.parse_args().seconds
    with serving() as target:
        beside_killers(target.port, "by name", by_name, seconds=seconds)
        beside_killers(target.port, "as a query", as_query("/sparql", different=10), seconds=seconds)
    compare(seconds=seconds)


if __name__ == "__main__":
    main()
