"""Worker processes that can be ended: what runs in them has a deadline that holds and cannot harm the caller.

Neither a SPARQL engine in native code nor a validator can be interrupted from Python, so both run in child processes
that are killed and replaced. `python -m observance.workers.pool` is such a child; it is told on standard input what
to import, answers frame by frame on standard output, and ends when its standard input does, however busy it is.
"""

import importlib
import json
import os
import queue
import select
import struct
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

from observance.core import DeadlineExceededError, ObservanceError, WorkerDiedError, errors
from observance.workers import sandbox

Handler = Callable[[Mapping[str, Any], bytes], tuple[Mapping[str, Any], bytes]]

# Lengths of the JSON header and of the body.
_LENGTHS: Final = struct.Struct("!IQ")
_CHUNK: Final = 1 << 16
# How long a child may take to import and load, in seconds; the deadline of a call starts after it.
_START_SECONDS: Final = 120.0
# Deep queries need a deep stack (measured: 5,000 nested groups pass in 64 MiB and end the process in 8 MiB).
_STACK_BYTES: Final = 64 << 20


class _LateError(Exception):
    """The deadline passed while reading or writing."""


class _GoneError(Exception):
    """The other end of the pipe is closed."""


class WorkerPool:
    """Children that each called `target` ("package.module:function") with `argument` and serve the handler it returned."""

    def __init__(self, target: str, argument: Mapping[str, object], *, count: int, memory_mb: int, network: bool = False) -> None:
        """Start `count` children of at most `memory_mb` MiB, without sockets unless `network`."""
        self._start = {"target": target, "argument": argument, "memory_mb": memory_mb, "network": network}
        self._closed = False
        self._children = {_Child(self._start) for _ in range(count)}
        self._lock = threading.Lock()
        self._idle: queue.LifoQueue[_Child] = queue.LifoQueue()
        for child in self._children:
            self._idle.put(child)

    def call(self, request: Mapping[str, object], body: bytes = b"", *, deadline: float) -> tuple[Mapping[str, Any], bytes]:
        """The handler's answer; any thread may call.

        `deadline` is in seconds from now and includes waiting for a free child, but not a child's own start. Raises
        DeadlineExceededError past it (the child is killed and replaced), WorkerDiedError when the child dies (replaced too),
        and what the handler raised when it is an ObservanceError; RuntimeError for any other exception, a fault of ours.
        """
        until = time.monotonic() + deadline
        child = self._free(until, deadline)
        try:
            child = self._alive(child)
            started = time.monotonic()
            child.wait_ready(started + _START_SECONDS)
            return child.ask(request, body, until=until + time.monotonic() - started)
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
        """No child is left."""
        with self._lock:
            self._closed = True
            for child in self._children:
                child.kill()
            self._children.clear()
        # Only who holds a child closes its pipes: a call under way must never read from a number that was given away.
        while not self._idle.empty():
            self._idle.get_nowait().end()

    def __enter__(self) -> Self:
        """The workers themselves."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close them."""
        self.close()

    def _free(self, until: float, deadline: float) -> "_Child":
        if self._closed:
            raise WorkerDiedError("querying.worker-died")
        try:
            return self._idle.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            raise DeadlineExceededError("querying.busy", seconds=f"{deadline:g}") from None

    def _alive(self, child: "_Child") -> "_Child":
        """The child, or another one where it died while nobody used it."""
        return self._replace(child) if child.died_idle() else child

    def _replace(self, child: "_Child") -> "_Child":
        child.end()
        with self._lock:
            if self._closed:
                return child
            self._children.discard(child)
            fresh = _Child(self._start)
            self._children.add(fresh)
            return fresh


class _FaultError(RuntimeError):
    """An exception in a child that is a fault of ours; the text is the child's traceback, for logs only."""


