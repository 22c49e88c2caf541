"""Handlers for the tests of the worker pool, run in its processes."""

import errno
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from observance.core import ForbiddenError, InvalidInputError, SerializedAnswer
from observance.workers import Loaded, Request


class Echo(Request, frozen=True):
    """A request that is answered with its own body, after the action that `do` names."""

    do: str = ""
    body: bytes = b""
    size: int = 0
    seconds: float = 0.0


def open_echo(argument: Mapping[str, Any]) -> Loaded:  # noqa: C901 - one case a line
    """The handler of `Echo`; the media type of its answer is the process id and the argument, or the result of the action."""

    def handle(request: Echo) -> SerializedAnswer:  # noqa: C901 - one case a line
        match request.do:
            case "sleep":
                time.sleep(request.seconds)
            case "die":
                os.kill(os.getpid(), signal.SIGKILL)
            case "spin":
                while True:
                    pass
            case "allocate":
                return SerializedAnswer(str(len(bytearray(request.size))), b"")
            case "niceness":
                time.sleep(request.seconds)
                return SerializedAnswer(str(os.getpriority(os.PRIO_PROCESS, 0)), b"")
            case "refuse":
                raise ForbiddenError("querying.update", word="DROP")
            case "fault":
                raise KeyError("a fault")
            case "print":
                print("astray", flush=True)
                print("astray", file=sys.stderr, flush=True)
            case "socket":
                return SerializedAnswer(str(_is_connection_refused(request.size)), b"")
        return SerializedAnswer(f"{os.getpid()} {argument['name']}", request.body)

    return Loaded({Echo: handle})


class Foreign(Echo, frozen=True):
    """The same request, chosen by a client."""

    untrusted = True


def open_foreign(argument: Mapping[str, Any]) -> Loaded:
    """The handler of `Echo` for requests of both kinds."""
    handle = open_echo(argument).handlers[Echo]
    return Loaded({Echo: handle, Foreign: handle})


def open_counted(argument: Mapping[str, Any]) -> Loaded:
    """The handler of `Echo` of a loader that counts how often it was renewed; it cannot be renewed beyond 3."""
    number = argument["number"]
    if number > 3:
        raise InvalidInputError("querying.file-unreadable", name="register.ttl")
    name = f"{number} {os.getpid()}"
    handlers = open_echo({"name": name}).handlers
    return Loaded(handlers, {"number": number, "loader": os.getpid()}, lambda: partial(open_counted, {"number": number + 1}))


def open_slow(argument: Mapping[str, Any]) -> Loaded:
    """The handler of `Echo` of a loader that takes so many seconds to renew."""
    return Loaded(open_echo({"name": "x"}).handlers, {}, lambda: partial(time.sleep, argument["seconds"]))


def open_stingy(argument: Mapping[str, Any]) -> Loaded:
    """The handler of `Echo` of a loader that so many times has no memory to fork."""
    fork, left = os.fork, [None] * argument["forks"]

    def stingy() -> int:
        if left:
            left.pop()
            raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
        return fork()

    os.fork = stingy
    return open_echo({"name": "x"})


def open_large(argument: Mapping[str, Any]) -> Loaded:
    """The handler of `Echo` of a loader that keeps so many bytes."""
    kept = bytearray(argument["size"])
    return Loaded(open_echo({"name": str(len(kept))}).handlers, {}, lambda: partial(open_large, {"size": len(kept)}))


def open_broken(_: Mapping[str, Any]) -> Loaded:
    """A function that fails to open its handlers."""
    raise InvalidInputError("querying.file-unreadable", name="register.ttl")


def _is_connection_refused(port: int) -> bool:
    import _socket

    try:
        kernel_socket = _socket.socket(socket.AF_INET, socket.SOCK_STREAM)  # bypasses the refusal in Python
        kernel_socket.connect(("127.0.0.1", port))
    except PermissionError:
        return True
    return False
