"""The HTTP server: waitress on one socket."""

import errno
import logging
import socket

from flask import Flask

from observance.core import UsageError
from observance.web.admission import SPARE_THREADS
from observance.web.connections import Server

# More threads than workers: most requests wait for a worker, and other pages must be served meanwhile.


def open_socket(host: str, port: int) -> socket.socket:
    """Return a listening socket; raises UsageError if the port is in use or the address is not one of this machine."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise UsageError("web.port-taken" if taken else "web.cannot-listen", host=host, port=port, reason=reason) from None


def server_address(listener: socket.socket, *, host: str) -> str:
    """The URL of the service; `host` is the address as the user typed it."""
    return f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}/"


def run_server(app: Flask, listener: socket.socket) -> None:
    """Serve requests until the process is interrupted."""
    # Waitress warns about each request that waits for a thread, which is normal here.
    logging.getLogger("waitress").setLevel(logging.ERROR)
    Server(
        app,
        listener,
        limits=app.config["CONNECTION_LIMITS"],
        threads=app.config["WORKERS"] + SPARE_THREADS,
        # Waitress refuses a body of this size before reading it: one byte more than Flask accepts.
        max_body_bytes=app.config["MAX_CONTENT_LENGTH"] + 1,
        on_stop=lambda: app.config.update(STOPPING=True),
    ).run()
