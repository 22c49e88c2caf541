"""RDF terms as the validator holds them (pyoxigraph's own), and the names of SHACL and of its neighbours as such terms."""

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

# A union would be made anew at every call, which costs more than all else that is done with a term.
_RESOURCES: Final = (ox.NamedNode, ox.BlankNode)

TYPE: Final = ox.NamedNode(RDF + "type")
FIRST: Final = ox.NamedNode(RDF + "first")
REST: Final = ox.NamedNode(RDF + "rest")
NIL: Final = ox.NamedNode(RDF + "nil")
CLASS: Final = ox.NamedNode(RDFS + "Class")
SUBCLASS: Final = ox.NamedNode(RDFS + "subClassOf")
IMPORTS: Final = ox.NamedNode(OWL + "imports")
TRUE: Final = ox.Literal("true", datatype=ox.NamedNode(XSD + "boolean"))


@cache
def sh(name: str) -> ox.NamedNode:
    """The term `sh:name`."""
    return ox.NamedNode(SH + name)


def is_resource(term: object) -> TypeGuard[Resource]:
    """Whether the term is an IRI or a blank node."""
    return isinstance(term, _RESOURCES)


def is_true(term: object) -> bool:
    """Whether the term is the boolean true, in either of its lexical forms."""
    return isinstance(term, ox.Literal) and term.datatype.value == XSD + "boolean" and term.value in {"true", "1"}


def is_boolean(term: object) -> bool:
    """Whether the term is a boolean with a lexical form that the datatype has."""
    return isinstance(term, ox.Literal) and term.datatype.value == XSD + "boolean" and term.value in {"true", "1", "false", "0"}


def is_text(term: object) -> bool:
    """Whether the term is an xsd:string or a text with a language."""
    return isinstance(term, ox.Literal) and term.datatype.value in {XSD + "string", RDF + "langString"}


def lexical(term: Term) -> str | None:
    """What SPARQL's STR() gives: the IRI or the lexical form; None for a blank node, of which STR() is an error."""
    return None if isinstance(term, ox.BlankNode) else term.value


def shown(term: object) -> str:
    """The term in N-Triples syntax, for a person who must find it."""
    return str(term)
