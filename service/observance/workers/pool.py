"""Worker processes that can be ended: what runs in them has a deadline that holds and cannot harm the caller.

Neither a SPARQL engine in native code nor a validator can be interrupted from Python, so both run in child processes that are killed and
replaced. `python -m observance.workers.pool` is such a child. It reads from standard input what to import, answers request by request
on standard output, and ends when its standard input does, however busy it is. Every message is a struct in MessagePack after its length.
"""

import contextlib
import importlib
import os
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

_LENGTH: Final = struct.Struct("!Q")
_CHUNK: Final = 1 << 16
# How long a child may take to import and load, in seconds; the deadline of a call starts after it.
_START_SECONDS: Final = 120.0
# Deep queries need a deep stack (measured: 5,000 nested groups pass in 64 MiB and end the process in 8 MiB).
_STACK_BYTES: Final = 64 << 20


class _Start(Struct, frozen=True):
    """The first message to a child: the function that gives its handlers, its argument, and the bounds of the process."""

    target: str
    argument: Mapping[str, Any]
    memory_mb: int
    network: bool


class _Ready(Struct, frozen=True, tag=True):
    """The child has its handlers."""


class _Answered(Struct, frozen=True, tag=True):
    """What a handler returned."""

    answer: SerializedAnswer


class _Refused(Struct, frozen=True, tag=True):
    """An ObservanceError that a handler raised."""

    code: str
    key: str
    values: Mapping[str, str | int | float | bool | None]


class _Failed(Struct, frozen=True, tag=True):
    """Any other exception in the child: a fault of ours; the text is the traceback."""

    traceback: str


_Reply = _Ready | _Answered | _Refused | _Failed


class _LateError(Exception):
    """The deadline passed while reading or writing."""


class _GoneError(Exception):
    """The other end of the pipe is closed."""


class _FaultError(RuntimeError):
    """An exception in a child that is a fault of ours; the text is the child's traceback, for logs only."""


