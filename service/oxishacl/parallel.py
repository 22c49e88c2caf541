"""A function applied to many items in several processes, with outcomes in the order of the items and an orderly end on Ctrl-C."""

import gc
import itertools
import multiprocessing
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from types import FrameType, TracebackType
from typing import Any, Final, Self, TypeVar

import click

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

_CHUNK_SIZE: Final = 8
_CHUNKS_PER_PROCESS: Final = 4
_POLL_SECONDS: Final = 0.2

# A forked process inherits this function, which cannot be pickled.
_inherited: Callable[[Any], Any] | None = None


class InterruptFlag(AbstractContextManager["InterruptFlag"]):
    """Context in which a first Ctrl-C only sets `requested`, so that the output can be completed; a second one interrupts."""

    def __init__(self) -> None:
        """No interrupt is requested yet."""
        self.requested = False
        self._previous: object = None

    def __enter__(self) -> Self:
        """Install the handler; possible in the main thread only."""
        self._previous = signal.signal(signal.SIGINT, self._handle_signal)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        """Restore the previous handler."""
        signal.signal(signal.SIGINT, self._previous)  # type: ignore[arg-type]

    def _handle_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True


def map_in_processes(
    function: Callable[[Item], Outcome], items: Sequence[Item], *, jobs: int, interrupt: InterruptFlag, on_death: Callable[[Item], Outcome]
) -> Iterator[Outcome]:
    """The outcomes of `function` for the items, in their order, from `jobs` processes; ends early after an interrupt.

    Only a few chunks are in progress at a time. If a process dies, `on_death` gives the outcome of the item that it was at work on.
    `function` must need no further loading, and no standard input: the processes are forked from this one.
    """
    if jobs == 1 or len(items) == 1 or "fork" not in multiprocessing.get_all_start_methods():
        yield from (function(item) for item in itertools.takewhile(lambda _: not interrupt.requested, items))
        return
    # Few items are handed out one by one, so that those that are done come back while another takes long.
    size = max(1, min(_CHUNK_SIZE, len(items) // (jobs * _CHUNKS_PER_PROCESS)))
    chunks = [items[start : start + size] for start in range(0, len(items), size)]
    while chunks:
        completed = 0
        try:
            for outcomes in _mapped(function, chunks, jobs=jobs, interrupt=interrupt):
                yield from outcomes
                completed += 1
            return
        except BrokenProcessPool:
            # The item that killed the process is in this chunk: its items are handled one by one.
            for item in chunks[completed]:
                yield from _mapped_alone(function, item, interrupt=interrupt, on_death=on_death)
            chunks = chunks[completed + 1 :]


def _mapped_alone(
    function: Callable[[Item], Outcome], item: Item, *, interrupt: InterruptFlag, on_death: Callable[[Item], Outcome]
) -> Iterator[Outcome]:
    try:
        yield from (outcome for outcomes in _mapped(function, [[item]], jobs=1, interrupt=interrupt) for outcome in outcomes)
    except BrokenProcessPool:
        yield on_death(item)


def _mapped(
    function: Callable[[Item], Outcome], chunks: Iterable[Sequence[Item]], *, jobs: int, interrupt: InterruptFlag
) -> Iterator[list[Outcome]]:
    global _inherited  # noqa: PLW0603 - a fork hands over what cannot be pickled
    _inherited = function
    gc.freeze()
    pool = ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("fork"), initializer=_ignore_interrupt)
    waiting: deque[Future[list[Outcome]]] = deque()
    remaining = iter(chunks)
    try:
        while not interrupt.requested:
            for chunk in remaining:
                waiting.append(pool.submit(_run, chunk))
                if len(waiting) >= jobs * _CHUNKS_PER_PROCESS:
                    break
            if not waiting:
                return
            outcomes = _wait_for(waiting[0], interrupt=interrupt)
            if outcomes is None:
                return
            waiting.popleft()
            yield outcomes
    finally:
        if interrupt.requested:
            # What a process is at work on is not waited for.
            for process in list(pool._processes.values()):
                process.terminate()
        pool.shutdown(wait=True, cancel_futures=True)
        gc.unfreeze()


def _wait_for(future: Future[list[Outcome]], *, interrupt: InterruptFlag) -> list[Outcome] | None:
    while not interrupt.requested:
        try:
            return future.result(timeout=_POLL_SECONDS)
        except NotYet:
            continue
    return None


def _ignore_interrupt() -> None:
    # Ctrl-C reaches every process of the terminal; the parent process decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _run(items: Sequence[Any]) -> list[Any]:
    assert _inherited is not None
    return [_inherited(item) for item in items]


def with_progress(outcomes: Iterable[Outcome], *, count: int) -> Iterator[Outcome]:
    """The outcomes, with a progress bar on standard error if that is a terminal and standard output is not."""
    if count < 2 or not sys.stderr.isatty() or sys.stdout.isatty():
        yield from outcomes
        return
    with click.progressbar(outcomes, length=count, file=sys.stderr) as bar:
        yield from bar
