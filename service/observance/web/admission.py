"""Admission: how many requests with work of a client's own making (a query, a document, a reading) are in progress at once.

Such work may take as long as its deadline, and a thread waits for it. What is bounded leaves threads for pages, files and /health; what
would go beyond is told at once to come again (429), and does not wait.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from ipaddress import ip_address
from typing import Any, ClassVar, Final

from flask import Flask, current_app, request

from observance.core import UnavailableError
from observance.web.host_check import is_loopback_name

SPARE_THREADS: Final = 28
"""The threads of the server beyond the worker processes."""
_WAITING: Final = 2
QUERIES: Final = 20
"""The most queries in progress: a quick one waits for others, and a slow one makes way for them."""


class TooManyRequestsError(UnavailableError):
    """Too much work is in progress, of this client or of all."""

    code = "TooManyRequests"


class Admission:
    """Counts the work in progress: in all, and of one client of another machine, which may have half of that."""

    KEY: ClassVar = "observance.admission"
    QUERIES_KEY: ClassVar = "observance.admission-of-queries"

    def __init__(self, *, most: int) -> None:
        """Begin without work."""
        self._most = most
        self._lock = threading.Lock()
        self._in_progress: Counter[str] = Counter()

    @contextmanager
    def admitted(self, client: str) -> Iterator[None]:
        """A context in which work of the client is in progress; raises TooManyRequestsError if there is too much."""
        with self._lock:
            share = self._most if is_loopback(client) else max(1, self._most // 2)
            if self._in_progress.total() >= self._most or self._in_progress[client] >= share:
                raise TooManyRequestsError("web.too-many")
            self._in_progress[client] += 1
        try:
            yield
        finally:
            with self._lock:
                self._in_progress[client] -= 1
                if not self._in_progress[client]:
                    del self._in_progress[client]


def is_own_machine() -> bool:
    """Whether the request comes from this machine under a name of its own, and was not passed on by a reverse proxy."""
    is_passed_on = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return is_loopback(request.remote_addr or "") and is_loopback_name(request.host) and not is_passed_on


def is_loopback(client: str) -> bool:
    """Whether the address is one of this machine for itself."""
    try:
        return ip_address(client).is_loopback
    except ValueError:
        return False


def install_admission(app: Flask, *, workers: int) -> None:
    """Bound the work and the queries in progress: work by the worker processes that do it, queries by the threads that wait for them."""
    app.extensions[Admission.KEY] = Admission(most=workers + _WAITING)
    app.extensions[Admission.QUERIES_KEY] = Admission(most=QUERIES)


def admitted_query() -> AbstractContextManager[None]:
    """The context in which a query of the client is in progress, which ends or makes way after a short time.

    Raises TooManyRequestsError if there are too many.
    """
    admission: Admission = current_app.extensions[Admission.QUERIES_KEY]
    return admission.admitted(request.remote_addr or "")


def admitted_work() -> AbstractContextManager[None]:
    """The context in which work of the client's own making is in progress; raises TooManyRequestsError if there is too much."""
    admission: Admission = current_app.extensions[Admission.KEY]
    return admission.admitted(request.remote_addr or "")


def admits(view: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator for a view whose POST requests, and GET requests with parameters, are work of a client's own making."""

    @wraps(view)
    def admitted(*arguments: Any, **named: Any) -> Any:
        if request.method != "POST" and not request.args:
            return view(*arguments, **named)
        with admitted_work():
            return view(*arguments, **named)

    return admitted
