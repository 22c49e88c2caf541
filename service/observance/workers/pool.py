"""A pool of worker processes: their work has an enforced deadline and cannot harm the caller.

Neither a SPARQL engine in native code nor a validator can be interrupted from Python, so both run in child processes that are killed and
replaced. The processes are forked from a loader (`observance.workers.loader`), which has loaded what they need: they start in
milliseconds, share its memory, and a new one knows all that the one before knew.
"""

import contextlib
import os
import queue
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from socket import AF_UNIX, SOCK_STREAM, send_fds, socket, socketpair
from types import TracebackType
from typing import Any, Final, Self

from observance.core import DeadlineExceededError, ObservanceError, SerializedAnswer, WorkerDiedError
from observance.workers.loader import SUCCESSOR, WORKER
from observance.workers.messages import (
    Answered,
    ChildError,
    ClosedChannelError,
    PassedDeadlineError,
    Ready,
    Start,
    Started,
    receive,
    send,
)
from observance.workers.requests import Request

# The time limit for loading, in seconds; the deadline of a call does not include it.
_START_SECONDS: Final = 300.0
# The wait for the end of a process that was killed, in seconds.
_KILL_SECONDS: Final = 5.0


class WorkerPool:
    """Processes that answer requests with the handlers that `target` loads, a function ("package.module:function") of `argument`."""

    def __init__(self, target: str, argument: Mapping[str, object], *, count: int, memory_mb: int, network: bool = False) -> None:
        """Allow `count` processes of `memory_mb` MiB each beside what they share, without sockets unless `network`.

        Each starts when it is first needed.
        """
        self._start = Start(target, argument, memory_mb, network)
        self._count = count
        self._closed = False
        self._lock = threading.Lock()
        self._loader: _Loader | None = None
        self._description: Mapping[str, Any] | None = None
        self._successor: WorkerPool | None = None
        self._children: set[_Worker] = set()
        self._idle: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        for _ in range(count):
            self._idle.put(None)
        # With two processes or more, one is always left for requests other than queries that a client wrote.
        self._untrusted_slots = threading.BoundedSemaphore(max(1, count - 1))

    def start(self) -> None:
        """Start the loader now, so that it loads while the caller does other work."""
        with self._lock:
            self._running_loader()

    def description(self) -> Mapping[str, Any]:
        """Wait until everything is loaded, and return what the target says of it; raises what loading raised."""
        self._ready_loader()
        assert self._description is not None
        return self._description

    def _ready_loader(self) -> "_Loader":
        """Return a loader that has loaded what this pool answers from; raises what loading raised.

        One that had to be started anew may fail, or find something else: then WorkerDiedError, since no two answers of a pool may rest on
        different things, and its errors are not those of who asks.
        """
        with self._lock:
            loader = self._running_loader()
        try:
            description = loader.ready(time.monotonic() + _START_SECONDS)
        except PassedDeadlineError:
            raise DeadlineExceededError("querying.deadline", seconds=f"{_START_SECONDS:g}") from None
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
        if not self._untrusted_slots.acquire(timeout=deadline):
            raise DeadlineExceededError("querying.busy", seconds=f"{deadline:g}")
        try:
            return self._call(request, until, deadline)
        finally:
            self._untrusted_slots.release()

    def _call(self, request: Request, until: float, deadline: float) -> SerializedAnswer:
        child = self._acquire(until, deadline)
        try:
            start = time.monotonic()
            child = alive = self._ensure_alive(child)
            alive.wait_started(time.monotonic() + _START_SECONDS)
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

    def _acquire(self, until: float, deadline: float) -> "_Worker | None":
        if self._closed:
            raise WorkerDiedError("querying.worker-died")
        try:
            return self._idle.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            raise DeadlineExceededError("querying.busy", seconds=f"{deadline:g}") from None

    def _ensure_alive(self, child: "_Worker | None") -> "_Worker":
        """Return the child, or a new one if there was none yet or if it died while idle."""
        if child is not None and not child.has_sent:  # an idle one sends nothing before it ends
            return child
        self._discard(child)
        loader = self._ready_loader()
        with self._lock:
            if self._closed:
                raise WorkerDiedError("querying.worker-died")
            new = _Worker(loader.fork(WORKER))
            self._children.add(new)
            return new

    def _discard(self, child: "_Worker | None") -> None:
        if child is not None:
            child.end()
            with self._lock:
                self._children.discard(child)

    def _running_loader(self) -> "_Loader":
        """Return the loader, or a new one if there is none or if it has ended; the caller holds the lock."""
        if self._closed:
            raise WorkerDiedError("querying.worker-died")
        if self._loader is not None and self._loader.has_ended():
            self._loader.end()
            self._loader = None
        if self._loader is None:
            self._loader = _Loader.start(self._start)
        return self._loader


