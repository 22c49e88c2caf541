"""From Oxigraph's terms to rdflib's: the same graph to the letter, which pySHACL then reads."""

import logging
import warnings
from collections.abc import Callable, Iterable
from functools import cache
from typing import Final

import pyoxigraph as ox
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.term import Node

from observance.core import RDF, XSD

# Of these the rdflib constructor folds white space even when told not to normalise.
_FOLDED: Final = frozenset({XSD + "normalizedString", XSD + "token"})

# rdflib prints a traceback for every literal that is not of its datatype; here that is a finding, not a fault.
logging.getLogger("rdflib.term").setLevel(logging.ERROR)
warnings.filterwarnings("ignore", message="Parsing weird boolean", category=UserWarning)

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | ox.DefaultGraph


def to_rdflib(quads: Iterable[ox.Quad]) -> Graph:
    """The triples of all graphs in one rdflib Graph, every lexical form and label as it was.

    A plain string has no datatype in it, as rdflib's own parsers write one and SHACL shapes compare it. Raises TypeError
    for a triple term or a base direction (RDF 1.2), which rdflib cannot hold and intake refuses.
    """
    graph = Graph()
    node = _converter()
    for subject, predicate, target, _ in quads:
        graph.add((node(subject), node(predicate), node(target)))
    return graph


def from_rdflib(node: Node) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    """The same term for Oxigraph; raises TypeError for what is no term of RDF 1.1."""
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
    """The IRI, `_:label` or lexical form of a term of either library; a triple term in N-Triples syntax."""
    if isinstance(term, ox.BlankNode | BNode):
        return f"_:{term.value}" if isinstance(term, ox.BlankNode) else f"_:{term}"
    return term.value if isinstance(term, ox.NamedNode | ox.Literal) else str(term)


def _converter() -> Callable[[Term], Node]:
    """A conversion that makes one rdflib term for each Oxigraph term it meets."""

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
    return _unfolded(literal, text=term.value) if datatype in _FOLDED else literal


def _unfolded(literal: Literal, *, text: str) -> Literal:
    """The literal with the lexical form as it was written."""
    exact = str.__new__(Literal, text)
    exact._language, exact._datatype = None, literal.datatype
    exact._value, exact._ill_typed = literal.value, literal.ill_typed
    return exact
