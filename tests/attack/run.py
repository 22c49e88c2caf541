"""`make attack SECONDS=n`: attacks on `observance serve` under its defaults; none may succeed.

The service is asked under a name that is not this machine's, so that it takes everybody for a stranger. Each attack is a line: whether the
service held, and the figures. Before that all attacks come at once, in random order, for so many seconds; the main process may grow to 1.3
times the memory that it has after good clients have used it for a few seconds. With fewer than 20 seconds, only the attacks that take no
time of their own are made.
"""

import argparse
import random
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from attacks import ATTACKS, PAGES, QUICK
from target import Target, serving

SEED = 2018
GROWTH = 1.3
"""The largest memory of the main process after the attacks, as a multiple of that before."""
SAMPLE_SECONDS = 20.0
CLIENTS = 4
GOOD_CLIENTS = 8
GOOD_ROUNDS = 8
GOOD_PAGES = (*PAGES, "/", "/duties", "/questions", "/questions/attendance-at-review-meetings", "/validate", "/sparql?query=ASK+%7B%7D")


def say(held: bool, name: str, figures: str) -> bool:
    """Print a line about an attack, and return whether it was held."""
    print(f"{'held     ' if held else 'SUCCEEDED'}  {name:<45} {figures}", flush=True)
    return held


def use(target: Target) -> None:
    """Ask what good clients ask, several at once."""

    def ask() -> None:
        for _ in range(GOOD_ROUNDS):
            for path in GOOD_PAGES:
                target.ask(path, accept="text/html")

    run_together([ask] * GOOD_CLIENTS)


def run_together(works: Sequence[Callable[[], None]]) -> None:
    """Do all works at once."""
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def mixed(target: Target, *, seconds: float, names: tuple[str, ...]) -> bool:
    """Whether the main process stays small while the attacks come at once."""
    before, until, source, made = target.memory_mb(), time.monotonic() + seconds, random.Random(SEED), [0]
    attacks = [attack for name, attack in ATTACKS if name in names]

    def attack() -> None:
        while time.monotonic() < until:
            source.choice(attacks)(target)
            made[0] += 1

    run_together([attack] * CLIENTS)
    after = target.memory_mb()
    figures = f"{made[0]} attacks at once; main process {before:.0f} MB before, {after:.0f} MB after ({after / before:.2f} ×)"
    answers = all(target.ask(path).status == 200 for path in PAGES)
    return say(after <= GROWTH * before and answers, "all of them at once", figures)


def main() -> int:
    """Run the command line, and return the exit code."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=60.0, help="how long all attacks come at once")
    seconds: float = arguments.parse_args().seconds
    names = tuple(name for name, _ in ATTACKS) if seconds >= SAMPLE_SECONDS else QUICK
    with serving() as target:
        start = target.memory_mb()
        use(target)
        print(f"the main process has {start:.0f} MB at its start, and {target.memory_mb():.0f} MB after good clients used it")
        outcomes = [mixed(target, seconds=seconds, names=names)]
        for name, attack in ATTACKS:
            if name in names:
                held, figures = attack(target)
                outcomes.append(say(held, name, figures))
    print(f"{outcomes.count(False)} of {len(outcomes)} succeeded")
    return 1 if False in outcomes else 0


if __name__ == "__main__":
    sys.exit(main())
