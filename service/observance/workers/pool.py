"""A pool of worker processes: their work has an enforced deadline and cannot harm the caller.

Neither a SPARQL engine in native code nor a validator can be interrupted from Python, so both run in child processes that are killed and
replaced. The processes are forked from a loader (`observance.workers.loader`), which has loaded what they need: they start in
milliseconds, share its memory, and a new one knows all that the one before knew.
"""

import contextlib
import queue
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from observance.core import DeadlineExceededError, ObservanceError, SerializedAnswer, WorkerDiedError
from observance.workers.lanes import QUICK_SECONDS, Lanes, SlowQueryError
from observance.workers.loader import WORKER
from observance.workers.messages import (
    ChildError,
    ClosedChannelError,
    PassedDeadlineError,
    Start,
)
from observance.workers.processes import START_SECONDS, LoaderProcess, Worker
from observance.workers.requests import Request


class WorkerPool:
    """Processes that answer requests with the handlers that `target` loads, a function ("package.module:function") of `argument`."""

    def __init__(self, target: str, argument: Mapping[str, object], *, count: int, memory_mb: int, network: bool = False) -> None:
        """Allow processes of `memory_mb` MiB each beside what they share, without sockets unless `network`: one, or twice `count`.

        Each starts when it is first needed; see `Lanes`.
        """
        self._start = Start(target, argument, memory_mb, network)
        self._count = count
        self._closed = False
        self.ended = 0
        """How many processes were ended for passing a deadline, or died."""
        self._lock = threading.Lock()
        self._loader: LoaderProcess | None = None
        self._description: Mapping[str, Any] | None = None
        self._successor: WorkerPool | None = None
        self._children: set[Worker] = set()
        self._idle: queue.LifoQueue[Worker | None] = queue.LifoQueue()
        self._lanes = Lanes(count)
        for _ in range(self._lanes.processes):
            self._idle.put(None)

    def start(self) -> None:
        """Start the loader now, so that it loads while the caller does other work."""
        with self._lock:
            self._running_loader()

    def description(self) -> Mapping[str, Any]:
        """Wait until everything is loaded, and return what the target says of it; raises what loading raised."""
        self._ready_loader()
        assert self._description is not None
        return self._description

    def _ready_loader(self) -> "LoaderProcess":
        """Return a loader that has loaded what this pool answers from; raises what loading raised.

        One that had to be started anew may fail, or find something else: then WorkerDiedError, since no two answers of a pool may rest on
        different things, and its errors are not those of who asks.
        """
        with self._lock:
            loader = self._running_loader()
        try:
            description = loader.ready(time.monotonic() + START_SECONDS)
        except PassedDeadlineError:
            raise DeadlineExceededError("querying.deadline", seconds=f"{START_SECONDS:g}") from None
        except ClosedChannelError:
            raise WorkerDiedError("querying.worker-died") from None
        except ObservanceError:
            if self._description is None:
                raise
            raise WorkerDiedError("querying.worker-died") from None
        with self._lock:
            if self._description is None:
                self._description = description
        if description != self._description:
            raise WorkerDiedError("querying.worker-died")
        return loader

    def successor(self) -> "WorkerPool":
        """Return a pool of as many processes whose loader renews what this one has loaded; this one stays as it is.

        The description of the new pool raises what renewing raised.
        """
        pool = WorkerPool(
            self._start.target, self._start.argument, count=self._count, memory_mb=self._start.memory_mb, network=self._start.network
        )
        with self._lock:
            pool._loader = self._running_loader().successor()
            self._successor = pool
        return pool

    def call(self, request: Request, *, deadline: float) -> SerializedAnswer:
        """Return the answer of the request's handler; any thread may call.

        `deadline` is in seconds from now and includes waiting for a free process, but not loading. Raises DeadlineExceededError past it
        (the process is killed and replaced), WorkerDiedError if the process dies (it is replaced too), and the ObservanceError that the
        handler raised; RuntimeError for any other exception, which is a programming error.
        """
        until = time.monotonic() + deadline
        if not request.untrusted:
            return self._call(request, until, deadline)
        if self._lanes.processes > 1:
            with contextlib.suppress(SlowQueryError), self._lanes.quick_place(until, deadline):
                return self._quick_call(request, until, deadline)
        with self._lanes.slow_place(until, deadline):
            return self._call(request, until, deadline, is_slow=self._lanes.processes > 1)

    def _quick_call(self, request: Request, until: float, deadline: float) -> SerializedAnswer:
        """Return the answer if it is quick; raises SlowQueryError if it is not."""
        try:
            return self._call(request, min(until, time.monotonic() + QUICK_SECONDS), deadline)
        except DeadlineExceededError:
            if time.monotonic() < until:
                raise SlowQueryError from None
            raise

    def _call(self, request: Request, until: float, deadline: float, *, is_slow: bool = False) -> SerializedAnswer:
        """Return the answer; one that `is_slow` leaves the processors to all others."""
        child = self._acquire(until, deadline)
        try:
            start = time.monotonic()
            child = alive = self._ensure_alive(child)
            alive.wait_started(time.monotonic() + START_SECONDS)
            if is_slow:
                alive.yield_processors()
            return alive.ask(request, until=until + time.monotonic() - start)
        except (PassedDeadlineError, ClosedChannelError) as failure:
            self._discard(child)
            child = None
            if isinstance(failure, PassedDeadlineError):
                raise DeadlineExceededError("querying.deadline", seconds=f"{deadline:g}") from None
            raise WorkerDiedError("querying.worker-died") from None
        except BaseException as error:
            is_answer = isinstance(error, (ObservanceError, ChildError)) and child is not None and child.has_started
            if not is_answer:  # there is no child, or it may still send an answer
                self._discard(child)
                child = None
            raise
        finally:
            if is_slow:  # its priority cannot be raised again
                self._discard(child)
                child = None
            self._idle.put(child)

    def close(self) -> None:
        """Kill every process, also a successor that has not loaded yet; who waits for it learns that it has died."""
        with self._lock:
            self._closed = True
            if self._successor is not None and self._successor._description is None and self._successor._loader is not None:
                self._successor._loader.kill()
            for child in self._children:
                child.kill()
            self._children.clear()
            if self._loader is not None:
                self._loader.end()
        # Only idle children's channels are closed here: a running call must not read from a descriptor that is reused elsewhere.
        while not self._idle.empty():
            idle = self._idle.get_nowait()
            if idle is not None:
                idle.end()

    def __enter__(self) -> Self:
        """Return the pool itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close the pool."""
        self.close()

    def _acquire(self, until: float, deadline: float) -> "Worker | None":
        if self._closed:
            raise WorkerDiedError("querying.worker-died")
        try:
            return self._idle.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            raise DeadlineExceededError("querying.busy", seconds=f"{deadline:g}") from None

    def _ensure_alive(self, child: "Worker | None") -> "Worker":
        """Return the child, or a new one if there was none yet or if it died while idle."""
        if child is not None and not child.has_sent:  # an idle one sends nothing before it ends
            return child
        self._discard(child)
        loader = self._ready_loader()
        with self._lock:
            if self._closed:
                raise WorkerDiedError("querying.worker-died")
            new = Worker(loader.fork(WORKER))
            self._children.add(new)
            return new

    def _discard(self, child: "Worker | None") -> None:
        if child is not None:
            child.end()
            with self._lock:
                self._children.discard(child)
                self.ended += 1

    def _running_loader(self) -> "LoaderProcess":
        """Return the loader, or a new one if there is none or if it has ended; the caller holds the lock."""
        if self._closed:
            raise WorkerDiedError("querying.worker-died")
        if self._loader is not None and self._loader.has_ended():
            self._loader.end()
            self._loader = None
        if self._loader is None:
            self._loader = LoaderProcess.start(self._start)
        return self._loader
