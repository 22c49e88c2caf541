"""Permanent addresses: those that name the moment, the reading and the version of the register, so that they lead to the same answer."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

PASSING: Final = frozenset(
    {"asOf", "as-of", "knownAt", "known-at", "reading", "register", "format", "bom", "from", "to", "fromMeeting", "toMeeting"}
)
"""The parameters that a permanent address names anew, or not at all."""


def permanent_address(address: str, named: Mapping[str, str]) -> str:
    """Return the address, which has none of PASSING, with the parameters that have a value; an empty one stays empty."""
    query = urlencode({name: value for name, value in named.items() if value}, safe=":")
    return f"{address}{'&' if '?' in address else '?'}{query}" if address and query else address