class _Process:
    """A process at the other end of a channel, which first says its number."""

    def __init__(self, channel: socket) -> None:
        channel.setblocking(False)
        self._channel, self._descriptor = channel, channel.fileno()
        self._process: _Handle | None = None

    @property
    def has_sent(self) -> bool:
        """Whether there is something to read; from a process that nothing is asked of, that is the end of the channel."""
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        return bool(poll.poll(0))

    @property
    def has_started(self) -> bool:
        """Whether the process has said its number."""
        return self._process is not None

    def wait_started(self, until: float) -> None:
        """Wait until the process exists; raises ClosedChannelError if it has ended."""
        if self._process is None:
            reply = receive(self._descriptor, until)
            assert isinstance(reply, Started)
            self._process = _Handle(reply.pid)

    def kill(self) -> None:
        """Kill the process, if it has said its number; one that has not ends when its channel closes."""
        if self._process is not None:
            self._process.kill()

    def end(self) -> None:
        """Kill the process and close the channel."""
        self.kill()
        self._channel.close()
        if self._process is not None:
            self._process.close()


class _Worker(_Process):
    """A worker; used by one thread at a time."""

    def ask(self, request: Request, *, until: float) -> SerializedAnswer:
        """Send the request and return the handler's answer; raises what the handler raised."""
        send(self._descriptor, request, until)
        reply = receive(self._descriptor, until)
        assert isinstance(reply, Answered)
        return reply.answer


class _Loader(_Process):
    """A loader; any thread may wait until it is ready, the pool's lock guards the rest."""

    def __init__(self, channel: socket, process: "subprocess.Popen[bytes] | None" = None) -> None:
        super().__init__(channel)
        self._child = process
        self._waiting = threading.Lock()
        self._ready: Ready | None = None
        self._has_ended = False

    def has_ended(self) -> bool:
        """Whether the process has ended; one that loads has not."""
        return self._has_ended or (self._ready is not None and self.has_sent)

    @classmethod
    def start(cls, start: Start) -> Self:
        """Return a new loader that begins to load."""
        ours, theirs = socketpair(AF_UNIX, SOCK_STREAM)
        with theirs:
            process = subprocess.Popen(
                # -P: modules must not be imported from the current folder.
                [sys.executable, "-P", "-m", "observance.workers.loader"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                start_new_session=True,
            )
        loader = cls(ours, process)
        with contextlib.suppress(PassedDeadlineError, ClosedChannelError):  # `ready` raises the error
            send(loader._descriptor, start, time.monotonic() + _START_SECONDS)
        return loader

    def ready(self, until: float) -> Mapping[str, Any]:
        """Wait until everything is loaded and return its description; raises what loading raised."""
        with self._waiting:
            if self._ready is None:
                try:
                    self.wait_started(until)
                    reply = receive(self._descriptor, until)
                    assert isinstance(reply, Ready)
                    self._ready = reply
                finally:
                    if self._ready is None:  # the next call starts another loader, which raises the same error
                        self.end()
            return self._ready.description

    def fork(self, order: bytes) -> socket:
        """Order a process, and return the channel to it; if the loader has died, the channel is closed at once."""
        ours, theirs = socketpair(AF_UNIX, SOCK_STREAM)
        with theirs:
            try:
                send_fds(self._channel, [order], [theirs.fileno()])
            except OSError:
                self.end()
        return ours

    def successor(self) -> "_Loader":
        """Return a loader that is forked from this one and renews what it has loaded."""
        return _Loader(self.fork(SUCCESSOR))

    def end(self) -> None:
        """Kill the process and close the channel."""
        self._has_ended = True
        if self._child is not None:
            self._child.kill()
            self._child.wait()
        super().end()


class _Handle:
    """A process that may not be a child of this one, by its number."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._is_killed = False
        # Without it (on other systems than Linux), the number may belong to another process once this one has ended.
        self._descriptor: int | None = None
        if hasattr(os, "pidfd_open"):
            with contextlib.suppress(OSError):
                self._descriptor = os.pidfd_open(pid)

    def kill(self) -> None:
        """Kill the process and wait until it has ended."""
        if self._is_killed:
            return
        self._is_killed = True
        with contextlib.suppress(OSError):
            if self._descriptor is None:
                os.kill(self._pid, signal.SIGKILL)
            else:
                signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)
                poll = select.poll()
                poll.register(self._descriptor, select.POLLIN)
                poll.poll(_KILL_SECONDS * 1000)
        with contextlib.suppress(OSError):  # an orphan that this process has adopted
            os.waitpid(self._pid, os.WNOHANG)

    def close(self) -> None:
        """Forget the process."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