class WorkerPool:
    """Processes that each called `target` ("package.module:function") with `argument` and answer with the handlers it returned."""

    def __init__(self, target: str, argument: Mapping[str, object], *, count: int, memory_mb: int, network: bool = False) -> None:
        """At most `count` processes of at most `memory_mb` MiB, without sockets unless `network`; each starts when it is first needed."""
        self._start = _Start(target, argument, memory_mb, network)
        self._closed = False
        self._lock = threading.Lock()
        self._children: set[_Child] = set()
        self._idle: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        for _ in range(count):
            self._idle.put(None)
        # One process is always left for requests whose work is ours.
        self._arbitrary = threading.BoundedSemaphore(max(1, count - 1))

    def start(self) -> None:
        """Start every process now, so that no request waits for it."""
        places = [self._idle.get_nowait() for _ in range(self._idle.qsize())]
        for child in places:
            self._idle.put(child or self._new_child())

    def call(self, request: Request, *, deadline: float) -> SerializedAnswer:
        """Return the answer of the request's handler; any thread may call.

        `deadline` is in seconds from now and includes waiting for a free process, but not a process's own start. Raises
        DeadlineExceededError past it (the process is killed and replaced), WorkerDiedError when the process dies (replaced too), and
        what the handler raised when it is an ObservanceError; RuntimeError for any other exception, a fault of ours.
        """
        until = time.monotonic() + deadline
        if not request.arbitrary:
            return self._call(request, until, deadline)
        if not self._arbitrary.acquire(timeout=deadline):
            raise DeadlineExceededError("querying.busy", seconds=f"{deadline:g}")
        try:
            return self._call(request, until, deadline)
        finally:
            self._arbitrary.release()

    def _call(self, request: Request, until: float, deadline: float) -> SerializedAnswer:
        child = self._take(until, deadline)
        try:
            child = living = self._living(child)
            started = time.monotonic()
            living.wait_ready(started + _START_SECONDS)
            return living.ask(request, until=until + time.monotonic() - started)
        except (_LateError, _GoneError) as end:
            child = self._replace(child)
            if isinstance(end, _LateError):
                raise DeadlineExceededError("querying.deadline", seconds=f"{deadline:g}") from None
            raise WorkerDiedError("querying.worker-died") from None
        except BaseException as error:
            if not isinstance(error, (ObservanceError, _FaultError)):  # an answer may still be under way
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
        # Only who holds a child closes its pipes: a call under way must never read from a number that was given away.
        while not self._idle.empty():
            idle = self._idle.get_nowait()
            if idle is not None:
                idle.end()

    def __enter__(self) -> Self:
        """Return the pool itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close it."""
        self.close()

    def _take(self, until: float, deadline: float) -> "_Child | None":
        if self._closed:
            raise WorkerDiedError("querying.worker-died")
        try:
            return self._idle.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            raise DeadlineExceededError("querying.busy", seconds=f"{deadline:g}") from None

    def _living(self, child: "_Child | None") -> "_Child":
        """The child, or a new one where there was none yet or it died while nobody used it."""
        if child is not None and not child.died_idle():
            return child
        self._discard(child)
        return self._new_child()

    def _replace(self, child: "_Child | None") -> "_Child | None":
        """A new child, which loads while nobody waits for it; None once the pool is closed."""
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
    """One child process; used by one thread at a time."""

    def __init__(self, start: _Start) -> None:
        self._process = subprocess.Popen(
            # -P: a folder that happens to be current must not provide modules.
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
        with contextlib.suppress(_LateError, _GoneError):  # who waits for the child hears of it
            _write(self._in, _frame(start), time.monotonic() + _START_SECONDS)

    def wait_ready(self, until: float) -> None:
        """Wait until the child has its handlers; raises what loading them raised."""
        if not self._ready:
            try:
                self._receive(until)
                self._ready = True
            finally:
                if not self._ready:  # the next call starts another child and hears the same
                    self.end()

    def ask(self, request: Request, *, until: float) -> SerializedAnswer:
        """Return the handler's answer; raises what the handler raised."""
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
            raise _FaultError(reply.traceback)
        if isinstance(reply, _Refused):
            raise error_class(reply.code)(reply.key, **reply.values)
        return reply


_REPLIES: Final[msgspec.msgpack.Decoder[_Reply]] = msgspec.msgpack.Decoder(_Reply)


def _frame(message: Struct) -> bytes:
    body = msgspec.msgpack.encode(message, enc_hook=str)
    return _LENGTH.pack(len(body)) + body


def _wait(descriptor: int, event: int, until: float) -> None:
    poll = select.poll()
    poll.register(descriptor, event)
    left = until - time.monotonic()
    if left <= 0 or not poll.poll(left * 1000):
        raise _LateError


def _write(descriptor: int, data: bytes, until: float) -> None:
    view = memoryview(data)
    while view:
        _wait(descriptor, select.POLLOUT, until)
        try:
            view = view[os.write(descriptor, view[:_CHUNK]) :]
        except BlockingIOError:
            continue
        except OSError:
            raise _GoneError from None


def _read(descriptor: int, size: int, until: float) -> bytes:
    data = bytearray()
    while len(data) < size:
        _wait(descriptor, select.POLLIN, until)
        try:
            chunk = os.read(descriptor, min(_CHUNK, size - len(data)))
        except OSError:
            raise _GoneError from None
        if not chunk:
            raise _GoneError
        data += chunk
    return bytes(data)


# ── the child ────────────────────────────────────────────────────────────────────────────────────────────────────


def _frames(stream: BinaryIO) -> Iterator[bytes]:
    """The messages of the stream, until it ends."""
    while len(size := stream.read(_LENGTH.size)) == _LENGTH.size:
        yield stream.read(_LENGTH.unpack(size)[0])


def _attempt(step: Callable[[], _Ready | _Answered]) -> bytes:
    """What the step gives, or its exception, as a message."""
    try:
        return _frame(step())
    except MemoryError:
        os._exit(1)  # the caller hears that the worker died; nothing in this process can be relied upon now
    except ObservanceError as error:
        values = {name: value if isinstance(value, str | int | float | bool | None) else str(value) for name, value in error.values.items()}
        return _frame(_Refused(error.code, error.key, values))
    except Exception:  # noqa: BLE001 - the caller raises it again
        return _frame(_Failed(traceback.format_exc()))


def _load(start: _Start) -> Handlers:
    module, _, function = start.target.partition(":")
    handlers: Handlers = getattr(importlib.import_module(module), function)(start.argument)
    return handlers


def _serve(start: _Start, frames: "queue.SimpleQueue[bytes]", output: BinaryIO) -> None:
    handlers: dict[type[Request], Callable[[Any], SerializedAnswer]] = {}

    def begin() -> _Ready:
        handlers.update(_load(start))
        return _Ready()

    output.write(_attempt(begin))
    output.flush()
    if handlers:
        requests: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Union[tuple(handlers)])  # noqa: UP007 - made from a table

        def answer() -> _Answered:
            request = requests.decode(frames.get())
            return _Answered(handlers[type(request)](request))

        while True:
            output.write(_attempt(answer))
            output.flush()
    os._exit(1)


def main() -> None:
    """Serve until standard input ends; what is under way then is dropped."""
    source, output = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)  # a stray print must not end up among the messages
    messages = _frames(source)
    with contextlib.suppress(StopIteration):
        start = msgspec.msgpack.decode(next(messages), type=_Start)
        sandbox.limit_memory(start.memory_mb)
        if not start.network:
            sandbox.refuse_sockets()
        frames: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.stack_size(_STACK_BYTES)
        threading.Thread(target=_serve, args=(start, frames, output), daemon=True).start()
        # This thread only reads, so that it sees the end of the input while the other one works.
        for message in messages:
            frames.put(message)
    os._exit(0)


if __name__ == "__main__":
    main()
