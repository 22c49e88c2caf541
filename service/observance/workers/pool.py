"""A pool of worker processes: their work has an enforced deadline and cannot harm the caller.

Neither a SPARQL engine in native code nor a validator can be interrupted from Python, so both run in child processes that are killed and
replaced. `python -m observance.workers.pool` is such a child. It reads from standard input which module to import, answers requests one
by one on standard output, and ends at the end of its standard input, even while it is working. Every message is a struct in MessagePack,
preceded by its length.
"""

import contextlib
import os
import pkgutil
import queue
import select
import struct
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, BinaryIO, Final, Self, Union

import msgspec
from msgspec import Struct

from observance.core import DeadlineExceededError, ObservanceError, SerializedAnswer, WorkerDiedError, error_class
from observance.workers import sandbox
from observance.workers.requests import Handlers, Request
from oxishacl import OxishaclError, Phrase

_LENGTH: Final = struct.Struct("!Q")
_CHUNK: Final = 1 << 16
# The time limit for a child's start, in seconds; the deadline of a call does not include it.
_START_SECONDS: Final = 120.0
# Deeply nested queries need a large stack (measured: 5,000 nested groups pass in 64 MiB and crash the process in 8 MiB).
_STACK_BYTES: Final = 64 << 20


class _Start(Struct, frozen=True):
    """The first message to a child: the function that returns its handlers, the function's argument, and the limits of the process."""

    target: str
    argument: Mapping[str, Any]
    memory_mb: int
    network: bool


class _Ready(Struct, frozen=True, tag=True):
    """The child has loaded its handlers."""


class _Answered(Struct, frozen=True, tag=True):
    """The answer of a handler."""

    answer: SerializedAnswer


class _Words(Struct, frozen=True):
    """A value of an error that has words in every language: the code of a phrase of oxishacl, and its values."""

    code: str
    values: Mapping[str, "_Value"]


_Value = str | int | float | bool | None | _Words


class _Refused(Struct, frozen=True, tag=True):
    """An ObservanceError that a handler raised."""

    code: str
    key: str
    values: Mapping[str, "_Value"]


class _Failed(Struct, frozen=True, tag=True):
    """Any other exception in the child, which is a programming error; the text is the traceback."""

    traceback: str


_Reply = _Ready | _Answered | _Refused | _Failed


class _DeadlineError(Exception):
    """The deadline passed during a read or write."""


class _ClosedPipeError(Exception):
    """The other end of the pipe is closed."""


class _ChildError(RuntimeError):
    """A programming error in a child; the text is the child's traceback, for logs only."""


