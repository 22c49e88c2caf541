"""The messages between a pool, its loader and their workers: structs in MessagePack, each preceded by its length, on stream sockets."""

import os
import select
import struct
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from socket import MSG_WAITALL, socket
from typing import Any, BinaryIO, Final

import msgspec
from msgspec import Struct

from observance.core import ObservanceError, SerializedAnswer, error_class
from oxishacl import OxishaclError, Phrase

_LENGTH: Final = struct.Struct("!Q")
_CHUNK: Final = 1 << 16


class Start(Struct, frozen=True):
    """The first message to a loader: the function that loads, the function's argument, and the limits of the processes."""

    target: str
    argument: Mapping[str, Any]
    memory_mb: int
    network: bool


class Started(Struct, frozen=True, tag=True):
    """A process exists; its number serves to kill it."""

    pid: int


class Ready(Struct, frozen=True, tag=True):
    """A loader has loaded; the description is what its target says of what it loaded."""

    description: Mapping[str, Any]


class Answered(Struct, frozen=True, tag=True):
    """The answer of a handler."""

    answer: SerializedAnswer


class Words(Struct, frozen=True):
    """A value of an error that has words in every language: the code of a phrase of oxishacl, and its values."""

    code: str
    values: Mapping[str, "Value"]


Value = str | int | float | bool | None | Words


class Refused(Struct, frozen=True, tag=True):
    """An ObservanceError that loading or a handler raised."""

    code: str
    key: str
    values: Mapping[str, Value]


class Failed(Struct, frozen=True, tag=True):
    """Any other exception, which is a programming error; the text is the traceback."""

    traceback: str


Reply = Started | Ready | Answered | Refused | Failed
_REPLIES: Final[msgspec.msgpack.Decoder[Reply]] = msgspec.msgpack.Decoder(Reply)


class PassedDeadlineError(Exception):
    """The deadline passed during a read or write."""


class ClosedChannelError(Exception):
    """The other end of the channel is closed."""


class ChildError(RuntimeError):
    """A programming error in another process; the text is its traceback, for logs only."""


def frame(message: Struct) -> bytes:
    """The message with its length before it."""
    body = msgspec.msgpack.encode(message, enc_hook=str)
    return _LENGTH.pack(len(body)) + body


def frames(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the messages of the stream until it ends."""
    while len(size := stream.read(_LENGTH.size)) == _LENGTH.size:
        yield stream.read(_LENGTH.unpack(size)[0])


def receive_start(channel: socket) -> Start:
    """Read the first message of a loader, and not a byte more; raises EOFError if the other end is closed."""
    size = channel.recv(_LENGTH.size, MSG_WAITALL)
    if len(size) < _LENGTH.size:
        raise EOFError
    return msgspec.msgpack.decode(channel.recv(_LENGTH.unpack(size)[0], MSG_WAITALL), type=Start)


def attempt(step: Callable[[], Ready | Answered]) -> bytes:
    """The result of the step, or its exception, as a framed message; ends the process when memory is exhausted."""
    try:
        return frame(step())
    except MemoryError:
        os._exit(1)  # the pool raises WorkerDiedError; the state of this process is no longer reliable
    except ObservanceError as error:
        return frame(refusal(error))
    except Exception:  # noqa: BLE001 - the pool raises it again
        return frame(Failed(traceback.format_exc()))


def refusal(error: ObservanceError) -> Refused:
    """The error as a message."""
    return Refused(error.code, error.key, {name: _sent(value) for name, value in error.values.items()})


def _sent(value: object) -> Value:
    if isinstance(value, OxishaclError | Phrase):
        return Words(value.code, {name: _sent(inner) for name, inner in value.values.items()})
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _received(value: Value) -> object:
    return Phrase(value.code, {name: _received(inner) for name, inner in value.values.items()}) if isinstance(value, Words) else value


def receive(descriptor: int, until: float) -> Started | Ready | Answered:
    """Return the next reply from a non-blocking descriptor; raises the error that it holds.

    `until` is a time of `time.monotonic`. Raises PassedDeadlineError, ClosedChannelError, and ChildError for a programming error.
    """
    (size,) = _LENGTH.unpack(_read(descriptor, _LENGTH.size, until))
    reply = _REPLIES.decode(_read(descriptor, size, until))
    if isinstance(reply, Failed):
        raise ChildError(reply.traceback)
    if isinstance(reply, Refused):
        raise error_class(reply.code)(reply.key, **{name: _received(value) for name, value in reply.values.items()})
    return reply


def send(descriptor: int, message: Struct, until: float) -> None:
    """Write the message to a non-blocking descriptor; raises PassedDeadlineError and ClosedChannelError."""
    view = memoryview(frame(message))
    while view:
        _wait(descriptor, select.POLLOUT, until)
        try:
            view = view[os.write(descriptor, view[:_CHUNK]) :]
        except BlockingIOError:
            continue
        except OSError:
            raise ClosedChannelError from None


def _wait(descriptor: int, event: int, until: float) -> None:
    poll = select.poll()
    poll.register(descriptor, event)
    remaining = until - time.monotonic()
    if remaining <= 0 or not poll.poll(remaining * 1000):
        raise PassedDeadlineError


def _read(descriptor: int, size: int, until: float) -> bytes:
    data = bytearray()
    while len(data) < size:
        _wait(descriptor, select.POLLIN, until)
        try:
            chunk = os.read(descriptor, min(_CHUNK, size - len(data)))
        except OSError:
            raise ClosedChannelError from None
        if not chunk:
            raise ClosedChannelError
        data += chunk
    return bytes(data)
