"""Lanes: which of a pool's processes answer queries that clients wrote."""

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from typing import Final

from observance.core import DeadlineExceededError, UnavailableError

QUICK_SECONDS: Final = 0.25
"""How long a query that a client wrote may take before it makes way for those that take less."""


class SlowQueryError(Exception):
    """A query that takes longer than a quick one."""


class Lanes:
    """Places for queries that clients wrote, so that they never occupy all processes, and slow ones hold up no quick ones.

    With several processes, `count` of them answer queries for a short time only. One that takes longer is ended and begins again in one of
    the few places for slow ones. The rest are left for requests other than queries.
    """

    def __init__(self, count: int) -> None:
        """`count` is how many queries are answered at once; with one, all share one process."""
        self.processes = 2 * count if count > 1 else 1
        slow = max(1, count // 2)
        self._quick, self._slow = threading.BoundedSemaphore(count), threading.BoundedSemaphore(slow)
        # With one process, whoever asks waits for it.
        self._waiting = threading.Semaphore(2 * slow if count > 1 else sys.maxsize)

    @contextlib.contextmanager
    def quick_place(self, until: float, deadline: float) -> Iterator[None]:
        """A place for a quick query; raises DeadlineExceededError if none becomes free."""
        _acquire(self._quick, until, deadline)
        try:
            yield
        finally:
            self._quick.release()

    @contextlib.contextmanager
    def slow_place(self, until: float, deadline: float) -> Iterator[None]:
        """A place for a slow query; raises UnavailableError if many wait for one, DeadlineExceededError if none becomes free."""
        if not self._waiting.acquire(blocking=False):
            raise UnavailableError("querying.many-slow")
        try:
            _acquire(self._slow, until, deadline)
        finally:
            self._waiting.release()
        try:
            yield
        finally:
            self._slow.release()


def _acquire(places: threading.Semaphore, until: float, deadline: float) -> None:
    if not places.acquire(timeout=max(0.0, until - time.monotonic())):
        raise DeadlineExceededError("querying.busy", seconds=f"{deadline:g}")
