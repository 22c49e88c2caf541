"""What a worker process is asked, and the table of what it can answer."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from msgspec import Struct

from observance.core import SerializedAnswer


class Request(Struct, frozen=True, tag=True, kw_only=True):
    """The base of what a worker is asked; the class chooses the handler."""

    arbitrary: ClassVar[bool] = False
    """Whether a stranger chose what is to be done, as with a query in SPARQL: such requests never take the last free process."""


Handlers = Mapping[type[Request], Callable[[Any], SerializedAnswer]]
"""What a worker can do: for each kind of request the function that answers it."""
