"""Targets that the tests of the workers run in child processes."""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from observance.core import ForbiddenError, InvalidInputError

Handler = Callable[[Mapping[str, Any], bytes], tuple[Mapping[str, Any], bytes]]


def open_echo(argument: Mapping[str, Any]) -> Handler:  # noqa: C901 - one case a line
    """A handler that does what its request says."""

    def handle(request: Mapping[str, Any], body: bytes) -> tuple[Mapping[str, Any], bytes]:
        match request.get("do"):
            case "sleep":
                time.sleep(request["seconds"])
            case "die":
                os.kill(os.getpid(), signal.SIGKILL)
            case "spin":
                while True:
                    pass
            case "allocate":
                return {"size": len(bytearray(request["size"]))}, b""
            case "refuse":
                raise ForbiddenError("querying.update", word="DROP")
            case "fault":
                raise KeyError("a fault")
            case "print":
                print("astray", flush=True)
                print("astray", file=sys.stderr, flush=True)
            case "socket":
                return {"refused": _refused(request["port"])}, b""
        return {"pid": os.getpid(), "argument": argument["name"]}, body

    return handle


def open_broken(_: Mapping[str, Any]) -> Handler:
    """No handler: the target cannot load."""
    raise InvalidInputError("querying.file-unreadable", name="register.ttl")


def _refused(port: int) -> bool:
    import _socket

    try:
        with_kernel = _socket.socket(socket.AF_INET, socket.SOCK_STREAM)  # past Python's own refusal
        with_kernel.connect(("127.0.0.1", port))
    except PermissionError:
        return True
    return False
