"""Value type constraints (SHACL 1.0, section 4.1)."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

import pyoxigraph as ox

from oxishacl.data_graph import Index
from oxishacl.literals import is_well_formed
from oxishacl.shape import ValueTest
from oxishacl.shapes_graph import ShapeDeclaration
from oxishacl.terms import RDF, Term, is_resource, sh

_NODE_KINDS: Final[dict[ox.NamedNode, tuple[type, ...]]] = {
    sh("BlankNode"): (ox.BlankNode,),
    sh("IRI"): (ox.NamedNode,),
    sh("Literal"): (ox.Literal,),
    # SHACL 1.2.
    sh("TripleTerm"): (ox.Triple,),
    sh("BlankNodeOrIRI"): (ox.BlankNode, ox.NamedNode),
    sh("BlankNodeOrLiteral"): (ox.BlankNode, ox.Literal),
    sh("IRIOrLiteral"): (ox.NamedNode, ox.Literal),
}


def _class_constraints(declaration: ShapeDeclaration) -> Iterator[ValueTest]:
    """4.1.1: « each value node is a SHACL instance of a given type »; SHACL 1.2: of any class of a list."""
    for value, classes in declaration.iris_or_lists("class"):
        test = partial(_is_instance, classes[0]) if len(classes) == 1 else partial(_is_instance_of_any, classes)
        yield ValueTest(declaration.result_source("Class", [(sh("class"), value)]), test, is_resource)


def _is_instance(class_: ox.NamedNode, data: Index, value: Term) -> bool:
    return data.is_instance(value, class_)


def _is_instance_of_any(classes: Sequence[ox.NamedNode], data: Index, value: Term) -> bool:
    return any(data.is_instance(value, class_) for class_ in classes)


def _datatype_constraint(declaration: ShapeDeclaration) -> Iterator[ValueTest]:
    """4.1.2: « a literal with a lexical form that is … ill-typed » does not match either."""
    declaration.single_value("datatype")
    for value, datatypes in declaration.iris_or_lists("datatype"):
        names = tuple(datatype.value for datatype in datatypes)
        test = partial(_has_datatype, names[0]) if len(names) == 1 else partial(_has_any_datatype, names)
        yield ValueTest(declaration.result_source("Datatype", [(sh("datatype"), value)]), test)


def _has_any_datatype(datatypes: Sequence[str], data: Index, value: Term) -> bool:
    return any(_has_datatype(datatype, data, value) for datatype in datatypes)


def _has_datatype(datatype: str, _: Index, value: Term) -> bool:
    if not isinstance(value, ox.Literal) or value.datatype.value != datatype:
        return False
    return value.language is not None if datatype == RDF + "langString" else is_well_formed(value.value, datatype=datatype)


def _node_kind_constraint(declaration: ShapeDeclaration) -> Iterator[ValueTest]:
    """4.1.3: « the RDF node kind of each value node »."""
    declaration.single_value("nodeKind")
    for value, kinds in declaration.iris_or_lists("nodeKind"):
        if not set(kinds) <= _NODE_KINDS.keys():
            raise declaration.error("not-a-kind", "nodeKind")
        types = tuple(type_ for kind in kinds for type_ in _NODE_KINDS[kind])
        yield ValueTest(declaration.result_source("NodeKind", [(sh("nodeKind"), value)]), partial(_has_node_kind, types))


def _has_node_kind(types: tuple[type, ...], _: Index, value: Term) -> bool:
    return isinstance(value, types)


BUILDERS: Final = {"class": _class_constraints, "datatype": _datatype_constraint, "nodeKind": _node_kind_constraint}
