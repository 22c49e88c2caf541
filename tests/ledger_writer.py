"""A program that enters documents into a ledger from several threads until it is killed, and says what was acknowledged.

`python ledger_writer.py LEDGER RUN`: each document has the number of its run and its own in its name. A line is written for each once it is
durable, in one system call, so that a kill leaves whole lines.
"""

import itertools
import os
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from ledger_drafts import draft
from observance.ledger import Ledger, locate

THREADS = 4


def main(file: str, run: str) -> None:
    """Enter documents for ever."""
    numbers = itertools.count()
    with Ledger(locate(Path(file))) as ledger:

        def enter() -> None:
            while True:
                name = f"{run}-{next(numbers)}"
                ledger.append([draft(name), draft(f"{name}-receipt")], now=datetime.now(UTC))
                os.write(1, f"{name}\n".encode())

        threads = [threading.Thread(target=enter) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
