"""Validation of many files in several processes, with outcomes in the order of the files and an orderly end on Ctrl-C."""

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
from pathlib import Path
from types import FrameType, TracebackType
from typing import Final, Self

import click

from observance.cli.validate import ValidationOutcome
from observance.core import WorkerDiedError

Check = Callable[[Path], ValidationOutcome]

_CHUNK_SIZE: Final = 8
_CHUNKS_PER_PROCESS: Final = 4
_POLL_SECONDS: Final = 0.2

# A forked process inherits this function, which cannot be pickled.
_inherited_check: Check | None = None


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


def validate_in_parallel(files: Sequence[Path], *, check: Check, jobs: int, interrupt: InterruptFlag) -> Iterator[ValidationOutcome]:
    """The outcomes of `check` for the files, in their order, from `jobs` processes; ends early after an interrupt.

    Only a few chunks are in progress at a time. If a process dies, the outcome of the file that it was validating is
    WorkerDiedError. `check` must need no further loading: the processes are forked from this one.
    """
    # A forked process has no standard input.
    if jobs == 1 or len(files) == 1 or Path("-") in files or "fork" not in multiprocessing.get_all_start_methods():
        yield from (check(file) for file in itertools.takewhile(lambda _: not interrupt.requested, files))
        return
    chunks = [files[start : start + _CHUNK_SIZE] for start in range(0, len(files), _CHUNK_SIZE)]
    while chunks:
        completed = 0
        try:
            for outcomes in _validate_forked(chunks, check=check, jobs=jobs, interrupt=interrupt):
                yield from outcomes
                completed += 1
            return
        except BrokenProcessPool:
            # The file that killed the process is in this chunk: validate its files one by one.
            for file in chunks[completed]:
                yield from _validate_alone(file, check=check, interrupt=interrupt)
            chunks = chunks[completed + 1 :]


def _validate_alone(file: Path, *, check: Check, interrupt: InterruptFlag) -> Iterator[ValidationOutcome]:
    try:
        yield from (outcome for outcomes in _validate_forked([[file]], check=check, jobs=1, interrupt=interrupt) for outcome in outcomes)
    except BrokenProcessPool:
        yield str(file), WorkerDiedError("cli.worker-died", name=str(file))


def _validate_forked(
    chunks: Iterable[Sequence[Path]], *, check: Check, jobs: int, interrupt: InterruptFlag
) -> Iterator[list[ValidationOutcome]]:
    global _inherited_check  # noqa: PLW0603 - a fork hands over what cannot be pickled
    _inherited_check = check
    gc.freeze()
    pool = ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("fork"), initializer=_ignore_interrupt)
    waiting: deque[Future[list[ValidationOutcome]]] = deque()
    remaining = iter(chunks)
    try:
        while not interrupt.requested:
            for chunk in remaining:
                waiting.append(pool.submit(_run_check, chunk))
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
        pool.shutdown(wait=True, cancel_futures=True)
        gc.unfreeze()


def _wait_for(future: Future[list[ValidationOutcome]], *, interrupt: InterruptFlag) -> list[ValidationOutcome] | None:
    while not interrupt.requested:
        try:
            return future.result(timeout=_POLL_SECONDS)
        except NotYet:
            continue
    return None


def _ignore_interrupt() -> None:
    # Ctrl-C reaches every process of the terminal; the parent process decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _run_check(files: Sequence[Path]) -> list[ValidationOutcome]:
    assert _inherited_check is not None
    return [_inherited_check(file) for file in files]


def with_progress(outcomes: Iterable[ValidationOutcome], *, count: int) -> Iterator[ValidationOutcome]:
    """The outcomes, with a progress bar on standard error if that is a terminal and standard output is not."""
    if count < 2 or not sys.stderr.isatty() or sys.stdout.isatty():
        yield from outcomes
        return
    with click.progressbar(outcomes, length=count, file=sys.stderr) as bar:
        yield from bar
