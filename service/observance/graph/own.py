"""Whose terms are they? The namespaces in which a knowledge base says what exists."""

from collections.abc import Iterable
from typing import Final

import pyoxigraph as ox

from observance.graph.kept import Row
from observance.namespaces import HOME, PREFIXES

_NAMESPACE: Final = PREFIXES["vann"] + "preferredNamespaceUri"


def namespaces(quads: Iterable[Row | ox.Quad]) -> tuple[str, ...]:
    """The program's own namespace, and each that an ontology among the quads declares with vann:preferredNamespaceUri."""
    declared = {quad.object.value for quad in quads if quad.predicate.value == _NAMESPACE and isinstance(quad.object, ox.Literal)}
    return (HOME, *sorted(iri for iri in declared if iri and not iri.startswith(HOME)))
