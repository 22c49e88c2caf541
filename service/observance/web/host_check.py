"""The Host of a request must be a name of the service: a page of another origin whose name leads here (DNS rebinding) is refused.

Werkzeug's own check takes no IPv6 addresses (`host_is_trusted`, 3.1).
"""

import re
from typing import Final

from flask import Flask, request
from werkzeug.exceptions import SecurityError

LOOPBACK_NAMES: Final = ("localhost", "127.0.0.1", "[::1]")
_HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?", re.IGNORECASE)


def known_names(names: str) -> frozenset[str]:
    """The names of the service, which are separated by commas; without any, those of the loopback address."""
    return frozenset(name.strip().lower() for name in names.split(",") if name.strip()) or frozenset(LOOPBACK_NAMES)


def install_host_check(app: Flask, *, names: str) -> None:
    """Refuse requests under any name but these: see `known_names`."""
    known = known_names(names)

    @app.before_request
    def check_host() -> None:
        host = _HOST.fullmatch(request.environ.get("HTTP_HOST", ""))
        if host is None or host[1].lower() not in known:
            raise SecurityError


def is_loopback_name(host: str) -> bool:
    """Whether the Host of a request is a name of this machine for itself."""
    found = _HOST.fullmatch(host)
    return found is not None and found[1].lower() in LOOPBACK_NAMES
