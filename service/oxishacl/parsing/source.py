"""Documents before and after parsing: bytes with a name, quads in document order, and the limits within which they are read."""

from collections.abc import Mapping

import pyoxigraph as ox
from msgspec import Struct, field


class Limits(Struct, frozen=True):
    """The largest documents that are read: size in bytes, depth of nesting in any syntax, number of triples."""

    max_bytes: int = 10_000_000
    max_nesting: int = 100
    max_triples: int = 200_000


class Source(Struct, frozen=True):
    """Bytes as they came: `name` is the file's name or what the sender called it, `media_type` what it declared."""

    name: str
    content: bytes
    media_type: str | None = None


class Document(Struct, frozen=True):
    """A source that was read: its quads in document order, its syntax, and notes for the reader (message code, values)."""

    source: Source
    syntax: str
    quads: tuple[ox.Quad, ...]
    prefixes: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[tuple[str, Mapping[str, object]], ...] = ()


class Place(Struct, frozen=True):
    """Where in a source something stands: lines and columns from 1, columns in characters, the end just after it; in JSON a pointer too."""

    line: int
    column: int
    end_line: int
    end_column: int
    pointer: str | None = None
