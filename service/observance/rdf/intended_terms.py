"""Statements as they are meant, where the namespace of a property or class is misspelt."""

from typing import Final

import pyoxigraph as ox

from observance.core import RDF, intended_iri

_TYPE: Final = RDF + "type"


def quad_as_meant(quad: ox.Quad) -> ox.Quad:
    """Return the statement with the property and class that were meant, where their namespace is misspelt; no other term is changed."""
    predicate = intended_iri(quad.predicate.value)
    kind = intended_iri(quad.object.value) if quad.predicate.value == _TYPE and isinstance(quad.object, ox.NamedNode) else None
    if predicate is None and kind is None:
        return quad
    new = ox.NamedNode(predicate or quad.predicate.value)
    return ox.Quad(quad.subject, new, ox.NamedNode(kind) if kind else quad.object, quad.graph_name)