class WorkerPool:
    """Processes that answer requests with the handlers of `target`, a function ("package.module:function") called with `argument`."""

    def __init__(self, target: str, argument: Mapping[str, object], *, count: int, memory_mb: int, network: bool = False) -> None:
        """Allow `count` processes of `memory_mb` MiB each, without sockets unless `network`; each starts when it is first needed."""
        self._start = _Start(target, argument, memory_mb, network)
        self._closed = False
        self._lock = threading.Lock()
        self._children: set[_Child] = set()
        self._idle: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        for _ in range(count):
            self._idle.put(None)
        # With two processes or more, one is always left for requests other than queries that a client wrote.
        self._untrusted_slots = threading.BoundedSemaphore(max(1, count - 1))

    def start(self, count: int | None = None) -> None:
        """Start this many processes now (by default all), so that they load while the caller does other work."""
        places = [self._idle.get_nowait() for _ in range(self._idle.qsize())]
        number = len(places) if count is None else count
        # The place that is put back last is the first to be taken.
        for child in places[number:]:
            self._idle.put(child)
        for child in places[:number]:
            self._idle.put(child or self._new_child())

    def call(self, request: Request, *, deadline: float) -> SerializedAnswer:
        """Return the answer of the request's handler; any thread may call.

        `deadline` is in seconds from now and includes waiting for a free process, but not the start of a process. Raises
        DeadlineExceededError past it (the process is killed and replaced), WorkerDiedError if the process dies (it is replaced too), and
        the ObservanceError that the handler raised; RuntimeError for any other exception, which is a programming error.
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
            child = alive = self._ensure_alive(child)
            start = time.monotonic()
            alive.wait_ready(start + _START_SECONDS)
            return alive.send(request, until=until + time.monotonic() - start)
        except (_DeadlineError, _ClosedPipeError) as failure:
            child = self._replace(child)
            if isinstance(failure, _DeadlineError):
                raise DeadlineExceededError("querying.deadline", seconds=f"{deadline:g}") from None
            raise WorkerDiedError("querying.worker-died") from None
        except BaseException as error:
            if not isinstance(error, (ObservanceError, _ChildError)):  # the child may still send an answer
                child = self._replace(child)
            raise
        finally:
            self._idle.put(child)

    def close(self) -> None:
        """Kill every process."""
        with self._lock:
            self._closed = True
            for child in self._children:
                child.kill()
            self._children.clear()
        # Only idle children's pipes are closed here: a running call must not read from a descriptor that is reused elsewhere.
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

    def _acquire(self, until: float, deadline: float) -> "_Child | None":
        if self._closed:
            raise WorkerDiedError("querying.worker-died")
        try:
            return self._idle.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            raise DeadlineExceededError("querying.busy", seconds=f"{deadline:g}") from None

    def _ensure_alive(self, child: "_Child | None") -> "_Child":
        """Return the child, or a new one if there was none yet or if it died while idle."""
        if child is not None and not child.died_idle():
            return child
        self._discard(child)
        return self._new_child()

    def _replace(self, child: "_Child | None") -> "_Child | None":
        """Return a new child, which loads while no call waits for it; None once the pool is closed."""
        self._discard(child)
        return None if self._closed else self._new_child()

    def _discard(self, child: "_Child | None") -> None:
        if child is not None:
            child.end()
            with self._lock:
                self._children.discard(child)

    def _new_child(self) -> "_Child":
        with self._lock:
            if self._closed:
                raise WorkerDiedError("querying.worker-died")
            child = _Child(self._start)
            self._children.add(child)
            return child


class _Child:
    """A child process; used by one thread at a time."""

    def __init__(self, start: _Start) -> None:
        self._process = subprocess.Popen(
            # -P: modules must not be imported from the current folder.
            [sys.executable, "-P", "-m", "observance.workers.pool"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,
        )
        self._pipes = [stream for stream in (self._process.stdin, self._process.stdout) if stream is not None]
        self._in, self._out = (stream.fileno() for stream in self._pipes)
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)
        self._ready = False
        with contextlib.suppress(_DeadlineError, _ClosedPipeError):  # wait_ready raises the error
            _write(self._in, _frame(start), time.monotonic() + _START_SECONDS)

    def wait_ready(self, until: float) -> None:
        """Wait until the child has loaded its handlers; raises what loading raised."""
        if not self._ready:
            try:
                self._receive(until)
                self._ready = True
            finally:
                if not self._ready:  # the next call starts another child, which raises the same error
                    self.end()

    def send(self, request: Request, *, until: float) -> SerializedAnswer:
        """Send the request and return the handler's answer; raises what the handler raised."""
        _write(self._in, _frame(request), until)
        reply = self._receive(until)
        assert isinstance(reply, _Answered)
        return reply.answer

    def died_idle(self) -> bool:
        """Whether the process ended outside a call."""
        return self._process.poll() is not None

    def kill(self) -> None:
        """Kill the process and reap it."""
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """Kill the process and close its pipes."""
        self.kill()
        for stream in self._pipes:
            stream.close()

    def _receive(self, until: float) -> _Ready | _Answered:
        (size,) = _LENGTH.unpack(_read(self._out, _LENGTH.size, until))
        reply: _Reply = _REPLIES.decode(_read(self._out, size, until))
        if isinstance(reply, _Failed):
            raise _ChildError(reply.traceback)
        if isinstance(reply, _Refused):
            raise error_class(reply.code)(reply.key, **{name: _received(value) for name, value in reply.values.items()})
        return reply


