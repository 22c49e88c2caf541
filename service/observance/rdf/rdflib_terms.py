"""Conversion between Oxigraph's terms and rdflib's, for pySHACL; lexical forms and blank node labels stay as they are."""

import logging
import warnings
from collections.abc import Callable, Iterable
from functools import cache
from typing import Final

import pyoxigraph as ox
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.term import Node

from observance.core import RDF, XSD

# For these datatypes rdflib's constructor collapses white space even with normalize=False.
_COLLAPSED: Final = frozenset({XSD + "normalizedString", XSD + "token"})

# rdflib logs a traceback for every ill-typed literal, which validation reports as a finding.
logging.getLogger("rdflib.term").setLevel(logging.ERROR)
warnings.filterwarnings("ignore", message="Parsing weird boolean", category=UserWarning)

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | ox.DefaultGraph


def to_rdflib(quads: Iterable[ox.Quad]) -> Graph:
    """Return the triples of all graphs as one rdflib Graph.

    A plain string has no datatype there, as in graphs that rdflib's own parsers build, because SHACL shapes compare such terms. Raises
    TypeError for a triple term or a base direction (RDF 1.2), which rdflib cannot represent and parsing rejects.
    """
    graph = Graph()
    convert = _converter()
    for subject, predicate, object_, _ in quads:
        graph.add((convert(subject), convert(predicate), convert(object_)))
    return graph


def from_rdflib(node: Node) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    """Return the term as one of Oxigraph; raises TypeError for a node that is no term of RDF 1.1."""
    if isinstance(node, URIRef):
        return ox.NamedNode(str(node))
    if isinstance(node, BNode):
        return ox.BlankNode(str(node))
    if isinstance(node, Literal):
        if node.language:
            return ox.Literal(str(node), language=node.language)
        return ox.Literal(str(node), datatype=ox.NamedNode(str(node.datatype))) if node.datatype else ox.Literal(str(node))
    raise TypeError(f"not a term of RDF 1.1: {type(node).__name__}")


def term_text(term: Term | Node) -> str:
    """Return the IRI, `_:label` or lexical form of a term of either library; a triple term in N-Triples syntax."""
    if isinstance(term, ox.BlankNode | BNode):
        return f"_:{term.value}" if isinstance(term, ox.BlankNode) else f"_:{term}"
    return term.value if isinstance(term, ox.NamedNode | ox.Literal) else str(term)


def _converter() -> Callable[[Term], Node]:
    """Return a function from Oxigraph terms to rdflib terms that converts each term once."""

    @cache
    def convert(term: Term) -> Node:
        if isinstance(term, ox.NamedNode):
            return URIRef(term.value)
        if isinstance(term, ox.BlankNode):
            return BNode(term.value)
        if isinstance(term, ox.Literal):
            return _literal(term)
        raise TypeError(f"not a term of RDF 1.1: {type(term).__name__}")

    return convert


def _literal(term: ox.Literal) -> Literal:
    if term.language is not None:
        if term.datatype.value != RDF + "langString":
            raise TypeError("not a term of RDF 1.1: a literal with a base direction")
        return Literal(term.value, lang=term.language)
    datatype = term.datatype.value
    if datatype == XSD + "string":
        return Literal(term.value)
    literal = Literal(term.value, datatype=URIRef(datatype), normalize=False)
    return _with_lexical_form(literal, text=term.value) if datatype in _COLLAPSED else literal


def _with_lexical_form(literal: Literal, *, text: str) -> Literal:
    """Return the literal with its lexical form as written in the document."""
    exact = str.__new__(Literal, text)
    exact._language, exact._datatype = None, literal.datatype
    exact._value, exact._ill_typed = literal.value, literal.ill_typed
    return exact
