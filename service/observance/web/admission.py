"""Admission: how many requests with work of a client's own making (a query, a document, a reading) are in progress at once.

Such work may take as long as its deadline, and a thread waits for it. What is bounded leaves threads for pages, files and /health; what
would go beyond is told at once to come again (429), and does not wait.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from ipaddress import ip_address
from typing import Any, ClassVar, Final

from flask import current_app, request

from observance.core import UnavailableError

SPARE_THREADS: Final = 6
"""The threads of the server beyond the worker processes."""
_WAITING: Final = 2


class TooManyRequestsError(UnavailableError):
    """Too much work is in progress, of this client or of all."""

    code = "TooManyRequests"


class Admission:
    """Counts the work in progress: in all, at most two requests more than there are worker processes; of another machine, half of that."""

    KEY: ClassVar = "observance.admission"

    def __init__(self, *, workers: int) -> None:
        """Begin without work."""
        self._most = workers + _WAITING
        self._lock = threading.Lock()
        self._in_progress: Counter[str] = Counter()

    @contextmanager
    def admitted(self, client: str) -> Iterator[None]:
        """A context in which work of the client is in progress; raises TooManyRequestsError if there is too much."""
        with self._lock:
            share = self._most if _is_loopback(client) else max(1, self._most // 2)
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


def _is_loopback(client: str) -> bool:
    try:
        return ip_address(client).is_loopback
    except ValueError:
        return False


def admits(view: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator for a view whose POST requests, and GET requests with parameters, are work of a client's own making."""

    @wraps(view)
    def admitted(*arguments: Any, **named: Any) -> Any:
        if request.method != "POST" and not request.args:
            return view(*arguments, **named)
        admission: Admission = current_app.extensions[Admission.KEY]
        with admission.admitted(request.remote_addr or ""):
            return view(*arguments, **named)

    return admitted
