"""Addresses from a register: taken only when they are plainly an address, because they become part of a command to a server."""

import re
from typing import Final

# RFC 5321, section 4.1.2, without quoted local parts and address literals; ASCII only, so no SMTPUTF8 is needed.
_ADDRESS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]")  # fmt: skip  # noqa: E501
_LONGEST: Final = 254
_LONGEST_LOCAL: Final = 64
NONE: Final = "no-address"
SEVERAL: Final = "several-addresses"
MALFORMED: Final = "malformed-address"


def address_fault(addresses: tuple[str, ...]) -> str | None:
    """What keeps the addresses of a body from being written to: NONE, SEVERAL or MALFORMED; None when there is one good address."""
    if not addresses:
        return NONE
    if len(addresses) > 1:
        return SEVERAL
    return None if well_formed(addresses[0]) else MALFORMED


def well_formed(address: str) -> bool:
    """Whether the text is one plain address and nothing else."""
    return len(address) <= _LONGEST and len(address.partition("@")[0]) <= _LONGEST_LOCAL and _ADDRESS.fullmatch(address) is not None
