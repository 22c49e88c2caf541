"""Value type constraints (SHACL 1.0, section 4.1)."""

from collections.abc import Iterator
from functools import partial
from typing import Final

import pyoxigraph as ox

from oxishacl.data_graph import Index
from oxishacl.literals import is_well_formed
from oxishacl.shape import ValueTest
from oxishacl.shapes_graph import ShapeDeclaration
from oxishacl.terms import RDF, Term, sh

_NODE_KINDS: Final[dict[ox.NamedNode, type | tuple[type, ...]]] = {
    sh("BlankNode"): ox.BlankNode,
    sh("IRI"): ox.NamedNode,
    sh("Literal"): ox.Literal,
    sh("BlankNodeOrIRI"): (ox.BlankNode, ox.NamedNode),
    sh("BlankNodeOrLiteral"): (ox.BlankNode, ox.Literal),
    sh("IRIOrLiteral"): (ox.NamedNode, ox.Literal),
}


def _class_constraints(declaration: ShapeDeclaration) -> Iterator[ValueTest]:
    """4.1.1: « each value node is a SHACL instance of a given type »."""
    for class_ in declaration.iris("class"):
        yield ValueTest(declaration.result_source("Class", [(sh("class"), class_)]), partial(_is_instance, class_))


def _is_instance(class_: ox.NamedNode, data: Index, value: Term) -> bool:
    return data.is_instance(value, class_)


def _datatype_constraint(declaration: ShapeDeclaration) -> Iterator[ValueTest]:
    """4.1.2: « a literal with a lexical form that is … ill-typed » does not match either."""
    datatype = declaration.single_iri("datatype")
    if datatype is not None:
        yield ValueTest(declaration.result_source("Datatype", [(sh("datatype"), datatype)]), partial(_has_datatype, datatype.value))


def _has_datatype(datatype: str, _: Index, value: Term) -> bool:
    if not isinstance(value, ox.Literal) or value.datatype.value != datatype:
        return False
    return value.language is not None if datatype == RDF + "langString" else is_well_formed(value.value, datatype=datatype)


def _node_kind_constraint(declaration: ShapeDeclaration) -> Iterator[ValueTest]:
    """4.1.3: « the RDF node kind of each value node »."""
    kind = declaration.single_iri("nodeKind")
    if kind is not None:
        if kind not in _NODE_KINDS:
            raise declaration.error("not-a-kind", "nodeKind")
        yield ValueTest(declaration.result_source("NodeKind", [(sh("nodeKind"), kind)]), partial(_has_node_kind, _NODE_KINDS[kind]))


def _has_node_kind(term_type: type | tuple[type, ...], _: Index, value: Term) -> bool:
    return isinstance(value, term_type)


BUILDERS: Final = {"class": _class_constraints, "datatype": _datatype_constraint, "nodeKind": _node_kind_constraint}
