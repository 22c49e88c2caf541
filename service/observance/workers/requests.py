"""The base class of requests to worker processes, and the type of their handlers."""

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
