"""Whose terms are they? The namespaces in which a knowledge base says what exists."""

from collections.abc import Iterable
from typing import Final

import pyoxigraph as ox

from observance.core.namespaces import HOME, PREFIXES

NAMESPACE: Final = ox.NamedNode(PREFIXES["vann"] + "preferredNamespaceUri")
"""By it, an ontology declares its own namespace."""


def namespaces(values: Iterable[object]) -> tuple[str, ...]:
    """The program's own namespace, and those that are declared with these values of vann:preferredNamespaceUri."""
    declared = {value.value for value in values if isinstance(value, ox.Literal)}
    return (HOME, *sorted(iri for iri in declared if iri and not iri.startswith(HOME)))
