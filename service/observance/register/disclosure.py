"""What only the Organization may see: it counts like all that is on record, and an answer says of it only that it is there."""

from collections.abc import Iterable
from typing import Final

import pyoxigraph as ox

from observance.core.namespaces import OBS
from observance.rdf.fact_base import Row, iri
from observance.register.snapshot import Records, with_parts

DISCLOSURE: Final = OBS + "disclosure"
RESTRICTED: Final = OBS + "Restricted"


def withheld(register: Records) -> frozenset[str]:
    """The restricted documents and their parts; a document that says both that it is and that it is not is."""
    mark = (f"<{DISCLOSURE}>", f"<{RESTRICTED}>")
    restricted = {subject for subject, *said in register.triples if tuple(said) == mark}
    return frozenset(iri(node) for node in with_parts(restricted, register=register))


def shown(rows: Iterable[Row], *, withheld: frozenset[str]) -> tuple[Row, ...]:
    """The rows that name nothing withheld."""
    return tuple(row for row in rows if not any(not isinstance(t, ox.Literal) and iri(str(t)) in withheld for t in row.values()))
