"""The audience that requests are answered for: whoever signed in, else everybody who reaches the service under its names."""

from typing import Final

from flask import Flask, current_app, request

from observance.core import Settings
from observance.register import PUBLIC, Audience
from observance.web.host_check import LOOPBACK_NAMES, known_names

KEY: Final = "observance.audience"
"""The name in the environment of a request under which its audience is given."""
_ANYBODY: Final = "ANYBODY"


def anybody(settings: Settings) -> Audience | None:
    """The audience of a request that gives none: the public, unless the service has the names of this machine alone; then None."""
    return None if known_names(settings.hosts).issubset(LOOPBACK_NAMES) else PUBLIC


def install_audience(app: Flask, *, settings: Settings) -> None:
    """Note the audience of requests that give none."""
    app.config[_ANYBODY] = anybody(settings)


def audience() -> Audience | None:
    """The audience of the current request; None: the whole register, without its restricted documents in what is told of statuses."""
    given: Audience | None = request.environ.get(KEY)
    anybodys: Audience | None = current_app.config[_ANYBODY]
    return given or anybodys
