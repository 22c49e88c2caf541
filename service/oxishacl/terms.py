"""RDF terms (pyoxigraph's own classes), and the names of SHACL and of the vocabularies around it as such terms."""

from functools import cache
from typing import Final, TypeGuard

import pyoxigraph as ox

DCTERMS: Final = "http://purl.org/dc/terms/"
OWL: Final = "http://www.w3.org/2002/07/owl#"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
SH: Final = "http://www.w3.org/ns/shacl#"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"

Resource = ox.NamedNode | ox.BlankNode
Term = ox.NamedNode | ox.BlankNode | ox.Literal
"""A term of RDF 1.1. The triple terms of RDF 1.2, which are objects only, pass through as values like any other."""

# A tuple: `isinstance` with the union would build the union anew at every call, which costs more than the test itself.
_RESOURCES: Final = (ox.NamedNode, ox.BlankNode)
_WITH_STRING_VALUE: Final = (ox.NamedNode, ox.Literal)

TYPE: Final = ox.NamedNode(RDF + "type")
FIRST: Final = ox.NamedNode(RDF + "first")
REST: Final = ox.NamedNode(RDF + "rest")
NIL: Final = ox.NamedNode(RDF + "nil")
REIFIES: Final = ox.NamedNode(RDF + "reifies")
RDFS_CLASS: Final = ox.NamedNode(RDFS + "Class")
SUBCLASS_OF: Final = ox.NamedNode(RDFS + "subClassOf")
IMPORTS: Final = ox.NamedNode(OWL + "imports")


@cache
def sh(name: str) -> ox.NamedNode:
    """The term `sh:name`."""
    return ox.NamedNode(SH + name)


def is_resource(term: object) -> TypeGuard[Resource]:
    """Whether the term is an IRI or a blank node."""
    return isinstance(term, _RESOURCES)


def is_true(term: object) -> bool:
    """Whether the term is the xsd:boolean true, written `true` or `1`."""
    return isinstance(term, ox.Literal) and term.datatype.value == XSD + "boolean" and term.value in {"true", "1"}


def is_boolean(term: object) -> bool:
    """Whether the term is a well-formed xsd:boolean."""
    return isinstance(term, ox.Literal) and term.datatype.value == XSD + "boolean" and term.value in {"true", "1", "false", "0"}


def is_text(term: object) -> bool:
    """Whether the term is an xsd:string or an rdf:langString."""
    return isinstance(term, ox.Literal) and term.datatype.value in {XSD + "string", RDF + "langString"}


def string_value(term: Term) -> str | None:
    """What SPARQL's STR() gives: the IRI or the lexical form; None for a blank node or a triple term, for which STR() is an error."""
    return term.value if isinstance(term, _WITH_STRING_VALUE) else None


def n_triples(term: object) -> str:
    """The term in N-Triples syntax, for error messages."""
    return str(term)
