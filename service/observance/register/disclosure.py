"""What only the Organization may see: it counts like all that is on record, and an answer says of it only that it is there."""

from collections.abc import Iterable
from typing import Final

import pyoxigraph as ox

from observance.core.namespaces import OBS
from observance.rdf.fact_base import Row, iri_of
from observance.register.snapshot import RegisterRecords, include_parts

DISCLOSURE: Final = OBS + "disclosure"
RESTRICTED: Final = OBS + "Restricted"


def restricted_nodes(register: RegisterRecords) -> frozenset[str]:
    """The restricted documents and their parts; a document that says both that it is and that it is not is."""
    mark = (f"<{DISCLOSURE}>", f"<{RESTRICTED}>")
    restricted = {subject for subject, *said in register.triples if tuple(said) == mark}
    return frozenset(iri_of(node) for node in include_parts(restricted, register=register))


def disclosed_rows(rows: Iterable[Row], *, withheld: frozenset[str]) -> tuple[Row, ...]:
    """The rows that name nothing withheld."""
    return tuple(row for row in rows if not any(not isinstance(t, ox.Literal) and iri_of(str(t)) in withheld for t in row.values()))
