"""Value type constraints (SHACL 1.0, section 4.1)."""

from collections.abc import Iterator
from functools import partial
from typing import Final

import pyoxigraph as ox

from oxishacl.data_graph import Index
from oxishacl.literals import is_well_formed
from oxishacl.shape import Test
from oxishacl.shapes_graph import ShapeDeclaration
from oxishacl.terms import RDF, Term, sh

_KINDS: Final[dict[ox.NamedNode, type | tuple[type, ...]]] = {
    sh("BlankNode"): ox.BlankNode,
    sh("IRI"): ox.NamedNode,
    sh("Literal"): ox.Literal,
    sh("BlankNodeOrIRI"): (ox.BlankNode, ox.NamedNode),
    sh("BlankNodeOrLiteral"): (ox.BlankNode, ox.Literal),
    sh("IRIOrLiteral"): (ox.NamedNode, ox.Literal),
}


def _class(declared: ShapeDeclaration) -> Iterator[Test]:
    """4.1.1: « each value node is a SHACL instance of a given type »."""
    for kind in declared.iris("class"):
        yield Test(declared.source("Class", [(sh("class"), kind)]), partial(_is_instance, kind))


def _is_instance(kind: ox.NamedNode, data: Index, value: Term) -> bool:
    return data.is_instance(value, kind)


def _datatype(declared: ShapeDeclaration) -> Iterator[Test]:
    """4.1.2: « a literal with a lexical form that is … ill-typed » does not match its datatype either."""
    datatype = declared.iri("datatype")
    if datatype is not None:
        yield Test(declared.source("Datatype", [(sh("datatype"), datatype)]), partial(_has_datatype, datatype.value))


def _has_datatype(datatype: str, _: Index, value: Term) -> bool:
    if not isinstance(value, ox.Literal) or value.datatype.value != datatype:
        return False
    return value.language is not None if datatype == RDF + "langString" else is_well_formed(value.value, datatype=datatype)


def _node_kind(declared: ShapeDeclaration) -> Iterator[Test]:
    """4.1.3: « the RDF node kind of each value node »: one of six."""
    kind = declared.iri("nodeKind")
    if kind is not None:
        if kind not in _KINDS:
            raise declared.fault("not-a-kind", "nodeKind")
        yield Test(declared.source("NodeKind", [(sh("nodeKind"), kind)]), partial(_is_kind, _KINDS[kind]))


def _is_kind(kind: type | tuple[type, ...], _: Index, value: Term) -> bool:
    return isinstance(value, kind)


BUILDERS: Final = {"class": _class, "datatype": _datatype, "nodeKind": _node_kind}
