"""The base class of requests to worker processes, and what a loader gives its workers."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from msgspec import Struct

from observance.core import SerializedAnswer


class Request(Struct, frozen=True, tag=True, kw_only=True):
    """The base class of requests to a worker process; the class selects the handler."""

    untrusted: ClassVar[bool] = False
    """Whether the work is chosen by the client, as with a SPARQL query; such requests never occupy the last free process."""


Handlers = Mapping[type[Request], Callable[[Any], SerializedAnswer]]
"""The handler of each class of request."""


class Loaded(Struct, frozen=True):
    """What a loader has loaded: the handlers of the workers that are forked from it, and what it says of itself to the pool.

    `renew` returns the function that loads again what it rests on has changed, and shares the rest. Both are called in a fork of the
    loader, where an exception leaves the loader as it was; between them everything that the function does not share is given back.
    """

    handlers: Handlers
    description: Mapping[str, Any] = {}
    renew: Callable[[], Callable[[], "Loaded"]] | None = None
