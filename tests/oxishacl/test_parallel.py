"""A function applied to many items in several processes."""

import os

from oxishacl.parallel import InterruptFlag, map_in_processes


def test_process_that_dies_costs_one_item():
    """If a process dies, only the item that it was at work on has another outcome; all outcomes are in order."""

    def double(number: int) -> int:
        if number == 17:
            os._exit(9)
        return 2 * number

    found = map_in_processes(double, range(40), jobs=2, interrupt=InterruptFlag(), on_death=lambda number: -number)

    assert list(found) == [-17 if number == 17 else 2 * number for number in range(40)]


def test_few_outcomes_are_buffered():
    """However many items there are, few are handled before the first outcome is taken."""
    interrupt = InterruptFlag()
    outcomes = map_in_processes(abs, range(2_000), jobs=2, interrupt=interrupt, on_death=abs)
    next(outcomes)
    interrupt.requested = True

    assert len(list(outcomes)) < 100
