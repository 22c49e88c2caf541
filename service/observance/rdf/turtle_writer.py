"""Turtle whose bytes depend on nothing but the triples and their order."""

from collections.abc import Iterable
from typing import Final

import pyoxigraph as ox

from observance.core.namespaces import PREFIXES

_PREFIX: Final = "@prefix "


def serialize_turtle(triples: Iterable[ox.Triple]) -> str:
    """The triples in the order given, with those of our prefixes that they use, in the order of the alphabet."""
    text = (ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=dict(PREFIXES)) or b"").decode()
    lines = text.splitlines(keepends=True)
    # Oxigraph keeps prefixes in a hash table: it writes all of them, in another order at every run.
    heads = sum(line.startswith(_PREFIX) for line in lines[: len(PREFIXES)])
    body = "".join(lines[heads:])
    used = [line for line in sorted(lines[:heads]) if f"{line[len(_PREFIX) :].partition(':')[0]}:" in body]
    return "".join(used) + ("\n" if used else "") + body
