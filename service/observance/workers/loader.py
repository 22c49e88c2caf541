"""A loader: the process that loads once what all workers need, and from which they are forked.

`python -m observance.workers.loader` has a socket as its standard input. It reads from it what to load, says when that is done, and then
takes orders, each with the socket of the process to fork: a worker, or a successor that renews what was loaded and takes orders itself.
A loader has one thread, so that forking is safe; its memory is shared with the processes that it forks until one of them changes it.
"""

import contextlib
import gc
import os
import pkgutil
import queue
import signal
import socket
import threading
from collections.abc import Callable
from socket import socket as Socket  # noqa: N812 - the class itself, which `refuse_sockets` replaces in its module
from typing import Any, BinaryIO, Final, NoReturn, Union

import msgspec

from observance.core import SerializedAnswer, WorkerDiedError
from observance.workers import sandbox
from observance.workers.messages import Answered, Ready, Started, attempt, frame, frames, receive_start, refusal
from observance.workers.requests import Handlers, Loaded, Request

WORKER: Final = b"w"
"""The order to fork a worker."""
SUCCESSOR: Final = b"s"
"""The order to fork a loader that renews what was loaded."""
# Deeply nested queries need a large stack (measured: 5,000 nested groups pass in 64 MiB and crash the process in 8 MiB).
_STACK_BYTES: Final = 64 << 20
_THRESHOLDS: Final = (50_000, 20, 20)
"""The thresholds of garbage collection while a loader loads."""


def main() -> None:
    """Load, and fork on order until standard input ends."""
    control = Socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    # Nobody waits for the processes that a loader forks.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # Most of what is loaded stays: to look through it often would take a fifth of the time.
    gc.set_threshold(*_THRESHOLDS)
    with contextlib.suppress(OSError, EOFError):  # a pool that has gone needs no answer
        start = receive_start(control)
        sandbox.disable_core_files()
        if not start.network:
            sandbox.refuse_sockets()
        loaded = _load(control, lambda: pkgutil.resolve_name(start.target)(start.argument))
        while True:
            order, descriptors, _, _ = socket.recv_fds(control, 1, 1)
            if not order:
                break
            descriptor = descriptors[0]
            if not _fork(descriptor):
                continue
            control.close()
            if order == WORKER:
                sandbox.limit_memory(start.memory_mb)
                _serve(loaded.handlers, descriptor)
            assert loaded.renew is not None
            control, load = Socket(fileno=descriptor), loaded.renew()
            del loaded
            # What is given back is used again for what is loaded.
            gc.unfreeze()
            gc.collect()
            loaded = _load(control, load)
    os._exit(0)


def _load(control: Socket, load: Callable[[], Loaded]) -> Loaded:
    """Return what was loaded; if that fails, say why and end the process."""
    loaded: list[Loaded] = []

    def step() -> Ready:
        loaded.append(load())
        return Ready(loaded[0].description)

    control.sendall(frame(Started(os.getpid())))
    reply = attempt(step)
    _leave_out_of_collection()
    control.sendall(reply)
    if not loaded:
        os._exit(1)
    return loaded[0]


def _leave_out_of_collection() -> None:
    """Leave what there is out of garbage collection from now on, which would write to all of it and so unshare it."""
    gc.collect()
    gc.freeze()


def _fork(descriptor: int) -> bool:
    """Fork; return whether this is the new process, which uses the descriptor."""
    try:
        process = os.fork()
    except OSError as error:
        refused = WorkerDiedError("querying.cannot-fork", detail=error.strerror or type(error).__name__)
        with contextlib.suppress(OSError):
            os.write(descriptor, frame(refusal(refused)))
        process = -1
    if process != 0:
        os.close(descriptor)
    return process == 0


def _serve(handlers: Handlers, descriptor: int) -> NoReturn:
    """Answer requests until the other end of the descriptor closes; unfinished work is dropped."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    source, output = os.fdopen(os.dup(descriptor), "rb"), os.fdopen(descriptor, "wb")
    output.write(frame(Started(os.getpid())))
    output.flush()
    received: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.stack_size(_STACK_BYTES)
    threading.Thread(target=_answer, args=(handlers, received, output), daemon=True).start()
    # This thread only reads, so that it notices the end of the input while the other one works.
    with contextlib.suppress(OSError):
        for message in frames(source):
            received.put(message)
    os._exit(0)


def _answer(handlers: Handlers, received: "queue.SimpleQueue[bytes]", output: BinaryIO) -> None:
    requests: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Union[tuple(handlers)])  # noqa: UP007 - computed from the handlers
    answers: dict[type[Request], Callable[[Any], SerializedAnswer]] = dict(handlers)

    def answer() -> Answered:
        request = requests.decode(received.get())
        return Answered(answers[type(request)](request))

    with contextlib.suppress(OSError):
        while True:
            output.write(attempt(answer))
            output.flush()
    os._exit(1)


if __name__ == "__main__":
    main()
