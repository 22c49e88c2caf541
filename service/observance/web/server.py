"""The application behind waitress, on one socket."""

import errno
import logging
import socket
from typing import Final

from flask import Flask
from waitress import create_server
from waitress.channel import HTTPChannel
from waitress.task import ErrorTask

from observance.core import LANGUAGES, UsageError, translate
from observance.web import problem_details

# Most requests wait for a worker; pages and refusals are served beside them.
_THREADS: Final = 8


def open_socket(host: str, port: int) -> socket.socket:
    """A socket that listens there; raises UsageError when the port is taken or the address is not this machine's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise UsageError("web.port-taken" if taken else "web.cannot-listen", host=host, port=port, reason=reason) from None


def server_address(listening: socket.socket, *, host: str) -> str:
    """What to open in a browser."""
    return f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}/"


def run_server(app: Flask, listening: socket.socket) -> None:
    """Requests are answered until the process is interrupted."""
    server = create_server(
        app,
        sockets=[listening],
        threads=_THREADS,
        ident=None,
        # It refuses what is as large as this before reading it.
        max_request_body_size=app.config["MAX_CONTENT_LENGTH"] + 1,
    )
    server.channel_class = _Channel
    # That a request waits for a thread is no news to whoever started the service.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server.run()


class _Refusal(ErrorTask):  # type: ignore[misc]
    """What the server refuses by itself is told in the same shape as what the application refuses."""

    def execute(self) -> None:
        status = self.request.error.code
        self.status = f"{status} {self.request.error.reason}"
        phrase = problem_details.DETAILS.get(status, "web.detail-400")
        body = problem_details.problem_json(
            status, {lang: translate(phrase, lang) for lang in LANGUAGES}, lang="en", kind="about:blank"
        ).encode()
        self.response_headers.append(("Content-Type", problem_details.MEDIA_TYPE))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Channel(HTTPChannel):  # type: ignore[misc]
    error_task_class = _Refusal
