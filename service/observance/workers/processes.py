"""The processes of a pool, seen from it: a loader and the workers that are forked from it, each at the other end of a channel."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from socket import AF_UNIX, SOCK_STREAM, send_fds, socket, socketpair
from typing import Any, Final, Self

from observance.core import SerializedAnswer
from observance.workers.loader import SUCCESSOR
from observance.workers.messages import Answered, ClosedChannelError, PassedDeadlineError, Ready, Start, Started, receive, send
from observance.workers.requests import Request

START_SECONDS: Final = 300.0
"""The time limit for loading, in seconds; the deadline of a call does not include it."""
# The wait for the end of a process that was killed, in seconds.
_KILL_SECONDS: Final = 5.0
# The priority of a slow query (nice), in steps below that of everything else.
_SLOW_NICENESS: Final = 10


class Process:
    """A process at the other end of a channel, which first says its number."""

    def __init__(self, channel: socket) -> None:
        channel.setblocking(False)
        self._channel, self._descriptor = channel, channel.fileno()
        self._process: ProcessHandle | None = None

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
            self._process = ProcessHandle(reply.pid)

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


class Worker(Process):
    """A worker; used by one thread at a time."""

    def yield_processors(self) -> None:
        """Let every other process go first from now on."""
        if self._process is not None:
            self._process.lower_priority()

    def ask(self, request: Request, *, until: float) -> SerializedAnswer:
        """Send the request and return the handler's answer; raises what the handler raised."""
        send(self._descriptor, request, until)
        reply = receive(self._descriptor, until)
        assert isinstance(reply, Answered)
        return reply.answer


class LoaderProcess(Process):
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
            send(loader._descriptor, start, time.monotonic() + START_SECONDS)
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

    def successor(self) -> "LoaderProcess":
        """Return a loader that is forked from this one and renews what it has loaded."""
        return LoaderProcess(self.fork(SUCCESSOR))

    def end(self) -> None:
        """Kill the process and close the channel."""
        self._has_ended = True
        if self._child is not None:
            self._child.kill()
            self._child.wait()
        super().end()


class ProcessHandle:
    """A process that may not be a child of this one, by its number."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._is_killed = False
        self._closing = threading.Lock()
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

    def lower_priority(self) -> None:
        """Give the process what the others leave of the processors."""
        # Linux keeps a priority for each thread: that of the first is the one of threads that start later.
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self._pid, _SLOW_NICENESS)
            for thread in os.listdir(f"/proc/{self._pid}/task"):  # noqa: PTH208 - names alone
                os.setpriority(os.PRIO_PROCESS, int(thread), _SLOW_NICENESS)

    def close(self) -> None:
        """Forget the process; two threads may do so at once."""
        with self._closing:
            descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)
