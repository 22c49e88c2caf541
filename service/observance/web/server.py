"""The HTTP server: waitress on one socket."""

import errno
import logging
import socket

from flask import Flask
from waitress import create_server
from waitress.channel import HTTPChannel
from waitress.task import ErrorTask

from observance.core import LANGUAGES, UsageError, translate
from observance.web import problem_details
from observance.web.admission import SPARE_THREADS

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
    server = create_server(
        app,
        sockets=[listener],
        threads=app.config["WORKERS"] + SPARE_THREADS,
        ident=None,
        # Waitress refuses a body of this size before reading it: one byte more than Flask accepts.
        max_request_body_size=app.config["MAX_CONTENT_LENGTH"] + 1,
    )
    server.channel_class = _Channel
    # Waitress warns about each request that waits for a thread, which is normal here.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server.run()


class _RefusalTask(ErrorTask):  # type: ignore[misc]
    """The response to a request that waitress itself refuses: problem details, as from the application."""

    def execute(self) -> None:
        status = self.request.error.code
        self.status = f"{status} {self.request.error.reason}"
        key = problem_details.DETAILS.get(status, "web.detail-400")
        body = problem_details.problem_json(
            status, {lang: translate(key, lang) for lang in LANGUAGES}, lang="en", kind="about:blank"
        ).encode()
        self.response_headers.append(("Content-Type", problem_details.MEDIA_TYPE))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Channel(HTTPChannel):  # type: ignore[misc]
    error_task_class = _RefusalTask