_REPLIES: Final[msgspec.msgpack.Decoder[_Reply]] = msgspec.msgpack.Decoder(_Reply)


def _frame(message: Struct) -> bytes:
    body = msgspec.msgpack.encode(message, enc_hook=str)
    return _LENGTH.pack(len(body)) + body


def _wait(descriptor: int, event: int, until: float) -> None:
    poll = select.poll()
    poll.register(descriptor, event)
    remaining = until - time.monotonic()
    if remaining <= 0 or not poll.poll(remaining * 1000):
        raise _DeadlineError


def _write(descriptor: int, data: bytes, until: float) -> None:
    view = memoryview(data)
    while view:
        _wait(descriptor, select.POLLOUT, until)
        try:
            view = view[os.write(descriptor, view[:_CHUNK]) :]
        except BlockingIOError:
            continue
        except OSError:
            raise _ClosedPipeError from None


def _read(descriptor: int, size: int, until: float) -> bytes:
    data = bytearray()
    while len(data) < size:
        _wait(descriptor, select.POLLIN, until)
        try:
            chunk = os.read(descriptor, min(_CHUNK, size - len(data)))
        except OSError:
            raise _ClosedPipeError from None
        if not chunk:
            raise _ClosedPipeError
        data += chunk
    return bytes(data)


# ── child process ──────────────────────────────────────────────────────────────────────────────────────────────────


def _sent(value: object) -> _Value:
    if isinstance(value, OxishaclError | Phrase):
        return _Words(value.code, {name: _sent(inner) for name, inner in value.values.items()})
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _received(value: _Value) -> object:
    return Phrase(value.code, {name: _received(inner) for name, inner in value.values.items()}) if isinstance(value, _Words) else value


def _frames(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the messages of the stream until it ends."""
    while len(size := stream.read(_LENGTH.size)) == _LENGTH.size:
        yield stream.read(_LENGTH.unpack(size)[0])


def _attempt(step: Callable[[], _Ready | _Answered]) -> bytes:
    """Return the result of the step, or its exception, as a message."""
    try:
        return _frame(step())
    except MemoryError:
        os._exit(1)  # the caller raises WorkerDiedError; the state of this process is no longer reliable
    except ObservanceError as error:
        return _frame(_Refused(error.code, error.key, {name: _sent(value) for name, value in error.values.items()}))
    except Exception:  # noqa: BLE001 - the caller raises it again
        return _frame(_Failed(traceback.format_exc()))


def _load(start: _Start) -> Handlers:
    handlers: Handlers = pkgutil.resolve_name(start.target)(start.argument)
    return handlers


def _serve(start: _Start, frames: "queue.SimpleQueue[bytes]", output: BinaryIO) -> None:
    handlers: dict[type[Request], Callable[[Any], SerializedAnswer]] = {}

    def begin() -> _Ready:
        handlers.update(_load(start))
        return _Ready()

    output.write(_attempt(begin))
    output.flush()
    if handlers:
        requests: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Union[tuple(handlers)])  # noqa: UP007 - computed from the handlers

        def answer() -> _Answered:
            request = requests.decode(frames.get())
            return _Answered(handlers[type(request)](request))

        while True:
            output.write(_attempt(answer))
            output.flush()
    os._exit(1)


def main() -> None:
    """Serve requests until standard input ends; unfinished work is dropped."""
    source, output = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)  # output of print must not mix with the messages
    messages = _frames(source)
    with contextlib.suppress(StopIteration):
        start = msgspec.msgpack.decode(next(messages), type=_Start)
        sandbox.limit_memory(start.memory_mb)
        if not start.network:
            sandbox.refuse_sockets()
        frames: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.stack_size(_STACK_BYTES)
        threading.Thread(target=_serve, args=(start, frames, output), daemon=True).start()
        # This thread only reads, so that it notices the end of the input while the other one works.
        for message in messages:
            frames.put(message)
    os._exit(0)


if __name__ == "__main__":
    main()
