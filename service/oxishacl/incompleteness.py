"""Which nodes the data graph says to be incomplete (SHACL 1.2 Core, working draft of 3 August 2026): `sh:incomplete`.

A shape that asks for something which an incomplete node lacks has no result for it: the missing triples may be stated elsewhere.
"""

from collections.abc import Callable

import pyoxigraph as ox

from oxishacl.data_graph import Index
from oxishacl.terms import Term, is_resource, is_true, sh

_INCOMPLETE, _URI_START = sh("incomplete"), sh("incompleteURIStart")


def incompleteness(data: Index) -> Callable[[Term], bool]:
    """Whether a node is incomplete, as a function; `sh:incomplete false` at a node prevails over the beginning of its IRI."""
    declared = {node: is_true(value) for node, value in data.pairs(_INCOMPLETE)}
    starts = tuple(start.value for _, start in data.pairs(_URI_START) if isinstance(start, ox.Literal))

    def is_incomplete(node: Term) -> bool:
        if not is_resource(node):
            return False
        return declared.get(node, isinstance(node, ox.NamedNode) and node.value.startswith(starts))

    return is_incomplete