class _Child:
    """One child process; used by one thread at a time."""

    def __init__(self, start: Mapping[str, object]) -> None:
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
        self._ready, self._first = False, _frame(start, b"")

    def wait_ready(self, until: float) -> None:
        """The child has loaded its target; raises what the target raised."""
        if not self._ready:
            try:
                _write(self._in, self._first, until)
                self._answer(until)
                self._ready = True
            finally:
                if not self._ready:  # the next call starts another child and hears the same
                    self.end()

    def ask(self, request: Mapping[str, object], body: bytes, *, until: float) -> tuple[Mapping[str, Any], bytes]:
        """The handler's answer, or what it raised."""
        _write(self._in, _frame(request, body), until)
        return self._answer(until)

    def died_idle(self) -> bool:
        """Whether the process ended outside a call."""
        return self._process.poll() is not None

    def kill(self) -> None:
        """The process is gone and reaped."""
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """The process is gone and its pipes are closed."""
        self.kill()
        for stream in self._pipes:
            stream.close()

    def _answer(self, until: float) -> tuple[Mapping[str, Any], bytes]:
        sizes = _LENGTHS.unpack(_read(self._out, _LENGTHS.size, until))
        header = json.loads(_read(self._out, sizes[0], until))
        body = _read(self._out, sizes[1], until)
        if "fault" in header:
            raise _FaultError(header["fault"])
        if "error" in header:
            kind = getattr(errors, header["error"], ObservanceError)
            raise kind(header["phrase"], **header["values"])
        return header["answer"], body


def _frame(header: Mapping[str, object], body: bytes) -> bytes:
    text = json.dumps(header, default=str).encode()
    return _LENGTHS.pack(len(text), len(body)) + text + body


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


def _next(stream: BinaryIO) -> tuple[Mapping[str, Any], bytes] | None:
    lengths = stream.read(_LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        return None
    header, body = _LENGTHS.unpack(lengths)
    return json.loads(stream.read(header)), stream.read(body)


def _attempt(step: Callable[[], tuple[Mapping[str, Any], bytes]]) -> bytes:
    """The step's answer as a frame, or its exception."""
    try:
        answer, body = step()
        return _frame({"answer": answer}, body)
    except MemoryError:
        os._exit(1)  # the caller hears that the worker died; nothing in this process can be relied upon now
    except ObservanceError as error:
        return _frame({"error": type(error).__name__, "phrase": error.key, "values": error.values}, b"")
    except Exception:  # noqa: BLE001 - the caller raises it again
        return _frame({"fault": traceback.format_exc()}, b"")


def _load(start: Mapping[str, Any]) -> Handler:
    module, _, function = start["target"].partition(":")
    handler: Handler = getattr(importlib.import_module(module), function)(start["argument"])
    return handler


def _serve(frames: "queue.SimpleQueue[tuple[Mapping[str, Any], bytes]]", output: BinaryIO) -> None:
    handlers: list[Handler] = []

    def begin() -> tuple[Mapping[str, Any], bytes]:
        handlers.append(_load(start))
        return {}, b""

    start, _ = frames.get()
    output.write(_attempt(begin))
    output.flush()
    while handlers:
        request, body = frames.get()
        output.write(_attempt(lambda: handlers[0](request, body)))  # noqa: B023 - called at once
        output.flush()
    os._exit(1)


def main() -> None:
    """Serve until standard input ends; what is under way then is dropped."""
    source, output = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)  # a stray print must not end up among the frames
    first = _next(source)
    if first is None:
        return
    sandbox.limit_memory(first[0]["memory_mb"])
    if not first[0]["network"]:
        sandbox.refuse_sockets()
    frames: queue.SimpleQueue[tuple[Mapping[str, Any], bytes]] = queue.SimpleQueue()
    threading.stack_size(_STACK_BYTES)
    threading.Thread(target=_serve, args=(frames, output), daemon=True).start()
    # This thread only reads, so that it sees the end of the input while the other one works.
    while first is not None:
        frames.put(first)
        first = _next(source)
    os._exit(0)


if __name__ == "__main__":
    main()
