"""Receipts a second: threads enter documents into a ledger, and each waits for its receipt, with the audit path, before it enters the next.

Printed, for each database and number of threads: entries acknowledged a second, and the time until one is, median and 99th percentile; then
how long a ledger of many entries takes to be verified, and to give a receipt. PostgreSQL is left out where it is not installed.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from ledger_drafts import draft
from observance.ledger import Ledger, make_receipt, verify_ledger
from postgresql import postgresql


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000, help="entries for each number of threads")
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 8, 16])
    parser.add_argument("--sqlite-alone", action="store_true", help="leave PostgreSQL out")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as stack:
        folder = Path(temporary)
        places = {"SQLite": folder / "register.db"}
        if not options.sqlite_alone:
            places["PostgreSQL"] = stack.enter_context(postgresql()).pointer(folder / "register.toml")
        for database, file in places.items():
            with Ledger.create(file, origin="register.example.org/bench") as ledger:
                for threads in options.threads:
                    enter(ledger, threads, count=options.count, database=database)
                seconds, _ = timed(lambda ledger=ledger: verify_ledger(ledger))
                print(f"{database}: {ledger.size:,} entries verified in {seconds:.2f} s; ", end="")
                seconds, _ = timed(lambda ledger=ledger: make_receipt(ledger, ledger.size // 2))
                print(f"a receipt with its audit path in {seconds * 1000:.0f} ms", flush=True)
    return 0


def enter(ledger: Ledger, threads: int, *, count: int, database: str) -> None:
    """Enter so many documents from so many threads, and print how long that took."""

    def one(number: int) -> float:
        seconds, _ = timed(
            lambda: ledger.append([draft(f"{threads}-{number}", f"{threads}-{number}".encode() * 200)], now=datetime.now(UTC))
        )
        return seconds

    started = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        waits = sorted(pool.map(one, range(count)))
    rate, last = count / (time.perf_counter() - started), waits[int(len(waits) * 0.99)]
    print(
        f"{database}, {threads:2} threads: {rate:5.0f} a second; median {statistics.median(waits) * 1000:.0f} ms, p99 {last * 1000:.0f} ms",
        flush=True,
    )


def timed(work: object) -> tuple[float, object]:
    """The seconds that the work takes, and what it gives."""
    assert callable(work)
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


if __name__ == "__main__":
    sys.exit(main())
