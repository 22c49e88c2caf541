"""Many submissions: in several processes, results in the order of the files, and a first Ctrl-C that ends the report, not the program."""

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

_CHUNK: Final = 8
_AHEAD: Final = 4
_LOOK: Final = 0.2

# What a forked process finds here: nothing of it is sent.
_check: Check | None = None


class InterruptGuard(AbstractContextManager["InterruptGuard"]):
    """Within `with`, a first Ctrl-C is only noted, so that what is being written can be ended well; a second one is as always."""

    def __init__(self) -> None:
        """Nobody has asked to stop."""
        self.asked = False
        self._before: object = None

    def __enter__(self) -> Self:
        """Note Ctrl-C from now on; in the main thread only, where signals come."""
        self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Ctrl-C is again what it was."""
        signal.signal(signal.SIGINT, self._before)  # type: ignore[arg-type]

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


def validate_in_parallel(files: Sequence[Path], *, check: Check, jobs: int, stopped: InterruptGuard) -> Iterator[ValidationOutcome]:
    """What `check` says of each file, in their order, by so many processes; ends early when somebody asked to stop.

    However many files there are, only a few outcomes wait to be taken. A process that dies costs the file that it was at,
    whose outcome is Interrupted. `check` must be ready before: the processes are forked from this one.
    """
    # A forked process has no standard input.
    if jobs == 1 or len(files) == 1 or Path("-") in files or "fork" not in multiprocessing.get_all_start_methods():
        yield from (check(file) for file in itertools.takewhile(lambda _: not stopped.asked, files))
        return
    todo = [files[start : start + _CHUNK] for start in range(0, len(files), _CHUNK)]
    while todo:
        done = 0
        try:
            for outcome in _forked(todo, check=check, jobs=jobs, stopped=stopped):
                yield from outcome
                done += 1
            return
        except BrokenProcessPool:
            # Which file it was is found out by asking about those of the chunk one by one.
            for file in todo[done]:
                yield from _alone(file, check=check, stopped=stopped)
            todo = todo[done + 1 :]


def _alone(file: Path, *, check: Check, stopped: InterruptGuard) -> Iterator[ValidationOutcome]:
    try:
        yield from (outcome for found in _forked([[file]], check=check, jobs=1, stopped=stopped) for outcome in found)
    except BrokenProcessPool:
        yield str(file), WorkerDiedError("cli.worker-died", name=str(file))


def _forked(chunks: Iterable[Sequence[Path]], *, check: Check, jobs: int, stopped: InterruptGuard) -> Iterator[list[ValidationOutcome]]:
    global _check  # noqa: PLW0603 - how a fork hands over what cannot be sent
    _check = check
    gc.freeze()
    pool = ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("fork"), initializer=_begin)
    waiting: deque[Future[list[ValidationOutcome]]] = deque()
    rest = iter(chunks)
    try:
        while not stopped.asked:
            for chunk in rest:
                waiting.append(pool.submit(_checked, chunk))
                if len(waiting) >= jobs * _AHEAD:
                    break
            if not waiting:
                return
            found = _taken(waiting[0], stopped=stopped)
            if found is None:
                return
            waiting.popleft()
            yield found
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        gc.unfreeze()


def _taken(future: Future[list[ValidationOutcome]], *, stopped: InterruptGuard) -> list[ValidationOutcome] | None:
    while not stopped.asked:
        try:
            return future.result(timeout=_LOOK)
        except NotYet:
            continue
    return None


def _begin() -> None:
    # Ctrl-C reaches every process of the terminal; the first one decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _checked(files: Sequence[Path]) -> list[ValidationOutcome]:
    assert _check is not None
    return [_check(file) for file in files]


def with_progress(outcomes: Iterable[ValidationOutcome], *, count: int) -> Iterator[ValidationOutcome]:
    """The same, with a bar on standard error when that is a terminal and standard output is not."""
    if count < 2 or not sys.stderr.isatty() or sys.stdout.isatty():
        yield from outcomes
        return
    with click.progressbar(outcomes, length=count, file=sys.stderr) as bar:
        yield from bar
